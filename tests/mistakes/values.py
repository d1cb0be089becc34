"""Values and types that a function or an operator does not take."""

# ruff: noqa: B016

import functools
import math
import operator

import numpy as np

from mistakes.table import mistake


@mistake(TypeError, "unsupported operand type(s) for +: 'float' and 'NoneType'", 1.0, spot="x + None")
def none_add(x):
    return x + None  # here


@mistake(TypeError, "unsupported operand type(s) for +: 'float' and 'str'", 1.0, spot='x + "a"')
def str_add(x):
    return x + "a"  # here


@mistake(TypeError, "unsupported operand type(s) for +: 'float' and 'dict'", 1.0, spot="x + {}")
def dict_add(x):
    return x + {}  # here


@mistake(ZeroDivisionError, "division by zero", 1.0, spot="1 / 0")
def zero_div_static(x):
    return x * (1 / 0)  # here


@mistake(ZeroDivisionError, "integer modulo by zero", 1.0, spot="1 % 0")
def zero_mod_static(x):
    return x * (1 % 0)  # here


@mistake(ZeroDivisionError, "integer division or modulo by zero", 1.0, spot="1 // 0")
def zero_floordiv_static(x):
    return x * (1 // 0)  # here


@mistake(
    TypeError, "only 0-dimensional arrays can be converted to Python scalars", np.ones(3), spot="math.sqrt(x)"
)
def math_sqrt_arr(x):
    return math.sqrt(x)  # here


@mistake(TypeError, "math.sqrt() takes exactly 1 argument(s) (2 given)", 1.0, spot="math.sqrt(x, 2)")
def math_sqrt_args(x):
    return math.sqrt(x, 2)  # here


@mistake(ValueError, "math domain error", 1.0, spot="math.sqrt(-1)")
def math_static(x):
    return x * math.sqrt(-1)  # here


@mistake(TypeError, "ufunc 'left_shift' not supported for the input types, and th", 1.0, spot="x << 1")
def shift_float(x):
    return x << 1  # here


@mistake(TypeError, "ufunc 'invert' not supported for the input types, and the in", np.ones(3), spot="~x")
def invert_farr(x):
    return ~x  # here


@mistake(TypeError, "ufunc 'bitwise_and' not supported for the input types, and t", np.ones(3), spot="x & 1")
def and_farr(x):
    return x & 1  # here


@mistake(
    TypeError,
    "The numpy boolean negative, the `-` operator, is not support",
    np.array([True, False]),
    spot="-x",
)
def neg_bool_arr(x):
    return -x  # here


@mistake(
    TypeError,
    "numpy boolean subtract, the `-` operator, is not supported, ",
    np.array([True, False]),
    spot="x - x",
)
def sub_bool_arr(x):
    return x - x  # here


@mistake(TypeError, "bad operand type for unary -: 'list'", [1.0], spot="-x")
def neg_list(x):
    return -x  # here


@mistake(
    TypeError,
    "Cannot cast ufunc 'add' output from dtype('float64') to dtyp",
    np.arange(3),
    0.5,
    spot="x += y",
)
def iadd_cast(x, y):
    x += y  # here
    return x


@mistake(
    TypeError, "Cannot cast ufunc 'divide' output from dtype('float64') to d", np.arange(3), spot="x /= 2"
)
def idiv_cast(x):
    x /= 2  # here
    return x


@mistake(TypeError, "object of type 'float' has no len()", 1.0, spot="len(x)")
def len_scalar(x):
    return len(x)  # here


@mistake(TypeError, "object of type 'NoneType' has no len()", 1.0, spot="len(None)")
def len_none(x):
    return len(None)  # here


@mistake(TypeError, "'float' object is not iterable", 3.0, spot="x")
def for_scalar(x):
    for v in x:  # here
        x = v
    return x


@mistake(TypeError, "'NoneType' object is not iterable", 3.0, spot="None")
def for_none(x):
    for v in None:  # here
        x = v
    return x


@mistake(TypeError, "'float' object is not iterable", 3.0, np.ones(5), spot="zip(x, y)")
def zip_scalar(x, y):
    s = 0.0
    for a, b in zip(x, y):  # here
        s += a * b
    return s


@mistake(TypeError, "bad operand type for abs(): 'NoneType'", 1.0, spot="abs(None)")
def abs_none(x):
    return abs(None)  # here


@mistake(ValueError, "could not convert string to float: 'abc'", 1.0, spot='float("abc")')
def float_str(x):
    return x * float("abc")  # here


@mistake(
    TypeError, "only 0-dimensional arrays can be converted to Python scalars", np.ones(7), spot="float(x)"
)
def float_arr(x):
    return float(x)  # here


@mistake(TypeError, "'<' not supported between instances of 'complex' and 'comple", 1.0, spot="1j < 2j")
def complex_cmp(x):
    return (1j < 2j) * x  # here


@mistake(TypeError, "ufunc 'floor_divide' not supported for the input types, and ", 1j, spot="x // 2")
def complex_floor(x):
    return x // 2  # here


@mistake(
    TypeError, "ufunc 'remainder' not supported for the input types, and the", np.ones(5) + 1j, spot="x % 2"
)
def mod_complex(x):
    return x % 2  # here


@mistake(OverflowError, "Python integer 300 out of bounds for uint8", np.array([1], np.uint8), spot="x + 300")
def uint_neg(x):
    return x + 300  # here


@mistake(
    TypeError, "issubclass() arg 2 must be a class, a tuple of classes, or a", 1.0, spot="isinstance(x, 5)"
)
def isinst_bad(x):
    return isinstance(x, 5)  # here


@mistake(TypeError, "attribute name must be string, not 'int'", 1.0, spot="getattr(x, 5)")
def getattr_bad(x):
    return getattr(x, 5)  # here


@mistake(TypeError, "unhashable type: 'list'", 5.0, spot="{[1]: x}")
def dict_unhash(x):
    return {[1]: x}  # here


@mistake(TypeError, "argument of type 'int' is not iterable", 5.0, spot="x in 5")
def in_rt(x):
    return x in 5  # here


@mistake(TypeError, "decimals: 'float' object cannot be interpreted as an integer", 1.0, spot="round(x, 1.5)")
def round_bad(x):
    return round(x, 1.5)  # here


@mistake(TypeError, "exceptions must derive from BaseException", -1.0, spot="raise 5")
def raise_nonexc(x):
    if x < 0:
        raise 5  # here
    return x


@mistake(ValueError, "invalid literal for int() with base 3: 'zz'", 1.0, spot='int("zz", 3)')
def int_base(x):
    return x * int("zz", 3)  # here


@mistake(
    TypeError,
    "reduce() of empty iterable with no initial value",
    1.0,
    spot="functools.reduce(operator.add, [])",
)
def reduce_empty(x):
    return functools.reduce(operator.add, [])  # here


@mistake(
    NotImplementedError, "setting the shape of an array is not supported", np.ones(6), spot="y.shape = (2, 3)"
)
def set_shape(x):
    y = x.copy()
    y.shape = (2, 3)  # here
    return y


@mistake(TypeError, "array does not have imaginary part to set", np.ones(6), spot="y.imag = 1.0")
def set_imag(x):
    y = x.copy()
    y.imag = 1.0  # here
    return y
