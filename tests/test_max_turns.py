"""`max_turns`: reverse mode over loops whose number of turns only running tells, on every backend."""

from __future__ import annotations

import numpy as np
import pytest

import broadax as bx
from broadax import backends
from broadax.runtime.errors import BackendError, BroadaxError, InvalidValueError, TypeMismatchError

needs_pjrt = pytest.mark.skipif(bool(backends.why_not("pjrt")), reason=backends.why_not("pjrt"))
BACKENDS = ["numpy", "numba", pytest.param("pjrt", marks=needs_pjrt)]
START = 3.2  # five turns


def settled(x):
    while x > 1.0:
        x = x * x * 0.3
    return x


def nested(x):
    """A `while` in each turn of another, and one that does not take part."""
    total, k = 0.0, 0
    while total < 8.0:
        y = x + 0.1 * k
        while y > 1.0:
            y = y * y * 0.3
        total = total + x * y
        k = k + 1
        n = 200
        while n > 1:
            n = n // 2
    return total


def rows(x):
    """The carry is an array, saved in each turn."""
    while np.sum(x * x) > 1.0:
        x = 0.5 * np.sin(x) * x
    return np.sum(x)


ENDS = np.array([7, 2, 9])


def ranges_of(x, ends):
    """`for`s over ranges that data gives, forwards and backwards; one whose range is known takes 30 turns."""
    total = x[0]
    for k in range(3):
        for i in range(k, ends[k], 2):
            total = np.sin(total * x[i])
        for i in range(ends[k], k - 1, -3):
            total = total + x[i] * total
    for _ in range(30):
        total = np.sin(total)
    return total


@pytest.mark.parametrize("backend", BACKENDS)
def test_ranges_that_data_gives(backend):
    x = np.linspace(0.5, 2.0, 10)
    want = bx.grad(ranges_of, backend="numpy")(x, ENDS)
    found = bx.grad(ranges_of, max_turns=5, backend=backend)(x, ENDS)
    np.testing.assert_allclose(np.asarray(found), want, rtol=1e-12)
    with pytest.raises(RuntimeError, match="max_turns=3") as error:
        np.asarray(bx.grad(ranges_of, max_turns=3, backend=backend)(x, ENDS))
    assert error.value.loc.line == ranges_of.__code__.co_firstlineno + 4


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("f, x", [(settled, START), (nested, 2.0), (rows, np.linspace(1.0, 2.0, 4))])
def test_gradients_are_those_without_it(backend, f, x):
    want = bx.grad(f, backend="numpy")(x)
    np.testing.assert_allclose(np.asarray(bx.grad(f, max_turns=64, backend=backend)(x)), want, rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_as_many_turns_as_are_allowed_and_one_more(backend):
    want = bx.grad(settled, backend="numpy")(START)
    assert np.isclose(float(bx.grad(settled, max_turns=5, backend=backend)(START)), want, rtol=1e-12)
    with pytest.raises(RuntimeError, match="more turns than max_turns=4 allows") as error:
        float(bx.grad(settled, max_turns=4, backend=backend)(START))
    assert isinstance(error.value, BroadaxError)
    assert error.value.loc.line == settled.__code__.co_firstlineno + 1
    assert float(bx.grad(settled, max_turns=4, backend=backend)(0.5)) == 1.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_function_of_reverse_mode_takes_it(backend):
    second, want = bx.hessian(settled, backend="numpy")(START), bx.grad(settled, backend="numpy")(START)
    found = bx.jit(
        lambda x: (
            bx.value_and_grad(settled, max_turns=5)(x)[1],
            bx.jacrev(settled, max_turns=5)(x),
            bx.vjp(settled, x, max_turns=5)[1](1.0)[0],
            bx.grad(lambda x: bx.checkpoint(settled)(x), max_turns=5)(x),
            bx.hessian(settled, max_turns=5)(x),
            bx.grad(bx.grad(settled, max_turns=5))(x),
        ),
        backend=backend,
    )(START)
    np.testing.assert_allclose([float(v) for v in found], [want] * 4 + [second] * 2, rtol=1e-10)


@needs_pjrt
def test_a_pullback_that_python_calls():
    x = bx.device_put(START)
    value, pull = bx.vjp(settled, x, max_turns=5)
    assert np.isclose(float(pull(1.0)[0]), bx.grad(settled, backend="numpy")(START))
    with pytest.raises(RuntimeError, match="max_turns=4"):
        float(bx.vjp(settled, x, max_turns=4)[0])


@needs_pjrt
def test_batches_have_each_their_turns():
    xs = np.array([0.5, 2.0, START])
    want = bx.vmap(bx.grad(settled), backend="numpy")(xs)
    found = bx.vmap(bx.grad(settled, max_turns=5), backend="pjrt")(xs)
    np.testing.assert_allclose(np.asarray(found), want, rtol=1e-12)


@needs_pjrt
def test_without_it_the_error_names_it():
    with pytest.raises(BackendError, match="nothing bounds the number of turns") as error:
        bx.grad(settled, backend="pjrt")(START)
    assert "max_turns=" in error.value.instead


def test_stacks_have_room_for_so_many_turns():
    text = bx.grad(settled, max_turns=40).source(START, stage="stablehlo")
    assert "tensor<41xf64>" in text
    assert "more turns" not in bx.grad(settled).source(START)


@pytest.mark.parametrize("most", [0, -3, 2.5, "10", True])
def test_it_is_a_positive_int(most):
    with pytest.raises(InvalidValueError, match="max_turns is a positive int"):
        bx.grad(settled, max_turns=most)
    with pytest.raises(InvalidValueError, match="max_turns is a positive int"):
        bx.vjp(settled, START, max_turns=most)


def test_what_has_no_reverse_sweep_does_not_take_it():
    for transform in (bx.jacfwd, bx.vmap, bx.jit):
        with pytest.raises(TypeMismatchError, match="max_turns"):
            transform(settled, max_turns=3)
