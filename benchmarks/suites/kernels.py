"""Programs of tests/programs by broadax (Numba backend), by JAX, and by numba.njit where that compiles them.

Those with a JAX version (`benchmarks/jax_kernels.py`) have NPBench's small sizes; the arrays of the
others are made so large that a call takes at least 100 µs.
"""

from __future__ import annotations

import numba
from programs.pool import Program, load_all

import broadax as bx
from benchmarks import jax_peer, kernel_arguments, njit_kernels
from benchmarks.case import Case, Contender, changed
from benchmarks.scales import enough
from benchmarks.versus import COLUMNS, cells, summary  # noqa: F401
from benchmarks.versus import measure as _measure

AGAINST, TARGET = ("JAX", "Numba"), 1.0
REASONS = {
    "linear_algebra.atax": "Two products by BLAS, as in Numba's.",
    "linear_algebra.bicg": "Two products by BLAS, as in Numba's.",
    "linear_algebra.mvt": "Two products by BLAS, as in Numba's.",
    "statistics.correlation": "Products of matrices by OpenBLAS take 0.7 of the time: for each block "
    "of turns it packs its operand anew (2.6 ms for half the terms; one of all terms takes 3.3). The "
    "mirrored columns take a tenth.",
    "linear_algebra.doitgen": "A product by OpenBLAS, by blocks of rows that stay in the cache.",
    "linear_algebra.trisolv": "Bound by memory: to read the triangle once takes 0.87 of the time.",
    "physics.go_fast": "The same loops as Numba's.",
    "stencils.jacobi_2d": "Five reads and a write of an element are all that it does, as XLA's code.",
    "stencils.heat_3d": "Seven reads and a write of an element are all that it does, as XLA's code.",
    "weather.hdiff": "Two passes, of which the second takes two thirds. By blocks of rows it is no faster.",
    "stencils.seidel_2d": "Each element waits for the one before it, in Numba's loops as well.",
}

NAMES = (
    *kernel_arguments.MAKERS, "jacobi_1d", "vadv", "covariance", "ludcmp", "syr2k", "trmm", "symm",
    "gramschmidt", "atax", "bicg", "mvt", "floyd_warshall", "nussinov", "go_fast", "nbody_pairs",
    "viterbi_score",
)  # fmt: skip


def cases() -> list[str]:
    return [name for name, p in load_all().items() if name.partition(".")[2] in NAMES and not p.error]


def measure(name: str):
    program, kernel = load_all()[name], name.partition(".")[2]
    ours = bx.jit(program.function, backend="numba")
    sized = kernel in kernel_arguments.MAKERS
    scale, args = (None, kernel_arguments.draw(kernel)) if sized else enough(program, ours)
    writes = changed(ours, args)
    contenders = {"broadax": _contender(ours, program, args, writes)}
    if sized and jax_peer.AVAILABLE:
        contenders["JAX"] = _jax(name, kernel, args)
    theirs = njit_kernels.BY_HAND.get(kernel) or numba.njit(program.function)
    try:
        theirs(*program.draw(1))
        contenders["Numba"] = _contender(theirs, program, args, writes)
    except numba.core.errors.NumbaError:
        if not sized:
            contenders["NumPy"] = _contender(program.function, program, args, writes)
    return _measure(Case(name if sized else f"{name}, {scale}x", contenders, tolerance=1e-8))


def _contender(function, program: Program, args: tuple, writes: tuple[int, ...]) -> Contender:
    """A call gives the results and the arrays that it may have written."""
    places = kernel_arguments.written(program.name, args)

    def call(*args):
        return function(*args), [args[k] for k in places]

    return Contender(call, args, writes)


def _jax(name: str, kernel: str, args: tuple) -> Contender:
    from benchmarks import jax_kernels

    function, static = jax_kernels.function(kernel)
    places = kernel_arguments.written(name, args)

    def result(out):
        return out[0], [out[1].get(k, args[k]) for k in places]

    given = tuple(a if k in static else x for k, (a, x) in enumerate(zip(args, jax_peer.arrays(args))))
    return Contender(jax_peer.jit(function, static_argnums=static), given, result=result)
