"""Cumulative operations and recurrences."""

import numpy as np

from samples.pool import fixed, normal, sample, scalar, uniform


@sample(normal(5))
def cumulative_sum(x):
    return np.cumsum(x) ** 2


@sample(uniform(5))
def cumulative_product(x):
    return np.cumprod(x) + x


@sample(normal(3, 4))
def cumulative_along_axes(a):
    return np.cumsum(a, axis=0) * np.cumsum(a, axis=1)


@sample(normal(6), scalar(0.1, 0.9))
def exponential_smoothing(x, alpha):
    y = np.zeros(6)
    s = x[0]
    for i in range(6):
        s = alpha * x[i] + (1 - alpha) * s
        y[i] = s
    return y


@sample(normal(6), scalar(-0.5, 0.5), scalar(-0.3, 0.3))
def autoregression(noise, a, b):
    y = np.zeros(8)
    for t in range(2, 8):
        y[t] = a * y[t - 1] + b * y[t - 2] + noise[t - 2]
    return y


@sample(normal(3, 3, scale=0.4), normal(3, 2), normal(5, 2))
def recurrent_network(w, u, xs):
    h = np.zeros(3)
    for x in xs:
        h = np.tanh(w @ h + u @ x)
    return h


@sample(normal(5))
def collected_states(x):
    states = []
    s = 0.0
    for i in range(5):
        s = 0.8 * s + x[i]
        states.append(s)
    return np.array(states)


@sample(uniform(5, low=0.1, high=0.9))
def running_maximum(x):
    out = np.empty(5)
    m = -1.0
    for i in range(5):
        m = max(m, x[i])
        out[i] = m
    return out


@sample(normal(6), normal(3))
def convolution_by_loops(x, k):
    n, m = len(x), len(k)
    y = np.zeros(n - m + 1)
    for i in range(n - m + 1):
        for j in range(m):
            y[i] += x[i + j] * k[m - 1 - j]
    return y


@sample(scalar(2.5, 3.4), scalar(0.2, 0.8), fixed(6))
def logistic_map(r, x, steps):
    for _ in range(steps):
        x = r * x * (1 - x)
    return x


@sample(normal(4), normal(4))
def differences(x, y):
    return np.diff(x) * np.diff(y) + np.diff(x * y)


@sample(uniform(6), uniform(6))
def trapezoid(y, dx):
    t = np.cumsum(dx)
    return np.sum(0.5 * (y[1:] + y[:-1]) * np.diff(t))
