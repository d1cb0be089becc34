"""Products, solvers, decompositions."""

import numpy as np

from samples.pool import normal, positive_definite, sample, scalar, well_conditioned


@sample(normal(3, 4), normal(4), normal(3))
def bilinear(a, x, y):
    return y @ a @ x


@sample(normal(2, 3), normal(3, 4))
def matrix_product(a, b):
    return a @ b + np.matmul(a, b) * np.dot(a, b)


@sample(normal(2, 3, 4), normal(4, 2))
def batched_product(a, b):
    return np.matmul(a, b) ** 2


@sample(normal(3), normal(3))
def vector_products(x, y):
    return np.dot(x, y) * np.inner(x, y) + np.outer(x, y) + np.vdot(x, y)


@sample(normal(3), normal(3))
def cross_product(x, y):
    return np.cross(x, y) * x


@sample(well_conditioned(3, 3), normal(3))
def solve(a, b):
    return np.linalg.solve(a, b)


@sample(well_conditioned(3, 3), normal(3, 2))
def solve_many(a, b):
    return np.linalg.solve(a.T, b) ** 2


@sample(well_conditioned(3, 3))
def inverse(a):
    return np.linalg.inv(a) @ a + np.linalg.inv(a)


@sample(well_conditioned(2, 3, 3))
def determinants(a):
    return np.linalg.det(a) + np.linalg.det(a[0])


@sample(positive_definite(3))
def log_determinant(a):
    sign, logdet = np.linalg.slogdet(a)
    return sign * logdet


@sample(positive_definite(3), normal(3))
def gaussian_density(cov, x):
    low = np.linalg.cholesky((cov + cov.T) / 2)
    z = np.linalg.solve(low, x)
    return -0.5 * z @ z - np.sum(np.log(np.diag(low)))


@sample(positive_definite(3), loosen=10)
def eigenvalues(a):
    w, _ = np.linalg.eigh((a + a.T) / 2)
    return w


@sample(normal(4, 2), normal(4))
def least_squares(a, b):
    return np.linalg.solve(a.T @ a + 0.1 * np.eye(2), a.T @ b)


@sample(normal(3, 3), scalar(0.1, 1))
def matrix_power(a, t):
    m = np.eye(3)
    term = np.eye(3)
    for k in range(1, 6):
        term = term @ a * (t / k)
        m = m + term
    return m


@sample(normal(2, 2), normal(2, 3))
def kronecker(a, b):
    return np.kron(a, b) * 2


@sample(positive_definite(3), normal(3), dtypes="f64")
def conjugate_gradients(a, b):
    a = (a + a.T) / 2
    x = np.zeros(3)
    r = b - a @ x
    p = r
    rr = r @ r
    while rr > 1e-12:
        ap = a @ p
        alpha = rr / (p @ ap)
        x = x + alpha * p
        r = r - alpha * ap
        new = r @ r
        p = r + (new / rr) * p
        rr = new
    return x


@sample(positive_definite(3))
def cholesky_by_loops(a):
    n = a.shape[0]
    low = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= low[i, k] * low[j, k]
            if i == j:
                low[i, i] = np.sqrt(s)
            else:
                low[i, j] = s / low[j, j]
    return low


@sample(well_conditioned(3, 3), normal(3))
def gaussian_elimination(a, b):
    a = a.copy()
    x = b.copy()
    n = len(b)
    for k in range(n):
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            a[i, k:] -= factor * a[k, k:]
            x[i] -= factor * x[k]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            x[i] -= a[i, j] * x[j]
        x[i] /= a[i, i]
    return x


@sample(positive_definite(4), normal(4))
def power_iteration(a, v):
    for _ in range(4):
        v = a @ v
        v = v / np.linalg.norm(v)
    return v @ a @ v


@sample(normal(3, 3), normal(3, 2))
def matrix_multiplication_by_loops(a, b):
    n, k = a.shape
    m = b.shape[1]
    c = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            for p in range(k):
                c[i, j] += a[i, p] * b[p, j]
    return c
