"""Subscripts of arrays, and slices of them, whose sizes only running tells; their joining."""

from __future__ import annotations

from broadax.backends.pjrt import updates
from broadax.backends.pjrt.indexing import gather
from broadax.backends.pjrt.places import Window, cut, places, starts_of, take
from broadax.backends.pjrt.room import INSTEAD, broadcast, fit, inside, pad
from broadax.backends.pjrt.values import Value
from broadax.backends.pjrt.writer import listed
from broadax.runtime.errors import BackendError
from broadax.transforms.primitives.index_shapes import indexed_shape


def concatenate(emitter, op, shown, *xs):
    """Each part is written behind the one before, over what means nothing there."""
    w, axis, out = emitter.writer, op.params["axis"], shown.out
    shape = [*out.shape]
    xs = [fit(w, x.convert(out.dtype), [*shape[:axis], x.shape[axis], *shape[axis + 1 :]]) for x in xs]
    total = [*shape]
    total[axis] = sum(x.shape[axis] for x in xs)
    found, start = w.const(0, out.dtype, total), 0
    for x, atom in zip(xs, op.args, strict=True):
        found = _put(w, found, x, [Window(start if k == axis else 0, d, 1, d) for k, d in enumerate(x.shape)])
        start = emitter.size(atom.aval.shape[axis]) + start
    return fit(w, found, shape)


def _put(w, x: Value, v: Value, found) -> Value:
    starts = starts_of(w, found)
    out = w.new(x.dtype, x.shape)
    types = ", ".join(s.type for s in (x, v, *starts))
    w.define(
        (out,), "stablehlo.dynamic_update_slice ", *listed((x, v, *starts)), f" : ({types}) -> {out.type}"
    )
    return out


def _opened(emitter, spec, x: Value, positions) -> tuple[Value, list[Window], list[int]]:
    """x with room for every window; the windows, with steps above 0; the axes that were reversed for that."""
    w, found, more, turned = emitter.writer, [], [0] * x.ndim, []
    entries = [entry for entry in spec if entry[0] != "new"]
    for axis, entry in enumerate(entries):
        room = x.shape[axis]
        if entry[0] == "index":
            found.append(Window(positions[entry[1]], 1, 1, 1, True))
            continue
        _, start, size, step = entry
        size, step = emitter.dims((size,))[0], int(step)
        span = (size - 1) * abs(step) + 1 if size else 0
        low, high = emitter.bounds.dim(start)
        start = emitter.size(start)
        if step < 0:
            turned.append(axis)
            start, high = (room - 1) - start, room - 1 - low
        more[axis] = int(max(0, min(high, room) + span - room))
        found.append(Window(start, span, abs(step), size))
    return pad(w, w.reverse(x, turned), more), found, turned


def index(emitter, op, shown, x, *idx):
    w, spec = emitter.writer, op.params["spec"]
    positions = places(emitter, op, op.args[0].aval.shape, idx)
    x, found, _ = _opened(emitter, spec, x, positions)
    if not shown.out.aval.size or not x.size:
        return w.const(0, x.dtype, shown.out.shape)
    if any(v.ndim for v in idx):
        rest = [Window(0, d, 1, d) if f.dropped else f for f, d in zip(found, x.shape, strict=True)]
        return gather(w, take(w, x, rest), spec, positions).reshape(*shown.out.shape)
    return take(w, x, found).reshape(*shown.out.shape)


def updated(adds: bool):
    def rule(emitter, op, shown, x, v, *idx):
        w, spec, room = emitter.writer, op.params["spec"], x.shape
        positions = places(emitter, op, op.args[0].aval.shape, idx)
        dims = indexed_shape(spec, [a.aval.shape for a in op.args[2:]])
        part = emitter.dims(dims)
        v = v.convert(x.dtype)
        v = broadcast(w, v.reshape(*v.shape[max(0, v.ndim - len(part)) :]), part)
        if not v.size or not x.size:
            return x
        if any(i.ndim for i in idx):
            return _scattered(emitter, op, x, v, positions, adds)
        wide, found, turned = _opened(emitter, spec, x, positions)
        mask = inside(emitter, dims, part)
        mask = mask if mask is None else mask.reshape(*(f.size for f in found))
        old, v = cut(w, wide, found), v.reshape(*(f.size for f in found))
        v = updates.between(w, old, v, found, adds, mask)
        return w.reverse(fit(w, _put(w, wide, v, found), room), turned)

    return rule


def _scattered(emitter, op, x, v, positions, adds) -> Value:
    """Index arrays with room to spare: what means nothing is written out of range, which is nowhere."""
    w, atoms = emitter.writer, op.args[2:]
    entries = [entry for entry in op.params["spec"] if entry[0] != "new"]
    whole = [
        e[0] == "index" or e == ("slice", 0, d, 1)
        for e, d in zip(entries, op.args[0].aval.shape, strict=True)
    ]
    if not all(whole):
        what = "a write by index arrays to slices whose size only running tells"
        raise BackendError(what, emitter.loc, INSTEAD)
    for entry, room in zip(entries, x.shape, strict=True):
        if entry[0] == "index" and isinstance(positions[entry[1]], Value):
            at = positions[entry[1]]
            mask = inside(emitter, atoms[entry[1]].aval.shape, at.shape)
            positions[entry[1]] = at if mask is None else w.select(mask, at, room)
    return updates.scatter(w, op, x, v, positions, adds)
