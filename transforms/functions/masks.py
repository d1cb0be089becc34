"""Choosing elements by a mask: the number of elements comes from data."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import OutOfRangeError, ShapeError, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply, current
from broadax.transforms.functions import arguments
from broadax.transforms.functions.arguments import as_atom, axis_of, cast, dim_of, refuse, sequence, strong
from broadax.transforms.functions.indexing import (
    brought_into_range,
    column,
    dim_atom,
    gather,
    index_atom,
)
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.shaping import ravel


def places(mask, size=None):
    """Where a 1-D boolean mask holds; `size` is how often, where that is known."""
    if size is None:
        size = dim_of(apply("sum", cast(mask, np.int64), axes=(0,), keepdims=False))
    return apply("flatnonzero", mask, count=size)


@intrinsic(np.flatnonzero)
def flatnonzero(a):
    """Indices of the elements of the flattened array that are not zero."""
    return places(ravel(cast(as_atom(a), bool)))


@intrinsic(np.nonzero, methods=("nonzero",))
def nonzero(a):
    """The indices of the elements that are not zero, an array for each axis."""
    a = as_atom(a)
    if not a.ndim:
        raise ShapeError(
            "Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() instead."
        )
    return _unravelled(flatnonzero(a), a.shape)


@intrinsic(np.argwhere)
def argwhere(a):
    """The indices of the elements that are not zero, a row for each."""
    return apply("stack", *nonzero(a), axis=1)


@intrinsic(np.unravel_index)
def unravel_index(indices, shape, order="C"):
    """Flat indices → an index for each axis."""
    k, shape = index_atom(indices), arguments.dims(shape)
    if order != "C":
        raise UnsupportedError("np.unravel_index: only order='C' is supported")
    total = dim_atom(sizes.product(shape))
    inside = apply("logical_and", apply("greater_equal", k, 0), apply("less", k, total))
    if k.ndim:
        inside = apply("all", inside, axes=tuple(range(k.ndim)), keepdims=False)
    current().check(inside, ValueError, ("index is out of bounds for an array of this shape",))
    return _unravelled(k, shape)


def _unravelled(k, shape) -> tuple:
    out = []
    for dim in shape[:0:-1]:
        out.append(apply("remainder", k, dim_atom(dim), weak=False))
        k = apply("floor_divide", k, dim_atom(dim), weak=False)
    return (strong(k), *out[::-1])


@intrinsic(np.ravel_multi_index)
def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    """An index for each axis → flat indices."""
    if order != "C":
        raise UnsupportedError("np.ravel_multi_index: only order='C' is supported")
    parts = [index_atom(k) for k in sequence(multi_index, "np.ravel_multi_index")]
    shape, flat = arguments.dims(dims), None
    modes = mode if isinstance(mode, tuple) else (mode,) * len(parts)
    for k, dim, how in zip(parts, shape, modes, strict=True):
        k = brought_into_range(k, dim, how)
        flat = k if flat is None else flat * dim_atom(dim) + k
    return strong(flat)


@intrinsic(np.compress)
def compress(condition, a, axis=None, out=None):
    """The slices along an axis for which the condition holds."""
    refuse("np.compress", out=out)
    a, mask = as_atom(a), cast(as_atom(condition), bool)
    if mask.ndim != 1:
        raise ShapeError("condition must be a 1-d array")
    if axis is None:
        a, axis = ravel(a), 0
    axis = axis_of(axis, a.ndim)
    if sizes.at_least(a.shape[axis], mask.shape[0]) is False:
        raise OutOfRangeError(f"index {mask.shape[0] - 1} is out of bounds for axis {axis}")
    return gather(a, axis, places(mask), inside=False)


@intrinsic(methods=("compress",))
def compress_method(a, condition, axis=None, out=None):
    return compress(condition, a, axis, out)


@intrinsic(np.extract)
def extract(condition, arr):
    """The elements of the flattened array where the flattened condition holds."""
    return gather(ravel(arr), 0, flatnonzero(condition), inside=False)


@intrinsic(np.ix_)
def ix_(*args):
    """1-D index arrays reshaped so that together they take a sub-grid."""
    out = []
    for d, k in enumerate(args):
        k = as_atom(k)
        if k.ndim != 1:
            raise ShapeError("Cross index must be 1 dimensional")
        out.append(column(flatnonzero(k) if k.dtype.kind == "b" else k, len(args), d))
    return tuple(out)
