"""What a call costs: functions that do next to nothing, by broadax (Numba backend), by JAX, and in NumPy."""

from __future__ import annotations

import numpy as np

import broadax as bx
from benchmarks import jax_peer
from benchmarks.case import Case, Contender
from benchmarks.timing import seconds, shown

COLUMNS = ["arguments", "broadax", "JAX", "NumPy"]


def polynomial(x):
    return x * x + 1.0


def total(tree):
    result = 0.0
    for x in tree:
        result = result + x[0]
    return result


def step(params, gradient):
    return {name: params[name] - 0.1 * gradient[name] for name in params}


ARGUMENTS = {
    "a number": (polynomial, (1.5,)),
    "an array of 10": (polynomial, (np.ones(10),)),
    "a list of 20 arrays": (total, ([np.ones(10) for _ in range(20)],)),
    "two dicts of 4 arrays, a dict back": (
        step,
        tuple({name: np.ones((8, 8)) for name in ("w1", "b1", "w2", "b2")} for _ in range(2)),
    ),
}
AGAINST, TARGETS = ("JAX",), {"a number": 0.3, "a list of 20 arrays": 0.5}


def cases() -> list[str]:
    return list(ARGUMENTS)


def measure(name: str) -> tuple[str, dict]:
    function, args = ARGUMENTS[name]
    contenders = {"broadax": Contender(bx.jit(function, backend="numba"), args)}
    if jax_peer.AVAILABLE:
        contenders["JAX"] = Contender(jax_peer.jit(function), jax_peer.arrays(args))
    contenders["NumPy"] = Contender(function, args)
    return name, seconds(Case(name, contenders))


def cells(row: tuple[str, dict]) -> list[str]:
    name, found = row
    return [name, *(shown(found[c]) if c in found else "–" for c in COLUMNS[1:])]


def summary(rows: list) -> str:
    return "JAX's time is until the result is there (`block_until_ready`), its arguments are JAX arrays."
