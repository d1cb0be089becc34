"""Kernels as one writes them for JAX: loops where turns depend on each other, else whole arrays.

Each gives what the program of the same name in tests/programs gives, and the arrays that it writes, by the
places of these arguments.
"""

from __future__ import annotations

from jax import lax
from jax import numpy as jnp


def jacobi_2d(TSTEPS, A, B):
    def mean(X, Y):
        around = X[1:-1, 1:-1] + X[1:-1, :-2] + X[1:-1, 2:] + X[2:, 1:-1] + X[:-2, 1:-1]
        return Y.at[1:-1, 1:-1].set(0.2 * around)

    def step(_, both):
        A, B = both
        B = mean(A, B)
        return mean(B, A), B

    A, B = lax.fori_loop(1, TSTEPS, step, (A, B))
    return None, {1: A, 2: B}


def heat_3d(TSTEPS, A, B):
    def spread(X, Y):
        c = X[1:-1, 1:-1, 1:-1]
        new = (
            0.125 * (X[2:, 1:-1, 1:-1] - 2.0 * c + X[:-2, 1:-1, 1:-1])
            + 0.125 * (X[1:-1, 2:, 1:-1] - 2.0 * c + X[1:-1, :-2, 1:-1])
            + 0.125 * (X[1:-1, 1:-1, 2:] - 2.0 * c + X[1:-1, 1:-1, :-2])
            + c
        )
        return Y.at[1:-1, 1:-1, 1:-1].set(new)

    def step(_, both):
        A, B = both
        B = spread(A, B)
        return spread(B, A), B

    A, B = lax.fori_loop(1, TSTEPS, step, (A, B))
    return None, {1: A, 2: B}


def seidel_2d(TSTEPS, N, A):
    def row(above, lines):
        own, below = lines
        known = (
            above[:-2] + above[1:-1] + above[2:] + own[1:-1] + own[2:] + below[:-2] + below[1:-1] + below[2:]
        )

        def element(left, k):
            new = (left + k) / 9.0
            return new, new

        _, inner = lax.scan(element, own[0], known)
        new = own.at[1:-1].set(inner)
        return new, new

    def step(_, A):
        _, rows = lax.scan(row, A[0], (A[1:-1], A[2:]))
        return A.at[1:-1].set(rows)

    return None, {2: lax.fori_loop(0, TSTEPS - 1, step, A)}


def fdtd_2d(TMAX, ex, ey, hz, _fict_):
    def step(fields, source):
        ex, ey, hz = fields
        ey = ey.at[0, :].set(source)
        ey = ey.at[1:, :].add(-0.5 * (hz[1:, :] - hz[:-1, :]))
        ex = ex.at[:, 1:].add(-0.5 * (hz[:, 1:] - hz[:, :-1]))
        curl = ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]
        return (ex, ey, hz.at[:-1, :-1].add(-0.7 * curl)), None

    (ex, ey, hz), _ = lax.scan(step, (ex, ey, hz), _fict_[:TMAX])
    return None, {1: ex, 2: ey, 3: hz}


def hdiff(in_field, out_field, coeff):
    m, n, _ = out_field.shape
    x = in_field
    around = x[2 : m + 4, 1 : n + 3] + x[: m + 2, 1 : n + 3] + x[1 : m + 3, 2 : n + 4] + x[1 : m + 3, : n + 2]
    laplace = 4.0 * x[1 : m + 3, 1 : n + 3] - around
    res = laplace[1:, 1 : n + 1] - laplace[:-1, 1 : n + 1]
    flx = jnp.where(res * (x[2 : m + 3, 2 : n + 2] - x[1 : m + 2, 2 : n + 2]) > 0, 0, res)
    res = laplace[1 : m + 1, 1:] - laplace[1 : m + 1, :-1]
    fly = jnp.where(res * (x[2 : m + 2, 2 : n + 3] - x[2 : m + 2, 1 : n + 2]) > 0, 0, res)
    out = x[2 : m + 2, 2 : n + 2] - coeff * (flx[1:] - flx[:-1] + fly[:, 1:] - fly[:, :-1])
    return None, {1: out}


def adi(TSTEPS, N, u):
    step_x, step_t = 1.0 / N, 1.0 / TSTEPS
    a = c = -step_t / (step_x * step_x)
    d = f = a / 2.0
    b, e = 1.0 - a, 1.0 - 2.0 * d

    def sweep(known, low, middle, high):
        """The tridiagonal systems of all lines: `known` has a row for each inner place along them."""

        def forward(carry, k):
            p, q = carry
            below = low * p + middle
            p, q = -high / below, (k - low * q) / below
            return (p, q), (p, q)

        def backward(v, pq):
            v = pq[0] * v + pq[1]
            return v, v

        ones = jnp.ones(N - 2)
        _, pq = lax.scan(forward, (jnp.zeros(N - 2), ones), known)
        return lax.scan(backward, ones, pq, reverse=True)[1]

    def step(_, u):
        known = -d * u[1:-1, :-2] + (1.0 + 2.0 * d) * u[1:-1, 1:-1] - f * u[1:-1, 2:]
        v = jnp.ones((N, N - 2)).at[1:-1].set(sweep(known, a, b, c))
        known = -a * v[:-2] + (1.0 + 2.0 * a) * v[1:-1] - c * v[2:]
        inner = sweep(known.T, d, e, f).T
        return u.at[1:-1, 0].set(1.0).at[1:-1, -1].set(1.0).at[1:-1, 1:-1].set(inner)

    return None, {2: lax.fori_loop(0, TSTEPS, step, u)}


def doitgen(NR, NQ, NP, A, C4):
    return None, {3: jnp.reshape(jnp.reshape(A, (NR, NQ, 1, NP)) @ C4, (NR, NQ, NP))}


def gemver(alpha, beta, u1, v1, u2, v2, w, x, y, z, A):
    A = A + jnp.outer(u1, v1) + jnp.outer(u2, v2)
    x = x + beta * y @ A + z
    return None, {10: A, 7: x, 6: w + alpha * A @ x}


def correlation(float_n, data):
    stddev = jnp.std(data, axis=0)
    stddev = jnp.where(stddev <= 0.1, 1.0, stddev)
    data = (data - jnp.mean(data, axis=0)) / (jnp.sqrt(float_n) * stddev)
    corr = data.T @ data
    return jnp.fill_diagonal(corr, 1.0, inplace=False), {1: data}


def durbin(r):
    def step(k, state):
        y, alpha, beta = state
        beta = beta * (1.0 - alpha * alpha)
        alpha = -(r[k] + jnp.roll(backwards, k) @ y) / beta
        return (y + alpha * jnp.roll(jnp.flip(y), k)).at[k].set(alpha), alpha, beta

    backwards = jnp.flip(r)
    y = jnp.zeros_like(r).at[0].set(-r[0])
    return lax.fori_loop(1, len(r), step, (y, -r[0], 1.0))[0], {}


def lu(A):
    places = jnp.arange(A.shape[0])

    def step(k, A):
        factors = jnp.where(places > k, A[:, k] / A[k, k], 0.0)
        A = A - jnp.outer(factors, jnp.where(places > k, A[k], 0.0))
        return A.at[:, k].set(jnp.where(places > k, factors, A[:, k]))

    return None, {0: lax.fori_loop(0, A.shape[0], step, A)}


def cholesky(A):
    places = jnp.arange(A.shape[0])

    def step(k, L):
        column = A[:, k] - L @ L[k]
        return L.at[:, k].set(jnp.where(places >= k, column / jnp.sqrt(column[k]), 0.0))

    L = lax.fori_loop(0, A.shape[0], step, jnp.zeros_like(A))
    return None, {0: L + jnp.triu(A, 1)}


def trisolv(L, x, b):
    def step(i, x):
        return x.at[i].set((b[i] - L[i] @ x) / L[i, i])

    return None, {1: lax.fori_loop(0, len(b), step, jnp.zeros_like(x))}


def syrk(alpha, beta, C, A):
    lower = jnp.tril(jnp.ones(C.shape, bool))
    return None, {2: jnp.where(lower, beta * C + alpha * A @ A.T, C)}


KERNELS = (
    jacobi_2d, heat_3d, seidel_2d, fdtd_2d, hdiff, adi, doitgen, gemver, correlation, durbin, lu, cholesky,
    trisolv, syrk,
)  # fmt: skip
STATIC = {
    "jacobi_2d": (0,),
    "heat_3d": (0,),
    "seidel_2d": (0, 1),
    "fdtd_2d": (0,),
    "adi": (0, 1),
    "doitgen": (0, 1, 2),
}


def function(name: str):
    """The kernel for JAX, and the places of its arguments that JAX has to know when it compiles."""
    return {f.__name__: f for f in KERNELS}[name], STATIC.get(name, ())
