"""Sorting, searching in sorted arrays, distinct values and counting."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import InvalidValueError, ShapeError, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply, current
from broadax.transforms.core.statements import Lit
from broadax.transforms.functions.arguments import (
    as_atom,
    axis_of,
    cast,
    dim_of,
    promoted,
    refuse,
    sequence,
    strong,
)
from broadax.transforms.functions.creation import zeros_of
from broadax.transforms.functions.indexing import cut, dim_atom, flipped, gather
from broadax.transforms.functions.masks import places
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.shaping import ravel, reshaped


def _ordered(name: str, a, axis):
    """sort and argsort; without an axis, of the flattened array."""
    a = strong(as_atom(a))
    if axis is None:
        a, axis = ravel(a), 0
    if not a.ndim:
        axis_of(axis, 0)
    return apply(name, a, axis=axis_of(axis, a.ndim))


def _check(order, kind) -> None:
    refuse("np.sort", order=order)
    if kind not in (None, "quicksort", "mergesort", "heapsort", "stable", "quick", "heap"):
        raise InvalidValueError(f"sort kind must be one of 'quick', 'heap', or 'stable' (got {kind!r})")


@intrinsic(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    _check(order, kind)
    return _ordered("sort", a, axis)


@intrinsic(methods=("sort",), updates=True)
def sort_method(a, axis=-1, kind=None, order=None, *, stable=None):
    return sort(a, axis, kind, order)


@intrinsic(np.argsort, methods=("argsort",))
def argsort(a, axis=-1, kind=None, order=None, *, stable=None):
    """Always stable, which NumPy leaves open by default."""
    _check(order, kind)
    return _ordered("argsort", a, axis)


@intrinsic(np.partition)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    """Sorted, which is one of the orders that NumPy may give."""
    refuse("np.partition", order=order)
    return _ordered("sort", a, axis)


@intrinsic(methods=("partition",), updates=True)
def partition_method(a, kth, axis=-1, kind="introselect", order=None):
    return partition(a, kth, axis, kind, order)


@intrinsic(np.argpartition, methods=("argpartition",))
def argpartition(a, kth, axis=-1, kind="introselect", order=None):
    refuse("np.argpartition", order=order)
    return _ordered("argsort", a, axis)


@intrinsic(np.lexsort)
def lexsort(keys, axis=-1):
    """An order by the last key, equal ones by the key before it, …"""
    keys = [as_atom(k) for k in sequence(keys, "np.lexsort")]
    if any(k.ndim != 1 for k in keys):
        raise UnsupportedError("np.lexsort: only 1-D keys are supported")
    order = apply("argsort", keys[0], axis=0)
    for key in keys[1:]:
        order = gather(order, 0, apply("argsort", gather(key, 0, order), axis=0))
    return order


# ── searching ─────────────────────────────────────────────────────────────────────────────────────


@intrinsic(np.searchsorted, methods=("searchsorted",))
def searchsorted(a, v, side="left", sorter=None):
    """Where values would be put into a sorted 1-D array."""
    if side not in ("left", "right"):
        raise ShapeError(f"search side must be one of 'left' or 'right' (got '{side}')")
    a, v = promoted(as_atom(a), as_atom(v))
    if a.ndim != 1:
        raise ShapeError("object too deep for desired array")
    if sorter is not None:
        a = gather(a, 0, as_atom(sorter), inside=False)
    return apply("searchsorted", a, v, side=side)


@intrinsic(np.digitize)
def digitize(x, bins, right=False):
    """The number of the bin of each value; the bins may rise or fall.

    Raises when it runs:
        ValueError: the bins are not monotonic.
    """
    x, bins = promoted(as_atom(x), as_atom(bins))
    n = bins.shape[0]
    if sizes.at_least(n, 2) is False:
        return apply("searchsorted", bins, x, side="left" if right else "right")
    low, high = cut(bins, 0, 0, n - 1), cut(bins, 0, 1, n - 1)
    rising = apply("all", apply("less_equal", low, high), axes=(0,), keepdims=False)
    falling = apply("all", apply("greater_equal", low, high), axes=(0,), keepdims=False)
    current().check(
        apply("logical_or", rising, falling),
        ValueError,
        ("bins must be monotonically increasing or decreasing",),
    )
    up = apply("searchsorted", bins, x, side="left" if right else "right")
    down = apply("searchsorted", flipped(bins, (0,)), x, side="right" if right else "left")
    return apply("where", rising, up, dim_atom(n) - down)


@intrinsic(np.isin)
def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    """For each element, whether it is among the others."""
    x, among = promoted(strong(as_atom(element)), ravel(as_atom(test_elements)))
    n = among.shape[0]
    if n == 0:
        found = zeros_of(x.shape, np.dtype(bool))
    else:
        among = apply("sort", among, axis=0)
        place = apply("minimum", apply("searchsorted", among, x, side="left"), dim_atom(n - 1))
        found = apply("equal", gather(among, 0, place), x)
    return apply("logical_not", found) if invert else found


# ── distinct values and counts: sizes come from data ──────────────────────────────────────────────


@intrinsic(np.unique)
def unique(
    ar,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    *,
    equal_nan=True,
    sorted=True,
):
    """Sorted distinct values (and where they come from); NaNs count as one value.

    Raises:
        UnsupportedError: an axis is given.
    """
    refuse("np.unique", axis=axis)
    a = as_atom(ar)
    flat = ravel(a)
    n, order = flat.shape[0], None
    if return_index or return_inverse:
        order = apply("argsort", flat, axis=0)
        ordered = gather(flat, 0, order)
    else:
        ordered = apply("sort", flat, axis=0)
    if n == 0:
        first = apply("zeros", shape=(0,), dtype=np.dtype(bool))
    else:
        size = n - 1
        before, after = cut(ordered, 0, 0, size), cut(ordered, 0, 1, size)
        new = apply("not_equal", before, after)
        if a.dtype.kind in "fc" and equal_nan:
            both = apply("logical_and", apply("isnan", before), apply("isnan", after))
            new = apply("logical_and", new, apply("logical_not", both))
        first = apply("concatenate", apply("full", Lit(np.True_), shape=(1,)), new, axis=0)
    starts = places(first)
    out = [gather(ordered, 0, starts)]
    if return_index:
        out.append(gather(order, 0, starts))
    if return_inverse:
        group = apply("cumsum", cast(first, np.int64), axis=0) - 1
        inverse = apply(
            "at_set",
            apply("zeros", shape=(n,), dtype=np.dtype(np.int64)),
            group,
            order,
            spec=(("index", 0),),
            checked=True,
        )
        out.append(reshaped(inverse, a.shape))
    if return_counts:
        end = apply("stack", cast(dim_atom(n), np.int64), axis=0)
        ends = apply("concatenate", cut(starts, 0, 1, starts.shape[0] - 1), end, axis=0)
        out.append(ends - starts)
    return out[0] if len(out) == 1 else tuple(out)


@intrinsic(np.unique_values)
def unique_values(x, /):
    return unique(x, equal_nan=False)


@intrinsic(np.union1d)
def union1d(ar1, ar2):
    a, b = promoted(strong(ravel(as_atom(ar1))), strong(ravel(as_atom(ar2))))
    return unique(apply("concatenate", a, b, axis=0))


@intrinsic(np.intersect1d)
def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    if return_indices:
        raise UnsupportedError("np.intersect1d: return_indices=True is not supported")
    a = unique(ar1)
    return gather(a, 0, places(isin(a, ar2)))


@intrinsic(np.setdiff1d)
def setdiff1d(ar1, ar2, assume_unique=False):
    a = ravel(as_atom(ar1)) if assume_unique else unique(ar1)
    return gather(a, 0, places(isin(a, ar2, invert=True)))


@intrinsic(np.bincount)
def bincount(x, /, weights=None, minlength=0):
    """How often each number occurs, or the sums of their weights; the size comes from data.

    Raises when it runs:
        ValueError: a number is negative.
    """
    x = as_atom(x)
    if x.ndim != 1:
        raise ShapeError(
            "object too deep for desired array" if x.ndim else "object of too small depth for desired array"
        )
    if not np.can_cast(x.dtype, np.int64):
        raise UnsupportedError(f"np.bincount of {x.dtype} is not supported", instead="x.astype(int)")
    x, least = cast(x, np.int64), dim_of(minlength)
    weights = Lit(np.int64(1)) if weights is None else cast(as_atom(weights), np.float64)
    if x.shape[0] == 0:
        return apply("zeros", shape=(least,), dtype=weights.dtype)
    lowest = apply("min", x, axes=(0,), keepdims=False)
    current().check(
        apply("greater_equal", lowest, 0), ValueError, ("'list' argument must have no negative elements",)
    )
    highest = apply("max", x, axes=(0,), keepdims=False)
    size = dim_of(apply("maximum", highest + 1, dim_atom(least)))
    counts = apply("zeros", shape=(size,), dtype=weights.dtype)
    return apply("at_add", counts, weights, x, spec=(("index", 0),), checked=True)
