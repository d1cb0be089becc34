"""Programs with lists whose length is known only at run time, and tables that are lists of lists."""

import numpy as np

from tests.language.growing import SIGNS, smooth
from tests.language.programs import case, ramp


@case((27,), (9,), (0,))
def ways_of_change(n):
    ways = [0] * (n + 1)
    ways[0] = 1
    for coin in (1, 5, 10):
        for i in range(coin, n + 1):
            ways[i] += ways[i - coin]
    return ways[n]


@case((np.array([1, 2, 3, 2, 7, 7]), np.array([1, 3, 3, 2, 2])), (ramp(5), ramp(9)))
def edit_distance(s, t):
    d = [[0] * (len(t) + 1) for _ in range(len(s) + 1)]
    for i in range(len(s) + 1):
        d[i][0] = i
    for j in range(len(t) + 1):
        d[0][j] = j
    for i in range(1, len(s) + 1):
        for j in range(1, len(t) + 1):
            d[i][j] = min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (s[i - 1] != t[j - 1]))
    return d[len(s)][len(t)]


@case((np.array([1, 2, 3, 2, 7, 7]), np.array([1, 3, 3, 2, 2])))
def edit_distance_by_rows(s, t):
    previous = list(range(len(t) + 1))
    for i in range(1, len(s) + 1):
        current = [i] + [0] * len(t)
        for j in range(1, len(t) + 1):
            cost = 0 if s[i - 1] == t[j - 1] else 1
            current[j] = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
        previous = current
    return previous[len(t)]


@case((np.array([2, 3, 4, 5, 1]), ramp(5), 9))
def knapsack(weights, values, capacity):
    best = [0.0] * (capacity + 1)
    for i in range(len(weights)):
        for c in range(capacity, weights[i] - 1, -1):
            best[c] = max(best[c], best[c - weights[i]] + values[i])
    return best[capacity], best


@case((SIGNS,), (ramp(3),))
@smooth
def becomes_a_table_of_floats(x):
    n = len(x)
    d = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            d[i][j] = x[i] * x[j]
    return np.array(d[0]) + d[n - 1][0] + sum(d[1])


@case((SIGNS,))
@smooth
def rows_that_are_arrays(x):
    rows = [np.zeros(3) for _ in range(len(x))]
    for i in range(len(x)):
        rows[i][1] += x[i]
        rows[i][:2] *= 2.0 + x[0]
        rows[i][2] = rows[i - 1][1]
    return np.array(rows).sum(axis=1)


@case((SIGNS,))
@smooth
def the_row_before(x):
    n = len(x)
    d = [[0.0] * n for _ in range(n)]
    for i in range(1, n):
        before = d[i - 1]
        for j in range(n):
            d[i][j] = before[j] + np.sin(x[j]) * i
    return np.array(d[n - 1])


@case((SIGNS,))
@smooth
def three_levels(x):
    n = len(x)
    d = [[[0.0] * 2 for _ in range(n)] for _ in range(n)]
    for i in range(n):
        for j in range(n):
            d[i][j][0] = x[i]
            d[i][j][1] += x[j] * d[i][j][0]
    return np.array(d[n - 1]).sum(axis=1)


@case((SIGNS,))
@smooth
def swapped_lists(x):
    n = len(x)
    a, b = [0.0] * n, n * [0.0]
    for i in range(n):
        a[i] = x[i]
    for _ in range(3):
        for i in range(1, n - 1):
            b[i] = 0.5 * (a[i - 1] + a[i + 1] ** 2)
        a, b = b, a
    return np.array(a)


@case((0.3, 6), (0.3, 1), (0.3, 0))
def pairs_repeated(x, n):
    u = [x, 2 * x] * n
    for k in range(1, n):
        u[k] = u[k - 1] * 0.5 + np.sin(u[k])
    return u + [x], len(u), [1.0] + u[1:]


@case((SIGNS,))
def runs(x):
    counts = [0] * len(x)
    for i in range(len(x)):
        if x[i] > 0:
            counts[i] = counts[i - 1] + 1
    counts.append(7)
    return counts[len(x)], counts[1:3], max(counts)


@case((SIGNS, 2.0), (ramp(3), 1.0))
def sorted_values(x, c):
    names = sorted(["b", "a"])
    largest = sorted(x, reverse=True)
    by_distance = sorted([x[0], x[1], x[2]], key=lambda v: abs(v - c))
    steps = [0.5 * k for k in range(len(x))]
    steps.sort(reverse=True)
    return largest[0] * by_distance[0], sorted(x), len(names), steps, sorted([3, 1, 2], reverse=True)


@case((SIGNS,))
def equal_keys_keep_their_order(x):
    pairs = [(x[0], 1), (x[3], 2), (x[0], 3), (x[2], 4)]
    up = sorted(pairs, key=lambda pair: pair[0])
    down = sorted(pairs, key=lambda pair: pair[0], reverse=True)
    return [k for _, k in up], [k for _, k in down]


@case((SIGNS,), (ramp(6),))
def a_list_of_a_range(x):
    order = list(range(len(x)))
    order[0] = 5
    values = list(x)
    values[1] = values[0] + 1.0
    return order, values


@case((np.array([2.0, 1.0]), 12))
def nelder_mead(x, steps):
    def f(p):
        return (p[0] - 1) ** 2 + 2 * (p[1] + 0.5) ** 2

    simplex = [x, x + np.array([0.5, 0.0]), x + np.array([0.0, 0.5])]
    for _ in range(steps):
        simplex = sorted(simplex, key=f)
        centre = (simplex[0] + simplex[1]) / 2
        reflected = centre + (centre - simplex[2])
        if f(reflected) < f(simplex[1]):
            simplex[2] = reflected
        else:
            simplex[2] = (simplex[2] + centre) / 2
    return simplex[0]


@case((8,), (3,))
def remembered(n):
    """A list of None whose length is an argument, filled by a function that calls itself."""
    memo = [None] * (n + 1)

    def fibonacci(k):
        if k < 2:
            return k
        if memo[k] is None:
            memo[k] = fibonacci(k - 1) + fibonacci(k - 2)
        return memo[k]

    return fibonacci(n)


@case((ramp(8), 3), (ramp(4), 2))
def shape_of_equal_sizes(x, n):
    return np.sum(x.reshape((2,) * n), axis=0), "=" * n == "==="


DX, DY = [0, 1, 0, -1], (1, 0, -1, 0)


@case((np.zeros((7, 7), dtype=np.int64), 30), (np.ones((7, 7), dtype=np.int64), 5))
def langtons_ant(grid, n):
    """Tables that are looked up at an index that only the data gives."""
    x = y = 3
    d = 0
    for _ in range(n):
        d = (d + 1) % 4 if grid[x, y] == 0 else (d - 1) % 4
        grid[x, y] = 1 - grid[x, y]
        x, y = (x + DX[d]) % 7, (y + DY[d]) % 7
    return grid, x, y


@case((ramp(6), 6), (ramp(3), 2))
def steps_of_a_table_of_pairs(x, n):
    moves = [[0.5, 1], [1.0, 0], [-1.5, 2]]
    at, count = 0.0, 0
    for k in range(n):
        step = moves[int(4 * x[k]) % 3]
        at += step[0] * x[k]
        count += step[1]
    return at, count


@case((1.3,), (9.0,))
def weights_taken_in_turn(x):
    weights, i = (0.5, 1.0, 2.0), 0
    while x < 10:
        x = x + weights[i % 3] * x
        i += 1
    return x, weights[-i % 3]


@case((ramp(3),), (ramp(3) + 2,))
def row_of_a_list_chosen_by_data(x):
    rows = [x, 2 * x, x * x]
    return np.sum(rows[int(x[0]) % 3])


class Pair:
    def __init__(self, a, b):
        self.a, self.b = a, b


@case((ramp(2, 3.0, 1.0), 4), (ramp(2, 3.0, 1.0), 9), (ramp(2, -9.0, 1.0), 3))
def changed_in_one_branch_and_new_in_the_other(x, n):
    items, names, pair = [x[0], x[1]], {"a": x[0], "b": x[1]}, Pair(x[0], x[1])
    for _ in range(n):
        if items[0] > -2:
            items[0] = items[0] - 1
            names["a"] -= 1
            pair.a -= 1
        else:
            items = [items[1] + 0.1, items[0]]
            names = {"a": names["b"], "b": names["a"] + 0.1}
            pair = Pair(pair.b, pair.a + 0.1)
    return items, names, pair.a, pair.b
