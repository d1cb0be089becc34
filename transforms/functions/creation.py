"""New arrays: filled ones, unit matrices and grids."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import broadcast as shapes_together
from broadax.transforms.core.expression import apply
from broadax.transforms.core.float0 import FLOAT0, Float0
from broadax.transforms.core.statements import Lit
from broadax.transforms.functions import arguments as arg
from broadax.transforms.functions.arguments import as_atom, cast, dims, dtype_of, refuse, strong
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
    if isinstance(dtype, np.dtype) and dtype == FLOAT0:
        return Float0(dims(shape))
    return zeros_of(dims(shape), dtype_of(dtype))


@intrinsic(np.ones)
def ones(shape, dtype=None, order="C", *, device=None, like=None):
    dtype = dtype_of(dtype)
    return filled(Lit(dtype.type(1)), dims(shape), dtype)


@intrinsic(np.empty)
def empty(shape, dtype=float, order="C", *, device=None, like=None):
    shape, dtype = dims(shape), dtype_of(dtype)
    return apply("empty", shape=shape, dtype=dtype) if shape else Lit(dtype.type(0))


@intrinsic(np.ndarray)
def ndarray(shape, dtype=float, buffer=None, offset=0, strides=None, order=None):
    refuse("np.ndarray", buffer=buffer, strides=strides)
    return empty(shape, dtype)


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
