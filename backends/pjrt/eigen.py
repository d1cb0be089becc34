"""Eigenvalues and vectors of symmetric matrices by Jacobi's rotations, as a loop.

The rotations of one turn are of the pairs (k, k + n/2), so that a turn is a few operations on halves of
matrices; after it the rows and columns move as the players of a round-robin tournament, which brings all
pairs together in n - 1 turns: Golub and Van Loan, Matrix Computations, 8.5. A matrix of odd size gets a
row and a column of zeros, which no rotation touches.
(XLA's own expansion of `Eigh` stops at half of float64's digits.)
"""

from __future__ import annotations

import numpy as np

from broadax.backends.pjrt.control import loop
from broadax.backends.pjrt.conversions import complex_of
from broadax.backends.pjrt.elementwise import parts
from broadax.backends.pjrt.factorizations import diagonal_of, eye, matrices
from broadax.backends.pjrt.room import pad
from broadax.backends.pjrt.shaping import diagonal
from broadax.backends.pjrt.sorting import ordered
from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import INT, real_of
from broadax.backends.pjrt.values import Value

SWEEPS = 30  # at most; six to ten are usual


@emits("eigh")
def eigh(emitter, op, x):
    """NumPy's: the lower triangle is read, eigenvalues ascend. Signs of vectors may differ from LAPACK's."""
    w, (values, vectors) = emitter.writer, op.outs
    x, n = x.convert(vectors.dtype), x.shape[-1]
    if not x.size:
        return w.const(0, values.dtype, values.shape), x
    if n == 1:
        return real_part(w, x).reshape(*values.shape), w.const(1, x.dtype, x.shape)
    a = matrices(x)
    count, odd = a.shape[0], n % 2
    lower = w.select(diagonal(w, a.shape, -1, "LE"), a, 0)
    main = w.select(diagonal(w, a.shape), a, 0)
    a = lower + conjugate(w, w.transpose(lower, [0, 2, 1])) + real_part(w, main).convert(x.dtype)
    a, v = _rotated(emitter, pad(w, a, [0, odd, odd]))
    keys = real_part(w, diagonal_of(w, a))
    if odd:  # the column that stands for the row of zeros comes last
        added = w.slice(v, [(0, count, 1), (n, n + 1, 1), (0, n + 1, 1)]).reshape(count, n + 1)
        keys = w.select(added.differs(0), np.nan, keys)
    (found,) = ordered(w, [keys], 1)
    _, v = ordered(w, [w.spread(keys, v.shape, [0, 2]), v], 2)
    found = w.slice(found, [(0, count, 1), (0, n, 1)])
    v = w.slice(v, [(0, count, 1), (0, n, 1), (0, n, 1)])
    return found.reshape(*values.shape), v.reshape(*vectors.shape)


def conjugate(w, x: Value) -> Value:
    if x.dtype.kind != "c":
        return x
    real, imag = parts(w, x)
    return complex_of(w, real, -imag, x.dtype)


def real_part(w, x: Value) -> Value:
    return parts(w, x)[0] if x.dtype.kind == "c" else x


def as_type_of(w, x: Value, like: Value) -> Value:
    """Real numbers in the dtype of others."""
    return x if like.dtype.kind != "c" else complex_of(w, x, x.like(0), like.dtype)


def _rotated(emitter, a: Value) -> tuple[Value, Value]:
    """[b, n, n], n even → the matrices made diagonal, and the products of the rotations."""
    w, n = emitter.writer, a.shape[-1]
    limit = _squares(w, a) * float(np.finfo(a.dtype).eps) ** 2

    def cond(values):
        turn, a, _ = values
        off = _squares(w, w.select(diagonal(w, a.shape), 0, a))
        return ~w.all(off <= limit) & (turn < SWEEPS * (n - 1))

    def body(values):
        return [values[0] + 1, *_turned(w, *values[1:])]

    carries = [w.new(INT), w.new(a.dtype, a.shape), w.new(a.dtype, a.shape)]
    return tuple(loop(emitter, carries, [w.const(0, INT), a, eye(w, a, n)], cond, body)[1:])


def _squares(w, a: Value) -> Value:
    """The sum of the squared sizes of each matrix's elements."""
    size = w.op("abs", a, dtype=real_of(a.dtype))
    return w.reduce("add", size * size, 0, [1, 2])


def _turned(w, a: Value, v: Value) -> tuple[Value, Value]:
    """One turn: the elements at (k, k + n/2) become 0, then all move on."""
    count, n = a.shape[:2]
    half = n // 2
    here, there = (
        w.slice(real_part(w, diagonal_of(w, a)), [(0, count, 1), (start, start + half, 1)])
        for start in (0, half)
    )
    element = diagonal_of(w, w.slice(a, [(0, count, 1), (0, half, 1), (half, n, 1)]))
    size = w.op("abs", element, dtype=real_of(a.dtype))
    safe = w.select(size.equals(0), 1, size)
    theta = (there - here) / (safe * 2)
    t = w.select(theta < 0, theta.like(-1), 1) / (w.same("abs", theta) + w.same("sqrt", theta * theta + 1))
    t = w.select(size.equals(0), 0, t)
    c = 1 / w.same("sqrt", t * t + 1)
    s = element * as_type_of(w, t * c / safe, a)
    c, turned = as_type_of(w, c, a), conjugate(w, s)
    a = mixed(w, a, c, s, turned, 1)
    return mixed(w, a, c, turned, s, 2), mixed(w, v, c, turned, s, 2)


def mixed(w, x: Value, c: Value, s: Value, other: Value, axis: int) -> Value:
    """Rows (or columns) p and q = p + n/2 become c p - s q and c q + other p; then they move on."""
    n = x.shape[axis]
    half = n // 2

    def cut(x: Value, start: int, stop: int) -> Value:
        return w.slice(x, [(start, stop, 1) if k == axis else (0, d, 1) for k, d in enumerate(x.shape)])

    p, q = cut(x, 0, half), cut(x, half, n)
    c, s, other = (w.spread(f, p.shape, [0, axis]) for f in (c, s, other))
    p, q = c * p - s * q, c * q + other * p
    if half == 1:
        return w.concatenate([p, q], axis)
    ends = cut(p, 0, 1), cut(q, 0, 1), cut(p, 1, half - 1), cut(q, 1, half), cut(p, half - 1, half)
    return w.concatenate([e for e in ends if e.size], axis)
