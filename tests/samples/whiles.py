"""while: the data decides how often."""

import math

import numpy as np

from samples.pool import normal, sample, scalar, uniform


@sample(scalar(0.5, 9.0), dtypes="f64")
def newton_sqrt(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


@sample(scalar(0.5, 30.0))
def halve_until_small(x):
    y = x
    while y > 1.0:
        y = y / 2 + 0.1 * x / 30
    return y


@sample(scalar(0.3, 5.0))
def collect_while_growing(x):
    total, term, k = 0.0, 1.0, 1
    while term > 1e-3 or k < 4:
        total += term
        term = term * x / (k + 1)
        k += 1
    return total


@sample(scalar(0.1, 0.9))
def count_and_break(x):
    y, n = x, 0
    while True:
        y = y * 1.3
        n += 1
        if y > 2:
            break
    return y + n


@sample(scalar(1.0, 4.0))
def while_continue(x):
    s, i = 0.0, 0
    while i < 6:
        i += 1
        if i % 2 == 0:
            continue
        s += x / i
    return s


@sample(uniform(5))
def while_over_array(x):
    i, s = 0, 0.0
    while i < len(x) and s < 2.5:
        s += x[i]
        i += 1
    return s * i


@sample(normal(3))
def array_state(x):
    y = x
    while np.sum(y * y) > 0.5:
        y = 0.7 * y
    return y


@sample(scalar(0.2, 0.8), scalar(0.1, 2.5), dtypes="f64")
def kepler(e, m):
    big = m
    while abs(big - e * math.sin(big) - m) > 1e-13:
        big = big - (big - e * math.sin(big) - m) / (1 - e * math.cos(big))
    return big


@sample(scalar(1.1, 5.0), order=1)
def nested_while(x):
    count, y = 0.0, x
    while y > 1:
        z = y
        while z > 0.5:
            z = z * 0.5
            count += z
        y = y - 0.7
    return count


@sample(scalar(2.0, 50.0))
def arithmetic_geometric_mean(b):
    a = 1.0
    for _ in range(6):
        a, b = (a + b) / 2, np.sqrt(a * b)
    while b > 1e3:
        b = b / 10
    return a


@sample(scalar(0.5, 1.5))
def while_else(x):
    k = 0
    y = x
    while k < 3:
        y = y * x
        k += 1
    else:
        y = y + 1
    return y


@sample(scalar(0.1, 1.0))
def never_entered(x):
    y = x * x
    while y > 10:
        y = y - x
    return y
