"""The table of programs: `@program(lambda rng, s: (...), main=0)` above a plain function enters it.

The programs themselves know nothing of broadax: they are what one finds in benchmark suites, lecture
notes and people's repositories, written anew from the mathematics.
"""

from __future__ import annotations

import copy
import importlib
import pkgutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

PROGRAMS: dict[str, Program] = {}


@dataclass(frozen=True)
class Program:
    """A function and how it is called.

    Attributes:
        name: `module.function`.
        make: `make(rng, s)` gives the arguments; each dimension that matters grows in proportion to s ≥ 1.
        main: number of the argument that gradients are taken by, an array or a tree of such; None where a
            gradient makes no sense (integers, counts).
        writes: does the function write to its arguments?
        error: part of the message with which a construct is refused that is documented as unsupported;
            empty for what works.
        symmetric: is the main argument a symmetric matrix of which NumPy reads one triangle? Derivatives are
            then those of symmetric matrices.
        step: of the differences; small where a kink is near.
    """

    name: str
    function: Callable
    make: Callable
    main: int | None
    writes: bool
    error: str
    symmetric: bool
    step: float

    def draw(self, scale: int = 1) -> tuple:
        """Fresh arguments, the same at each call."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        return copy.deepcopy(self.make(rng, scale))


def program(make, *, main: int | None = None, writes=False, error="", symmetric=False, step=1e-4) -> Callable:
    """Enter a function into the table (see `Program`); the function itself stays as it is."""

    def enter(function):
        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        assert name not in PROGRAMS, name
        PROGRAMS[name] = Program(name, function, make, main, writes, error, symmetric, step)
        return function

    return enter


def load_all() -> dict[str, Program]:
    """Every program of every module of this package, by name."""
    package = importlib.import_module("programs")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"programs.{module.name}")
    return PROGRAMS


def positive_definite(rng, n: int):
    """A symmetric positive definite matrix."""
    a = rng.standard_normal((n, n))
    return a @ a.T / n + np.eye(n)


def dominant(rng, n: int):
    """A diagonally dominant matrix."""
    return rng.uniform(-1, 1, (n, n)) / n + 2 * np.eye(n)
