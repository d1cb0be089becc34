"""`f.cost(*args)`: operations, memory traffic, saved bytes and copies, against counts by hand."""

import numpy as np
import pytest

import broadax as bx

X = np.linspace(0.1, 0.9, 100)


def looped(x, n):
    for _ in range(n):
        x = np.sin(x) * x
    return np.sum(x)


def test_straight_line():
    cost = bx.jit(lambda x: np.sum(x * x)).cost(X)
    assert (cost.flops, cost.transcendentals) == (200, 0)
    assert (cost.bytes_read, cost.bytes_written) == (3 * 800, 800)
    assert (cost.bytes_saved, cost.copies) == (0, [])


def test_products():
    a, b = np.ones((3, 4)), np.ones((4, 5))
    assert bx.jit(lambda a, b: a @ b).cost(a, b).flops == 2 * 3 * 4 * 5
    assert bx.jit(lambda a, b: np.einsum("ij,jk->ik", a, b)).cost(a, b).flops == 2 * 3 * 4 * 5
    assert bx.jit(np.linalg.inv).cost(np.eye(6)).flops == 2 * 6**3


def test_views_cost_nothing():
    cost = bx.jit(lambda x: x[2:50].reshape(8, 6).T).cost(X)
    assert (cost.flops, cost.bytes_read, cost.bytes_written) == (0, 0, 0)


def test_trip_counts_are_those_of_the_arguments():
    f = bx.jit(looped)
    assert [f.cost(X, n).flops for n in (0, 1, 10)] == [100, 300, 2100]
    assert f.cost(X, 10).transcendentals == 1000

    def halves(x):
        while x > 1:
            x = x / 2
        return x

    assert bx.jit(halves).cost(8.0).flops - bx.jit(halves).cost(4.0).flops == 2  # a comparison, a quotient


def test_what_a_gradient_saves():
    gradient = bx.grad(looped)
    assert gradient.cost(X, 10).bytes_saved == 10 * 800
    assert gradient.cost(X, 20).flops < 2 * gradient.cost(X, 10).flops + 500
    assert gradient.cost(X, 10).flops <= 4 * bx.jit(looped).cost(X, 10).flops
    assert bx.grad(lambda x: np.sum(x * x)).cost(X).bytes_saved == 0

    def marked(x, n):
        for _ in bx.checkpoint(range(n)):
            x = np.sin(x) * x
        return np.sum(x)

    assert bx.grad(marked).cost(X, 400).bytes_saved == (20 + 20) * 800


def test_a_while_saves_on_a_stack():
    def settle(x):
        while x > 0.1:
            x = np.sin(x) * 0.9
        return x

    turns, x = 0, 1.0
    while x > 0.1:
        turns, x = turns + 1, np.sin(x) * 0.9
    assert bx.grad(settle).cost(1.0).bytes_saved == 8 * turns


def test_an_update_of_one_element_stays_one():
    def sweep(x):
        y = x.copy()
        for i in range(1, len(y)):
            y[i] += 0.5 * y[i - 1]
        return np.sum(y)

    gradient = bx.grad(sweep)
    few, many = gradient.cost(X), gradient.cost(np.ones(1000))
    assert many.bytes_written < 11 * few.bytes_written  # linear, not quadratic
    assert many.copies == []


def test_copies_and_why():
    def overwritten(x):
        x[0] = 3.0
        return np.sum(x * x)

    (copy,) = bx.grad(overwritten).cost(X).copies
    assert (copy.name, copy.why, copy.times, copy.bytes) == ("x", "it is the caller's array", 1, 800)
    assert copy.where.endswith(f"test_cost.py:{overwritten.__code__.co_firstlineno + 1}")

    def kept(x):
        y = np.sin(x)
        z = y + 0
        z[0] = 1.0
        return y * z

    reasons = [c.why for c in bx.jit(lambda x: kept(x)).cost(X).copies]
    assert all(why == "what it held is read again" for why in reasons)
    assert bx.jit(lambda x: np.sin(x) + 1).cost(X).copies == []

    def in_turns(x, n):
        history = np.zeros((n, len(x)))
        for k in range(n):
            history[k] = x
            y = x * 0.5
            y[0] = 1.0
            x = y
        return history

    assert bx.jit(in_turns).cost(X, 5).copies == []
    assert bx.jit(overwritten).cost(X.copy()).copies == []  # under jit it writes to the caller's array


def test_of_specs_is_refused():
    with pytest.raises(TypeError, match="arguments, not specs"):
        bx.jit(looped).cost("f64[n]", 3)
