"""Calls, constructors, imports and unpackings that do not fit."""

import numpy as np

from mistakes.table import NT, Plain, Point, mistake


@mistake(TypeError, "one() takes 1 positional argument but 2 were given", 1.0, spot="one(x, x)")
def wrong_call(x):
    def one(a):
        return a

    return one(x, x)  # here


@mistake(TypeError, "two() missing 1 required argument: 'b'", 1.0, spot="two(x)")
def wrong_call_few(x):
    def two(a, b):
        return a

    return two(x)  # here


@mistake(TypeError, "two() got an unexpected keyword argument 'c'", 1.0, spot="two(x, c=x)")
def wrong_call_kw(x):
    def two(a, b):
        return a

    return two(x, c=x)  # here


@mistake(TypeError, "two() got multiple values for argument 'a'", 1.0, spot="two(x, a=x)")
def wrong_call_dup(x):
    def two(a, b):
        return a

    return two(x, a=x)  # here


@mistake(TypeError, "two() missing 1 required argument: 'b'", 1.0, spot="two(x)")
def wrong_call_kwonly(x):
    def two(a, *, b):
        return a

    return two(x)  # here


@mistake(TypeError, "'float' object is not callable", 1.0, spot="x(2)")
def call_number(x):
    return x(2)  # here


@mistake(TypeError, "'NoneType' object is not callable", 1.0, spot="None(2)")
def call_none(x):
    return None(2)  # here


@mistake(TypeError, "'str' object is not callable", 1.0, spot='"abc"(2)')
def call_str(x):
    return "abc"(2)  # here


@mistake(TypeError, "'numpy.ndarray' object is not callable", np.ones(3), spot="x(2)")
def call_arr(x):
    return x(2)  # here


@mistake(TypeError, "'module' object is not callable", 1.0, spot="np(2)")
def call_module(x):
    return np(2)  # here


@mistake(TypeError, "the argument after ** must be a mapping, not float", 1.0, spot="max(**x)")
def dstar_scalar(x):
    return max(**x)  # here


@mistake(TypeError, "Point() missing 1 required positional argument: 'y'", 1.0, spot="Point(x)")
def dc_args(x):
    return Point(x).x  # here


@mistake(AttributeError, "'Point' object has no attribute 'z'", 1.0, spot="Point(x, x).z")
def dc_attr(x):
    return Point(x, x).z  # here


@mistake(NameError, "name 'undefined_in_a_method' is not defined", 1.0, spot="undefined_in_a_method")
def method_err(x):
    return Point(x, x).bad()


@mistake(TypeError, "NT() takes 2 values", 1.0, spot="NT(x)")
def nt_args(x):
    return NT(x).a  # here


@mistake(AttributeError, "'NT' object has no attribute 'z'", 1.0, spot="NT(x, x).z")
def nt_attr(x):
    return NT(x, x).z  # here


@mistake(AttributeError, "'NT' object has no attribute 'a' that can be set", 1.0, spot="p.a = 3")
def nt_set(x):
    p = NT(x, x)
    p.a = 3  # here
    return p.a


@mistake(AttributeError, "'Plain' object has no attribute 'y'", 1.0, spot="Plain(x).y")
def class_plain(x):
    return Plain(x).y  # here


@mistake(ModuleNotFoundError, "No module named 'does_not_exist'", 1.0, spot="import does_not_exist")
def import_missing(x):
    import does_not_exist  # here  # noqa: F401

    return x


@mistake(
    ImportError,
    "cannot import name 'does_not_exist' from 'numpy'",
    1.0,
    spot="from numpy import does_not_exist",
)
def importfrom_missing(x):
    from numpy import does_not_exist  # here  # noqa: F401

    return x


@mistake(TypeError, "noarg() missing 1 required argument: 'x'")
def noarg(x):  # here
    return x


@mistake(TypeError, "manyarg() takes 1 positional argument but 2 were given", 1.0, 2.0)
def manyarg(x):  # here
    return x


@mistake(
    ValueError, "not enough values to unpack (expected at least 3, got 2)", np.ones(2), spot="a, b, c, *d = x"
)
def star_few(x):
    a, b, c, *d = x  # here
    return a


@mistake(ValueError, "too many values to unpack (expected 2)", np.ones(4), spot="a, b = x")
def unpack_many(x):
    a, b = x  # here
    return a


@mistake(TypeError, "'float' object is not iterable", 1.0, spot="a, b = x")
def unpack_scalar(x):
    a, b = x  # here
    return a


@mistake(ValueError, "too many values to unpack (expected 2)", np.ones((5, 3)), spot="for a, b in x:")
def for_unpack(x):
    s = 0.0
    for a, b in x:  # here
        s += a * b
    return s


@mistake(NotImplementedError, "set.add: sets are not changed in compiled code", np.ones(3), spot="seen.add")
def set_changed(x):
    seen = set()
    for i in range(3):
        seen.add(i)  # here
    return x * len(seen)
