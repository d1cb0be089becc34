"""broadax.nn: uncompiled and compiled values against other formulas, derivatives against differences."""

import numpy as np
import pytest
import scipy.special

import broadax as bx
from broadax import nn


@pytest.fixture(autouse=True)
def numpy_backend():
    with bx.backend("numpy"):
        yield


X = np.array([[-3.0, -0.5, 0.25, 1.1], [2.0, -1.5, 4.0, 0.75]])
FORMULAS = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid": scipy.special.expit,
    "log_sigmoid": scipy.special.log_expit,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "soft_sign": lambda x: x / (1 + abs(x)),
    "silu": lambda x: x * scipy.special.expit(x),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "gelu": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "celu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1)),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "squareplus": lambda x: (x + np.sqrt(x**2 + 4)) / 2,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "hard_sigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hard_silu": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "tanh": np.tanh,
    "identity": lambda x: x,
    "glu": lambda x: x[:, :2] * scipy.special.expit(x[:, 2:]),
    "softmax": lambda x: scipy.special.softmax(x, axis=-1),
    "log_softmax": lambda x: scipy.special.log_softmax(x, axis=-1),
    "logsumexp": scipy.special.logsumexp,
    "standardize": lambda x: (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_values(name):
    function = getattr(nn, name)
    want = FORMULAS[name](X)
    np.testing.assert_allclose(function(X), want, rtol=1e-12)
    np.testing.assert_allclose(bx.jit(function)(X), want, rtol=1e-12)
    single = bx.jit(function)(X.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, want, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", FORMULAS)
def test_derivatives(name):
    function = getattr(nn, name)
    weights = np.cos(np.arange(np.size(function(X)))).reshape(np.shape(function(X)))

    def loss(x):
        return np.sum(function(x) * weights)

    step = np.random.default_rng(0).normal(size=X.shape)
    want = (loss(X + 1e-6 * step) - loss(X - 1e-6 * step)) / 2e-6
    np.testing.assert_allclose(np.sum(bx.grad(loss)(X) * step), want, rtol=1e-6)


def test_tails():
    x = np.array([-1000.0, -50.0, 0.0, 50.0, 1000.0])
    for function in (nn.sigmoid, nn.softplus, nn.log_sigmoid, nn.silu, nn.softmax, nn.log_softmax):
        assert np.isfinite(bx.jit(function)(x)).all()
        assert np.isfinite(bx.grad(lambda v, f=function: np.sum(f(v)))(x)).all()
    assert bx.grad(lambda v: np.sum(nn.relu(v)))(np.zeros(2)).tolist() == [0.0, 0.0]


def test_gelu_exact():
    want = X * 0.5 * scipy.special.erfc(-X * np.sqrt(0.5))
    np.testing.assert_allclose(bx.jit(lambda x: nn.gelu(x, approximate=False))(X), want, rtol=1e-12)


def test_logsumexp_weights():
    b = np.array([1.0, 0.0, 2.0, 0.5])
    want = scipy.special.logsumexp(X, axis=1, b=b, keepdims=True)
    np.testing.assert_allclose(
        bx.jit(lambda x: nn.logsumexp(x, axis=1, b=b, keepdims=True))(X), want, rtol=1e-12
    )


def test_one_hot():
    labels = np.array([0, 2, 5, -1])
    want = np.array([[1.0, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(bx.jit(lambda k: nn.one_hot(k, 3))(labels), want)
    np.testing.assert_array_equal(nn.one_hot(labels, 3, axis=0), want.T)
    assert bx.jit(lambda k: nn.one_hot(k, 3, dtype=np.float32))(labels).dtype == np.float32
