"""Reductions over axes."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import BOOL, INT, Aval
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Lit
from broadax.transforms.primitives.registry import constant, linear, structured
from broadax.transforms.primitives.shape import flip, inverse, permuted, whole

# ── shapes ────────────────────────────────────────────────────────────────────────────────────────


def reduced_shape(shape, axes, keepdims) -> tuple:
    if keepdims:
        return tuple(1 if k in axes else d for k, d in enumerate(shape))
    return tuple(d for k, d in enumerate(shape) if k not in axes)


def total_dtype(dtype) -> np.dtype:
    """The dtype in which NumPy adds and multiplies: small integers and booleans in the machine's."""
    return np.add.reduce(np.zeros(1, dtype)).dtype


def kept(y, x, axes, keepdims):
    """A reduced value that broadcasts against what was reduced."""
    return y if keepdims or not y.ndim else apply("reshape", y, shape=reduced_shape(x.shape, axes, True))


def spread_back(ct, x, axes, keepdims):
    """A reduced value in the shape of what was reduced."""
    if not x.ndim:
        return ct
    if not ct.ndim:
        return apply("full", ct, shape=x.shape)
    return apply("broadcast_to", kept(ct, x, axes, keepdims), shape=x.shape)


# ── what all reductions share ─────────────────────────────────────────────────────────────────────


def _text(name: str):
    def text(args, params, out, text):
        axes, keepdims = params["axes"], params["keepdims"]
        # A result without axes was reduced over all of them, which NumPy does by itself.
        axis = "" if not out.shape else f", axis={axes[0] if len(axes) == 1 else tuple(axes)}"
        return f"np.{name}({args[0]}{axis}{', keepdims=True' if keepdims else ''})"

    return text


def _reduction(name: str, dtype=lambda dtype: dtype) -> dict:
    """The fields that every reduction shares."""
    function = getattr(np, name)

    def infer(x, axes, keepdims):
        if name in ("max", "min") and any(x.shape[k] == 0 for k in axes):
            raise ShapeError(f"zero-size array to reduction operation {name}imum which has no identity")
        return Aval(dtype(x.dtype), reduced_shape(x.shape, axes, keepdims))

    def batch(size, batched, x, axes, keepdims):
        return apply(name, x, axes=tuple(k + 1 for k in axes), keepdims=keepdims)

    def impl(x, axes, keepdims):
        return function(x, axis=tuple(axes), keepdims=keepdims)

    return {"infer": infer, "impl": impl, "numpy": _text(name), "batch": batch}


def _weighted(weights) -> dict:
    """The derivatives of a reduction whose tangent is a weighted sum: `weights(y, x, axes, keepdims)`."""

    def jvp(tangents, y, x, axes, keepdims):
        return apply("sum", tangents[0] * weights(y, x, axes, keepdims), axes=axes, keepdims=keepdims)

    def vjp(ct, y, x, axes, keepdims):
        return kept(ct, x, axes, keepdims) * weights(y, x, axes, keepdims)

    return {"jvp": jvp, "vjp": (vjp,)}


# ── sums and products ─────────────────────────────────────────────────────────────────────────────

linear("sum", transposes={0: spread_back}, **_reduction("sum", total_dtype))


def ones_along(x, axis: int):
    """A one for each line of `x` along an axis."""
    shape = tuple(1 if k == axis else d for k, d in enumerate(x.shape))
    return apply("full", Lit(x.dtype.type(1)), shape=shape)


def exclusive(x, axis: int):
    """Products of the elements before each one along an axis: `[1, x0, x0 x1, …]`."""
    if x.shape[axis] == 0:
        return x
    rest = apply("index", x, spec=whole(x.shape, {axis: ("slice", 0, x.shape[axis] - 1, 1)}))
    return apply("cumprod", apply("concatenate", ones_along(x, axis), rest, axis=axis), axis=axis)


def _other_factors(y, x, axes, keepdims):
    """The product of all factors but each one, right where factors are zero: products from both ends."""
    if not axes:
        return Lit(x.dtype.type(1))
    order = (*(k for k in range(x.ndim) if k not in axes), *axes)
    moved = permuted(x, order)
    axis = x.ndim - len(axes)
    count = sizes.product(moved.shape[axis:])
    flat = apply("reshape", moved, shape=(*moved.shape[:axis], count)) if len(axes) > 1 else moved
    others = exclusive(flat, axis) * flip(exclusive(flip(flat, axis), axis), axis)
    others = apply("reshape", others, shape=moved.shape) if len(axes) > 1 else others
    return permuted(others, inverse(order))


structured("prod", **_reduction("prod", total_dtype), **_weighted(_other_factors))


# ── extremes ──────────────────────────────────────────────────────────────────────────────────────


def _shares(y, x, axes, keepdims):
    """1 at the extreme element; where several are, they share it evenly."""
    hit = apply("convert", apply("equal", x, kept(y, x, axes, keepdims)), dtype=x.dtype)
    return hit / apply("sum", hit, axes=axes, keepdims=True)


for _name in ("max", "min"):
    structured(_name, **_reduction(_name), **_weighted(_shares))
for _name in ("all", "any"):
    constant(_name, **_reduction(_name, lambda dtype: BOOL))


def _position(name: str) -> None:
    """argmax and argmin."""
    function = getattr(np, name)

    def infer(x, axis):
        if x.shape[axis] == 0:
            raise ShapeError(f"attempt to get {name} of an empty sequence")
        return Aval(INT, reduced_shape(x.shape, (axis,), False))

    def text(args, params, out, text):
        return f"np.{name}({args[0]}, axis={params['axis']})" if out.shape else f"np.{name}({args[0]})"

    constant(
        name,
        infer=infer,
        impl=lambda x, axis: function(x, axis=axis),
        numpy=text,
        batch=lambda size, batched, x, axis: apply(name, x, axis=axis + 1),
    )


_position("argmax")
_position("argmin")
