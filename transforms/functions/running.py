"""Running sums and products, and differences of neighbours."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Lit
from broadax.transforms.functions.arguments import (
    as_atom,
    axis_of,
    cast,
    dtype_of,
    larger,
    refuse,
    static_int,
    strong,
    together,
)
from broadax.transforms.functions.indexing import broadcast, cut
from broadax.transforms.functions.reductions import sum_dtype
from broadax.transforms.functions.registry import intrinsic


def _running(name: str, a, axis, dtype):
    """cumsum and cumprod; without an axis, of the flattened array."""
    a = as_atom(a)
    a = cast(a, sum_dtype(a.dtype) if dtype is None else dtype_of(dtype), implicit=dtype is None)
    if axis is None:
        a, axis = apply("reshape", a, shape=(a.aval.size,)) if a.ndim != 1 else a, 0
    return apply(name, a, axis=axis_of(axis, a.ndim))


@intrinsic(np.cumsum, methods=("cumsum",))
def cumsum(a, axis=None, dtype=None, out=None):
    refuse("np.cumsum", out=out)
    return _running("cumsum", a, axis, dtype)


@intrinsic(np.cumprod, methods=("cumprod",))
def cumprod(a, axis=None, dtype=None, out=None):
    refuse("np.cumprod", out=out)
    return _running("cumprod", a, axis, dtype)


@intrinsic(np.add.accumulate)
def add_accumulate(array, axis=0, dtype=None, out=None):
    return cumsum(array, axis, dtype, out)


@intrinsic(np.multiply.accumulate)
def multiply_accumulate(array, axis=0, dtype=None, out=None):
    return cumprod(array, axis, dtype, out)


def _with_first(rule, neutral, x, axis, dtype, include_initial):
    """`cumulative_sum` and `cumulative_prod`: an axis must be named unless there is only one."""
    x = as_atom(x)
    if axis is None and x.ndim != 1:
        raise ShapeError("For arrays which have more than one dimension ``axis`` argument is required.")
    axis = axis_of(0 if axis is None else axis, x.ndim)
    y = rule(x, axis, dtype)
    if not include_initial:
        return y
    shape = tuple(1 if k == axis else d for k, d in enumerate(y.shape))
    return apply("concatenate", apply("full", cast(Lit(neutral), y.dtype), shape=shape), y, axis=axis)


@intrinsic(np.cumulative_sum)
def cumulative_sum(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    refuse("np.cumulative_sum", out=out)
    return _with_first(cumsum, 0, x, axis, dtype, include_initial)


@intrinsic(np.cumulative_prod)
def cumulative_prod(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    refuse("np.cumulative_prod", out=out)
    return _with_first(cumprod, 1, x, axis, dtype, include_initial)


def _with_ends(a, before, after, axis: int):
    """`a` with values put before and after it along an axis; scalars count as one element."""
    parts = []
    for part in (before, a, after):
        if part is not None:
            part = as_atom(part)
            shape = tuple(1 if k == axis else d for k, d in enumerate(a.shape))
            parts.append(part if part.ndim else broadcast(strong(part), shape))
    return apply("concatenate", *together(*parts), axis=axis) if len(parts) > 1 else a


@intrinsic(np.diff)
def diff(a, n=1, axis=-1, prepend=None, append=None):
    """Differences of neighbours, n times; of booleans, whether they differ."""
    a, n = as_atom(a), static_int(n, "n")
    if n == 0:
        return a
    if n < 0 or a.ndim == 0:
        raise ShapeError(
            f"order must be non-negative but got {n}"
            if n < 0
            else "diff requires input that is at least one dimensional"
        )
    axis = axis_of(axis, a.ndim)
    a = _with_ends(a, prepend, append, axis)
    name = "not_equal" if a.dtype.kind == "b" else "subtract"
    for _ in range(n):
        size = larger(a.shape[axis] - 1, 0)
        a = apply(name, cut(a, axis, a.shape[axis] - size, size), cut(a, axis, 0, size))
    return a
