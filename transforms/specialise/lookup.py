"""`items[k]` of a list or tuple of known items, where `k` is computed from data: a table is looked up."""

from __future__ import annotations

from broadax.runtime.errors import StaticNeeded
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var
from broadax.transforms.specialise import rolled
from broadax.transforms.specialise.arrays import LoopConflict
from broadax.transforms.specialise.merge import chosen
from broadax.transforms.specialise.static import static_index
from broadax.transforms.specialise.trees import children
from broadax.transforms.specialise.values import Array, Record, Rolled


def is_looked_up(it, key) -> bool:
    """Is this the place of a subscript whose index can't be known while the function is read?"""
    return it.loc in it.lookups and isinstance(key, (Var, Size))


def index_of(it, items, key, what: str):
    """The index, which has to be known now.

    Raises:
        StaticNeeded: it is a run-time value. Where no argument and no unrolled loop makes it known, the
            function is read again, and the place of this error is then one of `it.lookups`.
    """
    try:
        return static_index(it, key, what)
    except StaticNeeded as error:
        if isinstance(key, Var) and key.dtype.kind in "iu" and _alike(it, items):
            error.lookup = it.loc
        raise


def _alike(it, items) -> bool:
    try:
        return bool(items) and rolled.kind_of(it, items) is not None
    except LoopConflict:
        return False


def looked_up(it, items: tuple, key):
    """`items[key]`, the items being alike."""
    kind = rolled.kind_of(it, items)
    every = rolled.columns(it, items, kind)
    table = tuple(it.builder.apply("stack", *atoms, axis=0, base="table") for atoms in every)
    rows = Rolled(kind, table, len(items))
    made = rolled.item(it, rows, rolled.place_of(it, rows, key), copied=False)
    _remember(it, made, items)
    return made


def _remember(it, made, items) -> None:
    """A looked up array or container may be any of the items: a write to one of them is to be noticed."""
    if isinstance(made, Array):
        it.chosen.append(chosen(made.box, [x.box for x in items if isinstance(x, Array)]))
    elif isinstance(made, Record):
        it.chosen.append(chosen(made, items))
    parts = children(it, made)[0] or ()
    for k, part in enumerate(parts):
        _remember(it, part, [children(it, item)[0][k] for item in items])
