"""Reductions that leave NaNs out, in plain NumPy."""

from __future__ import annotations

import numpy as np

from broadax.transforms.functions.registry import helper, library, unsupported
from broadax.transforms.functions.statistics import to_last, with_kept_axes


@helper
def _floating(a) -> bool:
    return np.asarray(a).dtype.kind in "fc"


@helper
def _filled(a, value):
    """`a` with a value in place of NaN."""
    a = np.asarray(a)
    return np.where(np.isnan(a), np.asarray(value, dtype=a.dtype), a) if a.dtype.kind in "fc" else a


@library(np.nansum)
def nansum(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return np.sum(
        _filled(a, 0), axis=axis, dtype=dtype, out=out, keepdims=keepdims, initial=initial, where=where
    )


@library(np.nanprod)
def nanprod(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return np.prod(
        _filled(a, 1), axis=axis, dtype=dtype, out=out, keepdims=keepdims, initial=initial, where=where
    )


@library(np.nancumsum)
def nancumsum(a, axis=None, dtype=None, out=None):
    return np.cumsum(_filled(a, 0), axis=axis, dtype=dtype, out=out)


@library(np.nancumprod)
def nancumprod(a, axis=None, dtype=None, out=None):
    return np.cumprod(_filled(a, 1), axis=axis, dtype=dtype, out=out)


@library(np.nanmax)
def nanmax(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    if not _floating(a):
        return np.max(a, axis=axis, out=out, keepdims=keepdims)
    if initial is not None or where is not True:
        unsupported("np.nanmax: the arguments initial= and where= are not supported")
    best = np.max(_filled(a, -np.inf), axis=axis, out=out, keepdims=keepdims)
    return np.where(np.all(np.isnan(a), axis=axis, keepdims=keepdims), np.asarray(np.nan, best.dtype), best)


@library(np.nanmin)
def nanmin(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    if not _floating(a):
        return np.min(a, axis=axis, out=out, keepdims=keepdims)
    if initial is not None or where is not True:
        unsupported("np.nanmin: the arguments initial= and where= are not supported")
    best = np.min(_filled(a, np.inf), axis=axis, out=out, keepdims=keepdims)
    return np.where(np.all(np.isnan(a), axis=axis, keepdims=keepdims), np.asarray(np.nan, best.dtype), best)


@library(np.nanargmax)
def nanargmax(a, axis=None, out=None, *, keepdims=False):
    return np.argmax(_filled(a, -np.inf), axis=axis, out=out, keepdims=keepdims)


@library(np.nanargmin)
def nanargmin(a, axis=None, out=None, *, keepdims=False):
    return np.argmin(_filled(a, np.inf), axis=axis, out=out, keepdims=keepdims)


@library(np.nanmean)
def nanmean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    if not _floating(a):
        return np.mean(a, axis=axis, dtype=dtype, out=out, keepdims=keepdims, where=where)
    there = np.logical_not(np.isnan(a))
    if where is not True:
        there = np.logical_and(there, where)
    total = np.sum(_filled(a, 0), axis=axis, dtype=dtype, out=out, keepdims=keepdims, where=there)
    return total / np.sum(there, axis=axis, keepdims=keepdims).astype(total.dtype)


@library(np.nanquantile)
def nanquantile(
    a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None
):
    if method != "linear" or out is not None or weights is not None:
        unsupported("np.nanquantile: only method='linear', without out= and weights=, is supported")
    if not _floating(a):
        return np.quantile(a, q, axis, keepdims=keepdims)
    kind = np.result_type(np.asarray(a).dtype, q if np.ndim(q) == 0 else np.asarray(q))
    q = np.asarray(q)
    s = np.moveaxis(np.sort(to_last(a, axis), axis=-1), -1, 0)  # NaNs come last
    count = np.sum(np.logical_not(np.isnan(s)), axis=0)
    place = np.reshape(q, (-1,) + (1,) * (s.ndim - 1)) * (count - 1)
    low = np.floor(place)
    top = s.shape[0] - 1
    below = np.take_along_axis(s, np.clip(low, 0, top).astype(np.int64), axis=0)
    above = np.take_along_axis(s, np.clip(np.minimum(low + 1, count - 1), 0, top).astype(np.int64), axis=0)
    result = below + (above - below) * (place - low).astype(kind)
    result = np.reshape(result, q.shape + s.shape[1:])
    return with_kept_axes(result, a, axis, keepdims, q.ndim)


@library(np.nanpercentile)
def nanpercentile(
    a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None
):
    q = q / 100 if np.ndim(q) == 0 else np.asarray(q) / 100
    return np.nanquantile(a, q, axis, out, overwrite_input, method, keepdims, weights=weights)


@library(np.nanmedian)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    return np.nanquantile(a, 0.5, axis, out, keepdims=keepdims)


@library(np.nanvar)
def nanvar(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None
):
    if where is not True or out is not None:
        unsupported("np.nanvar: the arguments where= and out= are not supported")
    if not _floating(a):
        return np.var(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)
    there = np.logical_not(np.isnan(a))
    ddof = ddof if correction is None else correction
    mean = np.nanmean(a, axis=axis, dtype=dtype, keepdims=True) if mean is None else mean
    away = np.where(there, a - mean, np.asarray(0, mean.dtype))
    total = np.sum(np.square(np.abs(away)), axis=axis, keepdims=keepdims)
    count = np.sum(there, axis=axis, keepdims=keepdims) - ddof
    spread = total / np.maximum(count, 1).astype(total.dtype)
    return np.where(count > 0, spread, np.asarray(np.nan, total.dtype))


@library(np.nanstd)
def nanstd(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None
):
    return np.sqrt(
        np.nanvar(a, axis, dtype, out, ddof, keepdims, where=where, mean=mean, correction=correction)
    )
