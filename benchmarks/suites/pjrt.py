"""Devices (PJRT with its CPU plugin) against JAX: what a call costs, and training networks.

JAX's program is what JAX lowers the same function to, compiled and run by the same plugin.
"""

from __future__ import annotations

import numpy as np

import broadax as bx
from benchmarks import jax_peer
from benchmarks.case import Case, Contender
from benchmarks.suites import networks
from benchmarks.suites.calls import ARGUMENTS
from benchmarks.timing import seconds, shown

COLUMNS = ["case", "broadax, PJRT", "JAX's program", "÷", "JAX", "÷", "broadax, Numba"]


def digits(np):
    """The loss of the digits example: cross-entropy of picked logits, with weight decay."""

    def loss(params, x, y):
        for w, b in params[:-1]:
            x = np.maximum(x @ w + b, 0)
        w, b = params[-1]
        logits = x @ w + b
        shifted = logits - np.max(logits, axis=1, keepdims=True)
        picked = shifted[np.arange(len(y)), y]
        decay = sum([np.sum(w * w) for w, b in params])
        return np.mean(np.log(np.sum(np.exp(shifted), axis=1)) - picked) + 1e-4 * decay

    return loss


def _digits_arguments() -> tuple:
    rng = np.random.default_rng(0)
    sizes = (64, 64, 10)
    params = [(rng.standard_normal((n, m)) / np.sqrt(n), np.zeros(m)) for n, m in zip(sizes, sizes[1:])]
    return params, rng.uniform(size=(128, 64)), rng.integers(0, 10, 128)


DIGITS = "digits 64-64-10, value_and_grad"


def cases() -> list[str]:
    return [*(f"call: {name}" for name in ARGUMENTS), DIGITS, *networks.cases()]


def measure(name: str) -> tuple[str, dict]:
    ours, theirs, args = _functions(name)
    there = bx.device_put(args, bx.devices("cpu")[0])
    contenders = {"broadax, PJRT": Contender(_blocking(bx.jit(ours, backend="pjrt")), there)}
    if jax_peer.AVAILABLE:
        contenders["JAX's program"] = _lowered(theirs(), args)
        contenders["JAX"] = Contender(jax_peer.jit(theirs()), jax_peer.arrays(args))
    contenders["broadax, Numba"] = Contender(bx.jit(ours, backend="numba"), args)
    return name, seconds(Case(name, contenders, tolerance=2e-3 if name in networks.cases() else 1e-9))


def _functions(name: str) -> tuple:
    """Ours, a maker of JAX's, and the arguments."""
    if name.startswith("call: "):
        function, args = ARGUMENTS[name[6:]]
        return function, lambda: function, args
    if name == DIGITS:
        return bx.value_and_grad(digits(np)), _jax_digits, _digits_arguments()
    return networks.function(name), lambda: networks.jax_function(name), networks.arguments(name)


def _lowered(function, args: tuple) -> Contender:
    """What JAX lowers a function to, run by this plugin."""
    import jax

    given = jax_peer.arrays(args)
    lowered = jax.jit(function, keep_unused=True).lower(*given)
    run = bx.devices("cpu")[0].client.compile(lowered.as_text())
    there = tuple(bx.device_put(np.asarray(x)) for x in jax.tree.leaves(given))
    tree = jax.tree.structure(lowered.out_info)
    return Contender(lambda *x: bx.block_until_ready(run(*x)), there, result=lambda out: tree.unflatten(out))


def _jax_digits():
    import jax

    return jax.value_and_grad(digits(jax.numpy))


def _blocking(function):
    return lambda *args: bx.block_until_ready(function(*args))


def cells(row: tuple[str, dict]) -> list[str]:
    name, found = row
    ours, texts = found["broadax, PJRT"], [name, shown(found["broadax, PJRT"])]
    for other in ("JAX's program", "JAX"):
        texts += [shown(found[other]), f"{ours / found[other]:.2f}"] if other in found else ["–", "–"]
    return [*texts, shown(found["broadax, Numba"])]


def summary(rows: list) -> str:
    return "All wait for the result (`block_until_ready`) and take arrays on the device."
