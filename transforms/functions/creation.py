"""New arrays: filled ones, ranges, grids, diagonals, and arrays from sequences."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError, TypeMismatchError
from broadax.transforms import sizes
from broadax.transforms.avals import broadcast as shapes_together
from broadax.transforms.avals import promote
from broadax.transforms.core import Lit
from broadax.transforms.expression import apply
from broadax.transforms.functions import arguments as arg
from broadax.transforms.functions.arguments import as_atom, cast, dims, dtype_of, strong
from broadax.transforms.functions.indexing import broadcast, column, iota
from broadax.transforms.functions.registry import intrinsic

FLOAT = np.dtype(np.float64)


def zeros_of(shape, dtype):
    """Zeros; a scalar for the shape ()."""
    return apply("zeros", shape=tuple(shape), dtype=dtype) if shape else Lit(dtype.type(0))


def filled(value, shape, dtype):
    """An array that holds one value (a scalar), or `value` broadcast to the shape."""
    value = cast(value, dtype)
    if not shape:
        return value
    if value.ndim:
        return apply("copy", broadcast(value, shape))
    if isinstance(value, Lit) and not value.value:
        return zeros_of(shape, dtype)
    return apply("full", value, shape=tuple(shape))


@intrinsic(np.zeros)
def zeros(shape, dtype=float, order="C", *, device=None, like=None):
    return zeros_of(dims(shape), dtype_of(dtype))


@intrinsic(np.ones)
def ones(shape, dtype=None, order="C", *, device=None, like=None):
    dtype = dtype_of(dtype)
    return filled(Lit(dtype.type(1)), dims(shape), dtype)


@intrinsic(np.empty)
def empty(shape, dtype=float, order="C", *, device=None, like=None):
    shape, dtype = dims(shape), dtype_of(dtype)
    return apply("empty", shape=shape, dtype=dtype) if shape else Lit(dtype.type(0))


@intrinsic(np.full)
def full(shape, fill_value, dtype=None, order="C", *, device=None, like=None):
    value = as_atom(fill_value)
    return filled(value, dims(shape), value.dtype if dtype is None else dtype_of(dtype))


def _like(a, dtype, shape):
    """The shape and dtype of a `*_like` function."""
    a = as_atom(a)
    return a.shape if shape is None else dims(shape), a.dtype if dtype is None else dtype_of(dtype)


@intrinsic(np.zeros_like)
def zeros_like(a, dtype=None, order="K", subok=True, shape=None, *, device=None):
    return zeros_of(*_like(a, dtype, shape))


@intrinsic(np.ones_like)
def ones_like(a, dtype=None, order="K", subok=True, shape=None, *, device=None):
    shape, dtype = _like(a, dtype, shape)
    return filled(Lit(dtype.type(1)), shape, dtype)


@intrinsic(np.empty_like)
def empty_like(prototype, dtype=None, order="K", subok=True, shape=None, *, device=None):
    shape, dtype = _like(prototype, dtype, shape)
    return empty(shape, dtype)


@intrinsic(np.full_like)
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    shape, dtype = _like(a, dtype, shape)
    return filled(as_atom(fill_value), shape, dtype)


# ── from other values ─────────────────────────────────────────────────────────────────────────────


def converted(a, dtype=None, ndmin: int = 0):
    """An atom for any array-like, in a dtype, with at least `ndmin` dimensions."""
    x = strong(as_atom(a))
    if dtype is not None:
        x = cast(x, dtype_of(dtype))
    if x.ndim < ndmin:
        x = apply("reshape", x, shape=(1,) * (ndmin - x.ndim) + x.shape)
    return x


@intrinsic(np.array)
def array(object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0, ndmax=0, like=None):  # noqa: A002
    x = converted(object, dtype, ndmin)
    return apply("copy", x) if x is object and x.ndim and copy is not False else x


@intrinsic(np.asarray, np.asanyarray, view=True)
def asarray(a, dtype=None, order=None, *, device=None, copy=None, like=None):
    x = converted(a, dtype)
    return apply("copy", x) if copy and x is a and x.ndim else x


@intrinsic(np.ascontiguousarray, np.asfortranarray, view=True)
def ascontiguousarray(a, dtype=None, *, like=None):
    return converted(a, dtype, 1)


@intrinsic(np.copy)
def copy(a, order="K", subok=False):
    return array(a)


@intrinsic(methods=("copy",))
def copy_method(a, order="C"):
    return apply("copy", a) if a.ndim else a


@intrinsic(np.astype)
def astype(x, dtype, /, *, copy=True, device=None):
    return astype_method(as_atom(x), dtype, copy=copy)


@intrinsic(methods=("astype",))
def astype_method(a, dtype, order="K", casting="unsafe", subok=True, copy=True):
    dtype = dtype_of(dtype)
    if not np.can_cast(a.dtype, dtype, casting):
        raise TypeMismatchError(f"Cannot cast array data from {a.dtype!r} to {dtype!r} according to the "
                                    f"rule '{casting}'")
    if a.dtype == dtype:
        return apply("copy", a) if copy and a.ndim else a
    return cast(a, dtype)


# ── ranges ────────────────────────────────────────────────────────────────────────────────────────


@intrinsic(np.arange)
def arange(start_or_stop, /, stop=None, step=1, *, dtype=None, device=None, like=None):
    start, stop = (0, start_or_stop) if stop is None else (start_or_stop, stop)
    start, step = 0 if start is None else start, 1 if step is None else step
    atoms = [as_atom(v) for v in (start, stop, step)]
    common = np.result_type(np.int64, *(a.dtype for a in atoms))
    dtype = common if dtype is None else dtype_of(dtype)
    size = sizes.settle(range_size(start, stop, step, atoms))
    if _number(start) == 0 and _number(step) == 1:
        return iota(size, dtype)
    first, delta = cast(atoms[0], dtype), atoms[2]
    if common.kind != "i":  # NumPy's own step: the difference of the first two elements
        delta = _folded(np.subtract, cast(_folded(np.add, atoms[0], delta), dtype), first)
    return apply("arange", first, cast(delta, dtype), size=size, dtype=dtype)


def _folded(ufunc, x, y):
    """`ufunc(x, y)`, computed now where both are literals."""
    if isinstance(x, Lit) and isinstance(y, Lit):
        return Lit(ufunc(x.value, y.value))
    return apply(ufunc.__name__, x, y)


def _number(value):
    """The value of a static number; None for others."""
    if isinstance(value, Lit):
        return value.value
    return value if isinstance(value, (int, float, np.generic)) else None


def range_size(start, stop, step, atoms):
    """The number of elements of a range: an int, a size, or a size that comes from data.

    Raises:
        ShapeError: the step is zero.
    """
    numbers = [_number(v) for v in (start, stop, step)]
    if numbers[2] == 0:
        raise ShapeError("Maximum allowed size exceeded")
    if all(n is not None for n in numbers):
        return max(int(np.ceil((numbers[1] - numbers[0]) / numbers[2])), 0)
    integral = [a.dtype.kind in "iu" or (n is not None and float(n).is_integer())
                for a, n in zip(atoms, numbers, strict=True)]
    if all(integral) and numbers[2] is not None:
        first, last = (int(n) if n is not None else arg.dim_of(v)
                       for n, v in zip(numbers[:2], (start, stop), strict=True))
        step = int(numbers[2])
        length = (last - first + step - 1) // step if step > 0 else (first - last - step - 1) // -step
        return arg.larger(length, 0)
    length = apply("ceil", (atoms[1] - atoms[0]) / atoms[2])
    return arg.dim_of(apply("maximum", cast(length, np.int64), 0))


@intrinsic(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    """`num` evenly spaced numbers; start and stop may be arrays."""
    (num,) = dims(num)
    first, last = as_atom(start), as_atom(stop)
    inner, _ = promote(first.aval, last.aval)
    inner = FLOAT if inner.kind in "biu" else inner
    first, last = cast(first, inner), cast(last, inner)
    shape = shapes_together(first.shape, last.shape)
    parts = num - 1 if endpoint else num
    y, step = broadcast(first, (num, *shape)), Lit(inner.type(np.nan))
    if parts not in (0, -1):
        step = (last - first) / parts
        y = broadcast(column(cast(iota(num), inner), len(shape) + 1, 0) * step + first, (num, *shape))
        if endpoint:  # the last element is `stop` itself, whatever the rounding
            y = apply("where", apply("equal", column(iota(num), len(shape) + 1, 0), parts), last, y)
    if dtype is not None:
        dtype = dtype_of(dtype)
        y = cast(apply("floor", y) if dtype.kind in "iu" else y, dtype)
    axis = arg.axis_of(axis, len(shape) + 1)
    if axis:
        y = apply("transpose", y, axes=(*range(1, axis + 1), 0, *range(axis + 1, y.ndim)))
    return (y, step) if retstep else y


@intrinsic(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    """base ** linspace(start, stop)."""
    y = apply("power", base, linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else cast(y, dtype_of(dtype))


# ── matrices and grids ────────────────────────────────────────────────────────────────────────────


@intrinsic(np.eye)
def eye(N, M=None, k=0, dtype=float, order="C", *, device=None, like=None):
    n, m = dims((N, N if M is None else M))
    return apply("eye", n=n, m=m, k=arg.static_int(k, "k"), dtype=dtype_of(dtype))


@intrinsic(np.identity)
def identity(n, dtype=None, *, like=None):
    return eye(n, dtype=dtype)


@intrinsic(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    """Coordinate arrays from 1-D ones, as a tuple."""
    if indexing not in ("xy", "ij"):
        raise ShapeError("Valid values for `indexing` are 'xy' and 'ij'.")
    axes = [apply("reshape", x, shape=(x.aval.size,)) for x in map(strong, map(as_atom, xi))]
    order = list(range(len(axes)))
    if indexing == "xy" and len(axes) > 1:
        order[:2] = [1, 0]
    grids = [column(x, len(axes), place) for x, place in zip(axes, order, strict=True)]
    if sparse:
        return tuple(grids)
    shape = [1] * len(axes)
    for x, place in zip(axes, order, strict=True):
        shape[place] = x.shape[0]
    return tuple(broadcast(g, shape) if not copy else apply("copy", broadcast(g, shape)) for g in grids)


@intrinsic(np.indices)
def indices(dimensions, dtype=int, sparse=False):
    """Row, column, … numbers of a grid."""
    shape, dtype = dims(dimensions), dtype_of(dtype)
    grids = [column(iota(d, dtype), len(shape), k) for k, d in enumerate(shape)]
    if sparse:
        return tuple(grids)
    return apply("stack", *(broadcast(g, shape) for g in grids), axis=0)


@intrinsic(np.vander)
def vander(x, N=None, increasing=False):
    """Powers of a vector as columns."""
    x = strong(as_atom(x))
    if x.ndim != 1:
        raise ShapeError("x must be a one-dimensional array or sequence.")
    (n,) = x.shape if N is None else dims(N)
    dtype = np.result_type(x.dtype, int)
    powers = iota(n)
    if not increasing and isinstance(n, (int, sizes.Size)):
        powers = apply("arange", as_atom(n - 1), Lit(-1), size=n, dtype=np.dtype(np.int64))
    return apply("power", column(cast(x, dtype), 2, 0), column(powers, 2, 1))


@intrinsic(np.broadcast_shapes)
def broadcast_shapes(*args):
    return shapes_together(*(dims(s) for s in args))
