"""Names, attributes, keys and calls."""

# ruff: noqa: F821, F841

import math

import numpy as np
import scipy.optimize
import scipy.special

from mistakes.table import mistake


@mistake(NameError, "name 'undefined_name' is not defined", 1.0, spot="undefined_name")
def undefined(x):
    return undefined_name * x  # here


@mistake(NameError, "name 'c' is not defined", 1.0, spot="c")
def lambda_default(x):
    g = lambda a, b=2: a * c  # here
    return g(x)


@mistake(UnboundLocalError, "cannot access local variable 'z' where it is not associated ", 1.0, spot="z")
def unboundlocal(x):
    y = z + x  # here
    z = 1.0
    return y


@mistake(AttributeError, "module 'numpy' has no attribute 'sinn'", 1.0, spot="np.sinn")
def attr_np(x):
    return np.sinn(x)  # here


@mistake(AttributeError, "module 'numpy.linalg' has no attribute 'normm'", np.ones(3), spot="np.linalg.normm")
def attr_np2(x):
    return np.linalg.normm(x)  # here


@mistake(AttributeError, "'float' object has no attribute 'foo'", 1.0, spot="x.foo")
def attr_scalar(x):
    return x.foo  # here


@mistake(AttributeError, "'numpy.ndarray' object has no attribute 'foo'", np.ones(3), spot="x.foo")
def attr_arr(x):
    return x.foo()  # here


@mistake(AttributeError, "'NoneType' object has no attribute 'shape'", 1.0, spot="y.shape")
def attr_none(x):
    y = None
    return y.shape  # here


@mistake(AttributeError, "'list' object has no attribute 'push'", [1.0], spot="x.push")
def attr_list(x):
    return x.push(1)  # here


@mistake(AttributeError, "'dict' object has no attribute 'a'", {"a": 1.0}, spot="x.a")
def attr_dict(x):
    return x.a  # here


@mistake(AttributeError, "'int' object has no attribute 'foo'", 1.0, spot="(3).foo")
def attr_int(x):
    return (3).foo  # here


@mistake(AttributeError, "'int' object has no attribute 'foo'", np.ones(6), spot="x.shape[0].foo")
def attr_shape(x):
    return x.shape[0].foo  # here


@mistake(AttributeError, "'str' object has no attribute 'foo'", 1.0, spot='"abc".foo')
def attr_str(x):
    return "abc".foo  # here


@mistake(AttributeError, "module 'math' has no attribute 'foo'", 1.0, spot="math.foo")
def math_unknown(x):
    return math.foo(x)  # here


@mistake(
    AttributeError, "module 'scipy.special' has no attribute 'nope'", np.ones(3), spot="scipy.special.nope"
)
def scipy_missing(x):
    return scipy.special.nope(x)  # here


@mistake(KeyError, "'b'", {"a": 1.0}, spot='x["b"]')
def key(x):
    return x["b"]  # here


@mistake(KeyError, "'b'", {"a": 1.0}, spot='x.pop("b")')
def key_pop(x):
    return x.pop("b")  # here


@mistake(IndexError, "list index out of range", [1.0, 2.0], spot="x[5]")
def list_index(x):
    return x[5]  # here


@mistake(IndexError, "pop from empty list", 1.0, spot="a.pop()")
def list_pop_empty(x):
    a = []
    a.pop()  # here
    return x


@mistake(ValueError, "tuple.index(x): x not in tuple", 1.0, spot="a.index(5)")
def list_index_missing(x):
    a = [1, 2]
    return x * a.index(5)  # here


@mistake(IndexError, "list assignment index out of range", [1.0, 2.0], spot="x[7] = 3.0")
def list_set_out(x):
    x[7] = 3.0  # here
    return x[0]


@mistake(IndexError, "tuple index out of range", (1.0, 2.0), spot="x[5]")
def tuple_index(x):
    return x[5]  # here


@mistake(TypeError, "'tuple' object does not support item assignment", (1.0, 2.0), spot="x[0] = 3.0")
def tuple_set(x):
    x[0] = 3.0  # here
    return x[0]


@mistake(TypeError, "tuple indices must be integers or slices, not float", (1.0, 2.0), spot="x[0.5]")
def tuple_float_index(x):
    return x[0.5]  # here


@mistake(TypeError, "list indices must be integers or slices, not str", [1.0, 2.0], spot='x["a"]')
def list_str_index(x):
    return x["a"]  # here
