"""Schemes for differential equations: implicit, multistep, adaptive, spectral, finite volumes, multigrid."""

from collections import deque
from functools import reduce

import numpy as np

from programs.pool import program


@program(lambda r, s: (r.random(3) + 0.5, 0.05, 5 * s), main=0)
def backward_euler_newton(y0, h, n):
    def f(y):
        a, b, c = y
        return np.array([-0.4 * a + 10 * b * c, 0.4 * a - 10 * b * c - 3 * b * b, 3 * b**2])

    def jac(y):
        a, b, c = y
        return np.array([[-0.4, 10 * c, 10 * b], [0.4, -10 * c - 6 * b, -10 * b], [0, 6 * b, 0]])

    ys = [y0]
    for _ in range(n):
        y = ys[-1].copy()
        for it in range(20):
            F = y - ys[-1] - h * f(y)
            delta = np.linalg.solve(np.eye(3) - h * jac(y), -F)
            y += delta
            if np.linalg.norm(delta) < 1e-12:
                break
        ys.append(y)
    return np.array(ys)


@program(lambda r, s: (r.random(2) + 0.2, 8 * s), main=0)
def adams_bashforth4(y0, n):
    f = lambda t, y: np.array([y[1], (1 - y[0] ** 2) * y[1] - y[0]]) + 0.1 * np.sin(t)
    h = 0.05
    t = np.arange(n + 1) * h
    y = np.zeros((n + 1, 2))
    y[0] = y0
    fs = deque(maxlen=4)
    for i in range(3):
        k1 = f(t[i], y[i])
        k2 = f(t[i] + h / 2, y[i] + h / 2 * k1)
        k3 = f(t[i] + h / 2, y[i] + h / 2 * k2)
        k4 = f(t[i] + h, y[i] + h * k3)
        fs.append(k1)
        y[i + 1] = y[i] + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    for i in range(3, n):
        fs.append(f(t[i], y[i]))
        y[i + 1] = y[i] + h / 24 * (55 * fs[-1] - 59 * fs[-2] + 37 * fs[-3] - 9 * fs[-4])
    return y


@program(lambda r, s: (r.random(2) + 0.2, 0.5 * s, 1e-6), main=0)
def dormand_prince_adaptive(y, t_end, tol):
    c = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1]
    a = [
        [],
        [1 / 5],
        [3 / 40, 9 / 40],
        [44 / 45, -56 / 15, 32 / 9],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
        [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
    ]
    b5 = np.array([35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0])
    b4 = np.array([5179 / 57600, 0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40])
    rhs = lambda t, y: np.array([y[0] * (1 - y[1]), y[1] * (y[0] - 1) + 0.1 * t])
    t, h = 0.0, 0.1
    accepted = rejected = 0
    while t < t_end and accepted + rejected < 200:
        h = min(h, t_end - t)
        k = []
        for ci, ai in zip(c, a):
            yi = y + h * sum((aij * kj for aij, kj in zip(ai, k)), np.zeros(2))
            k.append(rhs(t + ci * h, yi))
        K = np.stack(k)
        err = h * np.linalg.norm((b5 - b4) @ K) + 1e-16
        if err <= tol:
            t += h
            y = y + h * b5 @ K
            accepted += 1
        else:
            rejected += 1
        h *= min(5.0, max(0.2, 0.9 * (tol / err) ** 0.2))
    return y


@program(lambda r, s: (r.random(8 * s), 0.1, 4), main=0)
def kdv_spectral_matrix(u, dt, steps):
    n = u.size
    x = np.arange(n)
    D = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i != j:
                D[i, j] = 0.5 * (-1) ** (i - j) / np.tan((i - j) * np.pi / n)
    D3 = D @ D @ D / n**3
    L = np.linalg.inv(np.eye(n) + dt * D3)
    for _ in range(steps):
        u = L @ (u - dt * 0.01 * u * (D @ u))
    return u


@program(lambda r, s: (r.random((5 * s, 6)), 0.1, 3), main=0)
def adi_thomas(u, alpha, nsteps):
    def thomas(a, b, c, d):
        n = len(d)
        cp, dp = [0] * n, [0] * n
        cp[0] = c / b
        dp[0] = d[0] / b
        for i in range(1, n):
            m = b - a * cp[i - 1]
            cp[i] = c / m
            dp[i] = (d[i] - a * dp[i - 1]) / m
        x = np.zeros(n)
        x[-1] = dp[-1]
        for i in range(n - 2, -1, -1):
            x[i] = dp[i] - cp[i] * x[i + 1]
        return x

    u = u.copy()
    for _ in range(nsteps):
        half = u.copy()
        for j in range(1, u.shape[1] - 1):
            rhs = u[:, j] + alpha / 2 * (u[:, j - 1] - 2 * u[:, j] + u[:, j + 1])
            half[:, j] = thomas(-alpha / 2, 1 + alpha, -alpha / 2, rhs)
        for i in range(1, u.shape[0] - 1):
            rhs = half[i, :] + alpha / 2 * (half[i - 1, :] - 2 * half[i] + half[i + 1, :])
            u[i] = thomas(-alpha / 2, 1 + alpha, -alpha / 2, rhs)
    return u


@program(
    lambda r, s: (np.vstack([1 + r.random(8 * s), r.random(8 * s), 2 + r.random(8 * s)]), 3),
    main=0,
    step=1e-6,
)
def euler_rusanov(U, steps, gamma=1.4):
    def flux(U):
        rho, m, E = U
        p = (gamma - 1) * (E - 0.5 * m**2 / rho)
        return np.array([m, m**2 / rho + p, (E + p) * m / rho]), np.abs(m / rho) + np.sqrt(gamma * p / rho)

    for _ in range(steps):
        F, a = flux(U)
        dt = 0.3 / a.max()
        s = np.maximum(a[:-1], a[1:])
        Fh = 0.5 * (F[:, :-1] + F[:, 1:]) - 0.5 * s * (U[:, 1:] - U[:, :-1])
        U = U.copy()
        U[:, 1:-1] -= dt * np.diff(Fh, axis=1)
        U[..., 0], U[..., -1] = U[..., 1], U[..., -2]
    return U


def minmod(*args):
    s = np.sign(args[0])
    same = reduce(np.logical_and, [np.sign(a) == s for a in args[1:]])
    m = np.min(np.abs(args), axis=0)
    return np.where(same, s * m, 0.0)


@program(lambda r, s: (np.sin(np.arange(10 * s)) + 0.2 * r.random(10 * s), 4), main=0, step=1e-6)
def muscl_advection(u, n):
    for _ in range(n):
        dl = u - np.roll(u, 1)
        dr = np.roll(u, -1) - u
        dc = 0.5 * (dl + dr)
        slope = minmod(2 * dl, dc, 2 * dr)
        face = u + 0.5 * (1 - 0.4) * slope
        u = u - 0.4 * (face - np.roll(face, 1))
    return u


@program(lambda r, s: (r.random((8 * s, 8)) - 0.5, 0.1, 3), main=0, step=1e-6)
def level_set_reinit(phi, dt, n):
    phi0 = phi
    S = phi0 / np.sqrt(phi0**2 + 1e-2)
    phi = phi.copy()
    for _ in range(n):
        p = np.pad(phi, ((1, 1), (1, 1)), "edge")
        a = phi - p[:-2, 1:-1]
        b = p[2:, 1:-1] - phi
        c = phi - p[1:-1, :-2]
        d = p[1:-1, 2:] - phi
        pos, neg = lambda z: np.maximum(z, 0) ** 2, lambda z: np.minimum(z, 0) ** 2
        G = np.zeros_like(phi)
        G_plus = np.sqrt(np.maximum(pos(a), neg(b)) + np.maximum(pos(c), neg(d)) + 1e-8) - 1
        G_minus = np.sqrt(np.maximum(neg(a), pos(b)) + np.maximum(neg(c), pos(d)) + 1e-8) - 1
        mask = phi0 > 0
        G[mask] = G_plus[mask]
        G[~mask] = G_minus[~mask]
        phi -= dt * S * G
    return phi


@program(lambda r, s: (r.random(2 ** (2 + s) + 1), 2), main=0)
def vcycle_1d(f, cycles):
    def smooth(u, f, h, it=2):
        for _ in range(it):
            for i in range(1, len(u) - 1):
                u[i] = 0.5 * (u[i - 1] + u[i + 1] + h * h * f[i])
        return u

    def vcycle(u, f, h):
        if len(u) <= 3:
            u[1] = 0.5 * h**2 * f[1]
            return u
        smooth(u, f, h)
        r = np.zeros_like(u)
        r[1:-1] = f[1:-1] + (u[:-2] - 2 * u[1:-1] + u[2:]) / h**2
        rc = np.zeros((len(u) + 1) // 2)
        rc[1:-1] = 0.25 * (r[1:-2:2] + 2 * r[2:-1:2] + r[3::2])
        ec = vcycle(np.zeros_like(rc), rc, 2 * h)
        e = np.zeros_like(u)
        e[::2] = ec
        e[1::2] = 0.5 * (ec[:-1] + ec[1:])
        u += e
        return smooth(u, f, h)

    u = np.zeros_like(f)
    for _ in range(cycles):
        u = vcycle(u, f, 1.0 / (len(f) - 1))
    return u
