"""Triangles of matrices: tri, tril, triu, and the indices of triangles and diagonals."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.functions.arguments import as_atom, cast, dims, dtype_of, static_int, strong
from broadax.transforms.functions.indexing import broadcast, column, dim_atom, iota
from broadax.transforms.functions.masks import places
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.shaping import ravel


@intrinsic(np.tri)
def tri(N, M=None, k=0, dtype=float, *, like=None):
    """Ones at and below the k-th diagonal."""
    shape = dims((N, N if M is None else M))
    return cast(_below(*shape, static_int(k, "k")), dtype_of(dtype))


def _below(n, m, k: int):
    """A mask of the places at and below the k-th diagonal."""
    rows = iota(n) + k if k else iota(n)
    return apply("greater_equal", column(rows, 2, 0), column(iota(m), 2, 1))


def _triangle(name: str, m, k):
    m, k = strong(as_atom(m)), static_int(k, "k")
    if m.ndim == 0:
        raise ShapeError("tri() needs at least one dimension")
    if m.ndim == 1:
        m = broadcast(m, (m.shape[0], m.shape[0]))
    return apply(name, m, k=k)


@intrinsic(np.tril)
def tril(m, k=0):
    """The last two axes with zeros above the k-th diagonal."""
    return _triangle("tril", m, k)


@intrinsic(np.triu)
def triu(m, k=0):
    """The last two axes with zeros below the k-th diagonal."""
    return _triangle("triu", m, k)


# ── indices ───────────────────────────────────────────────────────────────────────────────────────


def _count(n, m, k: int):
    """The number of places at and below the k-th diagonal; None where it is not a simple formula."""
    if isinstance(n, int) and isinstance(m, int):
        return sum(max(0, min(m, row + k + 1)) for row in range(n))
    if n == m and k == 0:
        return (n * n + n) // 2
    if n == m and k == -1:
        return (n * n - n) // 2
    return None


def _indices(mask, n, m, size) -> tuple:
    """Rows and columns where a mask of n by m holds; it does so `size` times."""
    place = places(ravel(mask), size)
    return apply("floor_divide", place, dim_atom(m)), apply("remainder", place, dim_atom(m))


@intrinsic(np.tril_indices)
def tril_indices(n, k=0, m=None):
    n, m = dims((n, n if m is None else m))
    k = static_int(k, "k")
    return _indices(_below(n, m, k), n, m, _count(n, m, k))


@intrinsic(np.triu_indices)
def triu_indices(n, k=0, m=None):
    n, m = dims((n, n if m is None else m))
    k = static_int(k, "k")
    below = _count(n, m, k - 1)
    mask = apply("logical_not", _below(n, m, k - 1))
    return _indices(mask, n, m, None if below is None else sizes.settle(n * m - below))


@intrinsic(np.tril_indices_from)
def tril_indices_from(arr, k=0):
    arr = _matrix(arr)
    return tril_indices(arr.shape[0], k, arr.shape[1])


@intrinsic(np.triu_indices_from)
def triu_indices_from(arr, k=0):
    arr = _matrix(arr)
    return triu_indices(arr.shape[0], k, arr.shape[1])


def _matrix(arr):
    arr = as_atom(arr)
    if arr.ndim != 2:
        raise ShapeError("input array must be 2-d")
    return arr


@intrinsic(np.diag_indices)
def diag_indices(n, ndim=2):
    (n,) = dims(n)
    return (iota(n),) * static_int(ndim, "ndim")


@intrinsic(np.diag_indices_from)
def diag_indices_from(arr):
    arr = as_atom(arr)
    if arr.ndim < 2:
        raise ShapeError("input array must be at least 2-d")
    if any(sizes.same(d, arr.shape[0]) is False for d in arr.shape):
        raise ShapeError("All dimensions of input must be of equal length")
    return diag_indices(arr.shape[0], arr.ndim)
