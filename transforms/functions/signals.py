"""Convolution, polynomials and windows in plain NumPy."""

from __future__ import annotations

import numpy as np

from broadax.transforms.functions.registry import helper, library

# ── convolution ───────────────────────────────────────────────────────────────────────────────────


@helper
def _full_convolution(a, v):
    """Sum over the shorter one: one shifted update of the result for each of its elements."""
    n, m = a.shape[0], v.shape[0]
    out = np.zeros(n + m - 1, dtype=np.result_type(a, v))
    for k in range(m):
        out[k : k + n] += a * v[k]
    return out


@library(np.convolve)
def convolve(a, v, mode="full"):
    a, v = np.atleast_1d(a), np.atleast_1d(v)
    if v.shape[0] > a.shape[0]:
        a, v = v, a
    n, m = a.shape[0], v.shape[0]
    if n == 0 or m == 0:
        raise ValueError("a cannot be empty")
    out = _full_convolution(a, v)
    if mode == "full":
        return out
    if mode == "same":
        return out[(m - 1) // 2 : (m - 1) // 2 + n]
    if mode == "valid":
        return out[m - 1 : n]
    raise ValueError("mode must be one of 'valid', 'same', or 'full'")


@library(np.correlate)
def correlate(a, v, mode="valid"):
    a, v = np.atleast_1d(a), np.atleast_1d(v)
    v = np.conj(v) if v.dtype.kind == "c" else v
    n, m = a.shape[0], v.shape[0]
    out = _full_convolution(v[::-1], a) if m > n else _full_convolution(a, v[::-1])
    size, least = max(n, m), min(n, m)
    if mode == "full":
        return out
    if mode == "same":
        start = least // 2 if m > n else (m - 1) // 2
        return out[start : start + size]
    if mode == "valid":
        return out[least - 1 : size]
    raise ValueError("mode must be one of 'valid', 'same', or 'full'")


# ── polynomials: coefficients from the highest power down ─────────────────────────────────────────


@library(np.polyval)
def polyval(p, x):
    x = np.asarray(x)
    y = np.zeros_like(x, dtype=np.result_type(x, np.asarray(p)))
    for c in p:
        y = y * x + c
    return y


@library(np.polyadd)
def polyadd(a1, a2):
    a1, a2 = np.atleast_1d(a1), np.atleast_1d(a2)
    n, m = a1.shape[0], a2.shape[0]
    if n < m:
        a1 = np.concatenate((np.zeros(m - n, a1.dtype), a1))
    elif m < n:
        a2 = np.concatenate((np.zeros(n - m, a2.dtype), a2))
    return a1 + a2


@library(np.polysub)
def polysub(a1, a2):
    return np.polyadd(a1, -np.atleast_1d(a2))


@library(np.polymul)
def polymul(a1, a2):
    return np.convolve(a1, a2)


@library(np.polyder)
def polyder(p, m=1):
    p = np.atleast_1d(p)
    if m == 0:
        return p
    return np.polyder(p[:-1] * np.arange(p.shape[0] - 1, 0, -1), m - 1)


@library(np.polyint)
def polyint(p, m=1, k=None):
    p = np.atleast_1d(p)
    if m == 0:
        return p
    first, rest = 0.0, None
    if k is not None:
        first, rest = (k[0], k[1:]) if isinstance(k, (tuple, list)) and len(k) > 1 else (k, k)
        first = first[0] if isinstance(first, (tuple, list)) else first
    constant = np.atleast_1d(np.asarray(first, dtype=np.float64))
    return np.polyint(np.concatenate((p / np.arange(p.shape[0], 0, -1), constant)), m - 1, rest)


# ── windows ───────────────────────────────────────────────────────────────────────────────────────


@helper
def _window(M, a, b, c):
    """a + b cos(pi n / (M - 1)) + c cos(2 pi n / (M - 1))."""
    n = np.arange(1 - M, M, 2)
    return a + b * np.cos(np.pi * n / (M - 1)) + c * np.cos(2.0 * np.pi * n / (M - 1))


@library(np.hanning)
def hanning(M):
    return np.ones(M) if M <= 1 else _window(M, 0.5, 0.5, 0.0)


@library(np.hamming)
def hamming(M):
    return np.ones(M) if M <= 1 else _window(M, 0.54, 0.46, 0.0)


@library(np.blackman)
def blackman(M):
    return np.ones(M) if M <= 1 else _window(M, 0.42, 0.5, 0.08)


@library(np.bartlett)
def bartlett(M):
    if M <= 1:
        return np.ones(M)
    n = np.arange(1 - M, M, 2)
    return np.where(n <= 0, 1 + n / (M - 1), 1 - n / (M - 1))
