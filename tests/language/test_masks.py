"""Masks: derivatives, and values that do not fit."""

import numpy as np
import pytest

import broadax as bx
from tests.language.masks import LOSSES, X


@pytest.mark.parametrize("function", LOSSES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_gradient(function, backend):
    def loss(x):
        out = function(x)
        return sum([np.sum(np.sin(part)) for part in (out if isinstance(out, tuple) else (out,))])

    direction, step = np.cos(np.arange(X.size)), 1e-6
    want = (loss(X + step * direction) - loss(X - step * direction)) / (2 * step)
    np.testing.assert_allclose(bx.grad(loss, backend=backend)(X) @ direction, want, rtol=1e-7)


def too_few(x):
    y = x.copy()
    y[x > 0] = np.arange(3.0)
    return y


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_as_many_values_as_places(backend):
    with pytest.raises(ValueError, match="shape mismatch.*sizes 3 and 5"):
        bx.jit(too_few, backend=backend)(X)


def test_masks_read_as_places():
    text = bx.grad(lambda x: np.sum(LOSSES[0](x))).source(X)
    assert text.count("np.flatnonzero") == 1 and "np.add.at" not in text and "raise" not in text


def test_where_of_a_ufunc_keeps_nan_out_of_derivatives():
    def logs(x):
        y = np.zeros_like(x)
        np.log(x, out=y, where=x > 0)
        return np.sum(y)

    x = np.array([2.0, 0.0, 4.0])
    np.testing.assert_allclose(bx.grad(logs)(x), [0.5, 0.0, 0.25])


def test_out_must_fit():
    def too_small(x):
        return np.add(x, x, out=np.zeros(2))

    def of_integers(x):
        return np.add(x, x, out=np.zeros(8, int))

    def no_array(x):
        return np.add(x, x, 3.0)

    with pytest.raises(TypeError, match="return arrays must be of ArrayType"):
        bx.jit(no_array)(X)
    with pytest.raises(ValueError, match="non-broadcastable output operand"):
        bx.jit(too_small)(X)
    with pytest.raises(TypeError, match="Cannot cast add output"):
        bx.jit(of_integers)(X)


def test_the_modulus_of_pow_is_no_output():
    assert bx.jit(lambda x, n: pow(x, n, 7))(3, 5) == pow(3, 5, 7) == 5
