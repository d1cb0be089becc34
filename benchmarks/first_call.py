"""One first call, timed in its own process: `python -m benchmarks.first_call SIDE CASE` (see `compiling`).

Prints a line of JSON: the times of importing, of a trivial function's first call and of the case's, each as
CPU seconds of all threads and seconds by the clock, and for broadax the parts of the last one.
"""

from __future__ import annotations

import importlib
import json
import sys
import time

if __name__ == "__main__":
    from benchmarks import one_core  # noqa: F401

import numpy as np  # noqa: E402

NETWORK = "networks: "


class Clock:
    """CPU seconds and seconds by the clock since the last look."""

    def __init__(self):
        self.last = self.now()

    @staticmethod
    def now() -> tuple[float, float]:
        return time.process_time(), time.perf_counter()

    def taken(self) -> tuple[float, float]:
        before, self.last = self.last, self.now()
        return self.last[0] - before[0], self.last[1] - before[1]


def total_of(np):
    """A smooth scalar of any tree: the sum of the sines of its numbers, in NumPy's or JAX's functions."""

    def total(out):
        if isinstance(out, (tuple, list)):
            return sum([total(o) for o in out])
        if isinstance(out, dict):
            return sum([total(o) for o in out.values()])
        return np.sum(np.sin(out))

    return total


def gradient_of(function, grad, np, numbers: tuple):
    """The gradient of the total of a function's result."""
    total = total_of(np)

    def loss(*args):
        return total(function(*args))

    return grad(loss, argnums=numbers)


def sample_of(case: str):
    """The sample of a case `name, function` or `name, gradient`, and whether it is the gradient."""
    name, _, what = case.partition(", ")
    module = importlib.import_module(f"samples.{name.partition('.')[0]}")
    from samples.pool import POOL

    return POOL[name], what == "gradient", module


def differentiable(args: tuple) -> tuple[int, ...]:
    """The positions of the arguments all of whose leaves are floats."""
    from samples.pool import is_float, leaves

    return tuple(i for i, a in enumerate(args) if leaves(a) and all(map(is_float, leaves(a))))


def ours(case: str) -> tuple:
    """The case as a function of broadax, and its arguments."""
    import broadax as bx

    if case.startswith(NETWORK):
        networks = importlib.import_module("benchmarks.suites.networks")
        return networks.function(case[len(NETWORK) :]), networks.arguments(case[len(NETWORK) :])
    sample, is_gradient, _ = sample_of(case)
    args = sample.draw("f64")
    if not is_gradient:
        return sample.function, args
    return gradient_of(sample.function, bx.grad, np, differentiable(args)), args


def theirs(case: str) -> tuple:
    """The same for JAX: the sample with jax.numpy in place of NumPy."""
    import jax

    if case.startswith(NETWORK):
        networks = importlib.import_module("benchmarks.suites.networks")
        return networks.jax_function(case[len(NETWORK) :]), networks.arguments(case[len(NETWORK) :])
    sample, is_gradient, module = sample_of(case)
    module.np = jax.numpy
    args = sample.draw("f64")
    if not is_gradient:
        return sample.function, args
    return gradient_of(sample.function, jax.grad, jax.numpy, differentiable(args)), args


def trivial(x):
    return x + 1.0


def broadax_times(case: str) -> dict:
    """What a first call takes, in parts."""
    clock = Clock()
    import broadax as bx

    found = {"import": clock.taken()}
    from benchmarks.stages import Stages

    clock.taken()
    bx.jit(trivial, backend="numba")(np.ones(3))
    found["start"] = clock.taken()
    function, args = ours(case)
    stages = Stages()
    clock.taken()
    bx.jit(function, backend="numba")(*args)
    found["first"] = clock.taken()
    return found | {"stages": stages.seconds()}


def jax_times(case: str) -> dict:
    """The same for `jax.jit`."""
    clock = Clock()
    import jax

    found = {"import": clock.taken()}
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    clock.taken()
    jax.block_until_ready(jax.jit(trivial)(np.ones(3)))
    found["start"] = clock.taken()
    function, args = theirs(case)
    clock.taken()
    jax.block_until_ready(jax.jit(function)(*args))
    return found | {"first": clock.taken()}


if __name__ == "__main__":
    print(json.dumps({"broadax": broadax_times, "jax": jax_times}[sys.argv[1]](sys.argv[2])))
