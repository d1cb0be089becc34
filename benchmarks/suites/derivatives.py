"""Time of value_and_grad ÷ time of the function, both compiled by Numba, for every program of tests/programs.

The arrays of a program are made so large that the function takes at least 100 µs, and calls count little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.scales import both, compiled, enough, names
from benchmarks.timing import shown

COLUMNS = ["program", "scale", "f", "value_and_grad", "ratio"]
cases = names


@dataclass(frozen=True)
class Row:
    name: str
    scale: int
    value: float
    gradient: float

    @property
    def ratio(self) -> float:
        return self.gradient / self.value


def measure(name: str) -> Row:
    program, value, gradient = compiled(name)
    scale, args = enough(program, value)
    return Row(name, scale, *both(program, value, gradient, args))


def ratio(row: Row) -> float:
    return row.ratio


def cells(row: Row) -> list[str]:
    return [row.name, str(row.scale), shown(row.value), shown(row.gradient), f"{row.ratio:.2f}"]


def summary(rows: list[Row]) -> str:
    ratios = [row.ratio for row in rows]
    mean = np.exp(np.mean(np.log(ratios))) if ratios else np.nan
    over = sum(r > 3 for r in ratios)
    return f"Geometric mean of the ratios: {mean:.2f}; {over} of {len(ratios)} are over 3."
