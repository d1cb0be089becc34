"""Sums that loops carry are updated in place: the same values, no new array at each turn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from random_core import Program
from test_simplify import SEEDS, assert_same, fresh
from test_take_apart import core_of

import broadax as bx
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.statements import Op, statements
from broadax.transforms.core.verify import verify
from broadax.transforms.simplify.accumulate_in_place import accumulate_in_place
from broadax.transforms.simplify.insert_copies import insert_copies

X, Y = np.linspace(0.1, 0.9, 7), np.linspace(1.0, 2.0, 7)


def outer_products(x, y, n):
    total = np.zeros((len(x), len(y)))
    for i in range(n):
        total = total + np.outer(np.sin(i * x), y)
    return total


def taken_away(x, y, n):
    for i in range(n):
        x = x - i * y
    return x


def added_to_another(x, y, n):
    for i in range(n):
        x = i * y[::-1] + x
    return x, y


def read_elsewhere(x, y, n):
    seen = 0.0
    for i in range(n):
        x, seen = x + i * y, seen + np.sum(x)
    return x, seen


def itself(x, y, n):
    for _ in range(n):
        x = x + x[::-1]
    return x


def kept(x, y, n):
    before = x
    for _ in range(n):
        before, x = x, x + y
    return before, x


def updates(function, *args) -> int:
    """How many sums become updates; copies are inserted after it as before it."""
    before = core_of(bx.jit(function), *args)[0]
    after = verify(accumulate_in_place(before), after="accumulate_in_place")
    count = {k: _count(insert_copies(f), "copy") for k, f in (("before", before), ("after", after))}
    assert count["after"] <= count["before"] + 1  # one in front of the loop
    return _count(after, "at_add")


def _count(function, name: str) -> int:
    return sum(isinstance(s, Op) and s.prim.name == name for s in statements(function.body))


@pytest.mark.parametrize("function", [outer_products, taken_away, added_to_another])
def test_a_sum_is_updated(function):
    assert updates(function, X, Y, 3) == 1
    x, y = X.copy(), Y.copy()
    got = bx.jit(function, backend="numba")(x, y, 5)
    assert_same(got if isinstance(got, tuple) else (got,), _tuple(function(X.copy(), Y.copy(), 5)))
    np.testing.assert_array_equal((x, y), (X, Y))  # the caller's arrays are not written


def _tuple(value) -> tuple:
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("function", [read_elsewhere, itself, kept])
def test_a_sum_that_is_needed_as_it_was(function):
    assert updates(function, X, Y, 3) == 0
    assert_same(bx.jit(function, backend="numba")(X, Y, 5), function(X, Y, 5))


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_random_programs(seed):
    program = Program(seed, 20)
    function = verify(program.build())
    args = program.inputs()
    with np.errstate(all="ignore"):
        want = evaluate(function, *fresh(args))
        changed = insert_copies(verify(accumulate_in_place(function)))
        assert_same(evaluate(changed, *fresh(args)), want)


def powers(A, n):
    v = np.ones(len(A))
    for _ in range(n):
        v = np.tanh(A @ v)
    return np.sum(v)


def test_a_gradient_makes_no_matrix_at_each_turn():
    A = np.eye(6) + 0.1
    source = bx.grad(powers, backend="numba").source(A, 3, stage="numba")
    made = [line for line in source.splitlines() if "fast.empty((" in line or "fast.zeros((" in line]
    assert not [line for line in made if line.startswith(8 * " ")], source
    assert any("d_A" in line for line in made)
