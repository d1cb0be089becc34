"""Hessian-vector products: forward over reverse, and Newton's method with conjugate gradients on them.

python examples/hessian_vector.py
"""

import numpy as np

import broadax as bx


def rosenbrock(x):
    """A curved valley with its minimum 0 at (1, …, 1)."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def hvp(f, x, v):
    """The Hessian of f at x times v, at a small multiple of the cost of f."""
    return bx.jvp(bx.grad(f), (x,), (v,))[1]


def newton_step(x, turns):
    """The solution of H p = -g by conjugate gradients that stop where the curvature is negative."""
    g = bx.grad(rosenbrock)(x)
    p, r = np.zeros_like(x), -g
    d = r.copy()
    for _ in range(turns):
        hd = hvp(rosenbrock, x, d)
        curvature = d @ hd
        if curvature <= 0 or r @ r < 1e-20:
            break
        alpha = (r @ r) / curvature
        p = p + alpha * d
        new = r - alpha * hd
        d = new + (new @ new) / (r @ r) * d
        r = new
    return p if p @ p > 0 else -g


def minimise(x, steps=60, backend=None):
    """The values on the way to the minimum, with a line search that halves."""
    direction, f = bx.jit(newton_step, backend=backend), bx.jit(rosenbrock, backend=backend)
    values = [f(x)]
    for _ in range(steps):
        p, t = direction(x, len(x)), 1.0
        while f(x + t * p) > values[-1] and t > 1e-10:
            t /= 2
        x = x + t * p
        values.append(f(x))
    return values


if __name__ == "__main__":
    values = minimise(np.full(8, -0.5))
    print(", ".join(f"{v:.2e}" for v in values[::5]))
