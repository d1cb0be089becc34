"""List, dict and generator comprehensions, over static and over run-time ranges."""

import numpy as np

from samples.pool import fixed, normal, sample, scalar


@sample(scalar())
def powers(x):
    return sum([x**k for k in range(5)])


@sample(normal(4))
def over_array(x):
    return np.array([v * v for v in x])


@sample(normal(3, 4))
def rows(a):
    return np.stack([row / np.sum(np.exp(row)) for row in a])


@sample([normal(3), normal(3)], scalar())
def over_list(xs, s):
    return [x * s for x in xs]


@sample({"a": normal(2), "b": normal(2)}, scalar())
def dictionary(tree, s):
    return {name: x + s for name, x in tree.items()}


@sample(normal(3), fixed((1, 2, 3)))
def filtered(x, ks):
    return sum(x[0] ** k for k in ks if k != 2) + sum(v for v in (x[1], x[2]))


@sample(scalar(0.1, 0.5))
def nested(x):
    return np.array([[x ** (i + j) for j in range(3)] for i in range(2)])


@sample(normal(4), normal(4))
def generator_sum(x, y):
    return sum(a * b for a, b in zip(x, y))


@sample(scalar(-1, 1), scalar(-1, 1))
def any_and_all(x, y):
    values = [x, y, x * y]
    if all(v > -0.5 for v in values):
        return x + y
    if any(v > 0.5 for v in values):
        return x * y
    return x - y


@sample(normal(3))
def mapped(x):
    return sum(map(np.sin, [x[0], x[1]])) + sum(map(lambda v: v * v, [x[1], x[2]]))


@sample(scalar(), scalar())
def closure_in_comprehension(x, y):
    factors = [lambda v, k=k: v * k + y for k in range(3)]
    return sum(f(x) for f in factors)
