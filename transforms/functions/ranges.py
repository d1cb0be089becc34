"""Ranges of numbers: arange, linspace, logspace."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import ShapeError, TypeMismatchError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import broadcast as shapes_together
from broadax.transforms.core.avals import promote, shown
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Lit
from broadax.transforms.functions import arguments as arg
from broadax.transforms.functions.arguments import as_atom, cast, dtype_of
from broadax.transforms.functions.indexing import broadcast, column, iota
from broadax.transforms.functions.registry import intrinsic

FLOAT = np.dtype(np.float64)


@intrinsic(np.arange)
def arange(start=None, stop=None, step=1, dtype=None, *, device=None, like=None):
    """start, start + step, … up to but without stop; with one argument, from 0 up to it."""
    if start is None and stop is None:
        raise TypeMismatchError("arange() requires stop to be specified.")
    start, stop = (0, start) if stop is None else (start, stop)
    start, step = 0 if start is None else start, 1 if step is None else step
    atoms = [as_atom(v) for v in (start, stop, step)]
    common = np.result_type(np.int64, *(a.dtype for a in atoms))
    dtype = common if dtype is None else dtype_of(dtype)
    size = sizes.settle(range_size(start, stop, step, atoms))
    if _number(start) == 0 and _number(step) == 1:
        return iota(size, dtype)
    first, delta = cast(atoms[0], dtype), atoms[2]
    if common.kind != "i":  # NumPy's own step: the difference of the first two elements
        delta = _folded(np.subtract, cast(_folded(np.add, atoms[0], delta), dtype), first)
    return apply("arange", first, cast(delta, dtype), size=size, dtype=dtype)


def _folded(ufunc, x, y):
    """`ufunc(x, y)`, computed now where both are literals."""
    if isinstance(x, Lit) and isinstance(y, Lit):
        return Lit(ufunc(x.value, y.value))
    return apply(ufunc.__name__, x, y)


def _number(value):
    """The value of a static number; None for others."""
    if isinstance(value, Lit):
        return value.value
    return value if isinstance(value, (int, float, np.generic)) else None


def range_size(start, stop, step, atoms):
    """The number of elements of a range: an int, a size, or a size that comes from data.

    Raises:
        ShapeError: the step is zero.
    """
    numbers = [_number(v) for v in (start, stop, step)]
    if numbers[2] == 0:
        raise ShapeError("Maximum allowed size exceeded")
    if all(n is not None for n in numbers):
        return max(int(np.ceil((numbers[1] - numbers[0]) / numbers[2])), 0)
    integral = [
        a.dtype.kind in "iu" or (n is not None and float(n).is_integer())
        for a, n in zip(atoms, numbers, strict=True)
    ]
    if all(integral) and numbers[2] is not None:
        first, last = (
            int(n) if n is not None else arg.dim_of(v)
            for n, v in zip(numbers[:2], (start, stop), strict=True)
        )
        step = int(numbers[2])
        length = (last - first + step - 1) // step if step > 0 else (first - last - step - 1) // -step
        return arg.larger(length, 0)
    length = apply("ceil", (atoms[1] - atoms[0]) / atoms[2])
    return arg.dim_of(apply("maximum", cast(length, np.int64), 0))


@intrinsic(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    """`num` evenly spaced numbers; start and stop may be arrays."""
    if isinstance(num, float):
        raise TypeMismatchError("'float' object cannot be interpreted as an integer")
    num = arg.dim_of(num)
    arg.assured(num, 0, ValueError, f"Number of samples, {shown(num)}, must be non-negative.")
    num = sizes.settle(num)
    first, last = as_atom(start), as_atom(stop)
    inner, _ = promote(first.aval, last.aval)
    inner = FLOAT if inner.kind in "biu" else inner
    first, last = cast(first, inner), cast(last, inner)
    shape = shapes_together(first.shape, last.shape)
    parts = num - 1 if endpoint else num
    if sizes.hint(parts) is None:  # of one number there are no parts
        parts = arg.larger(parts, 1)
    y, step = broadcast(first, (num, *shape)), Lit(inner.type(np.nan))
    if parts not in (0, -1):
        step = (last - first) / parts
        y = broadcast(column(cast(iota(num), inner), len(shape) + 1, 0) * step + first, (num, *shape))
        if endpoint:  # the last element is `stop` itself, whatever the rounding
            y = apply("where", apply("equal", column(iota(num), len(shape) + 1, 0), parts), last, y)
    if dtype is not None:
        dtype = dtype_of(dtype)
        y = cast(apply("floor", y) if dtype.kind in "iu" else y, dtype)
    axis = arg.axis_of(axis, len(shape) + 1)
    if axis:
        y = apply("transpose", y, axes=(*range(1, axis + 1), 0, *range(axis + 1, y.ndim)))
    return (y, step) if retstep else y


@intrinsic(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    """base ** linspace(start, stop)."""
    y = apply("power", base, linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else cast(y, dtype_of(dtype))
