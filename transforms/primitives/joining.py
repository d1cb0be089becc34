"""Joining arrays: `stack` along a new axis, `concatenate` along an old one."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Lit
from broadax.transforms.primitives.creation import dtype_text
from broadax.transforms.primitives.registry import linear
from broadax.transforms.primitives.shape import whole


def _result_type(xs) -> np.dtype:
    return np.result_type(*(x.dtype for x in xs))


def _differ(a, b) -> bool:
    """Do two shapes differ for certain?"""
    return len(a) != len(b) or any(sizes.same(x, y) is False for x, y in zip(a, b, strict=True))


def _spread(size, batched, xs):
    """Every operand with the batch axis in front."""
    return [
        x if flag else apply("broadcast_to", x, shape=(size, *x.shape))
        for x, flag in zip(xs, batched, strict=True)
    ]


def _joined_batch(name: str):
    return lambda size, batched, *xs, axis: apply(name, *_spread(size, batched, xs), axis=axis + 1)


def _stack_infer(*xs, axis):
    if any(_differ(x.shape, xs[0].shape) for x in xs):
        raise ShapeError("all input arrays must have the same shape")
    shape = list(xs[0].shape)
    shape.insert(axis, len(xs))
    return Aval(_result_type(xs), tuple(shape))


def _stack_transpose(k: int, ct, *xs, axis):
    return apply("index", ct, Lit(k), spec=whole(ct.shape, {axis: ("index", 0)}), checked=True)


# The dtypes that np.array gives a list of Python numbers; beside others a Python number counts as one.
OF_PYTHON = frozenset({"bool", "int64", "float64", "complex128"})


def _stack_text(args, params, out, text):
    if len(out.shape) == 1:
        dtype = "" if out.dtype.name in OF_PYTHON else f", {dtype_text(out.dtype)}"
        return f"np.array([{', '.join(args)}]{dtype})"
    return f"np.stack([{', '.join(args)}]{_axis(params)})"


def _axis(params) -> str:
    return f", axis={params['axis']}" if params["axis"] else ""


linear(
    "stack",
    linear=(),
    infer=_stack_infer,
    impl=lambda *xs, axis: np.stack(xs, axis),
    numpy=_stack_text,
    transposes=_stack_transpose,
    batch=_joined_batch("stack"),
)


def _concatenate_infer(*xs, axis):
    first, total = xs[0], 0
    for n, x in enumerate(xs):
        total = total + x.shape[axis]
        for k, (have, want) in enumerate(zip(x.shape, first.shape, strict=True)):
            if k != axis and sizes.same(have, want) is False:
                raise ShapeError(
                    "all the input array dimensions except for the concatenation axis must match exactly, "
                    f"but along dimension {k}, the array at index 0 has size {sizes.hint(want)} and the "
                    f"array at index {n} has size {sizes.hint(have)}"
                )
    shape = (*first.shape[:axis], total, *first.shape[axis + 1 :])
    return Aval(_result_type(xs), shape)


def _concatenate_transpose(k: int, ct, *xs, axis):
    start = 0
    for x in xs[:k]:
        start = start + x.shape[axis]
    return apply("index", ct, spec=whole(ct.shape, {axis: ("slice", start, xs[k].shape[axis], 1)}))


linear(
    "concatenate",
    linear=(),
    infer=_concatenate_infer,
    impl=lambda *xs, axis: np.concatenate(xs, axis),
    numpy=lambda args, params, out, text: f"np.concatenate([{', '.join(args)}]{_axis(params)})",
    transposes=_concatenate_transpose,
    batch=_joined_batch("concatenate"),
)
