"""Sums, products, extremes, means and running sums along axes."""

from __future__ import annotations

import operator

import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit
from broadax.transforms.functions.arguments import (
    as_atom,
    axes_of,
    axis_of,
    cast,
    dtype_of,
    refuse,
    static,
    strong,
)
from broadax.transforms.functions.indexing import dim_atom
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.static import STATIC
from broadax.transforms.functions.ufuncs import elementwise


def reduced(name: str, a, axis, keepdims):
    """A reduction over axes in NumPy's terms; a scalar is its own reduction."""
    a, keepdims = strong(a), bool(static(keepdims, "keepdims"))
    axes = axes_of(axis, a.ndim)
    if not axes:
        return a
    return apply(name, a, axes=axes, keepdims=keepdims)


def sum_dtype(dtype) -> np.dtype:
    """Integers narrower than the machine's are summed in its own."""
    if dtype.kind in "bi" and dtype.itemsize < 8:
        return np.dtype(np.int64)
    return np.dtype(np.uint64) if dtype.kind == "u" else dtype


def masked(a, where, neutral):
    """`a` with `neutral` where the mask does not hold."""
    if where is True or where is None:
        return a
    return apply("where", as_atom(where), a, cast(as_atom(neutral), a.dtype))


def _constant(values):
    """A (nested) sequence of static numbers as an array, else None."""
    if not isinstance(values, (tuple, list, range)):
        return None
    parts = [_constant(v) if isinstance(v, (tuple, list, range)) else v for v in values]
    if any(p is None or not isinstance(p, (*STATIC, np.ndarray)) for p in parts):
        return None
    return np.array(parts)


def _of_sizes(values, start: int, combine):
    """The sum or product of integers of which some are sizes: a size, as a NumPy integer."""
    flat = isinstance(values, (tuple, list)) and all(
        isinstance(v, (Size, int)) and not isinstance(v, bool) for v in values
    )
    if not flat or not any(isinstance(v, Size) for v in values):
        return None
    for value in values:
        start = combine(start, value)
    return cast(as_atom(start), np.int64)


def _accumulate(name: str, binary: str, neutral, a, axis, dtype, keepdims, initial, where):
    """sum and prod, which differ in the operation and its neutral element."""
    plain = dtype is None and initial is None and where is True and not keepdims
    if plain and axis in (None, 0, -1):
        known = _of_sizes(a, neutral, operator.add if name == "sum" else operator.mul)
        if known is not None:
            return known
    if plain and axis is None and _constant(a) is not None:
        return Lit(getattr(np, name)(_constant(a)))
    a = as_atom(a)
    a = cast(a, sum_dtype(a.dtype) if dtype is None else dtype_of(dtype), implicit=dtype is None)
    y = reduced(name, masked(a, where, neutral), axis, keepdims)
    y = (
        y if dtype is None else cast(y, dtype_of(dtype))
    )  # integers wrap around in the end as they do on the way
    return y if initial is None else apply(binary, y, cast(as_atom(initial), y.dtype))


@intrinsic(np.sum, methods=("sum",))
def sum_(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    refuse("np.sum", out=out)
    return _accumulate("sum", "add", 0, a, axis, dtype, keepdims, initial, where)


@intrinsic(np.prod, methods=("prod",))
def prod(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    refuse("np.prod", out=out)
    return _accumulate("prod", "multiply", 1, a, axis, dtype, keepdims, initial, where)


def _extreme(name: str, binary: str, a, axis, keepdims, initial, where):
    """max and min.

    Raises:
        ShapeError: there is nothing to choose from, or a mask without an initial value.
    """
    if axis is None and not keepdims and initial is None and where is True and _constant(a) is not None:
        return Lit(getattr(np, name)(_constant(a)))
    a = as_atom(a)
    if where is not True and where is not None:
        if initial is None:
            raise ShapeError(
                f"reduction operation '{binary}' does not have an identity, so to use a where "
                "mask one has to specify 'initial'"
            )
        a = apply("where", as_atom(where), a, cast(as_atom(initial), a.dtype))
    axes = axes_of(axis, a.ndim)
    empty = any(a.shape[k] == 0 for k in axes)
    if empty and initial is None:
        raise ShapeError(f"zero-size array to reduction operation {binary} which has no identity")
    if empty:
        shape = [1 if k in axes else d for k, d in enumerate(a.shape) if keepdims or k not in axes]
        value = cast(as_atom(initial), a.dtype)
        return apply("full", value, shape=tuple(shape)) if shape else value
    y = reduced(name, a, axis, keepdims)
    return y if initial is None else elementwise(binary, y, initial)


@intrinsic(np.max, np.amax, methods=("max",))
def max_(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    refuse("np.max", out=out)
    return _extreme("max", "maximum", a, axis, keepdims, initial, where)


@intrinsic(np.min, np.amin, methods=("min",))
def min_(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    refuse("np.min", out=out)
    return _extreme("min", "minimum", a, axis, keepdims, initial, where)


@intrinsic(np.all, methods=("all",))
def all_(a, axis=None, out=None, keepdims=False, *, where=True):
    refuse("np.all", out=out)
    return reduced("all", masked(cast(as_atom(a), bool), where, True), axis, keepdims)


@intrinsic(np.any, methods=("any",))
def any_(a, axis=None, out=None, keepdims=False, *, where=True):
    refuse("np.any", out=out)
    return reduced("any", masked(cast(as_atom(a), bool), where, False), axis, keepdims)


def _enter_reduce(ufunc, call) -> None:
    """`np.add.reduce` and its like, which reduce the first axis unless told otherwise."""

    def reduce(array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
        refuse(f"np.{ufunc.__name__}.reduce", out=out)
        options = {"dtype": dtype, "initial": initial}
        return call(
            array, axis, keepdims=keepdims, where=where, **{k: v for k, v in options.items() if v is not None}
        )

    intrinsic(ufunc.reduce)(reduce)


for _ufunc, _call in (
    (np.add, sum_),
    (np.multiply, prod),
    (np.maximum, max_),
    (np.minimum, min_),
    (np.logical_and, all_),
    (np.logical_or, any_),
):
    _enter_reduce(_ufunc, _call)


# ── places of extremes ────────────────────────────────────────────────────────────────────────────


def _place(name: str, a, axis, keepdims):
    """argmax and argmin: int64; without an axis, the place in the flattened array."""
    a = strong(as_atom(a))
    if not a.ndim:
        if axis is not None:
            axis_of(axis, 1)
        return Lit(np.int64(0))
    flat = axis is None
    x = apply("reshape", a, shape=(a.aval.size,)) if flat and a.ndim > 1 else a
    axis = 0 if flat else axis_of(axis, a.ndim)
    if x.shape[axis] == 0:
        raise ShapeError(f"attempt to get {name} of an empty sequence")
    y = apply(name, x, axis=axis)
    if not keepdims:
        return y
    shape = (1,) * a.ndim if flat else tuple(1 if k == axis else d for k, d in enumerate(a.shape))
    return apply("reshape", y, shape=shape)


@intrinsic(np.argmax, methods=("argmax",))
def argmax(a, axis=None, out=None, *, keepdims=False):
    refuse("np.argmax", out=out)
    return _place("argmax", a, axis, keepdims)


@intrinsic(np.argmin, methods=("argmin",))
def argmin(a, axis=None, out=None, *, keepdims=False):
    refuse("np.argmin", out=out)
    return _place("argmin", a, axis, keepdims)


# ── means and counts ──────────────────────────────────────────────────────────────────────────────


def count(a, axis):
    """The number of elements that a reduction over `axis` takes together: an integer scalar."""
    return dim_atom(sizes.product(a.shape[k] for k in axes_of(axis, a.ndim)))


@intrinsic(np.mean, methods=("mean",))
def mean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    """Integers are averaged in float64, float16 in float32."""
    refuse("np.mean", out=out)
    a = as_atom(a)
    result = dtype_of(dtype) if dtype is not None else a.dtype
    result = np.dtype(np.float64) if result.kind in "biu" and dtype is None else result
    inner = np.dtype(np.float32) if result == np.float16 and dtype is None else result
    total = sum_(a, axis, inner, None, keepdims, where=where)
    if where is True or where is None:
        number = count(a, axis)
    else:
        mask = apply("broadcast_to", cast(as_atom(where), bool), shape=a.shape)
        number = cast(sum_(mask, axis, keepdims=keepdims), total.dtype)
    return cast(total / number, result)


@intrinsic(np.count_nonzero)
def count_nonzero(a, axis=None, *, keepdims=False):
    a = as_atom(a)
    a = a if a.dtype.kind == "b" else elementwise("not_equal", a, 0)
    return sum_(a, axis, keepdims=keepdims)


@intrinsic(np.ptp)
def ptp(a, axis=None, out=None, keepdims=False):
    """max - min."""
    refuse("np.ptp", out=out)
    return max_(a, axis, keepdims=keepdims) - min_(a, axis, keepdims=keepdims)
