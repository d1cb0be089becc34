"""Generated Numba modules run by CPython: plans and loop nests are checked without compiling them.

NumPy's scalars stand for machine numbers: of fixed width, and infinite or NaN where Python would raise.
New memory holds NaN or 77, so that reading what was never written shows.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import linecache
import math
import types
from unittest import mock

import numpy as np
from numba.core.dispatcher import Dispatcher

from broadax.backends.numba import run, splitting
from broadax.backends.numba.helpers import HELPERS
from broadax.runtime import kernel_sources, matrices
from broadax.runtime.vector_names import FUNCTIONS

_numbers = itertools.count()


@contextlib.contextmanager
def unjitted():
    """Inside, what the Numba backend compiles is run as Python, and every loop that may be split is."""
    with mock.patch.object(run, "_load", load), mock.patch.object(splitting, "FEWEST", 0):
        yield


def load(text: str, name: str, errors: dict):
    """The function of a generated module, as a callable like Numba's."""
    file = f"<unjitted {next(_numbers)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = {"__name__": "unjitted", **errors}
    with mock.patch("numba.njit", lambda *_, **__: lambda function: function):
        exec(compile(text, file, "exec"), module)
    module |= {"fast": FAST, "math": MATH, "objmode": contextlib.nullcontext}
    function = module[name]

    def entry(*args):
        return function(*(_machine(x) for x in args))

    entry.py_func = function
    return entry


def _machine(x):
    """An argument as Numba takes it."""
    if isinstance(x, np.ndarray):
        if not x.flags.c_contiguous or not x.flags.writeable:
            raise TypeError("No matching definition")
        return x
    return np.asarray(x)[()]


# ── what generated code calls ─────────────────────────────────────────────────────────────────────


def _quiet(name: str):
    """A function of `math` as Numba has it: NaN or an infinity where Python raises."""
    function = getattr(math, name)
    ufunc = {"pow": np.power}.get(name, getattr(np, name, None))

    def call(*args):
        try:
            value = function(*args)
        except (ValueError, OverflowError):
            value = ufunc(*args) if isinstance(ufunc, np.ufunc) else math.nan
        return np.float64(value) if isinstance(value, float) else value

    return call


def _empty(shape, dtype):
    new = np.empty(shape, dtype)
    new.fill({"f": np.nan, "c": np.nan, "b": True}.get(new.dtype.kind, 77))
    return new


def _checked(operation, message: str):
    def call(a, b):
        if b == 0:
            raise ZeroDivisionError(message)
        return operation(a, b)

    return call


def _dot_into(x, y, out) -> None:
    out[...] = x @ y


def _dot_onto(x, y, out) -> None:
    out += x @ y


def _dot_over(x, y) -> None:
    x[...] = x @ y


def _erf(name: str):
    return lambda x: np.asarray(x).dtype.type(getattr(math, name)(x))


def _block(x, start, lengths):
    ends = [None if n is None else a + n for a, n in zip(start, lengths)]
    assert all(a >= 0 and (z or a + 1) <= d for a, z, d in zip(start, ends, x.shape))
    return x[tuple(a if z is None else slice(a, z) for a, z in zip(start, ends))]


def _split(function, count, cost, grain, args) -> None:
    """The parts of a loop in another order than that of one thread."""
    for k in (2, 0, 1):
        function(count * k // 3, count * (k + 1) // 3, *args)


def _apart(*groups: str):
    """Arrays of different groups, where the function takes them, share no memory."""

    def mark(function):
        names = list(inspect.signature(function).parameters)

        @functools.wraps(function)
        def checked(*args):
            given = dict(zip(names, args, strict=True))
            for group, other in itertools.combinations(groups, 2):
                for x, y in itertools.product(group.split(), other.split()):
                    assert not (x in given and y in given and np.shares_memory(given[x], given[y])), (x, y)
            return function(*args)

        return checked

    return mark


def _stand_ins() -> types.SimpleNamespace:
    """What is called as `fast`: its plain helpers as they are, intrinsics by what they mean."""
    helpers = vars(kernel_sources)
    found = {n: helpers[n].py_func for n in HELPERS if isinstance(helpers[n], Dispatcher)}
    found |= {n: helpers[n].py_func for n in ("solve_triangle", "solve_triangle_vector")}
    found |= {n: getattr(np, n, None) or _erf(n) for n in FUNCTIONS}
    found["cofactor"] = matrices.cofactor
    found |= {"empty": _empty, "zeros": np.zeros, "copy": np.copy, "dot": np.matmul, "dot_into": _dot_into}
    found |= {"dot_onto": _dot_onto, "dot_over": _dot_over}
    found["split"] = _split
    found["flat"] = lambda x: x.reshape(-1)
    found["rows"] = lambda x: x.reshape(*x.shape[:-2], x.shape[-2] * x.shape[-1])
    found["block"] = _block
    found["around"] = lambda i, n: i + n if i < 0 else i
    found |= {"plus": np.add, "times": np.multiply, "maximum": np.maximum, "minimum": np.minimum}
    found |= {"divide": _checked(np.true_divide, "division by zero")}
    found |= {"floor_divide": _checked(np.floor_divide, "integer division or modulo by zero")}
    found |= {"remainder": _checked(np.remainder, "integer modulo by zero")}
    return types.SimpleNamespace(not_inlined=lambda: None, masked=lambda: None, apart=_apart, **found)


FAST = _stand_ins()
MATH = types.SimpleNamespace(
    **{n: _quiet(n) if callable(getattr(math, n)) else getattr(math, n) for n in dir(math) if n[0] != "_"}
)
