"""Arguments as the user gave them → atoms and shapes; those that must be known now are in `static`."""

from __future__ import annotations

import numpy as np

from broadax.runtime.dtypes import kind_of
from broadax.runtime.errors import ShapeError, StaticNeeded, TypeMismatchError, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import Aval, promote, python_type
from broadax.transforms.core.expression import apply, current
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit, Var
from broadax.transforms.functions.static import (
    assured,
    axes_of,
    axis_of,
    definition,
    dim_of,
    dtype_of,
    larger,
    refuse,
    size_of,
    smaller,
    static,
    static_int,
)

__all__ = [
    "as_atom",
    "assured",
    "axes_of",
    "axis_of",
    "cast",
    "definition",
    "dim_of",
    "dims",
    "dtype_of",
    "is_atom",
    "larger",
    "number",
    "promoted",
    "python_dtype",
    "refuse",
    "sequence",
    "size_of",
    "smaller",
    "stacked",
    "static",
    "static_int",
    "strong",
    "together",
]

SMALL = 16  # elements of a constant array that may be written out as literals


# ── atoms ─────────────────────────────────────────────────────────────────────────────────────────


def is_atom(value) -> bool:
    """Is it something with a dtype: an atom, a number or a size (and not a sequence or None)?"""
    return isinstance(value, (Var, Lit, Size, bool, int, float, complex, np.generic))


def as_atom(value):
    """An operand: atoms, numbers and sizes as scalars, nested sequences as arrays.

    Python numbers stay weak; in a sequence they count as NumPy's default types, as in `np.array`.

    Raises:
        TypeMismatchError: the value is no number, array or sequence of these.
        UnsupportedError: a large constant array (it should be an input of the function).
    """
    if isinstance(value, (Var, Lit)):
        return value
    if isinstance(value, (Size, bool, int, float, complex, np.generic)):
        try:
            return current().atom(value)
        except TypeError as error:
            raise TypeMismatchError(f"{value!r} is not a number that NumPy computes with") from error
    if isinstance(value, np.ndarray):
        return _constant(value)
    if isinstance(value, (list, tuple, range)):
        return stacked(value)
    raise TypeMismatchError(f"a {type(value).__name__} is not an array or a number")


def _constant(value: np.ndarray):
    if value.ndim == 0:
        return as_atom(value[()])
    if value.size > SMALL or kind_of(value.dtype) not in "biufc":
        raise UnsupportedError(
            f"a constant array of {value.size} elements of {value.dtype} inside the code",
            instead="pass the array as an argument or bind it to a global name",
        )
    if value.size == 0:
        return apply("zeros", shape=value.shape, dtype=value.dtype)
    flat = apply("stack", *(Lit(v) for v in value.ravel()), axis=0)
    return flat if value.ndim == 1 else apply("reshape", flat, shape=value.shape)


def stacked(values):
    """Nested sequences of numbers and arrays as one array, with the dtype that `np.array` gives.

    Raises:
        ShapeError: the parts have different shapes.
    """
    values = list(values)
    if not values:
        return apply("zeros", shape=(0,), dtype=np.dtype(np.float64))
    flat, shape = _leaves(values)
    if shape is not None:
        if not flat:
            return apply("zeros", shape=shape, dtype=np.dtype(np.float64))
        array = apply("stack", *together(*(strong(as_atom(v)) for v in flat)), axis=0)
        return array if len(shape) == 1 else apply("reshape", array, shape=shape)
    parts = [strong(as_atom(v)) for v in values]
    for part in parts[1:]:
        if part.ndim != parts[0].ndim:
            raise ShapeError(
                "setting an array element with a sequence. The requested array has an "
                "inhomogeneous shape after 1 dimensions."
            )
        for dim, want in zip(part.shape, parts[0].shape, strict=True):
            current().require_same(dim, want, "all input arrays must have the same shape")
    return apply("stack", *together(*parts), axis=0)


def _leaves(values) -> tuple[list, tuple | None]:
    """The scalars of nested sequences in order and their shape; None where a part is an array."""
    if all(is_atom(v) and (not isinstance(v, Var) or v.ndim == 0) for v in values):
        return values, (len(values),)
    if not all(isinstance(v, (list, tuple, range)) for v in values):
        return [], None
    parts = [_leaves(list(v)) for v in values]
    shapes = {shape for _, shape in parts}
    if len(shapes) != 1 or None in shapes:
        if None not in shapes:
            raise ShapeError(
                "setting an array element with a sequence. The requested array has an "
                "inhomogeneous shape after 1 dimensions."
            )
        return [], None
    return [leaf for flat, _ in parts for leaf in flat], (len(values), *shapes.pop())


def strong(atom):
    """`atom` as a NumPy scalar where it is a Python number; arrays as they are."""
    if not atom.aval.weak:
        return atom
    if isinstance(atom, Lit):
        return Lit(atom.aval.dtype.type(atom.value), Aval(atom.aval.dtype))
    return current().apply("convert", atom, dtype=atom.dtype, base=atom.base, weak=False)


def python_dtype(dtype) -> np.dtype:
    """The dtype of Python's own number of this kind: bool, int64, float64 or complex128."""
    return np.dtype({"b": bool, "i": np.int64, "u": np.int64, "f": float, "c": complex}[np.dtype(dtype).kind])


def number(atom, kind):
    """A scalar as Python's number of the kind of the dtype `kind`, as `float(x)` gives it."""
    dtype = python_dtype(kind)
    if isinstance(atom, Lit):
        return Lit(python_type(dtype)(atom.value))
    if atom.aval.weak and atom.dtype == dtype:
        return atom
    return current().apply("convert", atom, dtype=dtype, base=atom.base, weak=True)


def cast(atom, dtype, implicit: bool = False):
    """`atom` in `dtype`, no longer a Python number.

    Args:
        implicit: NumPy's own function would convert, so that the printed code need not.
    """
    dtype = np.dtype(dtype)
    if atom.dtype == dtype:
        return strong(atom)
    if isinstance(atom, Lit):
        with np.errstate(all="ignore"):
            return Lit(np.asarray(atom.value).astype(dtype)[()])
    params = {"implicit": True} if implicit else {}
    return current().apply("convert", atom, dtype=dtype, base=atom.base, weak=False, **params)


def together(*atoms) -> tuple:
    """Atoms in their common dtype; Python numbers count as NumPy's default types."""
    dtype = np.result_type(*(a.dtype for a in atoms))
    return tuple(cast(a, dtype, implicit=True) for a in atoms)


def promoted(*atoms) -> tuple:
    """Atoms in their common dtype; Python numbers take that of the arrays (NEP 50)."""
    dtype, _ = promote(*(a.aval for a in atoms))
    return tuple(cast(a, dtype, implicit=True) for a in atoms)


def sequence(values, what: str) -> list:
    """The items of a sequence argument; an array is taken apart along its first axis.

    Raises:
        StaticNeeded: the length of an array is not known now.
    """
    if isinstance(values, (list, tuple)):
        return list(values)
    atom = as_atom(values)
    if atom.ndim == 0:
        raise TypeMismatchError(f"{what}: the arrays must be given as a sequence")
    if not isinstance(atom.shape[0], int):
        raise StaticNeeded(f"{what}: a sequence of arrays is needed, whose length is known", atom)
    rest = tuple(("slice", 0, d, 1) for d in atom.shape[1:])
    return [apply("index", atom, Lit(k), spec=(("index", 0), *rest)) for k in range(atom.shape[0])]


def dims(shape) -> tuple:
    """A shape argument: one dimension or a sequence of them (ints, sizes, integer scalars).

    Raises:
        ShapeError: a dimension is negative.
        TypeMismatchError: a dimension is no integer.
    """
    if isinstance(shape, Var) and shape.ndim == 1:
        shape = sequence(shape, "shape")
    if not isinstance(shape, (tuple, list)):
        shape = (shape,)
    out = tuple(sizes.settle(dim_of(d)) for d in shape)
    if any(isinstance(d, int) and d < 0 for d in out):
        raise ShapeError("negative dimensions are not allowed")
    return out
