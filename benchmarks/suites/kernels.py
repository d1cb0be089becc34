"""Programs of tests/programs by broadax (Numba backend), and by numba.njit where that compiles them.

Their arrays are made so large that a call takes at least 100 µs.
"""

from __future__ import annotations

import numba
import numpy as np
from programs.pool import Program, load_all

import broadax as bx
from benchmarks.case import Case, Contender
from benchmarks.scales import enough
from benchmarks.versus import COLUMNS, cells, summary  # noqa: F401
from benchmarks.versus import measure as _measure

NAMES = (
    "jacobi_1d", "jacobi_2d", "heat_3d", "seidel_2d", "fdtd_2d", "adi", "hdiff", "vadv", "doitgen",
    "gemver", "correlation", "covariance", "durbin", "lu", "ludcmp", "cholesky", "trisolv", "syrk", "syr2k",
    "trmm", "symm", "gramschmidt", "atax", "bicg", "mvt", "floyd_warshall", "nussinov", "go_fast",
    "nbody_pairs", "viterbi_score",
)  # fmt: skip


def cases() -> list[str]:
    return [name for name, p in load_all().items() if name.partition(".")[2] in NAMES and not p.error]


def measure(name: str):
    program = load_all()[name]
    ours = bx.jit(program.function, backend="numba")
    scale, args = enough(program, ours)
    contenders = {"broadax": _contender(ours, program, args)}
    theirs = numba.njit(program.function)
    try:
        theirs(*program.draw(1))
        contenders["Numba"] = _contender(theirs, program, args)
    except numba.core.errors.NumbaError:
        contenders["NumPy"] = _contender(program.function, program, args)
    return _measure(Case(f"{name}, {scale}x", contenders))


def _contender(function, program: Program, args: tuple) -> Contender:
    """A call gives the results and the arrays that it may have written."""

    def call(*args):
        return function(*args), [a for a in args if isinstance(a, np.ndarray) and program.writes]

    return Contender(call, args, writes=True)
