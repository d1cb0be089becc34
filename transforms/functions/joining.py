"""Joining, splitting, repeating, rolling and padding of arrays."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.functions.arguments import (
    as_atom,
    axis_of,
    cast,
    dim_of,
    dtype_of,
    larger,
    refuse,
    sequence,
    smaller,
    static_int,
    strong,
    together,
)
from broadax.transforms.functions.indexing import cut
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.shaping import ravel, reshaped, with_axes

_MISMATCH = "all the input array dimensions except for the concatenation axis must match exactly"


def joined(arrays, axis: int, dtype=None):
    """`concatenate` of atoms; dtypes are promoted as NumPy does it.

    Raises:
        ShapeError: in NumPy's words, where the shapes do not fit.
    """
    first = arrays[0]
    for k, other in enumerate(arrays[1:], 1):
        if other.ndim != first.ndim:
            raise ShapeError(
                "all the input arrays must have same number of dimensions, but the array at "
                f"index 0 has {first.ndim} dimension(s) and the array at index {k} has "
                f"{other.ndim} dimension(s)"
            )
        for d, (have, want) in enumerate(zip(other.shape, first.shape, strict=True)):
            if d != axis and sizes.same(have, want) is False:
                raise ShapeError(
                    f"{_MISMATCH}, but along dimension {d}, the array at index 0 has size "
                    f"{want} and the array at index {k} has size {have}"
                )
    arrays = together(*arrays) if dtype is None else [cast(a, dtype_of(dtype)) for a in arrays]
    return apply("concatenate", *arrays, axis=axis) if len(arrays) > 1 else apply("copy", arrays[0])


# A sequence may be one array, whose rows are the items: a list that has grown in a loop is.


def _rows(arrays):
    """The array whose rows are a sequence's items, if their number is known only when the code runs."""
    if isinstance(arrays, (list, tuple)):
        return None
    atom = as_atom(arrays)
    return atom if atom.ndim and not isinstance(atom.shape[0], int) else None


def _moved(rows, axis: int):
    """The rows along another axis."""
    order = list(range(1, rows.ndim))
    order.insert(axis, 0)
    return apply("transpose", rows, axes=tuple(order)) if axis else rows


def _merged(rows, axis: int):
    """The rows joined along an axis of theirs."""
    moved = _moved(rows, axis)
    joint = moved.shape[axis] * moved.shape[axis + 1]
    return reshaped(moved, (*moved.shape[:axis], joint, *moved.shape[axis + 2 :]))


def _typed(array, dtype):
    """The array in memory of its own, in the dtype that was asked for."""
    return apply("copy", array) if dtype is None else cast(array, dtype_of(dtype))


@intrinsic(np.concatenate)
def concatenate(arrays, /, axis=0, out=None, *, dtype=None, casting="same_kind"):
    refuse("np.concatenate", out=out)
    rows = _rows(arrays)
    if rows is not None:
        return _typed(ravel(rows) if axis is None else _merged(rows, axis_of(axis, rows.ndim - 1)), dtype)
    arrays = [strong(as_atom(a)) for a in sequence(arrays, "np.concatenate")]
    if not arrays:
        raise ShapeError("need at least one array to concatenate")
    if axis is None:
        return joined([ravel(a) for a in arrays], 0, dtype)
    if not arrays[0].ndim:
        raise ShapeError("zero-dimensional arrays cannot be concatenated")
    return joined(arrays, axis_of(axis, arrays[0].ndim), dtype)


@intrinsic(np.stack)
def stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    refuse("np.stack", out=out)
    rows = _rows(arrays)
    if rows is not None:
        return _typed(_moved(rows, axis_of(axis, rows.ndim)), dtype)
    arrays = [strong(as_atom(a)) for a in sequence(arrays, "np.stack")]
    if not arrays:
        raise ShapeError("need at least one array to stack")
    first = arrays[0]
    for other in arrays[1:]:
        if other.ndim != first.ndim or any(
            sizes.same(m, n) is False for m, n in zip(other.shape, first.shape, strict=True)
        ):
            raise ShapeError("all input arrays must have the same shape")
    arrays = together(*arrays) if dtype is None else [cast(a, dtype_of(dtype)) for a in arrays]
    return apply("stack", *arrays, axis=axis_of(axis, first.ndim + 1))


def _at_least(ndim: int, arrays, what: str) -> list:
    return [with_axes(ndim, a) for a in sequence(arrays, what)]


@intrinsic(np.vstack)
def vstack(tup, *, dtype=None, casting="same_kind"):
    rows = _rows(tup)
    if rows is not None:
        if rows.ndim == 1:
            return _typed(reshaped(rows, (rows.aval.size, 1)), dtype)
        return _typed(rows if rows.ndim == 2 else _merged(rows, 0), dtype)
    return joined(_at_least(2, tup, "np.vstack"), 0, dtype)


@intrinsic(np.hstack)
def hstack(tup, *, dtype=None, casting="same_kind"):
    rows = _rows(tup)
    if rows is not None:
        return _typed(rows if rows.ndim == 1 else _merged(rows, 0 if rows.ndim == 2 else 1), dtype)
    arrays = _at_least(1, tup, "np.hstack")
    return joined(arrays, 0 if arrays[0].ndim == 1 else 1, dtype)


@intrinsic(np.dstack)
def dstack(tup):
    return joined(_at_least(3, tup, "np.dstack"), 2)


@intrinsic(np.column_stack)
def column_stack(tup):
    """1-D arrays become the columns of a matrix."""
    rows = _rows(tup)
    if rows is not None:
        if rows.ndim == 1:
            return reshaped(rows, (1, rows.aval.size))
        return _moved(rows, 1) if rows.ndim == 2 else _merged(rows, 1)
    arrays = [strong(as_atom(a)) for a in sequence(tup, "np.column_stack")]
    return joined([reshaped(a, (a.aval.size, 1)) if a.ndim < 2 else a for a in arrays], 1)


@intrinsic(np.block)
def block(arrays):
    """A matrix from nested lists of blocks."""

    def depth(x):
        return 1 + max(map(depth, x)) if isinstance(x, list) else 0

    def build(x, level, ndim):
        if not isinstance(x, list):
            x = strong(as_atom(x))
            return reshaped(x, (1,) * (ndim - x.ndim) + x.shape)
        parts = [build(part, level - 1, ndim) for part in x]
        return joined(parts, ndim - level) if len(parts) > 1 else parts[0]

    def flat(x):
        return [leaf for part in x for leaf in flat(part)] if isinstance(x, list) else [as_atom(x)]

    level = depth(arrays)
    return build(arrays, level, max(level, *(a.ndim for a in flat(arrays))))


@intrinsic(np.append)
def append(arr, values, axis=None):
    arr, values = strong(as_atom(arr)), strong(as_atom(values))
    if axis is None:
        return joined([ravel(arr), ravel(values)], 0)
    return joined([arr, values], axis_of(axis, arr.ndim))


# ── splitting ─────────────────────────────────────────────────────────────────────────────────────


def _split(a, sections, axis: int, exact: bool) -> list:
    """Slices of `a`; `sections` is a number of parts or the places of the cuts.

    Raises:
        ShapeError: equal parts are asked for and are not possible.
    """
    n = a.shape[axis]
    if isinstance(sections, (tuple, list)):
        points = [dim_of(p) for p in sections]
        bounds = [0] + [_clamped(p, n) for p in points] + [n]
    else:
        parts = static_int(sections, "the number of sections")
        if parts <= 0:
            raise ShapeError("number sections must be larger than 0.")
        extra = n % parts
        if not isinstance(extra, int):
            hint = sizes.hint(extra)
            extra = hint if hint is not None and sizes.same(extra, hint) else static_int(extra, "a size")
        if extra and exact:
            raise ShapeError("array split does not result in an equal division")
        size, bounds = (n - extra) // parts, [0]
        for k in range(parts):
            bounds.append(bounds[-1] + size + (1 if k < extra else 0))
    lengths = [b - a for a, b in zip(bounds, bounds[1:], strict=False)]
    return [cut(a, axis, start, _positive(length)) for start, length in zip(bounds, lengths, strict=False)]


def _clamped(point, n):
    """A place of a cut as a slice takes it: counted from the end if negative, at most n."""
    if sizes.at_least(point, 0) is False:
        point = point + n
        return point if sizes.at_least(point, 0) is not False else 0
    return smaller(point, n)


def _positive(length):
    return larger(length, 0)


@intrinsic(np.split, view=True)
def split(ary, indices_or_sections, axis=0):
    ary = as_atom(ary)
    return _split(ary, indices_or_sections, axis_of(axis, ary.ndim), True)


@intrinsic(np.array_split, view=True)
def array_split(ary, indices_or_sections, axis=0):
    ary = as_atom(ary)
    return _split(ary, indices_or_sections, axis_of(axis, ary.ndim), False)


def _enter_split(function, least: int, axis_for) -> None:
    def call(ary, indices_or_sections):
        ary = as_atom(ary)
        if ary.ndim < least:
            raise ShapeError(f"{function.__name__} only works on arrays of {least} or more dimensions")
        return _split(ary, indices_or_sections, axis_for(ary.ndim), True)

    call.__name__ = function.__name__
    intrinsic(function, view=True)(call)


_enter_split(np.vsplit, 2, lambda ndim: 0)
_enter_split(np.hsplit, 1, lambda ndim: 1 if ndim > 1 else 0)
_enter_split(np.dsplit, 3, lambda ndim: 2)
