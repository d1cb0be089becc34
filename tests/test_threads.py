"""Loops on several threads: the same results for every number of them, and which loops are split."""

import os
import subprocess
import sys

import numpy as np
import pytest

import broadax as bx
from broadax.backends.numba import splitting
from broadax.runtime import threads

RNG = np.random.default_rng(0)
X, Y, W = RNG.normal(size=(300, 41)), RNG.normal(size=(300, 41)), RNG.normal(size=(41, 41))
LONG = RNG.uniform(0.5, 9.0, size=5003)


@pytest.fixture
def eager(monkeypatch):
    """Every loop that may be split is."""
    monkeypatch.setattr(splitting, "FEWEST", 0)
    before = threads.num_threads()
    yield
    threads.set_threads(before)


def elementwise(x, y):
    return np.sin(x) * y + x


def softmax(x, y):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True) + y


def in_place(x, y):
    x = x.copy()
    for k in range(3):
        x[1:, k:] += y[1:, k:] * 0.5
        x[:, 0] = y[:, 1]
    return x


def stencil(x, y):
    for _ in range(4):
        new = np.zeros_like(x)
        new[1:-1, 1:-1] = 0.25 * (x[:-2, 1:-1] + x[2:, 1:-1] + x[1:-1, :-2] + x[1:-1, 2:])
        x = new + y
    return x


def joined(x, y):
    return np.concatenate([x * 2, y + 1]), np.stack([x, y])


def columns(x, y):
    """What is summed over the rows is not split by rows."""
    return np.sum(x * y, axis=0), np.cumsum(x, axis=0)


def root(a):
    y = 1.0 + a
    while y * y - a > 1e-12 * a:
        y = 0.5 * (y + a / y)
    return y


def gradient(x, y):
    def loss(x):
        for _ in range(3):
            x = np.tanh(x + y)
        return np.sum(x)

    return bx.grad(loss)(x)


def results(function, args, count):
    threads.set_threads(count, least=0)
    found = function(*args)
    return found if isinstance(found, tuple) else (found,)


FUNCTIONS = [elementwise, softmax, in_place, stencil, joined, columns, gradient]
CASES = {f.__name__: (f, (X, Y)) for f in FUNCTIONS} | {"batch": (bx.vmap(root), (LONG,))}


@pytest.mark.parametrize("name", CASES)
def test_every_number_of_threads_gives_the_same(name, eager):
    function, args = CASES[name]
    compiled = bx.jit(function, backend="numba")
    first = results(compiled, args, 1)
    for have, want in zip(first, results(bx.jit(function, backend="numpy"), args, 1), strict=True):
        np.testing.assert_allclose(have, want, rtol=1e-12, atol=1e-12)
    for count in (2, 3, 7, 64):
        for have, want in zip(results(compiled, args, count), first, strict=True):
            np.testing.assert_array_equal(have, want)


@pytest.mark.parametrize("name", ["elementwise", "softmax", "in_place", "stencil", "batch"])
def test_what_is_split(name, eager):
    function, args = CASES[name]
    assert "fast.split(" in bx.jit(function).source(*args, stage="numba")


def product(x, y):
    return x @ W


def total(x, y):
    return np.sum(x * y)


def looks_up(x, y):
    """An index from data may be out of range, and the error must be the first one."""
    return x[:, 0][(y[:, 0] * 100).astype(int)]


@pytest.mark.parametrize("function", [product, total, looks_up])
def test_what_is_not_split(function, eager):
    assert "fast.split(" not in bx.jit(function).source(X, Y, stage="numba")


def test_small_work_is_not_prepared_for_threads():
    assert "split" not in bx.jit(elementwise).source(X, Y, stage="numba")
    large = np.zeros((1000, 1000))
    assert "split" in bx.jit(elementwise).source(large, large, stage="numba")


def test_the_number_of_threads_is_given_by_the_environment():
    code = "from broadax.runtime import threads; print(threads.num_threads())"
    for name in ("BROADAX_NUM_THREADS", "OMP_NUM_THREADS"):
        given = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")} | {name: "3"}
        found = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True)
        assert found.stdout.strip() == "3", found.stderr
