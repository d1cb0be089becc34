"""numpy.linalg in terms of solve, inv, cholesky, det, slogdet and eigh; and norms."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import LinAlgError, ShapeError, TypeMismatchError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.functions.arguments import as_atom, cast, promoted, static, static_int, strong
from broadax.transforms.functions.creation import eye
from broadax.transforms.functions.indexing import broadcast
from broadax.transforms.functions.registry import intrinsic, refused
from broadax.transforms.functions.shaping import matrix_transpose, moveaxis, ravel, reshaped

_SLOGDET = type(np.linalg.slogdet(np.eye(1)))
_EIGH = type(np.linalg.eigh(np.eye(1)))


def inexact(a):
    """An array in the dtype in which LAPACK computes: integers become float64.

    Raises:
        TypeMismatchError: float16, as in NumPy.
    """
    a = strong(as_atom(a))
    if a.dtype == np.float16:
        raise TypeMismatchError("array type float16 is unsupported in linalg")
    return cast(a, np.float64, implicit=True) if a.dtype.kind in "biu" else a


def square(a):
    """A stack of square matrices.

    Raises:
        ShapeError: in NumPy's words.
    """
    a = inexact(a)
    if a.ndim < 2:
        raise LinAlgError(f"{a.ndim}-dimensional array given. Array must be at least two-dimensional")
    if sizes.same(a.shape[-1], a.shape[-2]) is False:
        raise LinAlgError("Last 2 dimensions of the array must be square")
    return a


@intrinsic(np.linalg.solve)
def solve(a, b):
    """x with a @ x = b; b is one vector only if it is 1-D."""
    a, b = promoted(square(a), inexact(b))
    if not b.ndim:
        raise ShapeError(
            "solve: Input operand 1 does not have enough dimensions (has 0, gufunc core with "
            "signature (m,m),(m)->(m) requires 1)"
        )
    rows = b.shape[0] if b.ndim == 1 else b.shape[-2]
    if sizes.same(rows, a.shape[-1]) is False:
        raise ShapeError(
            "solve: Input operand 1 has a mismatch in its core dimension 0, with gufunc "
            f"signature (m,m),(m,n)->(m,n) (size {rows} is different from {a.shape[-1]})"
        )
    return apply("solve", a, b)


@intrinsic(np.linalg.inv)
def inv(a):
    return apply("inv", square(a))


@intrinsic(np.linalg.cholesky)
def cholesky(a, /, *, upper=False):
    """L with a = L @ L.T, or its conjugate transpose."""
    a = square(a)
    if not static(upper, "upper"):
        return apply("cholesky", a)
    return adjoint(apply("cholesky", adjoint(a)))  # the primitive reads the lower triangle


def adjoint(a):
    """Matrices transposed and conjugated."""
    a = matrix_transpose(a)
    return apply("conjugate", a) if a.dtype.kind == "c" else a


@intrinsic(np.linalg.det)
def det(a):
    return apply("det", square(a))


@intrinsic(np.linalg.slogdet)
def slogdet(a):
    return _SLOGDET(*apply("slogdet", square(a)))


def _from_triangle(a, lower: bool):
    """The Hermitian matrix of which only one triangle is read.

    NumPy's default, the lower one, is what the primitive itself reads.
    """
    if lower:
        return a
    upper = apply("triu", a, k=0)
    below = matrix_transpose(apply("triu", a, k=1))
    return upper + (apply("conjugate", below) if a.dtype.kind == "c" else below)


@intrinsic(np.linalg.eigh)
def eigh(a, UPLO="L"):
    """Eigenvalues in rising order and eigenvectors (columns) of a Hermitian matrix."""
    if static(UPLO, "UPLO").upper() not in ("L", "U"):
        raise ShapeError("UPLO argument must be 'L' or 'U'")
    return _EIGH(*apply("eigh", _from_triangle(square(a), UPLO.upper() == "L")))


@intrinsic(np.linalg.eigvalsh)
def eigvalsh(a, UPLO="L"):
    return eigh(a, UPLO)[0]


@intrinsic(np.linalg.matrix_power)
def matrix_power(a, n):
    """a @ a @ … by repeated squaring; negative powers are those of the inverse."""
    a, n = strong(as_atom(a)), static_int(n, "n")
    if a.ndim < 2 or sizes.same(a.shape[-1], a.shape[-2]) is False:
        square(a)
    if n == 0:
        return broadcast(eye(a.shape[-1], dtype=a.dtype), a.shape)
    a, n = (inv(a), -n) if n < 0 else (a, n)
    result = None
    while n:
        if n % 2:
            result = a if result is None else apply("matmul", result, a)
        n //= 2
        a = apply("matmul", a, a) if n else a
    return result


@intrinsic(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    """x with tensordot(a, x, x.ndim) = b."""
    a, b = inexact(a), inexact(b)
    if axes is not None:
        for k in axes:
            a = moveaxis(a, k, a.ndim - 1)
    rest = a.shape[b.ndim :]
    n = sizes.product(rest)
    if sizes.same(sizes.product(a.shape[: b.ndim]), n) is False:
        raise ShapeError(
            "Input arrays must satisfy the requirement             prod(a.shape[b.ndim:]) == "
            "prod(a.shape[:b.ndim])"
        )
    return reshaped(solve(reshaped(a, (n, n)), ravel(b)), rest)


# ── without a primitive ───────────────────────────────────────────────────────────────────────────


for _name, _instead in {
    "eig": "np.linalg.eigh for symmetric matrices",
    "eigvals": "np.linalg.eigvalsh for symmetric matrices",
    "tensorinv": "np.linalg.inv(a.reshape(n, n)).reshape(...)",
}.items():
    refused(getattr(np.linalg, _name), instead=_instead)
