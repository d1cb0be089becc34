"""A heat equation with advection, written with scalar loops and in-place updates, and its gradient.

    python examples/heat.py

The loops are compiled as they stand; the reverse sweep is loops too, so the time for one element
stays the same from a thousand elements to a hundred thousand.
"""

import time

import numpy as np

import broadax as bx


def solve(u, k, c, steps):
    """Explicit steps of u_t = k u_xx - c u_x with fixed ends; u has shape (n,)."""
    u = u.copy()
    n = len(u)
    for _ in range(steps):
        left = u[0]
        for i in range(1, n - 1):
            here = u[i]
            u[i] = here + k * (u[i + 1] - 2 * here + left) - c * (here - left)
            left = here
    return u


def misfit(u, k, c, target, steps):
    """Mean squared distance between the solution and a target, shape (n,)."""
    end = solve(u, k, c, steps)
    total = 0.0
    for i in range(len(end)):
        total += (end[i] - target[i]) ** 2
    return total / len(end)


def problem(n):
    """A start and a target of n points."""
    x = np.linspace(0, 1, n)
    return np.exp(-100 * (x - 0.3) ** 2), np.exp(-80 * (x - 0.5) ** 2)


def check(n=40, steps=10, backend=None):
    """The gradient by start, diffusion and speed along a direction, and the central difference."""
    u, target = problem(n)
    direction = np.random.default_rng(0).standard_normal(n)
    gradient = bx.grad(misfit, argnums=(0, 1, 2), backend=backend)(u, 0.2, 0.1, target, steps)
    along = np.sum(gradient[0] * direction) + gradient[1] - gradient[2]
    h = 1e-5
    plus = misfit(u + h * direction, 0.2 + h, 0.1 - h, target, steps)
    minus = misfit(u - h * direction, 0.2 - h, 0.1 + h, target, steps)
    return float(along), float((plus - minus) / (2 * h))


def seconds_per_element(n, steps=10, backend=None, argnums=0):
    """The best of several runs of the gradient, divided by elements and steps."""
    u, target = problem(n)
    gradient = bx.grad(misfit, argnums=argnums, backend=backend)
    gradient(u, 0.2, 0.1, target, steps)
    best = np.inf
    for _ in range(20):
        start = time.perf_counter()
        gradient(u, 0.2, 0.1, target, steps)
        best = min(best, time.perf_counter() - start)
    return best / (n * steps)


if __name__ == "__main__":
    print(bx.grad(misfit, argnums=(0, 1, 2)).source("f64[n], f64, f64, f64[n], int"))
    along, difference = check()
    print(f"derivative along a direction: {along:.10f}, by differences: {difference:.10f}")
    for n in (1_000, 10_000, 100_000):
        print(f"n = {n:>7,}: {seconds_per_element(n, backend='numba') * 1e9:.2f} ns an element and step")
