"""Reductions with axis and keepdims, norms, counts, logical reductions."""

import numpy as np

from samples.pool import apart, fixed, normal, sample, uniform


@sample(normal(3, 4))
def sums(a):
    return np.sum(a) * np.sum(a, axis=0) + np.sum(a, axis=1, keepdims=True)[0]


@sample(normal(2, 3, 4))
def sum_of_two_axes(a):
    return np.sum(a**2, axis=(0, 2)) + a.sum(axis=(-1, 0)) * 0.5


@sample(normal(3, 4), fixed(1))
def axis_argument(a, axis):
    return np.mean(a, axis=axis) - np.max(a, axis=axis)


@sample(uniform(4))
def products(x):
    return np.prod(x) + np.prod(x[:2]) * x


@sample(normal(3, 4))
def maxima(a):
    return np.max(a, axis=0) * np.min(a) + np.amax(a)


@sample(normal(3, 4))
def spread(a):
    return np.ptp(a, axis=1) * np.mean(a)


@sample(normal(5))
def variance_and_deviation(x):
    return np.var(x) + np.std(x, ddof=1) * x


@sample(normal(4, 3))
def softmax(a):
    shifted = a - np.max(a, axis=1, keepdims=True)
    e = np.exp(shifted)
    return e / np.sum(e, axis=1, keepdims=True)


@sample(normal(4, 3))
def log_sum_exp(a):
    m = a.max(axis=-1)
    return m + np.log(np.sum(np.exp(a - m[:, None]), axis=-1))


@sample(normal(5), normal(5), normal(5))
def fused_sum(x, y, z):
    return np.sum(x + y * z)


@sample(uniform(5), uniform(5))
def weighted_average(x, w):
    return np.average(x, weights=w) + np.average(x)


@sample(normal(6), order=1)
def logical_reductions(x):
    both = np.any(x > 0.5) and np.all(x < 10)
    return np.sum(x) * both + np.count_nonzero(x > 0)


@sample(apart(7))
def argument_of_extremes(x):
    return x[np.argmax(x)] ** 2 + x[np.argmin(x)] + np.argmax(x)


@sample(normal(3, 4))
def arguments_along_axis(a):
    return np.argmax(a, axis=1) + a[np.arange(3), np.argmin(a, axis=1)]


@sample(normal(5))
def norms(x):
    return np.linalg.norm(x) + np.linalg.norm(x, 1) * np.linalg.norm(x, np.inf)


@sample(normal(3, 4))
def norm_of_rows(a):
    return a / np.linalg.norm(a, axis=1, keepdims=True) + np.linalg.norm(a)


@sample(normal(2, 3))
def nan_free_reductions(a):
    return np.nansum(a) + np.sum(a, dtype=np.float64, axis=0)


@sample(uniform(3, 3))
def sum_where(a):
    return np.sum(a * (a > 0.7)) / (1 + np.sum(a > 0.7))
