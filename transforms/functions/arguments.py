"""Arguments as the user gave them → atoms, dimensions, axes, dtypes; with NumPy's errors."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError, StaticNeeded, TypeMismatchError, UnsupportedError
from broadax.transforms import sizes
from broadax.transforms.avals import Aval, promote, python_type
from broadax.transforms.core import Lit, Op, Var
from broadax.transforms.expression import apply, current
from broadax.transforms.sizes import Size

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
    if value.size > SMALL or value.dtype.kind not in "biufc":
        raise UnsupportedError(f"a constant array of {value.size} elements of {value.dtype} inside the code",
                               instead="pass the array as an argument or bind it to a global name")
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
            raise ShapeError("setting an array element with a sequence. The requested array has an "
                             "inhomogeneous shape after 1 dimensions.")
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
            raise ShapeError("setting an array element with a sequence. The requested array has an "
                             "inhomogeneous shape after 1 dimensions.")
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


# ── static arguments ──────────────────────────────────────────────────────────────────────────────


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
    if dtype.kind not in "biufc":
        raise UnsupportedError(f"arrays of dtype {dtype} are not supported")
    return dtype


def axis_of(axis, ndim: int) -> int:
    """One axis, counted from the front.

    Raises:
        ShapeError: in NumPy's words, where there is no such axis.
    """
    axis = static_int(axis, "axis")
    if not -ndim <= axis < ndim:
        raise ShapeError(f"axis {axis} is out of bounds for array of dimension {ndim}")
    return axis % ndim


def axes_of(axis, ndim: int) -> tuple[int, ...]:
    """The axes that a reduction runs over: None for all, one, or a tuple of them.

    Raises:
        ShapeError: an axis does not exist or is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, (tuple, list)):
        return (axis_of(axis, ndim),)
    axes = tuple(axis_of(a, ndim) for a in axis)
    if len(set(axes)) != len(axes):
        raise ShapeError("duplicate value in 'axis'")
    return tuple(sorted(axes))


# ── dimensions ────────────────────────────────────────────────────────────────────────────────────


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
        if op is not None and op.prim.name in _ARITHMETIC and all(_is_integer(a) for a in op.args):
            parts = [size_of(a, depth - 1) for a in op.args]
            if parts[-1] != 0 or op.prim.name not in ("floor_divide", "remainder"):
                return _ARITHMETIC[op.prim.name](*parts)
    return Size.of(atom)


_ARITHMETIC = {
    "convert": lambda a: a,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "floor_divide": lambda a, b: a // b,
    "remainder": lambda a, b: a % b,
    "maximum": lambda a, b: sizes.size_op("max", a, b),
    "minimum": lambda a, b: sizes.size_op("min", a, b),
}


def _is_integer(atom) -> bool:
    return atom.shape == () and atom.dtype.kind in "iu"


def definition(var: Var) -> Op | None:
    """The operation in the open blocks that defines a variable, if one does."""
    for block in reversed(current().open):
        for stmt in reversed(block):
            if var in stmt.outs:
                return stmt if isinstance(stmt, Op) and len(stmt.outs) == 1 else None
    return None


def smaller(a, b):
    """The smaller of two dimensions; the answer is recorded as a guard."""
    answer = sizes.at_least(a, b)
    return sizes.size_op("min", a, b) if answer is None else (b if answer else a)


def larger(a, b):
    """The larger of two dimensions; the answer is recorded as a guard."""
    answer = sizes.at_least(a, b)
    return sizes.size_op("max", a, b) if answer is None else (a if answer else b)
