"""The NumPy backend: the readable source, run by CPython."""

from __future__ import annotations

import builtins
import itertools
import linecache
from collections.abc import Callable

import numpy as np

from broadax.transforms.core.avals import Aval, python_type
from broadax.transforms.core.statements import Function
from broadax.transforms.interface import flat_interface
from broadax.transforms.pretty import python_source

_serial = itertools.count(1)


def compile(function: Function, mutated: dict[int, int] | None = None) -> Callable:
    """A callable of flat arguments that gives the tuple of flat results.

    Args:
        function: after `simplify` and `insert_copies(function, mutated)`.
        mutated: flat parameter → flat result, for arrays that are written for the caller.

    The generated source is its attribute `source`; tracebacks show it.
    """
    text = python_source(function, flat_interface(function, mutated))
    raw = load(text, function.name)
    avals = tuple(a.aval for a in function.body.results)

    def run(*args) -> tuple:
        return tuple(map(_typed, raw(*args), avals))

    run.source = text
    run.__name__ = function.name
    return run


def load(text: str, name: str) -> Callable:
    """The function of that name that a module's text defines; its lines are shown in tracebacks."""
    file = f"<broadax {name} {next(_serial)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module: dict = {"__name__": f"broadax_generated_{name}"}
    exec(builtins.compile(text, file, "exec"), module)
    return module[name]


def _typed(value, aval: Aval):
    """A result with the dtype and weakness of its type; what is right already stays the same object."""
    if aval.shape == ():
        want = python_type(aval.dtype) if aval.weak else aval.dtype.type
        return value if type(value) is want else want(value)
    if type(value) is np.ndarray and value.dtype == aval.dtype:
        return value
    return np.asarray(value, dtype=aval.dtype)
