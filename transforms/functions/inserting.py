"""`np.insert` and `np.delete`: at places that are known now, or only when the code runs."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import OutOfRangeError, ShapeError, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply, current
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var
from broadax.transforms.functions.arguments import as_atom, axis_of, cast, static_int
from broadax.transforms.functions.indexing import broadcast, column, cut, dim_atom, gather, iota
from broadax.transforms.functions.masks import compress
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.shaping import ravel, reshaped


@intrinsic(np.delete)
def delete(arr, obj, axis=None):
    """The array without some elements (rows, …) along an axis.

    Args:
        obj: an integer, a slice, a list of integers, an array of integers or a mask.

    Raises:
        OutOfRangeError: a place is out of range.
    """
    a, axis = _along(arr, axis)
    n = a.shape[axis]
    if isinstance(obj, slice):
        obj = list(range(*obj.indices(static_int(n, "np.delete of a slice: the size"))))
    if isinstance(obj, (tuple, list)) and not any(isinstance(k, Var) for k in obj):
        return _without(a, axis, sorted({_place(k, n, 0) for k in _ordered(obj, n)}))
    place = as_atom(obj)
    if place.ndim:
        return compress(_others(place, n), a, axis)
    if not isinstance(place, Var):
        return _without(a, axis, [_place(obj, n, 0)])
    k, rest = _run_time_place(place, n, 0), iota(n - 1)
    return gather(a, axis, rest + cast(apply("greater_equal", rest, k), np.int64), inside=False)


@intrinsic(np.insert)
def insert(arr, obj, values, axis=None):
    """Values put before one place along an axis, or one value (row, …) before each of several places.

    Raises:
        OutOfRangeError: a place is out of range.
        UnsupportedError: several places are named that are known only when the code runs.
    """
    a, axis = _along(arr, axis)
    new, n = cast(as_atom(values), a.dtype), a.shape[axis]
    if isinstance(obj, (tuple, list)) and not any(isinstance(k, Var) for k in obj):
        places = [_place(k, n, 1) for k in _ordered(obj, n)]
        new = broadcast(new, (*a.shape[:axis], len(places), *a.shape[axis + 1 :]))
        return _with_each(a, axis, places, new)
    place = as_atom(obj)
    if place.ndim:
        raise UnsupportedError(
            "np.insert at places that are data", instead="sort the places, and concatenate"
        )
    rest = a.shape[:axis] + a.shape[axis + 1 :]
    if new.ndim <= len(rest):  # one element (row, …) along the axis
        new = reshaped(broadcast(new, rest), a.shape[:axis] + (1,) + a.shape[axis + 1 :])
    new = new if a.ndim > 1 or new.ndim == 1 else ravel(new)
    if isinstance(place, Var):
        return _inserted(a, axis, _run_time_place(place, n, 1), new)
    k = _place(obj, n, 1)
    return apply("concatenate", cut(a, axis, 0, k), new, cut(a, axis, k, n - k), axis=axis)


def _along(arr, axis) -> tuple:
    """The array and the axis, which is that of all elements where none is named."""
    a = as_atom(arr)
    return (ravel(a), 0) if axis is None else (a, axis_of(axis, a.ndim))


# ── places that are known now ─────────────────────────────────────────────────────────────────────


def _place(index, n, room: int):
    """An index in range, counted from the front.

    Raises:
        OutOfRangeError: in NumPy's words.
    """
    if isinstance(index, Size):
        return index
    k = static_int(index, "the index")
    if (isinstance(n, int) and not -n <= k < n + room) or (
        not isinstance(n, int) and sizes.at_least(n, k + 1 - room if k >= 0 else -k) is False
    ):
        raise OutOfRangeError(f"index {k} is out of bounds for axis 0 with size {n}")
    return k if k >= 0 else n + k


def _ordered(places, n) -> list:
    """Places of which the first and the last are counted from one end, or the size becomes known."""
    known = [static_int(k, "the index") for k in places]
    if isinstance(n, Size) and any(k < 0 for k in known):
        n = static_int(n, "the size")
        known = [k + n if -n <= k < 0 else k for k in known]
    return known


def _without(a, axis: int, places: list):
    parts, start = [], 0
    for k in [*places, a.shape[axis]]:
        parts.append(cut(a, axis, start, k - start))
        start = k + 1
    parts = [p for p in parts if not (isinstance(p.shape[axis], int) and p.shape[axis] == 0)] or parts[:1]
    return parts[0] if len(parts) == 1 else apply("concatenate", *parts, axis=axis)


def _with_each(a, axis: int, places: list, new):
    parts, start = [], 0
    for j in sorted(range(len(places)), key=lambda j: places[j]):
        parts += [cut(a, axis, start, places[j] - start), cut(new, axis, j, 1)]
        start = places[j]
    return apply("concatenate", *parts, cut(a, axis, start, a.shape[axis] - start), axis=axis)


# ── places that are data ──────────────────────────────────────────────────────────────────────────


def _run_time_place(index, n, room: int):
    """An index that is known when the code runs, counted from the front; checked."""
    size = dim_atom(n)
    low = apply("greater_equal", index, apply("negative", size))
    high = apply("less", index, apply("add", size, room))
    inside = apply("logical_and", low, high)
    current().check(
        inside, IndexError, ("index ", 1, " is out of bounds for axis 0 with size ", 2), (index, size)
    )
    return apply("where", apply("less", index, 0), apply("add", index, size), index)


def _others(places, n):
    """A mask of the places that are not named."""
    if places.dtype.kind == "b":
        if sizes.same(places.shape[0], n) is False:
            raise ShapeError(f"boolean array argument obj to delete must be one dimensional and match {n}")
        return apply("logical_not", places)
    keep = apply("full", apply("equal", 0, 0), shape=(n,))
    return apply("at_set", keep, apply("equal", 0, 1), places, spec=(("index", 0),))


def _inserted(a, axis: int, k, new):
    """An array with others before a place that is data."""
    n, count = a.shape[axis], new.shape[axis]
    index = iota(n + count)
    behind = apply("greater_equal", index, apply("add", k, dim_atom(count)))
    own = apply("logical_and", apply("greater_equal", index, k), apply("logical_not", behind))
    old = apply("where", behind, apply("subtract", index, dim_atom(count)), index)
    last = [apply("subtract", dim_atom(d), 1) for d in (n, count)]
    old = gather(a, axis, apply("minimum", old, last[0]), inside=False)
    among = apply("maximum", apply("minimum", apply("subtract", index, k), last[1]), 0)
    fresh = gather(new, axis, among, inside=False)
    return apply("where", column(own, a.ndim, axis), fresh, old)
