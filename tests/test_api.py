"""The transforms as objects: versions, trees, static arguments, hidden inputs, methods, shapes, sources."""

import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import broadax as bx

BACKENDS = ["numpy", "numba"]


@pytest.fixture(params=BACKENDS)
def backend(request):
    with bx.backend(request.param):
        yield request.param


# ── versions ──────────────────────────────────────────────────────────────────────────────────────


def test_ten_sizes_compile_once(backend):
    f = bx.jit(lambda x, y: np.sum(x + y * 2) / len(x))
    for n in range(5, 105, 10):
        x = np.arange(float(n))
        np.testing.assert_allclose(f(x, x), np.sum(x * 3) / n)
    assert len(f.compilations) == 1


def test_small_sizes_are_right(backend):
    f = bx.jit(lambda x, y: (x + y).sum(axis=0))
    for n in (0, 1, 2, 3, 9):
        x, y = np.ones((n, 2)), np.ones((1, 2))
        np.testing.assert_array_equal(f(x, y), (x + y).sum(axis=0))


def test_guards_choose_a_version():
    def f(x, y):
        return x[:4] + 1 if len(x) > 8 else np.concatenate([x, y])

    g = bx.jit(f, backend="numpy")
    for n, m in ((10, 5), (6, 6), (12, 7), (7, 5), (6, 9)):
        x, y = np.arange(float(n)), np.arange(float(m))
        np.testing.assert_array_equal(g(x, y), f(x, y))
    assert len(g.compilations) <= 3


def test_shape_mismatch_raises_as_numpy_does(backend):
    f = bx.jit(lambda x, y: x + y)
    f(np.ones(5), np.ones(5))
    with pytest.raises(ValueError, match="could not be broadcast together with shapes"):
        f(np.ones(5), np.ones(6))
    with pytest.raises(ValueError, match="mismatch in its core dimension"):
        bx.jit(lambda x, y: x @ y)(np.ones((5, 6)), np.ones((7, 5)))


def test_dtypes_make_versions():
    f = bx.jit(lambda x: x * 2.0, backend="numpy")
    assert f(np.ones(5, np.float32)).dtype == np.float32
    assert f(np.ones(5)).dtype == np.float64
    assert f(np.ones(5, int)).dtype == np.float64
    assert len(f.compilations) == 3


ZERO_DIMENSIONAL = np.array(2.0)


def test_arrays_without_axes_are_scalars(backend):
    f = bx.jit(lambda x: x * ZERO_DIMENSIONAL)
    assert f(np.array(3.0)) == 6.0
    assert f(3.0) == 6.0
    assert bx.grad(lambda x: x * x * ZERO_DIMENSIONAL)(np.array(3.0)) == 12.0


# ── arguments ─────────────────────────────────────────────────────────────────────────────────────

Pair = namedtuple("Pair", "left right")


@dataclass
class Layer:
    w: np.ndarray
    b: np.ndarray


def test_trees_in_and_out(backend):
    def f(params, pair):
        layer = params["layers"][0]
        return {"out": layer.w @ pair.left + layer.b, "pair": Pair(pair.right, pair.left)}, (
            params["layers"],
        )

    params = {"layers": [Layer(np.eye(5), np.ones(5))]}
    out, (layers,) = bx.jit(f)(params, Pair(np.arange(5.0), np.zeros(5)))
    np.testing.assert_array_equal(out["out"], np.arange(5.0) + 1)
    assert isinstance(out["pair"], Pair)
    assert isinstance(layers[0], Layer)


def test_gradient_has_the_structure_of_the_argument(backend):
    def loss(p):
        return np.sum(p["a"].w * 2) + p["b"][0] ** 2 + np.sum(p["a"].b)

    g = bx.grad(loss)({"a": Layer(np.ones((5, 2)), np.ones(5)), "b": (3.0, 1.0)})
    assert isinstance(g["a"], Layer)
    np.testing.assert_array_equal(g["a"].w, np.full((5, 2), 2.0))
    assert g["b"] == (6.0, 0.0)


def test_static_arguments():
    def f(x, n, *, mode):
        out = x
        for _ in range(n):
            out = out * 2
        return out if mode == "keep" else -out

    g = bx.jit(f, static_argnums=1, static_argnames="mode", backend="numpy")
    assert g(1.5, 3, mode="keep") == 12.0
    assert g(1.5, 2, mode="turn") == -6.0
    assert len(g.compilations) == 2


def test_argnums_and_aux():
    def f(x, y, z):
        return x * y + z, {"sum": x + y}

    grads, aux = bx.grad(f, argnums=(0, 2), has_aux=True)(2.0, 3.0, 4.0)
    assert grads == (3.0, 1.0)
    assert aux == {"sum": 5.0}
    (value, aux), grad = bx.value_and_grad(f, argnums=-2, has_aux=True)(2.0, 3.0, 4.0)
    assert (value, grad) == (10.0, 2.0)


def test_vmap_axes(backend):
    def f(x, p):
        return {"dot": x @ p["w"], "sum": x + p["s"]}

    x, w = np.random.default_rng(0).normal(size=(6, 7)), np.ones(6)
    out = bx.vmap(f, in_axes=(1, {"w": None, "s": 0}), out_axes={"dot": 0, "sum": 1})(
        x, {"w": w, "s": np.arange(7.0)}
    )
    np.testing.assert_allclose(out["dot"], x.sum(axis=0))
    np.testing.assert_allclose(out["sum"], x + np.arange(7.0))
    with pytest.raises(TypeError, match="inconsistent sizes"):
        bx.vmap(lambda a, b: a + b)(np.ones(5), np.ones(6))


# ── hidden inputs ─────────────────────────────────────────────────────────────────────────────────

SCALE = 2.0
WEIGHTS = {"w": np.ones(5)}


def scaled(x):
    return x * SCALE + WEIGHTS["w"]


def test_globals_are_read_anew(backend, monkeypatch):
    monkeypatch.setitem(globals(), "WEIGHTS", {"w": np.ones(5)})
    f = bx.jit(scaled)
    x = np.arange(5.0)
    np.testing.assert_array_equal(f(x), x * 2 + 1)
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    WEIGHTS["w"][:] = 10
    np.testing.assert_array_equal(f(x), x * 3 + 10)
    monkeypatch.setitem(globals(), "WEIGHTS", {"w": np.zeros(7)})
    np.testing.assert_array_equal(f(np.ones(7)), np.full(7, 3.0))


class Model:
    def __init__(self, rate):
        self.rate = rate

    def loss(self, x):
        return np.sum(x**2) * self.rate

    @bx.jit
    def jitted(self, x):
        return x * self.rate


def test_methods_read_their_attributes(backend):
    model = Model(2.0)
    g = bx.grad(model.loss)
    np.testing.assert_allclose(g(np.ones(5)), np.full(5, 4.0))
    model.rate = 3.0
    np.testing.assert_allclose(g(np.ones(5)), np.full(5, 6.0))
    np.testing.assert_allclose(model.jitted(np.ones(5)), np.full(5, 3.0))


def test_jit_writes_to_arguments_and_grad_does_not(backend):
    def f(x):
        x[0] = 5.0
        return np.sum(x**2)

    x = np.ones(6)
    assert bx.grad(f)(x)[0] == 0.0
    assert x[0] == 1.0
    bx.vmap(f)(np.ones((5, 6)))
    assert bx.jit(f)(x) == 30.0
    assert x[0] == 5.0


# ── transforms inside functions, at any depth ─────────────────────────────────────────────────────


def test_transforms_inside(backend):
    def inner_loss(w, x):
        return np.sum((w * x - 1) ** 2)

    @bx.jit
    def maml(w, x):
        adapted = w - 0.1 * bx.grad(inner_loss)(w, x)
        return inner_loss(adapted, x)

    w, x = np.linspace(0.5, 1.5, 5), np.linspace(1, 2, 5)
    got = bx.grad(maml)(w, x)
    e = 1e-6
    want = [(maml(w + e * d, x) - maml(w - e * d, x)) / (2 * e) for d in np.eye(5)]
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_jacobians_and_hessians(backend):
    def f(x):
        return np.array([x[0] * x[1], np.sin(x[2]), np.sum(x**2)])

    x = np.array([0.5, 1.5, 2.5, 3.5, 4.5])
    np.testing.assert_allclose(bx.jacfwd(f)(x), bx.jacrev(f)(x), atol=1e-12)
    h = bx.hessian(lambda x: np.sum(x**3))(x)
    np.testing.assert_allclose(h, np.diag(6 * x), atol=1e-12)
    assert bx.jacfwd(lambda s: s**3)(2.0) == 12.0


def test_vjp_and_jvp_trees(backend):
    def f(p, x):
        return {"y": p[0] * x, "z": p[1]}

    p, x = (np.arange(5.0), 2.0), np.ones(5)
    value, pull = bx.vjp(f, p, x)
    d_p, d_x = pull({"y": np.full(5, 2.0), "z": 3.0})
    np.testing.assert_array_equal(d_p[0], 2 * x)
    assert d_p[1] == 3.0
    np.testing.assert_array_equal(d_x, 2 * p[0])
    _, tangent = bx.jvp(f, (p, x), ((np.ones(5), 4.0), np.zeros(5)))
    np.testing.assert_array_equal(tangent["y"], x)
    assert tangent["z"] == 4.0


def test_eval_shape():
    out = bx.eval_shape(lambda x, w: {"y": x @ w}, "f32[n, 3]", "f32[3, 7]")
    assert out["y"].shape[1] == 7
    assert out["y"].dtype == np.float32
    assert bx.eval_shape(lambda x: x + 1, np.ones((8, 2))).shape == (8, 2)


# ── sources ───────────────────────────────────────────────────────────────────────────────────────


def quadratic(x, w):
    """A function with two sizes."""
    r = x @ w - 1.0
    return np.sum(r * r)


def test_source_runs_by_itself():
    text = bx.grad(quadratic).source("f64[n, m]", "f64[m]")
    assert "broadax" not in text.replace("# ", "").replace('"""', "")
    module: dict = {}
    exec(text, module)
    x, w = np.random.default_rng(1).normal(size=(8, 3)), np.ones(3)
    np.testing.assert_allclose(module["grad_quadratic"](x, w), bx.grad(quadratic)(x, w))


def test_source_without_arguments():
    g = bx.grad(lambda x: x * x)
    assert "2 * x" in g.source() or "x + x" in g.source()
    g = bx.jit(quadratic, backend="numpy")
    g(np.ones((5, 6), np.float32), np.ones(6, np.float32))
    assert "f32" in g.source(stage="core")


SCRIPT = """
import sys; sys.path.insert(0, {path!r})
import broadax as bx
from tests.test_api import quadratic
for stage in ("python", "core", "numba"):
    print(bx.hessian(quadratic).source("f64[n, m]", "f64[m]", stage=stage))
    print(bx.vmap(bx.grad(quadratic)).source("f64[k, n, m]", "f64[k, m]", stage=stage))
"""


def test_two_processes_generate_the_same_text():
    import os
    from pathlib import Path

    script = SCRIPT.format(path=str(Path(__file__).parent.parent))
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
    assert len(texts.pop()) > 500


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_numpy_function_is_compiled_with_an_axis_that_must_be_known(backend):
    x = np.arange(6.0).reshape(2, 3)
    total = bx.jit(np.sum, backend=backend)
    np.testing.assert_array_equal(total(x, axis=0), [3, 5, 7])
    np.testing.assert_array_equal(total(x, axis=1), [3, 12])
    np.testing.assert_array_equal(total(x, axis=np.array(1)), [3, 12])
    np.testing.assert_array_equal(bx.jit(np.reshape, backend=backend)(x, (3, 2)), x.reshape(3, 2))
