"""Queues, itertools, generators, `match`, keys of `max`, lists written at an index that is data."""

# ruff: noqa: B007, B905, C417, FURB145, RET503, RET505

import itertools
import math
from collections import deque

import numpy as np

from tests.language.growing import SIGNS, smooth
from tests.language.programs import case, ramp


@case((SIGNS,), (ramp(3),))
def formatted_texts(x):
    print("%5.2f%% of %d, %s and %-6r|%+04d" % (x[0], len(x), "all", x[1], x[2]))  # noqa: UP031
    print("{0:.2f} {1} {1:>4}".format(x[0], 3), "{}".format(x[1]))  # noqa: UP030, UP032
    print(x[0], end=" ")
    print("", flush=True)
    return x[0]


@case((SIGNS,), (ramp(1),))
def best_by_a_key(x):
    last = max([(v, k) for k, v in enumerate(x)], key=lambda pair: -pair[0])
    return max(range(len(x)), key=lambda i: x[i]), min(x, key=abs), last


@case((SIGNS, 2.0), (SIGNS, 100.0))
def loops_of_a_product(x, end):
    total = 0.0
    for i, j in itertools.product(range(len(x)), range(1, len(x))):
        if i == j:
            continue
        total += x[i] * x[j] * i
        if total > end:
            break
    for i, j in np.ndindex(len(x), 2):
        total += x[i] * j
    for (k,), v in np.ndenumerate(x):
        total += v * k
    return total, i, j


@case((SIGNS,))
@smooth
def pairs_and_orders(x):
    pairs = sum(x[i] * x[j] for i, j in itertools.combinations(range(4), 2))
    for a, b in itertools.permutations([x[0], x[1]]):
        pairs = pairs * a + b
    sums = list(itertools.accumulate(x[:3]))
    joined = list(itertools.chain([x[0], x[1]], sums))
    return np.array([pairs, *joined])


@case((0.7,))
def factorials_in_a_loop(x):
    total = 0.0
    for k in range(9):
        total += x**k / math.factorial(k) * math.comb(9, k)
    return total


@case((SIGNS,), (-SIGNS,))
def sorted_where_the_length_is_data(x):
    found, pairs = [], []
    for k in range(len(x)):
        if x[k] > -0.5:
            found.append(x[k])
            pairs.append((k, x[k]))
    found.sort()
    pairs.sort(key=lambda pair: -pair[1])
    return found[0], found[len(found) // 2], pairs[0], x[1] in found, found.count(x[1]), found.index(max(x))


@case((SIGNS,), (ramp(6),))
def nearest_neighbours(x):
    left, tour = list(range(1, len(x))), [0]
    while left:
        best = min(left, key=lambda j: abs(x[j] - x[tour[-1]]))
        tour.append(best)
        left.remove(best)
    return tour


@case((SIGNS,), (ramp(6),), (ramp(6, 0, 9),))
def breadth_first(x):
    n = len(x)
    queue, seen, order, dist = [0], [False] * n, [], [-1] * n
    seen[0], dist[0] = True, 0
    while queue:
        u = queue.pop(0)
        order.append(u)
        for v in range(n):
            if not seen[v] and abs(x[u] - x[v]) < 1.7:
                seen[v] = True
                dist[v] = dist[u] + 1
                queue.append(v)
    return order, dist


@case((SIGNS, 3), (ramp(6), 2))
def largest_in_a_window(x, k):
    window, out = deque(), []
    for i, v in enumerate(x):
        while window and x[window[-1]] <= v:
            window.pop()
        window.append(i)
        if window[0] <= i - k:
            window.popleft()
        if i >= k - 1:
            out.append(x[window[0]])
    return np.array(out)


@case((SIGNS,))
def both_ends_of_a_queue(x):
    q = deque([x[0], x[1]])
    total = 0.0
    while q and total < 30.0:
        total += 1.0 + abs(q.popleft())
        q.append(total)
        q.append(0.5 * q[0] + q[-1])
        if total > 7.0:
            total += q.pop()
    return total, len(q), list(q)


@case((SIGNS, 4))
@smooth
def a_queue_of_states(x, n=4):
    queue, out = [x[0]], []
    t = 0.0
    while t < n:
        v = queue.pop(0)
        out.append(v)
        queue.append(v * 0.5 + x[1])
        queue.append(np.sin(v))
        t += 1.0
    return np.array(out + queue)


@case((SIGNS,))
def items_taken_from_the_middle(x):
    items = []
    for v in x:
        items.append(v)
        if len(items) > 4:
            items.pop(1)
            items.insert(1, v * 2)
    items.insert(0, 5.0)
    return items


@case((SIGNS,), (-SIGNS,))
def a_condition_of_a_list_and_a_number(x):
    found, n = [], 0
    for v in x:
        if found and found[-1] > v:
            found.pop()
        found.append(v)
        n += 1 if not (found and found[-1] > 1) else 5
        if (found and n > 3) or (n == 2 and found):
            n += 10
    return np.array(found), n


@case((SIGNS, 2), (SIGNS, 0), (SIGNS, 7))
def matched(x, kind):
    match kind:
        case 0:
            return x[0]
        case 1 | 2:
            y = x[1]
        case other if other > 5:
            y = x[2] * other
        case _:
            y = x[3]
    match (x[0], len(x)):
        case (a, 8):
            return y + a
        case _:
            return y


def halves(x, n):
    a = x[0]
    for k in range(n):
        yield a
        if a > 40.0:
            return
        a = a * x[3] + k


def numbers(x):
    yield from halves(x, 3)
    k = 0.0
    while True:
        yield k
        k += x[0]


@case((SIGNS,))
def generators(x):
    total = 0.0
    for v in halves(x, 9):
        total += v * v
    for k, v in enumerate(numbers(x)):
        if v > 2.0:
            break
        if k == 1:
            continue
        total += v
    return total, k, list(halves(x, 4)), sum(halves(x, 3)), max(halves(x, 3)), np.array(list(halves(x, 2)))


@case((SIGNS,))
@smooth
def a_generator_of_steps(x):
    def steps(y):
        for k in range(5):
            y = y + 0.1 * np.sin(y) * k
            yield y

    return np.array(list(steps(x[0]))) + sum(steps(x[1]))


@case((np.array([1.5, 2.5]),), (np.array([3.5, -1.0]),))
def tuples_of_data_are_compared(x):
    i = int(x[0])
    seen, more = [(i, 2), (3, 4)], []
    for k in range(4):
        more.append((i + k, 2))
    found = (1, 2) in seen, (i, 2) in [(1, 2), (3, 4)], (4, 2) in more, (i, 9) in more
    order = (i, 2) == (1, 2), (i, 2) < (1, 3), [i, 2] != [3, 2], (i, 2, 0) >= (i, 2), (2, i) <= (2, 1)
    places = seen.index((3, 4)), seen.count((1, 2)), more.index((i + 2, 2))
    return found, order, places, max([(i, x[1]), (1, x[0])]), min((i, 2), (1, 1)), [x[0], i] == [x[0], 3]


@case((np.array([1.5]),), (np.array([-1.5]),))
def true_is_true(x):
    flag, number = bool(x[0] > 0), x[0] > 0
    return flag is True, flag is not False, False is flag, number is True, None is not flag


@case((ramp(6), 3), (ramp(4), -2))
def counters_that_next_moves_on(x, n):
    """What a counter gives is state that loops carry, not something that is taken while the code is read."""
    c, total = itertools.count(1), 0.0
    for v in x:
        total += next(c) * v
    ids = itertools.count(n, -2)
    first = [next(ids) for _ in range(3)]
    return total, next(c) * x[0], first


@case((0.9, 4))
def loop_over_a_counter_that_is_left(x, n):
    for i in itertools.count(n, 3):
        x = 0.5 * np.sin(x)
        if x < 0.01:
            break
    return x * i


@case((np.array([0.5, 2.0, 3.0]),))
def loop_over_a_counter_that_returns(x):
    for i in itertools.count():
        x = np.cos(x)
        if np.abs(x - np.cos(x)).max() < 1e-3:
            return x.sum() * i


@case((ramp(6), 4))
def zip_with_a_counter(x, n):
    total = 0.0
    for k, v in zip(itertools.count(n), x):
        total += k * v * v
    for k, (v, j) in enumerate(zip(x, itertools.count(1, 2))):
        if j > 7:
            continue
        total += k * v * j
    return total + sum(i * v for i, v in zip(itertools.count(), x))


@case((2.0,))
def iterators_of_known_items_in_a_loop(x):
    """What itertools makes of known items is read anew in each turn."""
    kept, total = itertools.compress((1, 2, 3), (1, 0, 1)), 0.0
    for v in kept:
        total += v * x
    for key, group in itertools.groupby((1, 1, 2)):
        total += key * len(list(group))
    for _ in range(3):
        for v in itertools.compress((1, 2, 3), (1, 1, 0)):
            total = 0.5 * total + v
    return total


@case((np.array([0.5, 2.0, 3.0, 1.5]),))
def next_of_iterators(x):
    values = iter(x)
    last, total = next(values), 0.0
    for v in values:
        total += v * last
        last = v
    items = iter([x[0], 2 * x[1]])
    total += next(items) - next(items) + next(items, 3.0)
    pairs, every = zip(x, x[1:]), map(lambda v: v * v, (x[0], x[2]))
    a, b = next(pairs)
    for c, d in pairs:
        total += a * c - b * d
    return total * next(every) + sum(every)


@case((np.array([0.5, 2.0, 3.0, 1.5]), 2))
def next_in_a_loop(x, n):
    values, factors, total = iter(x), iter([1.0, 2.0, 3.0, 4.0]), 0.0
    for _ in range(n):
        total = total * next(factors) + next(values) - next(values)
    rest = itertools.product(range(2), range(n))
    for i, j in rest:
        total += x[i] * j
    return total


@case((np.array([0.5, 2.0, -3.0, 1.5]),), (np.array([2.0, 4.0]),))
def condition_that_binds_a_name(x):
    i, total = -1, 0.0
    while (i := i + 1) < len(x):
        if x[i] < 0:
            continue
        while (y := x[i] * 0.5) > 0.4:
            x[i] = y
            if y > 0.9:
                total += y
    return total, i


@case((np.array([0.5, 2.0, -3.0, 1.5]),), (np.array([-2.0, 4.0]),))
def condition_that_changes_a_list(x):
    stack, values, total = [x[0], x[1], x[-1]], iter(x), 0.0

    def taken(counts):
        counts[0] += 1
        return counts[0]

    while stack.pop() > 0.6:
        total += 1.0
    while next(values) > 0:
        total += 0.1
    counts = np.zeros(2)
    while taken(counts) < 4:
        total = total * counts[0]
    return total, len(stack), counts


@case((SIGNS,))
@smooth
def condition_that_binds_an_error(x):
    total = 0.0
    while (error := np.abs(x - np.cos(x)).max()) > 1e-3:
        x, total = np.cos(x), total + error
    return total
