"""The turns that a batch of loops takes: counted by the operations of the code that runs."""

import numpy as np
import pytest

import broadax as bx


def newton(a, turns):
    y = 1.0 + a
    k = 0
    while k < turns:
        y = 0.5 * (y + a / y)
        k += 1
    return y


@pytest.mark.parametrize("make", [lambda f: f, bx.grad, lambda f: bx.jacfwd(bx.grad(f))])
def test_each_example_takes_only_its_own_turns(make):
    """One example in a hundred needs 1,000 turns, the others 5: the work is that of the turns taken."""
    a, turns = np.linspace(0.5, 9.0, 100), np.full(100, 5)
    turns[33] = 1000
    one, whole = make(newton), bx.vmap(make(newton))
    each = [bx.vmap(one).cost(a[k : k + 1], turns[k : k + 1]).flops for k in (0, 33)]
    assert each[1] > 150 * each[0]
    assert whole.cost(a, turns).flops <= 1.01 * (99 * each[0] + each[1])
