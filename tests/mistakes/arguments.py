"""Arguments that a function does not take, truths of arrays."""

import numpy as np

from mistakes.table import mistake


@mistake(
    TypeError,
    "numpy.sum() got an unexpected keyword argument 'axs'",
    np.ones((7, 7)),
    spot="np.sum(x, axs=0)",
)
def sum_kw(x):
    return np.sum(x, axs=0)  # here


@mistake(
    TypeError, "numpy.sum() missing 1 required positional argument: 'a'", np.ones((7, 7)), spot="np.sum()"
)
def sum_noargs(x):
    return np.sum()  # here


@mistake(
    TypeError,
    "numpy.sum() takes from 1 to 7 positional arguments but 8 wer",
    np.ones((7, 7)),
    spot="np.sum(x, 0, None, None, False, 0, True, 3)",
)
def sum_many(x):
    return np.sum(x, 0, None, None, False, 0, True, 3)  # here


@mistake(
    TypeError, "axis: 'float' object cannot be interpreted as an integer", np.ones(7), spot="x.sum(axis=1.5)"
)
def sum_axis_float(x):
    return x.sum(axis=1.5)  # here


@mistake(TypeError, "data type 'foo' not understood", np.ones(3), spot='np.mean(x, dtype="foo")')
def mean_dtype(x):
    return np.mean(x, dtype="foo")  # here


@mistake(TypeError, "a str is not an array or a number", np.ones(5), spot='np.sin("a")')
def sin_str(x):
    return np.sin("a")  # here


@mistake(
    TypeError, "numpy.sin() got an unexpected keyword argument 'foo'", np.ones(5), spot="np.sin(x, foo=1)"
)
def sin_kw(x):
    return np.sin(x, foo=1)  # here


@mistake(
    TypeError, "add() takes from 2 to 3 positional arguments but 1 were give", np.ones(5), spot="np.add(x)"
)
def add_one(x):
    return np.add(x)  # here


@mistake(TypeError, "data type 'foo' not understood", np.ones(5), spot='x.astype("foo")')
def astype_bad(x):
    return x.astype("foo")  # here


@mistake(ValueError, "Invalid norm order for matrices.", np.ones((5, 5)), spot="np.linalg.norm(x, ord=7)")
def norm_ord(x):
    return np.linalg.norm(x, ord=7)  # here


@mistake(ValueError, "Invalid norm order 'foo' for vectors", np.ones(5), spot='np.linalg.norm(x, ord="foo")')
def norm_ord_str(x):
    return np.linalg.norm(x, ord="foo")  # here


@mistake(ValueError, "mode 'foo' is not supported", np.ones(7), spot='np.pad(x, 2, mode="foo")')
def pad_mode(x):
    return np.pad(x, 2, mode="foo")  # here


@mistake(
    ValueError,
    "unsupported keyword arguments for mode 'constant': foo",
    np.ones(7),
    spot='np.pad(x, 1, mode="constant", foo=3)',
)
def pad_kw(x):
    return np.pad(x, 1, mode="constant", foo=3)  # here


@mistake(
    ValueError,
    "mode must be one of 'valid', 'same', or 'full'",
    np.ones(5),
    spot='np.convolve(x, x, mode="foo")',
)
def conv_mode(x):
    return np.convolve(x, x, mode="foo")  # here


@mistake(
    ValueError,
    "search side must be one of 'left' or 'right' (got 'foo')",
    np.ones(5),
    spot='np.searchsorted(x, 0.5, side="foo")',
)
def searchsorted_side(x):
    return np.searchsorted(x, 0.5, side="foo")  # here


@mistake(ValueError, "'foo' is not a valid method", np.ones(5), spot='np.quantile(x, 0.5, method="foo")')
def quantile_method(x):
    return np.quantile(x, 0.5, method="foo")  # here


@mistake(
    ValueError,
    "sort kind must be one of 'quick', 'heap', or 'stable' (got '",
    np.ones(5),
    spot='np.argsort(x, kind="foo")',
)
def argsort_kind(x):
    return np.argsort(x, kind="foo")  # here


@mistake(
    ValueError,
    "order must be one of 'C', 'F', 'A', or 'K' (got 'X')",
    np.ones(6),
    spot='np.reshape(x, (2, 3), order="X")',
)
def reshape_order(x):
    return np.reshape(x, (2, 3), order="X")  # here


@mistake(
    ValueError,
    "clipmode must be one of 'clip', 'raise', or 'wrap' (got 'foo",
    np.ones(7),
    np.array([0, 9]),
    spot='np.take(x, i, mode="foo")',
)
def take_mode(x, i):
    return np.take(x, i, mode="foo")  # here


@mistake(ValueError, "Quantiles must be in the range [0, 1]", np.ones(5), spot="np.percentile(x, 150)")
def percentile_out(x):
    return np.percentile(x, 150)  # here


@mistake(
    ValueError,
    "as many functions as conditions are expected, or one more",
    np.ones(5),
    spot="np.piecewise(x, [x > 0], [1, 2, 3])",
)
def piecewise(x):
    return np.piecewise(x, [x > 0], [1, 2, 3])  # here


@mistake(ValueError, "The truth value of an array with more than one element is am", np.ones(7), spot="x > 0")
def truth_arr(x):
    if x > 0:  # here
        return x
    return -x


@mistake(ValueError, "The truth value of an array with more than one element is am", np.ones(7), spot="x > 0")
def truth_while(x):
    while x > 0:  # here
        x = x - 1
    return x


@mistake(
    ValueError,
    "The truth value of an array with more than one element is am",
    np.ones(7),
    spot="x > 0 and x < 1",
)
def truth_and(x):
    return x > 0 and x < 1  # here


@mistake(ValueError, "The truth value of an array with more than one element is am", np.ones(7), spot="not x")
def truth_not(x):
    return not x  # here


@mistake(
    ValueError, "The truth value of an array with more than one element is am", np.ones(7), spot="0 < x < 1"
)
def truth_chain(x):
    return 0 < x < 1  # here


@mistake(ValueError, "The truth value of an array with more than one element is am", np.ones(7), spot="x > 0")
def truth_ifexp(x):
    return x if x > 0 else -x  # here


@mistake(ValueError, "The truth value of an array with more than one element is am", np.ones(7), spot="x > 0")
def truth_assert(x):
    assert x > 0  # here
    return x


@mistake(TypeError, "'float' object cannot be interpreted as an integer", 3.0, spot="range(x)")
def range_float(x):
    s = 0.0
    for i in range(x):  # here
        s += i
    return s


@mistake(TypeError, "'NoneType' object cannot be interpreted as an integer", 3, spot="range(None)")
def range_none(x):
    for i in range(None):  # here
        x += i
    return x


@mistake(ValueError, "range() arg 3 must not be zero", 3, spot="range(0, x, 0)")
def range_zero_step(x):
    s = 0
    for i in range(0, x, 0):  # here
        s += i
    return s


@mistake(TypeError, "range expected 1 to 3 arguments, got 0", 3, spot="range()")
def range_args(x):
    for i in range():  # here
        x += i
    return x
