"""The command line: what it prints and writes, and how it refuses."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from broadax.cli import main
from broadax.commands import CommandError, compose
from broadax.commands.compose import Transform, parse_transform

MODEL = """
import numpy as np

RATE = 0.5
data = np.arange(3.0)


def loss(w, x, y):
    return np.mean((x @ w - y) ** 2)


def affine_loss(params, x, y):
    return np.mean((x @ params["w"] + params["b"] - y) ** 2)


def energy(x):
    return np.sum(np.sin(x) * x)


def scale(x, s):
    return x * s


class Net:
    @staticmethod
    def cost(x):
        return x * x
"""


LOSS_ARGS = "f64[m], f64[n, m], f64[n]"


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


def run(capsys, *arguments):
    """(exit code, stdout, stderr) of a command line."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    out, err = capsys.readouterr()
    return left.value.code, out, err


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def imported(path):
    """The top-level names of the modules that a file imports."""
    lines = [line.split() for line in path.read_text().splitlines()]
    return {words[1].split(".")[0] for words in lines if words and words[0] in ("import", "from")} - {"math"}


def function_in(path):
    """The function that a generated module is for: its last one."""
    module = load(path)
    return [v for v in vars(module).values() if callable(v) and getattr(v, "__module__", "") == path.stem][-1]


# ── transform texts ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text, want",
    [
        ("grad", Transform("grad")),
        ("vmap(grad)", Transform("vmap", {}, Transform("grad"))),
        ("jit(vmap(grad))", Transform("jit", {}, Transform("vmap", {}, Transform("grad")))),
        ("grad(argnums=1)", Transform("grad", {"argnums": 1})),
        ("vmap(grad, in_axes=(0, None))", Transform("vmap", {"in_axes": (0, None)}, Transform("grad"))),
        ("vmap(grad(argnums=(0, 1)))", Transform("vmap", {}, Transform("grad", {"argnums": (0, 1)}))),
        (" hessian( ) ", Transform("hessian")),
    ],
)
def test_transform_texts(text, want):
    assert parse_transform(text) == want


NO_TRANSFORMS = ["", "gard", "grad(", "grad.x", "grad(f)", "vmap(grad, jit)", "vmap(in_axes=zip)", "3"]


@pytest.mark.parametrize("text", NO_TRANSFORMS)
def test_transform_texts_that_are_none(text):
    with pytest.raises(CommandError, match="--transform"):
        parse_transform(text)


# ── what is generated ─────────────────────────────────────────────────────────────────────────────


def test_prints_plain_source_in_a_pipe(model, capsys):
    code, out, err = run(capsys, "grad", "model.py:energy", "--args", "f64[n]")
    assert (code, err) == (0, "")
    assert "def " in out
    assert "np.cos(x)" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("transform", compose.NAMES)
def test_every_transform_writes_a_module_of_its_own(model, capsys, transform):
    args = "f64[n, 3]" if transform == "vmap" else "f64[n]"
    code, out, err = run(capsys, transform, "model.py:energy", "--args", args, "-o", "made.py")
    assert (code, out, err) == (0, "", "")
    assert imported(model / "made.py") == {"numpy"}
    made, x = function_in(model / "made.py"), np.array([0.3, -1.2, 0.7, 2.0])
    gradient, energy = np.cos(x) * x + np.sin(x), np.sum(np.sin(x) * x)
    got = {
        "vmap": lambda: made(np.stack([x[:3], x[1:]])),
        "jvp": lambda: made(x, np.ones(4)),
        "vjp": lambda: made(x, np.float64(2.0)),
    }.get(transform, lambda: made(x))()
    want = {
        "value_and_grad": (energy, gradient),
        "jvp": (energy, np.sum(gradient)),
        "vjp": (energy, (2 * gradient,)),
        "vmap": np.array([np.sum(np.sin(x[:3]) * x[:3]), np.sum(np.sin(x[1:]) * x[1:])]),
        "hessian": np.diag(2 * np.cos(x) - np.sin(x) * x),
        "jit": energy,
    }.get(transform, gradient)
    if isinstance(want, tuple):
        np.testing.assert_allclose(got[0], want[0], rtol=1e-12)
        got, want = got[1], want[1]
    np.testing.assert_allclose(
        got[0] if isinstance(got, tuple) else got,
        want[0] if isinstance(want, tuple) else want,
        rtol=1e-12,
        atol=1e-12,
    )


def test_needs_numpy_alone(model, capsys):
    run(capsys, "grad", "model.py:loss", "--args", LOSS_ARGS, "--argnums", "0,2", "-o", "g.py")
    check = (
        "import sys, numpy as np, importlib\n"
        "sys.modules['broadax'] = None\n"
        "g = importlib.import_module('g')\n"
        "f = [v for v in vars(g).values() if getattr(v, '__module__', '') == 'g'][-1]\n"
        "w, x, y = np.ones(2), np.arange(6.).reshape(3, 2), np.ones(3)\n"
        "dw, dy = f(w, x, y)\n"
        "r = x @ w - y\n"
        "assert np.allclose(dw, 2 / 3 * x.T @ r) and np.allclose(dy, -2 / 3 * r)\n"
        "assert 'numba' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", check], check=True, cwd=model)


def test_codegen_of_a_composition(model, capsys):
    target = ("model.py:scale", "--args", "f64[n], f64[n]")
    code, out, _ = run(capsys, "codegen", *target, "--transform", "vmap(grad)", "-o", "made.py")
    assert code == 0
    got = function_in(model / "made.py")(np.ones(3), np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(got, [1.0, 2.0, 3.0])


def test_options_of_transforms(model, capsys):
    code, out, err = run(capsys, "vmap", "model.py:scale", "--args", "f64[n], f64", "--in-axes", "(0, None)")
    assert (code, err) == (0, "")
    code, out, err = run(capsys, "grad", "model.py:Net.cost", "--args", "f64")
    assert (code, err) == (0, "")
    assert "2" in out


def test_stages(model, capsys):
    code, core, _ = run(capsys, "grad", "model.py:energy", "--args", "f64[n]", "--stage", "core")
    assert code == 0
    code, numba, _ = run(capsys, "grad", "model.py:energy", "--args", "f64[n]", "--backend", "numba")
    assert code == 0
    assert "numba" in numba
    assert core != numba


def test_numba_module_stands_alone(model, capsys):
    """Trees as the function takes them, any memory order, nothing of broadax."""
    specs = '{"w": f64[d], "b": f64}, f64[n, d], f64[n]'
    command = ("value_and_grad", "model.py:affine_loss", "--args", specs)
    code, _, err = run(capsys, *command, "--backend", "numba", "-o", "g.py")
    assert (code, err) == (0, "")
    assert imported(model / "g.py") == {"numpy", "numba"}
    check = (
        "import sys, numpy as np\n"
        "sys.modules['broadax'] = None\n"
        "from g import value_and_grad_affine_loss as f\n"
        "p, x, y = {'w': np.ones(2), 'b': 0.5}, np.arange(6.).reshape(2, 3).T, np.ones(3)\n"
        "value, g = f(p, x, y)\n"
        "r = x @ p['w'] + p['b'] - y\n"
        "assert np.allclose(value, np.mean(r**2)) and isinstance(value, np.float64)\n"
        "assert np.allclose(g['w'], 2 / 3 * x.T @ r) and np.allclose(g['b'], 2 / 3 * np.sum(r))\n"
    )
    subprocess.run([sys.executable, "-c", check], check=True, cwd=model)


def test_the_same_text_from_two_processes(model):
    command = [sys.executable, "-m", "broadax", "grad", "model.py:loss", "--args", LOSS_ARGS]
    texts = []
    for seed in "01":
        env = os.environ | {"PYTHONHASHSEED": seed}
        made = subprocess.run(command, cwd=model, env=env, capture_output=True, text=True, check=True)
        texts.append(made.stdout)
    assert texts[0] == texts[1]


# ── files ─────────────────────────────────────────────────────────────────────────────────────────


def test_never_writes_over_a_file_unless_forced(model, capsys):
    (model / "out.py").write_text("precious\n")
    command = ("grad", "model.py:energy", "--args", "f64[n]", "-o", "out.py")
    code, out, err = run(capsys, *command)
    assert code == 2
    assert err == "broadax: out.py exists; --force writes over it\n"
    assert (model / "out.py").read_text() == "precious\n"
    assert run(capsys, *command, "--force")[0] == 0
    assert "def " in (model / "out.py").read_text()
    assert sorted(p.name for p in model.glob("*.py")) == ["model.py", "out.py"]
    assert not list(model.glob(".*"))


# ── refusals: one line on stderr, exit code 2 ─────────────────────────────────────────────────────

ENERGY = ["model.py:energy", "--args", "f64[n]"]
REFUSALS = {
    "no colon": (["grad", "model.py"], "'model.py' names no function; write FILE.py:FUNC"),
    "no file": (["grad", "modle.py:loss"], "there is no file modle.py"),
    "a folder": (["grad", ".:loss"], ". is a folder"),
    "not Python": (["grad", "notes.txt:loss"], "notes.txt is not a Python file"),
    "no such name": (["grad", "model.py:los"], "model.py has no 'los'; did you mean loss?"),
    "unknown name": (["grad", "model.py:zzz"], "model.py has no 'zzz'; it has Net, affine_loss, energy"),
    "no such method": (["grad", "model.py:Net.kost"], "model.py:Net has no 'kost'; did you mean cost?"),
    "no function": (["grad", "model.py:data"], "model.py:data is no function; its type is ndarray"),
    "a syntax error": (["grad", "broken.py:f"], "broken.py:1: SyntaxError"),
    "raises": (["grad", "raising.py:f"], "raising.py:2: ZeroDivisionError: division by zero"),
    "a spec": (["grad", "model.py:energy", "--args", "f65[n]"], "--args 'f65[n]', column 1: unknown dtype"),
    "no specs": (["grad", "model.py:loss"], "model.py:loss takes w, x, y: say their types, such as --args"),
    "argnums": (["grad", *ENERGY, "--argnums", "x"], "--argnums 'x': write a number"),
    "in_axes": (["vmap", *ENERGY, "--in-axes", "(0,"], "--in-axes '(0,' is no Python literal"),
    "transform": (["codegen", *ENERGY, "--transform", "grat"], "--transform 'grat': grat is none of grad,"),
    "transform option": (["codegen", *ENERGY, "--transform", "grad(axis=1)"], "grad: "),
    "no such option": (["grad", *ENERGY, "--arg", "f64"], "No such option: --arg"),
    "no such command": (["gard", "model.py:energy"], "No such command 'gard'"),
    "a backend": (["grad", *ENERGY, "--backend", "cuda"], "Invalid value for '--backend'"),
    "a wrong place": (["grad", *ENERGY, "-o", "nowhere/out.py"], "nowhere/out.py can't be written"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals(model, capsys, case):
    (model / "notes.txt").write_text("no code\n")
    (model / "broken.py").write_text("def f(:\n")
    (model / "raising.py").write_text("\n1 / 0\n")
    arguments, message = REFUSALS[case]
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("broadax: " + message)


def test_a_function_that_is_not_compiled_names_the_line(model, capsys):
    (model / "odd.py").write_text("def f(x):\n    with open('a') as file:\n        return x\n")
    code, out, err = run(capsys, "grad", "odd.py:f", "--args", "f64")
    assert (code, out) == (2, "")
    assert "odd.py:2" in err
    assert "Traceback" not in err


def test_what_the_function_itself_raises_is_told(tmp_path, capsys):
    path = tmp_path / "checks.py"
    path.write_text(
        "def f(x):\n    assert x.ndim == 2, 'a matrix, please'\n    return x.sum()\n", encoding="utf-8"
    )
    code, out, err = run(capsys, "grad", f"{path}:f", "--args", "f64[n]")
    assert (code, out) == (2, "")
    assert err.startswith("broadax: AssertionError: a matrix, please\n")
    assert "checks.py:2:5, in f" in err


def test_a_gradient_of_an_array_is_refused(model, capsys):
    code, out, err = run(capsys, "grad", "model.py:scale", "--args", "f64[n], f64")
    assert (code, out) == (2, "")
    assert "scalar" in err


# ── demo, info, help ──────────────────────────────────────────────────────────────────────────────


def test_info(capsys):
    code, out, err = run(capsys, "info")
    assert (code, err) == (0, "")
    assert "numpy: works" in out
    assert "numba: " in out
    assert "cache" in out


def test_help_names_every_command(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert all(name in out for name in (*compose.NAMES, "codegen", "demo", "info"))
    code, out, _ = run(capsys, "grad", "--help")
    assert "f64[n, 3]" in out
    code, out, _ = run(capsys, "--version")
    assert out.startswith("broadax ")


@pytest.mark.slow
def test_demo(capsys):
    code, out, err = run(capsys, "demo")
    assert (code, err) == (0, "")
    assert out.count("def ") >= 2
    assert "relative error" in out
    assert "Numba" in out


def test_colours_in_a_terminal(model, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    code, out, _ = run(capsys, "grad", "model.py:energy", "--args", "f64[n]")
    assert code == 0
    assert "\x1b[" in out
