"""Functions that write to their first argument; each gives the argument's new contents."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import OutOfRangeError, ShapeError, TypeMismatchError, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.functions.arguments import as_atom, axis_of, cast, smaller, strong
from broadax.transforms.functions.indexing import (
    broadcast,
    brought_into_range,
    dim_atom,
    gather,
    index_atom,
    iota,
    whole,
)
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.selecting import places_along
from broadax.transforms.functions.shaping import ravel, reshaped


@intrinsic(np.copyto, updates=True)
def copyto(dst, src, casting="same_kind", where=True):
    dst, src = as_atom(dst), as_atom(src)
    if not src.aval.weak and not np.can_cast(src.dtype, dst.dtype, casting):
        raise TypeMismatchError(
            f"Cannot cast array data from {src.dtype!r} to {dst.dtype!r} according to the rule '{casting}'"
        )
    src = broadcast(cast(src, dst.dtype), dst.shape)
    return src if where is True else apply("where", as_atom(where), src, dst)


@intrinsic(np.putmask, updates=True)
def putmask(a, mask, values):
    """`a[mask] = values` where the values are repeated over the whole array."""
    a, values = as_atom(a), ravel(as_atom(values))
    mask = broadcast(cast(as_atom(mask), bool), a.shape)
    values = cast(values, a.dtype)
    if values.ndim:
        flat = apply("remainder", iota(a.aval.size), dim_atom(values.shape[0]))
        values = reshaped(gather(values, 0, flat), a.shape)
    return apply("where", mask, values, a)


@intrinsic(np.put, updates=True)
def put(a, ind, v, mode="raise"):
    """`a.flat[ind] = v`, the values repeated as often as needed."""
    a, k, v = as_atom(a), ravel(index_atom(ind)), ravel(as_atom(v))
    k = k if k.ndim else reshaped(strong(k), (1,))
    flat = ravel(a)
    k = brought_into_range(k, flat.shape[0], mode)
    v = cast(v, a.dtype)
    if v.ndim:
        v = gather(v, 0, apply("remainder", iota(k.shape[0]), dim_atom(v.shape[0])))
    return reshaped(apply("at_set", flat, v, k, spec=(("index", 0),)), a.shape)


@intrinsic(methods=("put",), updates=True)
def put_method(a, indices, values, mode="raise"):
    return put(a, indices, values, mode)


@intrinsic(methods=("fill",), updates=True)
def fill(a, value):
    return apply("full", cast(as_atom(value), a.dtype), shape=a.shape)


def _enter_at(ufunc, rule) -> None:
    """`np.add.at(a, indices, b)` for an index array or a tuple of them and of `:`, for the leading axes."""

    def at(a, indices, b=None, /):
        a = as_atom(a)
        items = indices if isinstance(indices, tuple) else (indices,)
        if len(items) > a.ndim:
            raise OutOfRangeError(
                f"too many indices for array: array is {a.ndim}-dimensional, but {len(items)} were indexed"
            )
        keys, spec = [], []
        for item, dim in zip(items, a.shape, strict=False):
            if isinstance(item, slice) and item == slice(None):
                spec.append(whole(dim))
            elif isinstance(item, slice):
                raise UnsupportedError("a slice other than `:` among the indices is not supported")
            else:
                spec.append(("index", len(keys)))
                keys.append(index_atom(item))
        spec += [whole(d) for d in a.shape[len(items) :]]
        return rule(a, cast(as_atom(b), a.dtype), keys, tuple(spec))

    intrinsic(ufunc.at, updates=True)(at)


_enter_at(np.add, lambda a, b, keys, spec: apply("at_add", a, b, *keys, spec=spec))
_enter_at(np.subtract, lambda a, b, keys, spec: apply("at_add", a, apply("negative", b), *keys, spec=spec))


@intrinsic(np.put_along_axis, updates=True)
def put_along_axis(arr, indices, values, axis):
    a, k = as_atom(arr), index_atom(indices)
    if axis is None:
        return reshaped(put_along_axis(ravel(a), indices, values, 0), a.shape)
    operands, spec = places_along(a, k, axis_of(axis, a.ndim))
    return apply("at_set", a, cast(as_atom(values), a.dtype), *operands, spec=spec)


@intrinsic(np.fill_diagonal, updates=True)
def fill_diagonal(a, val, wrap=False):
    a = as_atom(a)
    if a.ndim < 2:
        raise ShapeError("array must be at least 2-d")
    if wrap:
        raise UnsupportedError("np.fill_diagonal: wrap=True is not supported")
    if a.ndim > 2 and any(sizes.same(d, a.shape[0]) is False for d in a.shape):
        raise ShapeError("All dimensions of input must be of equal length")
    size = smaller(a.shape[0], a.shape[1])
    places = [iota(size)] * a.ndim
    spec = tuple(("index", d) for d in range(a.ndim))
    return apply("at_set", a, cast(as_atom(val), a.dtype), *places, spec=spec, checked=True)
