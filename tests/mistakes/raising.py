"""What the user's code raises: its class and its words, with the place as a note."""

# ruff: noqa: RET506

import numpy as np

from mistakes.table import Wrong, mistake


@mistake(ValueError, "x is negative: -1.0", -1.0, spot='raise ValueError(f"x is negative: {x}")', run=True)
def raise_taken(x):
    if x < 0:
        raise ValueError(f"x is negative: {x}")  # here
    return x


@mistake(Wrong, "", -1.0, spot='raise Wrong("custom")', run=True)
def raise_custom(x):
    if x < 0:
        raise Wrong("custom")  # here
    return x


@mistake(ValueError, "", -1.0, spot="raise ValueError", run=True)
def raise_noargs(x):
    if x < 0:
        raise ValueError  # here
    return x


@mistake(AssertionError, "too large", 11.0, spot='assert x < 10, "too large"', run=True)
def assert_taken(x):
    assert x < 10, "too large"  # here
    return x


@mistake(AssertionError, "", 11.0, spot="assert x < 10", run=True)
def assert_nomsg(x):
    assert x < 10  # here
    return x


@mistake(AssertionError, "too large: 11.0", 11.0, spot='assert x < 10, f"too large: {x}"', run=True)
def assert_data(x):
    assert x < 10, f"too large: {x}"  # here
    return x


@mistake(ValueError, "", -1.0, spot='raise ValueError("nested")', run=True)
def raise_nested(x):
    def g(y):
        if y < 0:
            raise ValueError("nested")  # here
        return y

    return g(x) * 2


@mistake(ValueError, "", np.array([1.0, -2.0, 3.0, 4, 5, 6]), spot='raise ValueError(f"neg {v}")', run=True)
def raise_loop(x):
    s = 0.0
    for v in x:
        if v < 0:
            raise ValueError(f"neg {v}")  # here
        s += v
    return s


@mistake(ValueError, "", -1.0, spot='raise ValueError("neg")', run=True)
def raise_both(x):
    if x < 0:
        raise ValueError("neg")  # here
    else:
        raise KeyError("pos")


@mistake(NotImplementedError, "", -1.0, spot="raise NotImplementedError", run=True)
def notimpl(x):
    if x < 0:
        raise NotImplementedError  # here
    return x


@mistake(ValueError, "", 1.0, spot='raise ValueError("never")', run=True)
def raise_always(x):
    raise ValueError("never")  # here


@mistake(AssertionError, "shape (3,)", np.ones(3), spot='assert x.ndim == 2, f"shape {x.shape}"', run=True)
def assert_static(x):
    assert x.ndim == 2, f"shape {x.shape}"  # here
    return x


@mistake(AssertionError, "", np.ones(7), spot="assert x.shape[0] == 6", run=True)
def assert_shape(x):
    assert x.shape[0] == 6  # here
    return x


@mistake(ValueError, "bad shape (7,)", np.ones(7), spot='raise ValueError(f"bad shape {x.shape}")', run=True)
def raise_shape(x):
    if x.shape[0] != 6:
        raise ValueError(f"bad shape {x.shape}")  # here
    return x
