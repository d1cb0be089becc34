"""Elementwise arithmetic, comparisons, logic and selection, with NumPy's meaning for every dtype."""

from __future__ import annotations

import numpy as np

from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import BOOL, bits_of, is_float, real_of
from broadax.backends.pjrt.values import Value

# ── those that StableHLO has under a name ─────────────────────────────────────────────────────────

SAME = {
    "add": "add",
    "subtract": "subtract",
    "multiply": "multiply",
    "negative": "negate",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
    "invert": "not",
    "cbrt": "cbrt",
    "arctan2": "atan2",
}
ROUNDING = {"floor": "floor", "ceil": "ceil", "rint": "round_nearest_even"}


def _named(prim: str, operation: str) -> None:
    @emits(prim)
    def rule(emitter, op, *xs):
        return emitter.writer.same(operation, *xs)


for _prim, _operation in SAME.items():
    _named(_prim, _operation)


def _rounded(prim: str, operation: str) -> None:
    @emits(prim)
    def rule(emitter, op, x):
        return emitter.writer.same(operation, x) if is_float(x.dtype) else x


for _prim, _operation in ROUNDING.items():
    _rounded(_prim, _operation)


@emits("trunc")
def trunc(emitter, op, x):
    w = emitter.writer
    return w.select(x < 0, w.same("ceil", x), w.same("floor", x)) if is_float(x.dtype) else x


@emits("positive", "copy", "stop_gradient")
def unchanged(emitter, op, x):
    return x


@emits("square")
def square(emitter, op, x):
    return x * x


@emits("reciprocal")
def reciprocal(emitter, op, x):
    if x.dtype.kind not in "iu":
        return 1 / x
    w = emitter.writer
    own = x.equals(1) if x.dtype.kind == "u" else w.same("abs", x).equals(1)
    return w.select(own, x, 0)


@emits("absolute")
def absolute(emitter, op, x):
    if x.dtype.kind in "ub":
        return x
    return emitter.writer.op("abs", x, dtype=real_of(x.dtype))


@emits("sign")
def sign(emitter, op, x):
    if x.dtype.kind == "u":
        return x.differs(0).convert(x.dtype)
    found = emitter.writer.same("sign", x)
    return emitter.writer.select(x.equals(0), 0, found) if is_float(x.dtype) else found


# ── bits of floats ────────────────────────────────────────────────────────────────────────────────


def sign_bit(w, x: Value) -> Value:
    """Is the sign of each float set, -0.0's and a NaN's too?"""
    return w.op("bitcast_convert", x, dtype=bits_of(x.dtype)) < 0


@emits("signbit")
def signbit(emitter, op, x):
    w = emitter.writer
    if is_float(x.dtype):
        return sign_bit(w, x)
    return x < 0 if x.dtype.kind == "i" else w.const(False, BOOL, x.shape)


@emits("copysign")
def copysign(emitter, op, a, b):
    w = emitter.writer
    return w.select(sign_bit(w, a).equals(sign_bit(w, b)), a, -a)


# ── comparisons ───────────────────────────────────────────────────────────────────────────────────

DIRECTIONS = {
    "equal": "EQ",
    "not_equal": "NE",
    "less": "LT",
    "less_equal": "LE",
    "greater": "GT",
    "greater_equal": "GE",
}


def _compares(prim: str, direction: str) -> None:
    @emits(prim)
    def rule(emitter, op, a, b):
        return compare(emitter.writer, direction, a, b)


for _prim, _direction in DIRECTIONS.items():
    _compares(_prim, _direction)


def compare(w, direction: str, a: Value, b: Value) -> Value:
    """NumPy's comparison: complex numbers by their real parts, then the others; signed with unsigned."""
    if a.dtype.kind == "c" and direction not in ("EQ", "NE"):
        (ar, ai), (br, bi) = parts(w, a), parts(w, b)
        strict = direction[0] + "T"
        return ar.compare(strict, br) | (ar.equals(br) & ai.compare(direction, bi))
    if {a.dtype.kind, b.dtype.kind} == {"i", "u"}:
        signed = a if a.dtype.kind == "i" else b
        wide = np.uint64
        found = a.convert(wide).compare(direction, b.convert(wide))
        below = direction in (("LT", "LE", "NE") if signed is a else ("GT", "GE", "NE"))
        return w.select(signed < 0, below, found)
    return a.compare(direction, b)


def parts(w, x: Value) -> tuple[Value, Value]:
    """The real and the imaginary parts of complex numbers."""
    return w.op("real", x, dtype=real_of(x.dtype)), w.op("imag", x, dtype=real_of(x.dtype))


def truth(x: Value) -> Value:
    """Which elements are not 0."""
    return x if x.dtype == BOOL else x.differs(0)


def is_nan(w, x: Value) -> Value:
    """Which elements are NaN; of complex numbers, one part of which is."""
    if x.dtype.kind == "c" or is_float(x.dtype):
        return x.differs(x)
    return w.const(False, BOOL, x.shape)


def _logical(prim: str, operation: str) -> None:
    @emits(prim)
    def rule(emitter, op, a, b):
        return emitter.writer.same(operation, truth(a), truth(b))


for _prim in ("and", "or", "xor"):
    _logical(f"logical_{_prim}", _prim)


@emits("logical_not")
def logical_not(emitter, op, x):
    return ~truth(x)


@emits("isnan")
def isnan(emitter, op, x):
    return is_nan(emitter.writer, x)


@emits("isfinite")
def isfinite(emitter, op, x):
    w = emitter.writer
    if x.dtype.kind == "c":
        real, imag = (w.op("is_finite", part, dtype=BOOL) for part in parts(w, x))
        return real & imag
    return w.op("is_finite", x, dtype=BOOL) if is_float(x.dtype) else w.const(True, BOOL, x.shape)


@emits("isinf")
def isinf(emitter, op, x):
    w = emitter.writer
    if x.dtype.kind == "c":
        real, imag = (w.same("abs", part).equals(np.inf) for part in parts(w, x))
        return real | imag
    return w.same("abs", x).equals(np.inf) if is_float(x.dtype) else w.const(False, BOOL, x.shape)


@emits("where")
def where(emitter, op, mask, a, b):
    return emitter.writer.select(truth(mask), a, b)


# ── extremes ──────────────────────────────────────────────────────────────────────────────────────


def _extreme(name: str, of_numbers: str, direction: str) -> None:
    @emits(name)
    def rule(emitter, op, a, b):
        w = emitter.writer
        if a.dtype.kind != "c":
            return w.same(name, a, b)
        return w.select(compare(w, direction, a, b) | is_nan(w, a), a, b)

    @emits(of_numbers)
    def rule_of_numbers(emitter, op, a, b):
        w = emitter.writer
        return w.select(is_nan(w, b), a, w.select(is_nan(w, a), b, rule(emitter, op, a, b)))


_extreme("maximum", "fmax", "GE")
_extreme("minimum", "fmin", "LE")


def weak(op) -> bool:
    """Is the result a Python number?"""
    return op is not None and op.out.aval.weak
