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
