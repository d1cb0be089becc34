"""Alignments, graphs, images and resampling: tables, queues, tracebacks, sorted keys."""

import numpy as np

from programs.pool import program


@program(lambda r, s: (r.random(8 * s), r.random(7 * s), 3), main=0)
def dtw_window(x, y, w):
    n, m = x.shape[0], y.shape[0]
    w = max(w, abs(n - m))
    cost = np.full((n + 1, m + 1), np.inf)
    cost[0, 0] = 0
    for i in range(1, n + 1):
        for j in range(max(1, i - w), min(m, i + w) + 1):
            cost[i, j] = (x[i - 1] - y[j - 1]) ** 2 + min(
                (cost[i - 1, j], cost[i, j - 1], cost[i - 1, j - 1])
            )
    path = [(n, m)]
    i, j = n, m
    while (i, j) != (1, 1):
        i, j = min([(i - 1, j), (i, j - 1), (i - 1, j - 1)], key=lambda ij: cost[ij])
        path.append((i, j))
    return np.sqrt(cost[n, m]), len(path)


@program(lambda r, s: (r.integers(0, 4, 7 * s), r.integers(0, 4, 6 * s), 1.0, -1.0, -2.0))
def needleman_wunsch_traceback(a, b, match=1.0, mismatch=-1.0, gap=-2.0):
    n, m = len(a), len(b)
    F = np.zeros((n + 1, m + 1))
    F[:, 0] = gap * np.arange(n + 1)
    F[0, :] = gap * np.arange(m + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            s = match if a[i - 1] == b[j - 1] else mismatch
            F[i, j] = max(F[i - 1, j - 1] + s, F[i - 1, j] + gap, F[i, j - 1] + gap)
    left, right = [], []
    i, j = n, m
    while i > 0 or j > 0:
        if i > 0 and j > 0 and F[i, j] == F[i - 1, j - 1] + (match if a[i - 1] == b[j - 1] else mismatch):
            left.append(a[i - 1])
            right.append(b[j - 1])
            i -= 1
            j -= 1
        elif i > 0 and F[i, j] == F[i - 1, j] + gap:
            left.append(a[i - 1])
            right.append(-1)
            i -= 1
        else:
            left.append(-1)
            right.append(b[j - 1])
            j -= 1
    return F[n, m], np.array(left[::-1]), np.array(right[::-1])


def hmm(r, s):
    rows = lambda a: a / a.sum(axis=-1, keepdims=True)
    return rows(r.random(3)), rows(r.random((3, 3))), rows(r.random((3, 4))), r.integers(0, 4, 6 * s)


@program(hmm, main=1)
def baum_welch_step(pi, A, B, obs):
    N, T = A.shape[0], len(obs)
    alpha = np.zeros((T, N))
    beta = np.ones((T, N))
    c = np.zeros(T)
    for t, o in enumerate(obs):
        alpha[t] = (pi if t == 0 else alpha[t - 1] @ A) * B[:, o]
        c[t] = 1.0 / alpha[t].sum()
        alpha[t] *= c[t]
    for t in reversed(range(T - 1)):
        beta[t] = c[t] * (A @ (B[:, obs[t + 1]] * beta[t + 1]))
    gamma = alpha * beta
    gamma /= gamma.sum(axis=1, keepdims=True)
    xi = np.zeros((N, N))
    for t in range(T - 1):
        x = alpha[t][:, None] * A * B[:, obs[t + 1]][None, :] * beta[t + 1][None, :]
        xi += x / x.sum()
    newA = xi / gamma[:-1].sum(0)[:, None]
    newB = np.zeros_like(B)
    for k in range(B.shape[1]):
        newB[:, k] = gamma[obs == k].sum(axis=0)
    newB /= gamma.sum(axis=0)[:, np.newaxis]
    return gamma[0], newA, newB, -np.log(c).sum()


@program(lambda r, s: (r.uniform(1, 9, 5 * s), r.random(5 * s + 1)), main=0)
def optimal_bst(p, q):
    n = len(p)
    e = np.zeros((n + 2, n + 1))
    w = np.zeros((n + 2, n + 1))
    for i in range(1, n + 2):
        e[i, i - 1] = w[i, i - 1] = q[i - 1]
    for l in range(1, n + 1):
        for i in range(1, n - l + 2):
            j = i + l - 1
            w[i, j] = w[i, j - 1] + p[j - 1] + q[j]
            e[i, j] = min(e[i, r - 1] + e[r + 1, j] + w[i, j] for r in range(i, j + 1))
    return e[1, n]


@program(lambda r, s: (np.triu(r.random((6 * s, 6 * s)) < 0.4, 1),))
def topological_sort(adj):
    indegree = adj.sum(axis=0)
    ready = [i for i in range(len(adj)) if indegree[i] == 0]
    order = []
    while ready:
        node = ready.pop(0)
        order.append(node)
        for m in np.flatnonzero(adj[node]):
            indegree[m] -= 1
            if indegree[m] == 0:
                ready.append(m)
    return np.array(order)


@program(lambda r, s: (r.random(8 * s), r.integers(0, 6 * s, 8 * s), r.integers(0, 6 * s, 8 * s), 6 * s))
def kruskal(w, us, vs, n):
    parent = list(range(n))
    rank = [0] * n

    def find(x):
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    total, count = 0.0, 0
    for k in sorted(range(len(w)), key=lambda k: w[k]):
        a, b = find(us[k]), find(vs[k])
        if a == b:
            continue
        if rank[a] < rank[b]:
            a, b = b, a
        parent[b] = a
        if rank[a] == rank[b]:
            rank[a] += 1
        total += w[k]
        count += 1
    return total, count


@program(lambda r, s: ((r.random((6 * s, 7)) < 0.7),))
def chamfer_distance(mask):
    h, w = mask.shape
    d = np.where(mask, 1e6, 0.0)
    for y in range(h):
        for x in range(w):
            for dy, dx, c in ((0, -1, 3), (-1, -1, 4), (-1, 0, 3), (-1, 1, 4)):
                yy, xx = y + dy, x + dx
                if 0 <= yy < h and 0 <= xx < w:
                    d[y, x] = min(d[y, x], d[yy, xx] + c)
    for y in range(h)[::-1]:
        for x in reversed(range(w)):
            for dy, dx, c in [(0, 1, 3), (1, 1, 4), (1, 0, 3), (1, -1, 4)]:
                if 0 <= y + dy < h and 0 <= x + dx < w:
                    d[y, x] = min(d[y, x], d[y + dy, x + dx] + c)
    return d / 3


@program(lambda r, s: (r.random((6 * s, 7)),), main=0)
def median_filter(img):
    h, w = img.shape
    padded = np.pad(img, 1, mode="edge")
    out = np.empty_like(img)
    for y in range(h):
        for x in range(w):
            window = sorted(padded[y : y + 3, x : x + 3].ravel())
            out[y, x] = window[len(window) // 2]
    return out


@program(lambda r, s: (r.random((6 * s, 3)), r.random(6 * s), np.logspace(-3, 1, 4)), main=0)
def ridge_path_cv(X, y, lambdas):
    folds = np.array_split(np.arange(len(y)), 3)
    best, best_err = None, np.inf
    errors = {}
    for lam in lambdas:
        err = 0.0
        for k in range(3):
            test = folds[k]
            train = np.concatenate([f for j, f in enumerate(folds) if j != k])
            A = X[train].T @ X[train] + lam * np.identity(X.shape[1])
            w = np.linalg.solve(A, X[train].T @ y[train])
            err += ((X[test] @ w - y[test]) ** 2).sum()
        if err < best_err:
            best, best_err = lam, err
    return best, best_err


@program(lambda r, s: (r.random(8 * s), r.integers(0, 8 * s, (6, 8 * s))), main=0)
def bootstrap_ci(x, idx):
    stats = np.sort(np.median(x[idx], axis=1))
    lo, hi = np.percentile(stats, [10, 90])
    jack = np.array([np.mean(np.delete(x, i)) for i in range(len(x))])
    return lo, hi, stats.std(ddof=1), np.sum((jack - jack.mean()) ** 2)


@program(lambda r, s: (r.random((7 * s, 2)),))
def convex_hull_monotone(points):
    pts = points[np.lexsort((points[:, 1], points[:, 0]))]
    cross = lambda o, a, b: (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])
    lower = []
    for p in pts:
        while len(lower) >= 2 and cross(lower[-2], lower[-1], p) <= 0:
            lower.pop()
        lower.append(p)
    upper = []
    for p in pts[::-1]:
        while len(upper) >= 2 and cross(upper[-2], upper[-1], p) <= 0:
            upper.pop()
        upper.append(p)
    hull = np.array(lower[:-1] + upper[:-1])
    x, y = hull.T
    return 0.5 * np.abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))
