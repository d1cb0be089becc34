"""Where a subscript's entries stand in an array: windows with static sizes, and index operands in range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from broadax.backends.pjrt.room import filled
from broadax.backends.pjrt.types import INT
from broadax.backends.pjrt.values import Value
from broadax.backends.pjrt.writer import listed
from broadax.runtime.errors import BackendError
from broadax.transforms.core.avals import INDEX, Aval
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit


@dataclass(frozen=True)
class Window:
    """What one axis gives: `span` elements from `start` on, of which every `step`-th is taken.

    With a negative step they are taken from the end. An index takes one element (`dropped`).
    """

    start: int | Value
    span: int
    step: int
    size: int
    dropped: bool = False

    def whole(self, dim: int) -> bool:
        return isinstance(self.start, int) and (self.start, self.size, self.step) == (0, dim, 1)


def windows(emitter, spec, shape, positions) -> list[Window]:
    """The window of each axis; `positions[k]` is the place that the k-th index operand means.

    Raises:
        BackendError: a slice whose size only running tells.
    """
    found = []
    for entry in spec:
        if entry[0] == "new":
            continue
        if entry[0] == "index":
            found.append(Window(positions[entry[1]], 1, 1, 1, True))
            continue
        _, start, size, step = entry
        if isinstance(size, Size):
            what = f"a slice {_sized(size)}"
            raise BackendError(what, emitter.loc, SLICE_INSTEAD)
        start, size, step = emitter.size(start), int(size), int(step)
        span = (size - 1) * abs(step) + 1 if size else 0
        found.append(Window(start if step > 0 or not size else start - (span - 1), span, step, size))
    return found


SLICE_INSTEAD = (
    'the whole axis with np.where(np.arange(n) < i, x, 0), a loop over its elements, or backend="numba"'
)


def _sized(size) -> str:
    return f"has a length that only running tells ({size}), and a device's programs have fixed sizes"


def take(w, x: Value, found: list[Window]) -> Value:
    """The elements of windows: axes of the windows' sizes, 1 for indices."""
    y = cut(w, x, found)
    y = w.slice(y, [(0, f.span, abs(f.step)) for f in found])
    return w.reverse(y, [k for k, f in enumerate(found) if f.step < 0 and f.size > 1])


def cut(w, x: Value, found: list[Window]) -> Value:
    """The spans of windows."""
    if all(isinstance(f.start, int) for f in found):
        return w.slice(x, [(f.start, f.start + f.span, 1) for f in found])
    spans = [f.span for f in found]
    out = w.new(x.dtype, spans)
    starts = starts_of(w, found)
    types = ", ".join(v.type for v in (x, *starts))
    names = listed((x, *starts))
    w.define((out,), "stablehlo.dynamic_slice ", *names, f", sizes = {spans} : ({types}) -> {out.type}")
    return out


def starts_of(w, found: list[Window]) -> list[Value]:
    return [f.start if isinstance(f.start, Value) else w.const(f.start, INT) for f in found]


# ── index operands ────────────────────────────────────────────────────────────────────────────────


def places(emitter, op, shape, idx) -> list:
    """For each index operand the place from the front that it means: an int or a value of int64.

    What is not known to be in range is checked.
    """
    axes = [entry for entry in op.params["spec"] if entry[0] != "new"]
    atoms = op.args[len(op.args) - len(idx) :]
    found: list = [None] * len(idx)
    for axis, entry in enumerate(axes):
        if entry[0] == "index":
            k, checked = entry[1], op.params.get("checked", False)
            found[k] = _place(emitter, atoms[k], idx[k], shape[axis], axis, checked)
    return found


def _place(emitter, atom, i: Value, dim, axis: int, checked: bool):
    w = emitter.writer
    (low, high), (least, most) = emitter.bounds.dim(dim), emitter.bounds.range(atom)
    if isinstance(atom, Lit):
        if -low <= int(atom.value) < low and (low == high or atom.value >= 0):
            return int(atom.value) % int(high)
        checked = False
    natural = i.dtype.kind in "ub" or least >= 0
    i = i.convert(INT)
    size = emitter.size(dim)
    end = w.spread(size, i.shape, ()) if isinstance(size, Value) else size
    if not checked and not (least >= -low and most < low) and (atom, dim) not in emitter.inside:
        emitter.inside.add((atom, dim))
        good = i < end if natural else (i >= -end) & (i < end)
        _in_range(emitter, good, i, atom, (size, dim), axis)
    return i if natural else w.select(i < 0, i + end, i)


def _in_range(emitter, inside: Value, i: Value, atom, size, axis: int) -> None:
    """NumPy's error for the first index that is out of range."""
    w, aval = emitter.writer, INDEX
    message = ("index ", 0, f" is out of bounds for axis {axis} with size {size[1]}")
    shown = []
    if isinstance(size[0], Value):
        message, shown = (
            (*message[:2], f" is out of bounds for axis {axis} with size ", 1),
            [(size[0], INDEX)],
        )
    if i.ndim:
        count = i.size
        if not count:
            return
        turns = w.select(inside, w.const(count, INT, i.shape), _counted(w, i.shape))
        turns = filled(emitter, turns, atom, count)
        first = w.reduce("minimum", turns.reshape(count), count, [0])
        inside = first.equals(count)
        i = cut(w, i.reshape(count), [Window(first, 1, 1, 1)]).reshape()
        aval = Aval(INT)
    emitter.checks.require(inside, IndexError, message, [(i, aval), *shown])


def _counted(w, shape) -> Value:
    """0, 1, 2, … in the order of the elements."""
    return w.iota(INT, (int(np.prod(shape)),), 0).reshape(*shape)


def stacked(w, positions, shape) -> Value:
    """Index arrays, broadcast to one shape, as vectors along a last axis."""
    parts = []
    for p in positions:
        p = p if isinstance(p, Value) else w.const(p, INT)
        parts.append(w.broadcast(p, shape).reshape(*shape, 1))
    return w.concatenate(parts, len(shape))


def broadcast_shape(positions) -> tuple:
    return np.broadcast_shapes(*(p.shape for p in positions if isinstance(p, Value)))


def gathered(w, x: Value, at: Value, shape, axes: list[int], sizes: list[int], offsets=()) -> Value:
    """Elements, or slices, of x at places that are in range.

    Args:
        at: its last axis holds the places along `axes`.
        shape: of the result.
        sizes: how many elements are taken along each axis of x, 1 along `axes`.
        offsets: the axes of the result along which slices lie.
    """
    out = w.new(x.dtype, shape)
    numbers = (
        f"#stablehlo.gather<offset_dims = {list(offsets)}, collapsed_slice_dims = {axes}, "
        f"start_index_map = {axes}, index_vector_dim = {at.ndim - 1}>"
    )
    sized = f"slice_sizes = array<i64: {', '.join(map(str, sizes))}>"
    options = f"<{{dimension_numbers = {numbers}, indices_are_sorted = false, {sized}}}>"
    types = f"({x.type}, {at.type}) -> {out.type}"
    w.define((out,), '"stablehlo.gather"(', x, ", ", at, f") {options} : {types}")
    return out
