"""Small steps on batched values: moving the batch axis, aligning ranks, repeating for the batch."""

from __future__ import annotations

from broadax.runtime.errors import ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.expression import apply


def batched_aval(aval: Aval, size) -> Aval:
    """The type of a batch of values of type `aval`: never a Python scalar."""
    return Aval(aval.dtype, (size, *aval.shape))


def normal_axis(axis: int, ndim: int, what: str) -> int:
    """An axis counted from the front.

    Raises:
        ShapeError: there is no such axis; `what` names the argument of vmap.
    """
    if not -ndim <= axis < ndim:
        raise ShapeError(f"vmap: {what} {axis} is out of bounds for an array of dimension {ndim}")
    return axis % ndim


def move_axis(x, source: int, target: int, base: str = ""):
    """`x` with one axis moved, as np.moveaxis does."""
    if source == target:
        return x
    axes = [k for k in range(x.ndim) if k != source]
    axes.insert(target, source)
    return apply("transpose", x, axes=tuple(axes), base=base or getattr(x, "base", ""))


def all_of(dim) -> tuple:
    """The item of an index spec that takes a whole axis."""
    return ("slice", 0, dim, 1)


def expand(x, ndim: int):
    """A batched `x` with axes of length 1 after the batch axis, so that it has `ndim` axes."""
    if x.ndim >= ndim:
        return x
    spec = (all_of(x.shape[0]), *(("new",),) * (ndim - x.ndim), *map(all_of, x.shape[1:]))
    return apply("index", x, spec=spec, base=getattr(x, "base", ""))


def one_example(x, k, base: str = ""):
    """Example `k` of a batched `x`: `x[k]`."""
    return apply("index", x, k, spec=(("index", 0), *map(all_of, x.shape[1:])), checked=True, base=base)


def store_example(batch, value, k, base: str = ""):
    """`batch` with example `k` replaced by `value`."""
    spec = (("index", 0), *map(all_of, batch.shape[1:]))
    return apply("at_set", batch, value, k, spec=spec, checked=True, base=base)


def repeat(x, size, base: str = ""):
    """The same `x` for each of `size` examples."""
    if x.ndim:
        return apply("broadcast_to", x, shape=(size, *x.shape), base=base)
    return apply("full", x, shape=(size,), base=base)


def size_value(dim, value_of):
    """A dimension as arithmetic on `value_of(var)`, the (batched) values of its variables."""
    if not isinstance(dim, sizes.Size):
        return dim
    total = None
    for mono, coef in dim.terms.items():
        term = None
        for atom in mono:
            value = _factor(atom, value_of)
            term = value if term is None else apply("multiply", term, value)
        if term is None or coef != 1:
            term = coef if term is None else apply("multiply", coef, term)
        total = term if total is None else apply("add", total, term)
    return total


def _factor(atom, value_of):
    if not isinstance(atom, sizes.SizeOp):
        return value_of(atom)
    name = {"floordiv": "floor_divide", "mod": "remainder", "max": "maximum", "min": "minimum"}[atom.op]
    return apply(name, size_value(atom.left, value_of), size_value(atom.right, value_of))
