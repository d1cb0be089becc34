"""The examples do what they say, on both backends."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import broadax as bx

EXAMPLES = Path(__file__).parent.parent / "examples"
BACKENDS = pytest.mark.parametrize("backend", ["numpy", "numba"])


def load(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("model", ["logistic_regression", "two_layer_network"])
def test_digits(model):
    run = getattr(load("digits"), model)
    numpy_losses, numpy_accuracy = run("numpy")
    numba_losses, numba_accuracy = run("numba")
    np.testing.assert_allclose(numba_losses, numpy_losses, rtol=1e-6, atol=1e-6)
    assert numpy_accuracy > 0.95
    assert numba_accuracy > 0.95
    assert numpy_losses[-1] < 0.3 * numpy_losses[0]


@BACKENDS
def test_heat_gradient(backend):
    along, difference = load("heat").check(backend=backend)
    assert along == pytest.approx(difference, rel=1e-6)


def test_heat_reverse_sweep_is_loops_and_in_place():
    heat = load("heat")
    source = bx.grad(heat.misfit).source("f64[n], f64, f64, f64[n], int")
    loops = [line for line in source.splitlines() if line.strip().startswith("for ")]
    assert len(loops) >= 4, source
    assert "reversed(" in source or ", -1, -1)" in source, source
    in_place = [line for line in source.splitlines() if "] += " in line or "] -= " in line or "] = " in line]
    assert len(in_place) >= 2, source
    inside = [line for line in source.splitlines() if line.startswith(" " * 8)]
    assert not [line for line in inside if ".copy()" in line], source


@pytest.mark.slow
def test_heat_time_per_element_is_constant():
    heat = load("heat")
    few = heat.seconds_per_element(1_000, backend="numba")
    many = heat.seconds_per_element(100_000, backend="numba")
    assert many < 3 * few


@BACKENDS
def test_newton(backend):
    got = load("newton").report(backend)
    a = np.array([0.25, 2.0, 100.0])
    assert got["value"] == pytest.approx(2**0.5, rel=1e-12)
    assert got["grad"] == pytest.approx(0.5 / 2**0.5, rel=1e-9)
    assert got["second"] == pytest.approx(-0.25 * 2**-1.5, rel=1e-6)
    assert got["jvp"] == pytest.approx(1.5 / 2**0.5, rel=1e-9)
    np.testing.assert_allclose(got["vmap"], np.sqrt(a), rtol=1e-11)
    np.testing.assert_allclose(got["vmap(grad)"], 0.5 / np.sqrt(a), rtol=1e-6)


def slope(f, x, d, step=1e-5):
    """The derivative of f along d by a difference of fourth order; x and d are lists of arrays."""
    at = lambda t: f([a + t * step * b for a, b in zip(x, d, strict=True)])
    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)


def along(grads, d):
    return sum(np.sum(np.asarray(g) * b) for g, b in zip(grads, d, strict=True))


def direction(x):
    rng = np.random.default_rng(5)
    return [rng.normal(size=np.shape(a)) if np.shape(a) else rng.normal() for a in x]


@BACKENDS
def test_maml(backend):
    maml = load("maml")
    rng = np.random.default_rng(1)
    params, tasks = maml.start(rng), maml.sines(rng, count=4)
    d = direction(params)
    have = along(bx.grad(maml.meta_loss, backend=backend)(params, tasks), d)
    # Differences of the loss with the inner gradient by hand.
    value = bx.jit(maml.meta_loss, backend="numpy")
    assert have == pytest.approx(slope(lambda p: value(p, tasks), params, d), rel=1e-6)


def test_maml_learns():
    losses = load("maml").train(80, "numpy")
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:10])


@BACKENDS
def test_hessian_vector(backend):
    example = load("hessian_vector")
    x, v = np.linspace(-1, 1, 6), np.cos(np.arange(6.0))
    with bx.backend(backend):
        have = bx.jit(lambda x, v: example.hvp(example.rosenbrock, x, v))(x, v)
        gradient = bx.grad(example.rosenbrock)
        want = (gradient(x + 1e-5 * v) - gradient(x - 1e-5 * v)) / 2e-5
    np.testing.assert_allclose(have, want, rtol=1e-6)
    assert example.minimise(np.full(6, -0.5), 40, backend)[-1] < 1e-15


@BACKENDS
def test_fixed_point(backend):
    example = load("fixed_point")
    a = example.problem()
    implicit = bx.grad(example.loss, backend=backend)(a)
    for have, want in zip(implicit, bx.grad(example.unrolled, backend=backend)(a), strict=True):
        np.testing.assert_allclose(have, want, rtol=1e-8, atol=1e-10)
    d = direction(a)
    difference = slope(lambda p: example.unrolled(tuple(p)), list(a), d)
    assert along(implicit, d) == pytest.approx(difference, rel=1e-7)
    assert "saved" not in bx.grad(example.loss).source(a)


@BACKENDS
def test_neural_ode(backend):
    example = load("neural_ode")
    params, starts, targets = example.problem()
    y, turns = example.integrate(params, starts[0], 1.0, 1e-6)
    fine, more = example.integrate(params, starts[0], 1.0, 1e-8)
    assert more > turns
    np.testing.assert_allclose(y, fine, atol=1e-4)
    # At a tolerance that is never exceeded the steps do not depend on the weights: differences are exact.
    d = direction(params)
    have = along(bx.grad(example.loss, backend=backend)(params, starts, targets, 1.0, 10.0), d)
    value = bx.jit(example.loss, backend="numpy")
    difference = slope(lambda p: value(tuple(p), starts, targets, 1.0, 10.0), params, d)
    assert have == pytest.approx(difference, rel=1e-6)
    losses = example.train(40, backend)
    assert losses[-1] < 0.5 * losses[0]


@BACKENDS
def test_lstm(backend):
    example = load("lstm")
    sequences, targets = example.adding(np.random.default_rng(2), count=4, time=6)
    start = example.start(size=5)
    g = bx.grad(example.loss, backend=backend)(start, sequences, targets)
    x = [start.w, start.b, start.out]
    d = direction(x)
    value = bx.jit(example.loss, backend="numpy")
    difference = slope(lambda p: value(example.Params(*p), sequences, targets), x, d)
    assert along([g.w, g.b, g.out], d) == pytest.approx(difference, rel=1e-6)


def test_lstm_learns():
    losses = load("lstm").train(300, "numpy")
    assert np.mean(losses[-20:]) < 0.6 * np.mean(losses[:20])


def test_control_of_10_000_steps():
    from test_checkpoint import saved

    example = load("control")
    args = example.problem()
    gradient = bx.grad(example.miss, backend="numba")(*args, example.STEPS)
    d = direction(args[:1])
    value = bx.jit(example.miss, backend="numba")
    difference = slope(lambda p: value(*p, *args[1:], example.STEPS), args[:1], d, 1e-4)
    assert along([gradient], d) == pytest.approx(difference, rel=1e-6)
    found = example.control(8, backend="numba")
    assert found[-1] < 0.7 * found[0]
    again, sizes = saved(bx.grad(example.miss), *args, 400)
    np.testing.assert_allclose(again, bx.grad(example.miss, backend="numpy")(*args, 400))
    assert max(sizes) <= 20
