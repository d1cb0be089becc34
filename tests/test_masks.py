"""Batches under masks, as devices have them: counted, and the derivatives of what takes no part."""

import numpy as np
import pytest
from test_vmap import arr, build, compare, f64, for_, if_, item, loops, put, vmap, while_

import broadax as bx
from broadax import backends, compiled
from broadax.transforms.core.avals import aval_of
from broadax.transforms.core.statements import If, While, statements


@pytest.fixture
def masks(monkeypatch):
    """Batches run under masks on every backend."""
    read = compiled.specialise
    monkeypatch.setattr(compiled, "specialise", lambda *a, **k: read(*a, **{**k, "masked": True}))


def root(x):
    y = x
    while y * y - x > 1e-9 * x:
        y = 0.5 * (y + x / y)
    return y


def whole(function, kind):
    return [s for s in statements(function.body) if isinstance(s, kind)]


def test_one_loop_for_all_examples():
    f = build(lambda b, x: while_(b, (x,), lambda s: s < 5.0, lambda s: s * 2.0 + 1.0), f64())
    g = vmap(f, [f64(4)], (0,), 4, masked=True)
    compare(g, f, (arr(4),), (0,), 0)
    assert len(whole(g, While)) == 1 and not loops(g)


def test_a_counted_loop_has_the_turns_of_the_longest_example():
    def make(b, x, n):
        return for_(b, 0, n, (0.0,), lambda i, s: s + item(x, i))

    n = np.array([2, 0, 3])
    f = build(make, f64(3), aval_of(n[0]))
    g = vmap(f, [f64(3, 3), aval_of(n)], (0, 0), 3, masked=True)
    compare(g, f, (arr(3, 3), n), (0, 0), 0)
    assert len(loops(g)) == 1


def test_a_branch_that_can_fail_runs_for_some_example_only():
    """Where no example takes it, the shared index may be anywhere."""

    def make(b, x, table, k):
        return if_(b, x > 0.0, lambda: item(table, k), lambda: x * x)

    f = build(make, f64(), f64(3), aval_of(np.int64(7)))
    x = np.array([-1.0, -2.0])
    g = vmap(f, [f64(2), f64(3), aval_of(np.int64(7))], (0, None, None), 2, masked=True)
    compare(g, f, (x, arr(3), np.int64(7)), (0, None, None), 0)
    assert len(whole(g, If)) == 1


def test_an_update_of_an_example_that_takes_no_part_is_not_seen():
    def make(b, x, k):
        return while_(b, (x, k), lambda x, k: k < 3, lambda x, k: (put(x, -1.0, k), k + 1))[0]

    k = np.array([0, 3, 2])
    f = build(make, f64(3), aval_of(k[0]))
    compare(vmap(f, [f64(3, 3), aval_of(k)], (0, 0), 3, masked=True), f, (arr(3, 3), k), (0, 0), 0)


def test_what_prints_goes_example_by_example(masks, capsys):
    def f(x):
        if x > 0:
            print("above", x)
        return x

    bx.vmap(f, backend="numpy")(np.array([1.0, -1.0, 2.0]))
    assert capsys.readouterr().out == "above 1.0\nabove 2.0\n"


def test_stacks_of_the_user_go_example_by_example(masks):
    """Examples of other lengths: the last items do not lie side by side."""

    def f(x, n):
        items, total = [], 0.0
        for i in range(n):
            items.append(x * i)
        while items:
            total = total * 0.5 + items.pop()
        return total

    x, n = np.array([1.0, 2.0, 3.0]), np.array([1, 4, 0])
    want = [f(a, k) for a, k in zip(x, n)]
    np.testing.assert_allclose(bx.vmap(f, backend="numpy")(x, n), want)


@pytest.mark.parametrize("over", [True, False])
def test_derivatives_do_not_pass_through_what_takes_no_part(masks, over):
    """sqrt has the derivative inf at 0, where the second example stays."""

    def f(x):
        while x > 0:
            x = np.sqrt(x) - 2.0
        return x * x if x < -1 else np.sqrt(x + 1.0)

    def total(x):
        return np.sum(bx.vmap(f)(x))

    x = np.array([2.0, 0.0, 0.25, 9.0, -0.5])
    with np.errstate(all="ignore"):
        got = bx.vmap(bx.grad(f), backend="numpy")(x) if over else bx.grad(total, backend="numpy")(x)
        np.testing.assert_allclose(got, [bx.grad(f, backend="numpy")(a) for a in x])


def test_a_matrix_of_an_example_that_takes_no_part_may_be_singular(masks):
    def f(a, b):
        if a[0, 0] > 0:
            return np.sum(np.linalg.solve(a, b))
        return np.sum(b)

    a, b = np.stack([np.eye(2) * 2.0, np.zeros((2, 2))]), arr(2, 2)
    np.testing.assert_allclose(bx.vmap(f, backend="numpy")(a, b), [np.sum(b[0]) / 2, np.sum(b[1])])


def test_an_error_is_that_of_the_first_example_that_meets_it(masks):
    def f(x):
        while x > 1:
            x = x / 2
            if x > 3:
                raise ValueError(f"too large: {x}")
        return x

    with pytest.raises(ValueError, match="too large: 4.0"):
        bx.vmap(f, backend="numpy")(np.array([2.0, 8.0, 16.0]))


def test_an_unbounded_loop_in_a_branch_that_nobody_takes_ends(masks):
    def f(x, step):
        if x > 0:
            err = 1.0
            while err > 0.1:
                err = err - step
            return err
        return x

    np.testing.assert_allclose(bx.vmap(f, (0, None), backend="numpy")(np.array([-1.0, -2.0]), 0.0), [-1, -2])


@pytest.mark.skipif(bool(backends.why_not("pjrt")), reason=backends.why_not("pjrt"))
def test_on_a_device():
    x = np.array([2.0, 9.0, 100.0])
    text = bx.vmap(root).source(x, stage="stablehlo")
    assert text.count("stablehlo.while") == 1 and "dynamic_update_slice" not in text
    np.testing.assert_allclose(bx.vmap(root, backend="pjrt")(x), np.sqrt(x))


@pytest.mark.skipif(bool(backends.why_not("pjrt")), reason=backends.why_not("pjrt"))
@pytest.mark.parametrize("over", [True, False])
def test_a_counter_bounds_the_reverse_sweep_on_a_device(over):
    def f(x):
        y, k = x, 0
        while y * y - x > 1e-9 * x and k < 20:
            y, k = 0.5 * (y + x / y), k + 1
        return y

    x = np.array([2.0, 9.0, 100.0])
    g = bx.vmap(bx.grad(f)) if over else bx.grad(lambda x: np.sum(bx.vmap(f)(x)))
    np.testing.assert_allclose(bx.jit(g, backend="pjrt")(x), 0.5 / np.sqrt(x), rtol=1e-7)
