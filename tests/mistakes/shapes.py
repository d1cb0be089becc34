"""Shapes and axes that do not fit."""

import numpy as np

from mistakes.table import mistake


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (5,) (6",
    np.ones(5),
    np.ones(6),
    spot="x + y",
)
def bcast(x, y):
    return x + y  # here


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (2,) (3",
    np.ones(2),
    np.ones(3),
    spot="x * y",
)
def bcast_small(x, y):
    return x * y  # here


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (5,6) (",
    np.ones((5, 6)),
    np.ones((6, 5)),
    spot="np.maximum(x, y)",
)
def bcast2(x, y):
    return np.maximum(x, y)  # here


@mistake(
    ValueError,
    "non-broadcastable output operand with shape (5,) doesn't mat",
    np.ones(5),
    np.ones((6, 5)),
    spot="x += y",
)
def bcast_iadd(x, y):
    x += y  # here
    return x


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (5,) (6",
    np.ones(5),
    np.ones(6),
    spot="x < y",
)
def cmp_shapes(x, y):
    return x < y  # here


@mistake(
    ValueError,
    "matmul: Input operand 1 has a mismatch in its core dimension",
    np.ones((5, 6)),
    np.ones(5),
    spot="x @ y",
)
def matmul1(x, y):
    return x @ y  # here


@mistake(
    ValueError, "matmul: Input operand does not have enough dimensions", np.ones((5, 6)), 2.0, spot="x @ y"
)
def matmul_scalar(x, y):
    return x @ y  # here


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (5,) (4",
    np.ones((5, 6, 7)),
    np.ones((4, 7, 2)),
    spot="x @ y",
)
def matmul_batch(x, y):
    return x @ y  # here


@mistake(
    ValueError,
    "shapes (5,6) and (5,6) not aligned: m (dim 1) != k (dim 0)",
    np.ones((5, 6)),
    np.ones((5, 6)),
    spot="np.dot(x, y)",
)
def dot(x, y):
    return np.dot(x, y)  # here


@mistake(
    ValueError,
    "matmul: Input operand 1 has a mismatch in its core dimension",
    np.ones(5),
    np.ones(6),
    spot="np.vdot(x, y)",
)
def vdot(x, y):
    return np.vdot(x, y)  # here


@mistake(
    ValueError,
    "shapes (5,) and (6,) not aligned: n (dim 0) != m (dim 0)",
    np.ones(5),
    np.ones(6),
    spot="np.inner(x, y)",
)
def inner(x, y):
    return np.inner(x, y)  # here


@mistake(
    ValueError, "shape-mismatch for sum", np.ones((5, 6)), np.ones((5, 6)), spot="np.tensordot(x, y, axes=1)"
)
def tensordot(x, y):
    return np.tensordot(x, y, axes=1)  # here


@mistake(
    ValueError,
    "operands could not be broadcast together: subscript 'j' has ",
    np.ones((5, 6)),
    np.ones((5, 6)),
    spot='np.einsum("ij,jk->ik", x, y)',
)
def einsum_bad(x, y):
    return np.einsum("ij,jk->ik", x, y)  # here


@mistake(
    ValueError,
    "einstein sum subscripts string contains too many subscripts ",
    np.ones((5, 6)),
    spot='np.einsum("ijk->i", x)',
)
def einsum_dims(x):
    return np.einsum("ijk->i", x)  # here


@mistake(
    ValueError,
    "einstein sum subscripts string included output subscript 'k'",
    np.ones((5, 6)),
    spot='np.einsum("ij->k", x)',
)
def einsum_letters(x):
    return np.einsum("ij->k", x)  # here


@mistake(
    ValueError,
    "fewer operands provided to einstein sum function than specif",
    np.ones((5, 6)),
    spot='np.einsum("ij,jk", x)',
)
def einsum_count(x):
    return np.einsum("ij,jk", x)  # here


@mistake(
    ValueError,
    "Both input arrays must be (arrays of) 3-dimensional vectors",
    np.ones(4),
    np.ones(4),
    spot="np.cross(x, y)",
)
def cross(x, y):
    return np.cross(x, y)  # here


@mistake(ValueError, "cannot reshape array of size 7 into shape (2,3)", np.ones(7), spot="x.reshape(2, 3)")
def reshape1(x):
    return x.reshape(2, 3)  # here


@mistake(ValueError, "cannot reshape array of size 7 into shape (2,-1)", np.ones(7), spot="x.reshape(2, -1)")
def reshape2(x):
    return x.reshape(2, -1)  # here


@mistake(ValueError, "can only specify one unknown dimension", np.ones(7), spot="x.reshape(-1, -1)")
def reshape3(x):
    return x.reshape(-1, -1)  # here


@mistake(
    np.exceptions.AxisError,
    "axis 3 is out of bounds for array of dimension 1",
    np.ones(7),
    spot="np.sum(x, axis=3)",
)
def sum_axis(x):
    return np.sum(x, axis=3)  # here


@mistake(
    np.exceptions.AxisError,
    "axis -2 is out of bounds for array of dimension 1",
    np.ones(7),
    spot="x.sum(axis=-2)",
)
def sum_axis_neg(x):
    return x.sum(axis=-2)  # here


@mistake(ValueError, "duplicate value in 'axis'", np.ones((7, 7)), spot="x.sum(axis=(0, 0))")
def sum_axis_dup(x):
    return x.sum(axis=(0, 0))  # here


@mistake(
    np.exceptions.AxisError,
    "axis 5 is out of bounds for array of dimension 2",
    np.ones((3, 3)),
    5,
    spot="np.mean(x, axis=k)",
)
def mean_rt_axis(x, k):
    return np.mean(x, axis=k)  # here


@mistake(
    ValueError, "zero-size array to reduction operation maximum which has no ", np.ones(0), spot="np.max(x)"
)
def max_empty(x):
    return np.max(x)  # here


@mistake(ValueError, "attempt to get argmax of an empty sequence", np.ones(0), spot="np.argmax(x)")
def argmax_empty(x):
    return np.argmax(x)  # here


@mistake(
    ValueError,
    "all the input array dimensions except for the concatenation ",
    np.ones((2, 3)),
    np.ones((2, 4)),
    spot="np.concatenate([x, y])",
)
def concat_shape(x, y):
    return np.concatenate([x, y])  # here


@mistake(
    ValueError,
    "all the input arrays must have same number of dimensions, bu",
    np.ones((2, 3)),
    np.ones(3),
    spot="np.concatenate([x, y])",
)
def concat_dims(x, y):
    return np.concatenate([x, y])  # here


@mistake(
    np.exceptions.AxisError,
    "axis 2 is out of bounds for array of dimension 2",
    np.ones((2, 3)),
    np.ones((2, 3)),
    spot="np.concatenate([x, y], axis=2)",
)
def concat_axis(x, y):
    return np.concatenate([x, y], axis=2)  # here


@mistake(ValueError, "need at least one array to concatenate", 1.0, spot="np.concatenate([])")
def concat_empty(x):
    return np.concatenate([])  # here


@mistake(
    ValueError, "all input arrays must have the same shape", np.ones(6), np.ones(7), spot="np.stack([x, y])"
)
def stack_shape(x, y):
    return np.stack([x, y])  # here


@mistake(
    np.exceptions.AxisError,
    "axis 3 is out of bounds for array of dimension 2",
    np.ones(6),
    np.ones(6),
    spot="np.stack([x, y], axis=3)",
)
def stack_axis(x, y):
    return np.stack([x, y], axis=3)  # here


@mistake(ValueError, "need at least one array to stack", 1.0, spot="np.stack([])")
def stack_empty(x):
    return np.stack([])  # here


@mistake(
    ValueError,
    "all the input array dimensions except for the concatenation ",
    np.ones(6),
    np.ones(7),
    spot="np.vstack([x, y])",
)
def vstack_shape(x, y):
    return np.vstack([x, y])  # here


@mistake(
    ValueError,
    "all the input array dimensions except for the concatenation ",
    np.ones((6, 2)),
    np.ones((7, 2)),
    spot="np.hstack([x, y])",
)
def hstack_shape(x, y):
    return np.hstack([x, y])  # here


@mistake(
    ValueError,
    "setting an array element with a sequence. The requested arra",
    1.0,
    spot="np.array([[x, x], [x]])",
)
def array_ragged(x):
    return np.array([[x, x], [x]])  # here


@mistake(
    ValueError,
    "all input arrays must have the same shape: 6 and 5",
    np.ones(5),
    np.ones(6),
    spot="np.array([x, y])",
)
def array_ragged2(x, y):
    return np.array([x, y])  # here


@mistake(ValueError, "repeated axis in transpose", np.ones((2, 3)), spot="np.transpose(x, (0, 0))")
def transpose_axes(x):
    return np.transpose(x, (0, 0))  # here


@mistake(
    np.exceptions.AxisError,
    "axis 2 is out of bounds for array of dimension 2",
    np.ones((2, 3)),
    spot="np.swapaxes(x, 0, 2)",
)
def swapaxes(x):
    return np.swapaxes(x, 0, 2)  # here


@mistake(
    np.exceptions.AxisError,
    "axis 5 is out of bounds for array of dimension 2",
    np.ones((2, 3)),
    spot="np.moveaxis(x, 0, 5)",
)
def moveaxis(x):
    return np.moveaxis(x, 0, 5)  # here


@mistake(
    np.exceptions.AxisError,
    "axis 5 is out of bounds for array of dimension 3",
    np.ones((2, 3)),
    spot="np.expand_dims(x, 5)",
)
def expand_dims(x):
    return np.expand_dims(x, 5)  # here


@mistake(
    ValueError,
    "cannot select an axis to squeeze out which has size not equa",
    np.ones((2, 3)),
    spot="np.squeeze(x, axis=0)",
)
def squeeze(x):
    return np.squeeze(x, axis=0)  # here


@mistake(
    np.exceptions.AxisError,
    "axis 3 is out of bounds for array of dimension 2",
    np.ones((2, 3)),
    spot="np.squeeze(x, axis=3)",
)
def squeeze_axis(x):
    return np.squeeze(x, axis=3)  # here


@mistake(
    ValueError,
    "operands could not be broadcast together with remapped shape",
    np.ones((2, 3)),
    spot="np.broadcast_to(x, (3, 2))",
)
def bcast_to(x):
    return np.broadcast_to(x, (3, 2))  # here


@mistake(
    ValueError,
    "operands could not be broadcast together with shape (2,) (3,",
    np.ones((2, 3)),
    spot="np.repeat(x, [1, 2, 3], axis=0)",
)
def repeat_bad(x):
    return np.repeat(x, [1, 2, 3], axis=0)  # here


@mistake(ValueError, "negative dimensions are not allowed", np.ones(3), spot="np.repeat(x, -1)")
def repeat_neg(x):
    return np.repeat(x, -1)  # here


@mistake(ValueError, "array split does not result in an equal division", np.ones(7), spot="np.split(x, 3)")
def split_uneq(x):
    return np.split(x, 3)  # here


@mistake(ValueError, "number sections must be larger than 0.", np.ones(7), spot="np.array_split(x, 0)")
def split_zero(x):
    return np.array_split(x, 0)  # here


@mistake(
    np.exceptions.AxisError,
    "axis 2 is out of bounds for array of dimension 1",
    np.ones(7),
    spot="np.roll(x, 1, axis=2)",
)
def roll_axis(x):
    return np.roll(x, 1, axis=2)  # here


@mistake(
    ValueError,
    "operands could not be broadcast together with remapped shape",
    np.ones(7),
    spot="np.pad(x, (1, 2, 3))",
)
def pad_width(x):
    return np.pad(x, (1, 2, 3))  # here


@mistake(ValueError, "index can't contain negative values", np.ones(7), spot="np.pad(x, -1)")
def pad_neg(x):
    return np.pad(x, -1)  # here


@mistake(ValueError, "negative dimensions are not allowed", 1.0, spot="np.zeros(-3)")
def zeros_neg_static(x):
    return np.zeros(-3) * x  # here


@mistake(TypeError, "f64[] object cannot be interpreted as an integer", 3.0, spot="np.zeros(n)")
def zeros_float(n):
    return np.zeros(n)  # here


@mistake(ValueError, "Number of samples, -1, must be non-negative.", 3.0, spot="np.linspace(0, x, -1)")
def linspace_neg(x):
    return np.linspace(0, x, -1)  # here


@mistake(ValueError, "negative dimensions are not allowed", 3.0, spot="np.eye(-1)")
def eye_neg(x):
    return np.eye(-1) * x  # here
