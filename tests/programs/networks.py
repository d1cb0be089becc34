"""Neural networks in plain NumPy, forward passes and losses."""

import numpy as np

from programs.pool import program


def relu(x):
    return np.maximum(x, 0)


def softmax_last(x):
    tmp_max = np.max(x, axis=-1, keepdims=True)
    tmp_out = np.exp(x - tmp_max)
    tmp_sum = np.sum(tmp_out, axis=-1, keepdims=True)
    return tmp_out / tmp_sum


@program(lambda r, s: (r.standard_normal((3, 2, 5 * s, 5)),), main=0)
def softmax(x):
    return softmax_last(x)


def mlp_arguments(r, s):
    sizes = (6, 7, 5 * s, 5)
    layers = [
        {"w": r.standard_normal((m, n)) / np.sqrt(m), "b": 0.1 * r.standard_normal(n)}
        for m, n in zip(sizes, sizes[1:])
    ]
    return layers, r.standard_normal((8 * s, 6))


@program(mlp_arguments, main=0)
def mlp(layers, x):
    *hidden, last = layers
    for layer in hidden:
        x = relu(x @ layer["w"] + layer["b"])
    return softmax_last(x @ last["w"] + last["b"])


@program(lambda r, s: (r.random((2, 6 * s, 6, 3)), r.random((3, 3, 3, 4)), r.random(4)), main=1)
def conv2d_bias(input, weights, bias):
    K = weights.shape[0]
    N = input.shape[0]
    H_out = input.shape[1] - K + 1
    W_out = input.shape[2] - K + 1
    C_out = weights.shape[3]
    output = np.empty((N, H_out, W_out, C_out), dtype=np.float64)
    for i in range(H_out):
        for j in range(W_out):
            output[:, i, j, :] = np.sum(
                input[:, i : i + K, j : j + K, :, np.newaxis] * weights[np.newaxis, :, :, :], axis=(1, 2, 3)
            )
    return output + bias


@program(lambda r, s: (r.random((6 * s, 7)),), main=0)
def gaussian_blur(img):
    kernel = np.array([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
    H, W = img.shape
    out = np.zeros((H - 2, W - 2))
    for i in range(H - 2):
        for j in range(W - 2):
            out[i, j] = np.sum(img[i : i + 3, j : j + 3] * kernel)
    return out


def conv(x, w):
    K, H, W = w.shape[0], x.shape[1] - w.shape[0] + 1, x.shape[2] - w.shape[1] + 1
    out = np.empty((x.shape[0], H, W, w.shape[3]))
    for i in range(H):
        for j in range(W):
            out[:, i, j, :] = np.einsum("nklc,klcd->nd", x[:, i : i + K, j : j + K, :], w)
    return out


def batchnorm2d(x, eps=1e-5):
    mean = np.mean(x, axis=0, keepdims=True)
    std = np.std(x, axis=0, keepdims=True)
    return (x - mean) / np.sqrt(std + eps)


@program(
    lambda r, s: (
        r.random((3, 6 * s, 5, 4)),
        r.random((1, 1, 4, 2)),
        r.random((3, 3, 2, 2)),
        r.random((1, 1, 2, 4)),
    ),
    main=2,
)
def resnet_block(input, conv1, conv2, conv3):
    padded = np.zeros((input.shape[0], input.shape[1] + 2, input.shape[2] + 2, conv1.shape[3]))
    padded[:, 1:-1, 1:-1, :] = conv(input, conv1)
    x = batchnorm2d(padded)
    x = relu(x)
    x = conv(x, conv2)
    x = batchnorm2d(x)
    x = relu(x)
    x = conv(x, conv3)
    x = batchnorm2d(x)
    return relu(x + input)


def maxpool2d(x):
    output = np.empty([x.shape[0], x.shape[1] // 2, x.shape[2] // 2, x.shape[3]], dtype=x.dtype)
    for i in range(x.shape[1] // 2):
        for j in range(x.shape[2] // 2):
            output[:, i, j, :] = np.max(x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, :], axis=(1, 2))
    return output


class LeNet:
    """Two convolutions, pooling, and two dense layers."""

    def __init__(self, conv1, conv2, dense1, dense2):
        self.convs = [conv1, conv2]
        self.dense1, self.dense2 = dense1, dense2

    def __call__(self, x):
        for w in self.convs:
            x = maxpool2d(relu(conv(x, w)))
        x = np.reshape(x, (x.shape[0], -1))
        x = relu(x @ self.dense1)
        return x @ self.dense2


@program(
    lambda r, s: (
        r.random((2, 14, 14, 1)),
        r.standard_normal((3, 3, 1, 2)),
        r.standard_normal((3, 3, 2, 3)),
        r.standard_normal((12, 6 * s)),
        r.standard_normal((6 * s, 5)),
    ),
    main=1,
)
def lenet(x, conv1, conv2, dense1, dense2):
    return LeNet(conv1, conv2, dense1, dense2)(x)


def attention_arguments(r, s):
    p = {name: 0.4 * r.standard_normal((6, 6)) for name in ("wq", "wk", "wv", "wo")}
    p["ln"] = {"g": np.ones(6), "b": np.zeros(6)}
    return p, r.standard_normal((5 * s, 6)), 2


@program(attention_arguments, main=0)
def self_attention(params, x, heads):
    T, D = x.shape
    mu = x.mean(-1, keepdims=True)
    var = ((x - mu) ** 2).mean(-1, keepdims=True)
    h = params["ln"]["g"] * (x - mu) / np.sqrt(var + 1e-5) + params["ln"]["b"]

    def split(a):
        return a.reshape(T, heads, D // heads).transpose(1, 0, 2)

    q, k, v = (split(h @ params[n]) for n in ("wq", "wk", "wv"))
    scores = np.einsum("htd,hsd->hts", q, k) / np.sqrt(D // heads)
    mask = np.triu(np.ones((T, T), dtype=bool), 1)
    scores[:, mask] = -1e9
    out = softmax_last(scores) @ v
    return x + out.transpose(1, 0, 2).reshape(T, D) @ params["wo"]


@program(
    lambda r, s: (
        0.3 * r.standard_normal((6, 5)),
        0.3 * r.standard_normal((6, 6)),
        r.random(6),
        r.random((6 * s, 5)),
    ),
    main=1,
)
def rnn(Wx, Wh, b, xs):
    h = np.zeros(len(b))
    hs = []
    for x in xs:
        h = np.tanh(Wx @ x + Wh @ h + b)
        hs.append(h)
    return np.stack(hs)


@program(
    lambda r, s: (r.standard_normal((7 * s, 5)), r.standard_normal((5, 6)), r.integers(0, 6, 7 * s)), main=1
)
def cross_entropy(X, W, labels):
    logits = X @ W
    logits -= logits.max(axis=1)[:, None]
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -logp[np.arange(len(labels)), labels].mean() + 1e-3 * np.sum(W**2)


@program(
    lambda r, s: (
        r.integers(0, 7, (4 * s, 3)),
        r.standard_normal((7, 5)),
        r.standard_normal((15, 6)),
        r.standard_normal((6, 7)),
    ),
    main=1,
)
def character_model(context, C, W1, W2):
    emb = C[context]
    h = np.tanh(emb.reshape(emb.shape[0], -1) @ W1)
    logits = h @ W2
    counts = np.exp(logits)
    probs = counts / counts.sum(1, keepdims=True)
    targets = (context[:, 0] + 1) % 7
    loss = 0.0
    for i in range(len(targets)):
        loss -= np.log(probs[i, targets[i]])
    return loss / len(targets)


@program(
    lambda r, s: (
        r.standard_normal((6, 5)) / 3,
        r.standard_normal((8 * s, 5)),
        r.standard_normal((8 * s, 6)),
        5,
    ),
    main=0,
)
def training_by_hand(W, X, Y, epochs):
    W = W.copy()
    m = np.zeros_like(W)
    for epoch in range(epochs):
        error = X @ W.T - Y
        grad = 2 * error.T @ X / len(X)
        m = 0.9 * m + 0.1 * grad
        W -= 0.05 * m
    return W
