"""Mathematical functions in loops: accurate, NumPy's at the edges, vectorised; and without libmvec."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import threading

import numpy as np
import pytest

import broadax as bx
from broadax.runtime.vector_names import BINARY, FUNCTIONS

TYPES = (np.float32, np.float64)
# Where a function is tested: over these, evenly, and near zero.
RANGES = {
    "exp": (-80, 80), "exp2": (-100, 100), "expm1": (-5, 50), "log": (1e-30, 1e30), "log2": (1e-30, 1e30),
    "log10": (1e-30, 1e30), "log1p": (-0.99, 1e6), "sin": (-1e4, 1e4), "cos": (-1e4, 1e4), "tan": (-1e3, 1e3),
    "arcsin": (-1, 1), "arccos": (-1, 1), "arctan": (-50, 50), "sinh": (-40, 40), "cosh": (-40, 40),
    "tanh": (-5, 5), "arcsinh": (-100, 100), "arccosh": (1, 100), "arctanh": (-0.999, 0.999), "erf": (-3, 3),
    "erfc": (-3, 5), "cbrt": (-100, 100), "arctan2": (-10, 10), "hypot": (-10, 10), "power": (0.01, 20),
}  # fmt: skip
MOST_ULP = 4
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 2.0, -2.0, 1e30, -1e30, 1e-40, 710.0, -750.0]


def _call(name: str, *args):
    """A function of broadax's code: an operation on arrays, compiled by Numba."""
    if name in ("erf", "erfc"):
        special = pytest.importorskip("scipy.special")
        function = getattr(special, name)
    else:
        function = getattr(np, name)
    return bx.jit(lambda *xs: function(*xs), backend="numba")(*args)


def _reference(name: str, *args) -> np.ndarray:
    """Values in `longdouble`; of erf and erfc those of the C library in float64."""
    if name in ("erf", "erfc"):
        return np.array([getattr(math, name)(float(x)) for x in args[0]]).astype(np.longdouble)
    return getattr(np, name)(*(x.astype(np.longdouble) for x in args))


def _arguments(name: str, dtype, n: int = 3001) -> tuple:
    low, high = RANGES[name]
    x = np.linspace(low, high, n)
    near = np.linspace(max(low, -1e-3), min(high, 1e-3), n) if low < 0 < high else x
    x = np.concatenate([x, near]).astype(dtype)
    rng = np.random.default_rng(0)
    return (x, rng.uniform(-5, 5, len(x)).astype(dtype)) if name in BINARY else (x,)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_are_accurate(name, dtype):
    args = _arguments(name, dtype)
    got, want = _call(name, *args), _reference(name, *args)
    assert got.dtype == dtype
    unit = np.spacing(np.abs(want.astype(dtype)))
    assert np.max(np.abs(got - want) / unit) <= MOST_ULP


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n not in ("erf", "erfc")])
def test_zeros_infinities_and_nan_as_numpys(name, dtype):
    values = np.array(SPECIAL, dtype)
    args = tuple(map(np.ravel, np.meshgrid(values, values))) if name in BINARY else (np.tile(values, 4),)
    got = _call(name, *args)
    with np.errstate(all="ignore"):
        want = getattr(np, name)(*args)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    np.testing.assert_array_equal(np.isinf(got), np.isinf(want))
    exact = ~np.isfinite(want) | (want == 0)
    np.testing.assert_array_equal(got[exact], want[exact])
    np.testing.assert_array_equal(np.signbit(got[want == 0]), np.signbit(want[want == 0]))
    np.testing.assert_allclose(got, want, rtol=1e-5 if dtype == np.float32 else 1e-14)


@pytest.mark.parametrize("dtype, low, high", [(np.float32, -103.9, 88.72), (np.float64, -745.1, 709.78)])
def test_exp_over_its_whole_range(dtype, low, high):
    """Down to the smallest numbers, which are not normal, and up to the largest."""
    x = np.linspace(low, high, 20011).astype(dtype)
    got, want = _call("exp", x), _reference("exp", x)
    assert np.max(np.abs(got - want) / np.spacing(np.abs(want.astype(dtype)))) <= 1.5


# ── machine code ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """A disk cache of its own: code that comes from the cache can't be inspected."""
    from broadax.backends.numba import run

    monkeypatch.setenv("BROADAX_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(run, "_compiled", {})
    return tmp_path


def _machine_code(function, *args) -> str:
    from broadax.backends import numba as backend
    from broadax.transforms.pipeline import lower

    made = bx.jit(function, backend="numba").program.specialised(args, {})
    compiled = backend.compile(lower(made.function, made.interface.mutated), made.interface.mutated)
    compiled(*args)
    return "\n".join(compiled.entry.inspect_asm().values())


def _vector_calls(text: str) -> set[str]:
    return set(re.findall(r"_ZGV\w+", text))


def gelu(x):
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3)))


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


LOOPS = [
    (gelu, (33,), {"tanh"}),
    (softmax, (7, 33), {"exp"}),
    (lambda x: np.sum(np.log1p(np.exp(x))), (7, 33), {"exp", "log1p"}),
    (bx.grad(lambda x: np.sum(gelu(x))), (33,), {"tanh"}),
    (bx.vmap(bx.grad(lambda x: np.sum(np.sin(x) * np.cos(x)))), (7, 33), {"sin", "cos"}),
    (lambda x: np.arctan2(x[:, 1:], x[:, :-1]) ** 1.7, (7, 33), {"atan2", "pow"}),
]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("function, shape, names", LOOPS, ids=range(len(LOOPS)))
def test_loops_call_vector_functions(fresh, function, shape, names, dtype):
    pytest.importorskip("numba")
    from broadax.runtime import vector_math

    if not vector_math.AVAILABLE:
        pytest.skip("no libmvec here")
    called = _vector_calls(_machine_code(function, np.full(shape, 0.5, dtype)))
    letter = "f" if dtype == np.float32 else ""
    names = names - {"exp", "tanh"}  # which are written out
    assert {name.split("_")[-1] for name in called} == {name + letter for name in names}


# ── processes and threads ─────────────────────────────────────────────────────────────────────────

PROGRAM = """
import sys
import llvmlite.binding as llvm
if "without" in sys.argv:
    load = llvm.load_library_permanently
    def refuse(name):
        if "mvec" in name:
            raise RuntimeError("not here")
        load(name)
    llvm.load_library_permanently = refuse
import numpy as np
import broadax as bx
from broadax.runtime import vector_math

x = np.linspace(0.1, 2, 37)
f = bx.value_and_grad(lambda x: np.sum(np.tanh(x) * np.log(x) + np.arctan2(x, 1 + x)), backend="numba")
value, gradient = f(x)
step = 1e-5
differences = [(f(x + step * e)[0] - f(x - step * e)[0]) / (2 * step) for e in np.eye(37)]
np.testing.assert_allclose(gradient, differences, rtol=1e-7, atol=1e-9)
entries = [m for m in sys.modules.values() if m.__name__.startswith("broadax_generated")]
stats = [v.stats for m in entries for v in vars(m).values() if hasattr(v, "stats")]
print(vector_math.AVAILABLE, sum(sum(s.cache_hits.values()) for s in stats), float(value))
"""


def _process(folder, *arguments) -> list[str]:
    file = folder / "program.py"
    file.write_text(PROGRAM)
    environment = os.environ | {"BROADAX_CACHE_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, file, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_next_process_finds_the_vector_functions(tmp_path):
    """Machine code from the disk cache calls libmvec, which is loaded before it."""
    _, hits, value = _process(tmp_path)
    assert hits == "0"
    _, hits, again = _process(tmp_path)
    assert int(hits) > 0
    assert value == again


def test_without_libmvec_the_calls_are_scalar(tmp_path):
    """Also when the cache holds code that was compiled where libmvec was there."""
    _, _, value = _process(tmp_path)
    available, hits, scalar = _process(tmp_path, "without")
    assert (available, hits) == ("False", "0")
    assert abs(float(scalar) - float(value)) < 1e-12


def test_compiling_in_threads(fresh):
    x = np.linspace(0.1, 1, 50)
    functions = [(lambda x, k=k: np.sum(np.exp(np.sin(x) * k))) for k in range(6)]
    results = {}

    def work(k):
        results[k] = bx.jit(functions[k], backend="numba")(x)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k, function in enumerate(functions):
        np.testing.assert_allclose(results[k], function(x), rtol=1e-13)
