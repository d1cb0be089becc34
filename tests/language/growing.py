"""Programs whose lists grow while a loop runs. `LOSSES` are smooth in their first argument."""

import numpy as np

from tests.language.programs import case, ramp

SIGNS = np.array([0.5, -0.3, 1.2, 2.0, -0.7, 0.1, -2.0, 3.0])
LOSSES = []


def smooth(function):
    """The program makes an array that is smooth in its first argument."""
    LOSSES.append(function)
    return function


@case((ramp(1),), (ramp(3),), (ramp(9),))
@smooth
def last_item_is_read(x):
    ys = [x[0]]
    for i in range(1, len(x)):
        ys.append(ys[-1] * x[i])
    return np.array(ys)


@case((ramp(2), 6), (ramp(2), 1), (ramp(2), 0), (2.0, 5))
def list_of_states(x, steps):
    ys = [x]
    for _ in range(steps):
        ys.append(np.sin(ys[-1]))
    return ys


@case((SIGNS,), (-np.abs(SIGNS),), (np.abs(SIGNS),))
@smooth
def under_a_condition(x):
    out = []
    for v in x:
        if v > 0:
            out.append(v * 2)
    return np.array(out)


@case((ramp(3), 7))
@smooth
def two_lists(x, n=6):
    times, states = [0.0], [x]
    t = 0.0
    for _ in range(n):
        t += 0.1
        x = x + 0.1 * np.cos(x * t)
        times.append(t)
        states.append(x)
    return np.array(times)[:, None] * np.array(states)


@case((2.0, 5))
def list_of_pairs(x, n):
    pairs = []
    for k in range(n):
        pairs.append((k, x * k))
    return pairs


@case((SIGNS,), (ramp(1),), (ramp(2),))
@smooth
def in_a_triangle(x):
    out = [x[0]]
    for i in range(len(x)):
        for j in range(i):
            out.append(x[i] * x[j])
    return np.array(out)


@case((ramp(5), 4), (ramp(5), 0))
@smooth
def in_two_loops(x, n=4):
    out = [0.0]
    for i in range(n):
        for j in range(len(x)):
            out.append(x[j] * i)
    return np.array(out)


@case((SIGNS,), (ramp(4),))
def until_a_break(x):
    out = []
    for v in x:
        if v < -1:
            break
        out.append(v)
    return len(out), sum(out)


@case((SIGNS,))
def comprehension_with_a_condition(x):
    return np.array([np.sin(v) for v in x]), [v * 2 for v in x if v > 0]


@case((SIGNS,), (ramp(2),))
@smooth
def list_of_lists(x):
    return np.array([[a * b for a in x] for b in x])


@case((SIGNS,), (ramp(6),))
@smooth
def rows_appended(x):
    table = []
    for a in x:
        row = []
        for b in x:
            row.append(a * b)
        table.append(row)
    return np.array(table)


@case((ramp(4), 5), (ramp(4), 0))
def grows_in_two_loops(x, n):
    out = [x]
    for i in range(n):
        out.append(x * i)
    for i in range(n):
        out.append(x + i)
    out.append(x)
    return out[1:], out[-2], len(out)


@case((SIGNS,))
@smooth
def used_as_a_stack(x):
    stack = []
    for v in x:
        if v > 0:
            stack.append(v)
        elif stack:
            stack.pop()
    return np.array(stack)


@case((2.0, 6), (2.0, 1))
def items_are_replaced(x, n):
    ys = [0.0 for _ in range(n)]
    for i in range(n):
        ys[i] = x * i
    for i, y in enumerate(ys):
        ys[i] = y + 1
    return sum(ys)


@case((ramp(4), 6))
def joined(x, n):
    many = [x * k for k in range(n)]
    return (
        np.stack(many, axis=1),
        np.stack(many),
        np.concatenate(many),
        np.vstack(many),
        np.hstack(many),
        np.column_stack(many),
        np.mean(many, axis=0),
        np.max(many),
    )


@case((ramp(4), 6))
def joined_matrices(x, n):
    many = [np.outer(x, x) * k for k in range(n)]
    return np.concatenate(many, axis=1), np.vstack(many), np.hstack(many), np.stack(many, axis=2)


@case((SIGNS, 3))
def extended(x, n):
    out = [1.0]
    out.extend(x * 2)
    out += [v for v in x if v > 1]
    for k in range(n):
        out.extend([k, k + 0.5])
    return np.array(out), out[3], out[-1]


@case((np.arange(7),), (np.array([3, 3, 1]),))
def integers(k):
    seen = []
    for v in k:
        seen.append(v * 2)
    odd = [int(v) for v in k if v % 2]
    return seen, odd, len(odd), max(seen)


@case((SIGNS, 0.5), (SIGNS, 5.0))
def in_a_branch_alone(x, limit):
    found = [0.0]
    if x.sum() > limit:
        found.append(x[0])
    return len(found), np.array(found)


@case((ramp(3), 4))
def copies_of_what_is_written(x, n):
    state = x.copy()
    history = []
    for k in range(n):
        state[k % 3] += k
        history.append(state.copy())
    return np.array(history)


@case((ramp(5),))
def iterated_and_zipped(x):
    squares = [v * v for v in x]
    total = 0.0
    for k, (a, b) in enumerate(zip(squares, x)):
        total += k * a * b
    for s in reversed(squares):
        total = total / 2 + s
    return total, [s + 1 for s in squares]


# ── in loops whose turns are not counted ──────────────────────────────────────────────────────────


@case((SIGNS, 1.0), (2.0, 1.0), (2.0, -1.0))
@smooth
def until_the_end(x, end=1.0):
    t, h = 0.0, 0.1
    times, states = [t], [x]
    while t < end:
        x = x - h * x * x / 9
        h = h * 1.1
        t += h
        times.append(t)
        states.append(x)
    return np.array(states) + np.sum(times)


@case((SIGNS, 2.0), (SIGNS, -1.0))
@smooth
def condition_reads_the_last_item(x, end=2.0):
    times, states = [0.0], [x]
    while times[-1] < end:
        times.append(times[-1] + 0.1 + 0.01 * len(times))
        states.append(states[-1] * np.cos(times[-1]))
    return np.array(states)


@case((SIGNS, 0), (SIGNS, 3))
def depth_first(x, root):
    stack = [root]
    total = 0.0
    while stack:
        k = stack.pop()
        total += x[k] * (1 + len(stack))
        if 2 * k + 1 < len(x):
            stack.append(2 * k + 1)
        if 2 * k + 2 < len(x):
            stack.append(2 * k + 2)
    return total


@case((27,), (1,))
def collatz(n):
    seen = [n]
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        seen.append(n)
    return seen


@case((SIGNS, 0.01))
@smooth
def steps_that_are_rejected(x, tolerance=0.01):
    t, h = 0.0, 0.5
    y = x.copy()
    accepted = []
    while t < 1.0:
        large = y - h * y
        half = y - h / 2 * y
        small = half - h / 2 * half
        if np.max(np.abs(large - small)) < tolerance:
            t, y = t + h, small
            accepted.append((t, y))
            h = h * 1.5
        else:
            h = h / 2
    return accepted[-1][1] * len(accepted) + np.array([state for _, state in accepted])


@case((SIGNS, 5), (SIGNS, 0))
@smooth
def a_while_in_a_for(x, n=5):
    out = [0.0]
    for i in range(n):
        v = x[i % len(x)]
        while abs(v) < 10.0:
            v = v * 1.5 + 1.0
            out.append(v)
    return np.array(out)


@case((3.0, 0.5), (3.0, 5.0))
def goes_on_growing(x, end):
    first = [x]
    while first[-1] > end:
        first.append(first[-1] * 0.7)
    second = first[:]
    for i in range(3):
        second.append(second[-1] + i)
    return np.sum(second), len(first), first[0] + first[-1]


@case((SIGNS, 3, 1.0), (SIGNS, 3, -1.0), (SIGNS, 0, -1.0), (SIGNS, 0, 1.0))
def lists_of_other_lengths_on_two_paths(x, n, c):
    if c > 0:
        found = []
        for k in range(n):
            found.append(x * k)
    else:
        found = [x]
        for k in range(n):
            found.append(x + k)
            found.append(x - k)
    found.append(x)
    return np.array(found), found[0], len(found)


@case((SIGNS, 0.5, -2), (SIGNS, 100.0, -2), (SIGNS, 100.0, 4))
def a_list_of_a_turn_that_may_be_the_last(x, end, n):
    total = 0.0
    for factor in (1.0, 2.0, 3.0):
        found = []
        for k in range(n % 5):
            if x[k] > 0:
                found.append(factor * x[k])
        total += sum(found)
        if total >= end:
            break
    return total


@case((np.arange(5, dtype=np.int32), 2), (np.arange(5, dtype=np.float32), 4))
def numbers_among_narrower_ones(x, k):
    found = [1]
    for j in range(k):
        found.append(x[j])
    return np.array(found)


@case((5,), (0,))
def turned_around(n):
    path, k = [], n
    while k > 0:
        path.append((k, k * k))
        k -= 2
    path.reverse()
    halves = []
    for j in range(n):
        halves.append(j / 2)
    halves.reverse()
    return path, np.array(halves)
