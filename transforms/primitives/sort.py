"""Sorting and searching."""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.avals import INDEX, INT, Aval
from broadax.transforms.core.expression import apply, current
from broadax.transforms.core.statements import Block, For, Lit
from broadax.transforms.primitives.registry import constant, structured
from broadax.transforms.primitives.shape import expand, whole


def grid(order, axis: int) -> tuple:
    """Index operands of the elements `order` along an axis, as np.take_along_axis finds them."""
    idx = []
    for k, dim in enumerate(order.shape):
        if k == axis:
            idx.append(order)
        else:
            idx.append(expand(apply("iota", size=dim, dtype=INT), order.ndim - 1 - k))
    return tuple(idx)


def every_axis(ndim: int) -> tuple:
    """The spec in which each axis has an index array."""
    return tuple(("index", k) for k in range(ndim))


def take_along_axis(x, order, axis: int):
    """`np.take_along_axis(x, order, axis)` for indices that are in range."""
    return apply("index", x, *grid(order, axis), spec=every_axis(x.ndim), checked=True)


def put_along_axis(v, order, axis: int):
    """Zeros with `v` at the indices `order` along an axis, a permutation."""
    blank = apply("zeros", shape=v.shape, dtype=v.dtype)
    return apply("at_set", blank, v, *grid(order, axis), spec=every_axis(v.ndim), checked=True)


# ── sort ──────────────────────────────────────────────────────────────────────────────────────────


def _axis(params, out, before: str = ", ") -> str:
    return "" if params["axis"] == len(out.shape) - 1 else f"{before}axis={params['axis']}"


def _sort_jvp(tangents, y, x, axis):
    return take_along_axis(tangents[0], apply("argsort", x, axis=axis), axis)


def _sort_back(ct, y, x, axis):
    return put_along_axis(ct, apply("argsort", x, axis=axis), axis)


structured(
    "sort",
    infer=lambda x, axis: x,
    impl=lambda x, axis: np.sort(x, axis=axis),
    jvp=_sort_jvp,
    vjp=(_sort_back,),
    numpy=lambda args, params, out, text: f"np.sort({args[0]}{_axis(params, out)})",
    batch=lambda size, batched, x, axis: apply("sort", x, axis=axis + 1),
)
constant(
    "argsort",
    infer=lambda x, axis: Aval(INT, x.shape),
    impl=lambda x, axis: np.argsort(x, axis=axis, kind="stable"),
    numpy=lambda args, params, out, text: f'np.argsort({args[0]}{_axis(params, out)}, kind="stable")',
    batch=lambda size, batched, x, axis: apply("argsort", x, axis=axis + 1),
)


# ── searchsorted ──────────────────────────────────────────────────────────────────────────────────


def each_example(size, batched, name: str, args, aval: Aval, params: dict):
    """A loop over the batch, for an operation that has no batched form in NumPy."""
    builder = current()
    index = builder.var("k", INDEX)
    start = apply("empty", shape=(size, *aval.shape), dtype=aval.dtype)
    carry = builder.var("found", start.aval)
    with builder.block() as stmts:
        parts = [
            apply("index", a, index, spec=whole(a.shape, {0: ("index", 0)}), checked=True) if flag else a
            for a, flag in zip(args, batched, strict=True)
        ]
        one = apply(name, *parts, **params)
        done = apply("at_set", carry, one, index, spec=whole(carry.shape, {0: ("index", 0)}), checked=True)
    out = builder.var("found", start.aval)
    builder.add(
        For(
            (out,),
            index,
            Lit(0),
            builder.size_value(size),
            Lit(1),
            (carry,),
            (start,),
            Block(tuple(stmts), (done,)),
            parallel=True,
            loc=builder.loc,
            note=builder.note,
        )
    )
    return out


def _searchsorted_batch(size, batched, a, v, side):
    """Values are searched for all at once; sorted arrays are searched one by one, as NumPy does."""
    if not batched[0]:
        return apply("searchsorted", a, v, side=side)
    shape = v.shape[1:] if batched[1] else v.shape
    return each_example(size, batched, "searchsorted", (a, v), Aval(INT, shape), {"side": side})


def _searchsorted_text(args, params, out, text):
    side = "" if params["side"] == "left" else f', side="{params["side"]}"'
    return f"np.searchsorted({args[0]}, {args[1]}{side})"


constant(
    "searchsorted",
    infer=lambda a, v, side: Aval(INT, v.shape),
    impl=lambda a, v, side: np.searchsorted(a, v, side=side),
    numpy=_searchsorted_text,
    batch=_searchsorted_batch,
)


# ── places of a mask ──────────────────────────────────────────────────────────────────────────────


constant(
    "flatnonzero",
    infer=lambda mask, count: Aval(INT, (count,)),
    impl=lambda mask, count: np.flatnonzero(mask),
    numpy="np.flatnonzero({0})",
    batch=lambda size, batched, mask, count: each_example(
        size, batched, "flatnonzero", (mask,), Aval(INT, (count,)), {"count": count}
    ),
)
