"""Trees of abstract values: flattened to leaves and built again, and as the face of a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.statements import Var
from broadax.transforms.primitives.shape import whole
from broadax.transforms.specialise.arrays import fresh, is_data, read
from broadax.transforms.specialise.values import Array, DictValue, Instance, ListValue, Rolled


def flatten(it, value) -> tuple[list, Callable]:
    """The data leaves of an abstract value, and the function that builds it again from new leaves."""
    if is_data(value) or isinstance(value, np.ndarray):
        return [value], lambda leaves: leaves[0]
    parts, make = children(it, value)
    if parts is None:
        return [], lambda leaves: value
    flat = [flatten(it, part) for part in parts]

    def rebuild(leaves):
        made, start = [], 0
        for own, build in flat:
            made.append(build(leaves[start : start + len(own)]))
            start += len(own)
        return make(tuple(made))

    return [leaf for own, _ in flat for leaf in own], rebuild


def children(it, value) -> tuple[tuple | None, Callable | None]:
    """The parts of a container and how to make one like it; `(None, None)` for anything else."""
    if isinstance(value, tuple):
        if type(value) is tuple:
            return value, tuple
        return tuple(value), lambda parts: tuple.__new__(type(value), parts)
    if isinstance(value, ListValue) and isinstance(it.list_items(value), Rolled):
        return rows_of(it, it.list_items(value))
    if isinstance(value, ListValue):
        return it.items(value), lambda parts: ListValue(it.store, parts, cls=value.cls)
    if isinstance(value, DictValue):
        keys = tuple(it.items(value))
        return tuple(it.items(value).values()), lambda parts: DictValue(
            it.store, dict(zip(keys, parts, strict=True))
        )
    if isinstance(value, Instance):
        keys = tuple(value.slots)
        return tuple(value.slots.values()), lambda parts: Instance(
            it.store, value.cls, dict(zip(keys, parts, strict=True))
        )
    return None, None


def private(it, value):
    """A value of which a transformed function may write its own copy, never the caller's arrays."""
    leaves, rebuild = flatten(it, value)
    return rebuild(
        [fresh(it, read(it, leaf), leaf.box.name) if isinstance(leaf, Array) else leaf for leaf in leaves]
    )


def rows_of(it, rolled: Rolled) -> tuple[tuple, Callable]:
    """The parts of a list that has grown in a loop: an array for each leaf of an item."""

    def make(parts):
        buffers = tuple(read(it, part) for part in parts)
        if any(b.ndim != r.ndim for b, r in zip(buffers, rolled.buffers, strict=True)):
            raise UnsupportedError(
                "a list that grows in a loop can't be the result of a batched or differentiated function",
                it.loc,
                "return np.array(the list)",
            )
        avals = tuple(
            a if b.dtype == a.dtype else Aval(b.dtype, a.shape)
            for a, b in zip(rolled.kind.avals, buffers, strict=True)
        )
        return ListValue(it.store, Rolled(replace(rolled.kind, avals=avals), buffers, rolled.length))

    return tuple(fresh(it, row) for row in contents(it, rolled)), make


def contents(it, rolled: Rolled) -> tuple[Var, ...]:
    """The arrays of exactly the items of a rolled list."""
    if rolled.capacity == rolled.length:
        return rolled.buffers
    kept = []
    for buffer in rolled.buffers:
        spec = whole((rolled.length, *buffer.shape[1:]))
        kept.append(it.builder.apply("index", buffer, spec=spec))
    return tuple(kept)
