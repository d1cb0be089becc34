"""Bisection, secant, fixed points, descent with line search."""

import math

import numpy as np

from samples.pool import fixed, normal, sample, scalar, uniform


@sample(scalar(1.0, 5.0), order=0, dtypes="f64")
def bisection(a):
    low, high = 0.0, a + 1
    while high - low > 1e-10:
        mid = (low + high) / 2
        if mid * mid > a:
            high = mid
        else:
            low = mid
    return (low + high) / 2


@sample(scalar(1.0, 5.0), dtypes="f64")
def secant(a):
    x0, x1 = 1.0, 1.0 + a
    f0, f1 = x0**3 - a, x1**3 - a
    for _ in range(60):
        if abs(f1) < 1e-11:
            break
        x0, x1 = x1, x1 - f1 * (x1 - x0) / (f1 - f0)
        f0, f1 = f1, x1**3 - a
    return x1


@sample(scalar(0.1, 0.9), dtypes="f64")
def fixed_point(a):
    x, old = 0.5, 1.0
    while abs(x - old) > 1e-13:
        old = x
        x = math.cos(a * x)
    return x


@sample(uniform(3, low=0.5, high=3))
def elementwise_newton(a):
    x = 0.5 * (1 + a)
    for _ in range(5):
        x = x - (x * x - a) / (2 * x)
    return x


@sample(scalar(0.2, 3.0))
def log_by_newton(y):
    x = 0.0
    for _ in range(6):
        x = x - 1 + y * math.exp(-x)
    return x


@sample(normal(2), fixed(20))
def gradient_descent(target, steps):
    x = np.zeros(2)
    for _ in range(steps):
        g = 2 * (x - target) + 0.4 * x**3
        x = x - 0.1 * g
    return x


@sample(normal(2))
def backtracking_step(x):
    def f(v):
        return np.sum(v**4) + np.sum(v**2)

    g = 4 * x**3 + 2 * x
    step = 1.0
    while f(x - step * g) > f(x) - 0.1 * step * np.sum(g * g):
        step = step * 0.5
    return x - step * g


@sample(scalar(0.5, 2.0), scalar(0.5, 2.0))
def two_equations(a, b):
    x = np.array([1.0, 1.0])
    for _ in range(5):
        f = np.array([x[0] ** 2 + x[1] - a - 1, x[1] ** 2 + x[0] - b - 1])
        jac = np.array([[2 * x[0], 1.0], [1.0, 2 * x[1] + 2]])
        x = x - np.linalg.solve(jac, f)
    return x


@sample(scalar(0.05, 0.3))
def golden_section(a):
    inv = 0.6180339887
    low, high = 0.0, 2.0
    for _ in range(12):
        c, d = high - inv * (high - low), low + inv * (high - low)
        if (c - 1) ** 2 + a * c < (d - 1) ** 2 + a * d:
            high = d
        else:
            low = c
    return (low + high) / 2 * a
