"""Sorting, searching, the places of a mask."""

from __future__ import annotations

import numpy as np

from broadax.backends.pjrt.control import loop
from broadax.backends.pjrt.elementwise import is_nan, parts
from broadax.backends.pjrt.places import Window, cut, gathered
from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import BOOL, INT, is_float
from broadax.backends.pjrt.values import Value
from broadax.backends.pjrt.writer import listed


def before(w, a: Value, b: Value) -> Value:
    """Does a come before b? NaN comes last; of complex numbers those whose parts are numbers come first."""
    if a.dtype.kind == "c":
        (ar, ai), (br, bi) = parts(w, a), parts(w, b)
        same = ar.equals(br) | (is_nan(w, ar) & is_nan(w, br))
        part_nan = lambda r, i: is_nan(w, r) | is_nan(w, i)
        a_nan, b_nan = part_nan(ar, ai), part_nan(br, bi)
        plain = before(w, ar, br) | (same & before(w, ai, bi))
        real_first = ~is_nan(w, ar) & is_nan(w, br)
        by_class = real_first | (is_nan(w, ar).equals(is_nan(w, br)) & plain)
        return (~a_nan & b_nan) | (a_nan.equals(b_nan) & by_class)
    if is_float(a.dtype):
        return (a < b) | (b.differs(b) & a.equals(a))
    return a < b


def ordered(w, xs, axis: int) -> list[Value]:
    """Arrays reordered together, stably, so that the first is sorted along an axis."""
    outs = [w.new(x.dtype, x.shape) for x in xs]
    pairs = [w.new(x.dtype) for x in xs for _ in range(2)]
    options = f"<{{dimension = {axis} : i64, is_stable = true}}>"
    types = ", ".join(x.type for x in xs)
    w.line(*listed(outs), ' = "stablehlo.sort"(', *listed(xs), f") {options} ({{")
    takes = [part for p in pairs for part in (", ", p, f": {p.type}")][1:]
    w.line("^bb0(", *takes, "):")
    with w.region() as lines:
        w.line("stablehlo.return ", before(w, *pairs[:2]), " : tensor<i1>")
    w.lines.extend(lines)
    w.line(f"}}) : ({types}) -> ({', '.join(o.type for o in outs)}){w.place()}")
    return outs


@emits("sort")
def sort(emitter, op, x):
    return ordered(emitter.writer, [x], op.params["axis"] % x.ndim)[0]


@emits("argsort")
def argsort(emitter, op, x):
    w, axis = emitter.writer, op.params["axis"] % x.ndim
    return ordered(w, [x, w.iota(INT, x.shape, axis)], axis)[1]


@emits("flatnonzero")
def flatnonzero(emitter, op, mask):
    """The places sorted by whether the mask holds there, as many as do."""
    w, count = emitter.writer, op.out.shape[0]
    mask = mask if mask.dtype == BOOL else mask.differs(0)
    order = ordered(w, [(~mask).convert(np.uint8), w.iota(INT, mask.shape, 0)], 0)[1]
    return w.slice(order, [(0, count, 1)])


@emits("searchsorted")
def searchsorted(emitter, op, a, v):
    """All values at once, by halving: log2(n + 1) gathers."""
    w, n = emitter.writer, a.shape[0]
    dtype = np.result_type(a.dtype, v.dtype)
    a, v = a.convert(dtype), v.convert(dtype)
    low, high = w.const(0, INT, v.shape), w.const(n, INT, v.shape)
    if not n or not v.size:
        return low

    def body(values):
        turn, low, high = values
        middle = w.same("shift_right_arithmetic", low + high, low.like(1))
        value = _at(w, a, w.same("minimum", middle, middle.like(n - 1)))
        left = before(w, value, v) if op.params["side"] == "left" else ~before(w, v, value)
        left = left & (low < high)
        right = ~left & (low < high)
        return [turn + 1, w.select(left, middle + 1, low), w.select(right, middle, high)]

    carries = [w.new(INT), w.new(INT, v.shape), w.new(INT, v.shape)]
    turns = n.bit_length()
    return loop(emitter, carries, [w.const(0, INT), low, high], lambda c: c[0] < turns, body)[1]


def _at(w, a: Value, places: Value) -> Value:
    """The elements of a vector at places that are in range."""
    if not places.ndim:
        return cut(w, a, [Window(places, 1, 1, 1)]).reshape()
    at = places.reshape(*places.shape, 1)
    return gathered(w, a, at, places.shape, [0], [1])
