"""Expressions over scalars and arrays: operators, ufuncs, promotion."""

import math

import numpy as np

from samples.pool import ints, normal, sample, scalar, uniform


@sample(scalar())
def polynomial(x):
    return 3 * x**3 - 2 * x**2 + x - 7


@sample(normal(5))
def rational(x):
    return (1 + x) / (1 + x * x)


@sample(uniform(4), uniform(4))
def power_of_arrays(x, y):
    return x**y


@sample(uniform(4), scalar())
def power_by_scalar(x, p):
    return np.power(x, p) + p**2.5


@sample(uniform(5, low=0.3, high=0.9))
def negative_powers(x):
    return x**-2 + x**-0.5 + x**0


@sample(uniform(5, low=3.1, high=3.9), order=1)
def floor_and_remainder(x):
    return x // 1.3 + x % 1.3


@sample(normal(6, shift=0.2))
def absolute_and_sign(x):
    return np.abs(x) * np.sign(x - 5) + abs(x)


@sample(uniform(4), uniform(4))
def polar(x, y):
    return np.hypot(x, y), np.arctan2(y, x)


@sample(uniform(4))
def exponentials(x):
    return np.exp(-x) + np.expm1(x) * np.exp2(x)


@sample(uniform(4))
def logarithms(x):
    return np.log(x) + np.log2(x) * np.log10(x) + np.log1p(x)


@sample(normal(5))
def trigonometry(x):
    return np.sin(x) ** 2 + np.cos(x) ** 2 + np.tan(0.3 * x)


@sample(uniform(5, low=-0.8, high=0.8))
def inverse_trigonometry(x):
    return np.arcsin(x) - np.arccos(x) * np.arctan(x)


@sample(normal(5))
def hyperbolic(x):
    return np.sinh(x) / np.cosh(x) - np.tanh(x) + np.arcsinh(x)


@sample(uniform(4))
def roots(x):
    return np.sqrt(x) + np.cbrt(x) + np.square(x) + np.reciprocal(x)


@sample(scalar(), scalar())
def math_functions(x, y):
    return math.sin(x) * math.exp(-y) + math.sqrt(x * y) + math.log(x) * math.pi


@sample(scalar(0.1, 0.9))
def math_special(x):
    return math.atan2(x, 2.0) + math.hypot(x, 1.0) + math.erf(x) + math.log1p(x)


@sample(normal(5))
def softplus(x):
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)


@sample(normal(4), normal(4))
def log_add_exp(x, y):
    return np.logaddexp(x, 2 * y)


@sample(normal(6, scale=2.0))
def clipped(x):
    return np.clip(x, -1.0, 1.5) * x


@sample(normal(5), normal(5))
def extremes(x, y):
    return np.maximum(x, y) - np.minimum(x, 0.25 * y)


@sample(normal(3, 1), normal(1, 4), scalar())
def broadcasting(x, y, s):
    return x * y + s * x - y / (1 + s)


@sample(normal(2, 3), normal(3))
def broadcast_rows(a, b):
    return (a - b) ** 2 * (a + b)


@sample(normal(4), ints(4))
def mixed_with_integers(x, k):
    return x * k + k // 2 - k % 3


@sample(ints(5, high=50), ints(5, low=1, high=9), order=0, vmap=False)
def integers_only(a, b):
    return a // b, a % b, a**2 - b, -a, a & b, a | 1, a ^ b, a << 2, a >> 1


@sample(ints(low=2, high=9), scalar())
def python_integers(n, x):
    half, rest = divmod(n, 2)
    return x * half + rest / n + n**2


@sample(normal(5), order=1)
def comparisons_as_numbers(x):
    return (x > 0) * x + (x <= -0.5) * 2.0 + np.logical_and(x > -1, x < 1)


@sample(normal(5))
def where_safe_logarithm(x):
    safe = np.where(x > 0.1, x, 1.0)
    return np.where(x > 0.1, np.log(safe), x - 1)


@sample(normal(3))
def rounding(x):
    return np.floor(x) + np.ceil(x) * x + np.trunc(3 * x)


@sample(normal(4), normal(4), order=0)
def complex_product(x, y):
    z = x + 1j * y
    w = z * z / (1 + np.abs(z))
    return w.real, w.imag


@sample(uniform(4), uniform(4))
def copied_signs(x, y):
    return np.copysign(x, y - 1.1) + np.sign(y)


@sample(normal(3), scalar())
def unary_chain(x, s):
    return -(+x) * -s + (-x) ** 2
