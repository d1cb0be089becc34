"""QR and singular values, and the pseudoinverse that they give. Derivatives of real matrices.

Of QR: Walter and Lehmann, "Algorithmic differentiation of linear algebra functions with application in
optimum experimental design", 2010. Of the SVD: Giles 2008 (see linalg), 3.4. Of the pseudoinverse: Golub
and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems", 1973.
"""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import LinAlgError, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.expression import apply
from broadax.transforms.primitives.decompositions import eye_like, is_zero, over_gaps
from broadax.transforms.primitives.linalg import product, real_of, refuse_complex
from broadax.transforms.primitives.products import column, row, swap
from broadax.transforms.primitives.registry import structured
from broadax.transforms.primitives.shape import whole


def _lesser(x):
    """The smaller one of a matrix's two sizes."""
    if x.ndim < 2:
        raise LinAlgError(f"{x.ndim}-dimensional array given. Array must be at least two-dimensional")
    m, n = x.shape[-2:]
    known = sizes.at_least(m, n)
    return sizes.size_op("min", m, n) if known is None else n if known else m


# ── qr ────────────────────────────────────────────────────────────────────────────────────────────


def _qr_infer(x):
    k = _lesser(x)
    return Aval(x.dtype, (*x.shape[:-1], k)), Aval(x.dtype, (*x.shape[:-2], k, x.shape[-1]))


def _refuse_wide(x) -> None:
    refuse_complex(x, "np.linalg.qr")
    if sizes.at_least(x.shape[-2], x.shape[-1]) is False:
        raise UnsupportedError("the derivative of np.linalg.qr of a matrix with more columns than rows")


def _strictly_lower(x):
    return apply("tril", x, k=-1)


def _over_upper(x, r):
    """x r⁻¹ of an upper triangular r."""
    return swap(apply("solve", swap(r), swap(x), triangle="lower"))


def _qr_jvp(tangents, y, x):
    """With b = t_x r⁻¹, c = qᵀ b, w = tril(c) - tril(c)ᵀ: t_q = q (w - c) + b, t_r = (c - w) r."""
    _refuse_wide(x)
    q, r = y
    b = _over_upper(tangents[0], r)
    c = product(swap(q), b)
    low = _strictly_lower(c)
    w = low - swap(low)
    return product(q, w - c) + b, product(c - w, r)


def _qr_back(ct, y, x):
    """(ct_q + q s) r⁻ᵀ, where s is the symmetric matrix with the lower triangle of r ct_rᵀ - ct_qᵀ q."""
    _refuse_wide(x)
    q, r = y
    m = product(r, swap(ct[1])) - product(swap(ct[0]), q)
    s = apply("tril", m, k=0) + swap(_strictly_lower(m))
    return swap(apply("solve", r, swap(ct[0] + product(q, s)), triangle="upper"))


structured(
    "qr",
    infer=_qr_infer,
    impl=lambda x: tuple(np.linalg.qr(x)),
    numpy="np.linalg.qr({0})",
    jvp=_qr_jvp,
    vjp=(_qr_back,),
    batch=lambda size, batched, x: apply("qr", x),
)


# ── singular values ───────────────────────────────────────────────────────────────────────────────


def _svd_infer(x, full):
    (m, n), k, lead = x.shape[-2:], _lesser(x), x.shape[:-2]
    u, v = (m, n) if full else (k, k)
    return Aval(x.dtype, (*lead, m, u)), Aval(real_of(x.dtype), (*lead, k)), Aval(x.dtype, (*lead, v, n))


def _refuse_full(x, full: bool) -> None:
    refuse_complex(x, "np.linalg.svd")
    if full and sizes.same(*x.shape[-2:]) is not True:
        raise UnsupportedError(
            "the derivative of np.linalg.svd with all vectors of a matrix that is not square",
            instead="full_matrices=False",
        )


def _beside(q, x):
    """The part of x that is orthogonal to the columns of q."""
    return x - product(q, product(swap(q), x))


def _is_longer(m, n) -> bool:
    return sizes.at_least(n, m) is not True


def _gaps(s):
    """s_j² - s_i², exactly 0 where they are equal, as the difference of fused squares is not."""
    return (row(s) - column(s)) * (row(s) + column(s))


def _svd_jvp(tangents, y, x, full):
    """p = uᵀ t_x v, t_s = diag(p), t_u = u (F ∘ (p s + s pᵀ)) + (1 - u uᵀ) t_x v / s, and so t_v;
    F_ij = 1 / (s_j² - s_i²).
    """
    _refuse_full(x, full)
    (u, s, vt), (t,) = y, tangents
    v, (m, n) = swap(vt), x.shape[-2:]
    p = product(swap(u), t, v)
    gaps = _gaps(s)
    t_u = product(u, over_gaps(gaps, p * row(s) + column(s) * swap(p)))
    t_v = product(v, over_gaps(gaps, column(s) * p + swap(p) * row(s)))
    if _is_longer(m, n):
        t_u = t_u + _beside(u, product(t, v)) / row(s)
    if _is_longer(n, m):
        t_v = t_v + _beside(v, product(swap(t), u)) / row(s)
    t_s = apply("sum", p * eye_like(p), axes=(p.ndim - 1,), keepdims=False)
    return t_u, t_s, swap(t_v)


def _cut(x, shape):
    """The first rows and columns."""
    shape = (*x.shape[:-2], *shape)
    return x if shape == x.shape else apply("index", x, spec=whole(shape))


def _svd_back(ct, y, x, full):
    """u (diag(ct_s) + (F ∘ uᵀ ct_u + its transpose) s + s (F ∘ vᵀ ct_v + its transpose)) vᵀ, and
    the parts beside u and v.
    """
    (u, s, vt), (d_u, d_s, d_vt) = y, ct
    if is_zero(d_u) and is_zero(d_vt):
        k = s.shape[-1]
        return product(_cut(u, (u.shape[-2], k)) * row(d_s), _cut(vt, (k, vt.shape[-1])))
    _refuse_full(x, full)
    v, d_v, (m, n) = swap(vt), swap(d_vt), x.shape[-2:]
    gaps = _gaps(s)
    left, right = (over_gaps(gaps, product(swap(q), d)) for q, d in ((u, d_u), (v, d_v)))
    inner = (left + swap(left)) * row(s) + column(s) * (right + swap(right))
    inner = inner + column(d_s) * eye_like(inner)
    found = product(u, inner, vt)
    if _is_longer(m, n):
        found = found + product(_beside(u, d_u) / row(s), vt)
    if _is_longer(n, m):
        found = found + product(u, swap(_beside(v, d_v) / row(s)))
    return found


structured(
    "svd",
    infer=_svd_infer,
    impl=lambda x, full: tuple(np.linalg.svd(x, full_matrices=full)),
    numpy=lambda args, params, out, text: f"np.linalg.svd({args[0]}, full_matrices={params['full']})",
    jvp=_svd_jvp,
    vjp=(_svd_back,),
    batch=lambda size, batched, x, full: apply("svd", x, full=full),
)


# ── pseudoinverse ─────────────────────────────────────────────────────────────────────────────────


def _pinv_jvp(tangents, y, x, cutoff):
    """-y t y + y yᵀ tᵀ (1 - x y) + (1 - y x) tᵀ yᵀ y, where the rank stays."""
    refuse_complex(x, "np.linalg.pinv")
    t, back = tangents[0], swap(y)
    left = product(y, back, swap(t))
    right = product(swap(t), back, y)
    return -product(y, t, y) + (left - product(left, x, y)) + (right - product(y, x, right))


def _pinv_back(ct, y, x, cutoff):
    """The transpose of the above: -yᵀ ct yᵀ + (1 - x y) ctᵀ y yᵀ + yᵀ y ctᵀ (1 - y x)."""
    refuse_complex(x, "np.linalg.pinv")
    back, turned = swap(y), swap(ct)
    left = product(turned, y, back)
    right = product(back, y, turned)
    return -product(back, ct, back) + (left - product(x, y, left)) + (right - product(right, y, x))


def _pinv_text(args, params, out, text) -> str:
    cutoff = params["cutoff"]
    return f"np.linalg.pinv({args[0]}, {'rtol=None' if cutoff is None else repr(cutoff)})"


# Singular values below `cutoff` times the largest one count as 0; None: max(m, n) times the dtype's epsilon.
structured(
    "pinv",
    infer=lambda x, cutoff: Aval(x.dtype, (*x.shape[:-2], x.shape[-1], x.shape[-2])),
    impl=lambda x, cutoff: np.linalg.pinv(x, rtol=cutoff),
    numpy=_pinv_text,
    jvp=_pinv_jvp,
    vjp=(_pinv_back,),
    batch=lambda size, batched, x, cutoff: apply("pinv", x, cutoff=cutoff),
)
