"""Nests that run over whole arrays in the order of their memory: one loop does for all their axes.

Short rows would leave the vectoriser with much that is not a whole vector.
"""

from __future__ import annotations

from broadax.backends.planner.items import Item
from broadax.backends.planner.nests import Level, items_in
from broadax.backends.planner.nodes import walk
from broadax.transforms.core.statements import Var

# What an element is computed from, beside loads: nothing that depends on where it is.
PLACELESS = frozenset({"lit", "scalar", "prim", "convert", "arithmetic", "select"})


def flat_loops(content) -> list:
    """The loops of a nest in which all items stand in the innermost one; empty for other nests."""
    loops = []
    while isinstance(content, Level):
        loops.append(content.loop)
        children = [child.content for child in content.children]
        if len(children) == 1:
            content = children[0]
        elif all(isinstance(c, Item) for c in children):
            return loops
        else:
            return []
    return loops


def _overwrites(item: Item) -> bool:
    """Is it an update of each element of an array?"""
    whole = item.kind == "update" and item.index == item.at and len(item.op.args) == 2
    return whole and item.op.args[0].shape == item.space


def flat_arrays(content) -> list[Var]:
    """The arrays that a nest of at least two loops reads and makes, if it may be one loop; else nothing."""
    loops = flat_loops(content)
    if len(loops) < 2:
        return []
    found: dict[Var, None] = {}
    for item in items_in(content):
        if [loop for loop in item.axes if loop is not None] != loops:
            return []
        if item.kind == "map" or _overwrites(item):
            found[item.out] = None
        elif item.kind != "reduce" or item.out.ndim or item.op.prim.name in ("einsum", "matmul"):
            return []
        at = item.at
        for root in item.roots:
            for node in walk(root):
                if node.op == "load" and node.data == (node.data[0], at) and node.data[0].shape == item.space:
                    found[node.data[0]] = None
                elif node.loops and node.op not in PLACELESS or node.op == "wrap":
                    return []
    return list(found)
