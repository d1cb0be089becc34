"""Time of a gradient ÷ time of the function, at a size and at four times that size.

Times are those beyond a call at the smallest size, which is mostly the call itself. Where every update of
the gradient is done in place, the ratio does not grow with the arrays (but for what caches do).
"""

from __future__ import annotations

from dataclasses import dataclass

from programs.checks import loss_of
from programs.pool import load_all

import broadax as bx
from benchmarks.case import Case, Contender
from benchmarks.timing import seconds, shown

SCALES = (1, 8, 32)
COLUMNS = ["program", "f, 32x", "grad, 32x", "ratio, 8x", "ratio, 32x", "growth"]


@dataclass(frozen=True)
class Row:
    """Seconds of the function and of its gradient beyond those at scale 1, at scales 8 and 32."""

    name: str
    small: tuple[float, float]
    large: tuple[float, float]

    @property
    def ratios(self) -> tuple[float, float]:
        return self.small[1] / self.small[0], self.large[1] / self.large[0]


def cases() -> list[str]:
    return [p.name for p in load_all().values() if p.main is not None and not p.error]


def measure(name: str) -> Row:
    program = load_all()[name]
    loss = loss_of(program)
    value = bx.jit(loss, backend="numba")
    gradient = bx.grad(loss, argnums=program.main, backend="numba")
    times = []
    for scale in SCALES:
        args = program.draw(scale)
        one = seconds(Case(name, {"f": Contender(value, args, writes=True)}), 0.02)["f"]
        other = seconds(Case(name, {"g": Contender(gradient, args, writes=True)}), 0.02)["g"]
        times.append((one, other))
    beyond = [tuple(max(t - t0, 1e-9) for t, t0 in zip(pair, times[0])) for pair in times[1:]]
    return Row(name, *beyond)


def cells(row: Row) -> list[str]:
    small, large = row.ratios
    times = map(shown, row.large)
    return [row.name, *times, f"{small:.2f}", f"{large:.2f}", f"{large / small:.2f}"]


def summary(rows: list[Row]) -> str:
    grown = [row.name for row in rows if row.ratios[1] > 2 * row.ratios[0]]
    return f"The ratio more than doubles in {len(grown)} of {len(rows)}: {', '.join(grown) or 'none'}."
