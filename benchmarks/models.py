"""Networks to train, each written once for NumPy and JAX, but for what JAX has functions of its own."""

from __future__ import annotations

import numpy

HEADS = 8


def mlp(np):
    def loss(params, x, labels):
        for layer in params[:-1]:
            x = np.maximum(x @ layer["w"] + layer["b"], 0)
        logits = x @ params[-1]["w"] + params[-1]["b"]
        return cross_entropy(np, logits, labels)

    return loss


def cross_entropy(np, logits, labels):
    logits = logits - np.max(logits, axis=1, keepdims=True)
    picked = np.sum(logits * labels, axis=1)
    return np.mean(np.log(np.sum(np.exp(logits), axis=1)) - picked)


def adam(np, value_and_grad):
    """One step for a list of dicts of arrays; gives the loss and the new parameters and moments."""

    def step(params, first, second, x, labels):
        value, gradient = value_and_grad(params, x, labels)
        out = []
        for p, m, v, g in zip(params, first, second, gradient):
            new = {}
            for name in p:
                mean = 0.9 * m[name] + 0.1 * g[name]
                square = 0.999 * v[name] + 0.001 * g[name] * g[name]
                new[name] = (p[name] - 1e-3 * mean / (np.sqrt(square) + 1e-8), mean, square)
            out.append(new)
        return value, out

    return step


def lstm(np, scan):
    """The mean square of an LSTM's last output, `scan(step, start, sequence)` being the loop."""

    def loss(params, sequence, target):
        size = params["b"].shape[0] // 4

        def step(state, x):
            h, c = state
            gates = x @ params["wx"] + h @ params["wh"] + params["b"]
            take, keep, give = (1 / (1 + np.exp(-gates[:, k * size : (k + 1) * size])) for k in range(3))
            c = keep * c + take * np.tanh(gates[:, 3 * size :])
            return give * np.tanh(c), c

        zero = np.zeros((sequence.shape[1], size), sequence.dtype)
        h, _ = scan(step, (zero, zero), sequence)
        return np.mean((h @ params["out"] - target) ** 2)

    return loss


def loop(step, state, sequence):
    for x in sequence:
        state = step(state, x)
    return state


# ── LeNet ─────────────────────────────────────────────────────────────────────────────────────────


def lenet(np, convolve, pool):
    """LeNet-5 of images (examples, channels, rows, columns); `convolve(x, w)` is valid, `pool(x)` halves."""

    def loss(params, x, labels):
        for w, b in params["convolutions"]:
            x = pool(np.maximum(convolve(x, w) + b[:, None, None], 0))
        x = np.reshape(x, (x.shape[0], -1))
        *hidden, (w, b) = params["dense"]
        for u, c in hidden:
            x = np.maximum(x @ u + c, 0)
        return cross_entropy(np, x @ w + b, labels)

    return loss


def convolve(x, w):
    """A convolution as one product of matrices: each column is the patch under the kernel at one place."""
    out, channels, m, n = w.shape
    rows, columns = x.shape[2] - m + 1, x.shape[3] - n + 1
    patches = numpy.empty((channels, m, n, x.shape[0], rows, columns), x.dtype)
    for i in range(m):
        for j in range(n):
            patches[:, i, j] = numpy.swapaxes(x, 0, 1)[:, :, i : i + rows, j : j + columns]
    product = numpy.reshape(w, (out, -1)) @ numpy.reshape(patches, (channels * m * n, -1))
    return numpy.swapaxes(numpy.reshape(product, (out, x.shape[0], rows, columns)), 0, 1)


def pool(x):
    """The largest of each square of four."""
    n, channels, rows, columns = x.shape
    return numpy.max(numpy.reshape(x, (n, channels, rows // 2, 2, columns // 2, 2)), axis=(3, 5))


# ── a block of a transformer ──────────────────────────────────────────────────────────────────────


def transformer(np):
    """Attention and two dense layers, each behind a normalisation and beside a short cut."""

    def normal(x, scale, shift):
        x = x - np.mean(x, axis=-1, keepdims=True)
        return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + 1e-5) * scale + shift

    def attention(x, params):
        batch, tokens, width = x.shape
        parts = np.reshape(x @ params["in"], (batch, tokens, 3, HEADS, width // HEADS))
        q, k, v = (np.swapaxes(parts[:, :, m], 1, 2) for m in range(3))
        scores = q @ np.swapaxes(k, 2, 3) * (HEADS / width) ** 0.5
        e = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
        mixed = e / np.sum(e, axis=-1, keepdims=True) @ v
        return np.reshape(np.swapaxes(mixed, 1, 2), (batch, tokens, width)) @ params["out"]

    def dense(x, params):
        x = x @ params["up"] + params["b"]
        x = 0.5 * x * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))
        return x @ params["down"] + params["c"]

    def loss(params, x, target):
        x = x + attention(normal(x, *params["first"]), params)
        x = x + dense(normal(x, *params["second"]), params)
        return np.mean((x - target) ** 2)

    return loss
