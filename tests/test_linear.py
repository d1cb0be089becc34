"""linearize, linear_transpose, jacobian, holomorphic, allow_int, float0, named_call, check_grads."""

import numpy as np
import pytest

import broadax as bx
from broadax.test_util import check_grads

X = np.array([0.3, 0.5, 1.2, -0.4, 0.9])
A = np.arange(15.0).reshape(3, 5)


@pytest.fixture(params=["numpy", "numba"])
def backend(request):
    with bx.backend(request.param):
        yield request.param


def is_float0(x, shape) -> bool:
    return isinstance(x, np.ndarray) and x.dtype == bx.dtypes.float0 and x.shape == shape


# ── linearize, linear_transpose ───────────────────────────────────────────────────────────────────


def test_linearize(backend):
    f = lambda x, y: {"a": np.sin(x) * y, "n": 2}
    out, f_jvp = bx.linearize(f, X, 3.0)
    np.testing.assert_allclose(out["a"], np.sin(X) * 3)
    np.testing.assert_allclose(f_jvp(X, 1.0)["a"], np.cos(X) * X * 3 + np.sin(X))
    np.testing.assert_allclose(f_jvp(X * 2, 0.0)["a"], 2 * np.cos(X) * X * 3)
    with pytest.raises(TypeError, match="takes 2 tangents, got 1"):
        f_jvp(X)
    assert bx.linearize(lambda x: (x * x, "aux"), 3.0, has_aux=True)[2] == "aux"


def test_linearize_inside(backend):
    def f(x):
        _, along = bx.linearize(np.sin, x)
        return along(x) + along(2 * x)

    np.testing.assert_allclose(bx.jit(f)(X), 3 * X * np.cos(X))
    np.testing.assert_allclose(bx.vmap(bx.grad(f))(X), 3 * (np.cos(X) - X * np.sin(X)))


def test_linear_transpose(backend):
    f = lambda x, k: {"y": k * (A @ x), "s": x[1:] * 2}
    transpose = bx.linear_transpose(lambda x: f(x, 3.0), bx.ShapeDtypeStruct((5,), float))
    ct = {"y": np.array([1.0, 2.0, -1.0]), "s": np.ones(4)}
    np.testing.assert_allclose(transpose(ct)[0], 3 * A.T @ ct["y"] + np.array([0, 2, 2, 2, 2]))
    twice = bx.linear_transpose(lambda y: bx.linear_transpose(lambda x: A @ x, X)(y)[0], np.ones(3))
    np.testing.assert_allclose(twice(X)[0], A @ X)
    inside = bx.jit(lambda y: bx.linear_transpose(lambda x: A @ x, np.ones(5))(y)[0])
    np.testing.assert_allclose(inside(np.ones(3)), A.T @ np.ones(3))


def test_linear_transpose_in_a_loop(backend):
    def blur(x):
        for _ in range(3):
            y = x.copy()
            y[1:-1] = 0.25 * x[:-2] + 0.5 * x[1:-1] + 0.25 * x[2:]
            x = y
        return x

    matrix = bx.jacfwd(blur)(X)
    np.testing.assert_allclose(bx.linear_transpose(blur, X)(X)[0], matrix.T @ X)


def test_linear_transpose_of_what_is_not_linear():
    with pytest.raises(TypeError, match="not linear"):
        bx.linear_transpose(lambda x: x * x, X)(X)


# ── complex numbers and integers ──────────────────────────────────────────────────────────────────


def test_jacobian_is_jacrev():
    assert bx.jacobian is bx.jacrev


def test_holomorphic(backend):
    z = np.array([1 + 2j, 0.5 - 1j])
    assert bx.grad(lambda z: z * z * z, holomorphic=True)(1 + 2j) == pytest.approx(3 * (1 + 2j) ** 2)
    for jacobian in (bx.jacfwd, bx.jacrev):
        np.testing.assert_allclose(jacobian(np.exp, holomorphic=True)(z), np.diag(np.exp(z)))
    value, gradient = bx.value_and_grad(np.sin, holomorphic=True)(1j)
    assert (value, gradient) == pytest.approx((np.sin(1j), np.cos(1j)))
    assert bx.hessian(lambda z: z**3, holomorphic=True)(1 + 1j) == pytest.approx(6 + 6j)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bx.grad(lambda z: z * z)(1j), "grad requires real-valued outputs.*complex128"),
        (lambda: bx.grad(lambda x: x, holomorphic=True)(1.0), "requires inputs with complex dtype"),
        (lambda: bx.grad(abs, holomorphic=True)(1j), "requires outputs with complex dtype"),
        (lambda: bx.jacfwd(lambda z: z)(1j), "jacfwd requires real-valued inputs"),
        (lambda: bx.jacfwd(abs, holomorphic=True)(1j), "requires outputs with complex dtype"),
        (lambda: bx.jacrev(lambda x: x > 0)(1.0), "jacrev requires real-valued outputs"),
        (lambda: bx.grad(lambda x: x * 1.0)(1), "requires real- or complex-valued inputs"),
    ],
)
def test_dtype_errors(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_real_function_of_complex(backend):
    # JAX's convention: the gradient of a real function is df/dx - i df/dy.
    assert bx.grad(lambda z: z.real**2 + 3 * z.imag)(2 + 1j) == pytest.approx(4 - 3j)


def test_allow_int(backend):
    d_x, d_n = bx.grad(lambda x, n: np.sum(x * n), (0, 1), allow_int=True)(X, np.arange(5))
    np.testing.assert_array_equal(d_x, np.arange(5))
    assert is_float0(d_n, (5,))
    rows = bx.jacrev(lambda x, n: x * n, (0, 1), allow_int=True)(X[:3], np.arange(3))
    np.testing.assert_array_equal(rows[0], np.diag(np.arange(3)))
    assert is_float0(rows[1], (3, 3))
    longer = bx.grad(lambda n: np.sum(n * 1.0), allow_int=True)
    assert [longer(np.arange(k)).shape for k in (5, 6, 5)] == [(5,), (6,), (5,)]


def test_integers_in_vjp_and_jvp(backend):
    f = lambda x, n: (x * n, n + 1)
    (y, m), pull = bx.vjp(f, 2.0, 3)
    assert (y, m) == (6.0, 4)
    d_x, d_n = pull((1.0, np.zeros((), bx.dtypes.float0)))
    assert d_x == 3.0
    assert is_float0(d_n, ())
    _, (t_y, t_m) = bx.jvp(f, (2.0, np.arange(3)), (1.0, np.zeros(3, bx.dtypes.float0)))
    np.testing.assert_array_equal(t_y, np.arange(3.0))
    assert is_float0(t_m, (3,))


def test_named_call():
    f = bx.named_call(lambda x: x * 2, name="double")
    assert f(3.0) == 6.0
    assert bx.grad(f)(3.0) == 2.0
    assert "def double(" in bx.jit(f).source("f64")


# ── check_grads ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("f", "args", "order"),
    [
        (lambda x, p: {"a": np.sin(x) * p[1], "b": np.sum(p[0]) * x}, (1.0, (X, X)), 3),
        (lambda z, n: z * z * n, (1.0 + 2j, 3), 2),
        (lambda z: np.sum(np.abs(z)), (X * (1.0 + 2j),), 2),
        (lambda x: np.sin(x) ** 2, (X.astype(np.float32),), 2),
    ],
)
def test_check_grads_accepts(f, args, order):
    check_grads(f, args, order)


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_check_grads_finds_what_is_wrong(mode):
    with pytest.raises(AssertionError, match="jvp" if mode == "fwd" else "vjp"):
        check_grads(lambda x: bx.stop_gradient(x) * x, (X,), 1, modes=mode)

    @bx.custom_jvp
    def late(x):  # right at first order, wrong at second
        return x * x

    late.defjvp(lambda primals, tangents: (primals[0] ** 2, 2 * bx.stop_gradient(primals[0]) * tangents[0]))
    check_grads(late, (3.0,), 1, modes=(mode,))
    with pytest.raises(AssertionError):
        check_grads(late, (3.0,), 2, modes=(mode,))
    with pytest.raises(ValueError, match="modes are"):
        check_grads(late, (3.0,), 1, modes=("forward",))
