"""Python's own functions of numbers: abs, min, max, sum, round, pow, divmod, float, int, bool, complex."""

from __future__ import annotations

import builtins

import numpy as np

from broadax.runtime.dtypes import BFLOAT16
from broadax.runtime.errors import ShapeError, TypeMismatchError, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit, Var
from broadax.transforms.functions.arguments import as_atom, cast, is_atom, number
from broadax.transforms.functions.indexing import at
from broadax.transforms.functions.operators import add, floordiv, mod, power
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.rounding import round_
from broadax.transforms.functions.static import STATIC

AMBIGUOUS = "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
NOT_SCALAR = "only 0-dimensional arrays can be converted to Python scalars"


def scalar(value, what: str = ""):
    """A scalar operand.

    Raises:
        TypeMismatchError: in Python's words, where it is an array or no number.
    """
    if not is_atom(value):
        raise TypeMismatchError(f"{what or 'the'} argument must be a real number, not {type(value).__name__}")
    atom = as_atom(value)
    if atom.ndim:
        raise TypeMismatchError(NOT_SCALAR)
    return atom


# ── conversions ───────────────────────────────────────────────────────────────────────────────────


@intrinsic(float)
def float_(x=0.0, /):
    if isinstance(x, (str, bytes)):
        return builtins.float(x)
    x = scalar(x, "float()")
    if x.dtype.kind == "c":
        raise TypeMismatchError("float() argument must be a string or a real number, not 'complex'")
    return number(x, np.float64)


@intrinsic(int)
def int_(x=0, /, base=None):
    """Towards zero."""
    if isinstance(x, (str, bytes)):
        return builtins.int(x) if base is None else builtins.int(x, base)
    if isinstance(x, Size):
        return x
    x = scalar(x, "int()")
    if x.dtype.kind == "c":
        raise TypeMismatchError(
            "int() argument must be a string, a bytes-like object or a real number, not 'complex'"
        )
    return number(x, np.int64)


@intrinsic(bool)
def bool_(x=False, /):
    if not is_atom(x):
        return builtins.bool(x)
    x = as_atom(x)
    if x.ndim and sizes.same(x.aval.size, 1) is not True:
        raise ShapeError(AMBIGUOUS)
    while x.ndim:
        x = at(x, 0, 0)
    return number(x, bool)


@intrinsic(complex)
def complex_(real=0.0, imag=0.0, /):
    if isinstance(real, (str, bytes)):
        return builtins.complex(real)
    real, imag = scalar(real, "complex()"), scalar(imag, "complex()")
    if isinstance(imag, Lit) and imag.value == 0:
        return number(real, np.complex128)
    return number(real, np.complex128) + number(imag, np.complex128) * 1j


def _enter_dtype(scalar_type: type) -> None:
    """`np.float32(x)` and its like: a strong scalar, or an array of that dtype."""

    def call(x=0, /):
        x = as_atom(x)
        return apply("copy", x) if x.ndim and x.dtype == scalar_type else cast(x, scalar_type)

    call.__name__ = scalar_type.__name__
    intrinsic(scalar_type)(call)


for _type in dict.fromkeys(
    (
        np.bool_,
        np.int8,
        np.int16,
        np.int32,
        np.int64,
        np.longlong,
        np.intc,
        np.uint8,
        np.uint16,
        np.uint32,
        np.uint64,
        np.ulonglong,
        np.uintc,
        BFLOAT16.type,
        np.float16,
        np.float32,
        np.float64,
        np.complex64,
        np.complex128,
    )
):
    _enter_dtype(_type)


# ── arithmetic ────────────────────────────────────────────────────────────────────────────────────


@intrinsic(abs)
def abs_(x, /):
    if isinstance(x, Size):
        return sizes.size_op("max", x, -x)
    return apply("absolute", as_atom(x))


@intrinsic(divmod)
def divmod_(a, b, /):
    return floordiv(a, b), mod(a, b)


@intrinsic(pow)
def pow_(base, exp, mod=None):
    if mod is None:
        return power(base, exp)
    return apply("remainder", power(base, exp), as_atom(mod))


@intrinsic(round)
def builtin_round(number_, ndigits=None):
    """Half to even; without digits a Python int."""
    if isinstance(number_, Size):
        return number_
    x = as_atom(number_)
    if x.ndim:
        raise TypeMismatchError("type numpy.ndarray doesn't define __round__ method")
    if ndigits is None:
        return number(x if x.dtype.kind in "biu" else apply("rint", x), np.int64)
    y = round_(x, ndigits)
    return number(y, y.dtype) if x.aval.weak else y


def _better(name: str, x, y):
    """The second where it is smaller (larger), else the first: Python's rule, also for NaN."""
    if isinstance(x, STATIC) and isinstance(y, STATIC):
        return getattr(builtins, name)(x, y)
    if isinstance(x, (int, Size)) and isinstance(y, (int, Size)):
        return sizes.size_op(name, x, y)
    x, y = scalar(x, name), scalar(y, name)
    if x.dtype.kind in "iu" and y.dtype.kind in "iu":
        return apply("maximum" if name == "max" else "minimum", x, y)
    return apply("where", apply("greater" if name == "max" else "less", y, x), y, x)


def _best(name: str, args, options):
    """Builtin max and min of several numbers, of a sequence or of a 1-D array."""
    if options.get("key") is not None:
        raise UnsupportedError(f"{name}() with a key of values known only when the code runs")
    values = args[0] if len(args) == 1 else args
    if isinstance(values, Var):
        return _best_of_array(name, values, options)
    values = list(values)
    if not values:
        if "default" in options:
            return options["default"]
        raise ShapeError(f"{name}() iterable argument is empty")
    best = values[0]
    for value in values[1:]:
        best = _better(name, best, value)
    return best


def _best_of_array(name: str, x, options):
    """A NaN counts only where it comes first, as in Python's own comparison of one with the next."""
    if x.ndim != 1:
        raise ShapeError(AMBIGUOUS) if x.ndim else TypeMismatchError(f"'{x.dtype}' object is not iterable")
    if x.shape[0] == 0:
        if "default" in options:
            return options["default"]
        raise ShapeError(f"{name}() iterable argument is empty")
    if x.dtype.kind == "f":
        x = apply("where", apply("isnan", x), at(x, 0, 0), x)
    return apply(name, x, axes=(0,), keepdims=False)


@intrinsic(max)
def max_(*args, **options):
    return _best("max", args, options)


@intrinsic(min)
def min_(*args, **options):
    return _best("min", args, options)


@intrinsic(sum)
def sum_(iterable, /, start=0):
    """start + first + second + …; of an array, of its rows."""
    if isinstance(iterable, Var):
        if not iterable.ndim:
            raise TypeMismatchError(f"'{iterable.dtype}' object is not iterable")
        x = cast(iterable, np.int64) if iterable.dtype.kind == "b" else iterable
        total = cast(apply("sum", x, axes=(0,), keepdims=False), x.dtype)
        return total if isinstance(start, int) and start == 0 else add(start, total)
    total = start
    for value in iterable:
        total = value if isinstance(total, int) and total == 0 and _keeps(value) else add(total, value)
    return total


def _keeps(value) -> bool:
    """Is 0 + value the value itself, type included?"""
    return isinstance(value, Size) or (is_atom(value) and as_atom(value).dtype.kind != "b")


@intrinsic(any)
def any_(iterable, /):
    return _joined("logical_or", "any", iterable)


@intrinsic(all)
def all_(iterable, /):
    return _joined("logical_and", "all", iterable)


def _joined(binary: str, reduction: str, values):
    """Builtin any and all: a Python bool."""
    if isinstance(values, Var):
        if values.ndim != 1:
            raise ShapeError(AMBIGUOUS)
        return number(apply(reduction, cast(values, bool), axes=(0,), keepdims=False), bool)
    result = None
    for value in values:
        value = bool_(value)
        if isinstance(value, bool):
            value = Lit(value)
        result = value if result is None else apply(binary, result, value)
    return Lit(reduction == "all") if result is None else result
