"""Reading `x[spec]`: slices, dynamic slices and gathers."""

from __future__ import annotations

from broadax.backends.pjrt.places import Window, broadcast_shape, gathered, places, stacked, take, windows
from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.values import Value
from broadax.transforms.primitives.index_shapes import advanced_position


@emits("index")
def index(emitter, op, x, *idx):
    w, spec = emitter.writer, op.params["spec"]
    positions = places(emitter, op, x.shape, idx)
    found = windows(emitter, spec, x.shape, positions)
    if not op.out.aval.size or not x.size:
        return w.const(0, x.dtype, op.out.shape)
    if not any(v.ndim for v in idx):
        return take(w, x, found).reshape(*op.out.shape)
    x = take(w, x, slices_only(found, x.shape))
    return gather(w, x, spec, positions).reshape(*op.out.shape)


def slices_only(found: list[Window], shape) -> list[Window]:
    """The windows with those axes whole that have an index."""
    return [Window(0, dim, 1, dim) if f.dropped else f for f, dim in zip(found, shape, strict=True)]


def layout(spec, positions, shape) -> tuple[list[int], list[int], tuple]:
    """The axes that have an index, the axes of the result that stand for slices, the indices' shape.

    New axes do not count here.
    """
    entries = [entry for entry in spec if entry[0] != "new"]
    axes = [k for k, entry in enumerate(entries) if entry[0] == "index"]
    rank = broadcast_shape(positions)
    at = advanced_position(spec, [p.shape if isinstance(p, Value) else () for p in positions])
    at -= sum(entry[0] == "new" for entry in spec[:at])
    total = len(shape) - len(axes) + len(rank)
    return axes, [k for k in range(total) if not at <= k < at + len(rank)], rank


def gather(w, x: Value, spec, positions) -> Value:
    """The elements at index arrays, slices whole, without new axes."""
    axes, offsets, rank = layout(spec, positions, x.shape)
    order = [entry[1] for entry in spec if entry[0] == "index"]
    at = stacked(w, [positions[k] for k in order], rank)
    sizes = [1 if k in axes else dim for k, dim in enumerate(x.shape)]
    left = iter([dim for k, dim in enumerate(x.shape) if k not in axes])
    dims = iter(rank)
    shape = [next(left) if k in offsets else next(dims) for k in range(len(offsets) + len(rank))]
    return gathered(w, x, at, shape, axes, sizes, offsets)
