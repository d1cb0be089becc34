"""Running sums and products along an axis, and the linear recurrence that differentiates the latter."""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.avals import INDEX, Aval
from broadax.transforms.core.expression import apply, current
from broadax.transforms.core.statements import Block, For, Lit
from broadax.transforms.primitives.reduce import exclusive, ones_along, total_dtype
from broadax.transforms.primitives.registry import linear, structured
from broadax.transforms.primitives.shape import flip, whole


def _running(name: str) -> dict:
    """The fields that both share."""
    function = getattr(np, name)

    def text(args, params, out, text):
        axis = "" if len(out.shape) == 1 else f", axis={params['axis']}"
        return f"np.{name}({args[0]}{axis})"

    return {
        "infer": lambda x, axis: Aval(total_dtype(x.dtype), x.shape),
        "impl": lambda x, axis: function(x, axis=axis),
        "numpy": text,
        "batch": lambda size, batched, x, axis: apply(name, x, axis=axis + 1),
    }


def _cumsum_back(ct, x, axis):
    return flip(apply("cumsum", flip(ct, axis), axis=axis), axis)


linear("cumsum", transposes={0: _cumsum_back}, **_running("cumsum"))


# ── products ──────────────────────────────────────────────────────────────────────────────────────


def recurrence(a, b, axis: int):
    """`s[k] = a[k] * s[k - 1] + b[k]` along an axis, with 0 before the first: a loop over the axis."""
    builder, n = current(), b.shape[axis]
    rest = tuple(d for k, d in enumerate(b.shape) if k != axis)
    zero = apply("zeros", shape=rest, dtype=b.dtype) if rest else Lit(b.dtype.type(0))
    init = (zero, apply("empty", shape=b.shape, dtype=b.dtype))
    spec = whole(b.shape, {axis: ("index", 0)})
    index = builder.var("k", INDEX)
    carries = tuple(builder.var(base, v.aval) for base, v in zip(("last", "found"), init, strict=True))
    with builder.block() as stmts:
        parts = [apply("index", v, index, spec=spec, checked=True) for v in (a, b)]
        last = carries[0] * parts[0] + parts[1]
        found = apply("at_set", carries[1], last, index, spec=spec, checked=True)
    outs = tuple(builder.var(c.base, c.aval) for c in carries)
    bounds = (Lit(0), builder.size_value(n), Lit(1))
    builder.add(
        For(
            outs,
            index,
            *bounds,
            carries,
            init,
            Block(tuple(stmts), (last, found)),
            loc=builder.loc,
            note=builder.note,
        )
    )
    return outs[1]


def _cumprod_jvp(tangents, y, x, axis):
    """t_y[k] = x[k] t_y[k - 1] + y[k - 1] t[k], which divides by no element."""
    return recurrence(x, exclusive(x, axis) * tangents[0], axis)


def _cumprod_back(ct, y, x, axis):
    """ct_x[k] = y[k - 1] w[k] with w[k] = ct[k] + x[k + 1] w[k + 1]."""
    if x.shape[axis] == 0:
        return ct
    after = apply("index", x, spec=whole(x.shape, {axis: ("slice", 1, x.shape[axis] - 1, 1)}))
    factors = apply("concatenate", after, ones_along(x, axis), axis=axis)
    return exclusive(x, axis) * flip(recurrence(flip(factors, axis), flip(ct, axis), axis), axis)


structured("cumprod", jvp=_cumprod_jvp, vjp=(_cumprod_back,), **_running("cumprod"))
