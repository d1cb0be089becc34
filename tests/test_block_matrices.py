"""Products of matrices with few rows that the turns of a loop compute are computed for a block of turns."""

from __future__ import annotations

import numpy as np
import pytest

import broadax as bx

TURNS = (0, 1, 7, 32, 33, 70)  # 8 rows a turn: a block has 32 turns


def arrays(turns, rows=8):
    r = np.random.default_rng(turns)
    return r.standard_normal((turns, rows, 12)), r.standard_normal((12, 10)), r.standard_normal((rows, 10))


def of_layers(x, w, v):
    for t in range(len(x)):
        v = np.tanh(x[t] @ w + 0.5 * v)
    return v


def of_iterated_layers(x, w, v):
    for layer in x:
        v = np.tanh(layer @ w + 0.5 * v)
    return v


def of_layers_downwards(x, w, v):
    for t in range(len(x) - 2, -1, -1):
        v = np.tanh(x[t + 1] @ w + 0.5 * v)
    return v


def by_a_transpose(x, w, v):
    w = w.T.copy()
    for t in range(len(x)):
        v = np.tanh(x[t] @ w.T + 0.5 * v)
    return v


def by_a_part(x, w, v):
    v = v[:, :9]
    for t in range(len(x)):
        v = np.tanh(x[t] @ w[:, 1:] + 0.5 * v)
    return v


def of_several_axes(x, w, v):
    x = np.stack([x[:, :4], x[:, 4:]], 1)
    v = np.stack([v[:4], v[4:]])
    for t in range(len(x)):
        v = np.tanh(x[t] @ w + 0.5 * v)
    return v


def of_a_view(x, w, v):
    x = np.transpose(x, (1, 0, 2)).copy().transpose(1, 0, 2)
    for t in range(len(x)):
        v = np.tanh(x[t] @ w + 0.5 * v)
    return v


def of_singles(x, w, v):
    return of_layers(x.astype(np.float32), w.astype(np.float32), v.astype(np.float32))


def of_complex(x, w, v):
    return of_layers(x + 1j, w * 1j, v * 0j)


def summed(x, w, v):
    total = np.zeros(w.shape)
    for t in range(len(x)):
        v = np.cos(v + t)
        total += x[t].T @ v
    return total


def summed_downwards(x, w, v):
    total = np.ones(w.shape)
    for t in range(len(x) - 1, 0, -1):
        v = np.cos(v + t)
        total = total + x[t - 1].T @ v
    return total


def summed_into_a_part(x, w, v):
    total = np.zeros((30, 10))
    for t in range(len(x)):
        v = np.cos(v + t)
        total[3:15] += x[t].T @ v
    return total


def summed_of_two_computed(x, w, v):
    total, u = np.zeros(w.shape), np.zeros((x.shape[1], 12))
    for t in range(len(x)):
        u, v = np.sin(u + x[t]), np.cos(v + t)
        total += u.T @ v
    return total


def two_sums(x, w, v):
    total, other = np.zeros(w.shape), np.zeros((10, 10))
    for t in range(len(x)):
        v = np.cos(v + t)
        total += x[t].T @ v
        other += np.tanh(v).T @ v
    return total, other


def summed_and_multiplied(x, w, v):
    total = np.zeros(w.shape)
    for t in range(len(x)):
        v = np.tanh(x[t] @ w + 0.5 * v)
        total += x[t].T @ v
    return total


PRODUCTS = [
    of_layers, of_iterated_layers, of_layers_downwards, by_a_transpose, by_a_part, of_several_axes, of_a_view,
    of_singles, of_complex,
]  # fmt: skip
SUMS = [
    summed, summed_downwards, summed_into_a_part, summed_of_two_computed, two_sums, summed_and_multiplied,
]  # fmt: skip


def in_turns(function, args) -> tuple[int, int]:
    """How many products are in the generated source, and how many of them in a loop of single turns."""
    source = bx.jit(function, backend="numba").source(*args, stage="numba")
    calls, inside, loops = 0, 0, []
    for line in source.splitlines():
        indent = len(line) - len(line.lstrip())
        loops = [d for d in loops if d[0] < indent]
        if line.lstrip().startswith("for "):
            loops.append((indent, ", 32)" in line or ", -32)" in line))
        calls += "fast.dot" in line
        inside += "fast.dot" in line and any(not blocked for _, blocked in loops)
    return calls, inside


@pytest.mark.parametrize("function", [*PRODUCTS, *SUMS], ids=lambda f: f.__name__)
def test_one_product_for_many_turns(function):
    compiled = bx.jit(function, backend="numba")
    tolerance = 1e-4 if function is of_singles else 1e-10
    for turns in (TURNS[-1], *TURNS):
        args = arrays(turns)
        want, got = function(*args), compiled(*args)
        for a, b in zip(got, want, strict=True) if isinstance(want, tuple) else [(got, want)]:
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    calls, inside = in_turns(function, arrays(70))
    assert calls and not inside


def test_many_rows_need_no_block():
    args = arrays(20, rows=200)
    compiled = bx.jit(summed_and_multiplied, backend="numba")
    np.testing.assert_allclose(compiled(*args), summed_and_multiplied(*args), rtol=1e-9, atol=1e-9)
    assert in_turns(summed_and_multiplied, args) == (2, 2)


def layers_written_in_the_loop(x, w, v):
    x = x.copy()
    for t in range(1, len(x)):
        x[t, :, :10] += 0.1 * (x[t - 1] @ w)
    return x


def matrix_written_in_the_loop(x, w, v):
    w = w.copy()
    for t in range(len(x)):
        v = np.tanh(x[t] @ w)
        w[0] += v[0]
    return v


def layers_by_data(x, w, v):
    order = np.argsort(x[:, 0, 0])
    for t in range(len(x)):
        v = np.tanh(x[order[t]] @ w + 0.5 * v)
    return v


def layers_that_wrap(x, w, v):
    for t in range(len(x)):
        v = np.tanh(x[t - 1] @ w + 0.5 * v)
    return v


def sum_read_in_the_loop(x, w, v):
    total = np.zeros(w.shape)
    for t in range(len(x)):
        v = np.cos(v + t + 0.01 * total[0])
        total += x[t].T @ v
    return total


def sum_of_growing_parts(x, w, v):
    total = np.zeros((12, 10))
    for t in range(min(8, len(x))):
        v = np.cos(v + t)
        total += x[t, : t + 1].T @ v[: t + 1]
    return total


@pytest.mark.parametrize(
    "function",
    [
        layers_written_in_the_loop, matrix_written_in_the_loop, layers_by_data, layers_that_wrap,
        sum_read_in_the_loop, sum_of_growing_parts,
    ],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_products_that_stay_in_their_turn(function):
    compiled = bx.jit(function, backend="numba")
    for turns in (70, 33, 1):
        args = arrays(turns)
        np.testing.assert_allclose(compiled(*args), function(*args), rtol=1e-9, atol=1e-12)
    assert in_turns(function, arrays(70)) == (1, 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_turn(bad):
    def outputs(x, w):
        out = np.zeros((len(x), x.shape[1], w.shape[1]))
        for t in range(len(x)):
            out[t] = np.tanh(x[t] @ w) + out[t]
        return out

    x, w, _ = arrays(40)
    x[17, 3, 2] = x[31] = bad
    with np.errstate(invalid="ignore"):
        want = outputs(x, w)
    np.testing.assert_array_equal(np.isfinite(bx.jit(outputs, backend="numba")(x, w)), np.isfinite(want))


def test_a_recurrent_network_on_a_batch_adds_to_the_gradient_of_its_weights_once_a_block():
    def loss(wx, wh, x):
        state = np.zeros((x.shape[1], wh.shape[0]))
        for layer in x:
            state = np.tanh(layer @ wx + state @ wh)
        return np.sum(state**2)

    r = np.random.default_rng(0)
    args = (r.standard_normal(s) / s[0] for s in ((12, 20), (20, 20), (75, 8, 12)))
    args = tuple(args)
    compiled = bx.value_and_grad(loss, argnums=(0, 1, 2), backend="numba")
    value, got = compiled(*args)
    want, wanted = bx.value_and_grad(loss, argnums=(0, 1, 2), backend="numpy")(*args)
    np.testing.assert_allclose(value, want)
    for g, w in zip(got, wanted, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-8, atol=1e-12)
    calls, inside = in_turns(bx.value_and_grad(loss, argnums=(0, 1, 2)), args)
    assert calls == 6 and inside == 3, compiled.source(*args, stage="numba")  # by wh, by wh.T, and to d_x[t]
