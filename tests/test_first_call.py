"""What a first call costs, by counting: modules imported, passes run, functions compiled."""

from __future__ import annotations

import subprocess
import sys

COMPILERS = (
    "numba",
    "llvmlite",
    "scipy",
    "gast",
    "beniget",
    "rich",
    "typer",
    "opt_einsum",
    "importlib.metadata",
)


def modules_after(folder, program: str) -> set[str]:
    """The names of the modules that a program imports."""
    file = folder / "program.py"
    file.write_text(f"import sys\nfound = set(sys.modules)\n{program}\nprint(*set(sys.modules) - found)\n")
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_loads_neither_the_compiler_nor_what_it_needs(tmp_path):
    found = modules_after(tmp_path, "import broadax\nbroadax.grad(lambda x: x)")
    assert not found & set(COMPILERS)
    assert not [m for m in found if m.startswith(("broadax.backends", "broadax.transforms.specialise"))]
    assert len([m for m in found if m.partition(".")[0] == "broadax"]) <= 50


def test_nn_is_there_when_it_is_asked_for(tmp_path):
    program = "import broadax, numpy\nassert broadax.nn.relu(numpy.float64(-1)) == 0"
    assert "broadax.nn" in modules_after(tmp_path, program)


def test_the_numpy_backend_needs_no_compiler(tmp_path):
    program = """
import numpy as np, broadax as bx
def f(x): return np.sum(np.sin(x))
bx.grad(f, backend="numpy")(np.ones(3))
bx.vmap(f, backend="numpy")(np.ones((3, 2)))
"""
    assert not modules_after(tmp_path, program) & {"numba", "llvmlite", "scipy", "rich", "typer"}
