"""Chains of elementwise functions and reductions, by broadax (Numba backend), JAX, PyTorch, and NumPy."""

from __future__ import annotations

import numpy as np

import broadax as bx
from benchmarks import jax_peer, torch_peer
from benchmarks.case import Case, Contender
from benchmarks.versus import COLUMNS, cells, summary  # noqa: F401
from benchmarks.versus import measure as _measure

SIZES = (1_000, 100_000, 10_000_000)
WIDTH = 100  # of a row


def functions(np) -> dict:
    """Each function, written with this array module; of matrices `(rows, WIDTH)`."""

    def sum_of_products(x, y, z):
        return np.sum(x + y * z)

    def gelu(x, y, z):
        return 0.5 * x * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))

    def softmax(x, y, z):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    def layer_norm(x, y, z):
        centred = x - np.mean(x, axis=-1, keepdims=True)
        return centred / np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + 1e-5) * y + z

    def logsumexp(x, y, z):
        largest = np.max(x, axis=-1, keepdims=True)
        return np.log(np.sum(np.exp(x - largest), axis=-1)) + largest[..., 0]

    return {f.__name__: f for f in (sum_of_products, gelu, softmax, layer_norm, logsumexp)}


def cases() -> list[str]:
    return [f"{name} {dtype} {n}" for name in functions(np) for dtype in ("f32", "f64") for n in SIZES]


AGAINST = ("JAX",)
TARGETS = {case: 0.2 if int(case.split()[-1]) <= 10_000 else 1.0 for case in cases()}
_ROWS = (
    "Rows of 100 are 7 vectors, the last under a mask: of 1.1 ns an element its exponential and their sum "
    "take 0.6, the maximum 0.3. Sums in float64, where JAX adds in float32, take 0.15."
)
REASONS = {
    **{f"gelu f64 {n}": "tanh of float64 takes 1.2 of 1.6 ns." for n in SIZES},
    **{f"{name} f32 {n}": _ROWS for name in ("softmax", "logsumexp") for n in (100000, 10000000)},
}


def measure(text: str):
    name, dtype, n = text.split()
    rng = np.random.default_rng(0)
    kind = {"f32": np.float32, "f64": np.float64}[dtype]
    args = tuple(rng.standard_normal((int(n) // WIDTH, WIDTH)).astype(kind) for _ in range(3))
    contenders = {"broadax": Contender(bx.jit(functions(np)[name], backend="numba"), args)}
    if jax_peer.AVAILABLE:
        function = functions(jax_peer.numpy)[name]
        contenders["JAX"] = Contender(jax_peer.jit(function), jax_peer.arrays(args))
    if torch_peer.AVAILABLE:
        contenders["PyTorch"] = Contender(functions(torch_peer.numpy)[name], torch_peer.arrays(args))
    contenders["NumPy"] = Contender(functions(np)[name], args)
    return _measure(Case(text, contenders, tolerance=1e-4 if dtype == "f32" else 1e-10))
