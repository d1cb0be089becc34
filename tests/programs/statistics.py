"""Statistics, filters and clustering."""

import numpy as np

from programs.pool import positive_definite, program


@program(lambda r, s: (6 * s * 1.0, r.random((6 * s, 5))), main=1, writes=True)
def covariance(float_n, data):
    mean = np.mean(data, axis=0)
    M = data.shape[1]
    data -= mean
    cov = np.zeros((M, M), dtype=data.dtype)
    for i in range(M):
        cov[i:M, i] = data[:, i] @ data[:, i:M] / (float_n - 1.0)
        cov[i, i:M] = cov[i:M, i]
    return cov


@program(lambda r, s: (6.0 * s, r.random((6 * s, 5))), main=1, writes=True)
def correlation(float_n, data):
    M = data.shape[1]
    mean = np.mean(data, axis=0)
    stddev = np.std(data, axis=0)
    stddev[stddev <= 0.1] = 1.0
    data -= mean
    data /= np.sqrt(float_n) * stddev
    corr = np.eye(M, dtype=data.dtype)
    for i in range(M - 1):
        corr[i + 1 : M, i] = corr[i, i + 1 : M] = data[:, i] @ data[:, i + 1 : M]
    return corr


@program(lambda r, s: (r.random((10 * s, 2)), r.random((3, 2))), main=0)
def kmeans(X, C):
    for _ in range(3):
        d = ((X[:, None, :] - C[None, :, :]) ** 2).sum(axis=2)
        labels = np.argmin(d, axis=1)
        new = np.zeros_like(C)
        for k in range(C.shape[0]):
            members = labels == k
            if members.any():
                new[k] = X[members].mean(axis=0)
        C = new
    return C


@program(lambda r, s: (r.random((10 * s, 2)), r.random((5, 2))), main=0)
def kmeans_by_points(X, C):
    n, dim = X.shape
    centres = C.copy()
    for _ in range(3):
        sums = np.zeros_like(centres)
        counts = np.zeros(len(centres))
        for i in range(n):
            best, nearest = np.inf, 0
            for k in range(len(centres)):
                dist = 0.0
                for j in range(dim):
                    dist += (X[i, j] - centres[k, j]) ** 2
                if dist < best:
                    best, nearest = dist, k
            sums[nearest] += X[i]
            counts[nearest] += 1
        for k in range(len(centres)):
            if counts[k] > 0:
                centres[k] = sums[k] / counts[k]
    return centres


def kalman_arguments(r, s):
    F = np.eye(4)
    F[0, 2] = F[1, 3] = 0.1
    H = np.eye(2, 4)
    return {"F": F, "H": H, "Q": 0.01 * np.eye(4), "R": 0.1 * np.eye(2)}, r.random((6 * s, 2)), r.random(4)


@program(kalman_arguments, main=2)
def kalman_filter(model, zs, x0):
    F, H, Q, R = model["F"], model["H"], model["Q"], model["R"]
    x, P = x0, np.eye(len(x0))
    xs = np.zeros((len(zs), len(x0)))
    loglik = 0.0
    for t, z in enumerate(zs):
        x = F @ x
        P = F @ P @ F.T + Q
        y = z - H @ x
        S = H @ P @ H.T + R
        K = P @ H.T @ np.linalg.inv(S)
        x = x + K @ y
        P = (np.eye(4) - K @ H) @ P
        loglik += -0.5 * (y @ np.linalg.solve(S, y) + np.log(np.linalg.det(2 * np.pi * S)))
        xs[t] = x
    return xs, loglik


@program(lambda r, s: (np.array([0.4, 0.8, 0.1]), np.linspace(0, 2, 5 * s), r.random(5 * s)), main=0)
def gaussian_process(theta, x, y):
    length, amplitude, noise = theta
    n = len(x)
    K = np.empty((n, n))
    for i in range(n):
        for j in range(i + 1):
            K[i, j] = K[j, i] = amplitude**2 * np.exp(-((x[i] - x[j]) ** 2) / (2 * length**2))
    K[np.diag_indices(n)] += noise**2
    L = np.linalg.cholesky(K)
    a = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return 0.5 * y @ a + np.log(np.diag(L)).sum() + 0.5 * n * np.log(2 * np.pi)


@program(lambda r, s: (r.standard_normal((7 * s, 5)), r.integers(0, 2, 7 * s), 4), main=0)
def newton_logistic(X, y, iterations):
    beta = np.zeros(X.shape[1])
    for _ in range(iterations):
        mu = 1 / (1 + np.exp(-(X @ beta)))
        W = mu * (1 - mu)
        hessian = (X.T * W) @ X + 0.1 * np.eye(X.shape[1])
        beta += np.linalg.solve(hessian, X.T @ (y - mu) - 0.1 * beta)
    return beta


@program(lambda r, s: (r.random((6 * s, 2)), r.integers(0, 5, 6 * s)), main=0)
def group_means(values, group):
    sums = np.zeros((5, values.shape[1]))
    counts = np.zeros(5)
    np.add.at(sums, group, values)
    np.add.at(counts, group, 1)
    counts[counts == 0] = 1
    return sums / counts[:, np.newaxis]


@program(lambda r, s: (r.random(9 * s), 4, 0.3), main=0)
def moving_averages(x, window, alpha):
    out = np.zeros(len(x) - window + 1)
    running = x[:window].sum()
    out[0] = running / window
    for i in range(1, len(out)):
        running += x[i + window - 1] - x[i - 1]
        out[i] = running / window
    smooth = np.empty_like(x)
    smooth[0] = x[0]
    for i in range(1, x.size):
        smooth[i] = alpha * x[i] + (1 - alpha) * smooth[i - 1]
    return out, smooth


@program(lambda r, s: (r.standard_normal(9 * s) * 0.02, np.array([1e-5, 0.1, 0.8])), main=1)
def garch(returns, params):
    omega, a, b = params
    var = np.empty(len(returns))
    var[0] = np.mean(returns**2)
    for t in range(1, len(returns)):
        var[t] = omega + a * returns[t - 1] ** 2 + b * var[t - 1]
    return 0.5 * np.sum(np.log(var) + returns**2 / var)


@program(lambda r, s: (r.random((8 * s, 5)), r.random(8 * s), 0.05, 6), main=0)
def lasso(X, y, lam, sweeps):
    n, d = X.shape
    w = np.zeros(d)
    residual = y.copy()
    for _ in range(sweeps):
        for j in range(d):
            residual += X[:, j] * w[j]
            rho = X[:, j] @ residual / n
            z = (X[:, j] ** 2).sum() / n
            if rho > lam:
                w[j] = (rho - lam) / z
            elif rho < -lam:
                w[j] = (rho + lam) / z
            else:
                w[j] = 0.0
            residual -= X[:, j] * w[j]
    return w


@program(lambda r, s: (positive_definite(r, 5 * s), r.random(5 * s), r.standard_normal((6, 5 * s))), main=1)
def hamiltonian_leapfrog(precision, start, momenta):
    x = start.copy()
    samples = np.zeros_like(momenta)
    for n, p0 in enumerate(momenta):
        p = p0.copy()
        p -= 0.05 * (precision @ x)
        for _ in range(4):
            x += 0.1 * p
            p -= 0.1 * (precision @ x)
        x += 0.1 * p
        p -= 0.05 * (precision @ x)
        samples[n] = x
    return samples


@program(lambda r, s: (r.random((6 * s, 6)),), main=0)
def pagerank(weights):
    n = weights.shape[1]
    M = weights[:n] / weights[:n].sum(axis=0)
    rank = np.full(n, 1 / n)
    d = 0.85
    while True:
        new = (1 - d) / n + d * M @ rank
        if np.abs(new - rank).sum() < 1e-6:
            return new
        rank = new
