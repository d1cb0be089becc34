"""Six telling functions; docs/gradients.md shows what broadax writes for each.

broadax grad examples/gradients.py:huber --args 'f64, f64'
"""

import numpy as np


def logistic_loss(w, x, y):
    """Straight-line array code."""
    logits = x @ w
    return np.mean(np.logaddexp(0, logits) - y * logits)


def network_loss(params, x, y):
    """A network whose parameters are a list of (W, b)."""
    for w, b in params[:-1]:
        x = np.tanh(x @ w + b)
    w, b = params[-1]
    return np.mean((x @ w + b - y) ** 2)


def huber(r, delta):
    """A branch that depends on data, and an early return."""
    if abs(r) <= delta:
        return 0.5 * r * r
    return delta * (abs(r) - 0.5 * delta)


def smooth(u, k, steps):
    """Scalar loops over grid and time that write in place."""
    u = u.copy()
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            u[i] += k * (u[i - 1] - 2 * u[i] + u[i + 1])
    return np.sum(u**2)


def sqrt(a):
    """A loop whose number of turns depends on data."""
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def pair_energy(position, charge):
    """Nested loops with a test inside."""
    energy = 0.0
    for i in range(len(charge)):
        for j in range(i):
            d = position[i] - position[j]
            r = np.sqrt(np.sum(d * d))
            if r > 2.0:
                continue
            energy += charge[i] * charge[j] / r
    return energy
