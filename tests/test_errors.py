"""Mistakes on purpose: each gives an error of the one family, at the user's line, with a way out."""

# ruff: noqa: RET503

import inspect

import numpy as np
import pytest

import broadax as bx

MISTAKES = []


def mistake(error, message, *args, at="# here", transform=bx.jit):
    """Enter a function that is wrong in the line marked `# here`."""

    def enter(function):
        MISTAKES.append(pytest.param(function, error, message, args, at, transform, id=function.__name__))
        return function

    return enter


@mistake(NotImplementedError, "inner is a generator", np.ones(5))
def generator(x):
    def inner():
        yield x  # here

    return list(inner())


@mistake(NotImplementedError, "a with statement", 1.0)
def with_statement(x):
    with open("x") as f:  # here
        return x + len(f.read())


@mistake(NotImplementedError, "try", 1.0)
def try_statement(x):
    try:  # here
        return 1 / x
    except ZeroDivisionError:
        return 0.0


@mistake(NotImplementedError, "numpy.fft.fft is not supported", np.ones(5))
def unknown_function(x):
    return np.fft.fft(x)  # here


@mistake(NotImplementedError, "pass them as an argument", np.ones(5))
def random_inside(x):
    return x + np.random.normal(size=5)  # here


@mistake(NameError, "name 'undefined_name' is not defined", 1.0)
def unknown_name(x):
    return x + undefined_name  # here  # noqa: F821


@mistake(NameError, "cannot access local variable 'y'", 1.0)
def used_before_assignment(x):
    z = y + x  # here  # noqa: F821
    y = 1.0
    return z + y


@mistake(AttributeError, "no attribute 'shap'", np.ones(5))
def wrong_attribute(x):
    return x.shap  # here


@mistake(ValueError, "could not be broadcast", np.ones(5), np.ones(6))
def shapes(x, y):
    return x + y  # here


@mistake(ValueError, "mismatch in its core dimension", np.ones((5, 6)), np.ones(5))
def product_shapes(x, y):
    return x @ y  # here


@mistake(ValueError, "cannot reshape array of size 7", np.ones(7))
def wrong_reshape(x):
    return x.reshape(2, 3)  # here


@mistake(ValueError, "axis 3 is out of bounds", np.ones(7))
def wrong_axis(x):
    return np.sum(x, axis=3)  # here


@mistake(IndexError, "too many indices", np.ones(7))
def too_many_indices(x):
    return x[0, 0]  # here


@mistake(ValueError, "truth value of an array", np.ones(7))
def ambiguous_truth(x):
    if x > 0:  # here
        return x
    return -x


@mistake(TypeError, "in one branch and an array f64.4. in the other", 1.0)
def branches_disagree(x):
    if x > 0:
        y = np.ones(3)
    else:
        y = np.ones(4)
    return y * 2  # here


@mistake(TypeError, "returns a value on some paths and None on others", 1.0)
def missing_return(x):  # here
    if x > 0:
        return x


@mistake(TypeError, "before a turn of the loop", np.ones(70))
def growing_array(x):
    y = x
    for _ in range(x.shape[0]):
        y = np.concatenate([y, x])  # here
    return y


@mistake(TypeError, "too many positional arguments|takes 1 positional argument", 1.0)
def wrong_call(x):
    def one(a):
        return a

    return one(x, x)  # here


@mistake(TypeError, "'float' object is not iterable", 3.0)
def iterate_scalar(x):
    for v in x:  # here
        x = v
    return x


@mistake(IndexError, "only integers, slices", np.ones(5))
def float_index(x):
    return x[1.5]  # here


@mistake(TypeError, "same_kind", np.ones(5, int))
def inplace_cast(x):
    x += 0.5  # here
    return x


@mistake(NotImplementedError, "setting attribute", 1.0)
def foreign_attribute(x):
    np.special = x  # here
    return x


@mistake(
    TypeError, "Gradient only defined for scalar-output functions", np.ones(5), at=None, transform=bx.grad
)
def vector_gradient(x):
    return x * 2


@mistake(TypeError, "requires real- or complex-valued inputs", 3, at=None, transform=bx.grad)
def integer_gradient(x):
    return x * 2


@mistake(TypeError, "requires real-valued outputs", 3.0, at=None, transform=bx.grad)
def integer_output(x):
    return int(x)


@mistake(NotImplementedError, "it does not own", np.ones(5), transform=bx.jit)
def write_from_inside(x):
    total = np.zeros(5)

    def inner(y):
        total[0] = y[0]
        return np.sum(y)

    return bx.grad(inner)(x) + total  # here


@mistake(KeyError, "missing", {"a": 1.0})
def wrong_key(d):
    return d["missing"]  # here


@mistake(ValueError, "not enough values to unpack", np.ones(2))
def wrong_unpacking(x):
    a, b, c = x  # here
    return a + b + c


@mistake(NotImplementedError, "calls itself without an end", 0.5)
def endless_recursion(x):
    return endless_recursion(x * 0.5) if x > 0.1 else x  # here


@pytest.mark.parametrize(("function", "error", "message", "args", "at", "transform"), MISTAKES)
def test_mistake(function, error, message, args, at, transform):
    with pytest.raises(error, match=message) as caught:
        transform(function, backend="numpy")(*args)
    if at is None:
        return
    text = str(caught.value) + "\n".join(getattr(caught.value, "__notes__", []))
    lines, start = inspect.getsourcelines(function)
    line = start + next(k for k, source in enumerate(lines) if at in source)
    assert f"test_errors.py:{line}:" in text, text
    assert "^" in text


def test_missing_source():
    module: dict = {}
    exec("def f(x):\n    return x", module)
    with pytest.raises(OSError, match="source of f can't be found"):
        bx.jit(module["f"])(1.0)


def test_the_chain_tells_what_was_done():
    with pytest.raises(ValueError, match="while differentiating"):
        bx.grad(lambda x: np.sum(shapes(x, np.ones(6))))(np.ones(5))


def test_index_out_of_range_when_it_runs():
    def f(x, i):
        return x[i]

    for backend in ("numpy", "numba"):
        with pytest.raises(IndexError, match="out of bounds"):
            bx.jit(f, backend=backend)(np.ones(5), 7)
        assert bx.jit(f, backend=backend)(np.arange(5.0), -1) == 4.0


def test_raise_and_assert_inside_compiled_code():
    def f(x):
        if x < 0:
            raise ValueError(f"x is negative: {x}")
        assert x < 10, "x is too large"
        return np.sqrt(x)

    for backend in ("numpy", "numba"):
        g = bx.jit(f, backend=backend)
        assert g(4.0) == 2.0
        with pytest.raises(ValueError, match="x is negative"):
            g(-1.0)
        with pytest.raises(AssertionError, match="too large"):
            g(11.0)
