"""Numerical analysis in plain NumPy: integrals, gradients, interpolation, histograms."""

from __future__ import annotations

import math

import numpy as np

from broadax.transforms.functions.registry import helper, library, refused


@library(np.sinc)
def sinc(x):
    x = np.asarray(x)
    y = np.pi * (x if x.dtype.kind in "fc" else x.astype(np.float64))
    near = np.abs(y) < 0.01  # by its series, so that the derivatives are right at 0 too
    y2 = np.square(y)
    safe = np.where(near, np.asarray(1, y.dtype), y)
    return np.where(near, 1 - y2 / 6 * (1 - y2 / 20 * (1 - y2 / 42)), np.sin(safe) / safe)


@library(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = np.moveaxis(np.asarray(y), axis, -1)
    if x is None:
        d = dx
    else:
        x = np.asarray(x)
        d = np.diff(x) if x.ndim == 1 else np.diff(np.moveaxis(x, axis, -1))
    return np.sum(d * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


@library(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    d = np.diff(np.ravel(ary))
    parts = [] if to_begin is None else [np.ravel(to_begin).astype(d.dtype)]
    parts.append(d)
    if to_end is not None:
        parts.append(np.ravel(to_end).astype(d.dtype))
    return np.concatenate(parts) if len(parts) > 1 else d


@helper
def _slope(f, spacing, edge_order):
    """Derivative along the last axis: central differences inside, one-sided ones at the ends."""
    n = f.shape[-1]
    if n < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, at least "
            "(edge_order + 1) elements are required."
        )
    first, second, before, last = f[..., :1], f[..., 1:2], f[..., n - 2 : n - 1], f[..., n - 1 :]
    if np.ndim(spacing) == 0:
        inner = (f[..., 2:] - f[..., :-2]) / (2.0 * spacing)
        left, right = (second - first) / spacing, (last - before) / spacing
        if edge_order == 2:
            left = (-1.5 * first + 2.0 * second - 0.5 * f[..., 2:3]) / spacing
            right = (0.5 * f[..., n - 3 : n - 2] - 2.0 * before + 1.5 * last) / spacing
    else:
        h = np.diff(spacing)
        a, b = h[:-1], h[1:]
        inner = (
            -b / (a * (a + b)) * f[..., :-2]
            + (b - a) / (a * b) * f[..., 1:-1]
            + a / (b * (a + b)) * f[..., 2:]
        )
        left, right = (second - first) / h[0], (last - before) / h[n - 2]
        if edge_order == 2:
            p, q = h[0], h[1]
            left = (
                -(2.0 * p + q) / (p * (p + q)) * first
                + (p + q) / (p * q) * second
                - p / (q * (p + q)) * f[..., 2:3]
            )
            p, q = h[n - 3], h[n - 2]
            right = (
                q / (p * (p + q)) * f[..., n - 3 : n - 2]
                - (q + p) / (p * q) * before
                + (2.0 * q + p) / (q * (p + q)) * last
            )
    return np.concatenate((left, inner, right), axis=-1)


@library(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    f = np.asarray(f)
    f = f.astype(np.float64) if f.dtype.kind in "biu" else f
    if axis is None:
        axes = list(range(f.ndim))
    elif isinstance(axis, (tuple, list)):
        axes = list(axis)
    else:
        axes = [axis]
    spacings = list(varargs) if varargs else [1.0]
    if len(spacings) == 1:
        spacings = spacings * len(axes)
    if len(spacings) != len(axes):
        raise TypeError("invalid number of arguments")
    slopes = [
        np.moveaxis(_slope(np.moveaxis(f, k, -1), h, edge_order), -1, k).astype(f.dtype)
        for k, h in zip(axes, spacings)
    ]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


@library(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    x, xp, fp = np.asarray(x, dtype=np.float64), np.asarray(xp, dtype=np.float64), np.asarray(fp)
    fp = fp.astype(np.complex128 if fp.dtype.kind == "c" else np.float64)
    if period is not None:
        period = np.abs(period)
        x, xp = x % period, xp % period
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = np.concatenate((xp[-1:] - period, xp, xp[:1] + period))
        fp = np.concatenate((fp[-1:], fp, fp[:1]))
    n = xp.shape[0]
    if fp.shape[0] != n:
        raise ValueError("fp and xp are not of the same length.")
    if n == 0:
        raise ValueError("array of sample points is empty")
    k = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(n - 2, 0))
    if n == 1:
        y = np.zeros_like(x) + fp[0]
    else:
        width = xp[k + 1] - xp[k]
        slope = (fp[k + 1] - fp[k]) / np.where(width == 0, np.asarray(1, width.dtype), width)
        y = fp[k] + slope * (x - xp[k])
        y = np.where(x == xp[n - 1], fp[n - 1], y)
    if period is None:
        y = np.where(x < xp[0], fp[0] if left is None else left, y)
        y = np.where(x > xp[n - 1], fp[n - 1] if right is None else right, y)
    return y


# ── products, angles, counts ──────────────────────────────────────────────────────────────────


@library(np.cross)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    if axis is not None:
        axisa, axisb, axisc = axis, axis, axis
    a, b = np.moveaxis(np.asarray(a), axisa, -1), np.moveaxis(np.asarray(b), axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ValueError("Both input arrays must be (arrays of) 3-dimensional vectors")
    a1, a2, a3 = a[..., 0], a[..., 1], a[..., 2]
    b1, b2, b3 = b[..., 0], b[..., 1], b[..., 2]
    return np.stack((a2 * b3 - a3 * b2, a3 * b1 - a1 * b3, a1 * b2 - a2 * b1), axis=axisc)


@library(np.linalg.cross)
def linalg_cross(x1, x2, /, *, axis=-1):
    return np.cross(x1, x2, axis=axis)


@library(np.unwrap)
def unwrap(p, discont=None, axis=-1, *, period=2 * math.pi):
    p = np.moveaxis(np.asarray(p), axis, -1)
    p = p.astype(np.result_type(p.dtype, period))
    d = np.diff(p)
    half = period // 2 if p.dtype.kind in "iu" else period / 2
    folded = (d + half) % period - half
    if p.dtype.kind == "f" or period % 2 == 0:
        folded = np.where((folded == -half) & (d > 0), np.asarray(half, d.dtype), folded)
    least = period / 2 if discont is None else discont
    jump = np.where(np.abs(d) < least, np.asarray(0, d.dtype), folded - d)
    return np.moveaxis(np.concatenate((p[..., :1], p[..., 1:] + np.cumsum(jump, axis=-1)), axis=-1), -1, axis)


@library(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    sign = np.sign(start)
    low, high = np.log10(np.abs(start)), np.log10(np.abs(stop))
    y = sign * np.logspace(low, high, num, endpoint=endpoint, axis=axis)
    return y if dtype is None else y.astype(dtype)


@library(np.fromfunction)
def fromfunction(function, shape, *, dtype=float, like=None, **kwargs):
    return function(*np.indices(shape, dtype=dtype), **kwargs)


refused(
    np.apply_along_axis,
    np.apply_over_axes,
    np.vectorize,
    np.frompyfunc,
    instead="a loop over the rows, or broadax.vmap",
)


@library(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    x = np.asarray(x)
    conditions = list(condlist) if isinstance(condlist, (list, tuple)) else [condlist]
    if len(funclist) - len(conditions) not in (0, 1):
        raise ValueError("as many functions as conditions are expected, or one more")
    pieces = [f(x, *args, **kw) if callable(f) else f for f in funclist]
    y = np.zeros_like(x)
    if len(pieces) == len(conditions) + 1:
        taken = np.any(np.stack([np.asarray(c) for c in conditions]), axis=0)
        y = np.where(taken, y, pieces[-1]).astype(x.dtype)
    for condition, piece in zip(conditions, pieces):
        y = np.where(condition, piece, y).astype(x.dtype)
    return y


@library(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):
    a = np.ravel(a)
    if isinstance(bins, int):
        if range is None:
            low, high = np.min(a), np.max(a)
        else:
            low, high = range
        kind = np.result_type(low, high, a)
        kind = np.result_type(kind, np.float64) if kind.kind in "biu" else kind
        wider = np.where(np.equal(low, high), np.asarray(0.5, kind), np.asarray(0, kind))
        edges = np.linspace(low - wider, high + wider, bins + 1, dtype=kind)
    else:
        edges = np.asarray(bins)
    n = edges.shape[0] - 1
    place = np.searchsorted(edges, a, side="right") - 1
    place = np.where(a == edges[n], n - 1, place)
    inside = (a >= edges[0]) & (a <= edges[n])
    counts = np.zeros(n, dtype=np.int64 if weights is None else np.result_type(weights))
    np.add.at(counts, np.clip(place, 0, n - 1), np.where(inside, 1 if weights is None else weights, 0))
    if density:
        widths = np.diff(edges)
        return counts / widths / np.sum(counts), edges
    return counts, edges
