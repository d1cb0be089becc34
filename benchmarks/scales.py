"""The programs of tests/programs as cases: a function and its gradient, at a scale that takes long enough."""

from __future__ import annotations

from programs.checks import loss_of
from programs.pool import Program, load_all

import broadax as bx
from benchmarks.case import Case, Contender
from benchmarks.timing import seconds

ENOUGH = 100e-6
LARGEST = 1 << 12
MOST_BYTES = 1 << 27


def names() -> list[str]:
    """The programs with a gradient."""
    return [p.name for p in load_all().values() if p.main is not None and not p.error]


def compiled(name: str) -> tuple:
    """The program of a name, its scalar loss and the loss's value and gradient, compiled by Numba."""
    program = load_all()[name]
    loss = loss_of(program)
    value = bx.jit(loss, backend="numba")
    return program, value, bx.value_and_grad(loss, argnums=program.main, backend="numba")


def both(program: Program, value, gradient, args: tuple, budget: float = 0.3) -> tuple[float, float]:
    """Seconds of calls of the function, and of its value and gradient, each timed for `budget` seconds."""
    contenders = {
        "f": Contender(value, args, writes=True),
        "gradient": Contender(gradient, args, writes=True, result=lambda out: out[0]),
    }
    found = seconds(Case(program.name, contenders), budget)
    return found["f"], found["gradient"]


def enough(program: Program, value) -> tuple[int, tuple]:
    """The first scale of 1, 2, 4, … at which a call takes long enough, and the arguments."""
    scale = 1
    while True:
        args = program.draw(scale)
        case = Case(program.name, {"f": Contender(value, args, writes=True)})
        time = min(seconds(case, 0.005)["f"] for _ in range(2))  # one may fall on a busy moment
        if time >= ENOUGH or 2 * scale > LARGEST or _bytes(args) > MOST_BYTES:
            return scale, args
        scale *= 2


def _bytes(tree) -> int:
    if isinstance(tree, (tuple, list)):
        return sum(map(_bytes, tree))
    if isinstance(tree, dict):
        return sum(map(_bytes, tree.values()))
    return getattr(tree, "nbytes", 0)
