"""Arguments that must be known while the code is read: integers, axes, dtypes, sizes."""

from __future__ import annotations

import numpy as np

from broadax.runtime.dtypes import kind_of
from broadax.runtime.errors import AxisError, ShapeError, StaticNeeded, TypeMismatchError, UnsupportedError
from broadax.runtime.raised import familiar
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import current
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit, Op, Var

STATIC = (bool, int, float, complex, np.generic)  # the types of numbers that are known now


def static(value, what: str):
    """A Python object that is known now.

    Raises:
        StaticNeeded: the value is known only when the code runs.
    """
    if isinstance(value, Lit):
        return value.value
    if isinstance(value, (Var, Size)):
        raise StaticNeeded(f"{what} must be known when the function is read", value)
    if isinstance(value, (tuple, list)):
        return type(value)(static(v, what) for v in value)
    return value


def static_int(value, what: str) -> int:
    """An integer that is known now.

    Raises:
        StaticNeeded: it is known only when the code runs.
        TypeMismatchError: it is no integer.
    """
    if isinstance(value, Size):  # a size is fixed by asking for its value
        hint = sizes.hint(value)
        if hint is not None and sizes.same(value, hint):
            return hint
    value = static(value, what)
    if not isinstance(value, (bool, np.bool_, int, np.integer)):
        kind = type(value).__name__
        raise TypeMismatchError(f"{what}: '{kind}' object cannot be interpreted as an integer")
    return int(value)


def refuse(function: str, **options) -> None:
    """Raise where an option that is not supported was given: `refuse("np.sum", out=out)`.

    Raises:
        UnsupportedError: one of the options is not None (or, for `where`, not True).
    """
    for name, value in options.items():
        if value is not None and not (name == "where" and value is True):
            instead = "assign the result: out[...] = ..." if name == "out" else ""
            raise UnsupportedError(f"{function}: the argument {name}= is not supported", instead=instead)


def dtype_of(dtype) -> np.dtype:
    """A dtype argument.

    Raises:
        UnsupportedError: the dtype holds no numbers.
    """
    dtype = np.dtype(static(dtype, "dtype"))
    if kind_of(dtype) not in "biufc":
        raise UnsupportedError(f"arrays of dtype {dtype} are not supported")
    return dtype


def axis_of(axis, ndim: int) -> int:
    """One axis, counted from the front.

    Raises:
        AxisError: in NumPy's words, where there is no such axis.
    """
    axis = static_int(axis, "axis")
    if not -ndim <= axis < ndim:
        raise AxisError(f"axis {axis} is out of bounds for array of dimension {ndim}")
    return axis % ndim


def axes_of(axis, ndim: int) -> tuple[int, ...]:
    """The axes that a reduction runs over: None for all, one, or a tuple of them.

    Raises:
        ShapeError: an axis does not exist or is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, (tuple, list, range)):
        return (axis_of(axis, ndim),)
    axes = tuple(axis_of(a, ndim) for a in axis)
    if len(set(axes)) != len(axes):
        raise ShapeError("duplicate value in 'axis'")
    return tuple(sorted(axes))


# ── dimensions ────────────────────────────────────────────────────────────────────────────────────


def dim_of(value):
    """An integer argument as an int or a `Size`; a variable is traced to the sizes it is made of.

    Raises:
        TypeMismatchError: it is no integer scalar.
    """
    if isinstance(value, Size):
        return value
    if isinstance(value, Lit):
        value = value.value
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, Var):
        if value.ndim or value.dtype.kind not in "biu":
            raise TypeMismatchError(f"{value.aval} object cannot be interpreted as an integer")
        return size_of(value)
    raise TypeMismatchError(f"'{type(value).__name__}' object cannot be interpreted as an integer")


def size_of(atom, depth: int = 8):
    """The size that an integer scalar is known to be: `2 * n` for a variable made by `multiply(n, 2)`."""
    if isinstance(atom, Lit):
        return int(atom.value)
    if atom.hint is None and depth:
        op = definition(atom)
        if op is not None and op.prim.name == "size":
            return op.params["value"]
        if op is not None and op.prim.name in _ARITHMETIC and _is_exact(op):
            parts = [size_of(a, depth - 1) for a in op.args]
            if parts[-1] != 0 or op.prim.name not in ("floor_divide", "remainder"):
                return _ARITHMETIC[op.prim.name](*parts)
    return Size.of(atom)


_ARITHMETIC = {
    "convert": lambda a: a,
    "negative": lambda a: -a,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "floor_divide": lambda a, b: a // b,
    "remainder": lambda a, b: a % b,
    "maximum": lambda a, b: sizes.size_op("max", a, b),
    "minimum": lambda a, b: sizes.size_op("min", a, b),
}


def _is_exact(op: Op) -> bool:
    """Is it arithmetic of integers? A difference of unsigned ones wraps around where it is negative."""
    if not all(a.shape == () and a.dtype.kind in "iu" for a in op.args):
        return False
    return op.prim.name not in ("negative", "subtract") or op.outs[0].dtype.kind == "i"


def definition(var: Var) -> Op | None:
    """The operation in the open blocks that defines a variable, if one does."""
    for block in reversed(current().open):
        for stmt in reversed(block):
            if var in stmt.outs:
                return stmt if isinstance(stmt, Op) and len(stmt.outs) == 1 else None
    return None


def assured(a, b, error: type, message: str) -> None:
    """Raise `error` unless `a >= b`: now, or when the code runs if the sizes come from data.

    Raises:
        BroadaxError: of that class, too.
    """
    answer = sizes.at_least(a, b)
    if answer is False:
        raise familiar(error(message))
    if answer is None:
        builder = current()
        holds = builder.apply("greater_equal", builder.size_value(a), builder.size_value(b))
        builder.check(holds, error, (message,))


def smaller(a, b):
    """The smaller of two dimensions; the answer is recorded as a guard."""
    answer = sizes.at_least(a, b)
    return sizes.size_op("min", a, b) if answer is None else (b if answer else a)


def larger(a, b):
    """The larger of two dimensions; the answer is recorded as a guard."""
    answer = sizes.at_least(a, b)
    return sizes.size_op("max", a, b) if answer is None else (a if answer else b)
