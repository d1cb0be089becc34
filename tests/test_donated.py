"""Arguments that `jit` may overwrite: whose memory results take, and whose they must not."""

from __future__ import annotations

import numpy as np
import pytest

import broadax as bx

RNG = np.random.default_rng(0)
G = RNG.normal(size=(4, 6))


def adam(p, m, v, g, rate):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    return p - rate * m / (np.sqrt(v) + 1e-8), m, v


def state() -> list[np.ndarray]:
    return [np.ones((4, 6)), np.zeros((4, 6)), np.full((4, 6), 0.5)]


def same_memory(results, arrays) -> list[bool]:
    return [np.shares_memory(r, a) for r, a in zip(results, arrays, strict=True)]


def test_results_take_the_memory_of_donated_arguments():
    step, given = bx.jit(adam, donate_argnums=(0, 1, 2), backend="numba"), state()
    for _ in range(3):
        want = adam(*[x.copy() for x in given], G, 0.1)
        got = step(*given, G, 0.1)
        assert all(same_memory(got, given))
        np.testing.assert_allclose(got, want, rtol=1e-15)
        given = list(got)
    assert "fast.empty" not in step.source(*given, G, 0.1, stage="numba")
    assert not any(same_memory(bx.jit(adam, backend="numba")(*given, G, 0.1), given))


def test_trees_and_names():
    def scaled(params, by):
        return {k: x * by for k, x in params.items()}

    params = {"w": np.ones(3), "b": np.ones(2)}
    new = bx.jit(scaled, donate_argnames="params", backend="numba")(params=params, by=2.0)
    assert all(np.shares_memory(new[k], params[k]) and np.all(new[k] == 2) for k in params)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_an_update_needs_no_copy(backend):
    def moved(x):
        x = x.copy()
        x[1:] += 1.0
        return x

    assert "copy" in bx.jit(moved, backend=backend).source(np.ones(5))
    donating = bx.jit(moved, donate_argnums=0, backend=backend)
    assert "copy" not in donating.source(np.ones(5))
    x = np.ones(5)
    got = donating(x)
    assert np.shares_memory(got, x)
    np.testing.assert_array_equal(got, [1, 2, 2, 2, 2])


def swapped(x, y):
    return y + 1.0, x * 2.0


def read_later(x, y):
    z = x + y
    return z, np.sum(x * y)


def reversed_sum(x, y):
    return x + x[::-1], y


def kept(x, y):
    return x + y, x


def once(x, y):
    return x + 1.0, x + 2.0, y - x


@pytest.mark.parametrize("function", [swapped, read_later, reversed_sum, kept, once])
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_values(function, backend):
    x, y = RNG.normal(size=7), RNG.normal(size=7)
    got = bx.jit(function, donate_argnums=(0, 1), backend=backend)(x.copy(), y.copy())
    for a, b in zip(got, function(x, y), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def part_of_another():
    whole = state()
    return [x.reshape(2, 4, 3)[0] for x in whole], whole


def read_only():
    arrays = state()
    for x in arrays:
        x.flags.writeable = False
    return arrays, arrays


def two_of_one():
    x = np.ones((4, 6))
    return [x, x, x], [x]


@pytest.mark.parametrize("arrays", [part_of_another, read_only, two_of_one])
def test_memory_that_was_not_given_up(arrays):
    given, seen = arrays()
    before = [x.copy() for x in seen]
    g = np.ascontiguousarray(G[:, : given[0].shape[1]])
    step = bx.jit(adam, donate_argnums=(0, 1, 2), backend="numba")
    for _ in range(2):  # the second call takes the straight way
        np.testing.assert_allclose(step(*given, g, 0.1), adam(*given, g, 0.1), rtol=1e-14)
    for x, y in zip(seen, before, strict=True):
        np.testing.assert_array_equal(x, y)


def test_a_gradient_of_a_function_that_may_overwrite():
    @bx.jit
    def plain(x):
        return np.sum(x * x)

    donating = bx.jit(plain, donate_argnums=0)
    x = np.arange(4.0)
    np.testing.assert_allclose(bx.grad(donating)(x), 2 * x)
    np.testing.assert_array_equal(x, np.arange(4.0))
