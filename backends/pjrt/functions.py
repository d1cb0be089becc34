"""Mathematical functions: StableHLO's own, and CHLO's, which XLA expands to the formulas of its library.

Of Python numbers they raise what Python's math module raises.
"""

from __future__ import annotations

import math

import numpy as np

from broadax.backends.pjrt.elementwise import is_nan, weak
from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import is_float
from broadax.backends.pjrt.values import Value

OWN = {
    "exp": "exponential",
    "expm1": "exponential_minus_one",
    "log": "log",
    "log1p": "log_plus_one",
    "sqrt": "sqrt",
    "sin": "sine",
    "cos": "cosine",
    "tan": "tan",
    "tanh": "tanh",
}
CHLO = {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "sinh": "sinh",
    "cosh": "cosh",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "erf": "erf",
    "erfc": "erfc",
    "lgamma": "lgamma",
    "digamma": "digamma",
}
# Those that raise ValueError where they have no value, and those that raise OverflowError.
DOMAIN = frozenset({"sqrt", "log", "log2", "log10", "log1p", "arcsin", "arccos", "arccosh", "arctanh"})
DOMAIN |= {"sin", "cos", "tan", "lgamma"}
RANGE = frozenset({"exp", "exp2", "expm1", "sinh", "cosh"})


def checked(emitter, op, y: Value, x: Value) -> Value:
    """y, a function of x; of Python numbers with the errors of Python's math module."""
    if not weak(op) or not is_float(x.dtype):
        return y
    w, name, infinite = emitter.writer, op.prim.name, lambda v: emitter.writer.same("abs", v).equals(np.inf)
    if name in DOMAIN:
        bad = (is_nan(w, y) | infinite(y)) & ~is_nan(w, x) & ~(infinite(x) & ~is_nan(w, y))
        emitter.checks.require(~bad, ValueError, ("math domain error",))
    if name in RANGE:
        emitter.checks.require(~infinite(y) | infinite(x), OverflowError, ("math range error",))
    return y


def _own(prim: str, operation: str) -> None:
    @emits(prim)
    def rule(emitter, op, x):
        return checked(emitter, op, emitter.writer.same(operation, x), x)


def _chlo(prim: str, operation: str) -> None:
    @emits(prim)
    def rule(emitter, op, x):
        return checked(emitter, op, emitter.writer.chlo(operation, x), x)


for _prim, _operation in OWN.items():
    _own(_prim, _operation)
for _prim, _operation in CHLO.items():
    _chlo(_prim, _operation)


@emits("exp2")
def exp2(emitter, op, x):
    return checked(emitter, op, emitter.writer.same("power", x.like(2), x), x)


@emits("log2")
def log2(emitter, op, x):
    return checked(emitter, op, emitter.writer.same("log", x) * (1 / math.log(2)), x)


@emits("log10")
def log10(emitter, op, x):
    return checked(emitter, op, emitter.writer.same("log", x) * (1 / math.log(10)), x)


@emits("trigamma")
def trigamma(emitter, op, x):
    """Hurwitz's zeta function of 2, x."""
    return emitter.writer.chlo("zeta", x.like(2), x)
