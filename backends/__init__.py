"""What turns Core into something that runs; each backend is imported when it is first used."""

from __future__ import annotations

import importlib
import importlib.util

from broadax.runtime.errors import BackendError
from broadax.runtime.pjrt import plugins

NAMES = ("numpy", "numba", "pjrt")
# They take Core as values, before copies are inserted, with sizes that are all numbers.
FOR_DEVICES = ("pjrt",)


def get(name: str):
    """The module of a backend, with `compile(function, mutated)` and `source(function)`.

    Those of the host also have `passes(donated)`: what is to be run before copies are inserted, where the
    flat parameters `donated` may be overwritten.

    Raises:
        BackendError: there is no such backend, or what it needs is not installed.
    """
    if name not in NAMES:
        raise BackendError(f"there is no backend {name!r}", instead=f"one of {', '.join(NAMES)}")
    reason = why_not(name)
    if reason:
        raise BackendError(f"the backend {name} does not work here: {reason}")
    return module(name)


def module(name: str):
    """The module of a backend, which writes source wherever it is."""
    return importlib.import_module(f"broadax.backends.{name}")


def is_exact(name: str) -> bool:
    """Does a backend compile for the sizes of one call? Then it takes `pipeline.before_copies`."""
    return name in FOR_DEVICES


def why_not(name: str) -> str:
    """Why a backend can't be used here; empty if it can."""
    if name == "numba" and importlib.util.find_spec("numba") is None:
        return "numba is not installed (pip install numba)"
    if name == "pjrt":
        return plugins.why_not()
    return ""
