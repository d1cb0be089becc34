"""Times of contenders, taken by turns, so that what else the machine does falls on all of them.

Each round has an order of its own: a call finds in the caches what the one before it left there.
"""

from __future__ import annotations

import gc
import random
import time

from benchmarks.case import Case, check_agreement

SAMPLE = 200e-6  # a shorter call is repeated until a sample takes this long


def seconds(case: Case, budget: float = 0.3, least: int = 7) -> dict[str, float]:
    """The least time of a call of each contender, after one that compiles and is compared.

    Args:
        budget: how long to time each contender, at least.
        least: how many samples to take of each, at least.

    Raises:
        Disagreement: they do not compute the same.
    """
    want = None
    for name, contender in case.contenders.items():
        got = contender.result(contender.call(*contender.arguments()))
        if want is None:
            want = got
        check_agreement(f"{case.name}, {name}", got, want, case.tolerance)
    repeats = {name: _repeats(c) for name, c in case.contenders.items()}
    best = dict.fromkeys(case.contenders, float("inf"))
    spent, rounds, turns, shuffled = 0.0, 0, list(case.contenders.items()), random.Random(0)
    enabled = gc.isenabled()
    gc.disable()
    try:
        while rounds < least or spent < budget * len(best):
            shuffled.shuffle(turns)
            for name, contender in turns:
                taken = _sample(contender, repeats[name])
                best[name] = min(best[name], taken / repeats[name])
                spent += taken
            rounds += 1
    finally:
        if enabled:
            gc.enable()
    return best


def _sample(contender, repeats: int) -> float:
    """The time of some calls."""
    given = (
        [contender.arguments() for _ in range(repeats)] if contender.writes else [contender.args] * repeats
    )
    call = contender.call
    start = time.perf_counter()
    for args in given:
        call(*args)
    return time.perf_counter() - start


def _repeats(contender) -> int:
    once = min(_sample(contender, 1) for _ in range(2))
    return 1 if contender.writes else max(1, min(1000, int(SAMPLE / max(once, 1e-7))))


def shown(time_: float) -> str:
    """A time with three digits."""
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if time_ * factor >= 1 or unit == "µs":
            value = time_ * factor
            return f"{value:.{max(0, 2 - len(str(int(value))) + 1)}f} {unit}"
    raise AssertionError
