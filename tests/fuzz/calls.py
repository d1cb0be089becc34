"""Calls that may raise, or may have no end; and what the checks have in common."""

from __future__ import annotations

import signal
from contextlib import contextmanager

from broadax.runtime.errors import BroadaxError
from fuzz.program import Program


class Skip(Exception):
    """A check has no meaning for this program."""


# After so many, a check has failed: some loop has no end.
SECONDS = {"value": 20, "derivatives": 30, "vmap": 20, "masks": 20, "numba": 120, "nests": 40}


class Endless(Exception):
    """A check that does not end."""


@contextmanager
def limited(seconds: float):
    """Raise Endless in the main thread after so many seconds."""

    def stop(signum, frame):
        raise Endless("no end")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def outcome_of(function, args: list):
    """The result of a call, or the error that it raised."""
    try:
        return function(*args), None
    except (BroadaxError, Endless):
        raise
    except Exception as error:
        return None, error


def tolerance(program: Program) -> float:
    return 1e-3 if any(p[3] == "float32" for p in program.params) else 1e-9
