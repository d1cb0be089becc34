"""Norms of vectors and matrices."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import AxisError, ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.functions.arguments import as_atom, cast, static, static_int, strong
from broadax.transforms.functions.indexing import with_new
from broadax.transforms.functions.linalg import adjoint, eigvalsh
from broadax.transforms.functions.reductions import max_, min_, sum_
from broadax.transforms.functions.registry import intrinsic, unsupported
from broadax.transforms.functions.shaping import moveaxis, reshaped


def vector_norm_of(x, order, axes: tuple, keepdims: bool):
    """The norm of vectors that lie along some axes."""
    size = apply("absolute", x) if x.dtype.kind == "c" or order not in (None, 2) else x
    if order is None or order == 2:
        squares = apply("square", size)
        return apply("sqrt", sum_(squares, axes, keepdims=keepdims))
    if order == np.inf:
        return max_(size, axes, keepdims=keepdims)
    if order == -np.inf:
        return min_(size, axes, keepdims=keepdims)
    if order == 0:
        return sum_(cast(apply("not_equal", x, 0), size.dtype), axes, keepdims=keepdims)
    if order == 1:
        return sum_(size, axes, keepdims=keepdims)
    total = sum_(apply("power", size, float(order)), axes, keepdims=keepdims)
    return apply("power", total, 1.0 / float(order))


def matrix_norm_of(x, order, axes: tuple, keepdims: bool):
    """The norm of matrices whose rows and columns lie along two axes.

    Raises:
        UnsupportedError: it needs singular values (nuclear norm, the smallest one).
    """
    if order is None or order == "fro":
        return vector_norm_of(x, 2, axes, keepdims)
    rows, columns = axes
    if order in (1, -1, np.inf, -np.inf):
        along, across = (rows, columns) if abs(order) == 1 else (columns, rows)
        sums = sum_(apply("absolute", x), along, keepdims=True)
        y = (max_ if order > 0 else min_)(sums, across, keepdims=True)
    elif order == 2:
        m = moveaxis(x, axes, (-2, -1))
        wide = sizes.at_least(m.shape[-1], m.shape[-2]) is True
        values = eigvalsh(apply("matmul", m, adjoint(m)) if wide else apply("matmul", adjoint(m), m))
        y = apply("sqrt", max_(values, -1))
        return _kept(y, axes, x.ndim) if keepdims else y
    elif order in (-2, "nuc"):
        unsupported(f"np.linalg.norm: ord={order!r} of a matrix needs singular values")
    else:
        raise ShapeError("Invalid norm order for matrices.")
    return y if keepdims else reshaped(y, tuple(d for k, d in enumerate(y.shape) if k not in axes))


def _kept(y, axes, ndim: int):
    """A result with axes of length 1 where others were taken together."""
    for k in sorted(axes):
        y = with_new(y, k)
    return y


@intrinsic(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):  # noqa: A002
    """Vector and matrix norms; without `ord` and `axis`, that of the flattened array."""
    x, order, keepdims = inexact_or_half(x), static(ord, "ord"), bool(static(keepdims, "keepdims"))
    if axis is None:
        if order is None or (order == "fro" and x.ndim == 2) or (order == 2 and x.ndim == 1):
            return vector_norm_of(x, 2, tuple(range(x.ndim)), keepdims) if x.ndim else apply("absolute", x)
        axes = tuple(range(x.ndim))
    else:
        axes = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
        axes = tuple(static_int(k, "axis") for k in axes)
        if any(not -x.ndim <= k < x.ndim for k in axes):
            raise AxisError(f"axis {axes[0]} is out of bounds for array of dimension {x.ndim}")
        axes = tuple(k % x.ndim for k in axes)
    if len(axes) == 1:
        if isinstance(order, str):
            raise ShapeError(f"Invalid norm order '{order}' for vectors")
        return vector_norm_of(x, order, axes, keepdims)
    if len(axes) == 2:
        if axes[0] == axes[1]:
            raise ShapeError("Duplicate axes given.")
        return matrix_norm_of(x, order, axes, keepdims)
    raise ShapeError("Improper number of dimensions to norm.")


def inexact_or_half(x):
    """An array of floats; integers become float64."""
    x = strong(as_atom(x))
    return cast(x, np.float64) if x.dtype.kind in "biu" else x


@intrinsic(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):  # noqa: A002
    x = inexact_or_half(x)
    axes = tuple(range(x.ndim)) if axis is None else axis
    axes = tuple(k % x.ndim for k in (axes if isinstance(axes, (tuple, list)) else (axes,)))
    return vector_norm_of(x, static(ord, "ord"), axes, keepdims)


@intrinsic(np.linalg.matrix_norm)
def matrix_norm(x, /, *, keepdims=False, ord="fro"):  # noqa: A002
    x = inexact_or_half(x)
    return matrix_norm_of(x, static(ord, "ord"), (x.ndim - 2, x.ndim - 1), keepdims)
