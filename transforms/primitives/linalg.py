"""Products and linear algebra. Derivatives after Giles, "Collected matrix derivative results", 2008."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError, UnsupportedError
from broadax.transforms import sizes
from broadax.transforms.avals import Aval, broadcast, shape_text
from broadax.transforms.core import Lit
from broadax.transforms.expression import apply
from broadax.transforms.primitives.creation import expand
from broadax.transforms.primitives.registry import bilinear, structured
from broadax.transforms.primitives.shape import unbroadcast


def swap(x):
    """The transposed matrix (of each in a batch)."""
    n = x.ndim
    return apply("transpose", x, axes=(*range(n - 2), n - 1, n - 2))


def _same(a, b, what: str) -> None:
    if sizes.same(a, b) is False:
        raise ShapeError(what)


# ── matmul ────────────────────────────────────────────────────────────────────────────────────────


def _matmul_infer(a, b):
    core = b.shape[-2] if b.ndim > 1 else b.shape[0]
    if sizes.same(a.shape[-1], core) is False:
        raise ShapeError(
            "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
            f"(n?,k),(k,m?)->(n?,m?) (size {sizes.hint(core)} is different from {sizes.hint(a.shape[-1])})")
    lead = broadcast(a.shape[:-2], b.shape[:-2])
    rows = a.shape[-2:-1] if a.ndim > 1 else ()
    cols = b.shape[-1:] if b.ndim > 1 else ()
    return Aval(a.dtype, (*lead, *rows, *cols))


def _column(x):
    return apply("reshape", x, shape=(*x.shape, 1))


def _matmul_a(ct, a, b):
    """d a = ct bᵀ."""
    if a.ndim == 1 and b.ndim == 1:
        return ct * b
    if b.ndim == 1:
        part = _column(ct) * b
    elif a.ndim == 1:
        part = apply("matmul", b, _column(ct)) if b.ndim > 2 else apply("matmul", b, ct)
        part = apply("reshape", part, shape=part.shape[:-1]) if b.ndim > 2 else part
    else:
        part = apply("matmul", ct, swap(b))
    return unbroadcast(part, a.shape)


def _matmul_b(ct, a, b):
    """d b = aᵀ ct."""
    if a.ndim == 1 and b.ndim == 1:
        return ct * a
    if a.ndim == 1:
        part = _column(a) * (apply("reshape", ct, shape=(*ct.shape[:-1], 1, ct.shape[-1])) if b.ndim > 2 else ct)
    elif b.ndim == 1:
        part = apply("matmul", swap(a), _column(ct)) if a.ndim > 2 else apply("matmul", swap(a), ct)
        part = apply("reshape", part, shape=part.shape[:-1]) if a.ndim > 2 else part
    else:
        part = apply("matmul", swap(a), ct)
    return unbroadcast(part, b.shape)


def _matmul_batch(size, batched, a, b):
    left, right = batched
    if left and right:
        if a.ndim == 2 and b.ndim == 2:
            return apply("sum", a * b, axes=(1,), keepdims=False)
        if a.ndim == 2:
            return _vector_times(a, b, size)
        if b.ndim == 2:
            wide = apply("reshape", b, shape=(size, *[1] * (a.ndim - 3), b.shape[1], 1))
            out = apply("matmul", a, wide)
            return apply("reshape", out, shape=out.shape[:-1])
        rank = max(a.ndim, b.ndim)
        return apply("matmul", expand(a, rank), expand(b, rank))
    if left:
        if a.ndim == 2 and b.ndim > 2:
            return _vector_times(a, apply("broadcast_to", b, shape=(size, *b.shape)), size)
        return apply("matmul", expand(a, b.ndim + 1) if a.ndim > 2 else a, b)
    if b.ndim == 2:
        if a.ndim == 2:
            return apply("matmul", b, swap(a))
        if a.ndim == 1:
            return apply("matmul", b, a)
        wide = apply("reshape", b, shape=(size, *[1] * (a.ndim - 2), b.shape[1], 1))
        out = apply("matmul", a, wide)
        return apply("reshape", out, shape=out.shape[:-1])
    return apply("matmul", a, expand(b, a.ndim + 1))


def _vector_times(a, b, size):
    """Each example's vector times its (batch of) matrices."""
    wide = apply("reshape", a, shape=(size, *[1] * (b.ndim - 3), 1, a.shape[1]))
    out = apply("matmul", wide, b)
    return apply("reshape", out, shape=(*out.shape[:-2], out.shape[-1]))


bilinear("matmul", infer=_matmul_infer, impl=np.matmul, transposes={0: _matmul_a, 1: _matmul_b},
         numpy="{0} @ {1}", batch=_matmul_batch)


# ── einsum ────────────────────────────────────────────────────────────────────────────────────────


def _einsum_infer(*xs, subscripts):
    inputs, output = subscripts.split("->")
    dims: dict[str, object] = {}
    for x, letters in zip(xs, inputs.split(","), strict=True):
        for letter, dim in zip(letters, x.shape, strict=True):
            if letter in dims:
                _same(dims[letter], dim, "operands could not be broadcast together with remapped shapes "
                      f"[original->remapped]: {shape_text(x.shape)}->{letters}")
            dims.setdefault(letter, dim)
    return Aval(xs[0].dtype, tuple(dims[letter] for letter in output))


def _einsum_transpose(k):
    """The cotangent of one operand: the output's letters take its place, and its own are the result."""

    def rule(ct, *xs, subscripts):
        inputs, output = subscripts.split("->")
        letters = inputs.split(",")
        mine = letters[k]
        others = [(x, ls) for j, (x, ls) in enumerate(zip(xs, letters, strict=True)) if j != k]
        have = set(output) | {c for _, ls in others for c in ls}
        known = "".join(c for c in dict.fromkeys(mine) if c in have)
        operands = [ct, *(x for x, _ in others)]
        terms = ",".join([output, *(ls for _, ls in others)])
        part = apply("einsum", *operands, subscripts=f"{terms}->{known}") if terms != known else ct
        sizes_of = dict(zip(mine, xs[k].shape, strict=True))
        if known != mine:
            unit = tuple(d if c in have else 1 for c, d in sizes_of.items())
            part = apply("reshape", part, shape=unit) if part.ndim != len(unit) else part
            part = apply("broadcast_to", part, shape=tuple(sizes_of.values()))
        return part if len(sizes_of) == len(mine) else _onto_diagonal(part, mine, list(sizes_of), xs[k])

    return rule


def _onto_diagonal(part, mine: str, letters: list[str], x):
    """Zeros of x's shape with `part` where the axes of a repeated letter have the same index."""
    idx = []
    for letter, dim in zip(mine, x.shape, strict=True):
        rows = apply("iota", size=dim, dtype=np.dtype(np.int64))
        idx.append(apply("reshape", rows, shape=tuple(dim if c == letter else 1 for c in letters)))
    blank = apply("zeros", shape=x.shape, dtype=x.dtype)
    return apply("at_set", blank, part, *idx, spec=tuple(("index", k) for k in range(len(mine))), checked=True)


def _einsum_batch(size, batched, *xs, subscripts):
    inputs, output = subscripts.split("->")
    free = next(c for c in "BZYXWVUTSRQPONMLKJIHGFEDCA" if c not in subscripts)
    terms = ",".join(free + t if flag else t for t, flag in zip(inputs.split(","), batched, strict=True))
    return apply("einsum", *xs, subscripts=f"{terms}->{free}{output}")


bilinear("einsum", infer=_einsum_infer, impl=lambda *xs, subscripts: np.einsum(subscripts, *xs),
         transposes={0: _einsum_transpose(0), 1: _einsum_transpose(1)}, batch=_einsum_batch,
         numpy=lambda a, p, out, text: f"np.einsum('{p['subscripts']}', {', '.join(a)})")


# ── solve, inverse, determinant ───────────────────────────────────────────────────────────────────


def _square(x, name: str) -> None:
    if x.ndim < 2:
        raise ShapeError(f"{x.ndim}-dimensional array given. Array must be at least two-dimensional")
    _same(x.shape[-1], x.shape[-2], "Last 2 dimensions of the array must be square")


def _solve_infer(a, b):
    _square(a, "solve")
    rows = b.shape[0] if b.ndim == 1 else b.shape[-2]
    _same(a.shape[-1], rows, "solve: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
          f"(m,m),(m,n)->(m,n) (size {sizes.hint(rows)} is different from {sizes.hint(a.shape[-1])})")
    if b.ndim == 1:
        return Aval(a.dtype, (*a.shape[:-2], b.shape[0]))
    return Aval(a.dtype, (*broadcast(a.shape[:-2], b.shape[:-2]), *b.shape[-2:]))


def _times(a, x, like):
    """`a @ x` where x is a vector if `like` (the right-hand side) is one."""
    if like.ndim == 1 and x.ndim > 1:
        out = apply("matmul", a, _column(x))
        return apply("reshape", out, shape=out.shape[:-1])
    return apply("matmul", a, x)


def _solve(a, b, like):
    """Solve for a right-hand side that is a vector for each matrix if `like` is one."""
    if like.ndim == 1 and b.ndim > 1:
        out = apply("solve", a, _column(b))
        return apply("reshape", out, shape=out.shape[:-1])
    return apply("solve", a, b)


def _solve_jvp(t, y, a, b):
    """a dx = db - da x."""
    t_a, t_b = t
    if t_a is None:
        return _solve(a, t_b, b)
    change = -_times(t_a, y, b) if t_b is None else t_b - _times(t_a, y, b)
    return _solve(a, change, b)


def _outer(u, v, like):
    """`u vᵀ`, of vectors if `like` is one."""
    if like.ndim == 1:
        return _column(u) * apply("reshape", v, shape=(*v.shape[:-1], 1, v.shape[-1]))
    return apply("matmul", u, swap(v))


def _solve_a(ct, y, a, b):
    return unbroadcast(-_outer(_solve(swap(a), ct, b), y, b), a.shape)


def _solve_batch(size, batched, a, b):
    left, right = batched
    a = a if left else apply("broadcast_to", a, shape=(size, *a.shape))
    if right and b.ndim == 2:
        out = apply("solve", expand(a, a.ndim), apply("reshape", b, shape=(size, *[1] * (a.ndim - 3), b.shape[1], 1)))
        return apply("reshape", out, shape=out.shape[:-1])
    if not right and b.ndim == 1:
        return apply("solve", a, b)
    if not right:
        return apply("solve", expand(a, b.ndim + 1), b)
    rank = max(a.ndim, b.ndim)
    return apply("solve", expand(a, rank), expand(b, rank))


structured("solve", infer=_solve_infer, impl=np.linalg.solve, jvp=_solve_jvp,
           vjp=(_solve_a, lambda ct, y, a, b: unbroadcast(_solve(swap(a), ct, b), b.shape)),
           numpy="np.linalg.solve({0}, {1})", batch=_solve_batch)


def _matrix(name):
    """Fields of a function from square matrices to square matrices."""

    def infer(x):
        _square(x, name)
        return Aval(x.dtype, x.shape)

    return {"infer": infer, "impl": getattr(np.linalg, name), "numpy": f"np.linalg.{name}({{0}})",
            "batch": lambda size, b, x: apply(name, x)}


def _mm(*xs):
    out = xs[0]
    for x in xs[1:]:
        out = apply("matmul", out, x)
    return out


structured("inv", **_matrix("inv"), jvp=lambda t, y, x: -_mm(y, t[0], y),
           vjp=(lambda ct, y, x: -_mm(swap(y), ct, swap(y)),))


def _phi(x):
    """The lower triangle with half the diagonal."""
    n = x.shape[-1]
    eye = apply("eye", n=n, m=n, k=0, dtype=x.dtype)
    return apply("tril", x, k=0) * (1 - 0.5 * eye)


def _cholesky_jvp(t, y, x):
    """dL = L phi(L⁻¹ dA L⁻ᵀ)."""
    symmetric = (t[0] + swap(t[0])) * 0.5
    inner = swap(apply("solve", y, swap(apply("solve", y, symmetric))))
    return _mm(y, _phi(inner))


def _cholesky_vjp(ct, y, x):
    """dA = ½ (s + sᵀ) with s = L⁻ᵀ phi(Lᵀ dL) L⁻¹."""
    inner = _phi(_mm(swap(y), ct))
    s = apply("solve", swap(y), swap(apply("solve", swap(y), swap(inner))))
    return (s + swap(s)) * 0.5


structured("cholesky", **_matrix("cholesky"), jvp=_cholesky_jvp, vjp=(_cholesky_vjp,))


def _trace(x):
    n = x.shape[-1]
    return apply("sum", x * apply("eye", n=n, m=n, k=0, dtype=x.dtype), axes=(x.ndim - 2, x.ndim - 1), keepdims=False)


def _scalar_infer(x):
    _square(x, "det")
    return Aval(x.dtype, x.shape[:-2])


def _unit(ct):
    """A number for each matrix, to be multiplied with matrices."""
    return apply("reshape", ct, shape=(*ct.shape, 1, 1)) if ct.ndim else ct


structured("det", infer=_scalar_infer, impl=np.linalg.det, numpy="np.linalg.det({0})",
           jvp=lambda t, y, x: y * _trace(apply("solve", x, t[0])),
           vjp=(lambda ct, y, x: _unit(ct * y) * swap(apply("inv", x)),), batch=lambda size, b, x: apply("det", x))
structured("slogdet", infer=lambda x: (_scalar_infer(x), _scalar_infer(x)), impl=lambda x: tuple(np.linalg.slogdet(x)),
           numpy="np.linalg.slogdet({0})",
           jvp=lambda t, y, x: (None, _trace(apply("solve", x, t[0]))),
           vjp=(lambda ct, y, x: _unit(ct[1]) * swap(apply("inv", x)),),
           batch=lambda size, b, x: apply("slogdet", x))


# ── symmetric eigenproblem ────────────────────────────────────────────────────────────────────────


def _gaps(w):
    """1 / (w_j - w_i) off the diagonal, 0 on it and between equal eigenvalues."""
    rows = apply("reshape", w, shape=(*w.shape, 1))
    cols = apply("reshape", w, shape=(*w.shape[:-1], 1, w.shape[-1]))
    gap = cols - rows
    same = apply("equal", gap, 0.0)
    one, zero = w.dtype.type(1), w.dtype.type(0)
    return apply("where", same, Lit(zero), 1 / apply("where", same, Lit(one), gap))


def _diagonal(x):
    n = x.shape[-1]
    return apply("sum", x * apply("eye", n=n, m=n, k=0, dtype=x.dtype), axes=(x.ndim - 1,), keepdims=False)


def _eigh_jvp(t, y, a):
    w, v = y
    inner = _mm(swap(v), (t[0] + swap(t[0])) * 0.5, v)
    return _diagonal(inner), _mm(v, _gaps(w) * inner)


def _eigh_vjp(ct, y, a):
    w, v = y
    n = a.shape[-1]
    inner = _gaps(w) * _mm(swap(v), ct[1])
    diagonal = apply("reshape", ct[0], shape=(*ct[0].shape, 1)) * apply("eye", n=n, m=n, k=0, dtype=a.dtype)
    s = _mm(v, inner + diagonal, swap(v))
    return (s + swap(s)) * 0.5


def _eigh_infer(x):
    _square(x, "eigh")
    if x.dtype.kind == "c":
        raise UnsupportedError("eigh of a complex matrix")
    return Aval(x.dtype, x.shape[:-1]), Aval(x.dtype, x.shape)


structured("eigh", infer=_eigh_infer, impl=lambda x: tuple(np.linalg.eigh(x)), jvp=_eigh_jvp, vjp=(_eigh_vjp,),
           numpy="np.linalg.eigh({0})", batch=lambda size, b, x: apply("eigh", x))
