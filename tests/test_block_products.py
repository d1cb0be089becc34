"""Products with vectors that the turns of a loop compute are products of matrices, for a block of turns."""

from __future__ import annotations

import numpy as np
import pytest
from test_simplify import assert_same

import broadax as bx
from broadax.backends.rewrites.block_products import BLOCK

SIZES = [(2, 3), (5, 3), (3, 2 * BLOCK + 7), (BLOCK, BLOCK), (BLOCK + 1, BLOCK + 2), (2 * BLOCK + 9, 40)]


def arrays(n, m):
    r = np.random.default_rng(n)
    return r.standard_normal((n, m)), r.standard_normal((n, m)), r.standard_normal((m, 6))


def triangle(x, y, w):
    out = np.zeros((x.shape[1], x.shape[1]))
    for i in range(x.shape[1] - 1):
        out[i + 1 :, i] = out[i, i + 1 :] = x[:, i] @ y[:, i + 1 :]
    return out


def lower_triangle(x, y, w):
    out = np.zeros((x.shape[0], x.shape[0]))
    for i in range(x.shape[0]):
        out[i, : i + 1] = y[: i + 1] @ x[i]
    return out


def downwards(x, y, w):
    out = np.zeros((x.shape[1], x.shape[1]))
    for i in range(x.shape[1] - 1, -1, -1):
        out[i, i:] = x[:, i] @ y[:, i:]
    return out


def downwards_over_some(x, y, w):
    total = np.zeros(6)
    for i in range(x.shape[0] - 2, 0, -1):
        total = np.tanh(total + x[i + 1] @ w)
    return total


def recurrent(x, y, w):
    state = np.zeros(6)
    for t in range(len(x)):
        state = np.tanh(x[t] @ w + state * 0.5)
    return state


def matrix_first(x, y, w):
    a, out = np.ascontiguousarray(w.T), []
    for t in range(len(x)):
        out.append(np.sin(a @ x[t]))
    return np.array(out)


def transposed(x, y, w):
    out = np.zeros((x.shape[1], x.shape[1]))
    for i in range(x.shape[1]):
        out[i, i:] = y[:, i:].T @ x[:, i] + 2 * (y.T[i:] @ x.T[i])
    return out


def kept(x, y, w):
    last = x[0] @ w
    for i in range(len(x)):
        last = x[i] @ w
    return last


def written_afterwards(x, y, w):
    out = np.zeros((len(x), 6))
    for i in range(len(x)):
        product = x[i] @ w
        product[i % 6] = 0.0
        product += 1.0
        out[i] = product
    return out


def two_products(x, y, w):
    out = np.zeros((len(x), 6))
    for i in range(1, len(x)):
        out[i] = x[i] @ w - y[i - 1] @ w
    return out


def of_singles(x, y, w):
    return recurrent(x.astype(np.float32), y, w.astype(np.float32))


def of_complex(x, y, w):
    return matrix_first(x * 1j + y, y, w + 2j)


BLOCKED = [
    triangle, lower_triangle, downwards, downwards_over_some, recurrent, matrix_first, transposed, kept,
    written_afterwards, two_products, of_singles, of_complex,
]  # fmt: skip


def products_in_turns(function, args) -> tuple[int, int]:
    """How many products BLAS is called for, and how many of them in a loop of single turns."""
    source = bx.jit(function, backend="numba").source(*args, stage="numba")
    lines, depth = source.splitlines(), []
    calls = inside = 0
    for line in lines:
        indent = len(line) - len(line.lstrip())
        depth = [d for d in depth if d[0] < indent]
        if line.lstrip().startswith("for "):
            depth.append((indent, f", {BLOCK})" in line or f", -{BLOCK})" in line))
        if "fast.dot" in line:
            calls += line.count("fast.dot")
            inside += any(not blocked for _, blocked in depth)
    return calls, inside


@pytest.mark.parametrize("function", BLOCKED, ids=lambda f: f.__name__)
def test_one_product_for_many_turns(function):
    compiled = bx.jit(function, backend="numba")
    for size in SIZES:
        args = arrays(*size)
        with np.errstate(all="ignore"):
            want = function(*args) if size[1] >= 6 or function in (triangle, downwards) else None
        if want is not None:
            tolerance = 2e-4 if function is of_singles else 1e-10
            np.testing.assert_allclose(compiled(*args), want, rtol=tolerance, atol=tolerance)
    calls, inside = products_in_turns(function, arrays(150, 150))
    assert calls and not inside


def written_in_the_loop(x, y, w):
    x = x.copy()
    for i in range(1, len(x)):
        x[i, :6] += x[i - 1] @ w
    return x


def matrix_written_in_the_loop(x, y, w):
    w, out = w.copy(), np.zeros((len(x), 6))
    for i in range(len(x)):
        out[i] = x[i] @ w
        w[0] += out[i]
    return out


def vector_that_wraps(x, y, w):
    out = np.zeros((len(x), 6))
    for i in range(len(x)):
        out[i] = x[i - 1] @ w
    return out


def window(x, y, w):
    out = np.zeros((len(x), 4))
    for i in range(min(len(x), x.shape[1] - 4)):
        out[i] = x[:, 0] @ y[:, i : i + 4]
    return out


def moving_window(x, y, w):
    out = np.zeros((len(x), 4))
    for i in range(min(len(x), x.shape[1] - 4)):
        out[i] = x[:, i] @ y[:, i : i + 4]
    return out


def varying_length(x, y, w):
    out = np.zeros((len(x), 6))
    for i in range(min(x.shape)):
        out[i] = x[i, :i] @ w[:i]
    return out


def rows_by_data(x, y, w):
    order, out = np.argsort(x[:, 0]), np.zeros((len(x), 6))
    for i in range(len(x)):
        out[i] = x[order[i]] @ w
    return out


@pytest.mark.parametrize(
    "function",
    [
        written_in_the_loop, matrix_written_in_the_loop, vector_that_wraps, window, moving_window,
        varying_length, rows_by_data,
    ],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_products_that_stay_in_their_turn(function):
    compiled = bx.jit(function, backend="numba")
    for size in ((9, 8), (8, 150), (150, 140)):
        args = arrays(*size)
        args = (args[0] / 30, args[1], args[2])
        np.testing.assert_allclose(compiled(*args), function(*args), rtol=1e-9)
    calls, inside = products_in_turns(function, arrays(150, 140))
    assert calls == inside == 1


def test_an_index_out_of_range_is_an_error_in_its_turn():
    def function(x, w, n):
        out = np.zeros((8, 6))
        for i in range(n):
            out[i] = x[i] @ w
        return out

    compiled, (x, _, w) = bx.jit(function, backend="numba"), arrays(5, 7)
    np.testing.assert_allclose(compiled(x, w, 5), function(x, w, 5))
    np.testing.assert_allclose(compiled(x, w, 0), function(x, w, 0))
    with pytest.raises(IndexError):
        compiled(x, w, 6)


@pytest.mark.parametrize("function", [triangle, recurrent, matrix_first], ids=lambda f: f.__name__)
def test_gradients(function):
    def loss(*args):
        return np.sum(function(*args) ** 2)

    args = arrays(BLOCK + 3, 20)
    want = bx.grad(loss, argnums=(0, 1, 2), backend="numpy")(*args)
    assert_same(bx.grad(loss, argnums=(0, 1, 2), backend="numba")(*args), want)


# ── sums ──────────────────────────────────────────────────────────────────────────────────────────


def outer_products(x, y, w):
    total = np.zeros((x.shape[1], y.shape[1]))
    for i in range(len(x)):
        total += np.outer(np.sin(x[i]), y[i])
    return total


def shrinking_outer_products(x, y, w):
    total, v = np.zeros(x.shape), np.ones(x.shape[1])
    for i in range(x.shape[1]):
        v = np.cos(v + i)
        total[:, i:] += np.outer(x[:, i], v[i:])
    return total


def growing_outer_products(x, y, w):
    total, v = np.zeros(x.shape), np.ones(len(x))
    for i in range(x.shape[1] - 1, -1, -1):
        v = np.cos(v + i)
        total[:, :i] += np.outer(v, y[0, :i])
    return total


def products_added_to_columns(x, y, w):
    total, v = np.zeros(x.shape), np.ones(x.shape[1])
    for i in range(x.shape[1]):
        v = np.cos(v + i)
        total[:, i] += x[:, i:] @ v[i:]
    return total


def products_added_to_rows(x, y, w):
    total, v = np.zeros((x.shape[1], len(x))), np.ones(x.shape[1])
    for i in range(x.shape[1] - 1, -1, -1):
        v = np.cos(v + i)
        total[i] += v[: i + 1] @ y[:, : i + 1].T
    return total


SUMS = [
    outer_products, shrinking_outer_products, growing_outer_products, products_added_to_columns,
    products_added_to_rows,
]  # fmt: skip


@pytest.mark.parametrize("function", SUMS, ids=lambda f: f.__name__)
def test_sums_of_many_turns(function):
    compiled = bx.jit(function, backend="numba")
    source = compiled.source(*arrays(50, 60), stage="numba")
    assert ", 32):" in source or ", -32):" in source or ", 128):" in source, source
    for size in [(50, 60), (3, 40), *SIZES]:
        np.testing.assert_allclose(compiled(*arrays(*size)), function(*arrays(*size)), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("function", [*SUMS, triangle, downwards], ids=lambda f: f.__name__)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_reaches_no_element_that_no_turn_takes_it_to(function, bad):
    args = arrays(40, 70)
    args[0][:, 33] = args[0][7, 50] = args[1][:, 40] = args[1][3] = bad
    with np.errstate(invalid="ignore"):
        want = function(*args)
    np.testing.assert_array_equal(np.isfinite(bx.jit(function, backend="numba")(*args)), np.isfinite(want))


def read_in_the_loop(x, y, w):
    total = np.zeros((x.shape[1], y.shape[1]))
    for i in range(len(x)):
        total += np.outer(x[i] + total[0, 0], y[i])
    return total


def overwritten_in_the_loop(x, y, w):
    total = np.zeros((x.shape[1], y.shape[1]))
    for i in range(len(x)):
        total += np.outer(x[i], y[i])
        total[0] = 1.0
    return total


@pytest.mark.parametrize("function", [read_in_the_loop, overwritten_in_the_loop], ids=lambda f: f.__name__)
def test_sums_that_stay_in_their_turn(function):
    args = arrays(50, 60)
    args = (args[0] / 90, args[1] / 90, args[2])
    compiled = bx.jit(function, backend="numba")
    np.testing.assert_allclose(compiled(*args), function(*args), rtol=1e-9)
    assert "fast.dot" not in compiled.source(*args, stage="numba")


def test_a_recurrent_network_adds_to_the_gradient_of_its_weights_once_a_block():
    def loss(a, w, x):
        state = np.zeros(len(a))
        for t in range(len(x)):
            state = np.tanh(a @ state + w @ x[t])
        return np.sum(state**2)

    r = np.random.default_rng(0)
    args = r.standard_normal((40, 40)) / 40, r.standard_normal((40, 30)) / 30, r.standard_normal((200, 30))
    compiled = bx.value_and_grad(loss, argnums=(0, 1, 2), backend="numba")
    value, got = compiled(*args)
    want = bx.grad(loss, argnums=(0, 1, 2), backend="numpy")(*args)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-12)
    source = compiled.source(*args, stage="numba")
    assert not [line for line in source.splitlines() if "d_a[" in line and line.startswith(16 * " ")], source
