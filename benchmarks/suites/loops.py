"""Loops of scalars and small vectors: the gradient of an integration, and iterations under vmap."""

from __future__ import annotations

import numpy as np

import broadax as bx
from benchmarks import jax_peer
from benchmarks.case import Case, Contender
from benchmarks.suites import turns
from benchmarks.versus import COLUMNS, cells, summary  # noqa: F401
from benchmarks.versus import measure as _measure

STEPS = 100_000
SKEWED = "Newton, vmap, one in 1,000 takes 1,000 turns"
AGAINST, TARGET = ("JAX",), 0.05
REASONS = {
    "Mandelbrot, vmap": "a block of 64 examples goes on while more than eight of them do: what is left is "
    "turns that few examples take",
    "Newton, vmap": "all examples take 8 to 10 turns, so JAX wastes few, and both run in vector registers, "
    "where the divisions alone take half of the time; for batches whose examples differ see the next row",
}


def flow(np, u):
    return np.stack([10.0 * (u[1] - u[0]), u[0] * (28.0 - u[2]) - u[1], u[0] * u[1] - 8 / 3 * u[2]])


def runge_kutta(np, u, h):
    a = flow(np, u)
    b = flow(np, u + h / 2 * a)
    c = flow(np, u + h / 2 * b)
    return u + h / 6 * (a + 2 * b + 2 * c + flow(np, u + h * c))


def lorenz(u):
    for _ in range(STEPS):
        u = runge_kutta(np, u, 1 / STEPS)
    return np.sum(u * u)


def escape(z):
    """After how many turns z² + c leaves the disc of radius 2, at most 100."""
    c, k = z, 0
    while k < 100 and z.real * z.real + z.imag * z.imag < 4:
        z, k = z * z + c, k + 1
    return k


def root(a):
    """The root of x³ + x = a by Newton's method."""
    x = a
    while abs(x * x * x + x - a) > 1e-12 * (1 + abs(a)):
        x = x - (x * x * x + x - a) / (3 * x * x + 1)
    return x


def cases() -> list[str]:
    return ["Lorenz RK4, gradient", "Mandelbrot, vmap", "Newton, vmap", SKEWED, "Newton, vmap of grad"]


def measure(name: str):
    x = np.linspace(-2, 0.5, 200)
    args = {
        "L": (np.array([1.0, 2.0, 3.0]),),
        "M": ((x[:, None] + 1j * np.linspace(-1, 1, 200)[None, :]).ravel(),),
        "N": turns.arguments() if name == SKEWED else (np.linspace(-30, 30, 100_000),),
    }[name[0]]
    contenders = {"broadax": Contender(_ours(name), args)}
    if jax_peer.AVAILABLE and not name.endswith("grad"):  # JAX has no reverse mode through a while_loop
        contenders["JAX"] = Contender(_theirs(name), jax_peer.arrays(args))
    if name[0] != "L" and not name.endswith("grad"):
        import numba

        scalar = numba.njit(escape if name[0] == "M" else root)
        each = turns.by_hand(turns.newton) if name == SKEWED else numba.njit(_each(scalar))
        contenders["Numba"] = Contender(each, args)
    if name.endswith("grad"):
        contenders["NumPy"] = Contender(lambda a: 1 / (3 * _roots(a) ** 2 + 1), args)
    return _measure(Case(name, contenders, tolerance=1e-6))


def _roots(a):
    """Newton's method for all at once, until the last one has settled."""
    x = a
    while np.any(np.abs(x * x * x + x - a) > 1e-12 * (1 + np.abs(a))):
        x = x - (x * x * x + x - a) / (3 * x * x + 1)
    return x


def _each(scalar):
    def run(a):
        out = [scalar(a[0])]
        for k in range(1, len(a)):
            out.append(scalar(a[k]))
        return np.array(out)

    return run


def _ours(name: str):
    if name[0] == "L":
        return bx.grad(lorenz, backend="numba")
    if name.endswith("grad"):
        return bx.vmap(bx.grad(root), backend="numba")
    if name == SKEWED:
        return bx.vmap(turns.newton, backend="numba")
    return bx.vmap(escape if name[0] == "M" else root, backend="numba")


def _theirs(name: str):
    import jax
    from jax import numpy as jnp

    if name[0] == "L":

        def loss(u):
            u, _ = jax.lax.scan(lambda u, _: (runge_kutta(jnp, u, 1 / STEPS), None), u, None, length=STEPS)
            return jnp.sum(u * u)

        return jax_peer.jit(jax.grad(loss))

    def escape_(c):
        def inside(state):
            return (state[1] < 100) & (state[0].real ** 2 + state[0].imag ** 2 < 4)

        return jax.lax.while_loop(inside, lambda s: (s[0] * s[0] + c, s[1] + 1), (c, 0))[1]

    def root_(a):
        def off(x):
            return abs(x * x * x + x - a) > 1e-12 * (1 + abs(a))

        return jax.lax.while_loop(off, lambda x: x - (x * x * x + x - a) / (3 * x * x + 1), a)

    def newton_(a, count):
        def step(state):
            return 0.5 * (state[0] + a / state[0]), state[1] + 1

        return jax.lax.while_loop(lambda state: state[1] < count, step, (1.0 + a, 0))[0]

    return jax_peer.jit(jax.vmap(newton_ if name == SKEWED else escape_ if name[0] == "M" else root_))
