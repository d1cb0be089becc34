"""Python's operators as the `operator` module names them; the front end uses them for `a + b` too."""

from __future__ import annotations

import operator

from broadax.runtime.errors import ShapeError, StaticNeeded, TypeMismatchError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit
from broadax.transforms.functions.arguments import as_atom, number
from broadax.transforms.functions.products import matrix_product
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.static import STATIC

# Operators that keep sizes sizes, so that they may be used in shapes.
_ON_SIZES = {"add", "subtract", "multiply", "floor_divide", "remainder"}


def binary(name: str, python, a, b):
    """One operator: on static numbers Python itself, on sizes a size, else a primitive."""
    if isinstance(a, STATIC) and isinstance(b, STATIC):
        return python(a, b)
    if name in _ON_SIZES and _integer(a) and _integer(b):
        return python(a, b)
    return apply(name, as_atom(a), as_atom(b))


def _integer(value) -> bool:
    return isinstance(value, Size) or (isinstance(value, int) and not isinstance(value, bool))


def _enter(python, name: str):
    def call(a, b, /):
        return binary(name, python, a, b)

    call.__name__ = python.__name__
    intrinsic(python)(call)
    return call


add = _enter(operator.add, "add")
sub = _enter(operator.sub, "subtract")
mul = _enter(operator.mul, "multiply")
truediv = _enter(operator.truediv, "divide")
floordiv = _enter(operator.floordiv, "floor_divide")
mod = _enter(operator.mod, "remainder")
and_ = _enter(operator.and_, "bitwise_and")
or_ = _enter(operator.or_, "bitwise_or")
xor = _enter(operator.xor, "bitwise_xor")
lshift = _enter(operator.lshift, "left_shift")
rshift = _enter(operator.rshift, "right_shift")


def _enter_comparison(python, name: str):
    def call(a, b, /):
        answer = _compared(python, a, b)
        return answer if answer is not None else binary(name, python, a, b)

    call.__name__ = python.__name__
    intrinsic(python)(call)
    return call


def _compared(python, a, b) -> bool | None:
    """A comparison of sizes, answered now (and guarded) where that is possible."""
    if not (isinstance(a, Size) or isinstance(b, Size)) or not (_integer(a) and _integer(b)):
        return None
    questions = {
        operator.eq: lambda: sizes.same(a, b),
        operator.ne: lambda: sizes.same(a, b),
        operator.ge: lambda: sizes.at_least(a, b),
        operator.lt: lambda: sizes.at_least(a, b),
        operator.le: lambda: sizes.at_least(b, a),
        operator.gt: lambda: sizes.at_least(b, a),
    }
    answer = questions[python]()
    negated = python in (operator.ne, operator.lt, operator.gt)
    return None if answer is None else answer != negated


eq = _enter_comparison(operator.eq, "equal")
ne = _enter_comparison(operator.ne, "not_equal")
lt = _enter_comparison(operator.lt, "less")
le = _enter_comparison(operator.le, "less_equal")
gt = _enter_comparison(operator.gt, "greater")
ge = _enter_comparison(operator.ge, "greater_equal")


@intrinsic(operator.matmul)
def matmul(a, b, /):
    return matrix_product(a, b)


@intrinsic(operator.pow)
def power(a, b, /):
    """a ** b; of Python ints a float where the exponent is negative.

    Raises:
        StaticNeeded: two Python ints, the sign of the exponent being known only at run time.
        ShapeError: NumPy integers to a negative power.
    """
    if isinstance(a, STATIC) and isinstance(b, STATIC):
        return a**b
    if isinstance(b, int) and isinstance(a, Size) and b >= 0:
        return sizes.product([a] * b)
    base, exponent = as_atom(a), as_atom(b)
    if base.dtype.kind in "biu" and exponent.dtype.kind in "iu":
        known = isinstance(exponent, Lit)
        if base.aval.weak and exponent.aval.weak:
            if not known:
                raise StaticNeeded(
                    "the sign of an exponent decides whether the power of two integers is an "
                    "integer: it must be known when the function is read",
                    b,
                    instead="float(a) ** b for a float",
                )
            if exponent.value < 0:
                return apply("power", number(base, float), number(exponent, float))
        if known and exponent.value < 0:
            raise ShapeError("Integers to negative integer powers are not allowed.")
    return apply("power", base, exponent)


def _enter_unary(python, name: str):
    def call(a, /):
        if isinstance(a, STATIC):
            return python(a)
        if name in ("negative", "positive") and isinstance(a, Size):
            return -a if name == "negative" else a
        return apply(name, as_atom(a))

    call.__name__ = python.__name__
    intrinsic(python)(call)
    return call


neg = _enter_unary(operator.neg, "negative")
pos = _enter_unary(operator.pos, "positive")
invert = _enter_unary(operator.invert, "invert")


@intrinsic(operator.abs)
def abs_(a, /):
    return sizes.size_op("max", a, -a) if isinstance(a, Size) else apply("absolute", as_atom(a))


def truth(value):
    """`bool(value)` of a scalar or an array of one element."""
    from broadax.transforms.functions.builtins import bool_

    return bool_(value)


intrinsic(operator.truth)(truth)


@intrinsic(operator.not_)
def not_(a, /):
    return apply("logical_not", as_atom(truth(a)))


@intrinsic(operator.index)
def index(a, /):
    """An integer as it is.

    Raises:
        TypeMismatchError: no integer.
    """
    if isinstance(a, (Size, int)):
        return a
    atom = as_atom(a)
    if atom.ndim or atom.dtype.kind not in "biu":
        raise TypeMismatchError(f"'{atom.aval}' object cannot be interpreted as an integer")
    return number(atom, int)


@intrinsic(operator.is_)
def is_(a, b, /):
    return a is b


@intrinsic(operator.is_not)
def is_not(a, b, /):
    return a is not b
