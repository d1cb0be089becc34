"""Time of value_and_grad ÷ time of the function, at a scale and at four times that scale.

Where every update of the gradient is done in place, the ratio does not grow with the arrays, but for what
caches do. The function takes at least 100 µs at the smaller scale, so that calls count little.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.scales import both, compiled, enough, names
from benchmarks.timing import shown

TIMES = 4
GROWN = 1.5  # what caches and the clock do is less
COLUMNS = ["program", "scale", "f", "value_and_grad", "ratio", "ratio at 4 × scale", "growth"]
cases = names


@dataclass(frozen=True)
class Row:
    """Seconds of the function and of its value and gradient, at a scale and at four times that."""

    name: str
    scale: int
    small: tuple[float, float]
    large: tuple[float, float]

    @property
    def ratios(self) -> tuple[float, float]:
        return self.small[1] / self.small[0], self.large[1] / self.large[0]

    @property
    def growth(self) -> float:
        return self.ratios[1] / self.ratios[0]


def measure(name: str) -> Row:
    program, value, gradient = compiled(name)
    scale, args = enough(program, value)
    small = both(program, value, gradient, args)
    return Row(name, scale, small, both(program, value, gradient, program.draw(TIMES * scale)))


def cells(row: Row) -> list[str]:
    small, large = row.ratios
    times = map(shown, row.small)
    return [row.name, str(row.scale), *times, f"{small:.2f}", f"{large:.2f}", f"{row.growth:.2f}"]


def summary(rows: list[Row]) -> str:
    grown = [f"{row.name} ({row.growth:.1f})" for row in rows if row.growth > GROWN]
    return (
        f"The ratio grows by more than {GROWN} in {len(grown)} of {len(rows)}: {', '.join(grown) or 'none'}."
    )
