"""custom_jvp and custom_vjp: the user's rule is the derivative, in every composition of transforms.

The rules here are deliberately not the functions' derivatives, so that a test sees which one was used.
"""

import functools

import numpy as np
import pytest

import broadax as bx
from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core.calls import inlined
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.text import core_text
from broadax.transforms.core.verify import verify

X = np.array([0.3, -0.8, 1.2, 0.5, 2.0])


@pytest.fixture(params=["numpy", "numba"])
def backend(request):
    with bx.backend(request.param):
        yield request.param


@bx.custom_jvp
def twice(x, y):
    """sin(x) * y, whose derivative by x is said to be twice what it is."""
    return np.sin(x) * y


@twice.defjvp
def twice_jvp(primals, tangents):
    (x, y), (t_x, t_y) = primals, tangents
    return twice(x, y), 2 * np.cos(x) * t_x * y + np.sin(x) * t_y


@bx.custom_vjp
def thrice(x, y):
    """sin(x) * y, whose cotangent of x is said to be three times what it is."""
    return np.sin(x) * y


def thrice_fwd(x, y):
    return thrice(x, y), (np.cos(x), np.sin(x), y)


def thrice_bwd(residuals, d):
    c, s, y = residuals
    return 3 * c * d * y, s * d


thrice.defvjp(thrice_fwd, thrice_bwd)


# ── each transform ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("f", [twice, thrice])
def test_plain_calls(f, backend):
    assert f(1.0, 2.0) == pytest.approx(np.sin(1) * 2)
    assert bx.jit(f)(1.0, 2.0) == pytest.approx(np.sin(1) * 2)
    np.testing.assert_allclose(bx.vmap(f)(X, X), np.sin(X) * X)
    np.testing.assert_allclose(bx.jit(lambda x: f(x, y=x))(X), np.sin(X) * X)


@pytest.mark.parametrize(("f", "factor"), [(twice, 2), (thrice, 3)])
def test_reverse(f, factor, backend):
    c, s = np.cos(1.0), np.sin(1.0)
    assert bx.grad(f, (0, 1))(1.0, 2.0) == pytest.approx((factor * 2 * c, s))
    assert bx.grad(lambda x: f(x, x) * x)(1.0) == pytest.approx(factor * c + 2 * s)
    assert bx.grad(bx.grad(f))(1.0, 2.0) == pytest.approx(-2 * factor * s)
    value, pull = bx.vjp(f, X, X)
    np.testing.assert_allclose(value, np.sin(X) * X)
    np.testing.assert_allclose(pull(X)[0], factor * np.cos(X) * X * X)


def test_second_order_uses_the_rule_again(backend):
    # d/dx of 2 cos(x) y is plain: the rule of the rule is its own derivative.
    assert bx.grad(bx.grad(twice))(1.0, 2.0) == pytest.approx(-4 * np.sin(1))
    # Where the rule's derivative goes through `twice`, that has the factor again.
    double = lambda x: bx.grad(lambda y: twice(x, y))(1.0)  # sin(x), from the rule itself
    assert bx.grad(double)(1.0) == pytest.approx(np.cos(1))
    assert bx.grad(bx.grad(bx.grad(thrice)))(1.0, 2.0) == pytest.approx(-6 * np.cos(1))


def test_forward(backend):
    value, tangent = bx.jvp(twice, (1.0, 2.0), (1.0, 0.5))
    assert (value, tangent) == pytest.approx((2 * np.sin(1), 4 * np.cos(1) + 0.5 * np.sin(1)))
    assert bx.jacfwd(bx.grad(twice))(1.0, 2.0) == pytest.approx(-4 * np.sin(1))
    assert bx.grad(bx.jacfwd(twice))(1.0, 2.0) == pytest.approx(-4 * np.sin(1))


def test_forward_over_a_reverse_rule(backend):
    assert bx.hessian(thrice)(1.0, 2.0) == pytest.approx(-6 * np.sin(1))
    with pytest.raises(TypeError, match=r"can't apply forward-mode differentiation \(jvp\) to a custom_vjp"):
        bx.jvp(thrice, (1.0, 2.0), (1.0, 0.0))
    with pytest.raises(TypeError, match="test_custom.py:"):
        bx.jacfwd(lambda x: thrice(x, x) + x)(1.0)


@pytest.mark.parametrize(("f", "factor"), [(twice, 2), (thrice, 3)])
def test_with_vmap(f, factor, backend):
    want = factor * np.cos(X) * 2
    np.testing.assert_allclose(bx.vmap(bx.grad(f), (0, None))(X, 2.0), want)
    total = lambda x, y: np.sum(bx.vmap(f, (0, None))(x, y))
    d_x, d_y = bx.grad(total, (0, 1))(X, 2.0)
    np.testing.assert_allclose(d_x, want)
    assert d_y == pytest.approx(np.sum(np.sin(X)))
    nested = lambda x: np.sum(bx.vmap(lambda a: bx.vmap(f, (0, None))(x, a))(x))
    inner = np.sum(X) * factor * np.cos(X) + np.sum(np.sin(X))
    np.testing.assert_allclose(bx.grad(nested)(X), inner)
    np.testing.assert_allclose(
        bx.vmap(bx.grad(lambda a, x: np.sum(bx.vmap(f, (None, 0))(a, x))), (0, None))(X, X),
        factor * np.cos(X) * np.sum(X),
    )


@pytest.mark.parametrize(("f", "factor"), [(twice, 2), (thrice, 3)])
def test_in_loops_and_branches(f, factor, backend):
    def loop(x, n):
        for _ in range(n):
            x = f(x, 0.5)
        return x

    def stops(x):
        while x > 0.1:
            x = f(x, 0.5) if x > 0.2 else x * 0.5
        return x

    d, x = 1.0, 1.0
    for _ in range(4):
        d, x = d * factor * np.cos(x) * 0.5, np.sin(x) * 0.5
    assert bx.grad(loop)(1.0, 4) == pytest.approx(d)
    d, x = 1.0, 1.0
    while x > 0.1:
        d, x = (d * factor * np.cos(x) * 0.5, np.sin(x) * 0.5) if x > 0.2 else (d * 0.5, x * 0.5)
    assert bx.grad(stops)(1.0) == pytest.approx(d)
    np.testing.assert_allclose(bx.vmap(bx.grad(stops))(np.array([1.0, 0.05])), [d, 1.0])


# ── arguments ─────────────────────────────────────────────────────────────────────────────────────


def test_defjvps(backend):
    @bx.custom_jvp
    def f(x, y):
        return np.sin(x) * y

    f.defjvps(lambda t, out, x, y: 5 * t * out, None)
    assert bx.grad(f, (0, 1))(1.0, 2.0) == pytest.approx((10 * np.sin(1), 0.0))
    value, tangent = bx.jvp(f, (X, X), (X, X))
    np.testing.assert_allclose(tangent, 5 * X * value)
    with pytest.raises(TypeError, match="Can't use ``defjvps`` with ``nondiff_argnums``"):
        bx.custom_jvp(f, nondiff_argnums=0).defjvps(None)


def test_nondiff_argnums(backend):
    def apply_fwd(f, x):
        return f(x), x

    def apply_bwd(f, x, d):
        return (7 * f(x) * d,)

    apply = bx.custom_vjp(lambda f, x: f(x), nondiff_argnums=(0,))
    apply.defvjp(apply_fwd, apply_bwd)
    np.testing.assert_allclose(bx.grad(lambda x: np.sum(apply(np.sin, x)))(X), 7 * np.sin(X))

    power = bx.custom_jvp(lambda x, n: x**n, nondiff_argnums=(1,))
    power.defjvp(lambda n, primals, tangents: (power(primals[0], n), 10 * n * tangents[0]))
    assert bx.grad(lambda x: power(x, 3))(2.0) == 30.0


def test_integers_trees_and_several_results(backend):
    @bx.custom_vjp
    def f(p, k):
        return {"a": p["w"] * k, "n": k + 1}, np.sum(p["b"])

    f.defvjp(
        lambda p, k: (f(p, k), (p["w"].shape, k)),
        lambda res, d: ({"w": 100 * d[0]["a"] * res[1], "b": np.zeros(3) + 5 * d[1]}, None),
    )

    def loss(p):
        out, total = f(p, 2)
        return np.sum(out["a"]) * out["n"] + total

    grads = bx.grad(loss)({"w": X, "b": np.ones(3)})
    np.testing.assert_allclose(grads["w"], np.full(5, 600.0))
    np.testing.assert_allclose(grads["b"], np.full(3, 5.0))


def test_none_is_zero(backend):
    f = bx.custom_vjp(lambda x, y: x * y)
    f.defvjp(lambda x, y: (x * y, None), lambda res, d: (None, d))
    assert bx.grad(f, (0, 1))(3.0, 4.0) == (0.0, 1.0)


def test_array_sizes_in_residuals(backend):
    @bx.custom_vjp
    def tail(x, k):
        return np.sum(x[k:])

    tail.defvjp(
        lambda x, k: (np.sum(x[k:]), (x[k:] * 2, x)),
        lambda res, d: (d * np.concatenate([np.zeros(len(res[1]) - len(res[0])), res[0]]), None),
    )
    np.testing.assert_allclose(bx.grad(lambda x: tail(x, 2))(X), np.concatenate([[0, 0], 2 * X[2:]]))


def test_closed_over_values(backend):
    def loss(x, w):
        f = bx.custom_vjp(lambda x: np.sum(w * x))
        f.defvjp(lambda x: (np.sum(w * x), None), lambda res, d: (10 * w * d,))
        return f(x) * 2

    np.testing.assert_allclose(bx.grad(loss)(X, X + 1), 20 * (X + 1))
    batched = bx.vmap(bx.grad(loss), (None, 0))(X, np.stack([X, X + 1]))
    np.testing.assert_allclose(batched, 20 * np.stack([X, X + 1]))
    with pytest.raises(UnsupportedError, match="closes over"):
        bx.grad(loss, argnums=1)(X, X)


def test_method(backend):
    class Model:
        @bx.custom_jvp
        def f(self, x):
            return x * 2

    Model.f.defjvp(lambda primals, tangents: (primals[1] * 2, 9 * tangents[1]))
    assert bx.grad(Model().f)(3.0) == 9.0


def test_closure_convert(backend):
    """A rule that is handed a function differentiates by what that closes over."""

    def root_forward(f, x, *consts):
        y = root(f, x, *consts)
        return y, (y, consts)

    def root_backward(f, residuals, d):
        y, consts = residuals
        _, pull = bx.vjp(f, y, *consts)
        slope, *by_consts = pull(1.0)
        return (None, *(-d / slope * c for c in by_consts))

    @functools.partial(bx.custom_vjp, nondiff_argnums=(0,))
    def root(f, x, *consts):
        for _ in range(60):
            x = x - f(x, *consts) / 10
        return x

    root.defvjp(root_forward, root_backward)

    def cube_root(a):
        f, consts = bx.closure_convert(lambda x: x**3 - a, 1.0)
        return root(f, 1.0, *consts)

    assert bx.jit(cube_root)(2.0) == pytest.approx(2 ** (1 / 3))
    assert bx.grad(cube_root)(2.0) == pytest.approx(2 ** (-2 / 3) / 3)
    plain, none = bx.closure_convert(np.sin, 1.0)
    assert (plain(1.0), none) == (np.sin(1.0), [])


# ── errors ────────────────────────────────────────────────────────────────────────────────────────


def test_missing_rules():
    with pytest.raises(TypeError, match="No VJP defined for custom_vjp function f using defvjp"):

        @bx.custom_vjp
        def f(x):
            return x

        bx.grad(f)(1.0)
    with pytest.raises(TypeError, match="No JVP defined for custom_jvp function g using defjvp"):

        @bx.custom_jvp
        def g(x):
            return x

        bx.grad(g)(1.0)


def test_wrong_structures():
    def f(rule):
        made = bx.custom_vjp(lambda x: np.sum(x))
        made.defvjp(lambda x: (np.sum(x), x), rule)
        return bx.grad(made)

    with pytest.raises(TypeError, match="must produce a tuple of length 1"):
        f(lambda res, d: (d, d))(X)
    with pytest.raises(TypeError, match="does not fit"):
        f(lambda res, d: (res[1:],))(X)
    g = bx.custom_jvp(lambda x: x)
    g.defjvp(lambda primals, tangents: primals[0])
    with pytest.raises(TypeError, match="must produce a pair"):
        bx.grad(g)(1.0)


def test_writing_to_an_argument_is_refused():
    @bx.custom_jvp
    def f(x):
        x[0] = 1.0
        return np.sum(x)

    f.defjvp(lambda primals, tangents: (f(primals[0]), np.sum(tangents[0])))
    with pytest.raises(UnsupportedError, match="writes to its argument"):
        bx.grad(f)(X)


# ── Core ──────────────────────────────────────────────────────────────────────────────────────────


def test_calls_in_core():
    """A call that no derivative has met is one statement, which `evaluate` runs and `inlined` opens."""
    both = bx.grad(lambda x, y: x * bx.jvp(lambda z: thrice(y, 2.0) * z, (x,), (1.0,))[1])
    function = both.program.specialised((1.0, 2.0), {}).function
    assert "call(" in core_text(function)
    verify(function)
    verify(inlined(function))
    assert evaluate(function, 1.0, 2.0) == pytest.approx(evaluate(inlined(function), 1.0, 2.0))


# ── integers in rules ─────────────────────────────────────────────────────────────────────────────


def test_integers_have_tangents_and_cotangents_of_float0():
    float0 = bx.dtypes.float0

    @bx.custom_jvp
    def power(x, n):
        return x**n

    @power.defjvp
    def power_jvp(primals, tangents):
        (x, n), (t, t_n) = primals, tangents
        assert t_n.dtype == float0
        return power(x, n), n * x ** (n - 1) * t

    @bx.custom_vjp
    def scaled(x, n):
        return x * n, n + 1

    def forward(x, n):
        return scaled(x, n), n

    def backward(n, d):
        d_y, d_m = d
        assert d_m.dtype == float0 and d_m.shape == n.shape
        return d_y * n, np.zeros(n.shape, float0)

    scaled.defvjp(forward, backward)
    assert bx.grad(power)(2.0, 3) == 12.0
    total = bx.grad(lambda x, n: np.sum(scaled(x, n)[0]))
    for size in (6, 7):
        np.testing.assert_array_equal(total(np.ones(size), np.arange(size)), np.arange(size))
    assert len(total.compilations) == 1
