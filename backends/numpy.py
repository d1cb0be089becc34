"""The NumPy backend: the readable source, run by CPython."""

from __future__ import annotations

import builtins
import itertools
import linecache
from collections.abc import Callable

import numpy as np

from broadax.runtime.errors import TypeMismatchError
from broadax.transforms.core.avals import Aval, python_type
from broadax.transforms.core.statements import Function
from broadax.transforms.interface import flat_interface
from broadax.transforms.pretty import placed_source
from broadax.transforms.pretty.callbacks import bound
from broadax.transforms.pretty.places import located

_serial = itertools.count(1)


def passes(donated: tuple[int, ...] = ()) -> tuple:
    """What is to be run before copies are inserted: nothing, so that the text stays what the user wrote."""
    return ()


def compile(function: Function, mutated: dict[int, int] | None = None) -> Callable:
    """A callable of flat arguments that gives the tuple of flat results.

    Args:
        function: after `simplify` and `insert_copies(function, mutated)`.
        mutated: flat parameter → flat result, for arrays that are written for the caller.

    The generated source is its attribute `source`. Errors that it raises carry the user's
    line; tracebacks show its own.
    """
    text, places = placed_source(function, flat_interface(function, mutated))
    raw = load(text, function.name, bound(function))
    file = raw.__code__.co_filename
    avals = tuple(a.aval for a in function.body.results)

    def run(*args) -> tuple:
        try:
            results = raw(*args)
        except Exception as error:
            raise located(error, file, text, places).with_traceback(error.__traceback__) from None
        return tuple(map(_typed, results, avals))

    run.source = text
    run.__name__ = function.name
    return run


def load(text: str, name: str, given: dict | None = None) -> Callable:
    """The function of that name that a module's text defines; its lines are shown in tracebacks.

    Args:
        given: names that the text uses and does not define.
    """
    file = f"<broadax {name} {next(_serial)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module: dict = {"__name__": f"broadax_generated_{name}", **(given or {})}
    exec(builtins.compile(text, file, "exec"), module)
    return module[name]


def _typed(value, aval: Aval):
    """A result with the dtype and weakness of its type; what is right already stays the same object."""
    if aval.shape == ():
        want = python_type(aval.dtype) if aval.weak else aval.dtype.type
        if isinstance(value, complex) and aval.dtype.kind != "c":  # Python's (-8.0) ** 0.5
            what = f"a power of a negative float is complex: {value}"
            raise TypeMismatchError(
                what, instead="np.sqrt(x) gives NaN there; (x + 0j) ** p computes with complex numbers"
            )
        return value if type(value) is want else want(value)
    if type(value) is np.ndarray and value.dtype == aval.dtype:
        return value
    return np.asarray(value, dtype=aval.dtype)
