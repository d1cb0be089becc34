"""Likelihoods, regressions, kernels, distances."""

import math

import numpy as np

from samples.pool import fixed, ints, normal, positive_definite, sample, scalar, uniform


@sample(normal(4), scalar(), scalar(0.5, 2))
def gaussian_log_likelihood(x, mu, sigma):
    z = (x - mu) / sigma
    return np.sum(-0.5 * z**2 - np.log(sigma) - 0.5 * math.log(2 * math.pi))


@sample(normal(3), normal(5, 3), fixed(np.array([0, 1, 1, 0, 1])))
def logistic_regression(w, x, y):
    logits = x @ w
    return np.mean(np.logaddexp(0.0, logits) - y * logits)


@sample(normal(4, 3), ints(4, high=3))
def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_z = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(log_z - shifted[np.arange(len(labels)), labels])


@sample(normal(2), normal(6), normal(6))
def linear_regression_loss(w, x, y):
    residual = w[0] * x + w[1] - y
    return np.mean(residual**2) + 0.1 * np.sum(w**2)


@sample(normal(3, 2), normal(4, 2), scalar(0.5, 2))
def rbf_kernel(x, y, length):
    d = x[:, None, :] - y[None, :, :]
    return np.exp(-np.sum(d * d, axis=-1) / (2 * length**2))


@sample(normal(5), normal(5))
def correlation(x, y):
    x = x - x.mean()
    y = y - y.mean()
    return x @ y / np.sqrt((x @ x) * (y @ y))


@sample(normal(6, 3))
def covariance(x):
    centred = x - x.mean(axis=0)
    return centred.T @ centred / (len(x) - 1)


@sample(normal(5), uniform(3), normal(3), uniform(3))
def mixture_log_likelihood(x, weights, means, sigmas):
    p = weights / np.sum(weights)
    z = (x[:, None] - means) / sigmas
    density = p * np.exp(-0.5 * z * z) / sigmas
    return np.sum(np.log(np.sum(density, axis=1)))


@sample(normal(6, shift=0.3), scalar(0.3, 1.0))
def huber_loss(r, delta):
    a = np.abs(r)
    return np.sum(np.where(a <= delta, 0.5 * r * r, delta * (a - 0.5 * delta)))


@sample(normal(2), normal(3, 2))
def nearest_neighbour(x, points):
    best = 1e9
    for p in points:
        d = np.sum((x - p) ** 2)
        if d < best:
            best = d
    return best


@sample(uniform(4), uniform(4))
def kl_divergence(p, q):
    p = p / p.sum()
    q = q / q.sum()
    return np.sum(p * np.log(p / q))


@sample(normal(5))
def standardise(x):
    return (x - np.mean(x)) / (np.std(x) + 1e-3)


@sample(normal(5))
def online_variance(x):
    mean, m2, n = 0.0, 0.0, 0
    for v in x:
        n += 1
        delta = v - mean
        mean += delta / n
        m2 += delta * (v - mean)
    return m2 / (n - 1)


@sample(positive_definite(3), normal(3), normal(3))
def mahalanobis(cov, x, mu):
    d = x - mu
    return np.sqrt(d @ np.linalg.solve(cov, d))


@sample(uniform(), uniform(low=5, high=15), scalar(0.1, 0.5), dtypes="f64")
def black_scholes(rate, spot, sigma):
    strike, t = 10.0, 1.0
    d1 = (math.log(spot / strike) + (0.1 * rate + sigma**2 / 2) * t) / (sigma * math.sqrt(t))
    d2 = d1 - sigma * math.sqrt(t)
    cdf = lambda z: 0.5 * (1 + math.erf(z / math.sqrt(2)))
    return spot * cdf(d1) - strike * math.exp(-0.1 * rate * t) * cdf(d2)
