"""Every program runs under `jit` as it runs under CPython: results, types, writes to arguments."""

import copy

import numpy as np
import pytest

import broadax as bx
from broadax.runtime.errors import UnsupportedError
from broadax.runtime.trees import flatten, is_data
from tests.language import growing, heaps, iterators, masks, resizing, tables  # noqa: F401  (they enter programs)
from tests.language.programs import CASES


def same(got, want) -> None:
    """The same structure, dtypes and values (to rounding); a scalar may be Python's or NumPy's."""
    leaves, structure = flatten(got)
    wanted, wanted_structure = flatten(want)
    assert structure == wanted_structure
    for x, y in zip(leaves, wanted, strict=True):
        if not is_data(y):
            assert x == y
            continue
        assert np.shape(x) == np.shape(y)
        assert np.asarray(x).dtype == np.asarray(y).dtype
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12)


def run_case(function, arguments, backend) -> None:
    theirs, ours = copy.deepcopy(arguments), copy.deepcopy(arguments)
    want = function(*theirs)
    got = bx.jit(function, backend=backend)(*ours)
    same(got, want)
    same(ours, theirs)


IDS = [f"{function.__name__}-{k}" for k, (function, _) in enumerate(CASES)]


@pytest.mark.parametrize(("function", "arguments"), CASES, ids=IDS)
def test_numpy(function, arguments):
    run_case(function, arguments, "numpy")


@pytest.mark.parametrize(("function", "arguments"), CASES, ids=IDS)
def test_numba(function, arguments):
    run_case(function, arguments, "numba")


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_an_iterator_from_outside_is_refused_and_not_used_up(backend):
    """Python would go on in it at each call; read once, every call would give the first one's result."""

    halves = iter([0.0, 0.5, 1.0, 1.5])

    def weighed(x):
        return sum(v * k for v, k in zip(x, halves, strict=False))

    with pytest.raises(UnsupportedError, match="an iterator"):
        bx.jit(weighed, backend=backend)(np.arange(3.0))
    assert next(halves) == 0.0
