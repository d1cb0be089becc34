"""The suites, by name: each module gives its cases, the columns of its table and what sums it up."""

from __future__ import annotations

import importlib

NAMES = (
    "calls",
    "adbench",
    "derivatives",
    "elementwise",
    "kernels",
    "gradients",
    "networks",
    "loops",
    "inplace",
    "turns",
    "pjrt",
    "compiling",
)


def load(name: str):
    """The module of a suite."""
    return importlib.import_module(f"benchmarks.suites.{name}")
