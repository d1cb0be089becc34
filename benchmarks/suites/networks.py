"""Training a network 784-512-512-10 (float32, batch 128: gradient, step of Adam), and an LSTM's gradient."""

from __future__ import annotations

import numpy as np

import broadax as bx
from benchmarks import jax_peer
from benchmarks.case import Case, Contender
from benchmarks.versus import COLUMNS, cells, summary  # noqa: F401
from benchmarks.versus import measure as _measure

SIZES = (784, 512, 512, 10)


def mlp(np):
    def loss(params, x, labels):
        for layer in params[:-1]:
            x = np.maximum(x @ layer["w"] + layer["b"], 0)
        logits = x @ params[-1]["w"] + params[-1]["b"]
        logits = logits - np.max(logits, axis=1, keepdims=True)
        picked = np.sum(logits * labels, axis=1)
        return np.mean(np.log(np.sum(np.exp(logits), axis=1)) - picked)

    return loss


def adam(np, value_and_grad):
    """One step for a list of dicts of arrays; gives the loss and the new parameters and moments."""

    def step(params, first, second, x, labels):
        value, gradient = value_and_grad(params, x, labels)
        out = []
        for p, m, v, g in zip(params, first, second, gradient):
            new = {}
            for name in p:
                mean = 0.9 * m[name] + 0.1 * g[name]
                square = 0.999 * v[name] + 0.001 * g[name] * g[name]
                new[name] = (p[name] - 1e-3 * mean / (np.sqrt(square) + 1e-8), mean, square)
            out.append(new)
        return value, out

    return step


def lstm(np, scan):
    """The mean square of an LSTM's last output, `scan(step, start, sequence)` being the loop."""

    def loss(params, sequence, target):
        size = params["b"].shape[0] // 4

        def step(state, x):
            h, c = state
            gates = x @ params["wx"] + h @ params["wh"] + params["b"]
            take, keep, give = (1 / (1 + np.exp(-gates[:, k * size : (k + 1) * size])) for k in range(3))
            c = keep * c + take * np.tanh(gates[:, 3 * size :])
            return give * np.tanh(c), c

        zero = np.zeros((sequence.shape[1], size), sequence.dtype)
        h, _ = scan(step, (zero, zero), sequence)
        return np.mean((h @ params["out"] - target) ** 2)

    return loss


def loop(step, state, sequence):
    for x in sequence:
        state = step(state, x)
    return state


def cases() -> list[str]:
    return ["MLP, value_and_grad", "MLP, step of Adam", "LSTM, value_and_grad"]


def arguments(name: str) -> tuple:
    rng = np.random.default_rng(0)

    def normal(*shape):
        return (rng.standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32)

    if name.startswith("LSTM"):
        params = {"wx": normal(32, 256), "wh": normal(64, 256), "b": normal(256), "out": normal(64, 1)}
        return params, normal(50, 16, 32), normal(16, 1)
    params = [{"w": normal(m, n), "b": normal(n)} for m, n in zip(SIZES, SIZES[1:])]
    labels = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 128)]
    x = rng.standard_normal((128, 784)).astype(np.float32)
    if name.endswith("Adam"):
        zero = [{k: np.zeros_like(a) for k, a in layer.items()} for layer in params]
        return params, zero, zero, x, labels
    return params, x, labels


def measure(name: str):
    args = arguments(name)
    contenders = {"broadax": Contender(bx.jit(function(name), backend="numba"), args)}
    if jax_peer.AVAILABLE:
        contenders["JAX"] = Contender(jax_peer.jit(jax_function(name)), jax_peer.arrays(args))
    return _measure(Case(name, contenders, tolerance=2e-3))


def function(name: str):
    """The case as a function of `arguments(name)`."""
    if name.startswith("LSTM"):
        return bx.value_and_grad(lstm(np, loop))
    value_and_grad = bx.value_and_grad(mlp(np))
    return adam(np, value_and_grad) if name.endswith("Adam") else value_and_grad


def jax_function(name: str):
    """The same for JAX's arrays, not compiled."""
    import jax

    if name.startswith("LSTM"):

        def scan(step, state, sequence):
            return jax.lax.scan(lambda s, x: (step(s, x), None), state, sequence)[0]

        return jax.value_and_grad(lstm(jax.numpy, scan))
    value_and_grad = jax.value_and_grad(mlp(jax.numpy))
    return adam(jax.numpy, value_and_grad) if name.endswith("Adam") else value_and_grad
