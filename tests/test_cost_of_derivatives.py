"""What a derivative costs, counted: saved values, statements. Never time."""

import numpy as np
import pytest
from samples.pool import load_all
from test_checkpoint import saved
from test_samples import differentiable, loss_of

import broadax as bx
from broadax.transforms.core.statements import Effect, Op, statements
from broadax.transforms.pipeline import lower

X = np.linspace(0.1, 0.9, 7)


# ── what is saved ─────────────────────────────────────────────────────────────────────────────────


def stencil(u, n):
    for _ in range(n):
        new = u.copy()
        new[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = new
    return np.sum(u * u)


def stencil_in_place(u, n):
    u = u.copy()
    for _ in range(n):
        for i in range(1, len(u) - 1):
            u[i] += 0.1 * (u[i + 1] - 2 * u[i] + u[i - 1])
    return np.sum(u)


def one_nonlinear_scalar(x, u, n):
    for _ in range(n):
        x = x + 0.1 * np.sin(x)
        u = 0.5 * u + 0.25 * np.roll(u, 1)
    return x + np.sum(u)


def scalar_beside_an_array(s, u, n):
    for _ in range(n):
        u = s * u
        s = np.cos(s)
    return np.sum(u)


@pytest.mark.parametrize("f", [stencil, stencil_in_place])
def test_a_linear_stencil_saves_nothing(f):
    gradient, arrays = saved(bx.grad(f), X, 9)
    assert [k for k in arrays if k != len(X)] == []
    source = bx.grad(f).source(X, 9)
    assert "saved" not in source
    step = 1e-6
    d = np.cos(np.arange(7.0))
    assert gradient @ d == pytest.approx((f(X + step * d, 9) - f(X - step * d, 9)) / (2 * step), rel=1e-7)


def test_one_nonlinear_scalar_saves_one_scalar_a_turn():
    (d_x, d_u), arrays = saved(bx.grad(one_nonlinear_scalar, (0, 1)), 0.3, X, 9)
    assert arrays == [9]
    assert d_x == pytest.approx(bx.jacfwd(one_nonlinear_scalar)(0.3, X, 9))
    np.testing.assert_allclose(d_u, bx.jacfwd(one_nonlinear_scalar, 1)(0.3, X, 9))


def test_what_is_saved_of_a_bilinear_step():
    """u by s: both are needed, an array and a scalar a turn, and no more."""
    source = bx.grad(scalar_beside_an_array, (0, 1)).source(0.3, X, 9)
    assert source.count("np.empty") == 2


def every_other(x, limit):
    total, i, k = 0.0, 0, len(x) - 1
    while k > limit:
        total += x[i] * x[k]
        i, k = i + 1, k - 2
    return total * x[i]


def sifted(x):
    x = x.copy()
    for i in range(1, len(x)):
        key, j = x[i], i - 1
        while j >= 0 and x[j] > key:
            x[j + 1] = x[j]
            j -= 1
        x[j + 1] = key
    return np.sum(x * np.arange(len(x)))


@pytest.mark.parametrize(
    ("f", "x", "args", "arrays"), [(every_other, X, (0,), []), (sifted, X[::-1], (), [7])]
)
def test_counters_of_a_while_are_not_saved(f, x, args, arrays):
    """They are had from the number of the turn; of an inner loop, how many turns it took is saved."""
    x = x.copy()
    gradient, found = saved(bx.grad(f), x, *args)
    assert found == arrays
    assert ".append" not in bx.grad(f).source(x, *args)
    d, step = np.cos(np.arange(7.0)), 1e-7
    slope = (f(x + step * d, *args) - f(x - step * d, *args)) / (2 * step)
    assert gradient @ d == pytest.approx(slope, rel=1e-6)


# ── statements ────────────────────────────────────────────────────────────────────────────────────


POOL = [s for s in load_all().values() if s.order > 0]
FACTOR = 4
FORMULA = 6  # operations beyond that, where one operation's derivative is a formula: of prod, power, eigh


def operations(sample) -> tuple[int, int]:
    """How many statements of Core the function has, and its gradient."""
    args = sample.draw("f64")
    loss = loss_of(sample.function)
    found = []
    for f in (bx.jit(loss), bx.grad(loss, argnums=differentiable(sample, args))):
        body = lower(f.program.specialised(args, {}).function, {}).body
        found.append(sum(isinstance(s, (Op, Effect)) for s in statements(body)))
    return tuple(found)


def sigmoids(x):
    return np.sum(1 / (1 + np.exp(-x)))


def test_the_derivative_of_a_sigmoid_divides_no_more_than_the_sigmoid():
    for f in (sigmoids, bx.value_and_grad(sigmoids)):
        body = lower(bx.jit(f).program.specialised((X,), {}).function, {}).body
        assert [s.prim.name for s in statements(body) if isinstance(s, Op)].count("divide") == 1
    y = 1 / (1 + np.exp(-X))
    np.testing.assert_allclose(bx.grad(sigmoids)(X), y * (1 - y), rtol=1e-14)


@pytest.mark.parametrize("sample", POOL, ids=lambda s: s.name)
def test_statements(sample):
    plain, gradient = operations(sample)
    assert gradient <= FACTOR * plain + FORMULA, f"{gradient} statements, the function has {plain}"


def test_statements_on_the_whole():
    pairs = [operations(sample) for sample in POOL[::3]]
    assert sum(b for _, b in pairs) <= 3 * sum(a for a, _ in pairs)
