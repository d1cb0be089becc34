"""Control of a partial differential equation over 10,000 steps, with about 200 saved states.

A rod with a nonlinear source is heated at one end; the gradient says how the heating should change so
that the rod has a wanted temperature at the end. `checkpoint` cuts the loop into segments: what is saved
grows with the square root of the number of steps.

python examples/control.py
"""

import numpy as np

import broadax as bx

STEPS = 10_000


def temperature(heating, start, steps):
    """The rod after some steps; `heating` holds the power in equal parts of the time."""
    u = start.copy()
    n = len(u)
    dt = 0.2 / n**2
    for k in bx.checkpoint(range(steps), levels=2):
        flow = u[2:] - 2 * u[1:-1] + u[:-2]
        u[1:-1] += dt * (n**2 * flow + 2.0 * u[1:-1] * (1 - u[1:-1]))
        u[0] = u[1] + heating[k * len(heating) // steps] / n
        u[-1] = u[-2]
    return u


def miss(heating, start, target, steps):
    """How far from the wanted temperature, and what the heating costs."""
    return np.mean((temperature(heating, start, steps) - target) ** 2) + 1e-4 * np.mean(heating**2)


def problem(n=20, parts=8):
    return np.zeros(parts), np.full(n, 0.1), np.full(n, 0.8)


def control(turns=40, steps=STEPS, backend=None):
    """What is missed, turn by turn of gradient descent with a line search."""
    heating, start, target = problem()
    step, value = bx.value_and_grad(miss, backend=backend), bx.jit(miss, backend=backend)
    found, rate = [], 1.0
    for _ in range(turns):
        now, slope = step(heating, start, target, steps)
        found.append(now)
        while value(heating - rate * slope, start, target, steps) > now:
            rate /= 2
        heating, rate = heating - rate * slope, rate * 1.5
    return found


if __name__ == "__main__":
    found = control()
    print(f"{STEPS} steps; missed by {found[0]:.4f} → {found[-1]:.4f}")
    print(bx.grad(miss).source("f64[k]", "f64[n]", "f64[n]", "int"))
