"""Slices and subscripts of a given length, in all the ways they can be written."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from fuzz.choices import Choices
from fuzz.scope import Value, Writer


@lru_cache
def slices(n: int) -> dict[int, list[str]]:
    """For each length, the slices of an axis of n elements that have it."""
    found: dict[int, list[str]] = {}
    bounds = [None, *range(-min(n, 4) - 1, min(n, 4) + 2)]
    for step, lo, hi in product((None, 2, -1, -2, 3), bounds, bounds):
        length = len(range(n)[slice(lo, hi, step)])
        text = f"{'' if lo is None else lo}:{'' if hi is None else hi}"
        found.setdefault(length, []).append(text if step is None else f"{text}:{step}")
    for texts in found.values():
        texts.sort(key=len)
    return found


def a_slice(choose: Choices, n: int, length: int | None = None) -> tuple[str, int]:
    """A slice of an axis of n elements, and its length."""
    if length is None:
        length = choose.pick([n] + [k for k in sorted(slices(n), reverse=True) if 0 < k < n] + [0])
    return choose.pick(slices(n)[length]), length


def fits(n: int, length: int) -> bool:
    return length in slices(n)


def view_of(w: Writer, array: Value) -> Value:
    """A part of an array by slices, indices, None and an ellipsis."""
    choose = w.choose
    parts, shape = [], []
    for n in array.shape:
        form = choose.weighted([(5, "slice"), (3 if n else 0, "index"), (1, "none"), (2, "whole")])
        if form == "index":
            parts.append(index_text(w, n))
            continue
        if form == "none":
            parts.append("None")
            shape.append(1)
        text, length = (":", n) if form == "whole" else a_slice(choose, n)
        parts.append(text)
        shape.append(length)
    if len(array.shape) > 1 and choose.chance(10):
        parts, shape = ["...", parts[-1]], [*array.shape[:-1], *last_axes(array, parts, shape)]
    return Value(
        f"{array.text}[{', '.join(parts)}]", array.kind, tuple(shape), array.size, writable=array.writable
    )


def last_axes(array: Value, parts: list[str], shape: list[int]) -> list[int]:
    """The axes that the last subscript alone leaves."""
    return [] if ":" not in parts[-1] else shape[-1:]


def index_text(w: Writer, n: int) -> str:
    """An index in range of an axis of n > 0 elements."""
    choose = w.choose
    known = [v for v in w.scalars("i") if v.span and -n <= v.span[0] and v.span[1] < n]
    if known and choose.chance(70):
        return choose.pick(known).text
    near = [v for v in w.scalars("i") if v.span]
    if near and choose.chance(30):
        v, shift = choose.pick(near), choose.integer(-1, 1)
        if -n <= v.span[0] + shift and v.span[1] + shift < n:
            return f"{v.text} {'+-'[shift < 0]} {abs(shift)}"
    free = w.scalars("i")
    if free and choose.chance(30):
        return f"{choose.pick(free).text} % {n}"
    if choose.chance(30):
        return str(-1 - choose.integer(0, n - 1))
    return str(choose.integer(0, n - 1))
