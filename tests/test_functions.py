"""Every function against NumPy's own: value, dtype, kind of scalar; sizes known and symbolic; compiled."""

import warnings

import numpy as np
import pytest
from function_cases import harness
from function_cases.table import CASES, ERRORS

import broadax as bx
from broadax.runtime.errors import BroadaxError
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.functions import registry
from broadax.transforms.functions.coverage import refused, supported

DIRECT = [name for name, case in CASES.items() if case.direct]
SIZED = [name for name in DIRECT if any(np.ndim(v) for v in CASES[name].draw())]


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def compare(case, got, structure, inputs):
    want, expected = harness.flatten(harness.numpy_values(case, inputs))
    assert structure == expected, "structure of the result"
    texts = case.expressions if len(want) == len(case.expressions) else want
    for g, w, text in zip(got, want, texts, strict=True):
        try:
            harness.same(g, w, case.rtol)
        except AssertionError as error:
            raise AssertionError(f"{text}: {error}") from error


@pytest.mark.parametrize("name", DIRECT)
def test_known_sizes(name):
    case = CASES[name]
    inputs = case.draw()
    function, structure = harness.trace(case, inputs, symbolic=False)
    compare(case, evaluate(function, *inputs), structure, inputs)


@pytest.mark.parametrize("name", SIZED)
def test_symbolic_sizes(name):
    """One Core function serves all sizes for which its guards hold."""
    case = CASES[name]
    inputs = case.draw()
    function, structure = harness.trace(case, inputs, symbolic=True)
    assert harness.guards_hold(function, inputs)
    compare(case, evaluate(function, *inputs), structure, inputs)
    if case.random:
        others = case.draw(grow=2)
        if harness.guards_hold(function, others):
            compare(case, evaluate(function, *others), structure, others)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.compiled])
def test_compiled(name):
    """Read from source and run as NumPy code, for two lists of sizes."""
    case = CASES[name]
    function = bx.jit(harness.compilable(case, name))
    with bx.backend("numpy"):
        for grow in (0, 2) if case.random else (0,):
            inputs = case.draw(grow)
            try:
                harness.numpy_values(case, inputs)
            except ValueError:
                assert grow  # sizes that NumPy refuses
                continue
            got, structure = harness.flatten(function(*inputs))
            compare(case, got, structure, inputs)


@pytest.mark.parametrize("name", ERRORS)
def test_same_errors(name):
    case = ERRORS[name]
    inputs = case.draw()
    with pytest.raises((ValueError, TypeError, IndexError)) as want:
        harness.numpy_values(case, inputs)
    with pytest.raises(BroadaxError) as got:
        harness.trace(case, inputs, symbolic=False)
    kinds = (ValueError, TypeError, IndexError)
    assert any(isinstance(got.value, k) and isinstance(want.value, k) for k in kinds), (got.value, want.value)


def test_coverage():
    assert len(supported()) > 450
    assert "numpy.linalg.svd" in supported()
    assert "numpy.frexp" in refused()


def test_lookups():
    assert registry.find(np.ndarray.sum) is registry.METHODS["sum"]
    assert registry.find(np.add.outer).name == "numpy.add.outer"
    assert registry.find(np.float32).name == "numpy.float32"
    assert registry.find([1]) is None
    assert registry.find(np.load) is None
