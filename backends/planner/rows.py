"""Innermost loops over short rows: what is no whole vector of them takes as long as the vectors."""

from __future__ import annotations

from broadax.backends.planner.items import Item
from broadax.backends.planner.kinds import cost
from broadax.backends.planner.nests import Level
from broadax.backends.planner.nodes import Loop, dim_loops, loads, walk
from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size
from broadax.transforms.facts.storage import Storage

FEWEST, MOST = 5, 128  # turns at the first call: LLVM unrolls shorter loops, longer ones leave little over
MOST_COST = 3  # of one operation: no calls, which may have no form for vectors
KINDS = frozenset({"map", "update", "piece"})
PLAIN = frozenset({"load", "lit", "scalar", "prim", "convert", "arithmetic", "select", "test", "item"})


def is_short_row(level: Level, storage: Storage) -> bool:
    """Is it an innermost loop of few turns, over neighbours in memory, each computed by cheap operations?

    What it writes it must not read: the end of a row that was written under a mask delays the load of the
    next row's beginning, which lies in the same vector, for longer than all of the row takes.
    """
    turns = sizes.hint(level.extent)
    if turns is None or not FEWEST <= turns <= MOST:
        return False
    items = [child.content for child in level.children]
    if not all(isinstance(x, Item) and x.kind in KINDS and _is_plain(x, level.loop) for x in items):
        return False
    made = {x.out: x.index for x in items if x.kind == "map"}  # at hand where it was made, without memory
    found = [n.data for x in items for root in x.roots for n in loads(root)]
    read = {storage.of(array) for array, index in found if made.get(array) != index}
    return not any(x.op.prim.name == "at_add" or storage.of(x.out) in read for x in items)


def _is_plain(item: Item, loop: Loop) -> bool:
    nodes = [node for root in item.roots for node in walk(root)]
    if not all(n.op in PLAIN and (n.op != "prim" or cost(n.data) <= MOST_COST) for n in nodes):
        return False
    places = [item.index, *(n.data[1] for n in nodes if n.op == "load")]
    return all(_runs_along(index, loop) for index in places)


def _runs_along(index: tuple, loop: Loop) -> bool:
    """Is the element the same in all turns of the loop, or in each turn the next one?"""
    *others, last = index or (0,)
    if any(loop in dim_loops(dim) for dim in others):
        return False
    rest = last - Size.of(loop) if loop in dim_loops(last) else 0
    return loop not in dim_loops(rest)
