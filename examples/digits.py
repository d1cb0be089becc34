"""Trains a logistic regression and a two-layer network on scikit-learn's digits, with plain NumPy.

    python examples/digits.py [numpy|numba|pjrt]

Parameters are a list of (W, b) tuples; broadax writes the gradient of the loss.
"""

import sys

import numpy as np
from sklearn.datasets import load_digits

import broadax as bx


def predict(params, x):
    """Logits, shape (examples, 10)."""
    for w, b in params[:-1]:
        x = np.maximum(x @ w + b, 0)
    w, b = params[-1]
    return x @ w + b


def loss(params, x, y):
    """Mean cross-entropy of labels y, shape (examples,), with a little weight decay."""
    logits = predict(params, x)
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_z = np.log(np.sum(np.exp(shifted), axis=1))
    picked = shifted[np.arange(len(y)), y]
    decay = sum([np.sum(w * w) for w, b in params])
    return np.mean(log_z - picked) + 1e-4 * decay


def load():
    """Pixels in 0 … 1 and labels, shuffled: 1437 to train on and 360 held back."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(pixels))
    x, y = pixels[order] / 16.0, labels[order].astype(np.int64)
    return (x[:1437], y[:1437]), (x[1437:], y[1437:])


def init(sizes, seed=0):
    """He-initialised layers of these sizes, such as (64, 10)."""
    rng = np.random.default_rng(seed)
    return [
        (rng.standard_normal((n, m)) * np.sqrt(2 / n), np.zeros(m)) for n, m in zip(sizes[:-1], sizes[1:])
    ]


def train(sizes, epochs, rate, backend=None, batch=128):
    """Gradient descent with momentum; gives the loss of each step and the held-back accuracy."""
    (x, y), (x_held, y_held) = load()
    params = init(sizes)
    speed = [(np.zeros_like(w), np.zeros_like(b)) for w, b in params]
    step = bx.value_and_grad(loss, backend=backend)
    order = np.random.default_rng(1)
    losses = []
    for _ in range(epochs):
        shuffled = order.permutation(len(x))
        for start in range(0, len(x) - batch + 1, batch):
            chosen = shuffled[start : start + batch]
            value, gradient = step(params, x[chosen], y[chosen])
            losses.append(float(value))
            for (w, b), (vw, vb), (gw, gb) in zip(params, speed, gradient):
                vw *= 0.9
                vw -= rate * gw
                vb *= 0.9
                vb -= rate * gb
                w += vw
                b += vb
    right = np.argmax(predict(params, x_held), axis=1) == y_held
    return np.array(losses), float(np.mean(right))


def logistic_regression(backend=None, epochs=40):
    """One layer: losses and accuracy."""
    return train((64, 10), epochs, 0.1, backend)


def two_layer_network(backend=None, epochs=30):
    """64 → 64 → 10: losses and accuracy."""
    return train((64, 64, 10), epochs, 0.05, backend)


if __name__ == "__main__":
    backend = sys.argv[1] if len(sys.argv) > 1 else None
    for run in (logistic_regression, two_layer_network):
        losses, accuracy = run(backend)
        name = run.__name__.replace("_", " ")
        print(f"{name}: loss {losses[0]:.3f} → {losses[-1]:.3f}, {accuracy:.1%} of held-back digits right")
