"""The table of samples: `@sample(normal(5), scalar())` above a plain function puts it in the pool."""

from __future__ import annotations

import copy
import importlib
import pkgutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass

import numpy as np

POOL: dict[str, Sample] = {}
FLOATS = {"f64": np.float64, "f32": np.float32}


@dataclass(frozen=True)
class Sample:
    """A function with makers of its arguments.

    Attributes:
        name: `module.function`.
        makers: one for each positional argument: (rng, float dtype) → value, or a tree of makers.
        order: how many times it is smooth at the drawn arguments: 2, 1, or 0 (values only).
        vmappable: whether one batch axis in front of all float arguments makes sense.
        dtypes: the float types it is checked with.
        loosen: factor on the tolerances, where the function itself magnifies rounding.
        seed: draws that stay away from kinks.
    """

    name: str
    function: Callable
    makers: tuple
    order: int
    vmappable: bool
    dtypes: tuple[str, ...]
    loosen: float
    seed: int

    def draw(self, dtype: str, number: int = 0) -> tuple:
        """Arguments; the same for float32 and float64 up to rounding, another set for each number."""
        rng = np.random.default_rng([zlib.crc32(self.name.encode()), self.seed, number])
        return tuple(_make(maker, rng, FLOATS[dtype]) for maker in self.makers)

    def fresh(self, args: tuple) -> tuple:
        """A copy for a function that may write to its arguments."""
        return copy.deepcopy(args)


def sample(*makers, order=2, vmap=True, dtypes="f64 f32", loosen=1.0, seed=0) -> Callable:
    """Put a function in the pool (see `Sample`); the function itself stays as it is."""

    def register(function):
        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        assert name not in POOL, name
        POOL[name] = Sample(name, function, makers, order, vmap, tuple(dtypes.split()), loosen, seed)
        return function

    return register


def load_all() -> dict[str, Sample]:
    """Every sample of every module of this package, by name."""
    package = importlib.import_module("samples")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"samples.{module.name}")
    return POOL


# ── makers ────────────────────────────────────────────────────────────────────────────────────────


def normal(*shape: int, scale: float = 1.0, shift: float = 0.0):
    """An array of normal numbers; without a shape, a NumPy scalar."""
    return lambda rng, dtype: dtype(0) + (shift + scale * rng.standard_normal(shape)).astype(dtype)[()]


def uniform(*shape: int, low: float = 0.2, high: float = 2.0):
    """An array of numbers between low and high; without a shape, a NumPy scalar."""
    return lambda rng, dtype: np.asarray(rng.uniform(low, high, shape)).astype(dtype)[()]


def scalar(low: float = 0.2, high: float = 2.0):
    """A Python float for float64, a NumPy scalar for float32."""

    def make(rng, dtype):
        value = np.float32(rng.uniform(low, high))
        return float(value) if dtype is np.float64 else value

    return make


def ints(*shape: int, low: int = 0, high: int = 5):
    """Integers low ≤ i < high; without a shape, a Python int."""
    return lambda rng, dtype: rng.integers(low, high, shape) if shape else int(rng.integers(low, high))


def bools(*shape: int):
    """An array of True and False."""
    return lambda rng, dtype: rng.random(shape) < 0.5


def fixed(value):
    """The value itself: an axis, a mode, a number of steps."""
    return lambda rng, dtype: value


def positive_definite(n: int):
    """A symmetric positive definite matrix."""

    def make(rng, dtype):
        a = rng.standard_normal((n, n))
        return (a @ a.T / n + np.eye(n)).astype(dtype)

    return make


def well_conditioned(*shape: int):
    """Square matrices, diagonally dominant."""

    def make(rng, dtype):
        return (0.3 * rng.standard_normal(shape) + 2 * np.eye(shape[-1])).astype(dtype)

    return make


def apart(n: int, gap: float = 0.2):
    """n numbers in random order, no two closer than the gap: safe to sort and to take a maximum of."""
    return lambda rng, dtype: (gap * (rng.permutation(n) - n / 2) + gap * 0.3 * rng.random(n)).astype(dtype)


def _make(maker, rng, dtype):
    return map_tree(lambda m: m(rng, dtype), maker)


# ── trees ─────────────────────────────────────────────────────────────────────────────────────────


def map_tree(function, tree, *others):
    """Apply to the leaves of tuples, lists, dicts, named tuples and dataclasses of one structure."""
    if isinstance(tree, dict):
        return {k: map_tree(function, tree[k], *(o[k] for o in others)) for k in tree}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(map_tree(function, *group) for group in zip(tree, *others)))
    if isinstance(tree, (tuple, list)):
        return type(tree)(map_tree(function, *group) for group in zip(tree, *others))
    if is_dataclass(tree):
        names = [f.name for f in fields(tree)]
        return type(tree)(*(map_tree(function, *(getattr(t, n) for t in (tree, *others))) for n in names))
    return function(tree, *others)


def leaves(tree) -> list:
    """The leaves of a tree, in order."""
    out = []
    map_tree(out.append, tree)
    return out


def is_float(leaf) -> bool:
    """Is a leaf a float, or an array of floats?"""
    return isinstance(leaf, (float, np.floating)) or (isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f")
