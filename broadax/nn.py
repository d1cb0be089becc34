"""Activations and their like, with the arguments of `jax.nn`; plain NumPy, so they work uncompiled too."""

from __future__ import annotations

import numpy as np

from broadax.transforms.functions.plain import erfc, stop_gradient


def relu(x):
    """max(x, 0); its derivative at 0 is 0."""
    return np.where(x <= 0, 0, x)


def relu6(x):
    """min(max(x, 0), 6)."""
    return np.minimum(np.maximum(x, 0), 6)


def sigmoid(x):
    """1 / (1 + exp(-x)), exact in both tails."""
    x = np.asarray(x)
    e = np.exp(np.where(x < 0, x, -x))
    return np.where(x < 0, e / (1 + e), 1 / (1 + e))


def log_sigmoid(x):
    """log(sigmoid(x))."""
    return -softplus(-x)


def softplus(x):
    """log(1 + exp(x))."""
    return np.logaddexp(x, 0)


def soft_sign(x):
    """x / (1 + |x|)."""
    return x / (1 + np.abs(x))


def silu(x):
    """x * sigmoid(x); also called swish."""
    return x * sigmoid(x)


swish = silu


def mish(x):
    """x * tanh(softplus(x))."""
    return x * np.tanh(softplus(x))


def gelu(x, approximate=True):
    """x times the normal distribution function of x; by default its tanh approximation."""
    if approximate:
        inner = np.sqrt(2 / np.pi).item() * (x + 0.044715 * x**3)
        return 0.5 * x * (1 + np.tanh(inner))
    return 0.5 * x * erfc(x * -np.sqrt(0.5).item())


def elu(x, alpha=1.0):
    """x where x > 0, else alpha * (exp(x) - 1)."""
    return np.where(x > 0, x, alpha * np.expm1(np.where(x > 0, 0, x)))


def celu(x, alpha=1.0):
    """x where x > 0, else alpha * (exp(x / alpha) - 1)."""
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


def selu(x):
    """The scaled elu that keeps mean and variance."""
    return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717)


def leaky_relu(x, negative_slope=0.01):
    """x where x >= 0, else negative_slope * x."""
    return np.where(x >= 0, x, negative_slope * x)


def squareplus(x, b=4):
    """(x + sqrt(x**2 + b)) / 2."""
    return 0.5 * (x + np.sqrt(np.square(x) + b))


def hard_tanh(x):
    """x kept in [-1, 1]."""
    return np.where(x > 1, 1, np.where(x < -1, -1, x))


def hard_sigmoid(x):
    """relu6(x + 3) / 6."""
    return relu6(x + 3) / 6


def hard_silu(x):
    """x * hard_sigmoid(x); also called hard_swish."""
    return x * hard_sigmoid(x)


hard_swish = hard_silu


def tanh(x):
    """The hyperbolic tangent."""
    return np.tanh(x)


def identity(x):
    """x itself."""
    return x


def glu(x, axis=-1):
    """The first half along an axis times the sigmoid of the second."""
    first, second = np.split(x, 2, axis=axis)
    return first * sigmoid(second)


# ── along an axis ─────────────────────────────────────────────────────────────────────────────────


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along one axis or several (None for all)."""
    e = np.exp(x - stop_gradient(np.max(x, axis=axis, keepdims=True)))
    return e / np.sum(e, axis=axis, keepdims=True)


def log_softmax(x, axis=-1):
    """log(softmax(x))."""
    shifted = x - stop_gradient(np.max(x, axis=axis, keepdims=True))
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def logsumexp(a, axis=None, b=None, keepdims=False):
    """log(sum(b * exp(a))) without overflow."""
    a = np.asarray(a)
    used = a if b is None else np.where(np.asarray(b) != 0, a, -np.inf)
    top = stop_gradient(np.max(used, axis=axis, keepdims=True))
    top = np.where(np.isfinite(top), top, 0)
    if b is None:
        e = np.exp(a - top)
    else:
        e = np.exp(np.where(np.asarray(b) != 0, a, np.minimum(a, top)) - top) * b
    total = np.log(np.sum(e, axis=axis, keepdims=True)) + top
    return total if keepdims else np.sum(total, axis=axis)  # all summed axes have length 1


def standardize(x, axis=-1, mean=None, variance=None, epsilon=1e-5):
    """x with mean 0 and variance 1 along an axis."""
    if mean is None:
        mean = np.mean(x, axis=axis, keepdims=True)
    if variance is None:
        variance = np.mean(np.square(x), axis=axis, keepdims=True) - np.square(mean)
    return (x - mean) / np.sqrt(variance + epsilon)


def one_hot(x, num_classes, *, dtype=np.float64, axis=-1):
    """1 at the place that x says, 0 elsewhere; numbers out of range give zeros.

    Returns: an array with a new axis of length `num_classes`.
    """
    x = np.asarray(x)
    place = axis % (x.ndim + 1)
    shape = [1] * (x.ndim + 1)
    shape[place] = num_classes
    classes = np.reshape(np.arange(num_classes), tuple(shape))
    return (np.expand_dims(x, place) == classes).astype(dtype)
