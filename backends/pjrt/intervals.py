"""Arithmetic of ranges of integers, `(least, greatest)`, whose ends may be infinite."""

from __future__ import annotations

import math

UNKNOWN = (-math.inf, math.inf)


def union(*ranges: tuple) -> tuple:
    """The range that holds all of some; unknown for none."""
    if not ranges:
        return UNKNOWN
    return min(r[0] for r in ranges), max(r[1] for r in ranges)


def times(a: float, b: float) -> float:
    return 0 if a == 0 or b == 0 else a * b


def product(a: tuple, b: tuple) -> tuple:
    ends = [times(x, y) for x in a for y in b]
    return min(ends), max(ends)


def floored(a: tuple, step: float) -> tuple:
    return tuple(x // step if math.isfinite(x) else x for x in a)


def quotient(total: float, step: float) -> float:
    """How many steps a distance takes, rounded up; the distance to infinity is infinite."""
    if math.isnan(total) or not math.isfinite(total) or not math.isfinite(step):
        return math.inf if not total < 0 else 0
    return max(0, -(-total // step))


ARITHMETIC = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "subtract": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "multiply": product,
    "negative": lambda a: (-a[1], -a[0]),
    "minimum": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "maximum": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
}
