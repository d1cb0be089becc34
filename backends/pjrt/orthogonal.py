"""QR by Householder's reflections, as LAPACK's `geqrf` computes it: with the same signs.

Golub and Van Loan, Matrix Computations, 5.2; the reflections are those of LAPACK's `larfg`.
"""

from __future__ import annotations

from dataclasses import dataclass

from broadax.backends.pjrt.control import loop
from broadax.backends.pjrt.eigen import as_type_of, conjugate, real_part
from broadax.backends.pjrt.factorizations import matrices, times
from broadax.backends.pjrt.places import Window, cut
from broadax.backends.pjrt.shaping import diagonal
from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import INT, real_of
from broadax.backends.pjrt.updates import put
from broadax.backends.pjrt.values import Value


@dataclass(frozen=True)
class Reflected:
    """`rows`: [b, m, n], upper triangular; of reflection k `1 - tau[k] v vᴴ` with v = vectors[:, k].

    `vectors`: [b, m, k]; `taus`: [b, 1, k].
    """

    rows: Value
    vectors: Value
    taus: Value


@emits("qr")
def qr(emitter, op, x):
    w, (q, r) = emitter.writer, op.outs
    x = x.convert(q.dtype)
    if not x.size:
        return w.const(0, q.dtype, q.shape), w.const(0, r.dtype, r.shape)
    done = reflect(emitter, matrices(x))
    k = q.shape[-1]
    upper = w.slice(done.rows, [(0, done.rows.shape[0], 1), (0, k, 1), (0, r.shape[-1], 1)])
    return columns(emitter, done, k).reshape(*q.shape), upper.reshape(*r.shape)


def reflect(emitter, a: Value) -> Reflected:
    """The reflections that make [b, m, n] upper triangular, and what is left."""
    w, (count, m, n) = emitter.writer, a.shape
    least = min(m, n)

    def body(values):
        k, a, vectors, taus = values
        v, tau = _reflection(w, cut(w, a, [_all(count), _all(m), _one(k)]), k)
        change = times(w, w.transpose(conjugate(w, v), [0, 2, 1]), a)
        change = w.spread(conjugate(w, tau), change.shape, [0, 1, 2]) * change
        a = a - times(w, v, change)
        vectors = put(w, vectors, v, [_all(count), _all(m), _one(k)], False)
        taus = put(w, taus, tau, [_all(count), _all(1), _one(k)], False)
        return [k + 1, a, vectors, taus]

    shapes = [a.shape, (count, m, least), (count, 1, least)]
    carries = [w.new(INT), *(w.new(a.dtype, shape) for shape in shapes)]
    init = [w.const(0, INT), a, *(w.const(0, a.dtype, shape) for shape in shapes[1:])]
    _, a, vectors, taus = loop(emitter, carries, init, lambda values: values[0] < least, body)
    return Reflected(w.select(diagonal(w, a.shape, 0, "GE"), a, 0), vectors, taus)


def columns(emitter, done: Reflected, count: int) -> Value:
    """The first columns of the product of the reflections: [b, m, count], orthonormal."""
    w, (batch, m, least) = emitter.writer, done.vectors.shape

    def body(values):
        k, q = values
        v = cut(w, done.vectors, [_all(batch), _all(m), _one(k)])
        tau = cut(w, done.taus, [_all(batch), _all(1), _one(k)])
        change = times(w, w.transpose(conjugate(w, v), [0, 2, 1]), q)
        change = w.spread(tau, change.shape, [0, 1, 2]) * change
        return [k - 1, q - times(w, v, change)]

    start = diagonal(w, (batch, m, count)).convert(done.rows.dtype)
    carries = [w.new(INT), w.new(start.dtype, start.shape)]
    init = [w.const(least - 1, INT), start]
    return loop(emitter, carries, init, lambda values: values[0] >= 0, body)[1]


def _all(size: int) -> Window:
    return Window(0, size, 1, size)


def _one(k: Value) -> Window:
    return Window(k, 1, 1, 1)


def _reflection(w, column: Value, k: Value) -> tuple[Value, Value]:
    """v and tau of the reflection that makes a column [b, m, 1] zero below its element k."""
    batch, m, _ = column.shape
    at = w.iota(INT, column.shape, 1)
    wide = w.spread(k, column.shape, ())
    below = w.select(at > wide, column, 0)
    first = cut(w, column, [_all(batch), _one(k), _all(1)])
    length = _length(w, w.select(at >= wide, column, 0))
    real = real_part(w, first)
    beta = w.select(real < 0, length, -length)
    idle = _largest(w, below).equals(0)
    if column.dtype.kind == "c":
        idle = idle & w.op("imag", first, dtype=real.dtype).equals(0)
    safe = as_type_of(w, w.select(idle, 1, beta), column)
    tau = w.select(idle, 0, (safe - first) / safe)
    scale = w.spread(w.select(idle, 1, first - safe), column.shape, [0, 1, 2])
    return w.select(at.equals(wide), 1, below / scale), tau


def _largest(w, x: Value) -> Value:
    """The largest size of the elements of columns [b, m, 1]: [b, 1, 1]."""
    size = w.op("abs", x, dtype=real_of(x.dtype))
    return w.reduce("maximum", size, 0, [1]).reshape(x.shape[0], 1, 1)


def _length(w, x: Value) -> Value:
    """The Euclidean length of columns [b, m, 1]: [b, 1, 1]; their squares may overflow."""
    size, most = w.op("abs", x, dtype=real_of(x.dtype)), _largest(w, x)
    safe = w.select(most.equals(0), 1, most)
    part = size / w.spread(safe, size.shape, [0, 1, 2])
    return most * w.same("sqrt", w.reduce("add", part * part, 0, [1]).reshape(*most.shape))
