"""MAML (Finn et al. 2017): learn weights from which one gradient step fits a new sine wave.

The outer gradient goes through the inner one: a grad of a grad, over a batch of tasks by vmap.

python examples/maml.py
"""

import numpy as np

import broadax as bx


def predict(params, x):
    """A network of one hidden layer, from x to y."""
    w1, b1, w2, b2 = params
    return np.tanh(np.outer(x, w1) + b1) @ w2 + b2


def loss(params, x, y):
    return np.mean((predict(params, x) - y) ** 2)


def adapted(params, x, y):
    """The weights after one gradient step on a task."""
    grads = bx.grad(loss)(params, x, y)
    return [p - 0.1 * g for p, g in zip(params, grads, strict=True)]


def task_loss(params, x, y, x_new, y_new):
    """How well the weights do on new points of a task, once adapted to it."""
    return loss(adapted(params, x, y), x_new, y_new)


def meta_loss(params, tasks):
    return np.mean(bx.vmap(task_loss, in_axes=(None, 0, 0, 0, 0))(params, *tasks))


def sines(rng, count=20, points=10):
    """Tasks: waves of random phase and height, at random points for adapting and for testing."""
    height, phase = rng.uniform(0.5, 2, (count, 1)), rng.uniform(0, np.pi, (count, 1))
    x, x_new = rng.uniform(-3, 3, (2, count, points))
    return x, height * np.sin(x + phase), x_new, height * np.sin(x_new + phase)


def start(rng, hidden=16):
    return [rng.normal(size=hidden), rng.normal(size=hidden), 0.3 * rng.normal(size=hidden), 0.0]


def train(steps=300, backend=None):
    """The meta-losses of a training run."""
    rng = np.random.default_rng(0)
    params, losses = start(rng), []
    step = bx.value_and_grad(meta_loss, backend=backend)
    for _ in range(steps):
        value, grads = step(params, sines(rng))
        params = [p - 0.02 * g for p, g in zip(params, grads, strict=True)]
        losses.append(value)
    return losses


if __name__ == "__main__":
    losses = train()
    print(f"loss after one step of adaptation: {np.mean(losses[:10]):.3f} → {np.mean(losses[-10:]):.3f}")
