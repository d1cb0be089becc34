"""A fixed point x = f(a, x), differentiated by the implicit function theorem instead of through its turns.

The backward rule solves another fixed point, w = d + (∂f/∂x)ᵀ w; then d_a = (∂f/∂a)ᵀ w.

python examples/fixed_point.py
"""

import numpy as np

import broadax as bx


def iterate(f, x):
    """Turns of f until they no longer change anything."""
    new = f(x)
    while np.max(np.abs(new - x)) > 1e-12:
        x, new = new, f(new)
    return new


def fixed_point(f, a, start):
    """x with x = f(a, x), from a starting point."""
    return iterate(lambda x: f(a, x), start)


fixed_point = bx.custom_vjp(fixed_point, nondiff_argnums=(0,))


def forward(f, a, start):
    x = fixed_point(f, a, start)
    return x, (a, x)


def backward(f, residuals, d):
    a, x = residuals
    _, pull_x = bx.vjp(lambda x: f(a, x), x)
    w = iterate(lambda w: d + pull_x(w)[0], d)
    _, pull_a = bx.vjp(lambda a: f(a, x), a)
    return pull_a(w)[0], None


fixed_point.defvjp(forward, backward)


def layer(a, x):
    """An equilibrium network's layer; it contracts."""
    weights, bias = a
    return np.tanh(weights @ x + bias)


def loss(a):
    return np.sum(fixed_point(layer, a, np.zeros_like(a[1])) ** 2)


def unrolled(a, turns=60):
    """The same by derivatives through every turn."""
    x = np.zeros_like(a[1])
    for _ in range(turns):
        x = layer(a, x)
    return np.sum(x**2)


def problem():
    rng = np.random.default_rng(0)
    return 0.2 * rng.normal(size=(6, 6)), rng.normal(size=6)


if __name__ == "__main__":
    a = problem()
    print("implicit:", bx.grad(loss)(a)[1])
    print("unrolled:", bx.grad(unrolled)(a)[1])
    print(bx.grad(loss).source(a))
