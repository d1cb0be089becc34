"""Linear algebra: Cholesky and triangular systems are StableHLO's; the rest is elimination written as a loop.

Matrices of a batch are taken together: `[…, n, n]` becomes `[b, n, n]`.
"""

from __future__ import annotations

import numpy as np

from broadax.backends.pjrt.elementwise import is_nan
from broadax.backends.pjrt.elimination import Eliminated, eliminate, eliminate_fully
from broadax.backends.pjrt.shaping import diagonal
from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import real_of
from broadax.backends.pjrt.values import Value


def matrices(x: Value) -> Value:
    """A batch of matrices with one leading axis."""
    return x.reshape(int(np.prod(x.shape[:-2], dtype=int)), *x.shape[-2:])


def eye(w, like: Value, n: int) -> Value:
    return diagonal(w, (*like.shape[:-2], n, n)).convert(like.dtype)


def diagonal_of(w, x: Value) -> Value:
    """The diagonals of matrices."""
    return w.reduce("add", w.select(diagonal(w, x.shape), x, 0), 0, [x.ndim - 2])


def triangular(w, a: Value, b: Value, lower: bool, unit: bool = False) -> Value:
    """X with A X = B for triangular matrices A, of which only one triangle is read."""
    out = w.new(b.dtype, b.shape)
    options = (
        f"left_side = true, lower = {str(lower).lower()}, transpose_a = #stablehlo<transpose NO_TRANSPOSE>, "
        f"unit_diagonal = {str(unit).lower()}"
    )
    types = f"({a.type}, {b.type}) -> {out.type}"
    w.define((out,), '"stablehlo.triangular_solve"(', a, ", ", b, f") <{{{options}}}> : {types}")
    return out


def _refuse_singular(emitter, pivots: Value) -> None:
    """NumPy's error where a pivot is 0."""
    emitter.checks.require(emitter.writer.all(pivots.differs(0)), np.linalg.LinAlgError, ("Singular matrix",))


# ── systems of equations ──────────────────────────────────────────────────────────────────────────


@emits("solve")
def solve(emitter, op, a, b):
    w, out = emitter.writer, op.out
    a, b = a.convert(out.dtype), b.convert(out.dtype)
    vectors = b.ndim == 1
    b = b.reshape(*b.shape, 1) if vectors else b
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    if not out.aval.size:
        return w.const(0, out.dtype, out.shape)
    a = matrices(w.broadcast(a, (*lead, *a.shape[-2:])))
    b = matrices(w.broadcast(b, (*lead, *b.shape[-2:])))
    triangle = op.params.get("triangle", "")
    if triangle:
        _refuse_singular(emitter, diagonal_of(w, a))
        found = triangular(w, a, b, triangle == "lower")
    else:
        found = _solved(emitter, a, b)
    return found.reshape(*out.shape)


def _solved(emitter, a: Value, b: Value) -> Value:
    w, n = emitter.writer, a.shape[-1]
    done = eliminate(emitter, w.concatenate([a, b], 2), n)
    upper = w.slice(done.rows, [(0, a.shape[0], 1), (0, n, 1), (0, n, 1)])
    _refuse_singular(emitter, diagonal_of(w, upper))
    right = w.slice(done.rows, [(0, a.shape[0], 1), (0, n, 1), (n, n + b.shape[-1], 1)])
    return triangular(w, upper, right, False)


@emits("inv")
def inv(emitter, op, x):
    if not x.size:
        return x
    w, x = emitter.writer, x.convert(op.out.dtype)
    a = matrices(x)
    return _solved(emitter, a, eye(w, a, a.shape[-1])).reshape(*op.out.shape)


# ── determinants ──────────────────────────────────────────────────────────────────────────────────


def _eliminated(emitter, x: Value) -> tuple[Eliminated, Value]:
    a = matrices(x)
    done = eliminate(emitter, a, a.shape[-1])
    return done, diagonal_of(emitter.writer, done.rows)


@emits("det")
def det(emitter, op, x):
    w, x = emitter.writer, x.convert(op.out.dtype)
    if not x.size:
        return w.const(1, op.out.dtype, op.out.shape)
    done, pivots = _eliminated(emitter, x)
    return (done.sign * w.reduce("multiply", pivots, 1, [1])).reshape(*op.out.shape)


@emits("slogdet")
def slogdet(emitter, op, x):
    w, (sign, log) = emitter.writer, op.outs
    x = x.convert(sign.dtype)
    if not x.size:
        return w.const(1, sign.dtype, sign.shape), w.const(0, log.dtype, log.shape)
    done, pivots = _eliminated(emitter, x)
    sizes = w.op("abs", pivots, dtype=real_of(x.dtype))
    units = w.same("sign", pivots)
    total = w.reduce("add", w.same("log", sizes), 0, [1])
    found = done.sign * w.reduce("multiply", units, 1, [1])
    return found.reshape(*sign.shape), total.reshape(*log.shape)


@emits("cofactor")
def cofactor(emitter, op, x):
    """The cofactors, also of singular matrices: see `runtime.matrices.cofactor` for the formula.

    With complete pivoting E P a Q = U, where det E = 1: adj(a) = ± Q adj(U) E P.
    """
    w, x = emitter.writer, x.convert(op.out.dtype)
    if not x.size:
        return x
    a = matrices(x)
    count, n = a.shape[:2]
    done, order = eliminate_fully(emitter, w.concatenate([a, eye(w, a, n)], 2), n)
    upper = w.slice(done.rows, [(0, count, 1), (0, n, 1), (0, n, 1)])
    right = w.slice(done.rows, [(0, count, 1), (0, n, 1), (n, 2 * n, 1)])
    adjugate = _adjugate_of_upper(w, upper)
    found = times(w, times(w, order, adjugate), right)
    sign = w.spread(done.sign, found.shape, [0])
    return w.transpose(found * sign, [0, 2, 1]).reshape(*op.out.shape)


def _adjugate_of_upper(w, upper: Value) -> Value:
    """adj([[V, u], [0, t]]) = det(V) [[t V⁻¹, -V⁻¹ u], [0, 1]]; 0 where V is singular."""
    count, n = upper.shape[:2]
    if n == 1:
        return w.const(1, upper.dtype, upper.shape)
    m = n - 1
    at = lambda rows, columns: w.slice(upper, [(0, count, 1), (*rows, 1), (*columns, 1)])
    inner, last, corner = at((0, m), (0, m)), at((0, m), (m, n)), at((m, n), (m, n))
    pivots = diagonal_of(w, inner)
    det = w.reduce("multiply", pivots, 1, [1])
    right = w.concatenate([eye(w, inner, m) * w.spread(corner, (count, m, m), [0, 1, 2]), -last], 2)
    top = triangular(w, inner, right, False)
    bottom = w.concatenate(
        [w.const(0, upper.dtype, (count, 1, m)), w.const(1, upper.dtype, (count, 1, 1))], 2
    )
    found = w.concatenate([top, bottom], 1) * w.spread(det, upper.shape, [0])
    return w.select(w.spread(det.equals(0), upper.shape, [0]), 0, found)


def times(w, a: Value, b: Value) -> Value:
    dims = ", batching_dims = [0] x [0], contracting_dims = [2] x [1], precision = [HIGHEST, HIGHEST]"
    return w.op("dot_general", a, b, shape=(a.shape[0], a.shape[1], b.shape[2]), after=dims)


# ── cholesky ──────────────────────────────────────────────────────────────────────────────────────


@emits("cholesky")
def cholesky(emitter, op, x):
    w, x = emitter.writer, x.convert(op.out.dtype)
    if not x.size:
        return x
    out = w.new(x.dtype, x.shape)
    w.define((out,), "stablehlo.cholesky ", x, f", lower = true : {x.type}")
    good = w.all(~is_nan(w, diagonal_of(w, out)))
    emitter.checks.require(good, np.linalg.LinAlgError, ("Matrix is not positive definite",))
    return w.select(diagonal(w, x.shape, 0, "LE"), out, 0)
