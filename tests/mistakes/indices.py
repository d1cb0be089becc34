"""Subscripts that are none, or out of range; matrices and lengths that do not fit."""

import numpy as np

from mistakes.table import mistake


@mistake(
    ValueError,
    "could not broadcast input array from shape (3,) into shape (",
    np.ones(7),
    np.ones(3),
    spot="x[1:3] = y",
)
def slice_set_shape(x, y):
    x[1:3] = y  # here
    return x


@mistake(ValueError, "setting an array element with a sequence.", np.ones(7), spot="x[0] = [1.0, 2.0]")
def set_shape_scalar_seq(x):
    x[0] = [1.0, 2.0]  # here
    return x


@mistake(
    IndexError, "too many indices for array: array is 1-dimensional, but 2 we", np.ones(7), spot="x[0, 0]"
)
def too_many_idx(x):
    return x[0, 0]  # here


@mistake(IndexError, "an index can only have a single ellipsis ('...')", np.ones((7, 7)), spot="x[..., ...]")
def two_ellipsis(x):
    return x[..., ...]  # here


@mistake(
    IndexError, "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis", np.ones(7), spot="x[1.5]"
)
def float_idx(x):
    return x[1.5]  # here


@mistake(
    IndexError, "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis", np.ones(7), spot='x["a"]'
)
def str_idx(x):
    return x["a"]  # here


@mistake(
    IndexError,
    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis",
    np.ones(7),
    np.ones(2),
    spot="x[i]",
)
def float_arr_idx(x, i):
    return x[i]  # here


@mistake(IndexError, "index 5 is out of bounds for axis 0 with size 3", np.ones(3), spot="x[5]")
def idx_static_out(x):
    return x[5]  # here


@mistake(IndexError, "index -9 is out of bounds for axis 0 with size 7", np.ones(7), spot="x[-9]")
def idx_static_neg_out(x):
    return x[-9]  # here


@mistake(ValueError, "slice step cannot be zero", np.ones(7), spot="x[::0]")
def slice_step0(x):
    return x[::0]  # here


@mistake(
    TypeError, "slice indices must be integers or None or have an __index__ ", np.ones(7), spot="x[1.0:3]"
)
def slice_float(x):
    return x[1.0:3]  # here


@mistake(
    ValueError, "boolean index did not match indexed array: 6 and 7", np.ones(7), np.ones(6) > 0, spot="x[m]"
)
def mask_shape(x, m):
    return x[m]  # here


@mistake(
    np.linalg.LinAlgError,
    "Last 2 dimensions of the array must be square",
    np.ones((3, 4)),
    spot="np.linalg.inv(x)",
)
def inv_nonsq(x):
    return np.linalg.inv(x)  # here


@mistake(
    np.linalg.LinAlgError,
    "1-dimensional array given. Array must be at least two-dimens",
    np.ones(3),
    spot="np.linalg.inv(x)",
)
def inv_1d(x):
    return np.linalg.inv(x)  # here


@mistake(
    ValueError,
    "solve: Input operand 1 has a mismatch in its core dimension ",
    np.ones((5, 5)),
    np.ones(6),
    spot="np.linalg.solve(x, b)",
)
def solve_shape(x, b):
    return np.linalg.solve(x, b)  # here


@mistake(
    np.linalg.LinAlgError,
    "Last 2 dimensions of the array must be square",
    np.ones((5, 6)),
    spot="np.linalg.det(x)",
)
def det_nonsq(x):
    return np.linalg.det(x)  # here


@mistake(
    np.exceptions.AxisError,
    "axis 1 is out of bounds for array of dimension 1",
    np.ones(5),
    spot="np.sort(x, axis=1)",
)
def sort_axis(x):
    return np.sort(x, axis=1)  # here


@mistake(
    np.exceptions.AxisError,
    "axis 2 is out of bounds for array of dimension 1",
    np.ones(5),
    spot="np.cumsum(x, axis=2)",
)
def cumsum_axis(x):
    return np.cumsum(x, axis=2)  # here


@mistake(ValueError, "order must be non-negative but got -1", np.ones(5), spot="np.diff(x, n=-1)")
def diff_n(x):
    return np.diff(x, n=-1)  # here


@mistake(ValueError, "diff requires input that is at least one dimensional", 1.0, spot="np.diff(x)")
def diff_scalar(x):
    return np.diff(x)  # here


@mistake(
    ValueError,
    "Shape of array too small to calculate a numerical gradient, ",
    np.ones(1),
    spot="np.gradient(x)",
)
def gradient_small(x):
    return np.gradient(x)  # here


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (5,) (5",
    np.ones(5),
    np.ones(6),
    spot="np.where(x > 0, x, y)",
)
def where_shapes(x, y):
    return np.where(x > 0, x, y)  # here


@mistake(
    ValueError,
    "list of cases must be same length as list of conditions",
    np.ones(5),
    spot="np.select([x > 0], [x, x])",
)
def select_len(x):
    return np.select([x > 0], [x, x])  # here


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (5,) (6",
    np.ones(5),
    np.ones(6),
    spot="np.clip(x, 0, y)",
)
def clip_shape(x, y):
    return np.clip(x, 0, y)  # here


@mistake(
    ValueError, "fp and xp are not of the same length.", np.ones(5), spot="np.interp(0.5, x, np.ones(3))"
)
def interp_bad(x):
    return np.interp(0.5, x, np.ones(3))  # here


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (3,) (4",
    np.ones(5),
    np.ones(4),
    spot="np.trapezoid(x, y)",
)
def trapz(x, y):
    return np.trapezoid(x, y)  # here
