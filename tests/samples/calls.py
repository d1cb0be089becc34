"""Calls: defaults, keywords, *args, **kwargs, several results, recursion over a tree."""

import numpy as np

from samples.pool import fixed, normal, sample, scalar, uniform


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _moments(x, axis=None):
    mean = np.mean(x, axis=axis)
    return mean, np.mean((x - mean) ** 2, axis=axis)


@sample(normal(4))
def other_function(x):
    return _sigmoid(x) * _sigmoid(-x)


@sample(normal(4))
def several_results(x):
    mean, variance = _moments(x)
    return (x - mean) / np.sqrt(variance + 1e-3)


@sample(normal(3, 4))
def twice_with_other_types(a):
    mean, variance = _moments(a, axis=0)
    whole, _ = _moments(mean)
    return variance * whole


@sample(scalar(), scalar())
def defaults(x, y, k=2, *, shift=0.5):
    return x**k + y * shift


@sample(scalar(), scalar())
def keyword_call(x, y):
    return defaults(y=x, x=y, shift=x) + defaults(x, y, 3)


def _total(*values, scale=1.0, **named):
    return scale * sum(values) + named.get("extra", 0.0)


@sample(scalar(), scalar())
def star_arguments(x, y):
    pair = (x, y)
    return _total(*pair, x, scale=y) + _total(x, **{"scale": 2.0, "extra": y * y})


@sample(scalar(), scalar(), scalar())
def varargs(*xs):
    out = 1.0
    for x in xs:
        out = out * (x + 1)
    return out


def _tree_sum(tree):
    if isinstance(tree, (list, tuple)):
        return sum(_tree_sum(t) for t in tree)
    if isinstance(tree, dict):
        return sum(_tree_sum(t) for t in tree.values())
    return np.sum(tree**2)


@sample([normal(2), {"a": normal(3), "b": (normal(2), scalar())}])
def recursion_over_a_tree(tree):
    return _tree_sum(tree)


@sample(scalar(0.3, 0.9), fixed(4))
def recursion_with_a_static_depth(x, depth):
    if depth == 0:
        return x
    return np.sin(recursion_with_a_static_depth(x, depth - 1)) + x


@sample(uniform(3), scalar())
def decorated_helper(x, s):
    return _doubled(x, s)


def _twice(f):
    def wrapped(*args, **kwargs):
        return 2 * f(*args, **kwargs)

    return wrapped


@_twice
def _doubled(x, s):
    return x * s


@sample(normal(3), normal(3), fixed(2))
def positional_only(x, y, /, power):
    return (x + y) ** power


@sample(scalar(), scalar())
def assertion_and_docstring(x, y):
    """A docstring, an assert and a pass, which all stay out of the way."""
    assert y > 0, "y must be positive"
    if x > 100:
        pass
    return x / y


@sample(scalar(0.2, 0.9))
def annotated(x: float) -> float:
    y: float = x * 2
    z: float
    z = y + 1
    return z * x


@sample(scalar())
def walrus(x):
    if (y := x * x) > 1:
        return y
    return y + 1
