"""Suites that compare broadax with others: a row a case, a column a contender, and the best other."""

from __future__ import annotations

from benchmarks.case import Case
from benchmarks.timing import seconds, shown

OTHERS = ("JAX", "Numba", "NumPy")
COLUMNS = ["case", "broadax", *OTHERS, "÷ best other"]


def measure(case: Case) -> tuple[str, dict]:
    return case.name, seconds(case, 0.8)


def cells(row: tuple[str, dict]) -> list[str]:
    name, found = row
    times = [shown(found[c]) if c in found else "–" for c in ("broadax", *OTHERS)]
    return [name, *times, f"{ratio(row):.2f}"]


def ratio(row: tuple[str, dict]) -> float:
    """The time of broadax in times of the fastest other contender."""
    _, found = row
    return found["broadax"] / min(time for name, time in found.items() if name != "broadax")


def summary(rows: list) -> str:
    slower = [row[0] for row in rows if ratio(row) > 1.1]
    return (
        f"broadax is more than a tenth slower than the best other in {len(slower)} of {len(rows)}: "
        f"{', '.join(slower) or 'none'}."
    )
