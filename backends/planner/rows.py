"""Innermost loops over short rows: what is no whole vector of them takes as long as the vectors."""

from __future__ import annotations

import numpy as np

from broadax.backends.planner.items import Item
from broadax.backends.planner.kinds import cost
from broadax.backends.planner.nests import Level
from broadax.backends.planner.nodes import Loop, dim_loops, loads, walk
from broadax.runtime.vector_names import FUNCTIONS
from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Op
from broadax.transforms.facts.storage import Storage

FEWEST = 5  # turns at the first call: LLVM unrolls shorter loops
MOST = 128  # longer rows leave little over
FEWEST_REDUCED = 17  # of a maximum: more than a vector
MOST_REDUCED = 512  # bytes: each vector of a longer row waits for the one before
FEWEST_SINGLES = 12  # a vector has 16
LONG = 1000  # from here the larger vectors of a sum in float64 pay, though more is left over
MOST_COST = 3  # of one operation that is no vector function
KINDS = frozenset({"map", "update", "piece", "reduce"})
REDUCTIONS = frozenset({"sum", "prod", "max", "min"})
PLAIN = frozenset({"load", "lit", "scalar", "prim", "convert", "arithmetic", "select", "test", "item"})


def is_short_row(level: Level, storage: Storage) -> bool:
    """Is it an innermost loop of few turns, over neighbours in memory, each computed by cheap operations?

    What it writes it must not read: the end of a row that was written under a mask delays the load of the
    next row's beginning, which lies in the same vector, for longer than all of the row takes.
    """
    items, turns = _row(level), sizes.hint(level.extent)
    if not items or turns is None or turns not in _lengths(items):
        return False
    made = {x.out: x.index for x in items if x.kind == "map"}  # at hand where it was made, without memory
    found = [n.data for x in items for root in x.roots for n in loads(root)]
    read = {storage.of(array) for array, index in found if made.get(array) != index}
    return not any(x.op.prim.name == "at_add" or storage.of(x.out) in read for x in items)


def _lengths(items: list[Item]) -> range:
    """How long a row may be that is faster under masks."""
    reduced = [x for x in items if x.kind == "reduce"]
    if not reduced:
        return range(FEWEST, MOST + 1)
    cheap = not any(_calls(x) for x in items)
    if cheap and _sums(items):
        return range(0)  # without masks such a loop has several accumulators, with them one
    itemsize = max(x.root.aval.dtype.itemsize for x in reduced)
    return range(FEWEST_REDUCED if cheap else FEWEST, min(MOST + 1, MOST_REDUCED // itemsize))


def _sums(items: list[Item]) -> bool:
    return any(x.kind == "reduce" and x.op.prim.name in ("sum", "prod") for x in items)


def is_long_row(level: Level) -> bool:
    """Is it an innermost loop over many neighbours in memory that calls vector functions?"""
    return (sizes.hint(level.extent) or 0) >= LONG and any(_calls(x) for x in _row(level))


def sums_singles(level: Level) -> bool:
    """Are enough numbers of float32 computed, and added up in float64?"""
    items, turns = _row(level), sizes.hint(level.extent)
    if turns is None or turns < FEWEST_SINGLES:
        return False
    dtypes = {n.aval.dtype for x in items for root in x.roots for n in walk(root) if n.op in ("load", "prim")}
    return dtypes == {np.dtype(np.float32)} and _sums(items)


def _row(level: Level) -> list[Item]:
    """What is computed in a loop over neighbours in memory; empty if not all of it has a form for vectors."""
    items = [child.content for child in level.children]
    if all(isinstance(x, Item) and x.kind in KINDS and _is_plain(x, level.loop) for x in items):
        return items
    return []


def _calls(item: Item) -> bool:
    return any(n.op == "prim" and cost(n.data) > MOST_COST for root in item.roots for n in walk(root))


def _is_plain(item: Item, loop: Loop) -> bool:
    if item.kind == "reduce" and not (item.in_register and item.op.prim.name in REDUCTIONS):
        return False
    nodes = [node for root in item.roots for node in walk(root)]
    if not all(n.op in PLAIN and (n.op != "prim" or _is_for_vectors(n.data)) for n in nodes):
        return False
    places = [item.index, *(n.data[1] for n in nodes if n.op == "load")]
    return all(_runs_along(index, loop) for index in places)


def _is_for_vectors(op: Op) -> bool:
    if cost(op) <= MOST_COST:
        return True
    named = op.prim.name in FUNCTIONS and op.prim.name != "power"
    return named and op.out.dtype.kind == "f" and not op.out.aval.weak


def _runs_along(index: tuple, loop: Loop) -> bool:
    """Is the element the same in all turns of the loop, or in each turn the next one?"""
    *others, last = index or (0,)
    if any(loop in dim_loops(dim) for dim in others):
        return False
    rest = last - Size.of(loop) if loop in dim_loops(last) else 0
    return loop not in dim_loops(rest)
