"""Reductions over axes, cumulative operations, sorting."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms.avals import BOOL, INT, Aval
from broadax.transforms.core import Lit
from broadax.transforms.expression import apply
from broadax.transforms.primitives.registry import constant, linear, structured


def reduced_shape(shape, axes, keepdims) -> tuple:
    if keepdims:
        return tuple(1 if k in axes else d for k, d in enumerate(shape))
    return tuple(d for k, d in enumerate(shape) if k not in axes)


def spread_back(y, x, axes, keepdims):
    """A reduced value in the shape of what was reduced."""
    if not keepdims and y.ndim:
        y = apply("reshape", y, shape=reduced_shape(x.shape, axes, True))
    return apply("broadcast_to", y, shape=x.shape) if y.ndim else apply("full", y, shape=x.shape)


def kept(y, x, axes, keepdims):
    """A reduced value that broadcasts against what was reduced."""
    return y if keepdims or not y.ndim else apply("reshape", y, shape=reduced_shape(x.shape, axes, True))


def _text(name):
    def text(args, params, out, text):
        axes, keepdims = params["axes"], params["keepdims"]
        # Over all axes NumPy needs no axis; a result with no axis left and no keepdims says so.
        every = not out.shape and not keepdims
        axis = "" if every else f", axis={axes[0] if len(axes) == 1 else axes}"
        return f"np.{name}({args[0]}{axis}{', keepdims=True' if keepdims else ''})"

    return text


def _batch(name):
    return lambda size, b, x, axes, keepdims: apply(name, x, axes=tuple(k + 1 for k in axes), keepdims=keepdims)


def _reduction(name, dtype=None):
    """The fields that every reduction shares."""

    def infer(x, axes, keepdims):
        if name in ("max", "min"):
            for k in axes:
                if isinstance(x.shape[k], int) and x.shape[k] == 0:
                    raise ShapeError(f"zero-size array to reduction operation {name}imum which has no identity")
        return Aval(dtype or x.dtype, reduced_shape(x.shape, axes, keepdims))

    def impl(x, axes, keepdims):
        return getattr(np, name)(x, axis=tuple(axes), keepdims=keepdims)

    return {"infer": infer, "impl": impl, "numpy": _text(name), "batch": _batch(name)}


linear("sum", transposes={0: lambda ct, x, axes, keepdims: spread_back(ct, x, axes, keepdims)}, **_reduction("sum"))


def _prod_partial(y, x, axes, keepdims):
    """The product of all other factors, right where a factor is zero: exclusive products from both ends."""
    rest = tuple(k for k in range(x.ndim) if k not in axes)
    moved = apply("transpose", x, axes=(*rest, *axes))
    count = 1
    for k in axes:
        count = count * x.shape[k]
    lead = tuple(x.shape[k] for k in rest)
    flat = apply("reshape", moved, shape=(*lead, count))
    axis = len(lead)
    before = _exclusive(flat, axis)
    after = _flip(_exclusive(_flip(flat, axis), axis), axis)
    others = apply("reshape", before * after, shape=moved.shape)
    return apply("transpose", others, axes=tuple(int(k) for k in np.argsort((*rest, *axes))))


def _exclusive(x, axis):
    """Products of the elements before each one."""
    ones = apply("full", Lit(x.dtype.type(1)), shape=(*x.shape[:axis], 1))
    spec = tuple(("slice", 0, d - 1 if k == axis else d, 1) for k, d in enumerate(x.shape))
    joined = apply("concatenate", ones, apply("index", x, spec=spec), axis=axis)
    return apply("cumprod", joined, axis=axis)


def _flip(x, axis):
    spec = tuple(("slice", d - 1, d, -1) if k == axis else ("slice", 0, d, 1) for k, d in enumerate(x.shape))
    return apply("index", x, spec=spec)


def _sum_like(t, axes, keepdims):
    return apply("sum", t, axes=axes, keepdims=keepdims)


structured("prod", **_reduction("prod"),
           jvp=lambda t, y, x, axes, keepdims: _sum_like(t[0] * _prod_partial(y, x, axes, keepdims), axes, keepdims),
           vjp=(lambda ct, y, x, axes, keepdims: kept(ct, x, axes, keepdims) * _prod_partial(y, x, axes, keepdims),))


def _winners(y, x, axes, keepdims):
    """1 at the extreme elements divided by their number: ties share the derivative evenly."""
    hit = apply("convert", apply("equal", x, kept(y, x, axes, keepdims)), dtype=x.dtype)
    return hit / apply("sum", hit, axes=axes, keepdims=True)


for _name in ("max", "min"):
    structured(_name, **_reduction(_name),
               jvp=lambda t, y, x, axes, keepdims: _sum_like(t[0] * _winners(y, x, axes, keepdims), axes, keepdims),
               vjp=(lambda ct, y, x, axes, keepdims: kept(ct, x, axes, keepdims) * _winners(y, x, axes, keepdims),))
for _name in ("all", "any"):
    constant(_name, **_reduction(_name, BOOL))
for _name in ("argmax", "argmin"):
    constant(_name, infer=lambda x, axis: Aval(INT, reduced_shape(x.shape, (axis,), False)),
             impl=lambda x, axis, f=getattr(np, _name): f(x, axis=axis),
             numpy=lambda a, p, out, text, name=_name: f"np.{name}({a[0]}"
             + (f", axis={p['axis']})" if out.shape else ")"),
             batch=lambda size, b, x, axis, name=_name: apply(name, x, axis=axis + 1))


# ── cumulative ────────────────────────────────────────────────────────────────────────────────────

linear("cumsum", infer=lambda x, axis: x, impl=lambda x, axis: np.cumsum(x, axis=axis),
       transposes={0: lambda ct, x, axis: _flip(apply("cumsum", _flip(ct, axis), axis=axis), axis)},
       numpy=lambda a, p, out, text: f"np.cumsum({a[0]}" + (")" if len(out.shape) == 1 else f", axis={p['axis']})"),
       batch=lambda size, b, x, axis: apply("cumsum", x, axis=axis + 1))


def _cumprod_jvp(t, y, x, axis):
    """d prod_{j<=i} x_j by a sum over factors; through log derivatives, with zeros handled pair by pair.

    `sum_j t_j prod_{k<=i, k!=j} x_k`: row i of a triangular table of exclusive products.
    """
    return _cumprod_table(t[0], x, axis, forward=True)


def _cumprod_table(t, x, axis, forward: bool):
    n = x.shape[axis]
    front = (*[k for k in range(x.ndim) if k != axis], axis)
    moved, t = (apply("transpose", v, axes=front) if front != tuple(range(x.ndim)) else v for v in (x, t))
    lead = moved.shape[:-1]
    unit = (*lead, 1, n)
    # table[..., i, k] = x_k for k <= i, else 1; without factor j it is the partial.
    k = apply("iota", size=n, dtype=INT)
    rows, cols = apply("reshape", k, shape=(n, 1)), apply("reshape", k, shape=(1, n))
    table = apply("where", apply("less_equal", cols, rows), apply("reshape", moved, shape=unit), x.dtype.type(1))
    before = _exclusive(table, len(lead) + 1)
    after = _flip(_exclusive(_flip(table, len(lead) + 1), len(lead) + 1), len(lead) + 1)
    partials = apply("where", apply("less_equal", cols, rows), before * after, x.dtype.type(0))
    if forward:
        out = apply("sum", partials * apply("reshape", t, shape=unit), axes=(len(lead) + 1,), keepdims=False)
    else:
        out = apply("sum", partials * apply("reshape", t, shape=(*lead, n, 1)), axes=(len(lead),), keepdims=False)
    back = tuple(int(a) for a in np.argsort(front))
    return apply("transpose", out, axes=back) if front != tuple(range(x.ndim)) else out


structured("cumprod", infer=lambda x, axis: x, impl=lambda x, axis: np.cumprod(x, axis=axis), jvp=_cumprod_jvp,
           vjp=(lambda ct, y, x, axis: _cumprod_table(ct, x, axis, forward=False),),
           numpy=lambda a, p, out, text: f"np.cumprod({a[0]}"
           + (")" if len(out.shape) == 1 else f", axis={p['axis']})"),
           batch=lambda size, b, x, axis: apply("cumprod", x, axis=axis + 1))


# ── sorting ───────────────────────────────────────────────────────────────────────────────────────


def along(x, order, axis):
    """`np.take_along_axis(x, order, axis)`."""
    idx = []
    for k, dim in enumerate(x.shape):
        if k == axis:
            idx.append(order)
            continue
        rows = apply("iota", size=dim, dtype=INT)
        shape = tuple(dim if j == k else 1 for j in range(x.ndim))
        idx.append(rows if x.ndim == 1 else apply("reshape", rows, shape=shape))
    return apply("index", x, *idx, spec=tuple(("index", k) for k in range(x.ndim)), checked=True)


def _unsort(ct, y, x, axis):
    """Cotangents back to where their elements came from: gather by the inverse permutation."""
    order = apply("argsort", x, axis=axis)
    return along(ct, apply("argsort", order, axis=axis), axis)


def _last(name):
    return lambda a, p, out, text: f"np.{name}({a[0]}" + (
        ")" if p["axis"] == len(out.shape) - 1 else f", axis={p['axis']})")


structured("sort", infer=lambda x, axis: x, impl=lambda x, axis: np.sort(x, axis=axis),
           jvp=lambda t, y, x, axis: along(t[0], apply("argsort", x, axis=axis), axis), vjp=(_unsort,),
           numpy=_last("sort"), batch=lambda size, b, x, axis: apply("sort", x, axis=axis + 1))
constant("argsort", infer=lambda x, axis: Aval(INT, x.shape),
         impl=lambda x, axis: np.argsort(x, axis=axis, kind="stable"),
         numpy=lambda a, p, out, text: f"np.argsort({a[0]}, "
         + ("" if p["axis"] == len(out.shape) - 1 else f"axis={p['axis']}, ") + 'kind="stable")',
         batch=lambda size, b, x, axis: apply("argsort", x, axis=axis + 1))
constant("searchsorted", infer=lambda a, v, side: Aval(INT, v.shape),
         impl=lambda a, v, side: np.searchsorted(a, v, side=side),
         numpy=lambda a, p, out, text: f"np.searchsorted({a[0]}, {a[1]}"
         + (")" if p["side"] == "left" else f", side='{p['side']}')"),
         batch=None, why_not={"batch": "NumPy searches one sorted array at a time; the engine loops"})
