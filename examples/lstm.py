"""An LSTM over time: a `for` over a sequence, batched by vmap, differentiated by the weights.

python examples/lstm.py
"""

from dataclasses import dataclass

import numpy as np

import broadax as bx


@dataclass
class Params:
    """Weights of the four gates, stacked, and of the output."""

    w: np.ndarray  # (4 h, inputs + h)
    b: np.ndarray  # (4 h,)
    out: np.ndarray  # (h,)


def run(params, sequence):
    """The network's answer after a sequence (time, inputs)."""
    size = len(params.out)
    h, c = np.zeros(size), np.zeros(size)
    for x in sequence:
        gates = params.w @ np.concatenate([x, h]) + params.b
        take, keep, give = (bx.nn.sigmoid(gates[k * size : (k + 1) * size]) for k in range(3))
        c = keep * c + take * np.tanh(gates[3 * size :])
        h = give * np.tanh(c)
    return params.out @ h


def loss(params, sequences, targets):
    return np.mean((bx.vmap(run, in_axes=(None, 0))(params, sequences) - targets) ** 2)


def start(size=12, seed=0):
    rng = np.random.default_rng(seed)
    w = rng.normal(size=(4 * size, 2 + size)) / np.sqrt(2 + size)
    return Params(w, np.zeros(4 * size), 0.5 * rng.normal(size=size))


def adding(rng, count=32, time=12):
    """The adding problem: the sum of the two numbers that are marked."""
    sequences = np.stack([rng.uniform(-1, 1, (count, time)), np.zeros((count, time))], axis=2)
    for row in sequences:
        row[rng.choice(time, 2, replace=False), 1] = 1
    return sequences, np.sum(sequences[:, :, 0] * sequences[:, :, 1], axis=1)


def train(steps=400, backend=None):
    """The losses of a training run."""
    rng, params = np.random.default_rng(1), start()
    step = bx.value_and_grad(loss, backend=backend)
    losses = []
    for _ in range(steps):
        value, g = step(params, *adding(rng))
        rate = 0.3 / max(1.0, np.sqrt(np.sum(g.w**2) + np.sum(g.out**2)))
        params = Params(params.w - rate * g.w, params.b - rate * g.b, params.out - rate * g.out)
        losses.append(value)
    return losses


if __name__ == "__main__":
    losses = train()
    print(f"loss {np.mean(losses[:20]):.3f} → {np.mean(losses[-20:]):.3f}")
