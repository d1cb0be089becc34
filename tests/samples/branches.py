"""Conditions that depend on data: if, elif, ternaries, and, or, not, chained comparisons."""

import numpy as np

from samples.pool import fixed, ints, normal, sample, scalar


@sample(scalar(-2, 2))
def absolute_value(x):
    if x >= 0:
        return x
    else:
        return -x


@sample(scalar(-3, 3))
def three_ways(x):
    if x < -1:
        y = -x
    elif x < 1:
        y = x * x
    else:
        y = 2 * x - 1
    return y


@sample(scalar(-1, 1), scalar(-1, 1))
def ternary(x, y):
    return x * y if x > y else np.sin(x) + y


@sample(scalar(-3, 3))
def chained_comparison(x):
    if -1 < x <= 1:
        return np.exp(x)
    return x**2


@sample(scalar(-1, 1), scalar(-1, 1))
def and_or_not(x, y):
    if (x > 0 and y > 0) or (x < -0.5 and not y > 0.5):
        return x * y
    return x + y


@sample(normal(3))
def value_of_or(x):
    s = np.sum(x)
    return s if s > 0 or np.max(x) > 10 else s * s


@sample(normal(3), scalar(-1, 1))
def arrays_in_branches(x, s):
    if s > 0:
        y = x * 2
        z = np.sum(x)
    else:
        y = np.exp(x)
        z = s
    return y * z


@sample(normal(3), scalar(-1, 1))
def one_sided(x, s):
    total = np.sum(x)
    if s > 0.3:
        total = total * s
        if total > 0:
            total += 1
    return total


@sample(scalar(-1, 1))
def nested(x):
    if x > 0:
        if x > 0.5:
            y = x**3
        else:
            y = x**2
    else:
        if x < -0.5:
            y = 1 - x
        else:
            y = np.cos(x)
    return y + x


@sample(normal(4), fixed("mean"))
def decided_by_a_string(x, how):
    if how == "mean":
        return np.mean(x**2)
    elif how == "max":
        return np.max(x)
    raise ValueError(how)


@sample(scalar(), fixed(None))
def decided_by_none(x, bias):
    y = 3 * x * x
    if bias is not None:
        y = y + bias
    return y


@sample(normal(3), fixed(True))
def decided_by_a_flag(x, scale=True):
    y = x - np.mean(x)
    return y / np.sqrt(np.mean(y * y)) if scale else y


@sample(scalar(-1, 1), ints(high=4))
def by_integer(x, k):
    if k == 0:
        return np.sin(x)
    if k == 1:
        return np.cos(x)
    if k in (2, 3):
        return x * k
    return x


@sample(scalar(-2, 2))
def integer_meets_float(x):
    y = 0
    if x > 0:
        y = x
    return y * 2 + x


@sample(scalar(-2, 2))
def huber(r, delta=1.0):
    a = abs(r)
    if a <= delta:
        return 0.5 * a**2
    return delta * (a - 0.5 * delta)


@sample(normal(2), order=1)
def tuple_results(x):
    if x[0] > x[1]:
        small, large = x[1], x[0]
    else:
        small, large = x[0], x[1]
    return small, large * large


@sample(normal(5))
def whole_array_condition(x):
    if np.all(x > -0.5):
        return np.sum(np.log1p(x + 0.5))
    if (x < -1.0).any():
        return np.sum(x**2)
    return np.sum(x) ** 3


@sample(scalar(-1, 1))
def dead_variable(x):
    if x > 0:
        helper = x * 2
        y = helper + 1
    else:
        y = -x
    return y


@sample(scalar(-2, 2), scalar(-2, 2))
def minmax_builtins(x, y):
    return max(x, y, 0.1) * min(x, 1.0) + abs(y)


@sample(scalar(0.1, 3), scalar(0.1, 3))
def leaky_piecewise(x, y):
    out = x - y
    out = out if out > 0 else 0.1 * out
    out += y if y > 1 else y * y
    return out
