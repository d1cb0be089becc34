"""Rounding to decimals, and limits on values."""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.expression import apply
from broadax.transforms.functions.arguments import as_atom, cast, refuse, static_int, strong
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.ufuncs import elementwise, isneginf, isposinf


@intrinsic(np.fix)
def fix(x, out=None):
    refuse("np.fix", out=out)
    return elementwise("trunc", x)


@intrinsic(np.round, np.around, methods=("round",))
def round_(a, decimals=0, out=None):
    """Round half to even at a decimal place; integers stay integers."""
    refuse("np.round", out=out)
    a = strong(as_atom(a))
    decimals = static_int(decimals, "decimals")
    power = 10.0 ** abs(decimals)
    if a.dtype.kind in "iu":
        if decimals >= 0:
            return a
        return cast(round_(cast(a, np.float64), decimals), a.dtype)
    if a.dtype.kind == "c":
        return _complex(round_(apply("real", a), decimals), round_(apply("imag", a), decimals))
    if decimals == 0:
        return elementwise("rint", a)
    if decimals > 0:
        return apply("rint", a * power) / power
    return apply("rint", a / power) * power


def _complex(real, imag):
    """real + 1j * imag."""
    return real + imag * 1j


@intrinsic(np.clip, methods=("clip",))
def clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None, **options):  # noqa: A002
    """minimum(maximum(a, a_min), a_max), either bound may be missing."""
    refuse("np.clip", out=out, **options)
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    y = as_atom(a)
    if low is not None:
        y = elementwise("maximum", y, low)
    if high is not None:
        y = elementwise("minimum", y, high)
    return strong(y)


@intrinsic(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """NaN → nan, +inf → posinf or the largest number, -inf → neginf or the smallest."""
    if not copy:
        refuse("np.nan_to_num", copy=copy)
    x = strong(as_atom(x))
    if x.dtype.kind == "c":
        return _complex(
            nan_to_num(apply("real", x), copy, nan, posinf, neginf),
            nan_to_num(apply("imag", x), copy, nan, posinf, neginf),
        )
    if x.dtype.kind != "f":
        return x
    info = np.finfo(x.dtype)
    y = apply("where", apply("isnan", x), cast(as_atom(nan), x.dtype), x)
    high = cast(as_atom(info.max if posinf is None else posinf), x.dtype)
    low = cast(as_atom(info.min if neginf is None else neginf), x.dtype)
    y = apply("where", isposinf(x), high, y)
    return apply("where", isneginf(x), low, y)
