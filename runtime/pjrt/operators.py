"""Operators and methods of arrays on a device, each a compiled function of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from broadax.runtime.errors import ReadOnlyError

_compute: Callable


def use(compute: Callable) -> None:
    """Have operators and methods of arrays computed by `compute("add", x, y)`, which knows the compiler."""
    global _compute
    _compute = compute


BINARY = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift",
    "rshift",
)  # fmt: skip
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
UNARY = ("neg", "pos", "invert", "abs")
OPERATORS = BINARY + COMPARISONS + UNARY
# Methods and attributes that are functions of NumPy with the array as their first argument.
METHODS = (
    "all", "any", "argmax", "argmin", "clip", "conj", "copy", "cumsum", "dot", "max", "mean", "min", "prod",
    "ravel", "repeat", "squeeze", "std", "sum", "swapaxes", "take", "trace", "var",
)  # fmt: skip
_UFUNCS = {
    np.add: "add", np.subtract: "sub", np.multiply: "mul", np.true_divide: "truediv",
    np.floor_divide: "floordiv", np.remainder: "mod", np.power: "pow", np.matmul: "matmul",
    np.bitwise_and: "and_", np.bitwise_or: "or_", np.bitwise_xor: "xor", np.left_shift: "lshift",
    np.right_shift: "rshift", np.equal: "eq", np.not_equal: "ne", np.less: "lt", np.less_equal: "le",
    np.greater: "gt", np.greater_equal: "ge",
}  # fmt: skip


class Operators:
    """What arrays on a device compute on it: operators of Python, methods of NumPy's arrays.

    A subclass has `host()`, its values as a NumPy array.
    """

    __slots__ = ()

    def __array_ufunc__(self, ufunc, method: str, *inputs, out=None, **options):
        """`a + x` with NumPy's `a` is computed on the device; `a += x`, and what is no operator, by NumPy."""
        name = _UFUNCS.get(ufunc)
        if name and method == "__call__" and out is None and not options:
            return _compute(name, *inputs)
        if out is not None:
            if any(isinstance(o, Operators) for o in out):
                raise ReadOnlyError("an array on a device can't be written to")
            options["out"] = out
        given = [x.host() if isinstance(x, Operators) else x for x in inputs]
        return getattr(ufunc, method)(*given, **options)

    def reshape(self, *shape):
        return _compute("reshape", self, _sizes(shape))

    def transpose(self, *axes):
        return _compute("transpose", self, _sizes(axes) if axes else None)

    T = property(lambda self: _compute("transpose", self))
    real = property(lambda self: _compute("real", self))
    imag = property(lambda self: _compute("imag", self))


_OPERANDS = (Operators, np.ndarray, np.generic, bool, int, float, complex)


def _binary(name: str, swapped: bool = False):
    def method(self, other):
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        return _compute(name, other, self) if swapped else _compute(name, self, other)

    return method


def _unary(name: str):
    return lambda self: _compute(name, self)


def _method(name: str):
    def method(self, *args, **kwargs):
        return _compute(name, self, *args, **kwargs)

    method.__doc__ = f"`numpy.{name}` of the array, computed on its device."
    return method


def _sizes(given: tuple):
    """The argument of `x.reshape(2, 3)`, or of `x.reshape((2, 3))`."""
    return given[0] if len(given) == 1 else given


for _name in BINARY:
    setattr(Operators, f"__{_name.strip('_')}__", _binary(_name))
    setattr(Operators, f"__r{_name.strip('_')}__", _binary(_name, True))
for _name in COMPARISONS:
    setattr(Operators, f"__{_name}__", _binary(_name))
for _name in UNARY:
    setattr(Operators, f"__{_name}__", _unary(_name))
for _name in METHODS:
    setattr(Operators, _name, _method(_name))
