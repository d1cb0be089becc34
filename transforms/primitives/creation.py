"""Creation of arrays, conversion of types, copies."""

from __future__ import annotations

import numpy as np

from broadax.transforms import sizes
from broadax.transforms.avals import FLOAT, INT, Aval, python_type
from broadax.transforms.core import Lit
from broadax.transforms.expression import apply
from broadax.transforms.primitives.registry import constant, linear, structured


def shape_text(shape, text) -> str:
    """A shape argument: `n`, or `(n, 3)`."""
    return text(shape[0]) if len(shape) == 1 else f"({', '.join(map(text, shape))})"


def dtype_text(dtype) -> str:
    """A dtype argument, `np.float32`; bool and int64 as NumPy users write them."""
    return {"bool": "bool", "int64": "int"}.get(np.dtype(dtype).name, f"np.{np.dtype(dtype).name}")


def _filled(name):
    def text(args, params, out, text):
        dtype = "" if params["dtype"] == FLOAT else f", {dtype_text(params['dtype'])}"
        return f"np.{name}({shape_text(params['shape'], text)}{dtype})"

    return text


def _blank_batch(size, batched, **params):
    raise AssertionError("an operation without operands is never batched")


for _name, _make in (("zeros", np.zeros), ("empty", np.zeros)):
    constant(_name, infer=lambda shape, dtype: Aval(np.dtype(dtype), tuple(shape)), impl=_make, numpy=_filled(_name),
             batch=_blank_batch)
constant("iota", infer=lambda size, dtype: Aval(np.dtype(dtype), (size,)),
         impl=lambda size, dtype: np.arange(size, dtype=dtype), batch=_blank_batch,
         numpy=lambda a, p, out, text: f"np.arange({text(p['size'])}"
         + ("" if p["dtype"] == INT else f", dtype={dtype_text(p['dtype'])}") + ")")
constant("eye", infer=lambda n, m, k, dtype: Aval(np.dtype(dtype), (n, m)),
         impl=lambda n, m, k, dtype: np.eye(n, m, k, dtype), batch=_blank_batch,
         numpy=lambda a, p, out, text: f"np.eye({text(p['n'])}"
         + (f", {text(p['m'])}" if p["m"] != p["n"] else "") + (f", k={p['k']}" if p["k"] else "")
         + ("" if p["dtype"] == FLOAT else f", dtype={dtype_text(p['dtype'])}") + ")")
constant("size", infer=lambda value: Aval(INT, (), weak=True), impl=lambda value: int(value),
         numpy=lambda a, p, out, text: text(p["value"]), batch=_blank_batch)


# ── full, arange ──────────────────────────────────────────────────────────────────────────────────


def _full_text(args, params, out, text):
    shape = shape_text(params["shape"], text)
    ones = {"1.0": "", "np.float64(1.0)": "", "1": ", int", "np.float32(1.0)": ", np.float32"}
    if args[0] in ones:
        return f"np.ones({shape}{ones[args[0]]})"
    return f"np.full({shape}, {args[0]})"


def _sum_all(ct):
    return apply("sum", ct, axes=tuple(range(ct.ndim)), keepdims=False) if ct.ndim else ct


def expand(x, ndim: int):
    """A batched operand (batch axis 0) with unit axes inserted behind the batch axis up to `ndim`."""
    if x.ndim >= ndim:
        return x
    return apply("reshape", x, shape=(x.shape[0], *[1] * (ndim - x.ndim), *x.shape[1:]))


def _full_batch(size, batched, v, shape):
    return apply("copy", apply("broadcast_to", expand(v, len(shape) + 1), shape=(size, *shape)))


linear("full", infer=lambda v, shape: Aval(v.dtype, tuple(shape)), impl=lambda v, shape: np.full(shape, v),
       transposes={0: lambda ct, v, shape: _sum_all(ct)}, numpy=_full_text, batch=_full_batch)


def _arange_batch(size, batched, start, step, size_=None, **params):
    count, dtype = params.get("size", size_), params["dtype"]
    k = apply("iota", size=count, dtype=dtype)
    start, step = (expand(x, 2) if flag else x for x, flag in zip((start, step), batched, strict=True))
    return start + k * step


def _arange_jvp(tangents, y, start, step, size, dtype):
    t_start, t_step = tangents
    k = apply("iota", size=size, dtype=np.dtype(dtype))
    parts = ([apply("full", t_start, shape=(size,))] if t_start is not None else []) + (
        [k * t_step] if t_step is not None else [])
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


structured("arange", infer=lambda start, step, size, dtype: Aval(np.dtype(dtype), (size,)),
           impl=lambda start, step, size, dtype: (start + np.arange(size) * step).astype(dtype),
           jvp=_arange_jvp, batch=lambda count, b, start, step, size, dtype: _arange_batch(
               count, b, start, step, size, dtype=dtype),
           vjp=(lambda ct, y, start, step, size, dtype: _sum_all(ct),
                lambda ct, y, start, step, size, dtype: _sum_all(ct * apply("iota", size=size, dtype=ct.dtype))),
           numpy=lambda a, p, out, text: f"{a[0]} + {a[1]} * np.arange({text(p['size'])})")


# ── types and copies ──────────────────────────────────────────────────────────────────────────────


def _convert(x, dtype, implicit=False):
    with np.errstate(all="ignore"):
        if np.iscomplexobj(x) and np.dtype(dtype).kind != "c":
            x = np.real(x)
        return np.asarray(x).astype(dtype)[()]


def _convert_text(args, params, out, text):
    if out.aval.weak:
        return f"{python_type(out.dtype).__name__}({args[0]})"
    if out.shape:
        return f"{args[0]}.astype({dtype_text(params['dtype'])})"
    name = np.dtype(params["dtype"]).name
    return f"np.{name if name != 'bool' else 'bool_'}({args[0]})"


def _convert_back(ct, x, dtype, implicit=False):
    if x.dtype.kind == "f" and ct.dtype.kind == "c":
        ct = apply("real", ct)
    return apply("convert", ct, dtype=x.dtype, weak=x.aval.weak) if ct.dtype != x.dtype or x.aval.weak else ct


linear("convert", infer=lambda x, dtype, implicit=False: Aval(np.dtype(dtype), x.shape), impl=_convert,
       transposes={0: _convert_back}, numpy=_convert_text,
       batch=lambda size, b, x, dtype, implicit=False: apply("convert", x, dtype=dtype))
linear("copy", infer=lambda x: x, impl=lambda x: np.copy(x)[()], transposes={0: lambda ct, x: ct},
       numpy="{0}.copy()", batch=lambda size, b, x: apply("copy", x))
constant("stop_gradient", infer=lambda x: x, impl=lambda x: x, numpy="{0}",
         batch=lambda size, b, x: apply("stop_gradient", x))


# ── joining ───────────────────────────────────────────────────────────────────────────────────────


def _stack_infer(*xs, axis):
    shape = list(xs[0].shape)
    shape.insert(axis, len(xs))
    return Aval(xs[0].dtype, tuple(shape))


def row(x, axis: int, entry):
    """`x[:, …, entry, …]` with one entry of a spec at `axis`."""
    spec = tuple(("slice", 0, d, 1) if k != axis else entry for k, d in enumerate(x.shape))
    return spec


def _stack_transpose(k):
    def rule(ct, *xs, axis):
        return apply("index", ct, Lit(k), spec=row(ct, axis, ("index", 0)))

    return rule


class EachOperand(dict):
    """`transposes[k]` for any number of operands, made when asked."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    def __missing__(self, k):
        return self.make(k)

    def __contains__(self, k) -> bool:
        return isinstance(k, int)

    def get(self, k, default=None):
        return self.make(k)

    def __bool__(self) -> bool:
        return True


class Every(tuple):
    """Any operand number: what `linear` is for operations on any number of operands."""

    def __contains__(self, k) -> bool:
        return isinstance(k, int)


def _spread(size, batched, xs):
    """Every operand with the batch axis in front."""
    return [x if flag else apply("broadcast_to", x, shape=(size, *x.shape))
            for x, flag in zip(xs, batched, strict=True)]


def _stack_text(args, params, out, text):
    if len(out.shape) == 1:
        return f"np.array([{', '.join(args)}])"
    axis = f", axis={params['axis']}" if params["axis"] else ""
    return f"np.stack([{', '.join(args)}]{axis})"


linear("stack", linear=Every(), infer=_stack_infer, impl=lambda *xs, axis: np.stack(xs, axis),
       transposes=EachOperand(_stack_transpose), numpy=_stack_text,
       batch=lambda size, batched, *xs, axis: apply("stack", *_spread(size, batched, xs), axis=axis + 1))


def _concatenate_infer(*xs, axis):
    from broadax.runtime.errors import ShapeError

    total = 0
    for x in xs:
        total = total + x.shape[axis]
        for k, (have, want) in enumerate(zip(x.shape, xs[0].shape, strict=True)):
            if k != axis and sizes.same(have, want) is False:
                raise ShapeError("all the input array dimensions except for the concatenation axis must match "
                                 f"exactly, but along dimension {k} there are {want} and {have}")
    shape = list(xs[0].shape)
    shape[axis] = total
    return Aval(xs[0].dtype, tuple(shape))


def _concatenate_transpose(k):
    def rule(ct, *xs, axis):
        start = 0
        for x in xs[:k]:
            start = start + x.shape[axis]
        return apply("index", ct, spec=row(ct, axis, ("slice", start, xs[k].shape[axis], 1)))

    return rule


linear("concatenate", linear=Every(), infer=_concatenate_infer, impl=lambda *xs, axis: np.concatenate(xs, axis),
       transposes=EachOperand(_concatenate_transpose),
       numpy=lambda a, p, out, text: f"np.concatenate([{', '.join(a)}]" + (
           f", axis={p['axis']}" if p["axis"] else "") + ")",
       batch=lambda size, batched, *xs, axis: apply("concatenate", *_spread(size, batched, xs), axis=axis + 1))
