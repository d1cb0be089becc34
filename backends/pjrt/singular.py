"""Singular values and vectors by Jacobi's rotations of columns, and the pseudoinverse that they give.

A turn rotates the pairs of columns (k, k + n/2), as in `eigen`, so that they become orthogonal; the columns'
lengths are then the singular values: Golub and Van Loan, Matrix Computations, 8.6.3; Demmel and Veselić,
"Jacobi's method is more accurate than QR", 1992. The rotations are of the triangle R of QR, which is small.
"""

from __future__ import annotations

import math

import numpy as np

from broadax.backends.pjrt.control import loop
from broadax.backends.pjrt.eigen import SWEEPS, as_type_of, conjugate, mixed
from broadax.backends.pjrt.elementwise import is_nan
from broadax.backends.pjrt.factorizations import diagonal_of, eye, matrices, times
from broadax.backends.pjrt.orthogonal import columns, reflect
from broadax.backends.pjrt.room import pad
from broadax.backends.pjrt.shaping import diagonal
from broadax.backends.pjrt.sorting import ordered
from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import INT, real_of
from broadax.backends.pjrt.values import Value


@emits("svd")
def svd(emitter, op, x):
    """NumPy's: values fall. Signs of vectors may differ from LAPACK's."""
    w, (left, values, right) = emitter.writer, op.outs
    x = x.convert(left.dtype)
    if not x.size:
        u, v = (diagonal(w, o.shape).convert(x.dtype) for o in (left, right))
        return u, w.const(0, values.dtype, values.shape), v
    a, full = matrices(x), op.params["full"]
    if a.shape[1] >= a.shape[2]:
        u, s, v = decomposed(emitter, a, full)
    else:
        v, s, u = decomposed(emitter, _adjoint(w, a), full)
    return u.reshape(*left.shape), s.reshape(*values.shape), _adjoint(w, v).reshape(*right.shape)


@emits("pinv")
def pinv(emitter, op, x):
    w, out = emitter.writer, op.out
    x = x.convert(out.dtype)
    if not x.size:
        return w.const(0, out.dtype, out.shape)
    a, cutoff = matrices(x), op.params["cutoff"]
    wide = a.shape[1] < a.shape[2]
    u, s, v = decomposed(emitter, _adjoint(w, a) if wide else a, False)
    u, v = (v, u) if wide else (u, v)
    cutoff = max(a.shape[1:]) * float(np.finfo(s.dtype).eps) if cutoff is None else cutoff
    most = w.reduce("maximum", s, 0, [1])
    large = s > w.spread(most * cutoff, s.shape, [0])
    inverse = w.select(large, 1 / w.select(large, s, 1), 0)
    return times(w, v * _along(w, inverse, v), _adjoint(w, u)).reshape(*out.shape)


def decomposed(emitter, a: Value, full: bool) -> tuple[Value, Value, Value]:
    """[b, m, n] with m >= n → u [b, m, n], or with all m columns, s [b, n] and v [b, n, n]: a = u s vᴴ.

    Checked: NumPy's `LinAlgError` for a matrix with NaN in it.
    """
    w, (batch, m, n) = emitter.writer, a.shape
    good = w.all(~is_nan(w, a))
    emitter.checks.require(good, np.linalg.LinAlgError, ("SVD did not converge",))
    largest = w.reduce("maximum", w.op("abs", a, dtype=real_of(a.dtype)), 0, [1, 2])
    scale = w.select(largest.equals(0), 1, largest)
    a = a / as_type_of(w, w.spread(scale, a.shape, [0]), a)
    q = None
    if m > n:
        done = reflect(emitter, a)
        q, a = columns(emitter, done, m if full else n), _cut(w, done.rows, (batch, n, n))
    turned, v = _rotated(emitter, a)
    turned, s, v = _sorted(w, turned, v, n)
    u = _completed(emitter, turned, s)
    if q is not None:
        inner = times(w, w.slice(q, [(0, batch, 1), (0, m, 1), (0, n, 1)]), u)
        rest = w.slice(q, [(0, batch, 1), (0, m, 1), (n, q.shape[2], 1)])
        u = w.concatenate([inner, rest], 2) if rest.size else inner
    s = s * w.spread(scale, s.shape, [0])
    return u, s, v


def _adjoint(w, x: Value) -> Value:
    axes = list(range(x.ndim))
    return conjugate(w, w.transpose(x, [*axes[:-2], axes[-1], axes[-2]]))


def _cut(w, x: Value, shape) -> Value:
    return w.slice(x, [(0, d, 1) for d in shape])


def _along(w, s: Value, like: Value) -> Value:
    """Numbers [b, n] as factors of the columns of matrices [b, m, n]."""
    return as_type_of(w, w.spread(s, like.shape, [0, 2]), like)


# ── rotations ─────────────────────────────────────────────────────────────────────────────────────


def _rotated(emitter, a: Value) -> tuple[Value, Value]:
    """[b, n, n] → the matrices with orthogonal columns, and the products of the rotations; n made even."""
    w, n = emitter.writer, a.shape[2]
    if n == 1:
        return a, eye(w, a, 1)
    a = pad(w, a, [0, 0, n % 2])
    even = a.shape[2]
    real = real_of(a.dtype)
    limit = float(np.finfo(real).eps) * math.sqrt(n)
    v = eye(w, a, even)

    def turn(values):
        k, a, v, worst = values
        a, v, off = _turned(w, a, v, limit)
        return [k + 1, a, v, w.same("maximum", worst, off)]

    def sweep(values):
        k, a, v, _ = values
        carries = [w.new(INT), w.new(a.dtype, a.shape), w.new(a.dtype, v.shape), w.new(real)]
        init = [w.const(0, INT), a, v, w.const(0, real)]
        return [k + 1, *loop(emitter, carries, init, lambda c: c[0] < even - 1, turn)[1:]]

    carries = [w.new(INT), w.new(a.dtype, a.shape), w.new(a.dtype, v.shape), w.new(real)]
    init = [w.const(0, INT), a, v, w.const(1, real)]
    cond = lambda values: (values[3] > limit) & (values[0] < SWEEPS)
    return tuple(loop(emitter, carries, init, cond, sweep)[1:3])


def _turned(w, a: Value, v: Value, limit: float) -> tuple[Value, Value, Value]:
    """One turn; and the largest cosine of an angle between two columns of a pair before it."""
    batch, rows, n = a.shape
    half = n // 2
    p, q = (w.slice(a, [(0, batch, 1), (0, rows, 1), (k, k + half, 1)]) for k in (0, half))
    here, there = _squares(w, p), _squares(w, q)
    inner = w.reduce("add", conjugate(w, p) * q, 0, [1])
    size = w.op("abs", inner, dtype=here.dtype)
    lengths = w.same("sqrt", here) * w.same("sqrt", there)
    cosine = w.select(lengths.equals(0), 0, size / w.select(lengths.equals(0), 1, lengths))
    still = ~(cosine > limit)
    safe = w.select(still, 1, size)
    theta = (there - here) / (safe * 2)
    t = w.select(theta < 0, theta.like(-1), 1) / (w.same("abs", theta) + w.same("sqrt", theta * theta + 1))
    t = w.select(still, 0, t)
    c = 1 / w.same("sqrt", t * t + 1)
    s = inner * as_type_of(w, t * c / safe, a)
    c, turned = as_type_of(w, c, a), conjugate(w, s)
    worst = w.reduce("maximum", cosine, 0, [0, 1])
    return mixed(w, a, c, turned, s, 2), mixed(w, v, c, turned, s, 2), worst


def _squares(w, x: Value) -> Value:
    """The squared lengths of columns: [b, n]."""
    size = w.op("abs", x, dtype=real_of(x.dtype))
    return w.reduce("add", size * size, 0, [1])


def _sorted(w, a: Value, v: Value, n: int) -> tuple[Value, Value, Value]:
    """Columns by falling lengths, those lengths, and the vectors; without the column that was added."""
    batch, even = a.shape[0], a.shape[2]
    s = w.same("sqrt", _squares(w, a))
    keys = -s
    if even > n:  # the column that stands for the added one comes last
        added = w.slice(v, [(0, batch, 1), (n, n + 1, 1), (0, even, 1)]).reshape(batch, even)
        keys = w.select(added.differs(0), np.nan, keys)
    (_, s) = ordered(w, [keys, s], 1)
    _, a = ordered(w, [w.spread(keys, a.shape, [0, 2]), a], 2)
    _, v = ordered(w, [w.spread(keys, v.shape, [0, 2]), v], 2)
    return _cut(w, a, (batch, n, n)), _cut(w, s, (batch, n)), _cut(w, v, (batch, n, n))


def _completed(emitter, a: Value, s: Value) -> Value:
    """Columns divided by their lengths; in place of those of length 0 others that are orthogonal to all.

    The Q of these columns is that, but for signs, which the diagonal of its R has.
    """
    w = emitter.writer
    u = a / _along(w, w.select(s.equals(0), 1, s), a)
    done = reflect(emitter, u)
    signs = diagonal_of(w, done.rows)
    size = w.op("abs", signs, dtype=real_of(signs.dtype))
    whole = size > 0.5
    signs = signs / as_type_of(w, w.select(whole, size, 1), signs)
    signs = w.select(whole, signs, 1)
    return columns(emitter, done, u.shape[2]) * w.spread(signs, u.shape, [0, 2])
