"""Nested functions, closures over values and functions, functions as arguments and results."""

import functools
import operator

import numpy as np

from samples.pool import normal, sample, scalar

GAIN = 1.7
WEIGHTS = np.array([0.2, -0.4, 1.1])
SETTINGS = {"power": 3, "offset": np.array([1.0, 2.0, 3.0])}


@sample(scalar())
def global_number(x):
    return GAIN * x + GAIN**2


@sample(normal(3))
def global_array(x):
    return WEIGHTS @ x + x[0] * WEIGHTS


@sample(normal(3))
def global_dictionary(x):
    return x ** SETTINGS["power"] + SETTINGS["offset"]


@sample(scalar(), scalar())
def nested_function(x, y):
    def inner(v):
        return v * y + x

    return inner(x) * inner(y)


@sample(scalar(), scalar())
def function_factory(x, s):
    def times(k):
        def apply(v):
            return k * v + s

        return apply

    return times(3.0)(x) - times(s)(x)


@sample(scalar())
def compose_functions(x):
    def compose(f, g):
        return lambda v: f(g(v))

    return compose(np.sin, compose(np.exp, lambda v: -v))(x)


@sample(scalar(), scalar())
def nonlocal_counter(x, y):
    total = 0.0

    def add(v):
        nonlocal total
        total = total + v * v

    add(x)
    add(y)
    return total * x


@sample(normal(3))
def partial_function(x):
    scale = functools.partial(_affine, 2.0, shift=1.0)
    return scale(x)


def _affine(a, x, shift=0.0):
    return a * x + shift


@sample(normal(4))
def reduce_with_operator(x):
    return functools.reduce(operator.mul, [x[0], x[1], x[2]]) + operator.add(x[3], x[0])


@sample(scalar(), scalar())
def function_in_a_loop(x, y):
    def step(s, k):
        return s * 0.5 + y * k

    s = x
    for k in range(4):
        s = step(s, k)
    return s


@sample(scalar(-1, 1))
def function_by_condition(x):
    f = np.sin if np.ndim(x) == 0 else np.cos
    return f(x) * x


@sample(scalar(0.5, 1.5))
def functions_in_a_table(x):
    table = {"square": lambda v: v * v, "root": np.sqrt}
    return table["square"](x) + table["root"](x)


@sample(scalar(), scalar())
def late_binding(x, y):
    k = 1.0

    def scaled(v):
        return v * k

    first = scaled(x)
    k = y
    return first + scaled(x)
