"""numpy.linalg by QR and singular values: least squares, pseudoinverses, ranks; polynomials that fit."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.functions.arguments import promoted, static
from broadax.transforms.functions.linalg import inexact
from broadax.transforms.functions.registry import helper, intrinsic, library, unsupported

_QR = type(np.linalg.qr(np.eye(1)))
_SVD = type(np.linalg.svd(np.eye(1)))


@intrinsic(np.linalg.qr)
def qr(a, mode="reduced"):
    """Q and R; `mode` is 'reduced', 'r', or 'complete' for a matrix with no more rows than columns."""
    a, mode = inexact(a), static(mode, "mode")
    if mode not in ("reduced", "complete", "r"):
        raise UnsupportedError(f"np.linalg.qr with mode={mode!r}", instead="mode='reduced'")
    if mode == "complete" and sizes.at_least(a.shape[-1], a.shape[-2]) is not True:
        what = "np.linalg.qr with mode='complete' of a matrix with more rows than columns"
        raise UnsupportedError(what, instead="mode='reduced'")
    q, r = apply("qr", a)
    return r if mode == "r" else _QR(q, r)


@intrinsic(np.linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    """Singular values in falling order, and their vectors."""
    if static(hermitian, "hermitian"):
        raise UnsupportedError("np.linalg.svd with hermitian=True", instead="np.linalg.eigh")
    a = inexact(a)
    if not static(compute_uv, "compute_uv"):
        return apply("svd", a, full=False)[1]
    full = bool(static(full_matrices, "full_matrices"))
    return _SVD(*apply("svd", a, full=full and sizes.same(*a.shape[-2:]) is not True))


@intrinsic(np.linalg.svdvals)
def svdvals(x, /):
    return apply("svd", inexact(x), full=False)[1]


@intrinsic(np.linalg.pinv)
def pinv(a, rcond=None, hermitian=False, *, rtol=np._NoValue):
    """The Moore-Penrose inverse; singular values below `rcond` times the largest one count as 0."""
    if static(hermitian, "hermitian"):
        raise UnsupportedError("np.linalg.pinv with hermitian=True", instead="np.linalg.pinv(a)")
    cutoff = (1e-15 if rtol is np._NoValue else rtol) if rcond is None else rcond
    return apply("pinv", inexact(a), cutoff=None if cutoff is None else float(static(cutoff, "rcond")))


@helper
def _least_squares(a, b, rcond):
    """The solution, the squared residuals (of full rank only), the rank and the singular values."""
    s = np.linalg.svdvals(a)
    cutoff = max(a.shape[0], a.shape[1]) * np.finfo(a.dtype).eps if rcond is None else rcond
    rank = np.sum(s > cutoff * np.max(s), dtype=np.int32)
    x = np.linalg.pinv(a, rtol=rcond) @ b
    rest = b - a @ x
    if rest.ndim == 1:
        rest = rest[:, None]
    found = np.sum(np.abs(rest) ** 2, axis=0)
    if a.shape[0] <= a.shape[1]:
        return x, found[:0], rank, s
    return x, found[np.full(found.shape, rank == a.shape[1])], rank, s


def _common(a, b):
    """Both in their common dtype.

    Raises:
        ShapeError: in NumPy's words, where they do not fit.
    """
    a, b = promoted(inexact(a), inexact(b))
    if a.ndim != 2 or b.ndim not in (1, 2):
        raise ShapeError(f"{a.ndim}-dimensional array given. Array must be two-dimensional")
    if sizes.same(a.shape[0], b.shape[0]) is False:
        raise ShapeError("Incompatible dimensions")
    return a, b


intrinsic(_common)(_common)


@library(np.linalg.lstsq)
def lstsq(a, b, rcond=None):
    a, b = _common(a, b)
    return _least_squares(a, b, rcond)


@library(np.linalg.matrix_rank)
def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
    if hermitian:
        unsupported("np.linalg.matrix_rank with hermitian=True", "np.linalg.matrix_rank(A)")
    A = np.asarray(A)
    s = np.linalg.svdvals(A)
    if tol is None:
        relative = max(A.shape[-2], A.shape[-1]) * np.finfo(s.dtype).eps if rtol is None else rtol
        tol = np.max(s, axis=-1, keepdims=True) * relative
    return np.count_nonzero(s > tol, axis=-1)


@library(np.linalg.cond)
def cond(x, p=None):
    x = np.asarray(x)
    if p is None or p == 2 or p == -2:
        s = np.linalg.svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, axis=(-2, -1))


@library(np.polyfit)
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    if full or cov:
        unsupported("np.polyfit with full=True or cov=True", "np.linalg.lstsq of np.vander(x, deg + 1)")
    x, y = np.asarray(x) + 0.0, np.asarray(y) + 0.0
    powers = np.vander(x, deg + 1)
    if w is not None:
        w = np.asarray(w) + 0.0
        powers = powers * w[:, None]
        y = y * (w[:, None] if y.ndim == 2 else w)
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    c = np.linalg.lstsq(powers / scale, y, rcond)[0]
    return c / (scale[:, None] if c.ndim == 2 else scale)
