"""Time of value_and_grad ÷ time of the function, at growing scales, until the ratio has stopped growing.

Where every update of the gradient is done in place, the ratio grows only while what the gradient saves leaves
the caches that the function's own arrays still fit; a copy made at every turn would make it grow without end.
The function takes at least 100 µs at the first scale, so that calls count little.
"""

from __future__ import annotations

import math
import resource
from dataclasses import dataclass

from benchmarks.scales import both, compiled, enough, names
from benchmarks.timing import shown

GROWN = 1.25  # what caches and the clock do is less
STEPS = 7
BUDGET = 0.1
LONGEST = 2.0  # seconds that a call is expected to take
MEMORY = 12 << 30
COLUMNS = ["program", "scale", "f", "ratio", "ratio at 2 ×, 4 ×, 8 ×, …", "last growth"]
cases = names


@dataclass(frozen=True)
class Row:
    """Seconds of the function and of its value and gradient, at scales twice apart."""

    name: str
    scale: int
    times: list[tuple[float, float]]

    @property
    def ratios(self) -> list[float]:
        return [gradient / function for function, gradient in self.times]

    @property
    def growth(self) -> float:
        """The last ratio, by that at a quarter of its scale; infinite where there is none."""
        return self.ratios[-1] / self.ratios[-3] if len(self.ratios) > 2 else math.inf


def measure(name: str) -> Row:
    program, value, gradient = compiled(name)
    scale, args = enough(program, value)
    row = Row(name, scale, [both(program, value, gradient, args, BUDGET)])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, limits[1]))
    try:
        for step in range(1, STEPS + 1):
            row.times.append(both(program, value, gradient, program.draw(scale * 2**step), BUDGET))
            if step > 1 and row.growth <= GROWN or _expected(row) > LONGEST:
                break
    except MemoryError:
        pass
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
    return row


def _expected(row: Row) -> float:
    """Seconds that the gradient takes at the next scale, if time goes on growing as it did."""
    return row.times[-1][1] ** 2 / row.times[-2][1]


def cells(row: Row) -> list[str]:
    first, *others = (f"{ratio:.2f}" for ratio in row.ratios)
    return [row.name, str(row.scale), shown(row.times[0][0]), first, ", ".join(others), f"{row.growth:.2f}"]


def summary(rows: list[Row]) -> str:
    grown = [f"{row.name} ({row.growth:.2f})" for row in rows if row.growth > GROWN]
    passing = [row for row in rows if row.growth <= GROWN and len(row.ratios) > 3]
    return (
        f"The ratio stops growing (a growth of at most {GROWN} from a scale to four times that) in "
        f"{len(rows) - len(grown)} of {len(rows)}, in {len(passing)} of them after it has grown for a while. "
        f"It was not seen to stop in: {', '.join(grown) or 'none'}."
    )
