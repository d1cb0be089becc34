"""Python that is not read, and calls of what is not known."""

# ruff: noqa: C416

import collections
import os
import random
import sys
import time

import numpy as np
import scipy.optimize
import scipy.special

from mistakes.table import mistake


@mistake(NotImplementedError, "a class definition inside a function is not supported", 1.0, spot="class A:")
def class1(x):
    class A:  # here
        pass

    return x


@mistake(NotImplementedError, "assigning to a global is not supported", 1.0, spot="global zz")
def global1(x):
    global zz  # here
    zz = x
    return x


@mistake(NotImplementedError, "a match with patterns of this kind is not supported", 1.0, spot="match x:")
def match1(x):
    match x:  # here
        case {"a": 1.0}:
            return x
    return x


def numbers(x):
    yield x
    yield 2 * x


@mistake(NotImplementedError, "numbers is iterated over for a second time", 1.0, spot="sum(both)")
def generator_used_twice(x):
    both = numbers(x)
    first = list(both)
    second = sum(both)  # here
    return first[0] + second


@mistake(NotImplementedError, "a deque can't be returned from compiled code", 1.0)
def deque_returned(x):
    return collections.deque([x])


@mistake(NotImplementedError, "a set comprehension is not supported", 3.0, spot="{k for k in range(3)}")
def setcomp(x):
    return len({k for k in range(3)}) * x  # here


@mistake(NotImplementedError, "numpy.linalg.eigvals is not supported", np.eye(5), spot="np.linalg.eigvals(x)")
def eigvals(x):
    return np.linalg.eigvals(x)  # here


@mistake(
    NotImplementedError,
    "RandomState.normal inside a compiled function",
    np.ones(5),
    spot="np.random.normal(size=5)",
)
def uses_random(x):
    return x + np.random.normal(size=5)  # here


@mistake(NotImplementedError, "Random.random inside a compiled function", np.ones(5), spot="random.random()")
def stdrandom(x):
    return x + random.random()  # here


@mistake(NotImplementedError, "input inside a compiled function is not supported", np.ones(5), spot="input()")
def uses_input(x):
    return x + len(input())  # here


@mistake(
    NotImplementedError, "eval inside a compiled function is not supported", np.ones(5), spot='eval("x")'
)
def uses_eval(x):
    return eval("x")  # here


@mistake(
    NotImplementedError, "exec inside a compiled function is not supported", np.ones(5), spot='exec("x")'
)
def uses_exec(x):
    exec("x")  # here
    return x


@mistake(
    NotImplementedError, "globals inside a compiled function is not supported", np.ones(5), spot="globals()"
)
def uses_globals(x):
    return globals()["x"]  # here


@mistake(NotImplementedError, "time.time is not supported", np.ones(5), spot="time.time()")
def uses_time(x):
    return x * time.time()  # here


@mistake(NotImplementedError, "posix.getcwd is not supported", np.ones(5), spot="os.getcwd()")
def uses_os(x):
    return x * len(os.getcwd())  # here


@mistake(
    NotImplementedError, "numpy.vectorize is not supported", np.ones(5), spot="np.vectorize(lambda a: a + 1)"
)
def vectorize(x):
    return np.vectorize(lambda a: a + 1)(x)  # here


@mistake(
    NotImplementedError,
    "setting attribute special of an object that is not made in t",
    1.0,
    spot="np.special = x",
)
def setattr_mod(x):
    np.special = x  # here
    return x


@mistake(NotImplementedError, "<ufunc 'airy'> is not supported", np.ones(3), spot="scipy.special.airy(x)")
def scipy_unknown(x):
    return scipy.special.airy(x)  # here


@mistake(NotImplementedError, "a bare raise is not supported", -1.0, spot="raise")
def raise_bare(x):
    if x < 0:
        raise  # here
    return x


@mistake(NotImplementedError, "raising an error that was made before is not supported", -1.0, spot="raise e")
def raise_instance(x):
    e = ValueError("inst")
    if x < 0:
        raise e  # here
    return x


@mistake(NotImplementedError, "print with file=", 1.0, spot="print(x, file=sys.stderr)")
def print_kw(x):
    print(x, file=sys.stderr)  # here
    return x


@mistake(NotImplementedError, "del of a part of an object is not supported", np.ones(2), spot="del x[0]")
def del_sub(x):
    del x[0]  # here
    return x[0]


@mistake(
    TypeError,
    "the key of a dict must be known when the function is read",
    np.ones(1),
    spot="d.get((i, 2), 0.0)",
)
def key_of_data(x):
    d = {(1, 2): 5.0}
    i = int(x[0])
    return d.get((i, 2), 0.0)  # here
