"""Division, remainders and powers as NumPy (or, of Python numbers, Python) has them."""

from __future__ import annotations

import math

import numpy as np

from broadax.backends.pjrt.elementwise import is_nan, sign_bit, weak
from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import BOOL, is_float
from broadax.backends.pjrt.values import Value
from broadax.transforms.core.statements import Lit


def _nonzero(op, k: int = 1) -> bool:
    return op is not None and isinstance(op.args[k], Lit) and op.args[k].value != 0


def _refuse_zero(emitter, op, b: Value, message: str) -> None:
    """Python's error for a division of numbers by zero."""
    if weak(op) and not _nonzero(op):
        emitter.checks.require(b.differs(0), ZeroDivisionError, (message,))


@emits("divide")
def divide(emitter, op, a, b):
    _refuse_zero(emitter, op, b, "division by zero")
    return a / b


# ── floor division and remainders ─────────────────────────────────────────────────────────────────


def _safe(w, op, b: Value) -> tuple[Value, Value | None]:
    """A divisor without zeros, and where it had any; None where it surely has none."""
    if _nonzero(op):
        return b, None
    zero = b.equals(0)
    return w.select(zero, b.like(1), b), zero


def _not_at(w, zero: Value | None, x: Value) -> Value:
    """x, but 0 where an integer was divided by 0."""
    return x if zero is None else w.select(zero, 0, x)


@emits("floor_divide")
def floor_divide(emitter, op, a, b):
    w = emitter.writer
    _refuse_zero(emitter, op, b, "integer division or modulo by zero")
    if is_float(a.dtype):
        return _floor_divide_floats(w, a, b)
    safe, zero = _safe(w, op, b)
    quotient = a / safe
    if a.dtype.kind == "i":
        rest = w.same("remainder", a, safe)
        off = rest.differs(0) & ((rest ^ safe) < 0)
        quotient = quotient - off.convert(a.dtype)
    return _not_at(w, zero, quotient)


def _floor_divide_floats(w, a: Value, b: Value) -> Value:
    """NumPy's: the quotient of what the remainder leaves, rounded to the whole number that it is."""
    mod = w.same("remainder", a, b)
    quotient = (a - mod) / b
    off = mod.differs(0) & sign_bit(w, b).differs(sign_bit(w, mod))
    quotient = w.select(off, quotient - 1, quotient)
    low = w.same("floor", quotient)
    low = w.select(quotient - low > 0.5, low + 1, low)
    zero = w.select(sign_bit(w, a).differs(sign_bit(w, b)), quotient.like(-0.0), 0.0)
    return w.select(b.equals(0), a / b, w.select(quotient.equals(0), zero, low))


@emits("remainder")
def remainder(emitter, op, a, b):
    w = emitter.writer
    _refuse_zero(emitter, op, b, "integer modulo by zero")
    if is_float(a.dtype):
        rest = w.same("remainder", a, b)
        off = rest.differs(0) & sign_bit(w, b).differs(sign_bit(w, rest))
        zero = w.select(sign_bit(w, b), rest.like(-0.0), 0.0)
        return w.select(rest.equals(0), zero, w.select(off, rest + b, rest))
    safe, zero = _safe(w, op, b)
    rest = w.same("remainder", a, safe)
    if a.dtype.kind == "i":
        off = rest.differs(0) & ((rest ^ safe) < 0)
        rest = w.select(off, rest + safe, rest)
    return _not_at(w, zero, rest)


@emits("fmod")
def fmod(emitter, op, a, b):
    w = emitter.writer
    if is_float(a.dtype):
        if weak(op):
            _in_domain(emitter, w.same("remainder", a, b), a)
        return w.same("remainder", a, b)
    safe, zero = _safe(w, op, b)
    return _not_at(w, zero, w.same("remainder", a, safe))


def _in_domain(emitter, y: Value, x: Value) -> None:
    """The error of Python's math module where a function has no value."""
    w = emitter.writer
    good = ~is_nan(w, y) | is_nan(w, x)
    emitter.checks.require(good, ValueError, ("math domain error",))


# ── powers ────────────────────────────────────────────────────────────────────────────────────────


@emits("power")
def power(emitter, op, a, b):
    w, exponent = emitter.writer, op.args[1]
    if a.dtype.kind in "iub":
        return _int_power(emitter, op, a, b)
    if a.dtype.kind == "c":
        return _complex_power(w, a, b, exponent)
    fixed = float(exponent.value) if isinstance(exponent, Lit) else None
    if fixed == 2:
        found = a * a
    elif fixed == 0.5:
        # C's pow gives +0 for -0.0 and inf for -inf, where the root would not.
        found = w.select(a.equals(-np.inf), np.inf, w.same("sqrt", a + 0.0))
    else:
        found = w.same("power", a, b)
    if weak(op):
        _python_power(emitter, a, b, found)
    return found


def _int_power(emitter, op, a: Value, b: Value) -> Value:
    if not isinstance(op.args[1], Lit) and b.dtype.kind == "i":
        what = ("Integers to negative integer powers are not allowed.",)
        emitter.checks.require(emitter.writer.all(b >= 0), ValueError, what)
    return emitter.writer.same("power", a, b)


def _complex_power(w, a: Value, b: Value, exponent) -> Value:
    """Small whole exponents by multiplication, as NumPy does; 1 for an exponent 0."""
    if isinstance(exponent, Lit) and exponent.value in (1, 2, 3):
        found = a
        for _ in range(int(exponent.value.real) - 1):
            found = found * a
        return found
    return w.select(b.equals(0), 1, w.select(a.equals(0), 0, w.same("power", a, b)))


def _python_power(emitter, a: Value, b: Value, found: Value) -> None:
    """What Python raises where a power of finite floats is not finite."""
    w, require = emitter.writer, emitter.checks.require
    finite = lambda x: w.op("is_finite", x, dtype=BOOL)
    usual = ~finite(a) | ~finite(b) | finite(found)
    what = "0.0 cannot be raised to a negative power"
    require(usual | a.differs(0), ZeroDivisionError, (what,))
    require(usual | ~is_nan(w, found), TypeError, ("a power of a negative float is complex",))
    require(usual, OverflowError, ("(34, 'Numerical result out of range')",))


# ── of two operands ───────────────────────────────────────────────────────────────────────────────


@emits("hypot")
def hypot(emitter, op, a, b):
    """The larger times sqrt(1 + ratio²), so that no square overflows; an infinity beats a NaN."""
    w = emitter.writer
    a, b = w.same("abs", a), w.same("abs", b)
    large, small = w.same("maximum", a, b), w.same("minimum", a, b)
    ratio = w.select(large.equals(0), 0.0, small / large)
    found = large * w.same("sqrt", 1 + ratio * ratio)
    return w.select(a.equals(np.inf) | b.equals(np.inf), np.inf, found)


@emits("logaddexp")
def logaddexp(emitter, op, a, b):
    w = emitter.writer
    high = w.same("maximum", a, b)
    apart = w.same("exponential", -w.same("abs", a - b))
    found = high + w.same("log_plus_one", apart)
    return w.select(a.equals(b), a + math.log(2), found)


# ── shifts ────────────────────────────────────────────────────────────────────────────────────────


def _shift(name: str, operation: str) -> None:
    @emits(name)
    def rule(emitter, op, a, b):
        w = emitter.writer
        if weak(op) and not isinstance(op.args[1], Lit):
            emitter.checks.require(b >= 0, ValueError, ("negative shift count",))
        if operation == "right" and a.dtype.kind == "i":
            return w.same("shift_right_arithmetic", a, b)
        return w.same("shift_left" if operation == "left" else "shift_right_logical", a, b)


_shift("left_shift", "left")
_shift("right_shift", "right")
