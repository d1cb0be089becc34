"""Arrays that have another size in each turn of a loop, and lists that are read in the middle there."""

import numpy as np

from tests.language.growing import SIGNS, smooth
from tests.language.programs import case, ramp


@case((0.3, 0.1, 7), (0.3, 0.1, 0))
def states_of_euler(y0, h, n):
    t, y = np.array([0.0]), np.array([y0])
    for _ in range(n):
        y = np.append(y, y[-1] + h * np.cos(y[-1]) * t[-1])
        t = np.append(t, t[-1] + h)
    return t, y


@case((ramp(8),))
@smooth
def append_until_the_end_is_reached(x):
    t, y = np.array([0.0]), x[:1]
    while t[-1] < 0.55:
        y = np.append(y, y[-1] + 0.1 * np.sin(y[-1] * x[1]))
        t = np.append(t, t[-1] + 0.1)
    return y * t[:, None].sum()


@case((SIGNS,))
@smooth
def differences_into_an_empty_array(x):
    out = np.array([])
    for k in range(len(x) - 1):
        out = np.append(out, x[k + 1] - x[k])
    return out


@case((ramp(3), 5), (ramp(3), 0))
def rows_below_each_other(p, n):
    path, seen = p.reshape(1, -1), np.empty((0, 3))
    for _ in range(n):
        p = np.sin(p)
        path = np.vstack([path, p])
        seen = np.concatenate((seen, p[None, :], 2 * p[None, :]), axis=0)
    return path, seen, path.shape[0] + seen.size


@case((SIGNS,))
@smooth
def rows_until_one_is_large(x):
    rows = x[None, :3].copy()
    while rows[-1, 0] < 3.0:
        rows = np.append(rows, [rows[-1] * 1.5 + x[3:6]], axis=0)
    return rows


@case((np.sort(ramp(9)), 0.3), (np.sort(ramp(9)), 9.0))
def kept_where_far_enough(x, least):
    keep = x[0:1]
    for k in range(1, len(x)):
        if x[k] > keep[-1] + least:
            keep = np.append(keep, x[k])
    return keep


@case((8,))
def primes_by_those_before(n):
    found, k = np.array([2]), 3
    while len(found) < n:
        prime = True
        for p in found:
            if k % p == 0:
                prime = False
                break
        if prime:
            found = np.append(found, k)
        k += 2
    return found


@case((0.3, 4))
def other_uses_see_an_array(x, n):
    y = np.array([x])
    for _ in range(n):
        y = np.r_[y, np.sin(y[-1]) + np.sum(y) + y.mean() + len(y) + y.size + y.shape[0]]
    return y


@case((0.3, 4))
def what_was_there_before(x, n):
    y = np.array([x])
    for _ in range(n):
        old = y
        y = np.append(y, [y[-1] * 1.1, y[0]])
    return y, old


@case((0.3,))
def left_by_a_break(x):
    y, t = np.array([x]), np.zeros(1)
    while True:
        y = np.concatenate([y, [y[-1] * 1.5]])
        t = np.hstack((t, t[-1] + 0.1))
        if y[-1] > 3:
            break
    return y, t


@case((ramp(5) ** 2, 0.1))
def appended_in_an_inner_loop(x, least):
    out = np.array([])
    for k in range(len(x)):
        v = x[k]
        while v > least:
            out = np.append(out, v)
            v = v * 0.5
    return out


@case((np.arange(3, dtype=np.float32), 3))
def single_precision_stays(x, n):
    y, z = x[:1], x[:1]
    for _ in range(n):
        y = np.append(y, np.float32(0.5) + y[-1])
        z = np.append(z, 0.5)
    return y, z


# ── lists whose items are read in the middle ──────────────────────────────────────────────────────


@case((ramp(8),))
@smooth
def counter_beside_the_list(x):
    t, y, i = [0.0], [x[0]], 0
    while t[i] < 0.55:
        y.append(y[i] + 0.1 * np.cos(y[i] * x[1]))
        t.append(t[i] + 0.1)
        i += 1
    return np.array(y)


@case((SIGNS,))
@smooth
def two_steps_back(x):
    ys = [x[0], x[1]]
    while ys[-1] < 50.0:
        ys.append(2.0 + ys[-1] * 1.5 + 0.5 * np.sin(ys[-2] * x[2]))
    return np.array(ys)


@case((1.0,))
def middle_of_a_growing_list(x):
    found = [x]
    while found[-1] < 100.0:
        found.append(found[-1] * 2 + found[len(found) // 2])
    return found


@case((15,))
def hamming_numbers(n):
    h, i, j, k = [1], 0, 0, 0
    while len(h) < n:
        c = min(2 * h[i], 3 * h[j], 5 * h[k])
        h.append(c)
        i += c == 2 * h[i]
        j += c == 3 * h[j]
        k += c == 5 * h[k]
    return h[-1], sum(h)


@case((np.array([[0, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]]), 0))
def breadth_first(edges, start):
    n = len(edges)
    distance, queue, head = -np.ones(n, int), [start], 0
    distance[start] = 0
    while head < len(queue):
        u = queue[head]
        head += 1
        for v in range(n):
            if edges[u, v] and distance[v] < 0:
                distance[v] = distance[u] + 1
                queue.append(v)
    return distance, queue


@case((8,))
def primes_in_a_list(n):
    primes, k = [], 2
    while len(primes) < n:
        if all(k % p for p in primes):
            primes.append(k)
        k += 1
    return np.array(primes), any(p % 7 for p in primes)


@case((0.3, 4.0))
def changed_in_the_middle(x, end):
    a = [x, x * 2]
    while a[-1] < end:
        a.append(a[-1] + a[0])
        a[-2] = a[-2] * 1.01
        a[0] += 0.1
        if len(a) > 5:
            a.insert(1, 0.5)
    return np.array(a), sum(a), max(a), a[1:-1], a[::-1]


@case((0.3, 1.25))
def emptied_now_and_then(x, end):
    buffer, s, t = [], 0.0, 0.0
    while t < end:
        buffer.append(t * x)
        if len(buffer) == 3:
            s += sum(buffer) * np.mean(buffer)
            buffer.clear()
        t += 0.1
    return s, len(buffer)


@case((0.3,))
def a_queue_whose_middle_is_read(x):
    queue, out, count = [x, 2 * x], 0.0, 0
    while queue and count < 20:
        a = queue.pop(0)
        count += 1
        out += a
        if a < 1.0:
            queue.append(a * 1.7)
            queue.append(a * 2.1)
        if len(queue) > 2:
            out += queue[1] * 0.5
    return out


# ── any and all of numbers ────────────────────────────────────────────────────────────────────────


@case((np.array([5, 2, 1]),), (np.array([4, 0, 1]),), (np.zeros(3),), (ramp(4),))
def truth_of_numbers(x):
    return all(v for v in x), any(v for v in x), all(v > 0 and v for v in x), any(v - v for v in x)


@case((7,), (42,))
def remainders_that_are_not_zero(k):
    return all(k % p for p in (2, 3, 5)), any(k % p for p in (2, 3, 7)), all([k % 2, k % 5])


# ── arrays of which turns keep a part ─────────────────────────────────────────────────────────────


@case((SIGNS,), (-np.abs(SIGNS),))
@smooth
def shrinks_until_nothing_is_left(x):
    total = 0.0
    while len(x) > 0:
        total += np.sum(x**2)
        x = x[x > 0.25] - 0.2
    return np.array([total, total**2]) / 50


@case((SIGNS,))
@smooth
def particles_that_leave_a_box(v):
    x = np.linspace(0.1, 0.9, 8)
    for _ in range(3):
        x = x + 0.2 * v
        inside = np.where((x > 0) & (x < 1))[0]
        x, v = x[inside], v[inside] * 0.9
        if len(x) == 0:
            break
    return np.concatenate((x, v))


@case((SIGNS, 0.1), (SIGNS, 1.0))
def counted_and_kept(x, dt):
    v, lost = np.sin(3 * x), 0
    for _ in range(5):
        x = x + v * dt
        keep = np.abs(x) < 1.5
        lost += np.sum(~keep)
        x = x[keep]
        v = v[keep]
    return x, v, lost, x.shape


@case((30,))
def sieve_of_eratosthenes(n):
    candidates, primes = np.arange(2, n), []
    while len(candidates) > 0:
        p = candidates[0]
        primes.append(p)
        candidates = candidates[candidates % p != 0]
    return np.array(primes)


@case((4,), (60,))
def sieve_that_goes_on(n):
    p, k = np.arange(2, n), 0
    while k < len(p):
        p = p[(p <= p[k]) | (p % p[k] != 0)]
        k += 1
    return p


@case((SIGNS, 3), (SIGNS, 0), (SIGNS, 7))
def quickselect(x, k):
    while True:
        pivot = x[len(x) // 2]
        low, high = x[x < pivot], x[x > pivot]
        if k < len(low):
            x = low
        elif k >= len(x) - len(high):
            k -= len(x) - len(high)
            x = high
        else:
            return pivot


@case((np.concatenate([ramp(20), [9.0, -30.0]]), 2.0))
def without_outliers(x, width):
    before = -1
    while before != len(x):
        before = len(x)
        x = x[np.abs(x - x.mean()) < width * x.std()]
    return x.mean(), len(x)


@case((np.outer(ramp(6), ramp(2)), 0.4))
def rows_that_are_far_enough(points, least):
    total = 0.0
    while points.shape[0] > 1:
        distance = np.sqrt(((points - points[0]) ** 2).sum(axis=1))
        points = points[distance > least]
        total += distance.sum()
    return total, points


@case((np.arange(12.0).reshape(3, 2, 2), 1), (ramp(5), np.array([2, 0, 1, 4, 3])))
def taken_again_and_again(x, k):
    for _ in range(2):
        x = x[k]
    return x


@case((SIGNS,))
def the_smallest_is_taken_out(x):
    total = 0.0
    while len(x) > 1:
        k = np.argmin(x)
        total += x[k] * len(x)
        x = np.delete(x, k)
    return total


# ── returns from a loop of what has another size in each turn ─────────────────────────────────────


@case((np.diag(ramp(4, 1.0, 3.0)) + 0.1, ramp(4), 1e-6, 20), (np.eye(3), ramp(3), 1e-6, 0))
def conjugate_gradients_with_history(A, b, tol, most):
    x = np.zeros_like(b)
    r = b - A @ x
    p, rs = r.copy(), r @ r
    history = [np.sqrt(rs)]
    for _ in range(most):
        Ap = A @ p
        alpha = rs / (p @ Ap)
        x += alpha * p
        r -= alpha * Ap
        new = r @ r
        history.append(np.sqrt(new))
        if history[-1] < tol:
            return x, np.array(history), True
        p = r + new / rs * p
        rs = new
    return x, np.array(history), False


@case((SIGNS,))
@smooth
def returned_when_it_is_large(x):
    y = x[:2]
    for _ in range(9):
        y = np.append(y, y[-1] * 1.5 + x[2])
        if y[-1] > 3:
            return y
    return y


@case((1.0,), (30.0,))
def left_by_one_of_two_returns(x):
    seen, k = [x], 0
    while True:
        k += 1
        x = 0.5 * (x + 2 / x)
        seen.append(x)
        if abs(seen[-1] - seen[-2]) < 1e-10:
            return x, seen
        if k > 5:
            return 0.0, seen


@case((0.3, 4), (0.01, 3), (0.01, 7))
def returned_from_an_inner_loop(x, n):
    seen = [x]
    for i in range(n):
        for j in range(n):
            seen.append(seen[-1] * 1.2 + i * j)
            if seen[-1] > 40:
                return i, j, np.array(seen)
        seen.append(0.5 * seen[-1])
        if i > 5:
            return -1, i, np.array(seen)
    return -1, -1, np.array(seen)


@case((0.3, 4), (70.0, 4))
def returned_or_else(x, n):
    found = []
    for k in range(n):
        found.append(x * k)
        if x * k > 100:
            return np.array(found), True
    else:
        found.append(-1.0)
    return np.array(found), False


@case((SIGNS, 9), (SIGNS / 100, 9))
def part_of_a_buffer(x, n):
    ys = np.zeros(n)
    for k in range(n):
        ys[k] = x[0] * 1.5**k
        if ys[k] > 3:
            return x, ys[: k + 1]
    return x, ys


# ── other sizes on two paths ──────────────────────────────────────────────────────────────────────


@case((SIGNS, 1.0), (SIGNS, -1.0))
def all_or_the_positive(x, c):
    y = x
    if c > 0:
        y = x[x > 0.15]
    z = y * 2
    return z, len(y), z.sum(), y[0]


@case((SIGNS, 1.0), (SIGNS, -1.0), (SIGNS, 0.0))
def one_of_three_sizes(x, c):
    if c > 0:
        return x[x > 0]
    if c < 0:
        return x[x < 1.5] * 2
    return x


@case((SIGNS,))
@smooth
def the_larger_part(x):
    low, high = x[x < 0.2], x[x >= 0.2]
    if low.sum() ** 2 > high.sum() ** 2:
        part = low
    else:
        part = high * 2
    return part - part.mean()


@case((np.array([0.1, 0.1, 0.5, 0.1, 0.7, 0.1]), 0.2), (np.zeros(3), 0.2))
def trimmed(x, least):
    i, j = 0, len(x)
    while i < j and x[i] < least:
        i += 1
    while j > i and x[j - 1] < least:
        j -= 1
    return x[i:j]


@case((1.0, 9), (1.0, 2), (1.0, 0))
def part_of_a_list_that_grew(x, n):
    likelihood = [x]
    for k in range(n):
        likelihood.append(likelihood[-1] * 0.5)
        if likelihood[-1] < 0.1:
            return likelihood[1:], k
    return likelihood[1:], n
