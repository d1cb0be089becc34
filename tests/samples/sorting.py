"""sort, argsort, searchsorted, medians, and sorting written by hand."""

import numpy as np

from samples.pool import apart, normal, sample, scalar


@sample(apart(6))
def sort(x):
    return np.sort(x) * np.arange(6)


@sample(apart(6), normal(6))
def argsort(x, y):
    order = np.argsort(x)
    return y[order] * x[order]


@sample(apart(7))
def median(x):
    return np.median(x) ** 2 + np.sort(x)[-2]


@sample(normal(3, 4))
def sort_rows(a):
    return np.sort(a, axis=1)[:, ::-1] + np.sort(a, axis=0)


@sample(apart(5), scalar(-0.5, 0.5))
def position(x, v):
    s = np.sort(x)
    return v * np.searchsorted(s, v) + s[0]


@sample(apart(6))
def insertion_sort(x):
    y = x.copy()
    for i in range(1, len(y)):
        v = y[i]
        j = i - 1
        while j >= 0 and y[j] > v:
            y[j + 1] = y[j]
            j -= 1
        y[j + 1] = v
    return y * np.arange(len(y))


@sample(apart(8))
def trimmed_mean(x):
    s = np.sort(x)
    return np.mean(s[2:-2]) ** 3


@sample(apart(6), apart(6))
def rank_correlation(x, y):
    rx = np.argsort(np.argsort(x))
    return np.sum(rx * y) / len(x)


@sample(normal(5), normal(5))
def piecewise_linear(x, values):
    knots = np.linspace(-3, 3, 5)
    i = np.clip(np.searchsorted(knots, x) - 1, 0, 3)
    t = (x - knots[i]) / (knots[i + 1] - knots[i])
    return values[i] * (1 - t) + values[i + 1] * t
