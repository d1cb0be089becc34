"""for: over ranges, arrays, containers, zip, enumerate, reversed; break, continue, else."""

import numpy as np

from samples.pool import apart, fixed, ints, normal, sample, scalar, uniform


@sample(normal(6))
def running_total(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * (i + 1)
    return total


@sample(normal(5))
def over_an_array(x):
    total = 0
    for v in x:
        total = total + v * np.cos(v)
    return total


@sample(normal(3, 4))
def over_rows(a):
    norm = 1.0
    for row in a:
        norm = norm * (1 + np.sum(row**2))
    return np.log(norm)


@sample(normal(4), normal(4))
def over_zip(x, y):
    s = 0.0
    for a, b in zip(x, y):
        s += a * b + np.sin(a - b)
    return s


@sample(normal(5))
def over_enumerate(x):
    s = 0.0
    for i, v in enumerate(x):
        s += v**2 / (i + 1)
    return s


@sample(normal(4))
def over_reversed(x):
    acc = 0.0
    for c in reversed(x):
        acc = acc * 0.5 + c
    return acc


@sample(normal(4), scalar(-1, 1))
def horner(coefficients, x):
    result = 0.0
    for c in coefficients[::-1]:
        result = result * x + c
    return result


@sample(scalar(0.5, 1.5))
def steps_and_bounds(x):
    s = x
    for i in range(2, 11, 3):
        s = np.sin(s) + i * x
    for i in range(5, 0, -2):
        s = s * 0.5 + i
    return s


@sample(scalar(), ints(low=2, high=6))
def trip_count_from_argument(x, n):
    y = x
    for _ in range(n):
        y = np.sin(y) + x
    return y


@sample(normal(4, 3))
def nested_loops(a):
    s = 0.0
    n, m = a.shape
    for i in range(n):
        for j in range(m):
            s += a[i, j] * (i - j) ** 2 + np.tanh(a[i, j])
    return s


@sample(normal(5))
def triangular_loops(x):
    energy = 0.0
    for i in range(len(x)):
        for j in range(i):
            energy += 1.0 / (1.0 + (x[i] - x[j]) ** 2)
    return energy


@sample(normal(8))
def continue_on_negative(x):
    s = 0.0
    for v in x:
        if v < 0:
            continue
        s += np.sqrt(v)
    return s


@sample(uniform(8))
def break_when_large(x):
    s = 0.0
    for v in x:
        s += v * v
        if s > 3.0:
            break
    return s


@sample(uniform(6))
def break_and_continue(x):
    s = 1.0
    for i in range(len(x)):
        if x[i] < 0.5:
            continue
        s *= x[i]
        if s > 4:
            s = s - 1
            break
        s += 0.1
    return s


@sample(uniform(5), scalar(0.2, 3.0))
def for_else(x, limit):
    for v in x:
        if v > limit:
            result = v * 2
            break
    else:
        result = np.sum(x)
    return result


@sample(apart(6), order=1)
def index_of_maximum(x):
    best, where = x[0], 0
    for i in range(1, len(x)):
        if x[i] > best:
            best, where = x[i], i
    return best * where


@sample(scalar(0.1, 1.0), fixed(5))
def unrolled_with_changing_structure(x, n):
    terms = []
    for k in range(n):
        terms.append(x**k)
    return sum(terms)


@sample([(normal(3, 4), normal(3)), (normal(2, 3), normal(2))], normal(4))
def over_layers(params, x):
    for w, b in params:
        x = np.tanh(w @ x + b)
    return x


@sample(normal(4), scalar())
def swap_and_carry(x, s):
    a, b = s, 1.0
    for v in x:
        a, b = b + v * a, a
    return a - b


@sample(scalar(0.5, 1.5))
def fibonacci_like(x):
    a, b = 0, 1
    for _ in range(10):
        a, b = b, a + b * x / 10
    return a


@sample(normal(5))
def carried_array(x):
    y = np.zeros(5)
    for k in range(3):
        y = y * 0.5 + x**k
    return np.sum(y)


@sample(normal(4), normal(4))
def loop_in_a_branch(x, y):
    s = np.sum(y)
    if s > 0:
        for v in x:
            s = s + v * s
    return s


@sample(normal(3))
def loop_variable_after_the_loop(x):
    for i in range(3):
        last = x[i] * i
    return last + i


@sample(normal(4), normal(4))
def zip_of_slices(x, t):
    area = 0.0
    for a, b, ta, tb in zip(x[:-1], x[1:], t[:-1], t[1:]):
        area += 0.5 * (a + b) * (tb - ta)
    return area


@sample(normal(4))
def enumerate_from_one(x):
    s = 0.0
    for k, v in enumerate(x, 1):
        s += v / k
    return s


@sample(normal(3, 3))
def nested_break(a):
    s = 0.0
    for i in range(3):
        for j in range(3):
            if a[i, j] > 0.8:
                break
            s += a[i, j] ** 2
    return s
