"""Arguments of the kernels that have JAX versions: the small sizes of NPBench."""

from __future__ import annotations

import numpy as np
from programs.pool import dominant, load_all, positive_definite


def _gemver(r):
    return (1.5, 1.2, *r.random((8, 1000)), r.random((1000, 1000)) / 1000)


MAKERS = {
    "jacobi_2d": lambda r: (50, *r.random((2, 150, 150))),
    "heat_3d": lambda r: (25, *r.random((2, 25, 25, 25))),
    "seidel_2d": lambda r: (8, 50, r.random((50, 50))),
    "fdtd_2d": lambda r: (20, r.random((200, 220)), r.random((200, 220)), r.random((200, 220)), r.random(20)),
    "hdiff": lambda r: (r.random((68, 68, 60)), np.zeros((64, 64, 60)), r.random((64, 64, 60))),
    "adi": lambda r: (5, 100, r.random((100, 100))),
    "doitgen": lambda r: (60, 60, 128, r.random((60, 60, 128)), r.random((128, 128))),
    "gemver": _gemver,
    "correlation": lambda r: (600.0, r.random((600, 500))),
    "durbin": lambda r: (r.uniform(0, 1e-3, 1000),),
    "lu": lambda r: (dominant(r, 60),),
    "cholesky": lambda r: (positive_definite(r, 100),),
    "trisolv": lambda r: (dominant(r, 2000), r.random(2000), r.random(2000)),
    "syrk": lambda r: (1.5, 1.2, r.random((70, 70)), r.random((70, 50))),
}
NAMES = {name.partition(".")[2]: name for name in load_all()}


def draw(kernel: str) -> tuple:
    """Arguments of a kernel, the same at each call."""
    return MAKERS[kernel](np.random.default_rng(0))


def written(name: str, args: tuple) -> list[int]:
    """The places of the arrays that a program may write."""
    writes = load_all()[name].writes
    return [k for k, a in enumerate(args) if isinstance(a, np.ndarray) and writes]
