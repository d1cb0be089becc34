"""Which nests may be split among threads: each turn of the outermost loop writes elements of its own."""

from __future__ import annotations

from broadax.backends.planner.gathers import Gather
from broadax.backends.planner.items import Item
from broadax.backends.planner.kinds import cost
from broadax.backends.planner.nests import Level, items_in
from broadax.backends.planner.nodes import Chosen, Loop, dim_atoms, walk
from broadax.transforms.core.sizes import Size, SizeOp

# Work is counted in quarters of a nanosecond.
LOAD = 2  # a load or a store


def independent(content) -> bool:
    """May the turns of a nest's outermost loop run at the same time, in any order?"""
    return isinstance(content, Level) and all(_own(item, content.loop) for item in items_in(content))


def _own(item: Item, loop: Loop) -> bool:
    """Does the item write, in each turn of the loop, only what no other turn reads or writes?"""
    if any(node.op == "wrap" for root in item.roots for node in walk(root)):
        return False  # it may raise
    if loop not in item.loops or item.kind in ("reduce", "arg") and item.is_reduced(loop):
        return False
    written = item.stored or item.kind in ("update", "piece") or not item.in_register
    return not written or any(_moves(dim, loop) for dim in item.index)


def _moves(dim, loop: Loop) -> bool:
    """Is an index another one in each turn of the loop, whatever other loops do?"""
    if not isinstance(dim, Size) or any(isinstance(a, SizeOp) for mono in dim.terms for a in mono):
        return False
    others = {a for a in dim_atoms(dim) if isinstance(a, (Loop, Chosen)) and a is not loop}
    return not others and [mono for mono in dim.terms if loop in mono] == [(loop,)]


def work(content: Level, outer: set):
    """The work of a turn of the loops `outer`, as a dimension, in quarters of a nanosecond."""
    total = 0
    for item in [content.whole] if isinstance(content, Gather) else items_in(content):
        own = LOAD if item.stored or item.kind in ("update", "piece") else 0
        for node in {n for root in item.roots for n in walk(root)}:
            own += LOAD if node.op == "load" else 0
            own += int(cost(node.data)) if node.op == "prim" else 0
        for loop in item.loops:
            own = own if loop in outer else own * loop.extent
        total = total + own
    return total
