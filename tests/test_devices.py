"""The backend pjrt as people use it: where calls run, what they give, what is compiled how often."""

from __future__ import annotations

import operator
import re
import runpy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from test_examples import load

import broadax as bx
from broadax import backends
from broadax.cli import main
from broadax.runtime.errors import BackendError, InvalidValueError, OutOfRangeError, ReadOnlyError

MISSING = backends.why_not("pjrt")
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


def wave(x, k):
    return np.sin(x) * k + np.sum(x**2)


def on_device(*values):
    return bx.device_put(values)


# ── where a call runs ─────────────────────────────────────────────────────────────────────────────


def test_arrays_on_a_device_choose_the_backend():
    x = np.linspace(0, 1, 7)
    there, k = bx.device_put(x), 2.0
    f = bx.jit(wave)
    got = f(there, k)
    assert isinstance(got, bx.DeviceArray) and got.device is there.device
    np.testing.assert_allclose(got, wave(x, k), rtol=1e-14)
    assert isinstance(f(x, k), np.ndarray)
    assert [c.backend for c in f.compilations] == ["pjrt", "numba"]
    nested = bx.jit(lambda tree: tree["a"][0] + 1)({"a": [there]})
    assert isinstance(nested, bx.DeviceArray)


def test_backend_by_argument_context_and_environment(monkeypatch):
    x = np.linspace(0, 1, 7)
    assert isinstance(bx.jit(wave, backend="pjrt")(x, 2.0), bx.DeviceArray)
    with bx.backend("pjrt"):
        assert isinstance(bx.jit(wave)(x, 2.0), bx.DeviceArray)
        assert isinstance(bx.jit(wave, backend="numpy")(x, 2.0), np.ndarray)
    monkeypatch.setenv("BROADAX_BACKEND", "pjrt")
    assert isinstance(bx.grad(lambda x: np.sum(x * x))(x), bx.DeviceArray)


def test_other_backends_take_the_values_of_arrays_on_a_device():
    x = np.linspace(0, 1, 7)
    for backend in ("numpy", "numba"):
        got = bx.jit(wave, backend=backend)(*on_device(x, 2.0))
        assert isinstance(got, np.ndarray)
        np.testing.assert_allclose(got, wave(x, 2.0), rtol=1e-14)


def test_calls_run_where_their_arrays_are():
    devices = bx.devices("pjrt")
    if len(devices) < 2:
        pytest.skip("one device")
    x, y = bx.device_put(np.ones(3), devices[0]), bx.device_put(np.ones(3), devices[1])
    f = bx.jit(operator.add)
    assert f(y, 1.0).device is devices[1]
    assert f(y, np.ones(3)).device is devices[1]
    with bx.default_device(devices[1]):
        assert bx.jit(wave, backend="pjrt")(np.ones(3), 1.0).device is devices[1]
    with pytest.raises(InvalidValueError, match=r"several devices: cpu:0 and cpu:1(.|\n)*device_put"):
        f(x, y)
    np.testing.assert_array_equal(f(x, 1.0), [2, 2, 2])


# ── what comes back ───────────────────────────────────────────────────────────────────────────────


@dataclass
class Point:
    x: object
    y: object


def test_trees_of_results():
    def f(p, k):
        return {"sum": p.x + p.y, "both": (p.x * k, [k]), "point": Point(p.y, p.x)}

    got = bx.jit(f, backend="pjrt")(Point(np.arange(3.0), np.ones(3)), 2.0)
    np.testing.assert_array_equal(got["sum"], [1, 2, 3])
    assert float(got["both"][1][0]) == 2.0 and got["both"][1][0].weak_type
    np.testing.assert_array_equal(got["point"].y, [0, 1, 2])


@pytest.mark.parametrize("dtype", ["float16", "float32", "int8", "int32", "uint8", "bool", "complex64"])
def test_dtypes_are_numpys(dtype):
    x = np.array([1, 0, 1]).astype(dtype)

    def f(x):
        return x + x, x * 2, x / 3, x == x

    for got, want in zip(bx.jit(f, backend="pjrt")(x), f(x), strict=True):
        assert got.dtype == want.dtype
        np.testing.assert_allclose(np.asarray(got), want, rtol=1e-3 if dtype == "float16" else 1e-6)


BF16 = np.dtype(ml_dtypes.bfloat16)


def net(w, x):
    return np.mean(np.tanh(x @ w) ** 2)


def mixed(w, x):
    """Single precision, but for the operands of the product."""
    return net(w.astype(BF16), x.astype(BF16))


def elements(w, x):
    return x + x, x * 2, -x, x / 3, np.where(x > 0, x, 0), x[1], np.max(x), np.exp(x), w.T, np.zeros_like(x)


@pytest.mark.parametrize("function", [net, mixed, elements])
@pytest.mark.parametrize("backend", ["numpy", "pjrt"])
def test_bfloat16(function, backend):
    rng = np.random.default_rng(0)
    dtype = np.float32 if function is mixed else BF16
    w, x = rng.normal(size=(4, 3)).astype(dtype), rng.normal(size=(5, 4)).astype(dtype)
    want = function(w, x)
    got = bx.jit(function, backend=backend)(w, x)
    for g, v in zip(got, want, strict=True) if function is elements else [(got, want)]:
        assert g.dtype == v.dtype
        np.testing.assert_allclose(np.asarray(g, np.float32), np.asarray(v, np.float32), rtol=1e-2, atol=1e-6)
    if function is not elements:
        d = bx.grad(function, backend=backend)(w, x)
        assert d.dtype == dtype
        exact = bx.grad(net)(*(a.astype(BF16).astype(np.float64) for a in (w, x)))
        np.testing.assert_allclose(np.asarray(d, np.float64), exact, rtol=5e-2, atol=1e-3)
    batched = bx.vmap(function, in_axes=(None, 0), backend=backend)(w, np.stack([x, x]))
    assert (batched[0] if function is elements else batched).shape[0] == 2


def doubled_sum(x, scale):
    total = ml_dtypes.bfloat16(0)
    for v in x:
        total = total + v * scale
    return total


@pytest.mark.parametrize("backend", ["numpy", "pjrt"])
def test_numbers_of_bfloat16_are_arguments(backend):
    x, two = np.ones(3, BF16), BF16.type(2)
    value, slopes = bx.value_and_grad(doubled_sum, (0, 1), backend=backend)(x, two)
    assert np.asarray(value).dtype == BF16 and float(value) == 6.0
    assert np.array_equal(np.asarray(slopes[0]), np.full(3, two)) and float(slopes[1]) == 3.0


def test_bfloat16_on_numba_is_refused():
    with pytest.raises(BackendError, match="the Numba backend has no .*bfloat16"):
        bx.jit(net, backend="numba")(np.ones((4, 3), BF16), np.ones((5, 4), BF16))


def test_python_numbers_stay_weak():
    half = bx.jit(lambda x: x / 2, backend="pjrt")(3.0)
    assert half.weak_type and half.shape == () and half.dtype == np.float64
    single = bx.device_put(np.ones(2, np.float32))
    assert (single * half).dtype == np.float32
    assert (single * bx.device_put(np.float64(2))).dtype == np.float64


def test_operators_between_calls():
    x, y = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    a, b = on_device(x, y)
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lt", "ge", "eq"):
        op = getattr(operator, name)
        for got in (op(a, b), op(a, y), op(x, b)):
            assert isinstance(got, bx.DeviceArray), name
            np.testing.assert_allclose(got, op(x, y), rtol=1e-14)
    np.testing.assert_allclose(2 / a, 2 / x)
    np.testing.assert_allclose(-abs(a), -x)
    assert a.__add__("word") is NotImplemented


def test_methods_between_calls():
    v = np.array([[4.0, 1.0, 2.0], [3.0, 5.0, 9.0]])
    x = bx.device_put(v)
    for name in ("sum", "mean", "max", "argmin", "std", "cumsum", "all"):
        for options in ({}, {"axis": 0}, {"axis": -1}):
            got = getattr(x, name)(**options)
            assert isinstance(got, bx.DeviceArray), name
            np.testing.assert_allclose(got, getattr(v, name)(**options), rtol=1e-14)
    for got, want in ((x.T, v.T), (x.reshape(3, 2), v.reshape(3, 2)), (x.reshape((6,)), v.ravel())):
        np.testing.assert_array_equal(got, want)
    assert x.astype(np.float32).dtype == np.float32
    assert isinstance(np.sum(x), bx.DeviceArray)
    assert np.where(x > 2, x, 0).tolist() == np.where(v > 2, v, 0).tolist()


def test_in_place_operators_of_numpy_arrays_stay_in_place():
    x = np.ones(3)
    name = x
    x -= 0.5 * bx.device_put(np.ones(3))
    assert name is x and isinstance(x, np.ndarray)
    np.testing.assert_array_equal(name, [0.5, 0.5, 0.5])
    y = bx.device_put(x)
    assert isinstance(np.exp(y), np.ndarray)
    assert np.add.reduce(y) == 1.5


# ── what is compiled ──────────────────────────────────────────────────────────────────────────────


def test_one_version_for_each_size():
    f = bx.jit(wave, backend="pjrt")
    for n in (5, 6, 5, 6, 7):
        x = np.linspace(0, 1, n)
        np.testing.assert_allclose(f(x, 1.5), wave(x, 1.5), rtol=1e-14)
    assert len(f.compilations) == 3
    assert all(not c.guards for c in f.compilations)


def test_an_integer_that_a_size_depends_on_is_taken_at_its_value():
    def f(n, k, x):
        return np.zeros(2 * n) + x * k

    g = bx.jit(f, backend="pjrt")
    for n, k in ((3, 1), (3, 2), (4, 2), (3, 5)):
        np.testing.assert_array_equal(g(n, k, 1.5), f(n, k, 1.5))
    assert len(g.compilations) == 2
    for n in (np.int64(2), np.array(2), bx.device_put(2)):
        np.testing.assert_array_equal(g(n, 1, 1.5), [1.5] * 4)


def test_a_number_of_turns_is_no_size():
    def f(x, turns):
        for _ in range(turns):
            x = np.sin(x)
        return x

    g = bx.jit(f, backend="pjrt")
    x = np.linspace(0, 1, 5)
    for turns in (1, 5, 0):
        np.testing.assert_allclose(g(x, turns), f(x, turns), rtol=1e-14)
    assert len(g.compilations) == 1
    d = bx.grad(lambda x, turns: np.sum(f(x, turns)), backend="pjrt")
    want = bx.grad(lambda x, turns: np.sum(f(x, turns)), backend="numpy")
    for turns in (3, 4):
        np.testing.assert_allclose(d(x, turns), want(x, turns), rtol=1e-13)


scale = np.array([1.0, 2.0, 3.0])


def test_globals_are_read_at_each_call(monkeypatch):
    f = bx.jit(lambda x: x * scale, backend="pjrt")
    np.testing.assert_array_equal(f(np.ones(3)), [1, 2, 3])
    monkeypatch.setitem(globals(), "scale", bx.device_put(np.array([4.0, 5.0, 6.0])))
    np.testing.assert_array_equal(f(np.ones(3)), [4, 5, 6])
    numba = bx.jit(lambda x: x * scale, backend="numba")
    np.testing.assert_array_equal(numba(np.ones(3)), [4, 5, 6])
    monkeypatch.setitem(globals(), "scale", bx.device_put(2.0))
    np.testing.assert_array_equal(f(np.ones(3)), [2, 2, 2])


def test_straight_calls(monkeypatch):
    from broadax.runtime.dispatch import Dispatcher

    f = bx.jit(wave)
    x, k = on_device(np.ones(4), 2.0)
    first = f(x, k)
    calls = []
    call = Dispatcher.__call__
    monkeypatch.setattr(Dispatcher, "__call__", lambda self, *a: calls.append(1) or call(self, *a))
    np.testing.assert_array_equal(f(x, k), first)
    assert not calls


# ── writes, donation, checks ──────────────────────────────────────────────────────────────────────


def fill(x, v):
    x[1:] = v
    return np.sum(x)


def test_writes_reach_numpy_arrays_and_are_refused_for_arrays_on_a_device():
    x = np.zeros(4)
    assert float(bx.jit(fill, backend="pjrt")(x, 2.0)) == 6.0
    np.testing.assert_array_equal(x, [0, 2, 2, 2])
    with pytest.raises(ReadOnlyError, match=r"x is written, but is an array on a device(.|\n)*x.copy\(\)"):
        bx.jit(fill)(bx.device_put(x), 2.0)


def test_donated_arguments():
    @bx.jit
    def plain(x, y):
        return x + y

    step = bx.jit(lambda x, y: (x + y, np.sum(y)), donate_argnums=0)
    x, y = on_device(np.ones(64), np.ones(64))
    memory = x.device.client.boundary.memory
    before = memory(x.pointer)
    new, _ = step(x, y)
    assert x.is_deleted() and not y.is_deleted()
    assert memory(new.block_until_ready().pointer) == before
    with pytest.raises(BackendError, match="deleted or donated"):
        plain(x, y)
    host = np.ones(64)
    assert isinstance(step(host, y)[0], bx.DeviceArray)
    np.testing.assert_array_equal(host, np.ones(64))
    named = bx.jit(lambda p, v: {k: p[k] * v for k in p}, donate_argnames="p")
    tree = {"a": bx.device_put(np.ones(3)), "b": bx.device_put(np.ones(5))}
    named(p=tree, v=2.0)
    assert all(leaf.is_deleted() for leaf in tree.values())


def test_errors_of_running_code_come_when_a_result_is_fetched():
    pick = bx.jit(lambda x, i: x[i] + 1)
    x = bx.device_put(np.arange(4.0))
    assert float(pick(x, 2)) == 3.0
    late = pick(x, 9)
    for use in (float, np.asarray, bx.block_until_ready):
        with pytest.raises(OutOfRangeError, match=r"index 9 is out of bounds(.|\n)*test_devices.py"):
            use(late)
    then = bx.jit(operator.mul)(late, 2.0)
    with pytest.raises(IndexError, match="index 9 is out of bounds"):
        np.asarray(then)


def test_threads():
    f = bx.jit(wave, backend="pjrt")
    want = [wave(np.full(5, float(k)), 2.0) for k in range(50)]

    def work(_):
        return [np.allclose(f(np.full(5, float(k)), 2.0), w) for k, w in enumerate(want)]

    with ThreadPoolExecutor(4) as pool:
        assert all(all(found) for found in pool.map(work, range(4)))


def test_a_check_without_a_result_is_raised_at_once():
    def positive(x):
        assert x[1] > 0, "not positive"

    f = bx.jit(positive, backend="pjrt")
    assert f(np.ones(3)) is None
    with pytest.raises(AssertionError, match="not positive"):
        f(np.zeros(3))


# ── transforms ────────────────────────────────────────────────────────────────────────────────────


def test_transforms_on_a_device():
    x = np.linspace(0.1, 1, 6)
    f = lambda x: np.sum(np.sin(x) * x)
    there = bx.device_put(x)
    slope = np.sin(x) + x * np.cos(x)
    np.testing.assert_allclose(bx.grad(f)(there), slope, rtol=1e-13)
    np.testing.assert_allclose(
        bx.vmap(bx.grad(f))(bx.device_put(np.stack([x, x]))), [slope, slope], rtol=1e-13
    )
    np.testing.assert_allclose(bx.hessian(f)(there), np.diag(2 * np.cos(x) - x * np.sin(x)), rtol=1e-12)
    value, pull = bx.vjp(f, there)
    assert isinstance(value, bx.DeviceArray)
    (back,) = pull(bx.device_put(2.0))
    np.testing.assert_allclose(back, 2 * slope, rtol=1e-13)
    np.testing.assert_allclose(pull(1.0)[0], slope, rtol=1e-13)
    value, tangent = bx.jvp(f, (there,), (there,))
    np.testing.assert_allclose(tangent, slope @ x, rtol=1e-13)
    _, push = bx.linearize(f, there)
    np.testing.assert_allclose(push(there), slope @ x, rtol=1e-13)
    assert bx.eval_shape(f, there).shape == ()
    bx.test_util.check_grads(f, (there,), 2)
    sparse = bx.jacfwd(lambda x: x[1:] * x[:-1], sparsity="auto")(there)
    np.testing.assert_allclose(sparse.toarray(), bx.jacfwd(lambda x: x[1:] * x[:-1])(x), rtol=1e-14)
    assert bx.grad(f).cost(there).flops == bx.grad(f).cost(x).flops


def test_source_is_stablehlo():
    text = bx.grad(lambda x: np.sum(x * x)).source("f64[8]", stage="stablehlo")
    assert "func.func public @main(" in text and "tensor<8xf64>" in text
    assert "test_devices.py" in text
    with pytest.raises(bx.BroadaxError, match="sizes are numbers in code for devices, and n is none"):
        bx.jit(wave).source("f64[n]", "f64", stage="stablehlo")
    f = bx.jit(wave, backend="pjrt")
    f(np.ones(5), 1.0)
    assert "tensor<5xf64>" in f.source(stage="stablehlo")


def test_the_page_about_devices_runs(tmp_path, capsys):
    page = (Path(__file__).parent.parent / "docs" / "pjrt.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "page.py").write_text("\n".join(blocks), encoding="utf-8")
    found = runpy.run_path(str(tmp_path / "page.py"))
    w, x, y = found["w"], found["x"], found["y"]
    assert isinstance(w, bx.DeviceArray)
    assert float(found["loss"](*map(np.asarray, (w, x, y)))) < 1.2
    assert "tensor<100x8xf32>" in found["text"]
    assert str(np.asarray(w)) in capsys.readouterr().out


def test_the_command_line_writes_stablehlo(tmp_path, capsys):
    (tmp_path / "model.py").write_text("def f(x):\n    return (x * x).sum()\n", encoding="utf-8")
    for options, code in (("f32[8]", 0), ("f32[n]", 2)):
        with pytest.raises(SystemExit) as ended:
            main(["grad", f"{tmp_path}/model.py:f", "--args", options, "--backend", "pjrt"])
        assert ended.value.code == code
    shown = capsys.readouterr()
    assert "tensor<8xf32>" in shown.out
    assert "n is none" in shown.err


@pytest.mark.parametrize("model", ["logistic_regression", "two_layer_network"])
def test_digits_train_with_the_losses_of_numba(model):
    run = getattr(load("digits"), model)
    losses, accuracy = run("pjrt", epochs=4)
    want, wanted = run("numba", epochs=4)
    np.testing.assert_allclose(losses, want, rtol=1e-5, atol=0)
    assert accuracy == wanted
    assert losses[-1] < 0.5 * losses[0]
