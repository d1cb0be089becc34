"""Two loops over rows that lie behind each other in memory are one: `x[1:] - x[:-1]` of shape (n, 3).

Each row is taken whole, by all that is computed, so what follows its last element is the next row's first.
Short rows would leave the vectoriser with much that is no whole vector.
"""

from __future__ import annotations

from broadax.backends.planner.flat import PLACELESS
from broadax.backends.planner.gathers import Gather
from broadax.backends.planner.items import Item
from broadax.backends.planner.nests import Level, items_in
from broadax.backends.planner.nodes import Loop, dim_loops, index_nodes, walk
from broadax.backends.planner.rows import MOST, REDUCTIONS
from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var


def levels(content) -> list[Level]:
    """The levels of a nest, from the outside."""
    if not isinstance(content, Level):
        return []
    return [content, *(level for child in content.children for level in levels(child.content))]


def joined_arrays(level: Level, narrow) -> list[Var]:
    """The arrays whose rows a loop and the one inside it read and write, if these may be one loop.

    Args:
        narrow: arrays that have not all their axes in memory.
    """
    inner = level.children[0].content if len(level.children) == 1 else None
    if not isinstance(inner, Level) or not all(isinstance(c.content, Item) for c in inner.children):
        return []
    return _arrays(list(items_in(inner)), (level.loop, inner.loop), narrow)


def gathered_arrays(content: Gather, narrow) -> list[Var]:
    """The same of a gather, for its last two loops, if all its updates are of whole rows."""
    if len(content.loops) < 2:
        return []
    pair = content.loops[-2], content.loops[-1]
    if any(box[-1] != (0, pair[1].extent) for box in content.boxes.values()):
        return []
    return _arrays(list(content.boxes), pair, narrow)


def _arrays(items: list[Item], pair: tuple[Loop, Loop], narrow) -> list[Var]:
    length, found = sizes.hint(pair[1].extent), {}
    if length is None or length > MOST:
        return []
    for item in items:
        if not _is_elementwise(item, pair):
            return []
        for array, index in _places(item, pair):
            if array in narrow or not _by_rows(array, index, pair):
                return []
            found[array] = None
    return list(found)


def _is_elementwise(item: Item, pair: tuple[Loop, Loop]) -> bool:
    """Is it computed for one element after the other, or a total of all of them?"""
    nodes = {node for root in item.roots for node in walk(root) if node.loops & set(pair)}
    if index_nodes(item.index) or not all(n.op == "load" or n.op in PLACELESS for n in nodes):
        return False
    if item.kind == "reduce":
        total = item.in_register and item.op.prim.name in REDUCTIONS
        return total and all(map(item.is_reduced, pair))
    return item.kind in ("map", "update", "piece")


def _places(item: Item, pair: tuple[Loop, Loop]):
    """The elements that it reads and writes in these loops: arrays and indices."""
    found = [node.data for root in item.roots for node in walk(root) if node.op == "load"]
    if item.kind != "reduce":
        found.append((item.out, item.index))
    return [(array, index) for array, index in found if any(dim_loops(dim) & set(pair) for dim in index)]


def _by_rows(array: Var, index: tuple, pair: tuple[Loop, Loop]) -> bool:
    """Is it an element of a row that the inner loop takes whole, the outer one row after row?"""
    outer, inner = pair
    if len(index) < 2 or array.shape[-1] != inner.extent or index[-1] != Size.of(inner):
        return False
    return not any(dim_loops(dim) & set(pair) for dim in (*index[:-2], index[-2] - Size.of(outer)))
