"""Eigenvalues and vectors of symmetric matrices by Jacobi's rotations, as a loop.

The rotations of one turn are of disjoint pairs, chosen as a round-robin tournament pairs its players, so
that a turn is a few operations on whole matrices: Golub and Van Loan, Matrix Computations, 8.5.
(XLA's own expansion of `Eigh` stops at half of float64's digits.)
"""

from __future__ import annotations

import numpy as np

from broadax.backends.pjrt.control import loop
from broadax.backends.pjrt.conversions import complex_of
from broadax.backends.pjrt.elementwise import parts
from broadax.backends.pjrt.factorizations import diagonal_of, eye, matrices
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
    x = x.convert(vectors.dtype)
    if not x.size:
        return w.const(0, values.dtype, values.shape), x
    if x.shape[-1] == 1:
        return real_part(w, x).reshape(*values.shape), w.const(1, x.dtype, x.shape)
    a = matrices(x)
    lower = w.select(diagonal(w, a.shape, -1, "LE"), a, 0)
    main = w.select(diagonal(w, a.shape), a, 0)
    a = lower + conjugate(w, w.transpose(lower, [0, 2, 1])) + real_part(w, main).convert(x.dtype)
    a, v = _rotated(emitter, a)
    found = real_part(w, diagonal_of(w, a))
    keys = w.spread(found, (*found.shape, found.shape[1]), [0, 2])
    (found,) = ordered(w, [found], 1)
    _, v = ordered(w, [keys, v], 2)
    return found.reshape(*values.shape), v.reshape(*vectors.shape)


def conjugate(w, x: Value) -> Value:
    if x.dtype.kind != "c":
        return x
    real, imag = parts(w, x)
    return complex_of(w, real, -imag, x.dtype)


def real_part(w, x: Value) -> Value:
    return parts(w, x)[0] if x.dtype.kind == "c" else x


def _scaled(w, x: Value, factor: Value) -> Value:
    """x times real factors of its shape."""
    return x * (factor if x.dtype.kind != "c" else complex_of(w, factor, factor.like(0), x.dtype))


def _rotated(emitter, a: Value) -> tuple[Value, Value]:
    """[b, n, n] → the matrices made diagonal, and the products of the rotations."""
    w, n = emitter.writer, a.shape[-1]
    players = n + n % 2
    eps = float(np.finfo(a.dtype).eps)
    limit = _squares(w, a) * eps**2

    def cond(values):
        turn, a, _ = values
        off = _squares(w, w.select(diagonal(w, a.shape), 0, a))
        return ~w.all(off <= limit) & (turn < SWEEPS * (players - 1))

    def body(values):
        turn, a, v = values
        return [turn + 1, *_turned(w, a, v, _partners(w, turn, n, players))]

    carries = [w.new(INT), w.new(a.dtype, a.shape), w.new(a.dtype, a.shape)]
    return tuple(loop(emitter, carries, [w.const(0, INT), a, eye(w, a, n)], cond, body)[1:])


def _squares(w, a: Value) -> Value:
    """The sum of the squared sizes of each matrix's elements."""
    size = w.op("abs", a, dtype=real_of(a.dtype))
    return w.reduce("add", size * size, 0, [1, 2])


def _partners(w, turn: Value, n: int, players: int) -> Value:
    """Whom each of n players meets in a turn; themselves where n is odd and they rest.

    In turn r, i meets (r - i) mod (players - 1); who would meet themselves meets the last player.
    """
    odd = players - 1
    at = w.iota(INT, (n,), 0)
    r = w.spread(turn, (n,), ())
    rounds = w.same("remainder", r, r.like(odd))
    other = w.same("remainder", rounds - at + odd, at.like(odd))
    if players > n:
        return other  # i meets itself: it rests
    last = w.same("remainder", rounds * (players // 2), at.like(odd))
    other = w.select(other.equals(at), n - 1, other)
    return w.select(at.equals(n - 1), last, other)


def _turned(w, a: Value, v: Value, partner: Value) -> tuple[Value, Value]:
    """One turn: the elements at (i, partner[i]) become 0."""
    count, n = a.shape[:2]
    square = (count, n, n)
    meets = w.iota(INT, square, 2).equals(w.spread(partner, square, [1]))
    meets = meets & w.iota(INT, square, 1).differs(w.iota(INT, square, 2))
    here = real_part(w, diagonal_of(w, a))
    there = _taken(w, here, partner, 1)
    element = w.reduce("add", w.select(meets, a, 0), 0, [2])
    size = w.op("abs", element, dtype=real_of(a.dtype))
    none = size.equals(0)
    safe = w.select(none, 1, size)
    theta = (there - here) / (safe * 2)
    first = w.iota(INT, here.shape, 1) < w.spread(partner, here.shape, [1])
    sign = w.select(theta.equals(0), w.select(first, here.like(1), -1), w.same("sign", theta))
    t = sign / (w.same("abs", theta) + w.same("sqrt", theta * theta + 1))
    t = w.select(none, 0, t)
    c = 1 / w.same("sqrt", t * t + 1)
    s = _scaled(w, element, t * c / safe)
    a = _mixed(w, a, partner, c, s, 1)
    a = _mixed(w, a, partner, c, conjugate(w, s), 2)
    return a, _mixed(w, v, partner, c, conjugate(w, s), 2)


def _mixed(w, x: Value, partner: Value, c: Value, s: Value, axis: int) -> Value:
    """Rows (or columns) i become c_i times themselves less s_i times their partner's."""
    wide = lambda f: w.spread(f, x.shape, [0, axis])
    return _scaled(w, x, wide(c)) - wide(s) * _taken(w, x, partner, axis)


def _taken(w, x: Value, places: Value, axis: int) -> Value:
    """The elements at places along an axis."""
    sizes = [1 if k == axis else d for k, d in enumerate(x.shape)]
    offsets = [k for k in range(x.ndim) if k != axis]
    out, at = w.new(x.dtype, x.shape), places.reshape(*places.shape, 1)
    numbers = (
        f"#stablehlo.gather<offset_dims = {offsets}, collapsed_slice_dims = [{axis}], "
        f"start_index_map = [{axis}], index_vector_dim = 1>"
    )
    sized = f"slice_sizes = array<i64: {', '.join(map(str, sizes))}>"
    options = f"<{{dimension_numbers = {numbers}, indices_are_sorted = false, {sized}}}>"
    w.define((out,), '"stablehlo.gather"(', x, ", ", at, f") {options} : ({x.type}, {at.type}) -> {out.type}")
    return out
