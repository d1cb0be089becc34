"""Time of value_and_grad ÷ time of the function, both compiled by Numba, for every program of tests/programs.

The arrays of a program are made so large that the function takes at least 100 µs, and calls count little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from programs.checks import loss_of
from programs.pool import Program, load_all

import broadax as bx
from benchmarks.case import Case, Contender
from benchmarks.timing import seconds, shown

COLUMNS = ["program", "scale", "f", "value_and_grad", "ratio"]
ENOUGH = 100e-6
LARGEST = 1 << 12
MOST_BYTES = 1 << 27


@dataclass(frozen=True)
class Row:
    name: str
    scale: int
    value: float
    gradient: float

    @property
    def ratio(self) -> float:
        return self.gradient / self.value


def cases() -> list[str]:
    return [p.name for p in load_all().values() if p.main is not None and not p.error]


def measure(name: str) -> Row:
    program = load_all()[name]
    loss = loss_of(program)
    value = bx.jit(loss, backend="numba")
    gradient = bx.value_and_grad(loss, argnums=program.main, backend="numba")
    scale, args = enough(program, value)
    contenders = {
        "f": Contender(value, args, writes=True),
        "gradient": Contender(gradient, args, writes=True, result=lambda out: out[0]),
    }
    found = seconds(Case(name, contenders))
    return Row(name, scale, found["f"], found["gradient"])


def enough(program: Program, value) -> tuple[int, tuple]:
    """The first scale of 1, 2, 4, … at which a call takes long enough, and the arguments."""
    scale = 1
    while True:
        args = program.draw(scale)
        time = seconds(Case(program.name, {"f": Contender(value, args, writes=True)}), 0.005)["f"]
        if time >= ENOUGH or 2 * scale > LARGEST or _bytes(args) > MOST_BYTES:
            return scale, args
        scale *= 2


def _bytes(tree) -> int:
    if isinstance(tree, (tuple, list)):
        return sum(map(_bytes, tree))
    if isinstance(tree, dict):
        return sum(map(_bytes, tree.values()))
    return getattr(tree, "nbytes", 0)


def cells(row: Row) -> list[str]:
    return [row.name, str(row.scale), shown(row.value), shown(row.gradient), f"{row.ratio:.2f}"]


def summary(rows: list[Row]) -> str:
    ratios = [row.ratio for row in rows]
    mean = np.exp(np.mean(np.log(ratios))) if ratios else np.nan
    over = sum(r > 3 for r in ratios)
    return f"Geometric mean of the ratios: {mean:.2f}; {over} of {len(ratios)} are over 3."
