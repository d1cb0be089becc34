"""Functions that change the shape or the order of axes and keep every element where it is."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import InvalidValueError, ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import broadcast as shapes_together
from broadax.transforms.core.avals import shape_text
from broadax.transforms.core.expression import apply, current
from broadax.transforms.functions.arguments import (
    as_atom,
    axes_of,
    axis_of,
    dim_of,
    dims,
    sequence,
    static_int,
    strong,
)
from broadax.transforms.functions.indexing import broadcast
from broadax.transforms.functions.registry import intrinsic


def reshaped(x, shape):
    """`reshape`, or x itself where it has that shape already."""
    shape = tuple(shape)
    return x if x.shape == shape else apply("reshape", x, shape=shape)


def new_shape(x, shape) -> tuple:
    """The shape that `x.reshape(shape)` means, with -1 worked out.

    Raises:
        ShapeError: the numbers of elements differ, or -1 stands twice.
    """
    given = shape if isinstance(shape, (tuple, list)) else (shape,)
    shape = [dim_of(d) for d in given]
    total, text = x.aval.size, shape_text(tuple(shape)).replace(" ", "")
    wrong = (
        f"cannot reshape array of size {sizes.hint(total) if sizes.hint(total) is not None else total} "
        f"into shape {text}"
    )
    free = [k for k, d in enumerate(shape) if isinstance(d, int) and d < 0]
    if len(free) > 1:
        raise ShapeError("can only specify one unknown dimension")
    if free:
        known = sizes.product(d for k, d in enumerate(shape) if k != free[0])
        if known == 0 or (isinstance(known, int) and isinstance(total, int) and total % known):
            raise ShapeError(wrong)
        shape[free[0]] = total // known
    shape = [sizes.settle(d) for d in shape]
    if sizes.same(sizes.product(shape), total) is False:
        raise ShapeError(wrong)
    current().require_same(sizes.product(shape), total, "cannot reshape array")
    return tuple(shape)


def _check_order(order) -> None:
    if order not in ("C", "F", "A", "K"):
        raise InvalidValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")


@intrinsic(np.reshape, view=True)
def reshape(a, /, shape, order="C", *, copy=None):
    a = strong(as_atom(a))
    _check_order(order)
    if order == "F":
        return transpose(reshape(transpose(a), new_shape(a, shape)[::-1]))
    return reshaped(a, new_shape(a, shape))


@intrinsic(methods=("reshape",), view=True)
def reshape_method(a, /, *shape, order="C", copy=None):
    return reshape(a, shape[0] if len(shape) == 1 else shape, order)


@intrinsic(np.ravel, methods=("ravel",), view="contiguous")
def ravel(a, order="C"):
    a = strong(as_atom(a))
    _check_order(order)
    a = transpose(a) if order == "F" else a
    return reshaped(a, (a.aval.size,))


@intrinsic(methods=("flatten",))
def flatten(a, order="C"):
    y = ravel(a, order)
    return apply("copy", y) if y is a else y


# ── axes ──────────────────────────────────────────────────────────────────────────────────────────


def permuted(a, axes):
    """`transpose`, or the array itself where nothing moves."""
    return a if tuple(axes) == tuple(range(a.ndim)) else apply("transpose", a, axes=tuple(axes))


@intrinsic(np.transpose, view=True)
def transpose(a, axes=None):
    a = strong(as_atom(a))
    if axes is None:
        return permuted(a, range(a.ndim)[::-1])
    axes = [axis_of(k, a.ndim) for k in axes]
    if len(axes) != a.ndim:
        raise ShapeError("axes don't match array")
    if len(set(axes)) != len(axes):
        raise ShapeError("repeated axis in transpose")
    return permuted(a, axes)


@intrinsic(methods=("transpose",), view=True)
def transpose_method(a, /, *axes):
    if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
        return transpose(a, axes[0])
    return transpose(a, axes or None)


@intrinsic(np.matrix_transpose, np.linalg.matrix_transpose, view=True)
def matrix_transpose(x, /):
    """The last two axes swapped."""
    x = as_atom(x)
    if x.ndim < 2:
        raise ShapeError(f"Input array must be at least 2-dimensional, but it is {x.ndim}")
    return swapaxes(x, -1, -2)


@intrinsic(np.swapaxes, methods=("swapaxes",), view=True)
def swapaxes(a, axis1, axis2):
    a = as_atom(a)
    i, j = axis_of(axis1, a.ndim), axis_of(axis2, a.ndim)
    axes = list(range(a.ndim))
    axes[i], axes[j] = j, i
    return permuted(a, axes)


@intrinsic(np.moveaxis, view=True)
def moveaxis(a, source, destination):
    a = as_atom(a)
    source = [axis_of(k, a.ndim) for k in _listed(source)]
    destination = [axis_of(k, a.ndim) for k in _listed(destination)]
    if len(source) != len(destination):
        raise ShapeError("`source` and `destination` arguments must have the same number of elements")
    order = [k for k in range(a.ndim) if k not in source]
    for place, axis in sorted(zip(destination, source, strict=True)):
        order.insert(place, axis)
    return permuted(a, order)


def _listed(value) -> list:
    return list(value) if isinstance(value, (tuple, list, range)) else [value]


@intrinsic(np.rollaxis, view=True)
def rollaxis(a, axis, start=0):
    a = as_atom(a)
    axis, start = axis_of(axis, a.ndim), static_int(start, "start")
    start = start + a.ndim if start < 0 else start
    if not 0 <= start <= a.ndim:
        raise ShapeError(f"'start' arg requires {-a.ndim} <= start < {a.ndim + 1}, but {start} was passed in")
    order = [k for k in range(a.ndim) if k != axis]
    order.insert(start - (axis < start), axis)
    return permuted(a, order)


@intrinsic(np.squeeze, methods=("squeeze",), view=True)
def squeeze(a, axis=None):
    """Without axes of length 1 (of symbolic sizes, those are never 1)."""
    a = as_atom(a)
    if axis is None:
        axes = tuple(k for k, d in enumerate(a.shape) if d == 1)
    else:
        axes = axes_of(axis, a.ndim)
        if any(sizes.same(a.shape[k], 1) is not True for k in axes):
            raise ShapeError("cannot select an axis to squeeze out which has size not equal to one")
    return reshaped(a, tuple(d for k, d in enumerate(a.shape) if k not in axes))


@intrinsic(np.expand_dims, view=True)
def expand_dims(a, axis):
    a = strong(as_atom(a))
    axes = _listed(axis)
    places = axes_of(axes, a.ndim + len(axes))
    rest = iter(a.shape)
    return reshaped(a, tuple(1 if k in places else next(rest) for k in range(a.ndim + len(axes))))


def with_axes(ndim: int, a):
    a = strong(as_atom(a))
    if a.ndim >= ndim:
        return a
    if ndim == 3:
        shape = {0: (1, 1, 1), 1: (1, *a.shape, 1), 2: (*a.shape, 1)}[a.ndim]
    else:
        shape = (1,) * (ndim - a.ndim) + a.shape
    return reshaped(a, shape)


def _enter_atleast(function, ndim: int) -> None:
    def call(*arys):
        out = tuple(with_axes(ndim, a) for a in arys)
        return out[0] if len(out) == 1 else out

    call.__name__ = function.__name__
    intrinsic(function, view=True)(call)


for _ndim, _function in enumerate((np.atleast_1d, np.atleast_2d, np.atleast_3d), 1):
    _enter_atleast(_function, _ndim)


# ── broadcasting ──────────────────────────────────────────────────────────────────────────────────


@intrinsic(np.broadcast_to, view=True)
def broadcast_to(array, shape, subok=False):
    x, shape = strong(as_atom(array)), dims(shape)
    if not shape and not x.ndim:
        return x
    fits = len(shape) >= x.ndim and all(
        have == 1 or sizes.same(have, want) is not False
        for have, want in zip(x.shape[::-1], shape[::-1], strict=False)
    )
    if not fits:
        raise ShapeError(
            "operands could not be broadcast together with remapped shapes "
            f"[original->remapped]: {shape_text(x.shape)} and requested shape "
            f"{shape_text(shape)}"
        )
    for have, want in zip(x.shape[::-1], shape[::-1], strict=False):
        current().require_same(have, want)
    return broadcast(x, shape)


@intrinsic(np.broadcast_arrays)
def broadcast_arrays(*args, subok=False):
    atoms = [strong(as_atom(a)) for a in args]
    shape = shapes_together(*(a.shape for a in atoms))
    return tuple(broadcast(a, shape) for a in atoms)


@intrinsic(np.unstack, view=True)
def unstack(x, /, *, axis=0):
    x = as_atom(x)
    if x.ndim == 0:
        raise ShapeError("Input array must be at least 1-d.")
    return tuple(sequence(moveaxis(x, axis, 0), "np.unstack"))
