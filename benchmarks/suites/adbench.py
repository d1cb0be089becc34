"""Time of value_and_grad ÷ time of the function, both compiled by Numba, for objectives in ADBench's style.

The functions are those of tests/programs; of several results, the objective is the sum of squares. Three are
written here without updates, so that JAX and autograd can run them, too: their columns show value_and_grad.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from programs import adbench, numerics, statistics
from programs.checks import leaves

import broadax as bx
from benchmarks import autograd_peer, jax_peer
from benchmarks.case import Case, Contender, check_agreement
from benchmarks.timing import seconds, shown

PEERS = ("JAX", "autograd")
COLUMNS = ["objective", "f", "value_and_grad", "ratio", *PEERS]
TARGET = 2.5
REASONS = {
    "GMM": "The product of a matrix and a vector, most of the work, has two of its size in its derivative "
    "beside itself. Needed: loops in place of calls of BLAS for matrices as small as these (10 × 10).",
    "bundle adjustment": "An observation is straight scalar code; the reverse sweep computes its sine, "
    "cosine and quotients again, and reads seven saved values.",
    "LSTM": "The reverse sweep computes exp and tanh of the gates again. Needed: a rule for when "
    "the memory of saving these is worth the time.",
    "k-means, a matrix of distances": "Each centre gets an update from each point, times 0 where another one "
    "is nearer. Needed: a loop that leaves out what is masked.",
    "log-sum-exp": "The function writes no array, its derivative three: the exponentials, what of it the sum "
    "gives, and what the maximum adds. Needed: one array for all three.",
}


@dataclass(frozen=True)
class Objective:
    """What is differentiated, by which arguments, and where.

    Attributes:
        make: the function, written with the array module it is given.
        by: the numbers of the arguments.
        draw: makes the arguments.
        portable: can the peers run it with their own array modules?
    """

    make: Callable
    by: tuple[int, ...]
    draw: Callable
    portable: bool = False


def of_program(function) -> Callable:
    """A program as an objective: its result, or the sum of the squares of its results."""

    def objective(*args):
        out = function(*args)
        return out if np.ndim(out) == 0 else np.sum(out * out)

    def objective_of_several(*args):
        return sum([np.sum(x * x) for x in function(*args)])

    return lambda _: objective_of_several if function is adbench.bundle_adjustment else objective


def log_sum_exp(np):
    def objective(x):
        largest = np.max(x)
        return np.log(np.sum(np.exp(x - largest))) + largest

    return objective


def least_squares(np):
    def objective(x, a, b):
        residuals = a @ x - b
        return np.sum(residuals * residuals)

    return objective


def k_means(np):
    """The sum of the squared distances of points to their nearest centres."""

    def objective(centres, points):
        distances = np.sum((points[:, None, :] - centres[None, :, :]) ** 2, axis=2)
        return np.sum(np.min(distances, axis=1))

    return objective


def mixture(r) -> tuple:
    """ADBench's sizes d = 10, K = 25, n = 1000."""
    d, k, n = 10, 25, 1000
    factors = r.standard_normal((k, d * (d + 1) // 2)) / 4
    return r.random(k), r.random((k, d)), factors, r.standard_normal((n, d)), 1.0, 0


def cameras(r) -> tuple:
    """21 cameras as in ADBench's first problem, 1000 points, 3000 observations."""
    cams, points, seen = 21, 1000, 3000
    obs = np.stack([r.integers(0, cams, seen), r.integers(0, points, seen)], axis=1)
    x = r.random((points, 3)) + np.array([0.0, 0.0, 3.0])
    return 0.1 * r.random((cams, 11)), x, r.random(seen), obs, r.random((seen, 2))


def text(r) -> tuple:
    """Two layers, 14 bits a character, 1024 characters."""
    width, layers, length = 14, 2, 1024
    main, extra = 0.3 * r.standard_normal((2 * layers, 4 * width)), 0.3 * r.standard_normal((3, width))
    return main, extra, np.zeros((2 * layers, width)), r.random((length, width))


OBJECTIVES = {
    "GMM": Objective(of_program(adbench.gmm_objective), (0, 1, 2), mixture),
    "bundle adjustment": Objective(of_program(adbench.bundle_adjustment), (0, 1, 2), cameras),
    "hand tracking": Objective(of_program(adbench.hand_tracking), (0,), lambda r: adbench.hand(r, 200)),
    "LSTM": Objective(of_program(adbench.lstm_objective), (0, 1), text),
    "k-means, a matrix of distances": Objective(
        k_means, (0,), lambda r: (r.random((10, 8)), r.random((2000, 8))), portable=True
    ),
    "k-means, steps by points": Objective(
        of_program(statistics.kmeans_by_points), (0,), lambda r: (r.random((2000, 8)), r.random((10, 8)))
    ),
    "log-sum-exp": Objective(log_sum_exp, (0,), lambda r: (r.standard_normal(100_000),), portable=True),
    "least squares": Objective(
        least_squares,
        (0,),
        lambda r: (r.random(100), r.random((2000, 100)), r.random(2000)),
        portable=True,
    ),
    "ODE, Runge-Kutta of Lorenz": Objective(
        of_program(numerics.rk4_lorenz), (0,), lambda r: (r.random(3) + 1, 0.01, 1000)
    ),
}


@dataclass(frozen=True)
class Row:
    """Seconds of a call of the function, of its value and gradient, and of peers' value and gradient."""

    name: str
    times: dict[str, float]

    @property
    def ratio(self) -> float:
        return self.times["value_and_grad"] / self.times["f"]


def cases() -> list[str]:
    return list(OBJECTIVES)


def measure(name: str) -> Row:
    objective, args = OBJECTIVES[name], OBJECTIVES[name].draw(np.random.default_rng(0))
    function = objective.make(np)
    contenders = {
        "f": Contender(bx.jit(function, backend="numba"), args),
        "value_and_grad": Contender(bx.value_and_grad(function, argnums=objective.by, backend="numba"), args),
    }
    if objective.portable:
        contenders |= peers(objective, args)
    both = {n: Contender(c.call, c.args, result=_value) for n, c in contenders.items()}
    found = seconds(Case(name, both), 0.3)
    _, *gradients = contenders.items()
    for peer, contender in gradients[1:]:
        check_agreement(f"{name}, {peer}", contender.call(*contender.args), _called(gradients[0][1]), 1e-9)
    return Row(name, found)


def peers(objective: Objective, args: tuple) -> dict[str, Contender]:
    """The value and gradient by autograd and JAX, where they are installed."""
    found = {}
    if jax_peer.AVAILABLE:
        import jax

        function = jax.value_and_grad(objective.make(jax_peer.numpy), argnums=objective.by)
        found["JAX"] = Contender(jax_peer.jit(function), jax_peer.arrays(args))
    if autograd_peer.AVAILABLE:
        function = autograd_peer.value_and_grad(objective.make(autograd_peer.numpy), objective.by)
        found["autograd"] = Contender(function, args)
    return found


def _called(contender: Contender):
    return contender.call(*contender.args)


def _value(out):
    """The value of a result of `f` or of `value_and_grad`."""
    return leaves(out)[0]


def ratio(row: Row) -> float:
    return row.ratio


def cells(row: Row) -> list[str]:
    others = (shown(row.times[peer]) if peer in row.times else "–" for peer in PEERS)
    return [
        row.name, shown(row.times["f"]), shown(row.times["value_and_grad"]), f"{row.ratio:.2f}", *others
    ]  # fmt: skip


def summary(rows: list[Row]) -> str:
    mean = np.exp(np.mean([np.log(row.ratio) for row in rows])) if rows else np.nan
    return f"Geometric mean of the ratios: {mean:.2f}."
