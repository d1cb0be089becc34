"""Elementwise arithmetic: the operators, powers and roots, extremes, rounding."""

from __future__ import annotations

import math

import numpy as np

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Lit
from broadax.transforms.primitives.registry import elementwise

POSITIVE = (0.5, 2)


def where(c, a, b):
    return apply("where", c, a, b)


# ── rules ─────────────────────────────────────────────────────────────────────────────────────────


def power_base(y, a, b):
    """d(a**b)/da = b a**(b-1); exactly 0 for b = 0, also at a = 0."""
    if isinstance(b, Lit):
        if b.value in (0, 1):
            return int(b.value.real)
        if b.value == 2:
            return 2 * a
        return b * apply("power", a, b.value - 1)
    return b * apply("power", a, where(apply("equal", b, 0), 1.0, b - 1))


def power_exponent(y, a, b):
    """d(a**b)/db = log(a) a**b, with log(0) taken as 0."""
    if isinstance(a, Lit) and a.dtype.kind == "f" and a.value >= 0:
        return y * math.log(a.value) if a.value > 0 else 0
    return y * apply("log", where(apply("equal", a, 0), 1.0, a))


def absolute_map(t, y, x):
    """sign(x) t; for complex x, Re(conj(x) t) / |x|."""
    if x.dtype.kind != "c":
        return apply("sign", x) * t
    safe = where(apply("equal", y, 0), 1.0, y)
    if t.dtype.kind == "c":
        return apply("real", apply("conjugate", x) * t) / safe
    direction = apply("conjugate", x) / apply("convert", safe, dtype=x.dtype)
    return apply("convert", t, dtype=x.dtype) * direction


def sign_partial(y, x):
    if x.dtype.kind == "c":
        raise UnsupportedError("np.sign of a complex number has no complex derivative")
    return 0


def split_ties(y, wins, ties):
    """1 where an operand wins, 1/2 at a tie, 0 elsewhere (JAX's convention for max and min)."""
    one, half, zero = (y.dtype.type(v) for v in (1, 0.5, 0))
    return where(wins, one, where(ties, half, zero))


def extreme(relation: str):
    """The partials of maximum and minimum."""
    return (
        lambda y, a, b: split_ties(y, apply(relation, a, b), apply("equal", a, b)),
        lambda y, a, b: split_ties(y, apply(relation, b, a), apply("equal", a, b)),
    )


def extreme_of_numbers(relation: str):
    """The partials of fmax and fmin: against NaN every number wins."""

    def wins(a, b):
        return apply("logical_or", apply(relation, a, b), apply("isnan", b))

    return (
        lambda y, a, b: split_ties(y, wins(a, b), apply("equal", a, b)),
        lambda y, a, b: split_ties(y, wins(b, a), apply("equal", a, b)),
    )


def divisor_partial(y, a, b):
    """-a / b²; of 1 / b, which may be a sigmoid, without another division."""
    return -y * y if isinstance(a, Lit) and a.value == 1 else -y / b


def copysign_partial(y, a, b):
    agree = apply("equal", apply("signbit", a), apply("signbit", b))
    return where(agree, y.dtype.type(1), y.dtype.type(-1))


def extreme_of_python(name: str):
    """max and min of Python's integers are its own; of floats NumPy's, which give NaN where one is."""

    def text(args, params, out, text):
        if out.dtype.kind == "i":
            return f"{name[:3]}({args[0]}, {args[1]})"
        return f"float(np.{name}({args[0]}, {args[1]}))"

    return text


# ── operators ─────────────────────────────────────────────────────────────────────────────────────

elementwise(
    "add", np.add, partials=(lambda y, a, b: 1, lambda y, a, b: 1), numpy="{0} + {1}", numba="{0} + {1}"
)
elementwise(
    "subtract",
    np.subtract,
    partials=(lambda y, a, b: 1, lambda y, a, b: -1),
    numpy="{0} - {1}",
    numba="{0} - {1}",
)
elementwise(
    "multiply",
    np.multiply,
    partials=(lambda y, a, b: b, lambda y, a, b: a),
    numpy="{0} * {1}",
    numba="{0} * {1}",
)
elementwise(
    "divide",
    np.divide,
    partials=(lambda y, a, b: 1 / b, divisor_partial),
    numpy="{0} / {1}",
    numba="{0} / {1}",
    domain=((-2, 2), POSITIVE),
)
elementwise(
    "floor_divide",
    np.floor_divide,
    partials=(lambda y, a, b: 0, lambda y, a, b: 0),
    numpy="{0} // {1}",
    domain=((-5, 5), (1, 3)),
)
elementwise(
    "remainder",
    np.remainder,
    partials=(lambda y, a, b: 1, lambda y, a, b: -apply("floor_divide", a, b)),
    numpy="{0} % {1}",
    domain=((-5, 5), (1, 3)),
)
elementwise(
    "fmod",
    np.fmod,
    partials=(lambda y, a, b: 1, lambda y, a, b: -apply("trunc", a / b)),
    numpy="np.fmod({0}, {1})",
    python="math.fmod({0}, {1})",
    domain=((-5, 5), (1, 3)),
)
elementwise(
    "power", np.power, partials=(power_base, power_exponent), numpy="{0} ** {1}", domain=(POSITIVE, (-2, 2))
)
elementwise("negative", np.negative, partials=(lambda y, x: -1,), numpy="-{0}", numba="-{0}")
elementwise("positive", np.positive, partials=(lambda y, x: 1,), numpy="+{0}", numba="{0}")

# ── powers, roots, sizes ──────────────────────────────────────────────────────────────────────────

elementwise(
    "absolute", np.absolute, maps=(absolute_map,), numpy="np.abs({0})", python="abs({0})", numba="abs({0})"
)
elementwise("sign", np.sign, partials=(sign_partial,), numpy="np.sign({0})")
elementwise("square", np.square, partials=(lambda y, x: 2 * x,), numpy="{0} ** 2", numba="{0} * {0}")
elementwise("reciprocal", np.reciprocal, partials=(lambda y, x: -y * y,), numpy="1 / {0}", domain=(POSITIVE,))
elementwise(
    "sqrt",
    np.sqrt,
    partials=(lambda y, x: 0.5 / y,),
    numpy="np.sqrt({0})",
    python="math.sqrt({0})",
    numba="math.sqrt({0})",
    domain=(POSITIVE,),
)
elementwise(
    "cbrt",
    np.cbrt,
    partials=(lambda y, x: 1 / (3 * y * y),),
    numpy="np.cbrt({0})",
    python="math.cbrt({0})",
    domain=(POSITIVE,),
)
elementwise(
    "hypot",
    np.hypot,
    partials=(lambda y, a, b: a / y, lambda y, a, b: b / y),
    numpy="np.hypot({0}, {1})",
    python="math.hypot({0}, {1})",
    numba="math.hypot({0}, {1})",
)
elementwise(
    "copysign",
    np.copysign,
    partials=(copysign_partial, lambda y, a, b: 0),
    numpy="np.copysign({0}, {1})",
    python="math.copysign({0}, {1})",
    numba="math.copysign({0}, {1})",
)

# ── extremes and rounding ─────────────────────────────────────────────────────────────────────────

for _name, _relation in (("maximum", "greater"), ("minimum", "less")):
    elementwise(
        _name,
        getattr(np, _name),
        partials=extreme(_relation),
        numpy=f"np.{_name}({{0}}, {{1}})",
        python=extreme_of_python(_name),
    )
for _name, _relation in (("fmax", "greater"), ("fmin", "less")):
    elementwise(
        _name, getattr(np, _name), partials=extreme_of_numbers(_relation), numpy=f"np.{_name}({{0}}, {{1}})"
    )
for _name in ("floor", "ceil", "trunc", "rint"):
    elementwise(_name, getattr(np, _name), partials=(lambda y, x: 0,), numpy=f"np.{_name}({{0}})")
