"""Subscripts: NumPy's `x[i, 1:-1, None, ...]` as the `spec` of the index primitives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from broadax.runtime.errors import (
    InvalidValueError,
    OutOfRangeError,
    StaticNeeded,
    TypeMismatchError,
    UnsupportedError,
)
from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit, Var
from broadax.transforms.functions import registry
from broadax.transforms.primitives.shape import whole
from broadax.transforms.specialise.arrays import read
from broadax.transforms.specialise.ranges import as_dim
from broadax.transforms.specialise.values import Array, ListValue, RangeValue, type_name

NO_INDEX = (
    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean "
    "arrays are valid indices"
)


@dataclass(frozen=True)
class Subscript:
    """A subscript of an array: `spec` and its index operands; or one boolean mask."""

    spec: tuple
    idx: tuple
    mask: object = None
    known: tuple = ()  # what the primitives may rely on: 'checked', 'distinct'

    @property
    def params(self) -> dict:
        """The parameters of the index primitives."""
        return {"spec": self.spec, **dict.fromkeys(self.known, True)}

    @property
    def basic(self) -> bool:
        return self.mask is None and all(a.shape == () for a in self.idx)


def subscript(it, shape: tuple, key, writes: bool = False) -> Subscript:
    """Read the subscript `key` of an array of `shape`.

    Args:
        writes: it is only written to, so that indices may stand for a slice with a run-time step.

    Raises:
        OutOfRangeError: more items than the array has axes, in NumPy's words.
    """
    items = [_item(it, _as_list(k)) for k in (key if isinstance(key, tuple) else (key,))]
    if len(items) == 1 and _is_mask(items[0]):
        return _masked(it, shape, items[0])
    used = sum(_axes_of(k) for k in items)
    if used > len(shape):
        raise OutOfRangeError(
            f"too many indices for array: array is {len(shape)}-dimensional, but {used} were indexed", it.loc
        )
    if not any(k is Ellipsis for k in items):
        items.append(Ellipsis)
    if sum(k is Ellipsis for k in items) > 1:
        raise OutOfRangeError("an index can only have a single ellipsis ('...')", it.loc)
    where = next(n for n, k in enumerate(items) if k is Ellipsis)
    items[where : where + 1] = [slice(None)] * (len(shape) - used)
    spec, idx, axis = [], [], 0
    for item in items:
        if item is None:
            spec.append(("new",))
            continue
        if isinstance(item, slice) and writes and _may_be_indices(item, items):
            spec.append(("index", len(idx)))
            idx.append(_stepped(it, item, shape[axis]))
        elif isinstance(item, slice):
            spec.append(slice_entry(it, item, shape[axis]))
        elif _is_mask(item):
            _check_mask(it, item, shape[axis:])
            for places in true_places(item):
                spec.append(("index", len(idx)))
                idx.append(places)
            axis += item.ndim - 1
        else:
            spec.append(("index", len(idx)))
            idx.append(_checked(it, it.builder.atom(item), shape[axis], axis))
        axis += 1
    return Subscript(tuple(spec), tuple(idx))


def _as_list(key):
    """A tuple inside of a subscript, `T[(0, -1), :]`, selects what a list does."""
    return [_as_list(k) for k in key] if isinstance(key, tuple) else key


def _item(it, key):
    """One item of a subscript: None, Ellipsis, a slice, an int or size, or an atom."""
    if key is None or key is Ellipsis or isinstance(key, (slice, Size)):
        return key
    if isinstance(key, (ListValue, list)):
        items = it.items(key) if isinstance(key, ListValue) else key
        from broadax.transforms.functions.arguments import as_atom

        return as_atom([read(it, v) if isinstance(v, (Array, Var)) else v for v in items])
    if isinstance(key, (bool, np.bool_)):
        what = "a single True or False as a subscript is not supported"
        raise UnsupportedError(what, it.loc, "x[None] for True, an if for a condition")
    if isinstance(key, (int, np.integer)):
        return int(key)
    if isinstance(key, np.ndarray):
        return it.hidden_constant(key)
    if isinstance(key, (range, RangeValue)):
        ends = (key.start, key.stop) if isinstance(key, range) else (key.lo, key.hi)
        key = it.call(np.arange, (*ends, key.step), {})
    if not isinstance(key, (Array, Var)):
        raise OutOfRangeError(f"{NO_INDEX}, not {type_name(key)}", it.loc, "x[int(i)]")
    atom = read(it, key)
    if atom.dtype.kind not in "biu":
        raise OutOfRangeError(f"{NO_INDEX}, not {atom.aval}", it.loc, "x[int(i)], x[i.astype(int)]")
    return atom


def _checked(it, atom, dim, axis: int):
    """Refuse an index that is known to be out of range of a known size."""
    if isinstance(atom, Lit) and isinstance(dim, int) and not -dim <= atom.value < dim:
        raise OutOfRangeError(f"index {atom.value} is out of bounds for axis {axis} with size {dim}", it.loc)
    return atom


def slice_entry(it, key: slice, dim) -> tuple:
    """`("slice", start, size, step)` of a Python slice of an axis of size `dim`."""
    step = 1 if key.step is None else key.step
    if not isinstance(step, (int, np.integer)):
        instead = "take the elements by their indices: x[start + step * np.arange(count)]"
        raise StaticNeeded(
            "the step of a slice must be known when the function is read", step, it.loc, instead
        )
    step = int(step)
    if step == 0:
        raise InvalidValueError("slice step cannot be zero", it.loc)
    if step > 0:
        start = _bound(it, key.start, dim, 0)
        stop = _bound(it, key.stop, dim, dim)
        size = _length(it, stop - start, step)
    else:
        start = dim - 1 if key.start is None else _bound(it, key.start, dim, 0, -1)
        stop = -1 if key.stop is None else _bound(it, key.stop, dim, 0, -1)
        size = _length(it, start - stop, -step)
        start = _not_before(it, start)
    return ("slice", start, sizes.settle(size), step)


def _may_be_indices(item: slice, items: list) -> bool:
    """Has a slice a run-time step, and would indices in its place select the same, in the same order?"""
    alone = all(other is None or isinstance(other, slice) for other in items)
    return alone and isinstance(item.step, Var) and sum(_has_step(other) for other in items) == 1


def _has_step(item) -> bool:
    return isinstance(item, slice) and isinstance(item.step, Var)


def _stepped(it, key: slice, dim):
    """The indices of a slice whose step, which must be positive, is known only when the code runs."""
    apply, step = it.builder.apply, it.builder.atom(key.step)
    what = "a slice step that is known only when the code runs must be positive"
    it.builder.check(apply("greater", step, 0), ValueError, (what,))
    start, stop = _bound(it, key.start, dim, 0), _bound(it, key.stop, dim, dim)
    span = apply("subtract", apply("add", it.builder.size_value(stop - start), step), 1)
    count = apply("maximum", apply("floor_divide", span, step), 0)
    places = apply("iota", size=as_dim(count), dtype=np.dtype(np.int64))
    return apply("add", apply("multiply", places, step), it.builder.size_value(start))


def _not_before(it, start):
    """The start of a falling slice: it is -1 only where the slice is empty, and may then be 0."""
    if it.ranges.nonnegative(start):
        return start
    answer = sizes.at_least(start, 0)
    if answer is None:
        return _scalar(it, it.builder.apply("maximum", it.builder.size_value(start), 0))
    return start if answer else 0


def _length(it, span, step: int):
    """`ceil(span / step)`, at least 0."""
    if not it.ranges.nonnegative(span):
        answer = sizes.at_least(span, 0)
        if answer is False:
            return 0
        if answer is None:
            span = _scalar(it, it.builder.apply("maximum", it.builder.size_value(span), 0))
    return span if step == 1 else (span + (step - 1)) // step


def _bound(it, value, dim, default, last: int = 0):
    """One end of a slice as Python clamps it: into `[0, dim]`, or `[-1, dim - 1]` for negative steps."""
    if value is None:
        return default
    if isinstance(value, Array):
        value = read(it, value)
    given, bound = as_dim(value), it.ranges.polynomial(value)
    if bound is None:
        raise TypeMismatchError("slice indices must be integers or None or have an __index__ method", it.loc)
    top = dim + last
    if it.ranges.nonnegative(bound):
        negative = False
    else:
        answer = sizes.at_least(bound, 0)
        if answer is None:
            return _clamped(it, given, dim, last)
        negative = not answer
    if negative:
        bound = bound + dim
        if sizes.at_least(bound, 0) is False:
            return last
    if it.ranges.nonnegative(top - bound):
        return bound
    answer = sizes.at_least(top, bound)
    if answer is None:
        return _clamped(it, bound if negative else given, dim, last)
    return bound if answer else top


def _clamped(it, bound, dim, last: int):
    """The same when the bound is known only at run time."""
    apply = it.builder.apply
    b, n = it.builder.size_value(bound), it.builder.size_value(dim)
    wrapped = apply("where", apply("less", b, 0), apply("add", b, n), b)
    top = apply("add", n, last) if last else n
    return _scalar(it, apply("maximum", apply("minimum", wrapped, top), last))


def _scalar(it, atom):
    return as_dim(atom)


def _is_mask(item) -> bool:
    return isinstance(item, (Var, Lit)) and item.dtype.kind == "b" and item.shape != ()


def _axes_of(item) -> int:
    """How many axes an item of a subscript consumes."""
    if item is None or item is Ellipsis:
        return 0
    return item.ndim if _is_mask(item) else 1


def _masked(it, shape: tuple, mask) -> Subscript:
    if mask.ndim > len(shape):
        raise OutOfRangeError(
            f"too many indices for array: array is {len(shape)}-dimensional, but {mask.ndim} were indexed",
            it.loc,
        )
    _check_mask(it, mask, shape)
    return Subscript((), (), mask)


def _check_mask(it, mask, shape: tuple) -> None:
    for have, want in zip(mask.shape, shape, strict=False):
        it.builder.require_same(
            have, want, "boolean index did not match indexed array", (OutOfRangeError, IndexError)
        )


def true_places(mask) -> tuple:
    """The indices at which a mask is true, an integer array for each of its axes."""
    if mask.ndim == 1:
        return (registry.find(np.flatnonzero).call(mask),)
    return tuple(registry.find(np.nonzero).call(mask))


def of_places(base, mask) -> Subscript:
    """The subscript `base[mask]` by the places at which the mask is true."""
    spec = tuple(("index", k) for k in range(mask.ndim))
    spec += whole(base.shape[mask.ndim :])
    return Subscript(spec, true_places(mask), known=("checked", "distinct"))


def _check_mask(it, mask, shape: tuple) -> None:
    for have, want in zip(mask.shape, shape, strict=False):
        it.builder.require_same(have, want, "boolean index did not match indexed array")
