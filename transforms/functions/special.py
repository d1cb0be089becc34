"""scipy.special. SciPy is not imported: its functions are known by name."""

from __future__ import annotations

import math

import numpy as np

from broadax.runtime.errors import TypeMismatchError
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Lit
from broadax.transforms.functions.arguments import as_atom, cast, refuse, strong
from broadax.transforms.functions.reductions import max_, sum_
from broadax.transforms.functions.registry import intrinsic, unsupported


def floats(*operands) -> list:
    """Operands as NumPy arrays or scalars of one float dtype: integers become float64.

    Raises:
        TypeMismatchError: complex numbers.
    """
    atoms = [as_atom(v) for v in operands]
    stronger = [a for a in atoms if not a.aval.weak]
    dtype = np.result_type(*(a.dtype for a in (stronger or atoms)))
    dtype = np.dtype(np.float64) if dtype.kind in "biu" else dtype
    if dtype.kind == "c":
        raise TypeMismatchError("scipy.special of complex numbers is not supported")
    return [cast(a, dtype) for a in atoms]


def special(name: str):
    """Enter `scipy.special.<name>`, an elementwise function of floats."""

    def enter(rule):
        def call(*operands, out=None, **options):
            refuse(f"scipy.special.{name}", out=out, **options)
            return rule(*floats(*operands))

        call.__name__ = name
        intrinsic(f"scipy.special.{name}")(call)
        return rule

    return enter


def _same(name: str, primitive: str) -> None:
    special(name)(lambda *xs: apply(primitive, *xs))


for _name, _primitive in {
    "erf": "erf",
    "erfc": "erfc",
    "gammaln": "lgamma",
    "loggamma": "lgamma",
    "digamma": "digamma",
    "psi": "digamma",
    "log1p": "log1p",
    "expm1": "expm1",
    "exp2": "exp2",
    "cbrt": "cbrt",
}.items():
    _same(_name, _primitive)


def where(condition, x, y):
    """`where` of operands of which one tells the dtype; of two constants, see `constants`."""
    return apply("where", condition, x, y)


def constants(condition, x: float, y: float, like):
    """One of two numbers, in the dtype of `like`."""
    return apply("where", condition, cast(Lit(x), like.dtype), cast(Lit(y), like.dtype))


# ── logistic ──────────────────────────────────────────────────────────────────────────────────────


@special("expit")
def expit(x):
    """1 / (1 + exp(-x)), which does not overflow, nor does its derivative."""
    negative = apply("less", x, 0)
    e = apply("exp", where(negative, x, -x))
    return where(negative, e / (1 + e), 1 / (1 + e))


@special("logit")
def logit(x):
    return apply("log", x) - apply("log1p", -x)


@special("log_expit")
def log_expit(x):
    """log(expit(x)) = -log(1 + exp(-x))."""
    return -apply("logaddexp", 0, -x)


@special("softplus")
def softplus(x):
    return apply("logaddexp", x, 0)


# ── entropy: x log x and its like, 0 at x = 0 ─────────────────────────────────────────────────────


def _guarded(x, y):
    """y where x is not 0; where it is, y only if it has a finite logarithm: so 0 * log(y) is 0."""
    useless = apply("logical_or", apply("less_equal", y, 0), apply("equal", y, math.inf))
    return where(apply("logical_and", apply("equal", x, 0), useless), 1, y)


@special("xlogy")
def xlogy(x, y):
    return x * apply("log", _guarded(x, y))


@special("xlog1py")
def xlog1py(x, y):
    useless = apply("logical_or", apply("less_equal", y, -1), apply("equal", y, math.inf))
    return x * apply("log1p", where(apply("logical_and", apply("equal", x, 0), useless), 0, y))


@special("entr")
def entr(x):
    """-x log x; -inf where x < 0."""
    inside = apply("greater", x, 0)
    a = where(inside, x, 1)
    y = where(inside, -a * apply("log", a), constants(apply("equal", x, 0), 0.0, -math.inf, x))
    return where(apply("isnan", x), x, y)


@special("rel_entr")
def rel_entr(x, y):
    """x log(x / y); inf where x < 0 or y <= 0 < x."""
    fine = apply("logical_and", apply("greater", x, 0), apply("greater", y, 0))
    a, b = where(fine, x, 1), where(fine, y, 1)
    zero = apply("logical_and", apply("equal", x, 0), apply("greater_equal", y, 0))
    y_ = where(fine, a * apply("log", a / b), constants(zero, 0.0, math.inf, x))
    return where(apply("logical_or", apply("isnan", x), apply("isnan", y)), math.nan, y_)


@special("kl_div")
def kl_div(x, y):
    return rel_entr(x, y) - x + y


# ── gamma and normal distribution ─────────────────────────────────────────────────────────────────


@special("gamma")
def gamma(x):
    odd = apply("equal", apply("remainder", apply("floor", x), 2), 1)
    negative = apply("logical_and", apply("less", x, 0), odd)
    size = apply("exp", apply("lgamma", x))
    return where(negative, -size, size)


@special("gammasgn")
def gammasgn(x):
    odd = apply("equal", apply("remainder", apply("floor", x), 2), 1)
    return constants(apply("logical_and", apply("less", x, 0), odd), -1.0, 1.0, x)


@special("betaln")
def betaln(a, b):
    return apply("lgamma", a) + apply("lgamma", b) - apply("lgamma", a + b)


@special("beta")
def beta(a, b):
    return apply("exp", betaln(a, b))


@special("ndtr")
def ndtr(x):
    """The normal distribution function, exact in both tails."""
    return apply("erfc", x * -math.sqrt(0.5)) * 0.5


# ── sums of exponentials ──────────────────────────────────────────────────────────────────────────


def _shift(a, axis):
    """The maximum along axes, kept, 0 where it is not finite; it has no derivative."""
    top = apply("stop_gradient", max_(a, axis, keepdims=True))
    return where(apply("isfinite", top), top, 0) if top.ndim else where(apply("isfinite", top), top, 0.0)


@intrinsic("scipy.special.logsumexp")
def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    """log(sum(b * exp(a))) without overflow."""
    if return_sign is not False:
        unsupported("scipy.special.logsumexp: return_sign=True is not supported")
    (a,) = floats(a)
    if b is None:
        shift = _shift(a, axis)
    else:
        (b,) = floats(b)
        useless = apply("equal", b, 0)
        shift = _shift(where(useless, -math.inf, a), axis)
        a = where(useless, apply("minimum", a, shift), a)  # so that 0 * exp(a - shift) is 0
    terms = apply("exp", a - shift)
    total = sum_(terms if b is None else terms * b, axis, keepdims=keepdims)
    if not keepdims and shift.ndim:
        shift = sum_(shift, axis)  # only drops axes of length 1
    return strong(apply("log", total) + shift)


@intrinsic("scipy.special.softmax")
def softmax(x, axis=None):
    (x,) = floats(x)
    e = apply("exp", x - apply("stop_gradient", max_(x, axis, keepdims=True)))
    return e / sum_(e, axis, keepdims=True)


@intrinsic("scipy.special.log_softmax")
def log_softmax(x, axis=None):
    (x,) = floats(x)
    shifted = x - _shift(x, axis)
    return shifted - apply("log", sum_(apply("exp", shifted), axis, keepdims=True))
