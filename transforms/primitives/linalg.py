"""Systems of equations, inverses, determinants. Derivatives after Giles, "Collected matrix derivative
results for forward and reverse mode algorithmic differentiation", 2008 (section numbers are his).

Nothing is conjugated, so the formulas hold for complex matrices too.
"""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import LinAlgError, ShapeError, UnsupportedError
from broadax.runtime.matrices import cofactors
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import Aval, broadcast
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Lit
from broadax.transforms.primitives.products import column, drop, row, swap
from broadax.transforms.primitives.registry import structured
from broadax.transforms.primitives.shape import expand, expand_to, unbroadcast


def check_square(x) -> None:
    """
    Raises:
        ShapeError: in NumPy's words, where x is no (batch of) square matrices.
    """
    if x.ndim < 2:
        raise LinAlgError(f"{x.ndim}-dimensional array given. Array must be at least two-dimensional")
    if sizes.same(x.shape[-1], x.shape[-2]) is False:
        raise LinAlgError("Last 2 dimensions of the array must be square")


def real_of(dtype) -> np.dtype:
    """The dtype of a real number beside complex ones."""
    return np.empty(0, dtype).real.dtype


def refuse_complex(x, name: str) -> None:
    """
    Raises:
        UnsupportedError: the matrix is complex.
    """
    if x.dtype.kind == "c":
        raise UnsupportedError(f"the derivative of {name} of a complex matrix")


def matrix_function(name: str) -> dict:
    """The fields of a function from square matrices to square matrices."""

    def infer(x):
        check_square(x)
        return Aval(x.dtype, x.shape)

    return {
        "infer": infer,
        "impl": getattr(np.linalg, name),
        "numpy": f"np.linalg.{name}({{0}})",
        "batch": lambda size, batched, x: apply(name, x),
    }


def product(*xs):
    """The product of matrices, from left to right."""
    out = xs[0]
    for x in xs[1:]:
        out = apply("matmul", out, x)
    return out


# ── solve (2.3.1) ─────────────────────────────────────────────────────────────────────────────────


def _solve_infer(a, b, triangle=""):
    check_square(a)
    if not b.ndim:
        raise ShapeError(
            "solve: Input operand 1 does not have enough dimensions (has 0, gufunc core with "
            "signature (m,m),(m)->(m) requires 1)"
        )
    rows = b.shape[0] if b.ndim == 1 else b.shape[-2]
    if sizes.same(a.shape[-1], rows) is False:
        raise ShapeError(
            "solve: Input operand 1 has a mismatch in its core dimension 0, with gufunc "
            f"signature (m,m),(m,n)->(m,n) (size {sizes.hint(rows)} is different from "
            f"{sizes.hint(a.shape[-1])})"
        )
    dtype = np.result_type(a.dtype, b.dtype)
    if b.ndim == 1:
        return Aval(dtype, (*a.shape[:-2], b.shape[0]))
    return Aval(dtype, (*broadcast(a.shape[:-2], b.shape[:-2]), *b.shape[-2:]))


def _on_vectors(name: str, a, x, vectors: bool):
    """`name(a, x)` where x holds matrices, or vectors of which there are as many as matrices in a."""
    if vectors and x.ndim > 1:
        return drop(apply(name, a, column(x)), -1)
    return apply(name, a, x)


def _solve_jvp(tangents, y, a, b, triangle=""):
    """a t_y = t_b - t_a y."""
    t_a, t_b = tangents
    vectors = b.ndim == 1
    if t_a is not None:
        change = _on_vectors("matmul", t_a, y, vectors)
        t_b = -change if t_b is None else t_b - change
    return _on_vectors("solve", a, t_b, vectors)


def _solve_b(ct, y, a, b, triangle=""):
    """a⁻ᵀ ct."""
    return unbroadcast(_on_vectors("solve", swap(a), ct, b.ndim == 1), b.shape)


def _solve_a(ct, y, a, b, triangle=""):
    """-(a⁻ᵀ ct) yᵀ."""
    w = _on_vectors("solve", swap(a), ct, b.ndim == 1)
    outer = column(w) * row(y) if b.ndim == 1 else apply("matmul", w, swap(y))
    return unbroadcast(-outer, a.shape)


def _solve_batch(size, batched, a, b, **params):
    left, right = batched
    if not right and b.ndim == 1:
        return apply("solve", a, b, **params)
    vectors = right and b.ndim == 2
    if vectors and not left and a.ndim == 2:
        return swap(apply("solve", a, swap(b), **params))
    if vectors:
        b = column(b)
    a = expand_to(a, b.ndim + (not right)) if left else a
    b = expand_to(b, a.ndim + (not left)) if right else b
    out = apply("solve", a, b, **params)
    return drop(out, -1) if vectors else out


# `triangle` ("lower", "upper") is what simplification knows of the matrix; backends may make use of it.
structured(
    "solve",
    infer=_solve_infer,
    impl=lambda a, b, triangle="": np.linalg.solve(a, b),
    jvp=_solve_jvp,
    vjp=(_solve_a, _solve_b),
    numpy="np.linalg.solve({0}, {1})",
    batch=_solve_batch,
)


# ── inverse (2.2.3) ───────────────────────────────────────────────────────────────────────────────

structured(
    "inv",
    **matrix_function("inv"),
    jvp=lambda tangents, y, x: -product(y, tangents[0], y),
    vjp=(lambda ct, y, x: -product(swap(y), ct, swap(y)),),
)


# ── determinants (2.2.4) ──────────────────────────────────────────────────────────────────────────


def _one_number(x) -> Aval:
    check_square(x)
    return Aval(x.dtype, x.shape[:-2])


def _trace_of_product(a, b):
    """The trace of a @ b, of each in a batch."""
    return apply("sum", swap(a) * b, axes=(a.ndim - 2, a.ndim - 1), keepdims=False)


def for_matrices(ct):
    """A number for each matrix, with two axes to be multiplied with the matrices."""
    return expand(ct, 2, ct.ndim) if ct.ndim else ct


def _slogdet_infer(x):
    check_square(x)
    return Aval(x.dtype, x.shape[:-2]), Aval(real_of(x.dtype), x.shape[:-2])


def _slogdet_jvp(tangents, y, x):
    refuse_complex(x, "np.linalg.slogdet")
    return None, _trace_of_product(apply("inv", x), tangents[0])


def _slogdet_back(ct, y, x):
    refuse_complex(x, "np.linalg.slogdet")
    return for_matrices(ct[1]) * swap(apply("inv", x))


def _entry(x, i: int, j: int):
    lead = tuple(("slice", 0, d, 1) for d in x.shape[:-2])
    return apply("index", x, Lit(i), Lit(j), spec=(*lead, ("index", 0), ("index", 1)), checked=True)


def _small(x) -> bool:
    return isinstance(x.shape[-1], int) and x.shape[-1] <= 3


def _polarised(x, t):
    """The derivative of the cofactors along t, for matrices of up to 3 rows: also where x is singular."""
    n = x.shape[-1]

    def minor(i, j):
        rows, columns = ([k for k in range(n) if k != skip] for skip in (i, j))
        if n == 2:
            return _entry(t, rows[0], columns[0])
        (a, b), (c, d) = ([(_entry(x, r, k), _entry(t, r, k)) for k in columns] for r in rows)
        return a[1] * d[0] + a[0] * d[1] - b[1] * c[0] - b[0] * c[1]

    if n == 1:
        return apply("zeros", shape=t.shape, dtype=t.dtype)
    flat = [minor(i, j) if (i + j) % 2 == 0 else -minor(i, j) for i in range(n) for j in range(n)]
    stacked = apply("stack", *flat, axis=flat[0].ndim)
    return apply("reshape", stacked, shape=t.shape)


def _cofactor_jvp(tangents, y, x):
    """tr(x⁻¹ t) y - y tᵀ x⁻ᵀ, where x can be inverted."""
    (t,) = tangents
    if _small(x):
        return _polarised(x, t)
    inverse = apply("inv", x)
    return for_matrices(_trace_of_product(inverse, t)) * y - product(y, swap(t), swap(inverse))


def _cofactor_back(ct, y, x):
    if _small(x):
        return _polarised(x, ct)  # it is symmetric in t and ct
    inverse = apply("inv", x)
    return for_matrices(_trace_of_product(swap(ct), y)) * swap(inverse) - product(swap(inverse), swap(ct), y)


structured(
    "cofactor",
    infer=lambda x: Aval(x.dtype, x.shape),
    impl=cofactors,
    numpy="cofactors({0})",
    jvp=_cofactor_jvp,
    vjp=(_cofactor_back,),
    batch=lambda size, batched, x: apply("cofactor", x),
)
structured(
    "det",
    infer=_one_number,
    impl=np.linalg.det,
    numpy="np.linalg.det({0})",
    jvp=lambda tangents, y, x: _trace_of_product(swap(apply("cofactor", x)), tangents[0]),
    vjp=(lambda ct, y, x: for_matrices(ct) * apply("cofactor", x),),
    batch=lambda size, batched, x: apply("det", x),
)
structured(
    "slogdet",
    infer=_slogdet_infer,
    impl=lambda x: tuple(np.linalg.slogdet(x)),
    numpy="np.linalg.slogdet({0})",
    jvp=_slogdet_jvp,
    vjp=(_slogdet_back,),
    batch=lambda size, batched, x: apply("slogdet", x),
)
