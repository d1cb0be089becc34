"""Lambdas, several on a line too."""

import numpy as np

from samples.pool import normal, sample, scalar

square, cube = (lambda x: x * x), (lambda x: x * x * x)
choose = lambda x, y=2.0: x if x > y else y * x


@sample(scalar())
def two_on_a_line(x):
    return square(x) + 2 * cube(x)


@sample(scalar(0.5, 4.0))
def with_default(x):
    return choose(x) + choose(x, 1.0)


@sample(normal(3))
def immediately_called(x):
    return (lambda v, s: v * s)(x, np.sum(x))


@sample(scalar(), scalar())
def in_a_tuple(x, y):
    f, g = lambda a: a + y, lambda a: a * y
    return f(g(x)) - g(f(x))


@sample(scalar())
def nested_lambdas(x):
    add = lambda a: lambda b: a + b * b
    return add(x)(3.0) * add(1.0)(x)


@sample(scalar(0.1, 1.0), scalar(0.1, 1.0))
def sorted_out(x, y):
    pick = {True: lambda a, b: a - b, False: lambda a, b: b - a}
    return pick[True](x, y) * pick[False](x, y) * 2
