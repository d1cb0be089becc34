"""return from inside branches, loops and loops in loops."""

import numpy as np

from samples.pool import fixed, normal, sample, scalar, uniform


@sample(scalar(-2, 2))
def guard_clauses(x):
    if x < -1:
        return x**2
    if x < 0:
        return -x
    if x < 1:
        return np.sin(x)
    return x


@sample(uniform(6), scalar(0.5, 2.5))
def from_a_loop(x, limit):
    s = 0.0
    for v in x:
        s += v
        if s > limit:
            return s * v
    return -s


@sample(uniform(6))
def from_a_loop_with_state(x):
    best = 0.0
    for i in range(len(x)):
        if x[i] > 1.8:
            return best + x[i] * i
        best = best * 0.9 + x[i]
    return best


@sample(normal(3, 3), scalar(0.2, 1.2))
def from_nested_loops(a, limit):
    s = 0.0
    for i in range(3):
        for j in range(3):
            if a[i, j] > limit:
                return s + a[i, j] * 10
            s += a[i, j] ** 2
    return s


@sample(scalar(0.5, 8.0), dtypes="f64")
def from_a_while(a):
    x = a
    while True:
        new = 0.5 * (x + a / x)
        if abs(new - x) < 1e-13 * new:
            return new
        x = new


@sample(scalar(-1, 1), normal(3))
def arrays_returned_early(s, x):
    if s > 0:
        return x * s
    y = np.exp(x)
    if s < -0.5:
        return y
    return y * s


@sample(scalar(-1, 1), fixed(False))
def static_early_return(x, verbose):
    if verbose:
        return "verbose", x
    return x * 2


@sample(uniform(5))
def tuples_returned_early(x):
    for i, v in enumerate(x):
        if v > 1.5:
            return v, i
    return np.sum(x), -1


@sample(scalar(-2, 2))
def no_else_returns(x):
    if x > 0:
        y = x * 3
        if y > 2:
            return y
        y = y + 1
    else:
        y = x
    return y * y


@sample(scalar(-1.5, 1.5), scalar(0.1, 1))
def helper_with_early_return(x, y):
    def soft(v):
        if v > y:
            return v - y
        if v < -y:
            return v + y
        return 0.0 * v

    return soft(x) + soft(2 * x)
