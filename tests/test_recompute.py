"""Arrays that are computed again where one statement reads them at several places."""

from __future__ import annotations

import numpy as np
import pytest
from programs.pool import load_all

import broadax as bx

RNG = np.random.default_rng(0)


def limited(x):
    d = x[1:] - x[:-1]
    s = np.where(d * x[1:] > 0, d, 0.0)
    return s[1:] - s[:-1]


def in_two_axes(x):
    s = np.where(x[1:] > 0, x[1:] * x[:-1], 0.0)
    return s[1:, 1:] + s[:-1, :-1] - 2.0 * s[1:, :-1]


def written_between(x):
    y = x * 2.0
    s = np.maximum(y[1:] * y[:-1] + 1.0, 0.5)
    y[0] = 7.0
    y[1:] *= 3.0
    return s[1:] - s[:-1] + y[2:]


def written_by_the_reader(x):
    s = np.maximum(x[1:] * x[:-1] + 1.0, 0.5)
    x[1:-1] = s[1:] - s[:-1]
    return x


def read_by_two(x):
    s = np.maximum(x[1:] * x[:-1] + 1.0, 0.5)
    return s[1:] - s[:-1], s


def expensive(x):
    s = np.exp(x[1:]) * x[:-1]
    return s[1:] - s[:-1]


def in_a_loop(x, n):
    for _ in range(n):
        s = np.maximum(x[1:] * x[:-1] - x[1:], 0.5)
        x = np.concatenate([x[:1], s[1:] - s[:-1], x[-1:]])
    return x


ONE = [limited, written_between, written_by_the_reader, read_by_two, expensive]


@pytest.mark.parametrize("n", [2, 3, 4, 5, 11, 40])
@pytest.mark.parametrize("function", [*ONE, in_two_axes], ids=lambda f: f.__name__)
def test_values(function, n):
    """Of any length; with 2 the results are empty."""
    shape = (n, n) if function is in_two_axes else (n, 3)
    x = RNG.normal(size=shape)
    compiled = bx.jit(function, backend="numba")
    compiled(RNG.normal(size=(9, 9) if function is in_two_axes else (9, 3)))
    got, expected = compiled(x.copy()), function(x.copy())
    both = zip(got, expected, strict=True) if isinstance(expected, tuple) else [(got, expected)]
    for a, b in both:
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14)


def test_in_a_loop():
    x = RNG.normal(size=9)
    for n in (0, 1, 3):
        np.testing.assert_array_equal(bx.jit(in_a_loop, backend="numba")(x, n), in_a_loop(x, n))


def test_what_is_computed_again_has_no_memory():
    made = {f.__name__: _arrays(f, RNG.normal(size=(9, 9))) for f in (limited, in_two_axes, in_a_loop_of_one)}
    assert made == {"limited": 1, "in_two_axes": 1, "in_a_loop_of_one": 1}
    assert _arrays(load_all()["weather.hdiff"].function, *load_all()["weather.hdiff"].draw(1)) == 1


def in_a_loop_of_one(x):
    out = np.zeros(7)
    for k in range(9):
        s = x[k, 1:] * x[k, :-1] + x[k, 1:]
        out += s[1:] - s[:-1]
    return out


def test_what_may_not_be_computed_again():
    """What it reads changes, another statement needs it, or it costs too much."""
    x = RNG.normal(size=(9, 3))
    made = {f.__name__: _arrays(f, x) for f in (written_by_the_reader, read_by_two, expensive)}
    assert made == {"written_by_the_reader": 1, "read_by_two": 2, "expensive": 2}


def _arrays(function, *args) -> int:
    text = bx.jit(function, backend="numba").source(*args, stage="numba")
    return text.count("fast.empty(") + text.count("fast.zeros(")


def test_gradients_and_batches():
    x = RNG.normal(size=(4, 9))
    total = lambda x: np.sum(limited(x) ** 2)
    expected = bx.grad(total)(x[0])
    np.testing.assert_allclose(bx.grad(total, backend="numba")(x[0]), expected)
    np.testing.assert_allclose(bx.vmap(limited, backend="numba")(x), np.stack([limited(row) for row in x]))
