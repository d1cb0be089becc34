"""Gradients of networks in float32, and a step of Adam.

A network 784-512-512-10 (batch 128), an LSTM (100 steps, hidden 128, batch 32), LeNet-5 (28 × 28, batch 64;
the convolution is im2col in NumPy, `conv_general_dilated` in JAX, `conv2d` in PyTorch), and a block of a
transformer (width 256, 8 heads, 128 tokens, batch 8). PyTorch runs without `torch.compile`.
"""

from __future__ import annotations

import numpy as np

import broadax as bx
from benchmarks import autograd_peer, jax_peer, models, torch_peer
from benchmarks.case import Case, Contender
from benchmarks.versus import COLUMNS, cells, summary  # noqa: F401
from benchmarks.versus import measure as _measure

SIZES = (784, 512, 512, 10)
AGAINST, TARGETS = (
    ("JAX",),
    {
        "MLP, step of Adam": 0.8,
        "LSTM, value_and_grad": 0.7,
        "LeNet, value_and_grad": 1.0,
        "transformer block, value_and_grad": 1.0,
    },
)

REASONS = {
    "MLP, step of Adam": "Eight products by OpenBLAS are four fifths of the time, at 0.87 of its speed for "
    "large matrices; a sixth of theirs is packing of operands. Adam's passes and all that is elementwise are "
    "a sixth of the time. Needed: products that do not pack.",
}


def cases() -> list[str]:
    names = ("MLP, value_and_grad", "MLP, step of Adam", "LSTM, value_and_grad", "LeNet, value_and_grad")
    return [*names, "transformer block, value_and_grad"]


def arguments(name: str) -> tuple:
    rng = np.random.default_rng(0)

    def normal(*shape, inputs=None):
        return (rng.standard_normal(shape) / np.sqrt(inputs or shape[0])).astype(np.float32)

    labels = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 128)]
    if name.startswith("LSTM"):
        params = {"wx": normal(64, 512), "wh": normal(128, 512), "b": normal(512), "out": normal(128, 1)}
        return params, normal(100, 32, 64), normal(32, 1)
    if name.startswith("LeNet"):
        kernels = [(normal(6, 1, 5, 5, inputs=25), normal(6)), (normal(16, 6, 5, 5, inputs=150), normal(16))]
        dense = [(normal(m, n), normal(n)) for m, n in ((256, 120), (120, 84), (84, 10))]
        return {"convolutions": kernels, "dense": dense}, normal(64, 1, 28, 28, inputs=1), labels[:64]
    if name.startswith("transformer"):
        params = {"in": normal(256, 768), "out": normal(256, 256), "up": normal(256, 1024), "b": normal(1024)}
        params |= {"down": normal(1024, 256), "c": normal(256)}
        params |= {part: [1 + normal(256), normal(256)] for part in ("first", "second")}
        return params, normal(8, 128, 256, inputs=1), normal(8, 128, 256, inputs=1)
    params = [{"w": normal(m, n), "b": normal(n)} for m, n in zip(SIZES, SIZES[1:])]
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
    if torch_peer.AVAILABLE:
        contenders["PyTorch"] = Contender(torch_function(name), torch_peer.arrays(args))
    if autograd_peer.AVAILABLE and not name.startswith("LeNet"):  # its im2col writes to an array
        ours = _written(name, autograd_peer.numpy, autograd_peer.value_and_grad)
        contenders["autograd"] = Contender(ours, args)
    return _measure(Case(name, contenders, tolerance=2e-3))


def function(name: str):
    """The case as a function of `arguments(name)`."""
    return _written(name, np, bx.value_and_grad)


def jax_function(name: str):
    """The same for JAX's arrays, not compiled."""
    import jax

    def scan(step, state, sequence):
        return jax.lax.scan(lambda s, x: (step(s, x), None), state, sequence)[0]

    def convolve(x, w):
        return jax.lax.conv_general_dilated(x, w, (1, 1), "VALID")

    def pool(x):
        return jax.lax.reduce_window(x, -np.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    return _written(name, jax.numpy, jax.value_and_grad, scan, convolve, pool)


def torch_function(name: str):
    """The same for PyTorch's tensors."""
    both = torch_peer.value_and_grad
    return _written(name, torch_peer.numpy, both, convolve=torch_peer.convolve, pool=torch_peer.pool)


def _written(name, np, value_and_grad, scan=models.loop, convolve=models.convolve, pool=models.pool):
    """The case, written with an array module, a transform, and the loop and layers that are a peer's own."""
    if name.startswith("LSTM"):
        return value_and_grad(models.lstm(np, scan))
    if name.startswith("LeNet"):
        return value_and_grad(models.lenet(np, convolve, pool))
    if name.startswith("transformer"):
        return value_and_grad(models.transformer(np))
    both = value_and_grad(models.mlp(np))
    return models.adam(np, both) if name.endswith("Adam") else both
