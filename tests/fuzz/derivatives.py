"""Derivatives of a program against differences of it, and against each other."""

from __future__ import annotations

import copy

import numpy as np

import broadax as bx
from fuzz.calls import Skip, outcome_of, tolerance
from fuzz.compare import Mismatch, same
from fuzz.program import Program

MOST_ROUNDING = 100  # times what an error of 1e-15 in the arguments does


def total(out):
    """A smooth number of all numbers of a result."""
    if isinstance(out, (tuple, list)):
        return sum([total(o) for o in out])
    if isinstance(out, dict):
        return sum([total(o) for o in out.values()])
    return 0.0 if out is None else np.sum(np.sin(1.0 * out))


def moving(program: Program) -> list[int]:
    """Positions of the arguments that are differentiated: floats of float64."""
    kinds = [p[1] == "f" and p[3] == "float64" for p in program.params]
    return [k for k, yes in enumerate(kinds) if yes]


def loss_of(program: Program, args: list, numbers: list[int]):
    """A smooth function of the moving arguments alone."""
    function = program.function
    kinds = [
        "moving" if k in numbers else "array" if isinstance(a, np.ndarray) else "fixed"
        for k, a in enumerate(args)
    ]

    def loss(*xs):
        rest = list(xs)
        given = [
            rest.pop(0) if kind == "moving" else a.copy() if kind == "array" else a
            for a, kind in zip(args, kinds)
        ]
        return total(function(*given)) + 0.0 * sum([np.sum(x) for x in xs])

    return loss


def _moved(xs: list, direction: list, step: float) -> list:
    return [x + step * d for x, d in zip(xs, direction)]


def check_derivatives(program: Program) -> None:
    """`grad` and `jvp` along a direction against central differences; `grad` against `jvp`."""
    args = program.args()
    numbers = moving(program)
    if not numbers or program.numbers != "plain":
        raise Skip("nothing to differentiate")
    if outcome_of(program.function, copy.deepcopy(args))[1] is not None:
        raise Skip("the program raises")
    rng = np.random.default_rng(program.seed)
    xs = [args[k] for k in numbers]
    direction = [
        rng.standard_normal(np.shape(x)) if np.shape(x) else float(rng.standard_normal()) for x in xs
    ]
    loss = loss_of(program, args, numbers)
    transformed = bx.grad(loss, argnums=tuple(range(len(xs))), backend="numpy")
    gradient_of = lambda at: transformed(*copy.deepcopy(at))
    gradient = gradient_of(xs)
    with bx.backend("numpy"):
        value, tangent = bx.jvp(loss, tuple(copy.deepcopy(xs)), tuple(direction))
    same(value, loss_again(loss, args, xs), "value of jvp", tolerance(program), True)
    for g, x in zip(gradient, xs):
        if np.shape(g) != np.shape(x) or np.asarray(g).dtype != np.asarray(x).dtype:
            raise Mismatch("grad", "form", f"{np.shape(g)} for {np.shape(x)}")
    slope = _slope(gradient, direction)
    size = 1.0 + float(sum(np.sum(np.abs(g * d)) for g, d in zip(gradient, direction)))
    want = differences(loss, args, xs, direction)
    for got, what in ((slope, "grad"), (float(tangent), "jvp")):
        if not abs(got - want) <= max(2e-6, tolerance(program)) * max(size, abs(want)):
            raise Mismatch(what, "against differences", f"{got}, not {want}; grad {slope}, jvp {tangent}")
    if abs(slope - tangent) > tolerance(program) * size:
        nudged = gradient_of(_moved(xs, direction, 1e-15))
        if abs(slope - tangent) <= MOST_ROUNDING * abs(slope - _slope(nudged, direction)):
            raise Skip("rounding is amplified")
        raise Mismatch("grad", "against jvp", f"{slope}, not {tangent}")


def _slope(gradient, direction) -> float:
    return float(sum(np.sum(g * d) for g, d in zip(gradient, direction)))


def check_gradient_of(program: Program, backend: str) -> None:
    """The gradient by a backend against that by the NumPy backend."""
    args, numbers = program.args(), moving(program)
    if (
        not numbers
        or program.numbers != "plain"
        or outcome_of(program.function, program.args())[1] is not None
    ):
        return
    loss, xs = loss_of(program, args, numbers), [args[k] for k in numbers]
    got, want = (
        bx.grad(loss, argnums=tuple(range(len(xs))), backend=name)(*copy.deepcopy(xs))
        for name in (backend, "numpy")
    )
    same(got, want, f"grad by {backend}", tolerance(program))


def loss_again(loss, args: list, xs: list):
    """The loss by CPython, the arguments being restored afterwards."""
    saved = copy.deepcopy(args)
    value = loss(*copy.deepcopy(xs))
    for a, b in zip(args, saved):
        if isinstance(a, np.ndarray):
            a[...] = b
    return value


def differences(loss, args: list, xs: list, direction: list) -> float:
    """The slope by differences of fourth order; skips where steps of two sizes or sides disagree."""
    at = lambda h: float(loss_again(loss, args, _moved(xs, direction, h)))
    slopes = []
    for h in (3e-4, 1e-4):
        f = [at(k * h) for k in (-2, -1, 0, 1, 2)]
        slopes.append((8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h))
        ahead, behind = (4 * f[3] - 3 * f[2] - f[4]) / (2 * h), (3 * f[2] - 4 * f[1] + f[0]) / (2 * h)
        if not np.isfinite(slopes[-1]) or abs(ahead - behind) > 1e-4 * max(1.0, abs(slopes[-1])):
            raise Skip("a kink, or too rough")
    if abs(slopes[0] - slopes[1]) > 3e-7 * max(1.0, abs(slopes[1])):
        raise Skip("a kink, or too rough")
    return slopes[1]
