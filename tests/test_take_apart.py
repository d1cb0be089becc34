"""Small arrays become their elements: the same values, nothing allocated in loops, whole where needed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from programs.checks import loss_of
from programs.pool import load_all
from random_core import Program
from test_simplify import SEEDS, assert_same, fresh

import broadax as bx
from broadax.runtime.trees import flatten
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.statements import For, Op, While, blocks, statements
from broadax.transforms.core.verify import verify
from broadax.transforms.pipeline import before_copies
from broadax.transforms.simplify.element_rules import is_small
from broadax.transforms.simplify.take_apart import take_apart

PROGRAMS = load_all()


def core_of(transformed, *args):
    """The simplified function of a call, and its flat arguments."""
    program = transformed.program
    leaves, spec = flatten((args, {}))
    made = program._specialise(leaves, spec)
    given = [*(leaves[k] for k in made.leaves), *(hidden.value for hidden in made.hidden)]
    return before_copies(made.function), given


def apart(function, *args):
    """The function of a call taken apart."""
    return verify(take_apart(core_of(bx.jit(function), *args)[0]), after="take_apart")


def made_in_loops(function) -> list[str]:
    """The operations in loops that make small arrays."""
    return [
        op.prim.name
        for loop in statements(function.body)
        if isinstance(loop, (For, While))
        for block in blocks(loop)
        for op in statements(block)
        if isinstance(op, Op) and any(map(is_small, op.outs))
    ]


# ── the same values ───────────────────────────────────────────────────────────────────────────────


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_random_programs(seed):
    program = Program(seed, 20)
    function = verify(program.build())
    args = program.inputs()
    with np.errstate(all="ignore"):
        want = evaluate(function, *fresh(args))
        assert_same(evaluate(verify(take_apart(function)), *fresh(args)), want)


@pytest.mark.parametrize("name", [n for n, p in PROGRAMS.items() if p.main is not None and not p.error])
def test_programs_and_their_gradients(name):
    program = PROGRAMS[name]
    loss = loss_of(program)
    for transformed in (bx.jit(loss), bx.grad(loss, argnums=program.main)):
        function, args = core_of(transformed, *program.draw(1))
        with np.errstate(all="ignore"):
            want = evaluate(function, *fresh(args))
            got = evaluate(verify(take_apart(function), after="take_apart"), *fresh(args))
        assert_same(got, want)


def moved(x, y):
    """Every operation that only moves elements, and reductions."""
    m = np.stack([x, y])
    m[0, 1] += 2.0
    m[:, 0] *= x
    t = np.concatenate([m.T[::-1].ravel()[:2], y])
    s = np.full(2, 3) + np.arange(2) + np.eye(2)[1] + np.where(x > y, x, 1)
    r = np.sum(m, axis=0) + np.max(m, axis=1) + np.min(m) + np.prod(t) + np.any(x > y) + np.all(y > 0)
    return r, m @ x, x @ m, m @ m, t.reshape(2, 2), s.astype(int), np.sum(x > y), m[None, :, 0]


def divided(x, y):
    z = x / (y - y)
    return z[0] + np.sum(z // (y - y)), np.where(z > 0, 1, 2) / (y - y)


@pytest.mark.parametrize("function", [moved, divided])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.complex128])
def test_values_and_dtypes(function, dtype):
    if np.dtype(dtype).kind == "c":
        function = {moved: lambda x, y: (np.stack([x, y]) @ x, np.sum(x * y), x.real * 2)}.get(function)
    if function is None:
        return
    x, y = np.array([3, 2]).astype(dtype), np.array([1, 5]).astype(dtype)
    with np.errstate(all="ignore"):
        want = function(x.copy(), y.copy())
        got = bx.jit(function, backend="numba")(x.copy(), y.copy())
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
        assert np.asarray(a).dtype == np.asarray(b).dtype


# ── what becomes of them ──────────────────────────────────────────────────────────────────────────


def spiral(u, n):
    for _ in range(n):
        u = u + 0.1 * np.array([u[1] - u[0], -u[0] - u[2], u[0] * u[1]])
    return u


def test_a_loop_makes_no_small_array():
    function = apart(spiral, np.ones(3), 10)
    assert made_in_loops(function) == []
    text = bx.jit(spiral, backend="numba").source(np.ones(3), 10, stage="numba")
    assert text.count("fast.empty") == 1  # the result


def picked(u, n):
    for i in range(n):
        u[i % 3] += np.sum(u)
    return u


def test_an_array_with_an_index_from_data_stays():
    function = apart(picked, np.ones(3), 10)
    assert set(made_in_loops(function)) == {"at_set"} or set(made_in_loops(function)) == {"at_add"}
    want = picked(np.ones(3), 10)
    np.testing.assert_array_equal(bx.jit(picked, backend="numba")(np.ones(3), 10), want)


def settle(u):
    while np.sum(u * u) > 1.0:
        u = u / (1 + 0.1 * u**2)
    return np.sum(u**3)


def test_stacks_of_small_arrays_are_stacks_of_numbers():
    x = np.array([3.0, 4.0])
    function, args = core_of(bx.grad(settle), x)
    function = verify(take_apart(function))
    pushed = [op for op in statements(function.body) if isinstance(op, Op) and op.prim.name == "stack_push"]
    assert pushed and all(op.args[1].shape == () for op in pushed)
    np.testing.assert_allclose(bx.grad(settle, backend="numba")(x), bx.grad(settle, backend="numpy")(x))


def rows(points, out):
    for i in range(len(points)):
        out[i] = points[i] - points[-1 - i][::-1]
    return out


def test_rows_of_large_arrays():
    points = np.arange(12.0).reshape(6, 2) ** 2
    assert made_in_loops(apart(rows, points, np.zeros((6, 2)))) == []
    want = rows(points, np.zeros((6, 2)))
    np.testing.assert_array_equal(bx.jit(rows, backend="numba")(points, np.zeros((6, 2))), want)
    with pytest.raises(IndexError) as info:
        bx.jit(rows, backend="numba")(points, np.zeros((5, 2)))
    assert "out[i]" in info.value.loc.marked()


def chosen(x, k):
    if k > 2:
        y = x
    else:
        y = np.zeros(3)
    return y * k


def test_a_branch_that_hands_over_an_array_as_it_is():
    for k in (1, 5):
        want = chosen(np.arange(3.0), k)
        np.testing.assert_array_equal(bx.jit(chosen, backend="numba")(np.arange(3.0), k), want)


def none_written(x):
    x[1:1] -= np.ones(1)
    return x * 2 + np.sum(x[2:2] * np.ones(1))


@pytest.mark.parametrize("n", [3, 7])
def test_an_update_of_no_element(n):
    x = np.arange(float(n))
    np.testing.assert_array_equal(bx.jit(none_written, backend="numba")(x), 2 * np.arange(float(n)))
