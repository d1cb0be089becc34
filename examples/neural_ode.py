"""A neural ODE: a network is the right-hand side, an integrator with adaptive steps is a `while`.

The gradient goes through the steps that were taken; what they need is on a stack.

python examples/neural_ode.py
"""

import numpy as np

import broadax as bx


def velocity(params, y):
    w1, b1, w2 = params
    return w2 @ np.tanh(w1 @ y + b1)


def integrate(params, y, end, tolerance):
    """y at time `end`, by Heun's method; the difference to Euler's says how long a step may be.

    Returns: y, and the number of steps that were taken or refused.
    """
    t, h, turns = 0.0, 0.1, 0
    while t < end:
        h = min(h, end - t)
        k1 = velocity(params, y)
        k2 = velocity(params, y + h * k1)
        error = 0.5 * h * np.sqrt(np.sum((k2 - k1) ** 2)) + 1e-12
        if error <= tolerance:
            t += h
            y = y + 0.5 * h * (k1 + k2)
        # The length of the next step is chosen, not differentiated.
        h = h * bx.stop_gradient(min(2.0, max(0.3, 0.9 * np.sqrt(tolerance / error))))
        turns += 1
    return y, turns


def loss(params, starts, targets, end, tolerance):
    """How far the flow takes points from where they should go; each by steps of its own."""
    ends, _ = bx.vmap(integrate, in_axes=(None, 0, None, None))(params, starts, end, tolerance)
    return np.mean((ends - targets) ** 2)


def problem():
    """A turn of the plane by a right angle."""
    rng = np.random.default_rng(0)
    params = 0.5 * rng.normal(size=(12, 2)), 0.1 * rng.normal(size=12), 0.3 * rng.normal(size=(2, 12))
    starts = rng.normal(size=(16, 2))
    return params, starts, starts @ np.array([[0.0, 1.0], [-1.0, 0.0]])


def train(steps=150, backend=None):
    """The losses of a training run with Adam's step."""
    params, starts, targets = problem()
    step = bx.value_and_grad(loss, backend=backend)
    mean, square, losses = [0 * p for p in params], [0 * p for p in params], []
    for k in range(1, steps + 1):
        value, grads = step(params, starts, targets, 1.0, 1e-3)
        mean = [0.9 * m + 0.1 * g for m, g in zip(mean, grads, strict=True)]
        square = [0.99 * s + 0.01 * g * g for s, g in zip(square, grads, strict=True)]
        scaled = [
            m / (1 - 0.9**k) / (np.sqrt(s / (1 - 0.99**k)) + 1e-8) for m, s in zip(mean, square, strict=True)
        ]
        params = tuple(p - 0.03 * s for p, s in zip(params, scaled, strict=True))
        losses.append(value)
    return losses


if __name__ == "__main__":
    losses = train()
    print(f"loss {losses[0]:.4f} → {losses[-1]:.6f}")
