"""Branches and loops whose values do not fit together, recursion, unknown values."""

# ruff: noqa: RET503

import numpy as np

from mistakes.table import mistake


@mistake(TypeError, "y is an array f64[3] in one branch and an array f64[4] in th", 1.0, spot="y")
def branch_shape(x):
    if x > 0:
        y = np.ones(3)
    else:
        y = np.ones(4)
    return y * 2  # here


@mistake(TypeError, "y is a list of 1 in one branch and a scalar f64[] in the oth", 1.0, spot="y")
def branch_kind(x):
    if x > 0:
        y = [x]
    else:
        y = x
    return y  # here


@mistake(TypeError, "np.sum here depends on w, which is a number in one branch an", 1.0, spot="np.sum(w * 2)")
def branch_number_or_array(x):
    w = 0.5
    if x > 0:
        w = np.ones(3)
    return np.sum(w * 2)  # here


@mistake(TypeError, "the result is a number in one branch and an array in the othe", 1.0, spot="if x > 0:")
def return_number_or_array(x):
    if x > 0:  # here
        return np.ones(3)
    return 0.0


@mistake(TypeError, "np.sum here depends on s, which is a number before a loop", np.ones(9), spot="np.sum(s)")
def number_before_the_loop(x):
    s, t = 1.0, 0.0
    for _ in range(x.shape[0]):
        t += np.sum(s)  # here
        s = s + x
    return t


@mistake(
    ValueError,
    "p is a number here, for the loop takes no turn",
    np.ones(9),
    0,
    spot="for _ in range(n):",
    run=True,
)
def number_without_a_turn(x, n):
    p = 1.0
    for _ in range(n):  # here
        p = p * x
    return np.sum(p)


@mistake(TypeError, "y is None here", -1.0, spot="y")
def branch_none(x):
    y = None
    if x > 0:
        y = x
    return y  # here


@mistake(TypeError, "a list or dict is a dict with keys a, b in one branch and a ", 1.0)
def branch_keys(x):  # here
    y = {"a": x}
    if x > 0:
        y["b"] = x
    return y


@mistake(TypeError, "a value is 'a' in one branch and 'b' in the other", 1.0, spot='"a" if x > 0 else "b"')
def branch_str(x):
    mode = "a" if x > 0 else "b"  # here
    return x if mode == "a" else -x


@mistake(
    TypeError,
    "a value is the function sin in one branch and the function c",
    1.0,
    spot="np.sin if x > 0 else np.cos",
)
def branch_func(x):
    g = np.sin if x > 0 else np.cos  # here
    return g(x)


@mistake(TypeError, "g is the function <lambda>", 1.0, spot="g")
def branch_closure(x):
    if x > 0:
        g = lambda v: v * 2
    else:
        g = lambda v: v * 3
    return g(x)  # here


@mistake(TypeError, "missing_return returns a value on some paths and None on oth", 1.0)
def missing_return(x):  # here
    if x > 0:
        return x


@mistake(TypeError, "the result is a scalar f64[] in one branch and a list of 1 i", 1.0)
def return_kinds(x):  # here
    if x > 0:
        return x
    return [x]


@mistake(TypeError, "the result is a tuple of 2 in one branch and a tuple of 1 in", 1.0)
def return_tuple_len(x):  # here
    if x > 0:
        return x, x
    return (x,)


@mistake(TypeError, "y is an array f64[n] before a turn of the loop and an array ", np.ones(70), spot="y")
def grow(x):
    y = x
    for _ in range(x.shape[0]):
        y = np.repeat(y, 2)  # here
    return y


@mistake(TypeError, "y is None before a turn of the loop and a list of 1 after", np.ones(100), spot="y")
def loop_kind(x):
    y = None
    for v in x:
        y = [v] if y is None else [y[0] + v]  # here
    return y


@mistake(TypeError, "x is an array f64[n] before a turn of the loop and an array ", np.ones(1000), spot="x")
def while_shrink_dyn(x):
    while x[0] < 10:  # here
        x = x[1:] * 2
    return x


@mistake(
    NotImplementedError,
    "this while was still running after 512 turns known in advanc",
    1.0,
    spot="while True:",
)
def while_forever(x):
    while True:  # here
        x = x + 1
    return x


@mistake(
    NotImplementedError,
    "endless_rec calls itself without an end that is known when i",
    0.5,
    spot="endless_rec(x * 0.5)",
)
def endless_rec(x):
    return endless_rec(x * 0.5) if x > 0.1 else x  # here


@mistake(
    NotImplementedError,
    "endless_rec2 calls itself without an end that is known when ",
    0.5,
    spot="endless_rec2(x)",
)
def endless_rec2(x):
    return endless_rec2(x)  # here


@mistake(NotImplementedError, "b calls itself without an end that is known when it is read", 0.5, spot="b(y)")
def mutual_rec(x):
    def a(y):
        return b(y)  # here

    def b(y):
        return a(y)

    return a(x)


@mistake(
    TypeError,
    "the index of a list must be known when the function is read",
    np.array([1, 2, 0]),
    [1.0, "two", None],
    spot="x[i[0]]",
)
def list_idx_data(i, x):
    return x[i[0]]  # here


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (5,) (6",
    np.ones(5),
    np.ones(6),
    spot="a + b",
)
def nested_err(y, z):
    def inner(a, b):
        return a + b  # here

    def outer(a, b):
        return inner(a, b)

    return outer(y, z)


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (5,) (6",
    0.5,
    np.ones(5),
    np.ones(6),
    spot="y + z",
)
def lambda_err(x, y, z):
    g = lambda: y + z  # here
    return g() * x


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (5,) (6",
    np.ones(5),
    np.ones(6),
    spot="y + z * k",
)
def comp_err(y, z):
    return [y + z * k for k in range(3)]  # here
