"""Layers and networks with parameters in trees."""

import numpy as np

from samples.pool import fixed, normal, sample, scalar, uniform


def relu(x):
    return np.maximum(x, 0)


@sample(normal(3, 4), normal(3), normal(4))
def hidden_layer(w, b, x):
    return relu(np.dot(w, x) + b)


@sample([(normal(4, 3), normal(4)), (normal(2, 4), normal(2))], normal(3))
def multilayer_perceptron(params, x):
    for w, b in params[:-1]:
        x = np.tanh(w @ x + b)
    w, b = params[-1]
    return w @ x + b


@sample({"w1": normal(3, 4), "w2": normal(4, 2)}, normal(5, 3), normal(5, 2))
def network_loss(params, x, y):
    hidden = relu(x @ params["w1"])
    return np.mean((hidden @ params["w2"] - y) ** 2)


@sample(normal(4, 3), scalar(0.5, 1.5), scalar(-0.5, 0.5))
def layer_norm(x, gain, bias):
    mean = x.mean(axis=-1, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    return gain * (x - mean) / np.sqrt(var + 1e-5) + bias


@sample(normal(5, 4), normal(4, 3), normal(4, 3), normal(4, 3))
def self_attention(x, wq, wk, wv):
    q, k, v = x @ wq, x @ wk, x @ wv
    scores = q @ k.T / np.sqrt(q.shape[-1])
    causal = np.tril(np.ones((5, 5)))
    scores = np.where(causal > 0, scores, -1e9)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights @ v


@sample(normal(6, 6), normal(3, 3))
def convolution(image, kernel):
    out = np.zeros((4, 4))
    for i in range(3):
        for j in range(3):
            out += kernel[i, j] * image[i : i + 4, j : j + 4]
    return relu(out)


@sample(normal(4, 4))
def max_pool(x):
    return x.reshape(2, 2, 2, 2).max(axis=(1, 3))


@sample({"z": normal(3, 5), "r": normal(3, 5), "h": normal(3, 5)}, normal(3), normal(2))
def gated_unit(params, h, x):
    both = np.concatenate([h, x])
    z = 1 / (1 + np.exp(-params["z"] @ both))
    r = 1 / (1 + np.exp(-params["r"] @ both))
    candidate = np.tanh(params["h"] @ np.concatenate([r * h, x]))
    return (1 - z) * h + z * candidate


@sample(normal(5))
def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


@sample(normal(4), normal(4), scalar(0.01, 0.1))
def momentum_steps(w, target, rate):
    v = np.zeros_like(w)
    for _ in range(5):
        g = 2 * (w - target)
        v = 0.9 * v - rate * g
        w = w + v
    return w


@sample(normal(3, 4), normal(3), fixed(0.5))
def dropout_mask(w, x, keep):
    mask = np.array([1.0, 0.0, 1.0])
    return (x * mask / keep) @ w


@sample([normal(4, 4, scale=0.3), normal(4, 4, scale=0.3)], normal(4))
def residual_blocks(weights, x):
    for w in weights:
        x = x + relu(x @ w)
    return x


@sample(uniform(2, 3), normal(4, 2), normal(4, 3))
def autoencoder_loss(w, code, x):
    return np.sum((np.tanh(x @ w.T) @ w - x) ** 2) + np.mean(code)
