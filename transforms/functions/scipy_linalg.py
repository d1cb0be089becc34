"""scipy.linalg in terms of the primitives of numpy.linalg."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.functions import linalg
from broadax.transforms.functions.arguments import as_atom, cast, promoted, static, strong
from broadax.transforms.functions.indexing import column, iota
from broadax.transforms.functions.norms import norm
from broadax.transforms.functions.registry import intrinsic, unsupported
from broadax.transforms.functions.shaping import matrix_transpose, ravel, reshaped


def _enter(name: str, rule, positional: int) -> None:
    """A function with NumPy's meaning; SciPy's options about checks and memory change no value."""

    def call(*args, overwrite_a=False, overwrite_b=False, check_finite=True):
        return rule(*args[:positional])

    call.__name__ = name
    intrinsic(f"scipy.linalg.{name}")(call)


def _det(a):
    """Computed as NumPy does it, given in double precision."""
    y = linalg.det(a)
    return cast(y, np.complex128 if y.dtype.kind == "c" else np.float64)


_enter("inv", linalg.inv, 1)
_enter("det", _det, 1)


@intrinsic("scipy.linalg.norm")
def norm_(a, ord=None, axis=None, keepdims=False, check_finite=True):  # noqa: A002
    return norm(a, ord, axis, keepdims)


@intrinsic("scipy.linalg.solve")
def solve(
    a,
    b,
    lower=False,
    overwrite_a=False,
    overwrite_b=False,
    check_finite=True,
    assume_a=None,
    transposed=False,
):
    a = linalg.square(a)
    return linalg.solve(matrix_transpose(a) if static(transposed, "transposed") else a, b)


@intrinsic("scipy.linalg.cholesky")
def cholesky(a, lower=False, overwrite_a=False, check_finite=True):
    """The factor; upper by default, unlike NumPy's."""
    return linalg.cholesky(a, upper=not static(lower, "lower"))


@intrinsic("scipy.linalg.cho_factor")
def cho_factor(a, lower=False, overwrite_a=False, check_finite=True):
    """The factor and which triangle it is; the other triangle is zero, which SciPy leaves open."""
    return cholesky(a, lower), static(lower, "lower")


@intrinsic("scipy.linalg.cho_solve")
def cho_solve(c_and_lower, b, overwrite_b=False, check_finite=True):
    c, lower = c_and_lower
    first, second = ("N", "C") if static(lower, "lower") else ("C", "N")
    return solve_triangular(c, solve_triangular(c, b, first, lower), second, lower)


@intrinsic("scipy.linalg.solve_triangular")
def solve_triangular(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=True):
    """x with a @ x = b (or a.T, a.conj().T) of which only one triangle is read."""
    a, b = promoted(linalg.square(a), linalg.inexact(b))
    a = apply("tril" if static(lower, "lower") else "triu", a, k=0)
    if static(unit_diagonal, "unit_diagonal"):
        diagonal = apply("eye", n=a.shape[-1], m=a.shape[-1], k=0, dtype=np.dtype(bool))
        a = apply("where", diagonal, 1, a)
    how = static(trans, "trans")
    if how not in (0, "N"):
        a = matrix_transpose(a)
        a = apply("conjugate", a) if how in (2, "C") and a.dtype.kind == "c" else a
    return linalg.solve(a, b)


@intrinsic("scipy.linalg.eigh")
def eigh(a, b=None, *, lower=True, eigvals_only=False, **options):
    if b is not None or any(v is not None for v in options.values()):
        unsupported("scipy.linalg.eigh: only the arguments a, lower and eigvals_only are supported")
    w, v = linalg.eigh(a, "L" if static(lower, "lower") else "U")
    return w if static(eigvals_only, "eigvals_only") else (w, v)


@intrinsic("scipy.linalg.eigvalsh")
def eigvalsh(a, b=None, *, lower=True, **options):
    return eigh(a, b, lower=lower, eigvals_only=True, **options)


@intrinsic("scipy.linalg.block_diag")
def block_diag(*arrs):
    """Matrices along the diagonal, zeros elsewhere."""
    blocks = [strong(as_atom(a)) for a in arrs]
    blocks = promoted(*(reshaped(a, (1,) * (2 - a.ndim) + a.shape) for a in blocks))
    rows, columns = (sum((b.shape[k] for b in blocks[1:]), blocks[0].shape[k]) for k in (0, 1))
    result = apply("zeros", shape=(rows, columns), dtype=blocks[0].dtype)
    row = column_ = 0
    for block in blocks:
        n, m = block.shape
        result = apply("at_set", result, block, spec=(("slice", row, n, 1), ("slice", column_, m, 1)))
        row, column_ = row + n, column_ + m
    return result


@intrinsic("scipy.linalg.toeplitz")
def toeplitz(c, r=None):
    """A matrix whose diagonals are constant, from its first column and row."""
    c = ravel(as_atom(c))
    if r is None:
        r = apply("conjugate", c) if c.dtype.kind == "c" else c
    c, r = promoted(c, ravel(as_atom(r)))
    n, m = c.shape[0], r.shape[0]
    if n == 0 or m == 0:
        raise ShapeError("toeplitz of an empty column or row")
    values = apply(
        "concatenate",
        apply("index", c, spec=(("slice", n - 1, n, -1),)),
        apply("index", r, spec=(("slice", 1, sizes.settle(m - 1), 1),)),
        axis=0,
    )
    place = column(iota(m), 2, 1) - column(iota(n), 2, 0) + as_atom(n - 1)
    return apply("index", values, place, spec=(("index", 0),), checked=True)
