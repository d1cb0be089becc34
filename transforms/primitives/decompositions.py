"""Cholesky and the symmetric eigenproblem. Derivatives after Giles 2008 (see linalg) and Murray,
"Differentiation of the Cholesky decomposition", 2016.

NumPy reads one triangle of these matrices. As in JAX their derivatives are those of symmetric
matrices: a tangent counts by its symmetric part, a cotangent is symmetric.
"""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.avals import Aval
from broadax.transforms.core.expression import apply, current
from broadax.transforms.core.statements import Lit, Op
from broadax.transforms.primitives.linalg import (
    check_square,
    matrix_function,
    product,
    real_of,
    refuse_complex,
)
from broadax.transforms.primitives.products import column, row, swap
from broadax.transforms.primitives.registry import structured


def symmetric(x):
    """The symmetric part."""
    return (x + swap(x)) * 0.5


def eye_like(x):
    n = x.shape[-1]
    return apply("eye", n=n, m=n, k=0, dtype=x.dtype)


# ── cholesky ──────────────────────────────────────────────────────────────────────────────────────


def _half_lower(x):
    """Φ: the lower triangle with half the diagonal."""
    return apply("tril", x, k=0) - 0.5 * (x * eye_like(x))


def _cholesky_jvp(tangents, y, x):
    """t_y = y Φ(y⁻¹ t_x y⁻ᵀ)."""
    refuse_complex(x, "np.linalg.cholesky")
    inner = swap(apply("solve", y, swap(apply("solve", y, symmetric(tangents[0])))))
    return product(y, _half_lower(inner))


def _cholesky_back(ct, y, x):
    """The symmetric part of y⁻ᵀ Φ(yᵀ ct) y⁻¹."""
    refuse_complex(x, "np.linalg.cholesky")
    inner = _half_lower(product(swap(y), ct))
    return symmetric(apply("solve", swap(y), swap(apply("solve", swap(y), swap(inner)))))


structured("cholesky", **matrix_function("cholesky"), jvp=_cholesky_jvp, vjp=(_cholesky_back,))


# ── eigh ──────────────────────────────────────────────────────────────────────────────────────────


def _eigh_infer(x):
    check_square(x)
    return Aval(real_of(x.dtype), x.shape[:-1]), Aval(x.dtype, x.shape)


def over_gaps(gap, m):
    """m_ij / gap_ij, 0 on the diagonal, where the gaps, w_j - w_i of some eigenvalues, are exactly 0.

    The vectors of equal eigenvalues are not unique: nan, unless m does not turn them.
    """
    equal = apply("equal", gap, 0.0)
    turned = apply("not_equal", m * (1 - eye_like(m)), 0.0)
    one, zero, nan = (Lit(gap.dtype.type(value)) for value in (1, 0, np.nan))
    return apply("where", equal, apply("where", turned, nan, zero), m / apply("where", equal, one, gap))


def _eigh_jvp(tangents, y, x):
    """t_w = diag(vᵀ t_x v), t_v = v (F ∘ vᵀ t_x v), F_ij = 1 / (w_j - w_i)."""
    refuse_complex(x, "np.linalg.eigh")
    w, v = y
    inner = product(swap(v), symmetric(tangents[0]), v)
    t_w = apply("sum", inner * eye_like(inner), axes=(inner.ndim - 1,), keepdims=False)
    return t_w, product(v, over_gaps(row(w) - column(w), inner))


def is_zero(x) -> bool:
    """Has the engine filled in zeros, since nothing reads this result?"""
    made = (s for block in current().open for s in block if x in s.outs)
    return any(isinstance(s, Op) and s.prim.name == "zeros" for s in made)


def _eigh_back(ct, y, x):
    """The symmetric part of v (diag(ct_w) + F ∘ vᵀ ct_v) vᵀ."""
    refuse_complex(x, "np.linalg.eigh")
    w, v = y
    if is_zero(ct[1]):
        return product(v * row(ct[0]), swap(v))
    inner = column(ct[0]) * eye_like(x) + over_gaps(row(w) - column(w), product(swap(v), ct[1]))
    return symmetric(product(v, inner, swap(v)))


structured(
    "eigh",
    infer=_eigh_infer,
    impl=lambda x: tuple(np.linalg.eigh(x)),
    jvp=_eigh_jvp,
    vjp=(_eigh_back,),
    numpy="np.linalg.eigh({0})",
    batch=lambda size, batched, x: apply("eigh", x),
)
