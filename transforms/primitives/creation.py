"""Creation of arrays: zeros, full, ranges, the identity; sizes as scalars."""

from __future__ import annotations

import numpy as np

from broadax.runtime.dtypes import BFLOAT16
from broadax.transforms.core.avals import FLOAT, INT, Aval
from broadax.transforms.core.expression import apply
from broadax.transforms.primitives.registry import constant, linear, structured
from broadax.transforms.primitives.shape import expand, expand_to

NO_OPERANDS = {"batch": "it has no operands, so nothing that could be batched"}

# ── text ──────────────────────────────────────────────────────────────────────────────────────────


def shape_argument(shape, text) -> str:
    """A shape argument: `n`, or `(n, 3)`."""
    return text(shape[0]) if len(shape) == 1 else f"({', '.join(map(text, shape))})"


def dtype_text(dtype) -> str:
    """A dtype argument, `np.float32`; bool and int64 as NumPy users write them."""
    if dtype == BFLOAT16:
        return "ml_dtypes.bfloat16"
    return {"bool": "bool", "int64": "int"}.get(np.dtype(dtype).name, f"np.{np.dtype(dtype).name}")


def dtype_argument(dtype, default) -> str:
    """`, dtype=np.float32`; nothing for the default."""
    return "" if np.dtype(dtype) == default else f", dtype={dtype_text(dtype)}"


def _filled(name: str):
    def text(args, params, out, text):
        dtype = "" if out.dtype == FLOAT else f", {dtype_text(out.dtype)}"
        return f"np.{name}({shape_argument(params['shape'], text)}{dtype})"

    return text


def _iota_text(args, params, out, text):
    return f"np.arange({text(params['size'])}{dtype_argument(out.dtype, INT)})"


def _eye_text(args, params, out, text):
    m = f", {text(params['m'])}" if params["m"] != params["n"] else ""
    k = f", k={params['k']}" if params["k"] else ""
    return f"np.eye({text(params['n'])}{m}{k}{dtype_argument(out.dtype, FLOAT)})"


# `np.ones` says more than `np.full`; a Python 1 alone is an int64.
ONES = {"1.0": "", "np.float64(1.0)": "", "1": ", int", "True": ", bool", "np.float32(1.0)": ", np.float32"}


def _full_text(args, params, out, text):
    shape = shape_argument(params["shape"], text)
    if args[0] in ONES:
        return f"np.ones({shape}{ONES[args[0]]})"
    return f"np.full({shape}, {args[0]})"


# ── without operands ──────────────────────────────────────────────────────────────────────────────


def _shaped_infer(shape, dtype) -> Aval:
    return Aval(np.dtype(dtype), tuple(shape))


# The elements of `empty` are never read; zeros make its reference repeatable.
for _name in ("zeros", "empty"):
    constant(_name, infer=_shaped_infer, impl=np.zeros, numpy=_filled(_name), why_not=NO_OPERANDS)
constant(
    "iota",
    infer=lambda size, dtype: Aval(np.dtype(dtype), (size,)),
    numpy=_iota_text,
    impl=lambda size, dtype: np.arange(size, dtype=dtype),
    why_not=NO_OPERANDS,
)
constant(
    "eye",
    infer=lambda n, m, k, dtype: Aval(np.dtype(dtype), (n, m)),
    numpy=_eye_text,
    impl=lambda n, m, k, dtype: np.eye(n, m, k, dtype),
    why_not=NO_OPERANDS,
)
constant(
    "size",
    infer=lambda value: Aval(INT, (), weak=True),
    impl=lambda value: int(value),
    why_not=NO_OPERANDS,
    numpy=lambda args, params, out, text: text(params["value"]),
)


# ── with operands ─────────────────────────────────────────────────────────────────────────────────


def sum_all(ct):
    """The sum of all elements."""
    return apply("sum", ct, axes=tuple(range(ct.ndim)), keepdims=False) if ct.ndim else ct


def _full_batch(count, batched, v, shape):
    return apply("copy", apply("broadcast_to", expand_to(v, len(shape) + 1), shape=(count, *shape)))


linear(
    "full",
    infer=lambda v, shape: Aval(v.dtype, tuple(shape)),
    impl=lambda v, shape: np.full(shape, v),
    transposes={0: lambda ct, v, shape: sum_all(ct)},
    numpy=_full_text,
    batch=_full_batch,
)


def _arange_jvp(tangents, y, start, step, size, dtype):
    t_start, t_step = tangents
    if t_step is None:
        return t_start
    slope = t_step * apply("iota", size=size, dtype=y.dtype)
    return slope if t_start is None else t_start + slope


def _arange_step(ct, y, start, step, size, dtype):
    return sum_all(ct * apply("iota", size=size, dtype=ct.dtype))


def _arange_batch(count, batched, start, step, size, dtype):
    start, step = (expand(x, 1) if flag else x for x, flag in zip((start, step), batched, strict=True))
    return start + step * apply("iota", size=size, dtype=np.dtype(dtype))


def _arange_text(args, params, out, text):
    start, step = args
    bare = start in ("0", "0.0") and step in ("1", "1.0")
    default = out.dtype if out.dtype == INT or out.dtype == FLOAT and not bare else INT
    steps = f"np.arange({text(params['size'])}{dtype_argument(out.dtype, default)})"
    steps = steps if step in ("1", "1.0") else f"{step} * {steps}"
    return steps if start in ("0", "0.0") else f"{start} + {steps}"


structured(
    "arange",
    infer=lambda start, step, size, dtype: Aval(np.dtype(dtype), (size,)),
    impl=lambda start, step, size, dtype: start + step * np.arange(size, dtype=dtype),
    jvp=_arange_jvp,
    vjp=(lambda ct, y, start, step, size, dtype: sum_all(ct), _arange_step),
    batch=_arange_batch,
    numpy=_arange_text,
)
