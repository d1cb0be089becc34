"""Newton's method for a square root: the data decides how many turns the loop takes.

python examples/newton.py
"""

import numpy as np

import broadax as bx


def sqrt(a):
    """The square root of a > 0."""
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def report(backend=None):
    """sqrt(2) with its first two derivatives, a directional derivative, and a batch of roots."""
    with bx.backend(backend or "numba"):
        value, tangent = bx.jvp(sqrt, (2.0,), (3.0,))
        return {
            "value": value,
            "grad": bx.grad(sqrt)(2.0),
            "second": bx.grad(bx.grad(sqrt))(2.0),
            "jvp": tangent,
            "vmap": bx.vmap(sqrt)(np.array([0.25, 2.0, 100.0])),
            "vmap(grad)": bx.vmap(bx.grad(sqrt))(np.array([0.25, 2.0, 100.0])),
        }


if __name__ == "__main__":
    print(bx.grad(sqrt).source("f64"))
    for name, result in report().items():
        print(f"{name:>10}: {result}")
