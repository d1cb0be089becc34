"""Tables that are filled from smaller problems to larger ones."""

import numpy as np

from programs.pool import program


@program(lambda r, s: (8 * s, r.integers(0, 4, size=8 * s)))
def nussinov(N, seq):
    table = np.zeros((N, N), np.int32)
    for i in range(N - 1, -1, -1):
        for j in range(i + 1, N):
            if j - 1 >= 0:
                table[i, j] = max(table[i, j], table[i, j - 1])
            if i + 1 < N:
                table[i, j] = max(table[i, j], table[i + 1, j])
            if j - 1 >= 0 and i + 1 < N:
                if i < j - 1:
                    table[i, j] = max(table[i, j], table[i + 1, j - 1] + (1 if seq[i] + seq[j] == 3 else 0))
                else:
                    table[i, j] = max(table[i, j], table[i + 1, j - 1])
            for k in range(i + 1, j):
                table[i, j] = max(table[i, j], table[i, k] + table[k + 1, j])
    return table


@program(lambda r, s: (r.uniform(1, 9, (6 * s, 6 * s)),), main=0, writes=True)
def floyd_warshall(path):
    for k in range(path.shape[0]):
        path[:] = np.minimum(path[:], np.add.outer(path[:, k], path[k, :]))


@program(lambda r, s: (r.uniform(1, 9, (6 * s, 6 * s)),), main=0)
def floyd_warshall_by_elements(weights):
    n = len(weights)
    dist = weights.copy()
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if dist[i, k] + dist[k, j] < dist[i, j]:
                    dist[i, j] = dist[i, k] + dist[k, j]
    return dist


@program(lambda r, s: (r.random(7 * s), r.random(6)), main=0)
def dtw(a, b):
    n, m = len(a), len(b)
    D = np.full((n + 1, m + 1), np.inf)
    D[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = abs(a[i - 1] - b[j - 1])
            D[i, j] = cost + min(D[i - 1, j], D[i, j - 1], D[i - 1, j - 1])
    return D[n, m]


@program(lambda r, s: (r.random((7 * s, 2)), r.random((6, 2)), 0.3), main=0)
def soft_dtw(x, y, gamma):
    D = ((x[:, np.newaxis, :] - y[np.newaxis, :, :]) ** 2).sum(-1)
    n, m = D.shape
    R = np.zeros((n + 1, m + 1)) + 1e10
    R[0, 0] = 0

    def softmin(a, b, c):
        z = np.array([a, b, c]) / -gamma
        top = z.max()
        return -gamma * (np.log(np.sum(np.exp(z - top))) + top)

    for j in range(1, m + 1):
        for i in range(1, n + 1):
            R[i, j] = D[i - 1, j - 1] + softmin(R[i - 1, j - 1], R[i - 1, j], R[i, j - 1])
    return R[-1, -1]


@program(lambda r, s: (r.integers(0, 4, 8 * s), r.integers(0, 4, 7)))
def edit_distance(a, b):
    m, n = len(a), len(b)
    previous = list(range(n + 1))
    previous = np.array(previous)
    for i in range(1, m + 1):
        current = np.empty(n + 1, dtype=int)
        current[0] = i
        for j in range(1, n + 1):
            if a[i - 1] == b[j - 1]:
                current[j] = previous[j - 1]
            else:
                current[j] = 1 + min(previous[j], current[j - 1], previous[j - 1])
        previous = current
    return previous[n]


@program(lambda r, s: (r.integers(1, 7, 6 * s), r.uniform(1, 5, 6 * s), 11), main=1)
def knapsack(weights, values, capacity):
    best = np.zeros(capacity + 1)
    for w, v in zip(weights, values):
        for c in range(capacity, w - 1, -1):
            best[c] = max(best[c], best[c - w] + v)
    return best[capacity]


@program(lambda r, s: (r.integers(0, 4, 7 * s), r.integers(0, 4, 6), 3.1, -3.3, -2.07))
def smith_waterman(x, y, match, mismatch, gap):
    H = np.zeros((len(x) + 1, len(y) + 1))
    best, where = 0.0, (0, 0)
    for i in range(1, H.shape[0]):
        for j in range(1, H.shape[1]):
            diagonal = H[i - 1, j - 1] + (match if x[i - 1] == y[j - 1] else mismatch)
            H[i, j] = max(0.0, diagonal, H[i - 1, j] + gap, H[i, j - 1] + gap)
            if H[i, j] > best:
                best = H[i, j]
                where = (i, j)
    return best, where[0], where[1]


@program(lambda r, s: (r.uniform(0, 5, (7 * s, 6)),), main=0)
def minimum_path_sum(grid):
    cost = grid.copy()
    rows, cols = cost.shape
    for i in range(rows):
        for j in range(cols):
            if i == 0 and j == 0:
                continue
            elif i == 0:
                cost[i, j] += cost[i, j - 1]
            elif j == 0:
                cost[i, j] += cost[i - 1, j]
            else:
                cost[i, j] += min(cost[i - 1, j], cost[i, j - 1])
    return cost[-1, -1]


@program(lambda r, s: (r.uniform(1, 9, 6 * s),), main=0)
def matrix_chain(p):
    n = len(p) - 1
    m = np.zeros((n, n))
    for length in range(2, n + 1):
        for i in range(n - length + 1):
            j = i + length - 1
            m[i, j] = np.inf
            for k in range(i, j):
                q = m[i, k] + m[k + 1, j] + p[i] * p[k + 1] * p[j + 1]
                if q < m[i, j]:
                    m[i, j] = q
    return m[0, n - 1]


def markov(r, s):
    """Start, transitions, emissions, observations of a hidden Markov model."""
    rows = lambda a: a / a.sum(axis=-1, keepdims=True)
    return rows(r.random(5)), rows(r.random((5, 5))), rows(r.random((5, 6))), r.integers(0, 6, 6 * s)


@program(markov, main=1)
def hmm_forward(start, trans, emit, obs):
    T, S = len(obs), len(start)
    alpha = np.zeros((T, S))
    alpha[0] = start * emit[:, obs[0]]
    scale = np.empty(T)
    scale[0] = alpha[0].sum()
    alpha[0] /= scale[0]
    for t in range(1, T):
        for j in range(S):
            alpha[t, j] = alpha[t - 1] @ trans[:, j] * emit[j, obs[t]]
        scale[t] = alpha[t].sum()
        alpha[t] /= scale[t]
    return np.log(scale).sum()


@program(markov)
def viterbi(start, trans, emit, obs):
    T, S = len(obs), start.shape[0]
    score = np.log(start) + np.log(emit[:, obs[0]])
    back = np.zeros((T, S), dtype=int)
    for t in range(1, T):
        candidates = score[:, None] + np.log(trans)
        back[t] = candidates.argmax(axis=0)
        score = candidates.max(axis=0) + np.log(emit[:, obs[t]])
    path = np.zeros(T, dtype=int)
    path[-1] = np.argmax(score)
    for t in range(T - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path, score.max()


@program(markov, main=2)
def viterbi_score(start, trans, emit, obs):
    delta = start * emit[:, obs[0]]
    for o in obs[1:]:
        delta = np.max(delta[:, None] * trans, axis=0) * emit[:, o]
    return np.log(delta.max())


@program(lambda r, s: (r.uniform(-1, 1, 9 * s),), main=0)
def maximum_subarray(x):
    best = here = x[0]
    for v in x[1:]:
        here = max(v, here + v)
        best = max(best, here)
    return best


@program(lambda r, s: (100.0, 95.0, 0.05, 0.2, 1.0, 8 * s))
def american_put_value(S, K, r, sigma, T, steps):
    dt = T / steps
    u = np.exp(sigma * np.sqrt(dt))
    d = 1.0 / u
    p = (np.exp(r * dt) - d) / (u - d)
    V = np.maximum(K - S * u ** np.arange(-steps, steps + 1, 2.0), 0.0)
    for i in range(steps - 1, -1, -1):
        for j in range(i + 1):
            hold = np.exp(-r * dt) * ((1 - p) * V[j] + p * V[j + 1])
            V[j] = max(hold, K - S * u ** (2.0 * j - i))
    return V[0]


@program(lambda r, s: (np.array([100.0, 95.0, 0.05, 0.2, 1.0]), 8 * s), main=0)
def binomial_option(params, steps):
    S, K, r, sigma, T = params
    dt = T / steps
    u = np.exp(sigma * np.sqrt(dt))
    d = 1 / u
    q = (np.exp(r * dt) - d) / (u - d)
    discount = np.exp(-r * dt)
    prices = S * d ** np.arange(steps, -1, -1) * u ** np.arange(0, steps + 1)
    values = np.maximum(prices - K, 0)
    for i in range(steps):
        values[: steps - i] = discount * (q * values[1 : steps - i + 1] + (1 - q) * values[: steps - i])
    return values[0]
