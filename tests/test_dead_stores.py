"""What reverse sweeps need not write, and where they add: counted in the Core of gradients."""

from __future__ import annotations

import numpy as np
import pytest

import broadax as bx


def core(f, *args) -> str:
    return bx.grad(f).source(*args, stage="core")


def loops_of_reverse(text: str) -> str:
    return text[text.index("reversed") if "reversed" in text else text.rindex("for ") :]


def difference(f, x: np.ndarray) -> np.ndarray:
    found, h = np.zeros_like(x), 1e-6
    for k in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[k] = h
        found[k] = (f(x + step) - f(x - step)) / (2 * h)
    return found


def patches(x):
    """im2col, as networks in NumPy write it: the rows are those of the transposed array."""
    out = np.empty((3, 3, 2, 4))
    for i in range(3):
        for j in range(3):
            out[i, j] = np.swapaxes(x, 0, 1)[:2, i : i + 4] * (i - j)
    return np.sum(out**2)


def wraps(x):
    """Places from the end are places of other turns, too."""
    out = np.zeros(3)
    for i in range(-3, 3):
        out[i] = x[i] * x[0]
    return np.sum(out**2)


def overlapping(x):
    out = np.zeros(3)
    for i in range(6):
        out[i // 2] = x[i] * x[0]
    return np.sum(out**2)


def read_afterwards(x):
    out = np.zeros(6)
    for i in range(6):
        before = np.sum(out)
        out[i] = x[i] * x[0] + before
    return np.sum(out**2)


@pytest.mark.parametrize("f", [wraps, overlapping, read_afterwards])
def test_stores_that_are_read_stay(f):
    x = np.linspace(0.5, 2.0, 6)
    np.testing.assert_allclose(bx.grad(f)(x), difference(f, x), rtol=1e-6, atol=1e-8)
    assert "at_set" in loops_of_reverse(core(f, x))


def test_a_cotangent_that_is_read_once_is_not_cleared():
    x = np.linspace(0.5, 2.0, 24).reshape(6, 4)
    np.testing.assert_allclose(bx.grad(patches)(x), difference(patches, x), rtol=1e-6, atol=1e-8)
    assert "at_set" not in loops_of_reverse(core(patches, x))


def test_views_in_loops_are_taken_before_them():
    """The cotangent of `x.T[i]` is added to row i, not to all of x in every turn."""
    x = np.linspace(0.5, 2.0, 24).reshape(6, 4)
    text = core(patches, x)
    inside = [line for line in text.splitlines() if line.startswith(" " * 8)]
    assert any("= at_add(" in line for line in inside)
    assert "= transpose(" in text and not any("= transpose(" in line for line in inside)
