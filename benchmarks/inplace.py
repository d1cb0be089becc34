"""Time of a gradient ÷ time of the function, at a size and at four times that size.

Times are those beyond a call at the smallest size, which is mostly the call itself. Where every update of
the gradient is done in place, the ratio does not grow with the arrays (but for what caches do).

    python benchmarks/inplace.py [--backend numba] [--scales 8 32] [name …]
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from programs.checks import loss_of  # noqa: E402
from programs.pool import Program, load_all  # noqa: E402

import broadax as bx  # noqa: E402

LEAST_TIME = 0.02
LEAST_CALLS = 7


def seconds(function, args: tuple) -> float:
    """The least time of a call once it is compiled, over at least `LEAST_CALLS` and `LEAST_TIME`.

    Each call gets fresh arguments, since what is jitted may write to them; copying them does not count.
    """
    function(*copy.deepcopy(args))
    best, spent, calls = np.inf, 0.0, 0
    while spent < LEAST_TIME or calls < LEAST_CALLS:
        fresh = copy.deepcopy(args)
        start = time.perf_counter()
        function(*fresh)
        taken = time.perf_counter() - start
        best, spent, calls = min(best, taken), spent + taken, calls + 1
    return best


def ratios(program: Program, backend: str, scales: list[int]) -> list[tuple[float, float]]:
    """For each scale the seconds of the loss and of its gradient beyond those at scale 1."""
    loss = loss_of(program)
    value = bx.jit(loss, backend=backend)
    gradient = bx.grad(loss, argnums=program.main, backend=backend)
    times = [(seconds(value, program.draw(s)), seconds(gradient, program.draw(s))) for s in (1, *scales)]
    return [(max(v - times[0][0], 1e-9), max(g - times[0][1], 1e-9)) for v, g in times[1:]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", help="parts of programs' names; all without any")
    parser.add_argument("--backend", default="numba")
    parser.add_argument("--scales", nargs=2, type=int, default=[8, 32])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    small, large = options.scales
    print(f"{'':44} value {large}x   grad {large}x   ratio {small}x   ratio {large}x   growth")
    for name, program in load_all().items():
        wanted = not options.names or any(part in name for part in options.names)
        if program.main is None or program.error or not wanted:
            continue
        (v1, g1), (v2, g2) = ratios(program, options.backend, options.scales)
        growth = (g2 / v2) / (g1 / v1)
        times = f"{v2 * 1e6:8.1f} µs {g2 * 1e6:8.1f} µs"
        print(f"{name:42} {times} {g1 / v1:10.2f} {g2 / v2:10.2f} {growth:8.2f}", flush=True)


if __name__ == "__main__":
    main()
