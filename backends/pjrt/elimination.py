"""Gauss's elimination of batches of matrices, as a loop over the columns."""

from __future__ import annotations

from dataclasses import dataclass

from broadax.backends.pjrt.control import loop
from broadax.backends.pjrt.places import Window, cut
from broadax.backends.pjrt.reductions import folded, lowest
from broadax.backends.pjrt.shaping import diagonal
from broadax.backends.pjrt.types import INT, real_of
from broadax.backends.pjrt.values import Value


@dataclass(frozen=True)
class Eliminated:
    """`rows`: [b, n, m], upper triangular in the first n columns; `sign`: [b], of the exchanges."""

    rows: Value
    sign: Value


def eliminate(emitter, rows: Value, n: int) -> Eliminated:
    """Row echelon form of [b, n, m], by its first n columns, with partial pivoting."""
    w, count = emitter.writer, rows.shape[0]

    def body(values):
        k, rows, sign = values
        pivot = _largest(w, _below(w, _column(w, rows, k, 2), k))
        rows, sign = _exchange(w, rows, k, pivot, sign, 1)
        return [k + 1, _cleared(w, rows, k), sign]

    carries = [w.new(INT), w.new(rows.dtype, rows.shape), w.new(rows.dtype, (count,))]
    init = [w.const(0, INT), rows, w.const(1, rows.dtype, (count,))]
    _, rows, sign = loop(emitter, carries, init, lambda c: c[0] < n - 1, body)
    return Eliminated(_upper(w, rows, n), sign)


def eliminate_fully(emitter, rows: Value, n: int) -> tuple[Eliminated, Value]:
    """The same with complete pivoting; and the matrix by which the columns were reordered."""
    w, count = emitter.writer, rows.shape[0]
    square = (count, n, n)

    def body(values):
        k, rows, order, sign = values
        left = w.slice(rows, [(0, count, 1), (0, n, 1), (0, n, 1)])
        best = w.reduce("maximum", _below(w, _below(w, _size(w, left), k, 1), k, 2), -1, [2])
        pivot = _largest(w, best)
        rows, sign = _exchange(w, rows, k, pivot, sign, 1)
        pivot = _largest(w, _below(w, _row(w, rows, k, n), k))
        left = w.slice(rows, [(0, count, 1), (0, n, 1), (0, n, 1)])
        rest = w.slice(rows, [(0, count, 1), (0, n, 1), (n, rows.shape[2], 1)])
        left, sign = _exchange(w, left, k, pivot, sign, 2)
        order, _ = _exchange(w, order, k, pivot, sign, 2)
        rows = w.concatenate([left, rest], 2)
        return [k + 1, _cleared(w, rows, k), order, sign]

    carries = [w.new(INT), w.new(rows.dtype, rows.shape), w.new(rows.dtype, square)]
    carries.append(w.new(rows.dtype, (count,)))
    order = diagonal(w, square).convert(rows.dtype)
    init = [w.const(0, INT), rows, order, w.const(1, rows.dtype, (count,))]
    _, rows, order, sign = loop(emitter, carries, init, lambda c: c[0] < n - 1, body)
    return Eliminated(_upper(w, rows, n), sign), order


# ── steps ─────────────────────────────────────────────────────────────────────────────────────────


def _size(w, x: Value) -> Value:
    return w.op("abs", x, dtype=real_of(x.dtype))


def _column(w, rows: Value, k: Value, axis: int) -> Value:
    """The sizes of the elements of column (or row) k: [b, n]."""
    found = [Window(0, d, 1, d) for d in rows.shape]
    found[axis] = Window(k, 1, 1, 1)
    line = cut(w, rows, found)
    return _size(w, line).reshape(*(d for j, d in enumerate(rows.shape) if j != axis))


def _row(w, rows: Value, k: Value, n: int) -> Value:
    line = _column(w, rows, k, 1)
    return w.slice(line, [(0, line.shape[0], 1), (0, n, 1)])


def _below(w, sizes: Value, k: Value, axis: int = 1) -> Value:
    """Sizes, but -1 for those before k along an axis."""
    at = w.iota(INT, sizes.shape, axis)
    return w.select(at < w.spread(k, sizes.shape, ()), -1, sizes)


def _largest(w, sizes: Value) -> Value:
    """The place of the largest element of each row: [b]."""

    def better(left, right):
        (a, i), (b, j) = left, right
        return (a > b) | (a.equals(b) & (i < j))

    starts = [w.const(lowest(sizes.dtype), sizes.dtype), w.const(0, INT)]
    return folded(w, [sizes, w.iota(INT, sizes.shape, 1)], starts, [1], better)[1]


def _exchange(w, rows: Value, k: Value, other: Value, sign: Value, axis: int) -> tuple[Value, Value]:
    """Rows (or columns) k and `other[b]` exchanged; the sign turns where they differ."""
    at = w.iota(INT, rows.shape, axis)
    wide = w.spread(other, rows.shape, [0])
    found = [Window(0, d, 1, d) for d in rows.shape]
    found[axis] = Window(k, 1, 1, 1)
    first = w.spread(cut(w, rows, found), rows.shape, [0, 1, 2])
    axes = [j for j in range(3) if j != axis]
    second = w.reduce("add", w.select(at.equals(wide), rows, 0), 0, [axis])
    second = w.spread(second, rows.shape, axes)
    here = at.equals(w.spread(k, rows.shape, ()))
    changed = w.select(here, second, w.select(at.equals(wide), first, rows))
    stays = other.equals(w.spread(k, other.shape, ()))
    return changed, w.select(stays, sign, -sign)


def _cleared(w, rows: Value, k: Value) -> Value:
    """Multiples of row k subtracted from those below, so that column k is 0 there; none of a row of zeros."""
    count, n, m = rows.shape
    line = cut(w, rows, [Window(0, count, 1, count), Window(k, 1, 1, 1), Window(0, m, 1, m)])
    column = cut(w, rows, [Window(0, count, 1, count), Window(0, n, 1, n), Window(k, 1, 1, 1)])
    pivot = cut(w, line, [Window(0, count, 1, count), Window(0, 1, 1, 1), Window(k, 1, 1, 1)])
    wide = w.spread(pivot, column.shape, [0, 1, 2])
    below = w.iota(INT, column.shape, 1) > w.spread(k, column.shape, ())
    factor = w.select(below & wide.differs(0), column / wide, 0)
    return rows - w.spread(factor, rows.shape, [0, 1, 2]) * w.spread(line, rows.shape, [0, 1, 2])


def _upper(w, rows: Value, n: int) -> Value:
    """Exact zeros below the diagonal of the first n columns."""
    at, column = (w.iota(INT, rows.shape, axis) for axis in (1, 2))
    return w.select((at > column) & (column < n), 0, rows)
