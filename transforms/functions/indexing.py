"""Subscripts, as the primitives `index`, `at_set` and `at_add` take them; used by the other modules."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError, TypeMismatchError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply, current
from broadax.transforms.core.statements import Lit
from broadax.transforms.functions.arguments import as_atom, assured, cast


def whole(dim) -> tuple:
    """The spec entry `:` of an axis of this size."""
    return ("slice", 0, dim, 1)


def along(x, axis: int, *entries) -> tuple:
    """A spec with `entries` in place of one axis and `:` elsewhere."""
    spec = [whole(d) for d in x.shape]
    spec[axis : axis + 1] = entries
    return tuple(spec)


def cut(x, axis: int, start, size, step: int = 1):
    """The slice with `size` elements from `start` along one axis; x itself if that is all of it."""
    size = sizes.settle(size)
    dim = x.shape[axis]
    if size == dim and start == 0 and step == 1:
        return x
    message = "slice is out of bounds"
    for least in (start, size, dim - start - size * step if step > 0 else dim - 1 - start):
        assured(least, 0, IndexError, message)
    return apply("index", x, spec=along(x, axis, ("slice", start, size, step)))


def at(x, axis: int, k):
    """`x[:, …, k]`: one element of an axis, or those that an integer array tells."""
    checked = {}
    if isinstance(k, (int, sizes.Size)):
        dim = x.shape[axis]
        if isinstance(k, int) and isinstance(dim, int) and -dim <= k < dim:
            checked = {"checked": True}
        k = current().atom(k)
    return apply("index", x, k, spec=along(x, axis, ("index", 0)), **checked)


def gather(x, axis: int, k, inside: bool = True):
    """`at` with indices that are known to be in range, if the axis has elements at all (`inside`)."""
    sure = {"checked": True} if inside and sizes.at_least(x.shape[axis], 1) else {}
    return apply("index", x, k, spec=along(x, axis, ("index", 0)), **sure)


def iota(size, dtype=np.int64):
    """0, 1, …, size - 1."""
    return apply("iota", size=size, dtype=np.dtype(dtype))


def dim_atom(dim):
    """A dimension as an integer scalar."""
    return Lit(dim) if isinstance(dim, int) else current().size_value(dim)


def column(x, ndim: int, axis: int):
    """A 1-D array as one of `ndim` dimensions that varies along `axis`."""
    if ndim == 1:
        return x
    return apply("reshape", x, shape=(1,) * axis + x.shape + (1,) * (ndim - 1 - axis))


def with_new(x, axis: int):
    """x with a new axis of length 1."""
    return apply("reshape", x, shape=x.shape[:axis] + (1,) + x.shape[axis:])


def broadcast(x, shape):
    """x broadcast to a shape; x itself if it has it."""
    return x if x.shape == tuple(shape) else apply("broadcast_to", x, shape=tuple(shape))


def brought_into_range(indices, n, mode: str):
    """Indices after `mode`: 'wrap' and 'clip' bring them into range, 'raise' leaves them."""
    if mode == "wrap":
        return apply("remainder", indices, dim_atom(n))
    if mode == "clip":
        return apply("minimum", apply("maximum", indices, 0), dim_atom(n - 1))
    if mode != "raise":
        raise ShapeError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got '{mode}')")
    return indices


def index_atom(indices):
    """An index operand.

    Raises:
        TypeMismatchError: it holds no integers.
    """
    k = as_atom(indices)
    if k.dtype.kind == "b":
        k = cast(k, np.int64)
    if k.dtype.kind not in "iu":
        raise TypeMismatchError(
            f"Cannot cast array data from {k.dtype!r} to dtype('int64') according to the rule 'safe'"
        )
    return k


def flipped(a, axes):
    """The array with the order of some axes reversed."""
    if not axes:
        return a
    spec = [("slice", d - 1, d, -1) if k in axes else whole(d) for k, d in enumerate(a.shape)]
    return apply("index", a, spec=tuple(spec))
