"""Suites that compare broadax with others: a row a case, a column a contender, and the best other."""

from __future__ import annotations

from benchmarks.case import Case
from benchmarks.timing import seconds, shown

OTHERS = ("JAX", "Numba", "PyTorch", "autograd", "NumPy")
COLUMNS = ["case", "broadax", *OTHERS, "÷ best other"]


def measure(case: Case) -> tuple[str, dict]:
    return case.name, seconds(case, 0.8)


def cells(row: tuple[str, dict]) -> list[str]:
    name, found = row
    times = [shown(found[c]) if c in found else "–" for c in ("broadax", *OTHERS)]
    value = ratio(row)
    return [name, *times, "–" if value is None else f"{value:.2f}"]


def ratio(row: tuple[str, dict]) -> float | None:
    """The time of broadax in times of the fastest other contender; None where there is none."""
    return ratio_to(row, tuple(name for name in row[1] if name != "broadax"))


def ratio_to(row: tuple[str, dict], others: tuple[str, ...]) -> float | None:
    """The same for some of the others; None where none of them was timed."""
    _, found = row
    times = [found[name] for name in others if name in found]
    return found["broadax"] / min(times) if times else None


def summary(rows: list) -> str:
    slower = [row[0] for row in rows if (ratio(row) or 0) > 1.1]
    return (
        f"broadax is more than a tenth slower than the best other in {len(slower)} of {len(rows)}: "
        f"{', '.join(slower) or 'none'}."
    )
