"""What turns Core into something that runs; each backend is imported when it is first used."""

from __future__ import annotations

import importlib
import importlib.util

from broadax.runtime.errors import BackendError

NAMES = ("numpy", "numba")


def get(name: str):
    """The module of a backend, with `compile(function, mutated)` and `source(function)`.

    Raises:
        BackendError: there is no such backend, or what it needs is not installed.
    """
    if name not in NAMES:
        raise BackendError(f"there is no backend {name!r}", instead=f"one of {', '.join(NAMES)}")
    reason = why_not(name)
    if reason:
        raise BackendError(f"the backend {name} does not work here: {reason}")
    return importlib.import_module(f"broadax.backends.{name}")


def why_not(name: str) -> str:
    """Why a backend can't be used here; empty if it can."""
    if name == "numba" and importlib.util.find_spec("numba") is None:
        return "numba is not installed (pip install numba)"
    return ""
