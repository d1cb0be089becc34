"""Arrays from numbers, sequences and other arrays; and back to Python's numbers and lists."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError, TypeMismatchError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.functions.arguments import as_atom, cast, dtype_of, number, sequence, strong
from broadax.transforms.functions.indexing import at
from broadax.transforms.functions.registry import intrinsic
from broadax.transforms.functions.shaping import ravel


def converted(a, dtype=None, ndmin: int = 0):
    """An atom for any array-like, in a dtype, with at least `ndmin` dimensions."""
    x = strong(as_atom(a))
    if dtype is not None:
        x = cast(x, dtype_of(dtype))
    if x.ndim < ndmin:
        x = apply("reshape", x, shape=(1,) * (ndmin - x.ndim) + x.shape)
    return x


@intrinsic(np.array)
def array(object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0, ndmax=0, like=None):  # noqa: A002
    x = converted(object, dtype, ndmin)
    return apply("copy", x) if x is object and x.ndim and copy is not False else x


@intrinsic(np.asarray, np.asanyarray, view=True)
def asarray(a, dtype=None, order=None, *, device=None, copy=None, like=None):
    x = converted(a, dtype)
    return apply("copy", x) if copy and x is a and x.ndim else x


@intrinsic(np.ascontiguousarray, np.asfortranarray, view="contiguous")
def ascontiguousarray(a, dtype=None, *, like=None):
    return converted(a, dtype, 1)


@intrinsic(np.copy)
def copy(a, order="K", subok=False):
    return array(a)


@intrinsic(methods=("copy",))
def copy_method(a, order="C"):
    return apply("copy", a) if a.ndim else a


@intrinsic(np.astype)
def astype(x, dtype, /, *, copy=True, device=None):
    return astype_method(as_atom(x), dtype, copy=copy)


@intrinsic(methods=("astype",))
def astype_method(a, dtype, order="K", casting="unsafe", subok=True, copy=True):
    dtype = dtype_of(dtype)
    if not np.can_cast(a.dtype, dtype, casting):
        raise TypeMismatchError(
            f"Cannot cast array data from {a.dtype!r} to {dtype!r} according to the rule '{casting}'"
        )
    if a.dtype == dtype:
        return apply("copy", a) if copy and a.ndim else a
    return cast(a, dtype)


# ── scalars and lists ─────────────────────────────────────────────────────────────────────────────


@intrinsic(methods=("item",))
def item(a, *args):
    """One element as a Python number."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = tuple(args[0])
    if len(args) == 1 and a.ndim != 1:
        a = ravel(a)
    if args and len(args) != a.ndim:
        raise ShapeError("incorrect number of indices for array")
    for k in args:
        a = at(a, 0, as_atom(k))
    if a.ndim:
        if sizes.same(a.aval.size, 1) is not True:
            raise ShapeError("can only convert an array of size 1 to a Python scalar")
        a = apply(
            "index",
            a,
            *(as_atom(0) for _ in a.shape),
            spec=tuple(("index", k) for k in range(a.ndim)),
            checked=True,
        )
    return number(a, a.dtype)


@intrinsic(methods=("tolist",))
def tolist(a):
    """Nested lists of Python numbers.

    Raises:
        StaticNeeded: a size is not known now.
    """
    if not a.ndim:
        return item(a)
    return [tolist(row) for row in sequence(a, "tolist")]
