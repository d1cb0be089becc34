"""Products of arrays: dot, matmul, outer, tensordot, kron, cross and their like."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError, TypeMismatchError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import shape_text
from broadax.transforms.core.expression import apply, current
from broadax.transforms.functions.arguments import (
    as_atom,
    axis_of,
    cast,
    dtype_of,
    promoted,
    refuse,
    sequence,
    static_int,
    strong,
)
from broadax.transforms.functions.indexing import with_new
from broadax.transforms.functions.reductions import sum_
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.selecting import diagonal
from broadax.transforms.functions.shaping import moveaxis, permuted, ravel, reshaped
from broadax.transforms.functions.ufuncs import elementwise


def matrix_product(a, b, what: str = "matmul"):
    """`a @ b`, dtypes promoted.

    Raises:
        ShapeError: in NumPy's words, where the inner sizes differ or an operand is a scalar.
    """
    a, b = promoted(strong(as_atom(a)), strong(as_atom(b)))
    for k, x in enumerate((a, b)):
        if not x.ndim:
            raise ShapeError(
                f"{what}: Input operand {k} does not have enough dimensions (has 0, gufunc core "
                "with signature (n?,k),(k,m?)->(n?,m?) requires 1)"
            )
    have, want = b.shape[-2 if b.ndim > 1 else 0], a.shape[-1]
    _check_inner(
        have,
        want,
        f"{what}: Input operand 1 has a mismatch in its core dimension 0, with gufunc "
        f"signature (n?,k),(k,m?)->(n?,m?) (size {have} is different from {want})",
    )
    return apply("matmul", a, b)


def _check_inner(have, want, message: str) -> None:
    """Two summed sizes must agree; checked when the code runs where they come from data."""
    if sizes.same(have, want) is False:
        raise ShapeError(message)
    if have != want and 1 not in (have, want):
        current().require_same(have, want, message)


@intrinsic(np.matmul)
def matmul(x1, x2, /, out=None, *, dtype=None, **options):
    refuse("np.matmul", out=out, **options)
    y = matrix_product(x1, x2)
    return y if dtype is None else cast(y, dtype_of(dtype))


@intrinsic(np.linalg.matmul)
def linalg_matmul(x1, x2, /):
    return matrix_product(x1, x2)


@intrinsic(np.dot)
def dot(a, b, out=None):
    """Scalars multiply; else sums over the last axis of a and the last but one of b."""
    refuse("np.dot", out=out)
    a, b = as_atom(a), as_atom(b)
    if not a.ndim or not b.ndim:
        return elementwise("multiply", a, b)
    if max(a.ndim, b.ndim) <= 2 or b.ndim == 1:
        place = max(b.ndim - 2, 0)
        if sizes.same(a.shape[-1], b.shape[place]) is False:
            raise ShapeError(
                f"shapes {shape_text(a.shape)} and {shape_text(b.shape)} not aligned: "
                f"{a.shape[-1]} (dim {a.ndim - 1}) != {b.shape[place]} (dim {place})"
            )
        return matrix_product(a, b)
    return tensordot(a, b, ((a.ndim - 1,), (b.ndim - 2,)))


@intrinsic(methods=("dot",))
def dot_method(a, b, /, out=None):
    return dot(a, b, out)


@intrinsic(np.vdot)
def vdot(a, b, /):
    """The scalar product of the flattened arrays, the first one conjugated."""
    a, b = ravel(as_atom(a)), ravel(as_atom(b))
    if not a.ndim:
        return elementwise("multiply", _conjugated(a), b)
    a, b = reshaped(a, (a.aval.size,)), reshaped(b, (b.aval.size,))
    return matrix_product(_conjugated(a), b)


def _conjugated(a):
    return apply("conjugate", a) if a.dtype.kind == "c" else a


@intrinsic(np.inner)
def inner(a, b, /):
    """Sums over the last axes of both."""
    a, b = as_atom(a), as_atom(b)
    if not a.ndim or not b.ndim:
        return elementwise("multiply", a, b)
    if a.ndim == 1 and b.ndim == 1:
        return dot(a, b)
    return tensordot(a, b, ((a.ndim - 1,), (b.ndim - 1,)))


@intrinsic(np.outer)
def outer(a, b, out=None):
    refuse("np.outer", out=out)
    a, b = strong(as_atom(a)), strong(as_atom(b))
    return elementwise("multiply", reshaped(a, (a.aval.size, 1)), reshaped(b, (1, b.aval.size)))


@intrinsic(np.linalg.outer)
def linalg_outer(x1, x2, /):
    x1, x2 = as_atom(x1), as_atom(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ShapeError(
            f"Input arrays must be one-dimensional, but they are x1.ndim={x1.ndim} and x2.ndim={x2.ndim}."
        )
    return outer(x1, x2)


@intrinsic(np.tensordot, np.linalg.tensordot)
def tensordot(a, b, axes=2):
    """Sums over pairs of axes: one matrix product of the arrays made into matrices."""
    a, b = promoted(strong(as_atom(a)), strong(as_atom(b)))
    first, second = _tensordot_axes(a, b, axes)
    if len(first) != len(second):
        raise ShapeError("shape-mismatch for sum")
    for i, j in zip(first, second, strict=True):
        if sizes.same(a.shape[i], b.shape[j]) is False:
            raise ShapeError("shape-mismatch for sum")
    keep_a = [k for k in range(a.ndim) if k not in first]
    keep_b = [k for k in range(b.ndim) if k not in second]
    shape_a, shape_b = [a.shape[k] for k in keep_a], [b.shape[k] for k in keep_b]
    summed = (sizes.product(a.shape[k] for k in first),)
    rows, columns = (sizes.product(shape_a),) if keep_a else (), (sizes.product(shape_b),) if keep_b else ()
    left = reshaped(permuted(a, keep_a + first), rows + summed)
    right = reshaped(permuted(b, second + keep_b), summed + columns)
    return reshaped(apply("matmul", left, right), (*shape_a, *shape_b))


def _tensordot_axes(a, b, axes) -> tuple[list, list]:
    """The summed axes of both operands, counted from the front."""
    if not isinstance(axes, (tuple, list)):
        n = static_int(axes, "axes")
        return list(range(a.ndim - n, a.ndim)), list(range(n))
    first, second = (list(x) if isinstance(x, (tuple, list)) else [x] for x in axes)
    return [axis_of(k, a.ndim) for k in first], [axis_of(k, b.ndim) for k in second]


@intrinsic(np.kron)
def kron(a, b):
    """The Kronecker product."""
    a, b = strong(as_atom(a)), strong(as_atom(b))
    ndim = max(a.ndim, b.ndim)
    shape_a, shape_b = (1,) * (ndim - a.ndim) + a.shape, (1,) * (ndim - b.ndim) + b.shape
    left = reshaped(a, tuple(d for n in shape_a for d in (n, 1)))
    right = reshaped(b, tuple(d for n in shape_b for d in (1, n)))
    product = elementwise("multiply", left, right)
    return reshaped(product, tuple(m * n for m, n in zip(shape_a, shape_b, strict=True)))


@intrinsic(np.trace, methods=("trace",))
def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    refuse("np.trace", out=out)
    return sum_(diagonal(a, offset, axis1, axis2), -1, dtype)


@intrinsic(np.linalg.trace)
def linalg_trace(x, /, *, offset=0, dtype=None):
    return trace(x, offset, -2, -1, dtype)


@intrinsic(np.vecdot)
def vecdot(x1, x2, /, out=None, *, axis=-1, **options):
    """Scalar products along one axis, the first operand conjugated."""
    refuse("np.vecdot", out=out, **options)
    return linalg_vecdot(x1, x2, axis=axis)


@intrinsic(np.linalg.vecdot)
def linalg_vecdot(x1, x2, /, *, axis=-1):
    x1, x2 = moveaxis(x1, axis, -1), moveaxis(x2, axis, -1)
    if sizes.same(x1.shape[-1], x2.shape[-1]) is False:
        raise ShapeError(
            "vecdot: Input operand 1 has a mismatch in its core dimension 0, with gufunc "
            f"signature (n),(n)->() (size {x2.shape[-1]} is different from {x1.shape[-1]})"
        )
    return sum_(elementwise("multiply", _conjugated(x1), x2), -1, dtype=np.result_type(x1.dtype, x2.dtype))


@intrinsic(np.matvec)
def matvec(x1, x2, /, out=None, **options):
    """Matrices times vectors, over leading axes."""
    refuse("np.matvec", out=out, **options)
    x2 = as_atom(x2)
    y = matrix_product(x1, with_new(x2, x2.ndim), "matvec")
    return reshaped(y, y.shape[:-1])


@intrinsic(np.vecmat)
def vecmat(x1, x2, /, out=None, **options):
    """Conjugated vectors times matrices, over leading axes."""
    refuse("np.vecmat", out=out, **options)
    x1 = _conjugated(as_atom(x1))
    y = matrix_product(with_new(x1, x1.ndim - 1), x2, "vecmat")
    return reshaped(y, (*y.shape[:-2], y.shape[-1]))


@intrinsic(np.linalg.multi_dot)
def multi_dot(arrays, *, out=None):
    """A chain of matrix products in the cheapest order (by the sizes of the first call)."""
    refuse("np.linalg.multi_dot", out=out)
    chain = [as_atom(a) for a in sequence(arrays, "np.linalg.multi_dot")]
    if len(chain) < 2:
        raise TypeMismatchError("Expecting at least two arrays.")
    first, last = chain[0].ndim == 1, chain[-1].ndim == 1
    chain[0] = with_new(chain[0], 0) if first else chain[0]
    chain[-1] = with_new(chain[-1], 1) if last else chain[-1]
    y = _chain(
        chain,
        _chain_order([sizes.hint(x.shape[0]) or 1 for x in chain] + [sizes.hint(chain[-1].shape[1]) or 1]),
        0,
        len(chain) - 1,
    )
    return reshaped(y, (() if first else y.shape[:1]) + (() if last else y.shape[1:]))


def _chain_order(lengths: list[int]) -> dict:
    """Where to cut each part of a matrix chain so that the fewest multiplications are needed."""
    n = len(lengths) - 1
    cost, split = {(i, i): 0 for i in range(n)}, {}
    for width in range(1, n):
        for i in range(n - width):
            j = i + width
            options = [
                (cost[i, k] + cost[k + 1, j] + lengths[i] * lengths[k + 1] * lengths[j + 1], k)
                for k in range(i, j)
            ]
            cost[i, j], split[i, j] = min(options)
    return split


def _chain(chain: list, split: dict, i: int, j: int):
    if i == j:
        return chain[i]
    k = split[i, j]
    return matrix_product(_chain(chain, split, i, k), _chain(chain, split, k + 1, j))
