"""Gradients of the kernels that have JAX versions (NPBench's small sizes), and of JAX's.

The function is the sum of what the kernel gives and writes, each number with a weight of its own. JAX
differentiates `scan` and `.at[]`.
"""

from __future__ import annotations

import copy

import numpy as np
from programs.pool import load_all

import broadax as bx
from benchmarks import jax_peer, kernel_arguments
from benchmarks.case import Case, Contender
from benchmarks.versus import COLUMNS, cells, summary  # noqa: F401
from benchmarks.versus import measure as _measure

AGAINST, TARGET = ("JAX",), 0.1
REASONS = {
    "adi": "A third of the time goes into two loops of elimination, which add to neighbouring elements of a "
    "row. By hand, with local arrays stored by columns and a value that is saved twice saved once, it takes "
    "0.8 of JAX's time. Divisions take a twentieth.",
    "durbin": "A turn reads and writes rows of up to 8 kB, both ways; saving what a turn overwrites, 4 MB in "
    "all, is written once and read once. Each turn waits for the sums of the one before it.",
    "jacobi_2d": "The inner elements of the two sums of shifted arrays take three quarters, a tenth of JAX's "
    "time; clearing cotangents takes an eighth, borders and the ends of rows take another.",
    "correlation": "The products that 32 turns at once add, of rows and of columns, take half of JAX's time; "
    "the triangle of each block stays in its turns. 0.1 is below what the products take.",
    "doitgen": "One product of matrices by OpenBLAS, as fast as XLA's on this shape; nothing else is left.",
    "hdiff": "Seven passes over arrays of 2 MB, bound by memory. Rows of all seven done in turn, while they "
    "are in the cache, took a third less (tried by hand); the temporaries would still be written to memory.",
    "fdtd_2d": "Three passes in a turn, which read or write nine arrays of 350 kB: bound by the second-level "
    "cache.",
    "heat_3d": "Rows of 25: a third of the time goes into the rows at the borders, which are done update by "
    "update, a tenth each into the ends of the other rows and the clearing of cotangents.",
    "gemver": "Bound by memory: two passes write a matrix of 8 MB, each in the time of a copy, and two read "
    "one; these alone are three quarters of JAX's time on a Xeon.",
    "syrk": "A derivative written by hand in Numba takes 0.8 of the time, 0.7 of JAX's: both add up as many "
    "products, of rows of 50 elements.",
    "trisolv": "Bound by memory: to copy the cotangent of the matrix (32 MB) takes 0.46 of the time; a "
    "derivative written by hand in Numba takes 0.92 of it, 0.1 of JAX's.",
    "seidel_2d": "Each element waits for the one before it: a derivative written by hand in Numba takes 0.9 "
    "of the time.",
    "lu": "A derivative written by hand in Numba, all of whose loops run along rows, takes 1.6 of the time.",
}


def cases() -> list[str]:
    return list(kernel_arguments.MAKERS) if jax_peer.AVAILABLE else []


def measure(kernel: str):
    name = kernel_arguments.NAMES[kernel]
    program, args = load_all()[name], kernel_arguments.draw(kernel)
    places = kernel_arguments.written(name, args)
    weights = _weights(program.function, places, args)
    ours = bx.grad(_loss(program.function, places, weights), argnums=program.main, backend="numba")
    contenders = {"broadax": Contender(ours, args)}
    contenders["JAX"] = _jax(kernel, program.main, places, weights, args)
    return _measure(Case(kernel, contenders, tolerance=1e-8))


def _counted(out, written: list) -> list:
    return written if out is None else [out, *written]


def _weights(function, places: list[int], args: tuple) -> list[np.ndarray]:
    given = copy.deepcopy(args)
    counted = _counted(function(*given), [given[k] for k in places])
    return [np.cos(np.arange(x.size)).reshape(x.shape) for x in counted]


def _loss(function, places: list[int], weights: list[np.ndarray]):
    def loss(*args):
        counted = _counted(function(*args), [args[k] for k in places])
        return sum([np.sum(w * x) for w, x in zip(weights, counted)])

    return loss


def _jax(kernel: str, main: int, places: list[int], weights: list[np.ndarray], args: tuple) -> Contender:
    import jax

    from benchmarks import jax_kernels

    function, static = jax_kernels.function(kernel)

    def loss(*args):
        out, written = function(*args)
        counted = _counted(out, [written.get(k, args[k]) for k in places])
        return sum((w * x).sum() for w, x in zip(weights, counted))

    given = tuple(a if k in static else x for k, (a, x) in enumerate(zip(args, jax_peer.arrays(args))))
    return Contender(jax_peer.jit(jax.grad(loss, argnums=main), static_argnums=static), given)
