"""Items that read and write one array are one nest where each turn of its loop has a row of its own."""

from __future__ import annotations

import numpy as np
import pytest

import broadax as bx

RNG = np.random.default_rng(0)


def moved(x):
    """Column by column: all that a turn touches lies in one row."""
    for j in range(1, x.shape[1]):
        d = x[1:, j].copy()
        x[1:, j] = 0.0
        x[1:, j - 1] += 2.0 * d
    return x


def shifted(x):
    """The last update reads and writes the rows above: a loop of its own."""
    for j in range(1, x.shape[1]):
        d = x[1:, j].copy()
        x[1:, j] = 0.0
        x[:-1, j - 1] += 2.0 * d
    return x


def summed(x):
    """The whole of column 0 is read after the other one was written."""
    for j in range(1, x.shape[1]):
        x[1:, j] *= 0.5
        x[1:, 0] += np.sum(x[1:, j])
    return x


@pytest.mark.parametrize("shape", [(5, 4), (1, 3), (2, 2), (9, 1), (3, 0)])
@pytest.mark.parametrize("function", [moved, shifted, summed])
def test_values(function, shape):
    x = RNG.normal(size=shape)
    compiled = bx.jit(function, backend="numba")
    np.testing.assert_allclose(compiled(x.copy()), function(x.copy()), rtol=1e-14)


def test_one_loop_for_a_row():
    assert _loops(moved) == 1 and _loops(shifted) == 2


def _loops(function) -> int:
    """The loops over rows in each turn of the loop over columns."""
    text = bx.jit(function, backend="numba").source(RNG.normal(size=(9, 9)), stage="numba")
    return text.count("\n        for ")


def test_gradient_of_a_sweep():
    total = lambda x: np.sum(moved(x.copy()) ** 2)
    x = RNG.normal(size=(5, 4))
    np.testing.assert_allclose(bx.grad(total, backend="numba")(x), bx.grad(total)(x), rtol=1e-12)
