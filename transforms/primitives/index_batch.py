"""Batch rules of the index family: where the batch axis goes when it meets NumPy's placement rules."""

from __future__ import annotations

from broadax.transforms.core.avals import INT
from broadax.transforms.core.expression import apply
from broadax.transforms.primitives.index_shapes import advanced_position, indexed_shape, is_advanced
from broadax.transforms.primitives.shape import expand, expand_to, inverse, move_axis, permuted


def _alone(idx, flags) -> list[tuple]:
    """The shapes of the index operands for one example."""
    return [a.shape[1:] if flag else a.shape for a, flag in zip(idx, flags, strict=True)]


def _rank(shapes) -> int:
    return max(map(len, shapes), default=0)


def _aligned(idx, flags) -> tuple:
    """Batched index operands with as many axes, so that they broadcast with the batch axis in front."""
    rank = _rank(_alone(idx, flags))
    return tuple(expand_to(a, rank + 1) if flag else a for a, flag in zip(idx, flags, strict=True))


def _for_batch(size, flags, idx, spec) -> tuple:
    """Spec and index operands for a batched array: a whole axis in front, or the example's number."""
    if not any(flags):
        return (("slice", 0, size, 1), *spec), tuple(idx)
    rows = apply("iota", size=size, dtype=INT)
    rows = expand(rows, _rank(_alone(idx, flags)))
    shifted = tuple(("index", entry[1] + 1) if entry[0] == "index" else entry for entry in spec)
    return (("index", 0), *shifted), (rows, *_aligned(idx, flags))


def _order(spec, idx, flags, ndim: int) -> tuple:
    """The axes of a batched array's part in the order `(batch, *part of one example)`.

    `idx` and `spec` are those of one example, `ndim` the part's number of axes for the batch.
    """
    alone = _alone(idx, flags)
    position, rank = advanced_position(spec, alone), _rank(alone)
    axes = list(range(ndim))
    if any(flags):  # index arrays lead: batch, then their axes, then the others
        inner, others = axes[1 : 1 + rank], axes[1 + rank :]
        return (0, *others[:position], *inner, *others[position:])
    if is_advanced(alone) and advanced_position((("slice", 0, 1, 1), *spec), alone) == 0:
        return (
            rank,
            *axes[:rank],
            *axes[rank + 1 :],
        )  # index arrays that are parted go before the batch axis
    return tuple(axes)


def index_batch(size, batched, x, *idx, spec, **params):
    """Each example's `x[spec]`, the batch axis in front."""
    flags = batched[1:]
    if batched[0]:
        new_spec, new_idx = _for_batch(size, flags, idx, spec)
        part = apply("index", x, *new_idx, spec=new_spec, **params)
        return permuted(part, _order(spec, idx, flags, part.ndim))
    # One array for all: the batch axis is the first of the index axes, and examples may mean the same.
    params = {k: v for k, v in params.items() if k != "distinct"}
    aligned = _aligned(idx, flags)
    part = apply("index", x, *aligned, spec=spec, **params)
    return move_axis(part, advanced_position(spec, [a.shape for a in aligned]), 0)


def update_batch(name: str):
    """The batch rule of `at_set` and `at_add`."""

    def rule(size, batched, x, v, *idx, spec, **params):
        flags = batched[2:]
        if not batched[0]:
            x = apply("copy", apply("broadcast_to", x, shape=(size, *x.shape)))
        new_spec, new_idx = _for_batch(size, flags, idx, spec)
        rank = len(indexed_shape(new_spec, [a.shape for a in new_idx]))
        v = _laid_out(v, batched[1], rank, _order(spec, idx, flags, rank))
        return apply(name, x, v, *new_idx, spec=new_spec, **params)

    return rule


def _laid_out(v, batched: bool, rank: int, order: tuple):
    """What is written, with the axes of the place: `rank` axes, those of `(batch, *example)` in `order`."""
    lead = 1 if batched else 0
    extra = v.ndim - lead - (rank - 1)
    if extra > 0:  # leading axes of length 1 that NumPy allows for one example
        v = apply("reshape", v, shape=(*v.shape[:lead], *v.shape[lead + extra :]))
    if batched:
        v = expand_to(v, rank)
    if order == tuple(range(rank)):
        return v
    return permuted(expand(v, rank - v.ndim, 0), inverse(order))
