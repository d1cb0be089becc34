"""Shapes: reshape, transpose, broadcast, triangles; and the steps that rules share."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import shape_text
from broadax.transforms.core.expression import apply
from broadax.transforms.primitives.registry import linear

# ── steps of rules ────────────────────────────────────────────────────────────────────────────────


def whole(shape, instead=None) -> tuple:
    """The spec that takes every axis whole, but for the axes in `instead` (axis → entry)."""
    instead = instead or {}
    return tuple(instead.get(k, ("slice", 0, dim, 1)) for k, dim in enumerate(shape))


def expand(x, count: int, axis: int = 1):
    """`x` with `count` new axes of length 1 before `axis`: behind the batch axis, if not told else."""
    if not count:
        return x
    spec = whole(x.shape)
    return apply("index", x, spec=(*spec[:axis], *[("new",)] * count, *spec[axis:]))


def expand_to(x, ndim: int):
    """A batched `x` with new axes behind the batch axis, so that it has `ndim` axes."""
    return expand(x, max(0, ndim - x.ndim))


def flip(x, axis: int):
    """`x` in reverse order along an axis."""
    dim = x.shape[axis]
    return apply("index", x, spec=whole(x.shape, {axis: ("slice", dim - 1, dim, -1)}))


def move_axis(x, source: int, target: int):
    """`x` with one axis moved, as np.moveaxis does."""
    axes = [k for k in range(x.ndim) if k != source]
    axes.insert(target, source)
    return permuted(x, axes)


def permuted(x, axes):
    """`x` with its axes in this order."""
    axes = tuple(axes)
    return x if axes == tuple(range(x.ndim)) else apply("transpose", x, axes=axes)


def inverse(axes) -> tuple:
    """The order of axes that undoes an order of axes."""
    return tuple(int(k) for k in np.argsort(axes))


def unbroadcast(ct, shape):
    """A cotangent summed over the axes along which its primal of `shape` was broadcast."""
    lead = ct.ndim - len(shape)
    axes = tuple(k for k in range(ct.ndim) if k < lead or (shape[k - lead] == 1 and ct.shape[k] != 1))
    if not axes:
        return ct
    if all(k < lead for k in axes):
        return apply("sum", ct, axes=axes, keepdims=False)
    kept = apply("sum", ct, axes=axes, keepdims=True)
    return apply("reshape", kept, shape=shape) if lead else kept


# ── reshape ───────────────────────────────────────────────────────────────────────────────────────


def _reshape_infer(x, shape):
    if sizes.same(x.size, sizes.product(shape)) is False:
        raise ShapeError(f"cannot reshape array of size {sizes.hint(x.size)} into shape {shape_text(shape)}")
    return x.with_shape(shape)


def _reshape_text(args, params, out, text):
    if not params["shape"]:
        return f"{args[0]}.item()" if out.aval.weak else f"{args[0]}.reshape(())[()]"
    return f"{args[0]}.reshape({', '.join(map(text, params['shape']))})"


linear(
    "reshape",
    infer=_reshape_infer,
    impl=lambda x, shape: np.reshape(x, shape)[()],
    numpy=_reshape_text,
    transposes={0: lambda ct, x, shape: apply("reshape", ct, shape=x.shape)},
    batch=lambda size, batched, x, shape: apply("reshape", x, shape=(size, *shape)),
)


# ── transpose ─────────────────────────────────────────────────────────────────────────────────────


def _transpose_infer(x, axes):
    if sorted(axes) != list(range(x.ndim)):
        raise ShapeError("axes don't match array")
    return x.with_shape(x.shape[k] for k in axes)


def _transpose_text(args, params, out, text):
    axes = tuple(params["axes"])
    if axes == tuple(range(len(axes)))[::-1]:
        return f"{args[0]}.T"
    moved = [k for k, axis in enumerate(axes) if axis != k]
    if len(moved) == 2:
        return f"{args[0]}.swapaxes({moved[0]}, {moved[1]})"
    return f"{args[0]}.transpose({', '.join(map(str, axes))})"


linear(
    "transpose",
    infer=_transpose_infer,
    impl=np.transpose,
    numpy=_transpose_text,
    transposes={0: lambda ct, x, axes: apply("transpose", ct, axes=inverse(axes))},
    batch=lambda size, batched, x, axes: apply("transpose", x, axes=(0, *(k + 1 for k in axes))),
)


# ── broadcast_to ──────────────────────────────────────────────────────────────────────────────────


def _broadcast_infer(x, shape):
    pairs = list(zip(x.shape[::-1], shape[::-1], strict=False))
    if x.ndim > len(shape) or any(have != 1 and sizes.same(have, want) is False for have, want in pairs):
        raise ShapeError(
            "operands could not be broadcast together with remapped shapes "
            "[original->remapped]: "
            f"{shape_text(x.shape)} and requested shape {shape_text(shape)}"
        )
    return x.with_shape(shape)


def _broadcast_text(args, params, out, text):
    shape = params["shape"]
    inside = ", ".join(map(text, shape)) + ("," if len(shape) == 1 else "")
    return f"np.broadcast_to({args[0]}, ({inside}))"


linear(
    "broadcast_to",
    infer=_broadcast_infer,
    impl=lambda x, shape: np.broadcast_to(x, shape)[()],
    transposes={0: lambda ct, x, shape: unbroadcast(ct, x.shape)},
    numpy=_broadcast_text,
    batch=lambda size, batched, x, shape: apply(
        "broadcast_to", expand_to(x, len(shape) + 1), shape=(size, *shape)
    ),
)


# ── triangles ─────────────────────────────────────────────────────────────────────────────────────


def _triangle(name: str) -> None:
    function = getattr(np, name)

    def infer(x, k):
        if x.ndim < 2:
            raise ShapeError(f"np.{name}: a {x.ndim}-dimensional array has no triangle")
        return x

    def text(args, params, out, text):
        return f"np.{name}({args[0]}, {params['k']})" if params["k"] else f"np.{name}({args[0]})"

    linear(
        name,
        infer=infer,
        impl=function,
        numpy=text,
        transposes={0: lambda ct, x, k: apply(name, ct, k=k)},
        batch=lambda size, batched, x, k: apply(name, x, k=k),
    )


_triangle("tril")
_triangle("triu")
