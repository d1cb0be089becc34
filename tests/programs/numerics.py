"""Textbook numerics: equations, integrals, interpolation, optimisation."""

import math

import numpy as np

from programs.pool import positive_definite, program


def lorenz(state, sigma=10.0, rho=28.0, beta=8.0 / 3.0):
    x, y, z = state
    return np.array([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])


@program(lambda r, s: (r.random(3) + 1, 0.01, 10 * s), main=0)
def rk4_lorenz(y0, h, steps):
    ys = np.zeros((steps + 1, 3))
    ys[0] = y0
    for n in range(steps):
        y = ys[n]
        k1 = lorenz(y)
        k2 = lorenz(y + h / 2 * k1)
        k3 = lorenz(y + h / 2 * k2)
        k4 = lorenz(y + h * k3)
        ys[n + 1] = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return ys


A21 = 1 / 5
A3 = (3 / 40, 9 / 40)
A4 = (44 / 45, -56 / 15, 32 / 9)
A5 = (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729)
A6 = (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656)
B5 = (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84)
E = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)


@program(lambda r, s: (r.random(3) + 1, 0.0, 0.2 * s, 1e-6), main=0)
def rk45_lorenz(y, t, t_end, tol):
    """Dormand and Prince's pair with step control."""
    h = 0.01
    accepted = 0
    while t < t_end:
        h = min(h, t_end - t)
        ks = [lorenz(y)]
        for row in ((A21,), A3, A4, A5, A6, B5):
            ks.append(lorenz(y + h * sum(a * k for a, k in zip(row, ks))))
        error = np.max(np.abs(h * sum(e * k for e, k in zip(E, ks))))
        if error <= tol:
            t += h
            y = y + h * sum(b * k for b, k in zip(B5, ks))
            accepted += 1
        factor = 0.9 * (tol / max(error, 1e-16)) ** 0.2
        h *= min(5.0, max(0.2, factor))
    return y


class Oscillator:
    """A damped, driven oscillator."""

    def __init__(self, params):
        self.k = params["k"]
        self.c = params.get("c", 0.1)
        self.m = params["m"]

    def __call__(self, t, y):
        force = math.sin(t)
        return np.stack([y[1], (force - self.k * y[0] - self.c * y[1]) / self.m])


@program(lambda r, s: ({"k": np.float64(1.3), "c": np.float64(0.2), "m": np.float64(0.9)}, 12 * s), main=0)
def midpoint_oscillator(params, steps):
    f = Oscillator(params)
    y = np.array([1.0, 0.0])
    t, dt = 0.0, 0.05
    trace = np.empty(steps)
    for n in range(steps):
        half = y + dt / 2 * f(t, y)
        y += dt * f(t + dt / 2, half)
        t += dt
        trace[n] = y[0]
    return trace


@program(lambda r, s: (r.uniform(0.5, 5, 5 * s),), main=0)
def bisection(a):
    roots = np.zeros_like(a)
    for i in range(a.size):
        f = lambda x: x**3 + x - a[i]
        lo, hi = 0.0, a[i] + 1.0
        while hi - lo > 1e-8:
            mid = 0.5 * (lo + hi)
            if f(lo) * f(mid) <= 0:
                hi = mid
            else:
                lo = mid
        x = 0.5 * (lo + hi)
        roots[i] = x - f(x) / (3 * x**2 + 1)
    return roots


@program(lambda r, s: (r.uniform(1, 3, 5 * s), 1e-12), main=None)
def brent_like(c, tol):
    """Secant steps where they stay in the bracket, bisection where not."""
    out = np.zeros(len(c))
    for i, ci in enumerate(c):
        a, b = 0.0, 4.0
        fa, fb = np.exp(a) - ci - 1, np.exp(b) - ci - 1
        while abs(b - a) > tol and abs(fb) > tol:
            s = b - fb * (b - a) / (fb - fa)
            if not (min(a, b) < s < max(a, b)):
                s = (a + b) / 2
            fs = np.exp(s) - ci - 1
            if fa * fs < 0:
                b, fb = s, fs
            else:
                a, fa = s, fs
                a, b, fa, fb = b, a, fb, fa
        out[i] = b
    return out


def g(x, w):
    return np.exp(-w * x * x) * np.cos(3 * x)


def simpson_rule(fa, fm, fb, h):
    return h / 6 * (fa + 4 * fm + fb)


@program(lambda r, s: (0.0, 2.0, 1.3, 1e-6), main=2)
def adaptive_simpson(a, b, w, tol):
    """With a list of open intervals instead of recursion."""
    total = 0.0
    stack = np.zeros((64, 2))
    stack[0] = a, b
    top = 1
    while top > 0:
        top -= 1
        lo, hi = stack[top]
        mid = (lo + hi) / 2
        fl, fm, fh = g(lo, w), g(mid, w), g(hi, w)
        whole = simpson_rule(fl, fm, fh, hi - lo)
        left = simpson_rule(fl, g((lo + mid) / 2, w), fm, mid - lo)
        right = simpson_rule(fm, g((mid + hi) / 2, w), fh, hi - mid)
        if abs(left + right - whole) < 15 * tol * (hi - lo):
            total += left + right + (left + right - whole) / 15
        else:
            stack[top] = lo, mid
            stack[top + 1] = mid, hi
            top += 2
    return total


@program(lambda r, s: (0.0, 2.0, 1.3, 1e-6), main=2, error="calls itself without an end that is known")
def recursive_simpson(a, b, w, tol):
    """How deep it goes depends on data."""
    mid = (a + b) / 2
    whole = simpson_rule(g(a, w), g(mid, w), g(b, w), b - a)
    left = simpson_rule(g(a, w), g((a + mid) / 2, w), g(mid, w), mid - a)
    right = simpson_rule(g(mid, w), g((mid + b) / 2, w), g(b, w), b - mid)
    if abs(left + right - whole) < 15 * tol:
        return left + right + (left + right - whole) / 15
    return recursive_simpson(a, mid, w, tol / 2) + recursive_simpson(mid, b, w, tol / 2)


@program(lambda r, s: (0.0, 2.0, 1.3, 1e-4, 3), main=2)
def recursive_simpson_to_a_depth(a, b, w, tol, depth):
    mid = (a + b) / 2
    whole = simpson_rule(g(a, w), g(mid, w), g(b, w), b - a)
    left = simpson_rule(g(a, w), g((a + mid) / 2, w), g(mid, w), mid - a)
    right = simpson_rule(g(mid, w), g((mid + b) / 2, w), g(b, w), b - mid)
    if depth == 0 or abs(left + right - whole) < 15 * tol:
        return left + right + (left + right - whole) / 15
    first = recursive_simpson_to_a_depth(a, mid, w, tol / 2, depth - 1)
    return first + recursive_simpson_to_a_depth(mid, b, w, tol / 2, depth - 1)


@program(lambda r, s: (np.sort(r.random(6 * s)) * 3, r.random(6 * s + 4)), main=1)
def bspline(t, control):
    """A cubic B-spline on uniform knots by de Boor's recursion."""
    degree = 3
    knots = np.arange(len(control) + degree + 1, dtype=float)
    out = np.empty_like(t)
    for n in range(len(t)):
        x = t[n] + degree
        k = int(x)
        d = control[k - degree : k + 1].copy()
        for r in range(1, degree + 1):
            for j in range(degree, r - 1, -1):
                lo = knots[j + k - degree]
                alpha = (x - lo) / (knots[j + 1 + k - r] - lo)
                d[j] = (1.0 - alpha) * d[j - 1] + alpha * d[j]
        out[n] = d[degree]
    return out


@program(lambda r, s: (np.sort(r.random(6 * s)), r.random(6 * s), r.random(5)), main=1)
def newton_interpolation(xs, ys, queries):
    n = len(xs)
    coef = ys.copy()
    for j in range(1, min(n, 6)):
        coef[j:n] = (coef[j:n] - coef[j - 1 : n - 1]) / (xs[j:n] - xs[: n - j])
    result = np.zeros_like(queries)
    for k in range(min(n, 6) - 1, -1, -1):
        result = result * (queries - xs[k]) + coef[k]
    return result


@program(lambda r, s: (np.array([1.0, 0.5, 0.2]), np.linspace(0, 3, 6 * s), r.random(6 * s), 3), main=0)
def levenberg_marquardt(p, x, y, steps):
    lam = 1e-2

    def residuals(p):
        return p[0] * np.exp(-p[1] * x) + p[2] - y

    cost = np.sum(residuals(p) ** 2)
    for _ in range(steps):
        J = np.column_stack([np.exp(-p[1] * x), -p[0] * x * np.exp(-p[1] * x), np.ones_like(x)])
        r = residuals(p)
        H = J.T @ J
        step = np.linalg.solve(H + lam * np.diag(np.diag(H)), -J.T @ r)
        trial = np.sum(residuals(p + step) ** 2)
        if trial < cost:
            p, cost = p + step, trial
            lam /= 3
        else:
            lam *= 2
    return p, cost


@program(lambda r, s: (r.random(6 * s), r.random((5, 6 * s)), r.random((5, 6 * s)) + 0.2), main=0)
def lbfgs_two_loop(grad, S, Y):
    m = len(S)
    q = grad.copy()
    alphas = np.zeros(m)
    rhos = [1.0 / (Y[i] @ S[i]) for i in range(m)]
    for i in range(m - 1, -1, -1):
        alphas[i] = rhos[i] * np.dot(S[i], q)
        q -= alphas[i] * Y[i]
    gamma = (S[-1] @ Y[-1]) / (Y[-1] @ Y[-1])
    r = gamma * q
    for i in range(m):
        beta = rhos[i] * (Y[i] @ r)
        r += S[i] * (alphas[i] - beta)
    return -r


@program(lambda r, s: (r.random(6 * s), positive_definite(r, 6 * s), 0.05, 0.8, 9), main=0)
def momentum_descent(x, A, lr, mu, steps):
    v = np.zeros_like(x)
    history = []
    for k in range(steps):
        grad = A @ x + 4 * x**3
        v = mu * v - lr * grad
        x = x + v
        history.append(0.5 * x @ A @ x + np.sum(x**4))
    return x, history


@program(lambda r, s: (r.uniform(80, 120, 7 * s), 100.0, 0.03, 0.25, r.uniform(0.2, 2, 7 * s)), main=0)
def black_scholes(S, K, r, sigma, T):
    def cdf(x):
        return 0.5 * (1.0 + np.array([math.erf(v / math.sqrt(2.0)) for v in x]))

    d1 = (np.log(S / K) + (r + sigma**2 / 2) * T) / (sigma * np.sqrt(T))
    d2 = d1 - sigma * np.sqrt(T)
    call = S * cdf(d1) - K * np.exp(-r * T) * cdf(d2)
    put = call - S + K * np.exp(-r * T)
    return call, put


@program(lambda r, s: (r.standard_normal((6 * s, 5)),), main=0)
def nelder_mead_step(simplex):
    def f(x):
        return np.sum((x - np.arange(5)) ** 2) + 10 * np.sin(x[0]) ** 2

    points = simplex[:6].copy()
    values = np.array([f(p) for p in points])
    for _ in range(8):
        order = np.argsort(values)
        points, values = points[order], values[order]
        centre = points[:-1].mean(axis=0)
        reflected = 2 * centre - points[-1]
        fr = f(reflected)
        if fr < values[0]:
            expanded = 3 * centre - 2 * points[-1]
            fe = f(expanded)
            points[-1], values[-1] = (expanded, fe) if fe < fr else (reflected, fr)
        elif fr < values[-2]:
            points[-1], values[-1] = reflected, fr
        else:
            points[-1] = 0.5 * (centre + points[-1])
            values[-1] = f(points[-1])
    return values.min()


METHODS = [
    lambda f, y, h: y + h * f(y),
    lambda f, y, h: y + h * f(y + h / 2 * f(y)),
    lambda f, y, h: y + h / 2 * (f(y) + f(y + h * f(y))),
]


@program(lambda r, s: (r.random(6 * s), 0.1), main=0)
def compare_methods(y0, h):
    def logistic(y):
        return y * (1 - y)

    ends = []
    for method in METHODS:
        y = y0
        for _ in range(6):
            y = method(logistic, y, h)
        ends.append(y)
    return np.array(ends)
