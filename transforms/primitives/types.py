"""Conversion of types, copies, and the end of differentiation."""

from __future__ import annotations

import numpy as np

from broadax.runtime.dtypes import kind_of
from broadax.transforms.core.avals import Aval, python_type
from broadax.transforms.core.expression import apply
from broadax.transforms.primitives.creation import dtype_text
from broadax.transforms.primitives.registry import constant, linear


def _convert(x, dtype, implicit=False):
    if np.iscomplexobj(x) and np.dtype(dtype).kind not in "cb":
        x = np.real(x)
    with np.errstate(all="ignore"):
        return np.asarray(x).astype(dtype)[()]


def _convert_text(args, params, out, text):
    if out.aval.weak:
        return f"{python_type(out.dtype).__name__}({args[0]})"
    if out.shape:
        return f"{args[0]}.astype({dtype_text(params['dtype'])})"
    name = np.dtype(params["dtype"]).name
    return f"np.{name if name != 'bool' else 'bool_'}({args[0]})"


def _convert_back(ct, x, dtype, implicit=False):
    """A cotangent in the type of what was converted."""
    if kind_of(x.dtype) == "f" and ct.dtype.kind == "c":
        ct = apply("real", ct)
    if ct.dtype == x.dtype and not x.aval.weak:
        return ct
    return apply("convert", ct, dtype=x.dtype, weak=x.aval.weak)


linear(
    "convert",
    infer=lambda x, dtype, implicit=False: Aval(np.dtype(dtype), x.shape),
    impl=_convert,
    transposes={0: _convert_back},
    numpy=_convert_text,
    batch=lambda size, batched, x, dtype, implicit=False: apply("convert", x, dtype=dtype),
)
linear(
    "copy",
    infer=lambda x: x,
    impl=lambda x: np.copy(x)[()],
    transposes={0: lambda ct, x: ct},
    numpy=lambda args, params, out, text: f"{args[0]}.copy()" if out.shape else args[0],
    batch=lambda size, batched, x: apply("copy", x),
)
constant(
    "stop_gradient",
    infer=lambda x: x,
    impl=lambda x: x,
    numpy="{0}",
    batch=lambda size, batched, x: apply("stop_gradient", x),
)
