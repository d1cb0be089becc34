"""Writing `x[spec] = v` and `x[spec] += v`: dynamic updates of slices, and scatters."""

from __future__ import annotations

import math

from broadax.backends.pjrt.indexing import layout, slices_only
from broadax.backends.pjrt.places import Window, cut, gathered, places, stacked, starts_of, take, windows
from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import BOOL, INT
from broadax.backends.pjrt.values import Value
from broadax.backends.pjrt.writer import listed
from broadax.transforms.primitives.index_shapes import indexed_shape


def _updates(prim: str, adds: bool) -> None:
    @emits(prim)
    def rule(emitter, op, x, v, *idx):
        w, spec = emitter.writer, op.params["spec"]
        positions = places(emitter, op, x.shape, idx)
        found = windows(emitter, spec, x.shape, positions)
        part = indexed_shape(spec, [i.shape for i in idx])
        v = v.convert(x.dtype)
        v = w.broadcast(v.reshape(*v.shape[max(0, v.ndim - len(part)) :]), part)
        if not v.size or not x.size:
            return x
        if not any(i.ndim for i in idx):
            return put(w, x, v.reshape(*(f.size for f in found)), found, adds)
        unique = bool(op.params.get("distinct"))
        around = slices_only(found, x.shape)
        if all(f.whole(dim) for f, dim in zip(around, x.shape, strict=True)):
            return scatter(w, op, x, v, positions, adds, unique)
        inner = scatter(w, op, take(w, x, around), v, positions, adds, unique)
        return put(w, x, inner, around, False)


_updates("at_set", False)
_updates("at_add", True)


def put(w, x: Value, v: Value, found: list[Window], adds: bool) -> Value:
    """x with v in windows; v has the windows' sizes."""
    v = w.reverse(v, [k for k, f in enumerate(found) if f.step < 0 and f.size > 1])
    if any(abs(f.step) > 1 and f.size > 1 for f in found):
        v = between(w, cut(w, x, found), v, found, adds)
    elif adds:
        v = cut(w, x, found) + v
    if v.shape == x.shape:
        return v
    starts = starts_of(w, found)
    out = w.new(x.dtype, x.shape)
    types = ", ".join(s.type for s in (x, v, *starts))
    names = listed((x, v, *starts))
    w.define((out,), "stablehlo.dynamic_update_slice ", *names, f" : ({types}) -> {out.type}")
    return out


def between(w, old: Value, v: Value, found: list[Window], adds: bool, mask: Value | None = None) -> Value:
    """The spans of windows with v at every step-th element, where a mask holds."""
    gaps = [abs(f.step) - 1 if f.size > 1 else 0 for f in found]
    spaced = _pad(w, v, 0, gaps, old.shape)
    if adds and mask is None:
        return old + spaced
    mask = _pad(w, mask or w.const(True, BOOL, v.shape), False, gaps, old.shape)
    return w.select(mask, old + spaced if adds else spaced, old)


def _pad(w, v: Value, filler, gaps, shape) -> Value:
    none = [0] * v.ndim
    after = f", low = {none}, high = {none}, interior = {gaps}"
    return w.op("pad", v, w.const(filler, v.dtype), shape=shape, after=after)


def scatter(w, op, x: Value, v: Value, positions, adds: bool, unique: bool = False) -> Value:
    """x with v at index arrays, slices whole; v has the shape of the part without new axes.

    `unique`: no element is written twice.
    """
    spec = op.params["spec"]
    axes, offsets, rank = layout(spec, positions, x.shape)
    order = [entry[1] for entry in spec if entry[0] == "index"]
    at = stacked(w, [positions[k] for k in order], rank)
    if not adds and not unique and math.prod(rank) > 1 and op.args[1].aval.shape:
        at = _last_writes(w, at, [x.shape[k] for k in axes])
    left = iter([dim for k, dim in enumerate(x.shape) if k not in axes])
    dims = iter(rank)
    v = v.reshape(*(next(left) if k in offsets else next(dims) for k in range(len(offsets) + len(rank))))
    return _scattered(w, (x, at, v), offsets, axes, "add" if adds else "", unique)


def _last_writes(w, at: Value, dims) -> Value:
    """Places, but out of range where a later write goes to the same one: devices write in any order."""
    shape, axes = at.shape[:-1], list(range(len(dims)))
    turn = w.iota(INT, (math.prod(shape),), 0).reshape(*shape)
    last = _scattered(w, (w.const(-1, INT, dims), at, turn), [], axes, "maximum", False)
    out = gathered(w, last, at, shape, axes, [1] * len(axes))
    kept = w.spread(out.equals(turn), at.shape, range(len(shape)))
    return w.select(kept, at, max(dims))


def _scattered(w, operands, offsets, axes, joins: str, unique: bool) -> Value:
    """x with v at places; what was there is replaced, or joined by an operation."""
    x, at, v = operands
    numbers = (
        f"#stablehlo.scatter<update_window_dims = {offsets}, inserted_window_dims = {axes}, "
        f"scatter_dims_to_operand_dims = {axes}, index_vector_dim = {at.ndim - 1}>"
    )
    facts = f"indices_are_sorted = false, unique_indices = {str(unique).lower()}"
    options = f"scatter_dimension_numbers = {numbers}, {facts}"
    out, old, new = w.new(x.dtype, x.shape), w.new(x.dtype), w.new(x.dtype)
    w.line(out, ' = "stablehlo.scatter"(', *listed(operands), f") <{{{options}}}> ({{")
    w.line("^bb0(", old, f": {old.type}, ", new, f": {new.type}):")
    with w.region() as lines:
        w.line("stablehlo.return ", w.same(joins, old, new) if joins else new, f" : {new.type}")
    w.lines.extend(lines)
    w.line(f"}}) : ({x.type}, {at.type}, {v.type}) -> {out.type}{w.place()}")
    return out
