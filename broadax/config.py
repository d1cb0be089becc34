"""Settings: the one reader of the environment, and the backend in force."""

from __future__ import annotations

import os
from contextlib import contextmanager
from contextvars import ContextVar

_backend: ContextVar[str | None] = ContextVar("backend", default=None)


@contextmanager
def backend(name: str):
    """Run calls inside on one backend: `with broadax.backend("numpy"): …`.

    Raises:
        BackendError: there is no such backend here.
    """
    from broadax import backends

    backends.get(name)
    token = _backend.set(name)
    try:
        yield
    finally:
        _backend.reset(token)


def chosen_backend() -> str | None:
    """The backend that a context or the environment variable BROADAX_BACKEND asks for."""
    return _backend.get() or _environment() or None


def _environment() -> str | None:
    # Every call asks; `os.environ.get` takes longer than some compiled functions, most of it in vain.
    if _raw is not None and _KEY not in _raw:
        return None
    return os.environ.get("BROADAX_BACKEND")


# The dictionary behind `os.environ`, where this Python has it.
_raw = getattr(os.environ, "_data", None)
_KEY = os.environ.encodekey("BROADAX_BACKEND") if hasattr(os.environ, "encodekey") else None
