"""Functions that move or repeat elements: flip, roll, tile, repeat."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply, current
from broadax.transforms.core.statements import Var
from broadax.transforms.functions.arguments import (
    as_atom,
    axes_of,
    axis_of,
    cast,
    dim_of,
    dims,
    static_int,
    strong,
)
from broadax.transforms.functions.indexing import broadcast, cut, dim_atom, flipped, gather, iota
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.shaping import ravel, reshaped, swapaxes


@intrinsic(np.flip, view=True)
def flip(m, axis=None):
    m = strong(as_atom(m))
    return flipped(m, axes_of(axis, m.ndim))


def _enter_flip(function, axis: int) -> None:
    def call(m):
        m = as_atom(m)
        if m.ndim <= axis:
            raise ShapeError(f"Input must be >= {axis + 1}-d.")
        return flipped(m, (axis,))

    call.__name__ = function.__name__
    intrinsic(function, view=True)(call)


_enter_flip(np.flipud, 0)
_enter_flip(np.fliplr, 1)


@intrinsic(np.rot90, view=True)
def rot90(m, k=1, axes=(0, 1)):
    """A quarter turn, k times, from the first axis towards the second."""
    m, k = as_atom(m), static_int(k, "k") % 4
    i, j = (axis_of(a, m.ndim) for a in axes)
    if i == j:
        raise ShapeError("Axes must be different.")
    if k in (0, 2):
        return flipped(m, (i, j)) if k else m
    return swapaxes(flipped(m, (j,)), i, j) if k == 1 else flipped(swapaxes(m, i, j), (j,))


# ── roll ──────────────────────────────────────────────────────────────────────────────────────────


def rolled(a, shift, axis: int):
    """Elements moved by `shift` along an axis; those that fall off return at the other end."""
    n = a.shape[axis]
    if isinstance(shift, Var) or sizes.hint(n) is None:
        places = apply("remainder", apply("subtract", iota(n), shift), dim_atom(n))
        return gather(a, axis, places)
    shift = dim_of(shift)
    if n == 0 or shift == 0:
        return a
    down = sizes.at_least(shift, 0) is False
    length = -shift if down else shift
    if sizes.at_least(n, length) is not True:
        length = length % n
    left = length if down else n - length  # the elements before the cut go to the end
    if left == 0 or sizes.same(left, n):
        return a
    return apply("concatenate", cut(a, axis, left, n - left), cut(a, axis, 0, left), axis=axis)


@intrinsic(np.roll)
def roll(a, shift, axis=None):
    a = strong(as_atom(a))
    if axis is None:
        return reshaped(rolled(ravel(a), shift, 0), a.shape) if a.ndim else a
    axes = list(axis) if isinstance(axis, (tuple, list)) else [axis]
    shifts = list(shift) if isinstance(shift, (tuple, list)) else [shift] * len(axes)
    axes = axes * len(shifts) if len(axes) == 1 else axes
    for k, by in zip(axes, shifts, strict=True):
        a = rolled(a, by, axis_of(k, a.ndim))
    return a


# ── repeat ────────────────────────────────────────────────────────────────────────────────────────


@intrinsic(np.tile)
def tile(A, reps):
    """The array laid side by side, `reps` times along each axis."""
    a, reps = strong(as_atom(A)), dims(reps)
    ndim = max(a.ndim, len(reps))
    reps = (1,) * (ndim - len(reps)) + reps
    shape = (1,) * (ndim - a.ndim) + a.shape
    if all(r == 1 for r in reps):
        return apply("copy", reshaped(a, shape)) if shape else a
    pairs = [p for r, d in zip(reps, shape, strict=True) for p in (r, d)]
    a = reshaped(a, tuple(p for d in shape for p in (1, d)))
    return reshaped(broadcast(a, pairs), tuple(r * d for r, d in zip(reps, shape, strict=True)))


@intrinsic(np.repeat, methods=("repeat",))
def repeat(a, repeats, axis=None):
    """Each element `repeats` times; with an array of counts, the result's size comes from data."""
    a = strong(as_atom(a))
    if axis is None:
        a, axis = ravel(a), 0
    axis = axis_of(axis, a.ndim)
    counts = repeats
    if isinstance(repeats, (tuple, list)):
        counts = repeats[0] if len(repeats) == 1 else as_atom(repeats)
    if not (isinstance(counts, Var) and counts.ndim):
        (times,) = dims(counts)
        shape = a.shape
        wide = reshaped(a, shape[: axis + 1] + (1,) + shape[axis + 1 :])
        wide = broadcast(wide, shape[: axis + 1] + (times,) + shape[axis + 1 :])
        return reshaped(wide, shape[:axis] + (shape[axis] * times,) + shape[axis + 1 :])
    if sizes.same(counts.shape[0], a.shape[axis]) is False:
        raise ShapeError(
            f"operands could not be broadcast together with shape ({a.shape[axis]},) ({counts.shape[0]},)"
        )
    lowest = apply("all", apply("greater_equal", counts, 0), axes=(0,), keepdims=False)
    current().check(lowest, ValueError, ("repeats may not contain negative values.",))
    ends = apply("cumsum", cast(counts, np.int64), axis=0)
    if isinstance(repeats, (tuple, list)) and not any(isinstance(r, Var) for r in repeats):
        total = sum(static_int(r, "repeats") for r in repeats)
    else:
        total = dim_of(apply("sum", cast(counts, np.int64), axes=(0,), keepdims=False))
    return gather(a, axis, apply("searchsorted", ends, iota(total), side="right"))


@intrinsic(np.resize)
def resize(a, new_shape):
    """The elements repeated as often as the shape asks for."""
    a, shape = ravel(a), dims(new_shape)
    total = sizes.product(shape)
    return reshaped(gather(a, 0, apply("remainder", iota(total), dim_atom(a.aval.size))), shape)
