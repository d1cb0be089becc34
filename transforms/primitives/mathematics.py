"""Elementwise mathematical functions: exponentials, trigonometry, the special functions."""

from __future__ import annotations

import math

import numpy as np

from broadax.transforms.core.expression import apply
from broadax.transforms.primitives.registry import elementwise

LN2, LN10, TWO_OVER_ROOT_PI = math.log(2.0), math.log(10.0), 2 / math.sqrt(math.pi)
POSITIVE, UNIT = (0.5, 2), (-0.8, 0.8)


def function(name: str, partial, math_name: str = "", domain=(-2, 2)) -> None:
    """A function of one operand that NumPy and math both have."""
    text = f"math.{math_name or name}({{0}})"
    elementwise(
        name,
        getattr(np, name),
        partials=(partial,),
        numpy=f"np.{name}({{0}})",
        python=text,
        numba=text,
        domain=(domain,),
    )


# ── exponentials and logarithms ───────────────────────────────────────────────────────────────────

function("exp", lambda y, x: y)
function("exp2", lambda y, x: y * LN2)
function("expm1", lambda y, x: y + 1)
function("log", lambda y, x: 1 / x, domain=POSITIVE)
function("log2", lambda y, x: 1 / (x * LN2), domain=POSITIVE)
function("log10", lambda y, x: 1 / (x * LN10), domain=POSITIVE)
function("log1p", lambda y, x: 1 / (1 + x), domain=POSITIVE)
elementwise(
    "logaddexp",
    np.logaddexp,
    numpy="np.logaddexp({0}, {1})",
    # exp(a - y), in a form that holds at infinities
    partials=(lambda y, a, b: 1 / (1 + apply("exp", b - a)), lambda y, a, b: 1 / (1 + apply("exp", a - b))),
)

# ── trigonometry ──────────────────────────────────────────────────────────────────────────────────

function("sin", lambda y, x: apply("cos", x))
function("cos", lambda y, x: -apply("sin", x))
function("tan", lambda y, x: 1 + y * y, domain=(-1, 1))
function("arcsin", lambda y, x: 1 / apply("sqrt", 1 - x * x), "asin", UNIT)
function("arccos", lambda y, x: -1 / apply("sqrt", 1 - x * x), "acos", UNIT)
function("arctan", lambda y, x: 1 / (1 + x * x), "atan")
function("sinh", lambda y, x: apply("cosh", x))
function("cosh", lambda y, x: apply("sinh", x))
function("tanh", lambda y, x: 1 - y * y)
function("arcsinh", lambda y, x: 1 / apply("sqrt", x * x + 1), "asinh")
function("arccosh", lambda y, x: 1 / apply("sqrt", x * x - 1), "acosh", (1.5, 3))
function("arctanh", lambda y, x: 1 / (1 - x * x), "atanh", UNIT)
elementwise(
    "arctan2",
    np.arctan2,
    numpy="np.arctan2({0}, {1})",
    python="math.atan2({0}, {1})",
    numba="math.atan2({0}, {1})",
    partials=(lambda y, a, b: b / (a * a + b * b), lambda y, a, b: -a / (a * a + b * b)),
)

# ── special functions ─────────────────────────────────────────────────────────────────────────────


def scipy_special(name: str, *before):
    """A reference that imports scipy when it is first used."""

    def impl(x):
        from scipy import special

        return getattr(special, name)(*before, x)

    return impl


elementwise(
    "erf",
    impl=scipy_special("erf"),
    result="float",
    numpy="special.erf({0})",
    python="math.erf({0})",
    numba="math.erf({0})",
    partials=(lambda y, x: TWO_OVER_ROOT_PI * apply("exp", -(x * x)),),
)
elementwise(
    "erfc",
    impl=scipy_special("erfc"),
    result="float",
    numpy="special.erfc({0})",
    python="math.erfc({0})",
    numba="math.erfc({0})",
    partials=(lambda y, x: -TWO_OVER_ROOT_PI * apply("exp", -(x * x)),),
)
elementwise(
    "lgamma",
    impl=scipy_special("gammaln"),
    result="float",
    numpy="special.gammaln({0})",
    python="math.lgamma({0})",
    numba="math.lgamma({0})",
    domain=(POSITIVE,),
    partials=(lambda y, x: apply("digamma", x),),
)
elementwise(
    "digamma",
    impl=scipy_special("digamma"),
    result="float",
    numpy="special.digamma({0})",
    domain=(POSITIVE,),
    partials=(lambda y, x: apply("trigamma", x),),
    why_not={"numba": "a loop: a helper of the backend"},
)
# Hurwitz's zeta function, unlike special.polygamma(1, x), keeps float32.
elementwise(
    "trigamma",
    impl=scipy_special("zeta", 2.0),
    result="float",
    domain=(POSITIVE,),
    numpy="special.zeta(2.0, {0})",
    why_not={
        "derivative": "the polygamma functions of higher order are not declared",
        "numba": "a loop: a helper of the backend",
    },
)
