"""Lists that grow in a loop: derivatives, compilations, and what is refused."""

import numpy as np
import pytest

import broadax as bx
from broadax.runtime.errors import BroadaxError
from tests.language import heaps, iterators, resizing, tables  # noqa: F401  (they enter losses)
from tests.language.growing import LOSSES, SIGNS, list_of_states
from tests.language.resizing import counter_beside_the_list
from tests.language.test_language import same


@pytest.mark.parametrize("function", LOSSES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_gradient(function, backend):
    def loss(x):
        return np.sum(np.sin(function(x)))

    direction, step = np.cos(np.arange(SIGNS.size)), 1e-6
    want = (loss(SIGNS + step * direction) - loss(SIGNS - step * direction)) / (2 * step)
    got = bx.grad(loss, backend=backend)(SIGNS)
    np.testing.assert_allclose(got @ direction, want, rtol=1e-7)
    _, tangent = bx.jvp(loss, (SIGNS,), (direction,))
    np.testing.assert_allclose(tangent, want, rtol=1e-7)


@pytest.mark.parametrize("function", LOSSES, ids=lambda f: f.__name__)
def test_second_derivative(function):
    def loss(x):
        return np.sum(np.sin(function(x)))

    direction, step = np.cos(np.arange(SIGNS.size)), 1e-5
    gradient = bx.grad(loss)
    want = (gradient(SIGNS + step * direction) - gradient(SIGNS - step * direction)) / (2 * step)
    np.testing.assert_allclose(bx.hessian(loss)(SIGNS) @ direction, want, rtol=1e-6, atol=1e-6)


# Their results are as long as the data say: for each example another length.
RAGGED = (
    *("under_a_condition", "used_as_a_stack", "steps_that_are_rejected", "a_while_in_a_for"),
    *(
        "rows_until_one_is_large",
        "two_steps_back",
        "particles_that_leave_a_box",
        "returned_when_it_is_large",
        "the_larger_part",
    ),
)


@pytest.mark.parametrize("function", [f for f in LOSSES if f.__name__ not in RAGGED])
def test_vmap(function):
    batch = np.stack([SIGNS, SIGNS + 0.25, -SIGNS])
    np.testing.assert_allclose(bx.vmap(function)(batch), np.stack([function(x) for x in batch]), rtol=1e-11)


def test_one_compilation_for_all_lengths():
    run = bx.jit(list_of_states, backend="numpy")
    for steps in range(8, 18):
        assert len(run(1.0, steps)) == steps + 1
    assert len(run.compilations) == 1
    assert "in range(steps):" in run.source() and run.source().count("np.sin") == 1


def aliased(x, n):
    state = x.copy()
    history = []
    for k in range(n):
        state[0] += k
        history.append(state)
    return np.array(history)


def item_is_written(x, n):
    rows = [x * k for k in range(n)]
    rows[1][0] = 5.0
    return np.array(rows)


def inner_list_is_changed_afterwards(x, n):
    rows = []
    for k in range(n):
        rows.append([x, k])
        rows[-1].append(x)
    return rows


@pytest.mark.parametrize("function", [aliased, item_is_written, inner_list_is_changed_afterwards])
def test_aliases_are_right_or_refused(function):
    """Rows are copies: a later write to an item is seen as in CPython, or it is an error."""
    x = np.array([1.0, 2.0])
    try:
        got = bx.jit(function)(x, 9)
    except BroadaxError as error:
        assert "a list that grows in a loop" in str(error)
    else:
        same(got, function(x, 9))


def first_of(x):
    positive = [v for v in x if v > 0]
    return positive[0] + positive[-1]


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_an_empty_list_has_no_items(backend):
    run = bx.jit(first_of, backend=backend)
    assert run(SIGNS) == first_of(SIGNS)
    with pytest.raises(IndexError, match="list index out of range"):
        run(-np.abs(SIGNS))


def test_a_counter_that_goes_with_a_list_is_not_looked_up():
    source = bx.grad(lambda x: np.sum(counter_beside_the_list(x))).source(SIGNS)
    assert source.count(".pop(") <= 3 and " i " not in source


def empty_is_popped(x):
    stack = [x]
    while x < 10.0:
        x = x + stack.pop()
    return x


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_nothing_is_popped_from_an_empty_list(backend):
    with pytest.raises(IndexError, match="pop from empty list"):
        bx.jit(empty_is_popped, backend=backend)(1.0)
