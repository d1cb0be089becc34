"""Tables filled by loops: alignments, paths, chains."""

import numpy as np

from samples.pool import apart, fixed, ints, normal, sample, uniform


@sample(normal(4), normal(5))
def dynamic_time_warping(x, y):
    n, m = len(x), len(y)
    d = np.full((n + 1, m + 1), 1e6)
    d[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = (x[i - 1] - y[j - 1]) ** 2
            d[i, j] = cost + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
    return d[n, m]


@sample(normal(3, 3), normal(5, 3))
def viterbi(transition, scores):
    best = scores[0]
    for t in range(1, len(scores)):
        best = np.max(best[:, None] + transition, axis=0) + scores[t]
    return np.max(best)


@sample(uniform(3, 3), uniform(3, 2), ints(6, high=2))
def hidden_markov_forward(transition, emission, observed):
    a = transition / transition.sum(axis=1, keepdims=True)
    e = emission / emission.sum(axis=1, keepdims=True)
    alpha = e[:, observed[0]] / 3
    total = 0.0
    for o in observed[1:]:
        alpha = (alpha @ a) * e[:, o]
        norm = alpha.sum()
        total += np.log(norm)
        alpha = alpha / norm
    return total


@sample(uniform(4, 4))
def cheapest_path(cost):
    best = cost.copy()
    for i in range(1, 4):
        best[i, 0] += best[i - 1, 0]
        best[0, i] += best[0, i - 1]
    for i in range(1, 4):
        for j in range(1, 4):
            if best[i - 1, j] < best[i, j - 1]:
                best[i, j] += best[i - 1, j]
            else:
                best[i, j] += best[i, j - 1]
    return best[-1, -1]


@sample(uniform(4), fixed(np.array([1, 3, 2, 2])), fixed(5))
def knapsack(value, weight, capacity):
    best = np.zeros(capacity + 1)
    for i in range(len(value)):
        for c in range(capacity, weight[i] - 1, -1):
            best[c] = max(best[c], best[c - weight[i]] + value[i])
    return best[capacity]


@sample(uniform(4, 4, low=0.5, high=3))
def floyd_warshall(d):
    d = d.copy()
    for k in range(4):
        for i in range(4):
            for j in range(4):
                if d[i, k] + d[k, j] < d[i, j]:
                    d[i, j] = d[i, k] + d[k, j]
    return d


@sample(normal(4), normal(4))
def soft_alignment(x, y):
    n, m = len(x), len(y)
    table = np.zeros((n + 1, m + 1))
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            match = table[i - 1, j - 1] + x[i - 1] * y[j - 1]
            gap = np.logaddexp(table[i - 1, j], table[i, j - 1]) - 1
            table[i, j] = np.logaddexp(match, gap)
    return table[n, m]


@sample(apart(7))
def largest_interval_sum(x):
    best, here = x[0], x[0]
    for i in range(1, len(x)):
        here = max(x[i], here + x[i])
        best = max(best, here)
    return best


@sample(ints(6, high=4), ints(5, high=4), order=0, vmap=False)
def edit_distance(a, b):
    n, m = len(a), len(b)
    previous = np.arange(m + 1)
    for i in range(n):
        current = np.empty(m + 1, dtype=np.int64)
        current[0] = i + 1
        for j in range(m):
            change = previous[j] + (0 if a[i] == b[j] else 1)
            current[j + 1] = min(change, previous[j + 1] + 1, current[j] + 1)
        previous = current
    return previous[m]


@sample(uniform(6, low=0.1, high=1.0))
def binomial_tree(p):
    values = np.maximum(np.arange(6) - 2.5, 0.0)
    for step in range(5, 0, -1):
        up = p[step]
        for i in range(step):
            values[i] = up * values[i + 1] + (1 - up) * values[i]
    return values[0]


@sample(uniform(5, low=1, high=3), order=2)
def matrix_chain(sizes):
    n = 4
    cost = np.zeros((n, n))
    for length in range(2, n + 1):
        for i in range(n - length + 1):
            j = i + length - 1
            best = 1e9
            for k in range(i, j):
                c = cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
                if c < best:
                    best = c
            cost[i, j] = best
    return cost[0, n - 1]
