"""What a first call costs, by counting: modules imported, passes run, functions compiled."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import gast
import numpy as np
import pytest

import broadax as bx
from broadax.backends.numba import run as run_module

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


def generated(count: int):
    """A function of so many loops over whole matrices, each of which is a nest of its own."""
    lines = "".join(f"    x = np.cos(x @ w) + {k}.5\n" for k in range(count))
    return f"def f(x, w):\n{lines}    return x\n"


def compiled(folder, text: str, *args):
    """Compile a function on Numba and call it; gives the function and the result."""
    file = folder / f"functions{len(list(folder.iterdir()))}.py"
    file.write_text(f"import numpy as np\n\n\n{text}")
    spec = importlib.util.spec_from_file_location(f"functions_{folder.name}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    run = bx.jit(module.f, backend="numba")
    return run, run(*args)


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BROADAX_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(run_module, "_compiled", {})
    return tmp_path


def test_parts_become_machine_code_once_in_the_whole(empty_cache, monkeypatch):
    from numba.core.codegen import CPUCodeLibrary

    made = []
    finalize = CPUCodeLibrary._finalize_final_module
    monkeypatch.setattr(
        CPUCodeLibrary, "_finalize_final_module", lambda own: made.append(own.name) or finalize(own)
    )
    x, w = np.full((6, 6), 0.5), np.eye(6)
    run, got = compiled(empty_cache, generated(20), x, w)
    assert run.source(stage="numba").count("@njit") > 2
    assert [name for name in made if name != "nrt"] == ["f"]  # nrt: the runtime of Numba itself
    for k in range(20):
        x = np.cos(x @ w) + (k + 0.5)
    np.testing.assert_allclose(got, x)


def test_an_error_of_a_part_has_its_values_in_the_process_that_compiled_it(empty_cache):
    text = generated(20).replace("w):", "w, i):").replace("return x", "return np.cos(x @ w) + x[i] * 2")
    x, w = np.full((6, 6), 0.5), np.eye(6)
    run, _ = compiled(empty_cache, text, x, w, np.array([1]))
    assert run.source(stage="numba").count("@njit") > 2
    with pytest.raises(IndexError, match="index 9 is out of bounds for axis of size 6"):
        run(x, w, np.array([9]))


def test_what_an_operator_means_is_looked_up_once_for_each_types(empty_cache, monkeypatch):
    from numba.core import types

    asked = []
    lookup = types.Function.get_call_type

    def counted(own, context, args, kws):
        asked.append((str(own.typing_key), args))
        return lookup(own, context, args, kws)

    monkeypatch.setattr(types.Function, "get_call_type", counted)
    text = "def f(x):\n    return np.sum(x * x + 3 * x - x / 7)\n"
    compiled(empty_cache, text, np.arange(4.0))
    asked.clear()
    _, got = compiled(empty_cache, text.replace("7", "9"), np.arange(4.0))
    np.testing.assert_allclose(got, np.sum(np.arange(4.0) ** 2 + (3 - 1 / 9) * np.arange(4.0)))
    assert not [key for key, _ in asked if key in ("<built-in function add>", "<built-in function mul>")]


def test_passes_for_what_generated_code_has_not_are_left_out(empty_cache):
    from numba.core import event

    names = []

    class Passes(event.Listener):
        def on_start(self, event):
            names.append(event.data["name"].split(" [")[0])

        def on_end(self, event):
            pass

    with event.install_listener("numba:run_pass", Passes()):
        _, got = compiled(empty_cache, "def f(x):\n    return np.sum(x * x)\n", np.arange(4.0))
    assert got == 14
    assert "broadax_type_inference" in names
    assert len(names) <= 16
    assert not {"inline_closure_likes", "dead_branch_prune", "nopython_rewrites"} & set(names)


def test_a_function_is_taken_from_the_tree_of_its_file_alone(monkeypatch):
    """The rest of a long file is not converted."""
    from broadax.transforms import source

    converted = []
    convert = gast.ast_to_gast
    monkeypatch.setattr(source.gast, "ast_to_gast", lambda node: converted.append(node) or convert(node))
    monkeypatch.setattr(source, "_CACHE", {})
    found = source.source_of(generated)
    assert [node.name for node in converted] == ["generated"] == [found.node.name]
