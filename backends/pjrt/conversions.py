"""Complex numbers and conversions of types."""

from __future__ import annotations

import numpy as np

from broadax.backends.pjrt.elementwise import is_nan, parts, weak
from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import BOOL, is_float, real_of
from broadax.backends.pjrt.values import Value


@emits("conjugate")
def conjugate(emitter, op, x):
    if x.dtype.kind != "c":
        return x
    w = emitter.writer
    real_part, imag_part = parts(w, x)
    return complex_of(w, real_part, -imag_part, x.dtype)


def complex_of(w, real: Value, imag: Value, dtype) -> Value:
    out = w.new(dtype, real.shape)
    w.define((out,), "stablehlo.complex ", real, ", ", imag, f" : {out.type}")
    return out


@emits("real")
def real(emitter, op, x):
    return parts(emitter.writer, x)[0] if x.dtype.kind == "c" else x


@emits("imag")
def imag(emitter, op, x):
    return parts(emitter.writer, x)[1] if x.dtype.kind == "c" else x.like(0)


@emits("convert")
def convert(emitter, op, x):
    w, dtype = emitter.writer, np.dtype(op.params["dtype"])
    if x.dtype == dtype:
        return x
    if dtype == BOOL:
        return x.differs(0)
    if x.dtype.kind == "c" and dtype.kind != "c":
        return parts(w, x)[0].convert(dtype)
    if dtype.kind == "c" and x.dtype.kind != "c":
        part = x.convert(real_of(dtype))
        return complex_of(w, part, part.like(0), dtype)
    if weak(op) and dtype.kind == "i" and is_float(x.dtype):
        _whole(emitter, x)
    return x.convert(dtype)


def _whole(emitter, x: Value) -> None:
    """What Python's int(x) raises."""
    require = emitter.checks.require
    w = emitter.writer
    require(~is_nan(w, x), ValueError, ("cannot convert float NaN to integer",))
    finite = w.same("abs", x).differs(np.inf)
    require(finite, OverflowError, ("cannot convert float infinity to integer",))
