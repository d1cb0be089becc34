"""Elementwise primitives: arithmetic, mathematical functions, comparisons, logic, selection."""

from __future__ import annotations

import math

import numpy as np

from broadax.transforms.avals import Aval
from broadax.transforms.core import Lit
from broadax.transforms.expression import apply
from broadax.transforms.primitives.registry import elementwise

LN2, LN10 = math.log(2.0), math.log(10.0)


def where(c, a, b):
    return apply("where", c, a, b)


def split_ties(wins, ties):
    """1 where an operand wins, 1/2 at a tie, 0 elsewhere (JAX's convention for max and min)."""

    def partial(k):
        def rule(y, a, b):
            x, other = (a, b) if k == 0 else (b, a)
            one = y.dtype.type(1)
            return where(apply(wins, x, other), one, where(apply(ties, x, other), y.dtype.type(0.5), y.dtype.type(0)))

        return rule

    return partial(0), partial(1)


def power_base(y, a, b):
    """d(a**b)/da = b a**(b-1); exactly 0 for b = 0."""
    if isinstance(b, Lit):
        if b.value == 0:
            return 0
        if b.value == 1:
            return 1
        if b.value == 2:
            return 2 * a
        return b * apply("power", a, b.value - 1)
    if b.dtype.kind in "iu":
        return b * apply("power", a, b - 1)
    zero = apply("equal", b, 0)
    return b * apply("power", a, where(zero, 1.0, b - 1))


def power_exponent(y, a, b):
    """d(a**b)/db = log(a) a**b, with log(0) taken as 0."""
    return y * apply("log", where(apply("equal", a, 0), 1.0, a))


def absolute_map(t, y, x):
    """sign(x) t; for complex x, Re(conj(x) t) / |x|."""
    if x.dtype.kind != "c":
        return apply("sign", x) * t
    safe = where(apply("equal", y, 0), 1.0, y)
    if t.dtype.kind == "c":
        return apply("real", apply("conjugate", x) * t) / safe
    return apply("convert", t, dtype=x.dtype) * (apply("conjugate", x) / apply("convert", safe, dtype=x.dtype))


# ── arithmetic ────────────────────────────────────────────────────────────────────────────────────

elementwise("add", np.add, partials=(lambda y, a, b: 1, lambda y, a, b: 1), numpy="{0} + {1}", numba="{0} + {1}")
elementwise("subtract", np.subtract, partials=(lambda y, a, b: 1, lambda y, a, b: -1), numpy="{0} - {1}",
            numba="{0} - {1}")
elementwise("multiply", np.multiply, partials=(lambda y, a, b: b, lambda y, a, b: a), numpy="{0} * {1}",
            numba="{0} * {1}")
elementwise("divide", np.divide, partials=(lambda y, a, b: 1 / b, lambda y, a, b: -y / b), numpy="{0} / {1}",
            numba="{0} / {1}", domain=((-2, 2), (0.5, 2)))
elementwise("floor_divide", np.floor_divide, partials=(lambda y, a, b: 0, lambda y, a, b: 0), numpy="{0} // {1}",
            domain=((-5, 5), (1, 3)))
elementwise("remainder", np.remainder, partials=(lambda y, a, b: 1, lambda y, a, b: -apply("floor_divide", a, b)),
            numpy="{0} % {1}", domain=((-5, 5), (1, 3)))
elementwise("fmod", np.fmod, partials=(lambda y, a, b: 1, lambda y, a, b: -apply("trunc", a / b)),
            numpy="np.fmod({0}, {1})", python="math.fmod({0}, {1})", domain=((-5, 5), (1, 3)))
elementwise("power", np.power, partials=(power_base, power_exponent), numpy="{0} ** {1}", domain=((0.5, 2), (-2, 2)))
elementwise("negative", np.negative, partials=(lambda y, x: -1,), numpy="-{0}", numba="-{0}")
elementwise("positive", np.positive, partials=(lambda y, x: 1,), numpy="+{0}", numba="{0}")
elementwise("absolute", np.absolute, maps=(absolute_map,), numpy="np.abs({0})", python="abs({0})", numba="abs({0})")
elementwise("sign", np.sign, partials=(lambda y, x: 0,), numpy="np.sign({0})")
elementwise("square", np.square, partials=(lambda y, x: 2 * x,), numpy="{0} ** 2", numba="{0} * {0}")
elementwise("reciprocal", np.reciprocal, partials=(lambda y, x: -y * y,), numpy="1 / {0}", domain=((0.5, 2),))
elementwise("sqrt", np.sqrt, partials=(lambda y, x: 0.5 / y,), numpy="np.sqrt({0})", python="math.sqrt({0})",
            numba="math.sqrt({0})", domain=((0.5, 2),))
elementwise("cbrt", np.cbrt, partials=(lambda y, x: 1 / (3 * y * y),), numpy="np.cbrt({0})", python="math.cbrt({0})",
            domain=((0.5, 2),))
elementwise("hypot", np.hypot, partials=(lambda y, a, b: a / y, lambda y, a, b: b / y), numpy="np.hypot({0}, {1})",
            python="math.hypot({0}, {1})", numba="math.hypot({0}, {1})")


# ── exponentials and their kin ────────────────────────────────────────────────────────────────────


def function(name: str, partial, *, math_name: str = "", domain=((-2, 2),)):
    """A function of one operand that NumPy and math both have."""
    m = math_name or name
    elementwise(name, getattr(np, name), partials=(partial,), numpy=f"np.{name}({{0}})", python=f"math.{m}({{0}})",
                numba=f"math.{m}({{0}})", domain=domain)


POSITIVE, UNIT = ((0.5, 2),), ((-0.8, 0.8),)
function("exp", lambda y, x: y)
function("exp2", lambda y, x: y * LN2)
function("expm1", lambda y, x: y + 1)
function("log", lambda y, x: 1 / x, domain=POSITIVE)
function("log2", lambda y, x: 1 / (x * LN2), domain=POSITIVE)
function("log10", lambda y, x: 1 / (x * LN10), domain=POSITIVE)
function("log1p", lambda y, x: 1 / (1 + x), domain=POSITIVE)
function("sin", lambda y, x: apply("cos", x))
function("cos", lambda y, x: -apply("sin", x))
function("tan", lambda y, x: 1 + y * y, domain=((-1, 1),))
function("arcsin", lambda y, x: 1 / apply("sqrt", 1 - x * x), math_name="asin", domain=UNIT)
function("arccos", lambda y, x: -1 / apply("sqrt", 1 - x * x), math_name="acos", domain=UNIT)
function("arctan", lambda y, x: 1 / (1 + x * x), math_name="atan")
function("sinh", lambda y, x: apply("cosh", x))
function("cosh", lambda y, x: apply("sinh", x))
function("tanh", lambda y, x: 1 - y * y)
function("arcsinh", lambda y, x: 1 / apply("sqrt", x * x + 1), math_name="asinh")
function("arccosh", lambda y, x: 1 / apply("sqrt", x * x - 1), math_name="acosh", domain=((1.5, 3),))
function("arctanh", lambda y, x: 1 / (1 - x * x), math_name="atanh", domain=UNIT)
elementwise("arctan2", np.arctan2, partials=(lambda y, a, b: b / (a * a + b * b), lambda y, a, b: -a / (a * a + b * b)),
            numpy="np.arctan2({0}, {1})", python="math.atan2({0}, {1})", numba="math.atan2({0}, {1})")
elementwise("logaddexp", np.logaddexp,
            partials=(lambda y, a, b: apply("exp", a - y), lambda y, a, b: apply("exp", b - y)),
            numpy="np.logaddexp({0}, {1})")


# ── special functions: math's reference, so that scipy need not be imported ───────────────────────


def vectorised(f):
    """A scalar function as a NumPy reference that keeps the dtype."""
    many = np.vectorize(f, otypes=[np.float64])

    def impl(x):
        dtype = np.asarray(x).dtype
        return many(x).astype(dtype if dtype.kind == "f" else np.float64)[()]

    return impl


def _trigamma(x: float) -> float:
    """psi'(x) by recurrence and its asymptotic series (Abramowitz and Stegun 6.4.12)."""
    total = 0.0
    while x < 10:
        total, x = total + 1 / (x * x), x + 1
    s = 1 / (x * x)
    return total + 1 / x + s / 2 + s / x * (1 / 6 - s * (1 / 30 - s * (1 / 42 - s / 30)))


def _digamma(x: float) -> float:
    """psi(x) by recurrence and its asymptotic series (Abramowitz and Stegun 6.3.18)."""
    total = 0.0
    while x < 10:
        total, x = total - 1 / x, x + 1
    s = 1 / (x * x)
    return total + math.log(x) - 0.5 / x - s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))))


TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
elementwise("erf", impl=vectorised(math.erf), result="float", numpy="special.erf({0})", python="math.erf({0})",
            numba="math.erf({0})", partials=(lambda y, x: TWO_OVER_ROOT_PI * apply("exp", -(x * x)),))
elementwise("erfc", impl=vectorised(math.erfc), result="float", numpy="special.erfc({0})", python="math.erfc({0})",
            numba="math.erfc({0})", partials=(lambda y, x: -TWO_OVER_ROOT_PI * apply("exp", -(x * x)),))
elementwise("lgamma", impl=vectorised(math.lgamma), result="float", numpy="special.gammaln({0})",
            python="math.lgamma({0})", numba="math.lgamma({0})", domain=POSITIVE,
            partials=(lambda y, x: apply("digamma", x),))
elementwise("digamma", impl=vectorised(_digamma), result="float", numpy="special.digamma({0})", domain=POSITIVE,
            partials=(lambda y, x: apply("trigamma", x),))
elementwise("trigamma", impl=vectorised(_trigamma), result="float", numpy="special.polygamma(1, {0})",
            domain=POSITIVE, why_not={"partials": "the polygamma functions of higher order are not declared"})


# ── extremes, rounding, selection ─────────────────────────────────────────────────────────────────

elementwise("maximum", np.maximum, partials=split_ties("greater", "equal"), numpy="np.maximum({0}, {1})")
elementwise("minimum", np.minimum, partials=split_ties("less", "equal"), numpy="np.minimum({0}, {1})")
elementwise("fmax", np.fmax, partials=split_ties("greater", "equal"), numpy="np.fmax({0}, {1})")
elementwise("fmin", np.fmin, partials=split_ties("less", "equal"), numpy="np.fmin({0}, {1})")
for _name in ("floor", "ceil", "trunc", "rint"):
    elementwise(_name, getattr(np, _name), partials=(lambda y, x: 0,), numpy=f"np.{_name}({{0}})",
                numba=f"np.{_name}({{0}})")
elementwise("copysign", np.copysign, numpy="np.copysign({0}, {1})", python="math.copysign({0}, {1})",
            numba="math.copysign({0}, {1})",
            partials=(lambda y, a, b: where(apply("equal", apply("signbit", a), apply("signbit", b)),
                                            y.dtype.type(1), y.dtype.type(-1)), lambda y, a, b: 0))
elementwise("where", impl=np.where, result="where", numpy="np.where({0}, {1}, {2})", python="({1} if {0} else {2})",
            numba="({1} if {0} else {2})",
            maps=(None, lambda t, y, c, a, b: where(c, t, t.dtype.type(0)),
                  lambda t, y, c, a, b: where(c, t.dtype.type(0), t)))


# ── comparisons and logic ─────────────────────────────────────────────────────────────────────────

for _name, _sign in (("equal", "=="), ("not_equal", "!="), ("less", "<"), ("less_equal", "<="), ("greater", ">"),
                     ("greater_equal", ">=")):
    elementwise(_name, getattr(np, _name), numpy=f"{{0}} {_sign} {{1}}", numba=f"{{0}} {_sign} {{1}}",
                why_not={"partials": "a comparison has no derivative"})
for _name, _word in (("logical_and", "and"), ("logical_or", "or")):
    elementwise(_name, getattr(np, _name), result="logical", numpy=f"np.{_name}({{0}}, {{1}})",
                python=f"{{0}} {_word} {{1}}", numba=f"({{0}} {_word} {{1}})", why_not={"partials": "boolean"})
elementwise("logical_xor", np.logical_xor, result="logical", numpy="np.logical_xor({0}, {1})", numba="({0} != {1})",
            why_not={"partials": "boolean"})
elementwise("logical_not", np.logical_not, result="logical", numpy="np.logical_not({0})", python="not {0}",
            numba="(not {0})", why_not={"partials": "boolean"})
for _name, _sign in (("bitwise_and", "&"), ("bitwise_or", "|"), ("bitwise_xor", "^"), ("left_shift", "<<"),
                     ("right_shift", ">>")):
    elementwise(_name, getattr(np, _name), result="logical", numpy=f"{{0}} {_sign} {{1}}",
                numba=f"{{0}} {_sign} {{1}}", why_not={"partials": "integers and booleans"}, domain=((0, 6), (0, 4)))
elementwise("invert", np.invert, result="same", numpy="~{0}", why_not={"partials": "integers and booleans"})
for _name in ("isnan", "isinf", "isfinite"):
    elementwise(_name, getattr(np, _name), numpy=f"np.{_name}({{0}})", python=f"math.{_name}({{0}})",
                numba=f"math.{_name}({{0}})", why_not={"partials": "boolean"})
elementwise("signbit", np.signbit, numpy="np.signbit({0})", numba="(math.copysign(1.0, {0}) < 0)",
            why_not={"partials": "boolean"})


# ── complex numbers ───────────────────────────────────────────────────────────────────────────────


def _part(dtype) -> np.dtype:
    return np.empty(0, dtype).real.dtype


def _real_map(t, y, x):
    """The real part of a tangent; a cotangent of the real part, as a complex number."""
    if x.dtype.kind != "c":
        return t
    return apply("real", t) if t.dtype.kind == "c" else apply("convert", t, dtype=x.dtype)


def _imag_map(t, y, x):
    if x.dtype.kind != "c":
        return t * 0
    if t.dtype.kind == "c":
        return apply("imag", t)
    return apply("convert", t, dtype=x.dtype) * Lit(np.complex128(-1j).astype(x.dtype))


elementwise("conjugate", np.conjugate, maps=(lambda t, y, x: apply("conjugate", t),), numpy="np.conj({0})",
            python="{0}.conjugate()", numba="np.conj({0})")
for _name, _map in (("real", _real_map), ("imag", _imag_map)):
    _prim = elementwise(_name, impl=getattr(np, _name), maps=(_map,), numpy=f"np.{_name}({{0}})",
                        python=f"{{0}}.{_name}", numba=f"{{0}}.{_name}")
    _prim.infer = lambda x: Aval(_part(x.dtype), x.shape, x.weak)
