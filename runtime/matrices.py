"""The matrix of cofactors, also of a singular matrix: the gradient of the determinant."""

from __future__ import annotations

import numpy as np


def cofactor(a):
    """The cofactors of one square matrix; plain loops, compiled by Numba too.

    det(a) a⁻ᵀ where a can be inverted. Else by complete pivoting a = Pᵀ L U Qᵀ and
    adj(a) = ± Q adj(U) L⁻¹ P, with adj([[V, u], [0, t]]) = det(V) [[t V⁻¹, -V⁻¹ u], [0, 1]].
    """
    n = len(a)
    if n > 1:
        det = np.linalg.det(a)
        if det != 0:
            return np.ascontiguousarray(det * np.linalg.inv(a).T)
    lu, rows, columns, sign = a.copy(), np.arange(n), np.arange(n), 1
    out = np.zeros_like(a)
    for k in range(n - 1):
        i, j = k, k
        for p in range(k, n):
            for q in range(k, n):
                if abs(lu[p, q]) > abs(lu[i, j]):
                    i, j = p, q
        if lu[i, j] == 0:
            return out  # of rank n - 2 at most
        for q in range(n):
            lu[k, q], lu[i, q] = lu[i, q], lu[k, q]
        for p in range(n):
            lu[p, k], lu[p, j] = lu[p, j], lu[p, k]
        rows[k], rows[i] = rows[i], rows[k]
        columns[k], columns[j] = columns[j], columns[k]
        sign = sign if (i == k) == (j == k) else -sign
        for p in range(k + 1, n):
            lu[p, k] /= lu[k, k]
            for q in range(k + 1, n):
                lu[p, q] -= lu[p, k] * lu[k, q]
    last = n - 1
    scale = a.dtype.type(sign)
    for k in range(last):
        scale *= lu[k, k]
    w = np.zeros_like(a)
    w[last, last] = scale
    for j in range(last + 1):  # columns of t V⁻¹, and -V⁻¹ u
        for i in range(last - 1, -1, -1):
            total = -scale * lu[i, last] if j == last else (scale * lu[last, last] if i == j else 0 * scale)
            for k in range(i + 1, last):
                total -= lu[i, k] * w[k, j]
            w[i, j] = total / lu[i, i]
    for j in range(last, -1, -1):
        for i in range(n):
            for k in range(j + 1, n):
                w[i, j] -= w[i, k] * lu[k, j]
            out[rows[j], columns[i]] = w[i, j]
    return out


def cofactors(x: np.ndarray) -> np.ndarray:
    """The cofactors of each matrix of a batch."""
    if not np.issubdtype(x.dtype, np.inexact):
        x = x.astype(float)
    flat = [cofactor(a) for a in x.reshape(-1, *x.shape[-2:])]
    return np.array(flat, dtype=x.dtype).reshape(x.shape)
