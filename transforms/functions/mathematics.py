"""The `math` module: functions of scalars, with Python numbers as results."""

from __future__ import annotations

import math

import numpy as np

from broadax.runtime.errors import StaticNeeded, TypeMismatchError
from broadax.transforms.core.expression import apply
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit, Var
from broadax.transforms.functions.arguments import as_atom, number
from broadax.transforms.functions.builtins import scalar
from broadax.transforms.functions.operators import mul
from broadax.transforms.functions.reductions import sum_
from broadax.transforms.functions.registry import intrinsic, refused, unsupported
from broadax.transforms.functions.shaping import ravel
from broadax.transforms.functions.static import STATIC

# math's name → primitive, for functions from floats to a float (or to a truth value).
SAME = {
    "sqrt": "sqrt",
    "cbrt": "cbrt",
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "log2": "log2",
    "log10": "log10",
    "log1p": "log1p",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "fabs": "absolute",
    "copysign": "copysign",
    "fmod": "fmod",
    "erf": "erf",
    "erfc": "erfc",
    "lgamma": "lgamma",
    "isnan": "isnan",
    "isinf": "isinf",
    "isfinite": "isfinite",
    "pow": "power",
}


def real(value):
    """An operand as Python's float, as every function of `math` takes it.

    Raises:
        TypeMismatchError: an array or a complex number.
    """
    x = scalar(value)
    if x.dtype.kind == "c":
        raise TypeMismatchError("must be real number, not complex")
    return number(x, float)


def static_call(function, args):
    """The function's value where all arguments are static numbers, else None."""
    if args and all(isinstance(a, STATIC) for a in args):
        return function(*args)
    return None


def _enter(name: str, primitive: str, count: int) -> None:
    function = getattr(math, name)

    def call(*args):
        if len(args) != count:
            raise TypeMismatchError(f"math.{name}() takes exactly {count} argument(s) ({len(args)} given)")
        value = static_call(function, args)
        return apply(primitive, *map(real, args)) if value is None else value

    call.__name__ = name
    intrinsic(function)(call)


for _name, _primitive in SAME.items():
    if hasattr(math, _name):
        _enter(_name, _primitive, 2 if _name in ("atan2", "copysign", "fmod", "pow") else 1)


def scalar_function(target):
    """Enter a function of `math`; on static numbers it is Python's own."""

    def enter(call):
        def either(*args, **options):
            value = None if options else static_call(target, args)
            return call(*args, **options) if value is None else value

        either.__name__ = target.__name__
        intrinsic(target)(either)
        return call

    return enter


@scalar_function(math.log)
def log(x, base=None):
    y = apply("log", real(x))
    return y if base is None else y / apply("log", real(base))


@scalar_function(math.degrees)
def degrees(x, /):
    return real(x) * (180.0 / math.pi)


@scalar_function(math.radians)
def radians(x, /):
    return real(x) * (math.pi / 180.0)


@scalar_function(math.gamma)
def gamma(x, /):
    """exp(lgamma(x)) with the sign that gamma has for negative x."""
    x = real(x)
    odd = apply("equal", apply("remainder", apply("floor", x), 2.0), 1.0)
    negative = apply("logical_and", apply("less", x, 0.0), odd)
    return apply("where", negative, -1.0, 1.0) * apply("exp", apply("lgamma", x))


@scalar_function(math.hypot)
def hypot(*coordinates):
    parts = [real(c) for c in coordinates]
    if len(parts) == 2:
        return apply("hypot", *parts)
    return _length(parts)


def _length(parts):
    """The square root of a sum of squares; scaled, so that it does not overflow."""
    if not parts:
        return Lit(0.0)
    total = apply("absolute", parts[0])
    for part in parts[1:]:
        total = apply("hypot", total, part)
    return total


@scalar_function(math.dist)
def dist(p, q, /):
    """The distance of two points, given as sequences or 1-D arrays."""
    if isinstance(p, Var) or isinstance(q, Var):
        difference = as_atom(p) - as_atom(q)
        return number(apply("sqrt", sum_(apply("square", difference))), float)
    if len(p) != len(q):
        raise TypeMismatchError("both points must have the same number of dimensions")
    return _length([real(a) - real(b) for a, b in zip(p, q, strict=True)])


@scalar_function(math.fsum)
def fsum(seq, /):
    """The sum, as a float; rounding errors are those of a plain sum."""
    if isinstance(seq, Var):
        return number(sum_(ravel(seq)), float)
    total = Lit(0.0)
    for value in seq:
        total = total + real(value)
    return total


@scalar_function(math.prod)
def prod(iterable, /, *, start=1):
    if isinstance(iterable, Var):
        return mul(start, apply("prod", iterable, axes=(0,), keepdims=False))
    total = start
    for value in iterable:
        total = value if isinstance(total, int) and total == 1 else mul(total, value)
    return total


def _rounded(primitive: str, function) -> None:
    def call(x, /):
        if isinstance(x, (int, Size)):
            return x
        if isinstance(x, STATIC):
            return function(x)
        x = scalar(x)
        return number(x if x.dtype.kind in "biu" else apply(primitive, x), int)

    call.__name__ = function.__name__
    intrinsic(function)(call)


for _function in (math.floor, math.ceil, math.trunc):
    _rounded(_function.__name__, _function)


@scalar_function(math.modf)
def modf(x, /):
    x = real(x)
    whole = apply("trunc", x)
    rest = apply("where", apply("isinf", x), 0.0, x - whole)
    return apply("copysign", rest, x), whole


@scalar_function(math.ldexp)
def ldexp(x, i, /):
    return real(x) * apply("exp2", number(scalar(i), float))


@scalar_function(math.isclose)
def isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0):
    """|a - b| <= max(rel_tol * max(|a|, |b|), abs_tol)."""
    a, b = real(a), real(b)
    scale = apply("maximum", apply("absolute", a), apply("absolute", b))
    limit = apply("maximum", scale * rel_tol, abs_tol)
    near = apply("less_equal", apply("absolute", a - b), limit)
    finite = apply("logical_and", apply("isfinite", a), apply("isfinite", b))
    return apply("logical_or", apply("equal", a, b), apply("logical_and", finite, near))


refused(np.frexp, np.nextafter, np.spacing, np.i0, np.kaiser)


def _enter_static(name: str) -> None:
    """Functions without a primitive: of static numbers only."""
    function = getattr(math, name)

    def call(*args):
        value = static_call(function, args)
        needed = next((a for a in args if isinstance(a, Var) and a.dtype.kind in "iu"), None)
        if value is None and needed is not None:
            raise StaticNeeded(f"the argument of math.{name} must be known when the function is read", needed)
        if value is None:
            unsupported(f"math.{name} of values known only when the code runs is not supported")
        return value

    call.__name__ = name
    intrinsic(function)(call)


for _name in ("comb", "factorial", "perm", "frexp", "nextafter", "remainder", "ulp"):
    _enter_static(_name)
