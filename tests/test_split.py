"""`vjp` and `linearize` called from Python: the forward sweep runs once, what they return is linear code."""

import numpy as np
import pytest

import broadax as bx

CALLS = []
X = np.linspace(0.2, 1.4, 5)


@pytest.fixture(params=["numpy", "numba"])
def backend(request):
    CALLS.clear()
    with bx.backend(request.param):
        yield request.param


def counted(x):
    """x; how often it is computed is counted."""

    def host(v):
        CALLS.append(v.shape)
        return v

    y = bx.pure_callback(host, bx.ShapeDtypeStruct(x.shape, x.dtype), bx.stop_gradient(x))
    return x + (y - bx.stop_gradient(x))


def straight(x, k):
    y = counted(np.sin(x) * k)
    return {"z": np.exp(y), "a": (y * y).sum()}


def looped(x, k):
    c = x.copy()
    for i in range(6):
        c[i % 3] = np.sin(c[i % 3]) * x[i % 4] + k
        c = counted(c * 0.9)
    return c


def branched(x, k):
    y = counted(x * k)
    if y[0] > 0.1:
        for j in range(3):
            y[j] = y[j] ** 2 * y[j + 1]
    else:
        y = -y
    return y, y.sum()


def solved(x, k):
    a = np.outer(x, x) + k * np.eye(len(x))
    return np.linalg.solve(a, counted(np.cos(x)))


PROGRAMS = [straight, looped, branched, solved]


def tangents_of(tree, rng):
    if isinstance(tree, dict):
        return {k: tangents_of(v, rng) for k, v in tree.items()}
    if isinstance(tree, tuple):
        return tuple(tangents_of(v, rng) for v in tree)
    return rng.normal(size=np.shape(tree)) if np.shape(tree) else rng.normal()


def product(a, b):
    if isinstance(a, dict):
        return sum(product(a[k], b[k]) for k in a)
    if isinstance(a, tuple):
        return sum(product(x, y) for x, y in zip(a, b, strict=True))
    return np.sum(np.multiply(a, b))


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_forward_sweep_runs_once(program, backend):
    rng = np.random.default_rng(0)
    value = program(X, 1.5)
    CALLS.clear()
    out, pull = bx.vjp(program, X, 1.5)
    once = len(CALLS)
    assert once >= 1
    direction = tangents_of((X, 1.5), rng)
    want = bx.jvp(program, (X, 1.5), direction)[1]
    CALLS.clear()
    for _ in range(3):
        cotangent = tangents_of(value, rng)
        np.testing.assert_allclose(product(pull(cotangent), direction), product(cotangent, want), rtol=1e-10)
    assert CALLS == []
    assert product(out, value) == pytest.approx(product(value, value))


@pytest.mark.parametrize("program", PROGRAMS)
def test_linearize_runs_the_function_once(program, backend):
    rng = np.random.default_rng(1)
    out, push = bx.linearize(program, X, 1.5)
    assert len(CALLS) >= 1
    for _ in range(3):
        direction = tangents_of((X, 1.5), rng)
        want = bx.jvp(program, (X, 1.5), direction)[1]
        CALLS.clear()
        have = push(*direction)
        assert CALLS == []
        weights = tangents_of(want, rng)
        np.testing.assert_allclose(product(have, weights), product(want, weights), rtol=1e-10)


def test_each_part_is_compiled_once(backend):
    from broadax.pullback import transform_once

    def f(x):
        return np.sum(np.sin(x) ** 2)

    for n in (5, 6, 9):
        x = np.linspace(0, 1, n)
        _, pull = bx.vjp(f, x)
        for scale in (1.0, 2.0):
            np.testing.assert_allclose(pull(scale)[0], scale * np.sin(2 * x), atol=1e-12)
    program = transform_once("vjp_parts", f, False)
    assert len(program.compilations) == 1
    assert pull.part.compilations == 1


def test_the_parts_can_be_read():
    f = lambda x, y: np.exp(np.sin(x) * y)
    pull = bx.vjp(f, X, X)[1].source()
    assert "def pullback(" in pull and "np.exp" not in pull and "np.sin" not in pull and "np.cos" not in pull
    push = bx.linearize(f, X, X)[1].source()
    assert "t_x, t_y = along" in push and "np.exp" not in push


def test_later_writes_are_not_seen(backend):
    x = X.copy()
    f = lambda v: (v * v, np.exp(v))
    (square, e), pull = bx.vjp(f, x)
    (_, e2), push = bx.linearize(f, x)
    x[:] = 100.0
    e[:] = 0.0
    e2[:] = 0.0
    np.testing.assert_allclose(pull((np.ones(5), np.ones(5)))[0], 2 * X + np.exp(X))
    np.testing.assert_allclose(push(np.ones(5))[1], np.exp(X))


def test_keys_are_matched_not_orders(backend):
    f = lambda x: {"b": 2 * x, "a": x * x}
    pull = bx.vjp(f, X)[1]
    np.testing.assert_allclose(pull({"a": np.ones(5), "b": np.zeros(5)})[0], 2 * X)
    np.testing.assert_allclose(pull({"b": np.ones(5), "a": np.zeros(5)})[0], np.full(5, 2.0))


def test_complex_functions(backend):
    z = X + 1j * X[::-1]
    f = lambda v: np.exp(v) * np.conj(v) + np.abs(v) ** 2
    direction = 1j * z + 0.3
    np.testing.assert_allclose(bx.linearize(f, z)[1](direction), bx.jvp(f, (z,), (direction,))[1])


def test_wrong_cotangents_and_tangents(backend):
    pull = bx.vjp(lambda x: (x, 2 * x), X)[1]
    with pytest.raises(TypeError, match="the cotangent has the structure"):
        pull(X)
    with pytest.raises(ValueError, match=r"shape \(3,\) does not fit the value, of shape \(5,\)"):
        pull((X, np.ones(3)))
    with pytest.raises(TypeError, match="dtype complex128 for a value of dtype float64"):
        pull((X, X + 0j))
    push = bx.linearize(lambda x: 2 * x, X)[1]
    with pytest.raises(ValueError, match="does not fit"):
        push(np.ones(4))


def test_auxiliary_results_and_constants(backend):
    f = lambda x: ((np.sum(x), 3), {"x": 2 * x, "name": "f"})
    (total, three), pull, aux = bx.vjp(f, X, has_aux=True)
    assert three == 3 and aux["name"] == "f"
    zero = np.zeros((), bx.dtypes.float0)
    np.testing.assert_allclose(pull((2.0, zero))[0], np.full(5, 2.0))
    assert total == X.sum()
    assert bx.linearize(f, X, has_aux=True)[1](np.ones(5))[0] == 5


def test_a_reverse_rule_has_no_linearize():
    @bx.custom_vjp
    def f(x):
        return np.sin(x)

    f.defvjp(lambda x: (np.sin(x), x), lambda x, d: (d * np.cos(x),))
    np.testing.assert_allclose(bx.vjp(f, X)[1](np.ones(5))[0], np.cos(X))
    with pytest.raises(TypeError, match="forward-mode"):
        bx.linearize(f, X)[1](X)


def test_a_while_loop(backend):
    def root(a):
        y = a
        while abs(y * y - a) > 1e-12:
            y = 0.5 * (y + a / y)
        return y

    assert bx.vjp(root, 2.0)[1](1.0)[0] == pytest.approx(0.5 / np.sqrt(2.0))
    assert bx.linearize(root, 2.0)[1](1.0) == pytest.approx(0.5 / np.sqrt(2.0))


# ── the linear functions in compiled code ─────────────────────────────────────────────────────────


def test_batches_of_cotangents_and_tangents(backend):
    f = lambda x: np.stack([np.sum(x), np.sum(x**2)])
    _, pull = bx.vjp(f, X)
    (rows,) = bx.vmap(pull)(np.eye(2))
    np.testing.assert_allclose(rows, [np.ones(5), 2 * X])
    _, push = bx.linearize(f, X)
    np.testing.assert_allclose(bx.vmap(push, out_axes=-1)(np.eye(5)), rows)


def test_linear_functions_are_compiled_transposed_and_differentiated(backend):
    _, push = bx.linearize(lambda x, p: {"y": np.sin(x) * p["k"]}, X, {"k": 2.0})
    np.testing.assert_allclose(bx.jit(push)(X, {"k": 1.0})["y"], 2 * np.cos(X) * X + np.sin(X))
    back = bx.linear_transpose(push, X, {"k": 1.0})({"y": np.ones(5)})
    np.testing.assert_allclose(back[0], 2 * np.cos(X))
    np.testing.assert_allclose(back[1]["k"], np.sin(X).sum())
    _, pull = bx.vjp(lambda x: x**3, X)
    np.testing.assert_allclose(bx.grad(lambda d: np.sum(pull(d)[0] ** 2))(X), 18 * X**5)
    with pytest.raises(TypeError, match="structure of what it belongs to"):
        bx.jit(pull)((X,))


def test_linear_functions_of_a_while_loop_in_compiled_code(backend):
    def root(a):
        y = a
        while abs(y * y - a) > 1e-12:
            y = 0.5 * (y + a / y)
        return y

    _, pull = bx.vjp(root, 2.0)
    np.testing.assert_allclose(bx.vmap(pull)(np.array([1.0, 2.0]))[0], np.array([0.5, 1.0]) / np.sqrt(2.0))
