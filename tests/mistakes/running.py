"""Errors of the running code: the same place on both backends."""

import math

import numpy as np

from mistakes.table import mistake


@mistake(IndexError, "index 9 is out of bounds for axis ", np.ones(7), spot="x[9]", run=True)
def idx_static_out_big(x):
    return x[9]  # here


@mistake(IndexError, "index 9 is out of bounds for axis ", np.ones(7), 9, spot="x[i]", run=True)
def idx_rt_out(x, i):
    y = x[i]  # here
    return y * 2


@mistake(IndexError, "index -9 is out of bounds for axis ", np.ones(7), -9, spot="x[i]", run=True)
def idx_rt_neg_out(x, i):
    y = x[i]  # here
    return y * 2


@mistake(IndexError, "index 8 is out of bounds for axis ", np.ones((7, 8)), 3, 8, spot="x[i, j]", run=True)
def idx_rt_2d(x, i, j):
    y = x[i, j]  # here
    return y * 2


@mistake(IndexError, "index 7 is out of bounds for axis ", np.ones((7, 8)), 7, spot="x[i]", run=True)
def idx_row(x, i):
    y = x[i]  # here
    return y * 2


@mistake(
    IndexError, "index 9 is out of bounds for axis ", np.ones(7), np.array([0, 9]), spot="x[i]", run=True
)
def idx_arr_out(x, i):
    return x[i] * 2  # here


@mistake(
    IndexError, "index -9 is out of bounds for axis ", np.ones(7), np.array([0, -9]), spot="x[i]", run=True
)
def idx_arr_neg_out(x, i):
    return x[i] * 2  # here


@mistake(IndexError, "index 9 is out of bounds for axis ", np.ones(7), 9, spot="x[i] = 2.0", run=True)
def idx_set_out(x, i):
    x[i] = 2.0  # here
    return x


@mistake(
    IndexError,
    "index 9 is out of bounds for axis ",
    np.ones(7),
    np.array([0, 9]),
    spot="x[i] = 2.0",
    run=True,
)
def idx_set_arr_out(x, i):
    x[i] = 2.0  # here
    return x


@mistake(IndexError, "index 9 is out of bounds for axis ", np.ones(7), 9, spot="x[i] += 2.0", run=True)
def idx_iadd_out(x, i):
    x[i] += 2.0  # here
    return x


@mistake(
    IndexError,
    "index 9 is out of bounds for axis ",
    np.ones(7),
    np.array([0, 9]),
    spot="np.add.at(x, i, 2.0)",
    run=True,
)
def idx_addat_out(x, i):
    np.add.at(x, i, 2.0)  # here
    return x


@mistake(
    IndexError,
    "index 9 is out of bounds for axis ",
    np.ones(7),
    np.array([0, 9]),
    spot="np.take(x, i)",
    run=True,
)
def take_out(x, i):
    return np.take(x, i)  # here


@mistake(IndexError, "index 7 is out of bounds for axis ", np.ones(7), spot="x[i + 1]", run=True)
def idx_loop_out(x):
    s = 0.0
    for i in range(x.shape[0]):
        s += x[i + 1]  # here
    return s


@mistake(IndexError, "index 7 is out of bounds for axis ", np.ones(7), spot="y[i + 1] = x[i]", run=True)
def idx_loop_set_out(x):
    y = np.zeros(7)
    for i in range(x.shape[0]):
        y[i + 1] = x[i]  # here
    return y


@mistake(ZeroDivisionError, "", 0.0, spot="1.0 / x", run=True)
def zero_div_float(x):
    return 1.0 / x  # here


@mistake(ZeroDivisionError, "division by zero", 0, spot="1 / x", run=True)
def zero_div_int(x):
    return 1 / x  # here


@mistake(ZeroDivisionError, "integer modulo by zero", 0, spot="5 % x", run=True)
def zero_mod_int(x):
    return 5 % x  # here


@mistake(ZeroDivisionError, "integer division or modulo by zero", 0, spot="5 // x", run=True)
def zero_floordiv_int(x):
    return 5 // x  # here


@mistake(ValueError, "math domain error", -1.0, spot="math.sqrt(x)", run=True)
def math_sqrt(x):
    return math.sqrt(x)  # here


@mistake(ValueError, "math domain error", 0.0, spot="math.log(x)", run=True)
def math_log(x):
    return math.log(x)  # here


@mistake(OverflowError, "math range error", 1000.0, spot="math.exp(x)", run=True)
def math_exp(x):
    return math.exp(x)  # here


@mistake(ValueError, "math domain error", 2.0, spot="math.acos(x)", run=True)
def math_acos(x):
    return math.acos(x)  # here


@mistake(
    ValueError,
    "Integers to negative integer powers are not allowed.",
    np.arange(3),
    -1,
    spot="x ** n",
    run=True,
)
def npint_negpow_rt(x, n):
    return x**n  # here


@mistake(
    ValueError,
    "zero-size array to reduction operation minimum which has no ",
    np.ones(5),
    spot="np.min(x[x > 2])",
    run=True,
)
def min_empty_dyn(x):
    return np.min(x[x > 2])  # here


@mistake(
    ValueError, "attempt to get argmin of an empty sequence", np.ones(5), spot="np.argmin(x[x > 2])", run=True
)
def argmin_empty_dyn(x):
    return np.argmin(x[x > 2])  # here


@mistake(
    UnboundLocalError,
    "cannot access local variable 'y' where it is not associated ",
    -1.0,
    spot="y",
    run=True,
)
def maybe_unbound(x):
    if x > 0:
        y = x
    return y  # here


@mistake(np.linalg.LinAlgError, "", np.ones((3, 3)), spot="np.linalg.inv(x)", run=True)
def inv_sing(x):
    return np.linalg.inv(x) * 2  # here


@mistake(np.linalg.LinAlgError, "", np.ones((5, 5)), np.ones(5), spot="np.linalg.solve(x, b)", run=True)
def solve_sing(x, b):
    y = np.linalg.solve(x, b)  # here
    return y * 2


@mistake(
    np.linalg.LinAlgError,
    "Matrix is not positive definite",
    -np.ones((5, 5)),
    spot="np.linalg.cholesky(x)",
    run=True,
)
def chol_notpd(x):
    return np.linalg.cholesky(x)  # here


@mistake(ValueError, "negative dimensions are not allowed", np.ones(3), -1, spot="np.repeat(x, n)", run=True)
def repeat_neg_rt(x, n):
    return np.repeat(x, n)  # here


@mistake(
    ValueError,
    "'list' argument must have no negative elements",
    np.array([-1, 2]),
    spot="np.bincount(x)",
    run=True,
)
def bincount_neg(x):
    return np.bincount(x)  # here


@mistake(
    ValueError,
    "operands could not be broadcast together: sizes 4 and 2",
    np.arange(6.0),
    spot="a + b",
    run=True,
)
def dyn_shape_mismatch(x):
    a = x[x > 1]
    b = x[x > 3]
    return a + b  # here


@mistake(ValueError, "cannot reshape array: sizes 4 and 5", np.arange(6.0), spot="a.reshape(2, 2)", run=True)
def dyn_reshape(x):
    a = x[x > 0]
    return a.reshape(2, 2)  # here


@mistake(
    ValueError,
    "all input arrays must have the same shape: sizes 2 and 4",
    np.arange(6.0),
    spot="np.stack([x[x > 1], x[x > 3]])",
    run=True,
)
def dyn_stack(x):
    return np.stack([x[x > 1], x[x > 3]])  # here


@mistake(
    ValueError,
    "shape mismatch: the value can't be broadcast to the place: s",
    np.arange(6.0),
    2,
    spot="x[:n] = x[x > 1]",
    run=True,
)
def dyn_slice_set(x, n):
    x[:n] = x[x > 1]  # here
    return x


@mistake(ValueError, "negative ", np.arange(6.0), spot="np.zeros(int(x[0]) - 5)", run=True)
def neg_size_data(x):
    return np.zeros(int(x[0]) - 5)  # here


@mistake(IndexError, "index 7 is out of bounds for axis ", np.ones(5), spot="x.item(7)", run=True)
def item_out(x):
    return x.item(7)  # here


@mistake(IndexError, "index 9 is out of bounds for axis ", np.ones(5), spot="np.put(x, [9], [1.0])", run=True)
def put(x):
    np.put(x, [9], [1.0])  # here
    return x


@mistake(
    ValueError,
    "index is out of bounds for an array of this shape",
    77,
    spot="np.unravel_index(x, (3, 4))",
    run=True,
)
def unravel(x):
    return np.unravel_index(x, (3, 4))  # here
