"""Choosing elements: by condition, by index, from data (masks), and writing to chosen places."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import OutOfRangeError, ShapeError, TypeMismatchError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import broadcast as shapes_together
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Lit
from broadax.transforms.functions.arguments import (
    as_atom,
    axis_of,
    cast,
    larger,
    promoted,
    refuse,
    sequence,
    smaller,
    static_int,
    strong,
)
from broadax.transforms.functions.indexing import (
    broadcast,
    brought_into_range,
    column,
    index_atom,
    iota,
    whole,
)
from broadax.transforms.functions.masks import nonzero
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.shaping import permuted, ravel, reshaped

# ── by condition ──────────────────────────────────────────────────────────────────────────────────


@intrinsic(np.where)
def where(condition, x=None, y=None, /):
    """Elements of x where the condition holds, else of y; with a condition alone, `nonzero`."""
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        raise ShapeError("either both or neither of x and y should be given")
    x, y = as_atom(x), as_atom(y)
    return apply("where", cast(as_atom(condition), bool), x, y, weak=False)


@intrinsic(np.select)
def select(condlist, choicelist, default=0):
    """The choice of the first condition that holds."""
    conditions, choices = list(condlist), [as_atom(c) for c in choicelist]
    if len(conditions) != len(choices):
        raise ShapeError("list of cases must be same length as list of conditions")
    if not conditions:
        raise ShapeError("select with an empty condition list is not possible")
    *choices, result = promoted(*choices, as_atom(default))
    for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
        condition = as_atom(condition)
        if condition.dtype.kind != "b":
            raise TypeMismatchError("invalid entry 0 in condlist: should be boolean ndarray")
        result = apply("where", condition, choice, result, weak=False)
    return result


@intrinsic(np.choose)
def choose(a, choices, out=None, mode="raise"):
    """For each element of `a`, the element of that choice.

    Raises:
        UnsupportedError: mode is 'raise' and the numbers come from data.
    """
    refuse("np.choose", out=out)
    a, choices = as_atom(a), promoted(*(strong(as_atom(c)) for c in sequence(choices, "np.choose")))
    if isinstance(a, Lit):
        return choices[int(a.value)]
    n = len(choices)
    places = brought_into_range(a, n, mode)
    shape = shapes_together(a.shape, *(c.shape for c in choices))
    if not shape:
        return apply("index", apply("stack", *choices, axis=0), places, spec=(("index", 0),))
    table = apply("stack", *(broadcast(c, shape) for c in choices), axis=0)
    return take_along_axis(table, reshaped(broadcast(places, shape), (1, *shape)), 0, squeeze=True)


# ── by index ──────────────────────────────────────────────────────────────────────────────────────


@intrinsic(np.take, methods=("take",))
def take(a, indices, axis=None, out=None, mode="raise"):
    refuse("np.take", out=out)
    a = as_atom(a)
    if axis is None:
        a, axis = ravel(a), 0
    axis, k = axis_of(axis, a.ndim), index_atom(indices)
    n = a.shape[axis]
    if isinstance(k, Lit) and isinstance(n, int) and mode == "raise" and not -n <= k.value < n:
        raise OutOfRangeError(f"index {k.value} is out of bounds for axis {axis} with size {n}")
    places = brought_into_range(k, n, mode)
    spec = tuple(("index", 0) if d == axis else whole(s) for d, s in enumerate(a.shape))
    sure = {"checked": True} if mode != "raise" and sizes.at_least(n, 1) else {}
    return apply("index", a, places, spec=spec, **sure)


def places_along(a, indices, axis: int):
    """Index operands and spec that take `indices` along an axis and the same place elsewhere."""
    operands = [indices if d == axis else column(iota(n), a.ndim, d) for d, n in enumerate(a.shape)]
    return operands, tuple(("index", d) for d in range(a.ndim))


@intrinsic(np.take_along_axis)
def take_along_axis(arr, indices, axis=-1, squeeze=False):
    a, k = as_atom(arr), index_atom(indices)
    if axis is None:
        a, axis = ravel(a), 0
    if a.ndim != k.ndim:
        raise ShapeError("`indices` and `arr` must have the same number of dimensions")
    axis = axis_of(axis, a.ndim)
    operands, spec = places_along(a, k, axis)
    y = apply("index", a, *operands, spec=spec)
    return reshaped(y, y.shape[:axis] + y.shape[axis + 1 :]) if squeeze else y


@intrinsic(np.diagonal, np.linalg.diagonal, methods=("diagonal",), view=True)
def diagonal(a, offset=0, axis1=0, axis2=1):
    """The diagonal of two axes, as the last axis."""
    a, k = as_atom(a), static_int(offset, "offset")
    if a.ndim < 2:
        raise ShapeError("diag requires an array of at least two dimensions")
    i, j = axis_of(axis1, a.ndim), axis_of(axis2, a.ndim)
    if i == j:
        raise ShapeError("axis1 and axis2 cannot be the same")
    a = permuted(a, [d for d in range(a.ndim) if d not in (i, j)] + [i, j])
    rows, columns = _diagonal_places(a.shape[-2], a.shape[-1], k)
    spec = tuple(whole(d) for d in a.shape[:-2]) + (("index", 0), ("index", 1))
    return apply("index", a, rows, columns, spec=spec, checked=True)


def _diagonal_places(n, m, k: int) -> tuple:
    """Row and column numbers of the k-th diagonal of an n by m matrix."""
    size = smaller(n, m - k) if k >= 0 else smaller(n + k, m)
    size = sizes.settle(larger(size, 0))
    place = iota(size)
    return (place - k if k < 0 else place), (place + k if k > 0 else place)


@intrinsic(np.diag, view=True)
def diag(v, k=0):
    """The diagonal of a matrix, or the matrix with a given diagonal."""
    v, k = as_atom(v), static_int(k, "k")
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ShapeError("Input must be 1- or 2-d.")
    n = v.shape[0] + abs(k)
    rows, columns = _diagonal_places(n, n, k)
    zeros = apply("zeros", shape=(n, n), dtype=v.dtype)
    return apply("at_set", zeros, v, rows, columns, spec=(("index", 0), ("index", 1)), checked=True)


@intrinsic(np.diagflat)
def diagflat(v, k=0):
    return diag(ravel(v), k)
