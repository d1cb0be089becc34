"""NumPy's elementwise functions. Most are a primitive of the same name; the others are made of some."""

from __future__ import annotations

import math

import numpy as np

from broadax.runtime.errors import BroadaxError, TypeMismatchError
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Lit
from broadax.transforms.functions.arguments import as_atom, cast, dtype_of, refuse, strong
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.primitives import registry

# Where NumPy's ufunc and the primitive of that name do the same.
UNARY = """negative positive absolute sign sqrt cbrt square reciprocal exp exp2 expm1 log log2 log10 log1p
    sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh floor ceil trunc rint logical_not
    invert isnan isinf isfinite signbit conjugate"""
BINARY = """add subtract multiply divide floor_divide remainder fmod power arctan2 hypot maximum minimum fmax
    fmin equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor bitwise_and
    bitwise_or bitwise_xor left_shift right_shift copysign logaddexp"""


def elementwise(name: str, *operands):
    """A primitive as NumPy's function of that name computes it: the result is no Python number.

    Constants are computed now.
    """
    atoms = [as_atom(v) for v in operands]
    if all(isinstance(a, Lit) for a in atoms):
        with np.errstate(all="ignore"):
            return Lit(getattr(np, name)(*(a.value for a in atoms)))
    if all(a.aval.weak for a in atoms) and registry.get(name).result != "logical":
        atoms = [strong(a) if a.dtype.kind == "b" else a for a in atoms]  # np.add(True, True) is True
    try:
        return apply(name, *atoms, weak=False)
    except TypeError as error:  # NumPy's own words, from its type resolution
        raise error if isinstance(error, BroadaxError) else TypeMismatchError(str(error)) from error


def loop(ufunc: np.ufunc, *operands) -> list:
    """Operands converted to the dtypes in which NumPy's ufunc would compute, no longer weak.

    Raises:
        TypeMismatchError: the ufunc does not take these types.
    """
    atoms = [as_atom(v) for v in operands]
    given = [
        a.dtype
        if not a.aval.weak or a.dtype.kind == "b"
        else type(a.value)
        if isinstance(a, Lit)
        else {"i": int, "f": float, "c": complex}[a.dtype.kind]
        for a in atoms
    ]
    if all(isinstance(g, type) for g in given):
        given = [a.dtype for a in atoms]
    try:
        dtypes = ufunc.resolve_dtypes((*given, *[None] * ufunc.nout))
    except TypeError as error:
        raise TypeMismatchError(str(error)) from error
    return [cast(a, d, implicit=True) for a, d in zip(atoms, dtypes, strict=False)]


def with_dtype(name: str, operands, dtype, casting: str = "same_kind"):
    """Operands converted for a ufunc called with `dtype=`."""
    dtype = dtype_of(dtype)
    atoms = [as_atom(v) for v in operands]
    for atom in atoms:
        if not np.can_cast(atom.dtype, dtype, casting) and not (atom.aval.weak and dtype.kind in "fc"):
            raise TypeMismatchError(
                f"Cannot cast ufunc '{name}' input from {atom.dtype!r} to {dtype!r} "
                f"with casting rule '{casting}'"
            )
    return [cast(a, dtype) for a in atoms]


def _enter(name: str, count: int, methods: tuple = ()) -> None:
    """Enter the ufunc `name` with `count` operands."""
    ufunc = getattr(np, name)

    def call(*operands, out=None, where=True, dtype=None, casting="same_kind", order="K", subok=True):
        refuse(f"np.{name}", out=out, where=where)
        if len(operands) != count:
            raise TypeMismatchError(
                f"{name}() takes from {count} to {count + 1} positional arguments but "
                f"{len(operands)} were given"
            )
        if dtype is not None:
            operands = with_dtype(name, operands, dtype, casting)
        return elementwise(name, *operands)

    call.__name__ = name
    intrinsic(ufunc, methods=methods)(call)


for _name in UNARY.split():
    _enter(_name, 1, ("conj", "conjugate") if _name == "conjugate" else ())
for _name in BINARY.split():
    _enter(_name, 2)


def _enter_outer(name: str) -> None:
    """`np.add.outer` and its like."""

    def outer(a, b, /, **options):
        refuse(f"np.{name}.outer", **options)
        a, b = as_atom(a), as_atom(b)
        if a.ndim and b.ndim:
            a = apply("reshape", a, shape=a.shape + (1,) * b.ndim)
        return elementwise(name, a, b)

    intrinsic(getattr(np, name).outer)(outer)


for _name in BINARY.split():
    _enter_outer(_name)


def composed(*targets, methods=()):
    """Enter a function made of primitives that takes a ufunc's options (and refuses them)."""

    def enter(rule):
        def call(*operands, out=None, where=True, dtype=None, casting="same_kind", order="K", subok=True):
            refuse(f"np.{rule.__name__}", out=out, where=where, dtype=dtype)
            return rule(*operands)

        call.__name__ = rule.__name__
        intrinsic(*targets, methods=methods)(call)
        return rule

    return enter


# ── made of primitives ────────────────────────────────────────────────────────────────────────────


@composed(np.degrees, np.rad2deg)
def degrees(x):
    (x,) = loop(np.degrees, x)
    return x * (180.0 / math.pi)


@composed(np.radians, np.deg2rad)
def radians(x):
    (x,) = loop(np.radians, x)
    return x * (math.pi / 180.0)


@composed(np.fabs)
def fabs(x):
    return apply("absolute", *loop(np.fabs, x))


@composed(np.heaviside)
def heaviside(x, at_zero):
    """0 where x < 0, `at_zero` where x == 0, 1 where x > 0, NaN where x is NaN."""
    x, at_zero = loop(np.heaviside, x, at_zero)
    step = cast(apply("greater", x, 0), x.dtype)
    step = apply("where", apply("isnan", x), x, step)
    return apply("where", apply("equal", x, 0), at_zero, step)


@composed(np.float_power)
def float_power(x, y):
    return apply("power", *loop(np.float_power, x, y))


@composed(np.logaddexp2)
def logaddexp2(x, y):
    x, y = loop(np.logaddexp2, x, y)
    return apply("logaddexp", x * math.log(2.0), y * math.log(2.0)) * (1.0 / math.log(2.0))


@composed(np.divmod)
def divmod_(x, y):
    return elementwise("floor_divide", x, y), elementwise("remainder", x, y)


@composed(np.modf)
def modf(x):
    """The fractional and the integral part, both with the sign of x."""
    (x,) = loop(np.modf, x)
    whole = apply("trunc", x)
    rest = apply("where", apply("isinf", x), cast(Lit(0.0), x.dtype), x - whole)
    return apply("copysign", rest, x), whole


@composed(np.ldexp)
def ldexp(x, exponent):
    """x * 2**exponent."""
    x, _ = loop(np.ldexp, x, exponent)
    return x * apply("exp2", cast(as_atom(exponent), x.dtype))


@composed(np.isposinf)
def isposinf(x):
    return apply("logical_and", apply("isinf", strong(as_atom(x))), apply("greater", x, 0))


@composed(np.isneginf)
def isneginf(x):
    return apply("logical_and", apply("isinf", strong(as_atom(x))), apply("less", x, 0))
