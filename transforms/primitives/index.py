"""The index family: reading `x[spec]`, and the updates that set or add to it."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import OutOfRangeError
from broadax.transforms import sizes
from broadax.transforms.avals import INT, Aval, broadcast, shape_text
from broadax.transforms.core import Lit
from broadax.transforms.expression import apply
from broadax.transforms.primitives.registry import linear
from broadax.transforms.primitives.shape import unbroadcast
from broadax.transforms.sizes import Size

# ── shapes ────────────────────────────────────────────────────────────────────────────────────────


def advanced(spec, idx) -> bool:
    """Is there an integer array among the indices (so that integer scalars count as arrays too)?"""
    return any(a.shape for a in idx)


def advanced_position(spec, idx) -> int:
    """Where in the result the axes of the index arrays stand (NumPy: in place, or first if split)."""
    places = [k for k, entry in enumerate(spec) if entry[0] == "index"]
    if not advanced(spec, idx):
        return 0
    if places[-1] - places[0] + 1 != len(places):
        return 0
    return places[0]


def indexed_shape(shape, spec, idx) -> tuple:
    """The shape of `x[spec]`."""
    parts: list = []
    position = advanced_position(spec, idx)
    for entry in spec:
        if entry[0] == "slice":
            parts.append(entry[2])
        elif entry[0] == "new":
            parts.append(1)
    if advanced(spec, idx):
        parts[position:position] = broadcast(*(a.shape for a in idx))
    return tuple(parts)


def _index_infer(x, *idx, spec, checked=False):
    used = sum(entry[0] != "new" for entry in spec)
    if used != x.ndim:
        raise OutOfRangeError(f"too many indices for array: array is {x.ndim}-dimensional, but {used} were indexed")
    return Aval(x.dtype, indexed_shape(x.shape, spec, idx))


def _update_infer(x, v, *idx, spec, checked=False):
    shape = _index_infer(x, *idx, spec=spec).shape
    full = broadcast(v.shape, shape)
    extra = len(v.shape) > len(shape) and any(d != 1 for d in v.shape[:len(v.shape) - len(shape)])
    if extra or any(sizes.same(a, b) is False for a, b in zip(full[len(full) - len(shape):], shape, strict=True)):
        from broadax.runtime.errors import ShapeError

        raise ShapeError(f"could not broadcast input array from shape {shape_text(v.shape)} into shape "
                         f"{shape_text(shape)}")
    return Aval(x.dtype, x.shape)


# ── the reference ─────────────────────────────────────────────────────────────────────────────────


def subscript_of(spec, idx):
    """The Python subscript; sizes are numbers here."""
    items = []
    for entry in spec:
        if entry[0] == "index":
            items.append(idx[entry[1]])
        elif entry[0] == "new":
            items.append(None)
        else:
            _, start, size, step = entry
            stop = start + size * step
            items.append(slice(start, None if stop < 0 else stop, step) if size else slice(0, 0))
    return tuple(items)


def _index(x, *idx, spec, checked=False):
    return np.asarray(x)[subscript_of(spec, idx)]


def _fitted(x, v, key):
    shape = np.shape(np.empty(np.shape(x), bool)[key])
    return np.reshape(v, np.shape(v)[np.ndim(v) - len(shape):]) if np.ndim(v) > len(shape) else v


def _at_set(x, v, *idx, spec, checked=False):
    x, key = np.array(x), subscript_of(spec, idx)
    x[key] = _fitted(x, v, key)
    return x


def _at_add(x, v, *idx, spec, checked=False):
    x, key = np.array(x), subscript_of(spec, idx)
    np.add.at(x, key, _fitted(x, v, key))
    return x


# ── text ──────────────────────────────────────────────────────────────────────────────────────────


def _slice_text(entry, dim, text) -> str:
    _, start, size, step = entry
    if step > 0:
        stop = start + size * step if step == 1 else start + (size - 1) * step + 1
        whole = stop == dim or (step > 1 and isinstance(dim - stop, int) and 0 <= dim - stop < step)
        first = "" if isinstance(start, int) and start == 0 else _bound_text(start, dim, text)
        last = "" if whole else _bound_text(stop, dim, text)
    else:
        stop = start + size * step
        whole = stop == -1 or (isinstance(stop, int) and stop < 0)
        first = "" if start == dim - 1 else _bound_text(start, dim, text)
        last = "" if whole else _bound_text(stop, dim, text)
    return f"{first}:{last}" + (f":{step}" if step != 1 else "")


def _bound_text(bound, dim, text) -> str:
    """A bound from the front, or as `-k` from the end where that is how one would write it."""
    from_end = dim - bound if isinstance(dim, Size) or isinstance(bound, Size) else None
    if isinstance(from_end, int) and from_end > 0 and isinstance(bound, Size):
        return str(-from_end)
    return text(bound)


def subscript_text(spec, idx_texts, x_shape, text) -> str:
    """The subscript as people write it: `i, 1:-1, None`; full slices at the end are left out."""
    items, axis = [], 0
    for entry in spec:
        if entry[0] == "new":
            items.append("None")
            continue
        if entry[0] == "index":
            items.append(idx_texts[entry[1]])
        else:
            items.append(_slice_text(entry, x_shape[axis], text))
        axis += 1
    while len(items) > 1 and items[-1] == ":":
        items.pop()
    return ", ".join(items)


# ── batches ───────────────────────────────────────────────────────────────────────────────────────


def _batched_subscript(size, flags, idx, spec, ndim):
    """Spec and index operands for an array with a batch axis in front, for batched indices."""
    if not any(flags):
        return (("slice", 0, size, 1), *spec), idx
    rank = max(a.ndim - flag for a, flag in zip(idx, flags, strict=True))
    rows = apply("iota", size=size, dtype=INT)
    rows = apply("reshape", rows, shape=(size, *[1] * rank)) if rank else rows
    out = []
    for a, flag in zip(idx, flags, strict=True):
        if flag and a.ndim - 1 < rank:
            a = apply("reshape", a, shape=(size, *[1] * (rank - a.ndim + 1), *a.shape[1:]))
        out.append(a)
    shifted = tuple(("index", e[1] + 1) if e[0] == "index" else e for e in spec)
    return (("index", 0), *shifted), (rows, *out)


def _result_order(spec, idx, new_spec, new_idx, ndim: int, flags):
    """Axes that bring a batched result into the order `(batch, *unbatched result)`."""
    was, now = advanced_position(spec, _unbatched(idx, flags)), advanced_position(new_spec, new_idx)
    rank = max((len(a.shape) - flag for a, flag in zip(idx, flags, strict=True)), default=0)
    if any(flags):
        # The batch axis and the index axes come first; the index axes go back to where they were.
        axes = list(range(ndim))
        inner = axes[1:1 + rank]
        rest = axes[1 + rank:]
        return (0, *rest[:was], *inner, *rest[was:]) if rank else tuple(axes)
    if advanced(spec, idx) and now == 0:
        # The index arrays are split by slices, so their axes precede the batch axis.
        axes = list(range(ndim))
        return (rank, *axes[:rank], *axes[rank + 1:])
    return tuple(range(ndim))


class _Shape:
    def __init__(self, shape):
        self.shape = shape


def _unbatched(idx, flags):
    return [_Shape(a.shape[1:] if flag else a.shape) for a, flag in zip(idx, flags, strict=True)]


def _index_batch(size, batched, x, *idx, spec, checked=False):
    if not batched[0]:
        part = apply("index", x, *idx, spec=spec)
        # Only the indices are batched: their batch axis leads the index axes of the result.
        rank = max(a.ndim - flag for a, flag in zip(idx, batched[1:], strict=True))
        if rank and any(a.ndim and not flag or flag and a.ndim - 1 < rank
                        for a, flag in zip(idx, batched[1:], strict=True)):
            aligned = tuple(apply("reshape", a, shape=(size, *[1] * (rank - a.ndim + 1), *a.shape[1:]))
                            if flag and a.ndim - 1 < rank else a for a, flag in zip(idx, batched[1:], strict=True))
            part = apply("index", x, *aligned, spec=spec)
            idx = aligned
        position = advanced_position(spec, idx)
        axes = list(range(part.ndim))
        axes.insert(0, axes.pop(position))
        # Index axes of the unbatched result stand where `was` says.
        was = advanced_position(spec, _unbatched(idx, batched[1:]))
        inner, rest = axes[1 + position:1 + position + rank], axes[1:1 + position] + axes[1 + position + rank:]
        order = [axes[0], *rest[:was], *inner, *rest[was:]]
        return part if order == sorted(order) else apply("transpose", part, axes=tuple(order))
    new_spec, new_idx = _batched_subscript(size, batched[1:], idx, spec, x.ndim)
    part = apply("index", x, *new_idx, spec=new_spec)
    order = _result_order(spec, idx, new_spec, new_idx, part.ndim, batched[1:])
    return part if order == tuple(range(part.ndim)) else apply("transpose", part, axes=order)


def _update_batch(name):
    def rule(size, batched, x, v, *idx, spec, checked=False):
        if not batched[0]:
            x = apply("copy", apply("broadcast_to", x, shape=(size, *x.shape)))
        new_spec, new_idx = _batched_subscript(size, batched[2:], idx, spec, x.ndim)
        part = len(indexed_shape(x.shape, new_spec, new_idx))
        order = _result_order(spec, idx, new_spec, new_idx, part, batched[2:])
        if batched[1] and v.ndim < part:
            v = apply("reshape", v, shape=(size, *[1] * (part - v.ndim), *v.shape[1:]))
        if order != tuple(range(part)):
            if v.ndim < part:
                v = apply("reshape", v, shape=(*[1] * (part - v.ndim), *v.shape))
            v = apply("transpose", v, axes=tuple(int(k) for k in np.argsort(order)))
        return apply(name, x, v, *new_idx, spec=new_spec)

    return rule


# ── declarations ──────────────────────────────────────────────────────────────────────────────────


def _value_back(ct, x, v, *idx, spec, checked=False):
    part = apply("index", ct, *idx, spec=spec)
    if v.ndim > part.ndim:
        return apply("reshape", unbroadcast(part, v.shape[v.ndim - part.ndim:]), shape=v.shape)
    return unbroadcast(part, v.shape)


def _checked(checked):
    return {"checked": True} if checked else {}


linear("index", infer=_index_infer, impl=_index,
       accumulate={0: lambda acc, ct, x, *idx, spec, checked=False: apply("at_add", acc, ct, *idx, spec=spec,
                                                                          **_checked(checked))},
       numpy=lambda a, p, out, text: f"{a[0]}[{subscript_text(p['spec'], a[1:], p.get('shape', ()), text)}]",
       batch=_index_batch)
linear("at_set", linear=(0, 1), infer=_update_infer, impl=_at_set,
       transposes={0: lambda ct, x, v, *idx, spec, checked=False: apply(
           "at_set", ct, Lit(ct.dtype.type(0)), *idx, spec=spec, **_checked(checked)), 1: _value_back},
       batch=_update_batch("at_set"))
linear("at_add", linear=(0, 1), infer=_update_infer, impl=_at_add,
       transposes={0: lambda ct, *rest, **params: ct, 1: _value_back}, batch=_update_batch("at_add"))
