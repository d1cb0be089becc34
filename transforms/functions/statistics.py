"""Statistics in plain NumPy: read by the compiler as if the user had written them."""

from __future__ import annotations

import math

import numpy as np

from broadax.transforms.functions.registry import helper, library, unsupported


@helper
def _squared(x):
    """|x|**2."""
    x = np.asarray(x)
    if x.dtype.kind == "c":
        return np.square(np.real(x)) + np.square(np.imag(x))
    return np.square(x)


@helper
def _as_float(a):
    """Integers as float64."""
    a = np.asarray(a)
    return a.astype(np.float64) if a.dtype.kind in "biu" else a


@library(np.var, methods=("var",))
def var(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None
):
    if out is not None:
        unsupported("np.var: the argument out= is not supported")
    a = _as_float(a) if dtype is None else np.asarray(a).astype(dtype)
    if correction is not None:
        ddof = correction
    if mean is None:
        mean = np.mean(a, axis=axis, keepdims=True, where=where)
    squares = _squared(a - mean)
    total = np.sum(squares, axis=axis, keepdims=keepdims, where=where)
    if where is True:
        count = np.size(a, axis)
        return total / count if ddof == 0 else total / max(count - ddof, 0)
    counts = np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=keepdims)
    return total / np.maximum(counts - ddof, 0).astype(total.dtype)


@library(np.std, methods=("std",))
def std(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None
):
    return np.sqrt(np.var(a, axis, dtype, out, ddof, keepdims, where=where, mean=mean, correction=correction))


@library(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    a = np.asarray(a)
    if weights is None:
        result = np.mean(a, axis=axis, keepdims=keepdims)
        total = np.full_like(result, np.size(a, axis))
    else:
        weights = np.asarray(weights)
        if weights.ndim != a.ndim:
            if weights.ndim != 1 or axis is None:
                raise TypeError("Axis must be specified when shapes of a and weights differ.")
            shape = [1] * a.ndim
            shape[axis] = weights.shape[0]
            weights = np.reshape(weights, shape)
        weights = np.broadcast_to(weights, a.shape)
        total = np.sum(weights, axis=axis, keepdims=keepdims)
        result = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    if returned:
        return result, total
    return result


@library(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    if fweights is not None or aweights is not None:
        unsupported("np.cov: weights are not supported")
    x = np.atleast_2d(np.asarray(m))
    x = x.astype(np.result_type(x.dtype, np.float64))
    if not rowvar and np.ndim(m) != 1:
        x = x.T
    if y is not None:
        z = np.atleast_2d(np.asarray(y))
        if not rowvar and np.ndim(y) != 1:
            z = z.T
        x = np.concatenate((x, z), axis=0)
    if ddof is None:
        ddof = 0 if bias else 1
    x = x - np.mean(x, axis=1, keepdims=True)
    c = np.dot(x, np.conj(x).T if x.dtype.kind == "c" else x.T) / (x.shape[1] - ddof)
    return np.squeeze(c) if c.shape[0] == 1 else c


@library(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = np.cov(x, y, rowvar)
    if np.ndim(c) == 0:
        return c / c
    deviation = np.sqrt(np.real(np.diag(c)))
    c = c / deviation[:, None] / deviation[None, :]
    if c.dtype.kind == "c":
        return c
    return np.clip(c, -1.0, 1.0)


# ── medians and quantiles ─────────────────────────────────────────────────────────────────────────


@helper
def to_last(a, axis):
    """The array with the axes in question as the last one: 'a.ndim' axes shorter by those."""
    if axis is None:
        return np.ravel(a)
    if isinstance(axis, (tuple, list)):
        axes = [k % a.ndim for k in axis]
        a = np.moveaxis(a, axes, range(a.ndim - len(axes), a.ndim))
        return np.reshape(a, (*a.shape[: a.ndim - len(axes)], math.prod(a.shape[a.ndim - len(axes) :])))
    return np.moveaxis(a, axis, -1)


@helper
def with_kept_axes(result, a, axis, keepdims, lead=0):
    """The result with axes of length 1 in place of those that were reduced."""
    if not keepdims:
        return result
    if axis is None:
        axes = range(a.ndim)
    elif isinstance(axis, (tuple, list)):
        axes = sorted(k % a.ndim for k in axis)
    else:
        axes = [axis % a.ndim]
    return np.expand_dims(result, tuple(k + lead for k in axes))


@library(np.median)
def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    if out is not None:
        unsupported("np.median: the argument out= is not supported")
    a = _as_float(a)
    s = np.sort(to_last(a, axis), axis=-1)
    n = s.shape[-1]
    middle = 0.5 * (s[..., (n - 1) // 2] + s[..., n // 2])
    middle = np.where(np.isnan(s[..., n - 1]), s[..., n - 1], middle)
    return with_kept_axes(middle, a, axis, keepdims)


METHODS = (
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
    "median_unbiased",
    "normal_unbiased",
    "lower",
    "higher",
    "midpoint",
    "nearest",
)


@library(np.quantile)
def quantile(
    a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None
):
    if out is not None or weights is not None:
        unsupported("np.quantile: the arguments out= and weights= are not supported")
    if method not in METHODS:
        raise ValueError(f"{method!r} is not a valid method")
    if method not in ("linear", "lower", "higher", "nearest", "midpoint"):
        unsupported(f"np.quantile: method={method!r} is not supported")
    if not np.all((np.asarray(q) >= 0) & (np.asarray(q) <= 1)):
        raise ValueError("Quantiles must be in the range [0, 1]")
    a = _as_float(a)
    kind = np.result_type(a.dtype, q if np.ndim(q) == 0 else np.asarray(q))
    q = np.asarray(q)
    s = np.moveaxis(np.sort(to_last(a, axis), axis=-1), -1, 0)
    n = s.shape[0]
    place = q * (n - 1)
    low = np.floor(place)
    if method == "nearest":
        low = np.rint(place)
    if method == "higher":
        low = np.ceil(place)
    below = s[np.clip(low, 0, n - 1).astype(np.int64)]
    if method in ("linear", "midpoint"):
        above = s[np.clip(low + 1, 0, n - 1).astype(np.int64)]
        part = place - low
        if method == "midpoint":
            part = np.where(part > 0, 0.5, 0.0)
        part = np.reshape(part, q.shape + (1,) * (s.ndim - 1)).astype(kind)
        below = np.where(part >= 0.5, above - (above - below) * (1 - part), below + (above - below) * part)
    top = s[n - 1]
    below = np.where(np.isnan(top), top, below)
    return with_kept_axes(below, a, axis, keepdims, q.ndim)


@library(np.percentile)
def percentile(
    a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None
):
    q = q / 100 if np.ndim(q) == 0 else np.asarray(q) / 100
    return np.quantile(a, q, axis, out, overwrite_input, method, keepdims, weights=weights)
