"""Every snippet of JAX's introduction, with `import broadax as bx` and plain NumPy."""

import numpy as np
import pytest

import broadax as bx

BACKENDS = pytest.mark.parametrize("backend", ["numpy", "numba"])
RNG = np.random.default_rng(0)
W, B, X = RNG.standard_normal((3, 4)), RNG.standard_normal(3), RNG.standard_normal(4)
BATCH = RNG.standard_normal((5, 4))


def hidden_layer(W, b, x):
    return bx.nn.relu(np.dot(W, x) + b)


def predict(params, inputs):
    for W, b in params:
        outputs = np.dot(inputs, W) + b
        inputs = np.tanh(outputs)
    return outputs


def loss(params, inputs, targets):
    preds = predict(params, inputs)
    return np.sum((preds - targets) ** 2)


def tanh(x):
    y = np.exp(-2.0 * x)
    return (1.0 - y) / (1.0 + y)


def absolute_value(x):
    if x >= 0:
        return x
    else:  # noqa: RET505 (as it stands in JAX's introduction)
        return -x


def slope(f, x, step=1e-5):
    return (f(x + step) - f(x - step)) / (2 * step)


@BACKENDS
def test_gradient_of_a_network(backend):
    sizes = [(4, 3), (3, 2)]
    params = [(RNG.standard_normal((n, m)), RNG.standard_normal(m)) for n, m in sizes]
    targets = RNG.standard_normal((5, 2))
    gradients = bx.jit(bx.grad(loss), backend=backend)(params, BATCH, targets)
    for layer in range(2):
        for part in range(2):

            def moved(t, layer=layer, part=part):
                new = [list(pair) for pair in params]
                new[layer][part] = new[layer][part] + t
                return loss(new, BATCH, targets)

            assert np.sum(gradients[layer][part]) == pytest.approx(slope(moved, 0.0), rel=1e-6)


@BACKENDS
def test_per_example_gradients(backend):
    params = [(RNG.standard_normal((4, 2)), np.zeros(2))]
    targets = RNG.standard_normal((5, 2))
    each = bx.jit(bx.vmap(bx.grad(loss), in_axes=(None, 0, 0)), backend=backend)(params, BATCH, targets)
    whole = bx.grad(loss, backend=backend)(params, BATCH, targets)
    assert each[0][0].shape == (5, 4, 2)
    np.testing.assert_allclose(each[0][0].sum(axis=0), whole[0][0], rtol=1e-12)


@BACKENDS
def test_derivatives_of_tanh(backend):
    with bx.backend(backend):
        assert bx.grad(tanh)(1.0) == pytest.approx(1 / np.cosh(1.0) ** 2, rel=1e-12)
        third = bx.grad(bx.grad(bx.grad(tanh)))(1.0)
    t = np.tanh(1.0)
    assert third == pytest.approx((1 - t**2) * (6 * t**2 - 2), rel=1e-10)


@BACKENDS
def test_grad_through_control_flow(backend):
    with bx.backend(backend):
        assert bx.grad(absolute_value)(1.0) == 1.0
        assert bx.grad(absolute_value)(-1.0) == -1.0
        assert bx.jit(absolute_value)(-2.5) == 2.5
        np.testing.assert_array_equal(bx.vmap(absolute_value)(np.array([-1.0, 2.0])), [1.0, 2.0])


@BACKENDS
def test_hessian(backend):
    def fn(x):
        return np.sum(np.sin(x) * x**2) * x[0]

    x = np.array([0.3, -1.2, 0.8])
    with bx.backend(backend):
        h = bx.jacfwd(bx.jacrev(fn))(x)
        gradient = bx.jit(bx.grad(fn))
        np.testing.assert_allclose(h, bx.hessian(fn)(x), rtol=1e-12)
        want = np.stack([slope(lambda t, d=d: gradient(x + t * d), 0.0) for d in np.eye(3)])
    np.testing.assert_allclose(h, want, rtol=1e-7, atol=1e-8)


@BACKENDS
def test_jit_of_a_slow_function(backend):
    def slow_f(x):
        return x * x + x * 2.0

    x = np.ones((50, 50))
    np.testing.assert_allclose(bx.jit(slow_f, backend=backend)(x), 3.0)


@BACKENDS
def test_fused_sum(backend):
    def f(x, y, z):
        return np.sum(x + y * z)

    x, y, z = RNG.standard_normal((3, 100))
    assert bx.jit(f, backend=backend)(x, y, z) == pytest.approx(np.sum(x + y * z), rel=1e-12)


@BACKENDS
def test_vmap_of_a_layer(backend):
    with bx.backend(backend):
        by_example = bx.vmap(lambda x: hidden_layer(W, B, x))(BATCH)
        predictions = bx.vmap(hidden_layer, in_axes=(None, None, 0))(W, B, BATCH)
    want = np.stack([np.maximum(W @ x + B, 0) for x in BATCH])
    np.testing.assert_allclose(by_example, want, rtol=1e-12)
    np.testing.assert_allclose(predictions, want, rtol=1e-12)


@BACKENDS
def test_vmap_of_a_matrix_product(backend):
    def product(m, v):
        return np.dot(m, v)

    with bx.backend(backend):
        mv = bx.vmap(product, in_axes=(0, None))
        mm = bx.vmap(mv, in_axes=(None, 1), out_axes=1)
        np.testing.assert_allclose(mv(W, X), W @ X, rtol=1e-12)
        np.testing.assert_allclose(mm(W, BATCH.T), W @ BATCH.T, rtol=1e-12)


@BACKENDS
def test_composition(backend):
    """`vmap(grad)`, `grad` of a `vmap` summed, `jit` anywhere."""

    def f(x):
        return np.sin(x) * x

    x = np.linspace(-1.0, 1.0, 7)
    want = np.cos(x) * x + np.sin(x)
    with bx.backend(backend):
        np.testing.assert_allclose(bx.vmap(bx.jit(bx.grad(f)))(x), want, rtol=1e-12, atol=1e-15)
        through = bx.grad(lambda x: np.sum(bx.vmap(f)(x)))(x)
    np.testing.assert_allclose(through, want, rtol=1e-12, atol=1e-15)


@BACKENDS
def test_decorators(backend):
    @bx.jit
    def update(w, x, y, rate=0.1):
        gradient = bx.grad(lambda w: np.mean((x @ w - y) ** 2))(w)
        return w - rate * gradient

    x, y, w = RNG.standard_normal((6, 3)), RNG.standard_normal(6), np.zeros(3)
    with bx.backend(backend):
        got = update(w, x, y)
    np.testing.assert_allclose(got, 0.1 * 2 / 6 * x.T @ y, rtol=1e-12)


@BACKENDS
def test_vjp_and_jvp(backend):
    def f(x, y):
        return np.sin(x) * y

    x, y, v = RNG.standard_normal((3, 4))
    with bx.backend(backend):
        value, tangent = bx.jvp(f, (x, y), (v, np.zeros(4)))
        again, pull_back = bx.vjp(f, x, y)
        dx, dy = pull_back(v)
    np.testing.assert_allclose(value, np.sin(x) * y, rtol=1e-12)
    np.testing.assert_allclose(again, value, rtol=1e-12)
    np.testing.assert_allclose(tangent, np.cos(x) * y * v, rtol=1e-12)
    np.testing.assert_allclose(dx, np.cos(x) * y * v, rtol=1e-12)
    np.testing.assert_allclose(dy, np.sin(x) * v, rtol=1e-12)


@BACKENDS
def test_stop_gradient(backend):
    def f(x):
        return x * bx.stop_gradient(x * x)

    assert bx.grad(f, backend=backend)(3.0) == 9.0


def test_eval_shape():
    out = bx.eval_shape(hidden_layer, W, B, X)
    assert (out.shape, out.dtype) == ((3,), np.dtype(np.float64))
