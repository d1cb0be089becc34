"""`broadax info`: what is installed, and which backends work and why not."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

import broadax as bx

PACKAGES = (
    "broadax",
    "numpy",
    "scipy",
    "numba",
    "llvmlite",
    "gast",
    "beniget",
    "optree",
    "ml_dtypes",
    "pypjrt",
)
BACKENDS = ("numpy", "numba", "pjrt")


def run() -> int:
    """Print a few lines of facts; 0, or 1 where no backend works."""
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    print(f"{'python':12}{platform.python_version()}, {machine}")
    for package in PACKAGES:
        print(f"{package:12}{_version(package)}")
    states = {name: _try(name) for name in BACKENDS}
    for name, state in states.items():
        print(f"{'backend':12}{name}: {state}")
    print(f"{'default':12}{_default()}")
    print(f"{'cache':12}{_cache()}")
    return 0 if "works" in states.values() else 1


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _try(backend: str) -> str:
    """`works`, or why not, found by compiling and running a small function."""
    from broadax.commands.demo import misfit

    k, u = np.array([0.1, 0.2, 0.3]), np.array([0.0, 1.0, 2.0, 4.0])
    try:
        right = np.isclose(bx.jit(misfit, backend=backend)(k, u, u), misfit(k, u, u), rtol=1e-12)
    except ImportError as error:
        return f"not installed ({error})"
    except Exception as error:
        return f"fails: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return "works" if right else "gives wrong results"


def _default() -> str:
    chosen = os.environ.get("BROADAX_BACKEND")
    return f"{chosen} (BROADAX_BACKEND)" if chosen else "chosen at each call by the kind of the arrays"


def _cache() -> str:
    import platformdirs

    folder = Path(os.environ.get("BROADAX_CACHE_DIR") or platformdirs.user_cache_dir("broadax"))
    return f"{folder}" if folder.is_dir() else f"{folder} (not made yet)"
