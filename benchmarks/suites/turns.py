"""A batch in which one example in a thousand takes 1,000 turns of a loop, and the others take 5.

The time of the batched function ÷ that of a loop over the examples written by hand, in which each takes
exactly its own turns. Where a batch ran until its slowest example is done, it would be near 166.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

import broadax as bx
from benchmarks.case import Case, Contender
from benchmarks.timing import seconds, shown

EXAMPLES, FEW, MANY = 1000, 5, 1000
COLUMNS = ["case", "by hand", "vmap", "ratio"]


def newton(a, turns):
    """√a by so many turns of Newton's method."""
    y = 1.0 + a
    k = 0
    while k < turns:
        y = 0.5 * (y + a / y)
        k += 1
    return y


def newton_system(a, turns):
    """The same for the root of a matrix, here of one with three rows."""
    y = np.eye(3) * (1.0 + a)
    k = 0
    while k < turns:
        y = 0.5 * (y + a * np.linalg.inv(y))
        k += 1
    return y[0, 0]


def by_hand(step):
    """A loop over the examples around a function that Numba compiles."""
    one = njit(error_model="numpy")(step)

    @njit(error_model="numpy")
    def all_of_them(a, turns):
        out = np.empty(len(a))
        for i in range(len(a)):
            out[i] = one(a[i], turns[i])
        return out

    return all_of_them


def newton_gradient(a, turns):
    """The derivative of `newton` by a, with the iterates kept."""
    kept = np.empty(turns)
    y = 1.0 + a
    for k in range(turns):
        kept[k] = y
        y = 0.5 * (y + a / y)
    d_y, d_a = 1.0, 0.0
    for k in range(turns - 1, -1, -1):
        half = 0.5 * d_y
        d_a += half / kept[k]
        d_y = half - half * a / kept[k] / kept[k]
    return d_a + d_y


PAIRS = {
    "newton": (bx.vmap(newton, backend="numba"), newton),
    "newton_gradient": (bx.vmap(bx.grad(newton), backend="numba"), newton_gradient),
    "newton_system": (bx.vmap(newton_system, backend="numba"), newton_system),
}


@dataclass(frozen=True)
class Row:
    """Seconds of a call."""

    name: str
    hand: float
    batched: float

    @property
    def ratio(self) -> float:
        return self.batched / self.hand


def cases() -> list[str]:
    return list(PAIRS)


def arguments() -> tuple:
    """The numbers, and the turns of each."""
    turns = np.full(EXAMPLES, FEW)
    turns[EXAMPLES // 3] = MANY
    return np.linspace(0.5, 9.0, EXAMPLES), turns


def measure(name: str) -> Row:
    batched, step = PAIRS[name]
    args = arguments()
    pair = {"hand": Contender(by_hand(step), args), "vmap": Contender(batched, args)}
    found = seconds(Case(name, pair), 0.2)
    return Row(name, found["hand"], found["vmap"])


def ratio(row: Row) -> float:
    return row.ratio


def cells(row: Row) -> list[str]:
    return [row.name, shown(row.hand), shown(row.batched), f"{row.ratio:.2f}"]


def summary(rows: list[Row]) -> str:
    worst = max(rows, key=lambda row: row.ratio)
    return f"Largest ratio: {worst.ratio:.2f} ({worst.name})."
