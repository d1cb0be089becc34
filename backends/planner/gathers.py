"""Updates of slices of one array, each a shift of the others, as one nest that adds up what an element gets.

    y[:-2] += a                 for i in range(2, n - 2):
    y[1:-1] += b        →           y[i] += a[i] + b[i - 1] + c[i - 2]
    y[2:] += c

The loops run over the array that is updated, between the greatest lower bound and the least upper bound of
the slices in each axis; what lies outside is left to the updates one by one. An axis with an index, the same
for all updates, has no loop. An update covers a box, and an
element of the box reads only what the update itself reads for it, so every index is in range as it was. Sums
are rounded in another order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from broadax.backends.planner.access import aligned
from broadax.backends.planner.elements import Elements
from broadax.backends.planner.items import Item
from broadax.backends.planner.linear import total
from broadax.backends.planner.nests import Facts, Level, Step, item_facts
from broadax.backends.planner.nodes import Loop, dim_atoms, index_nodes, loads, walk
from broadax.transforms.core.sizes import Size, hint
from broadax.transforms.core.statements import Op, Var
from broadax.transforms.facts.storage import Storage
from broadax.transforms.primitives import registry

MOST_PRIMS = 64  # operations of all updates: their text is written three times


@dataclass(eq=False)
class Gather(Level):
    """The nest; its items are the updates, over the array's own indices.

    Attributes:
        loops: one for each axis of the array that is sliced, outermost first.
        boxes: update → for each loop the first index and the one behind the last.
        elements: builds expressions.
    """

    loops: list[Loop] = field(default_factory=list)
    boxes: dict[Item, tuple] = field(default_factory=dict)
    elements: Elements | None = None

    @cached_property
    def whole(self) -> Item:
        """All its updates as one, of an element that all of them cover."""
        return self.sum_of([*self.boxes])

    def sum_of(self, items: list[Item]) -> Item:
        """Several of its updates as one, of elements that all of them cover."""
        first = items[0]
        root = total([item.root for item in items], self.elements)
        name = "at_set" if any(item.op.prim.name == "at_set" for item in items) else "at_add"
        return replace_item(first, root, replace(first.op, prim=registry.get(name)))


def replace_item(item: Item, root, op: Op) -> Item:
    """The item with another value."""
    new = replace(item, root=root, op=op)
    new.loops, new.index = item.loops, item.index
    return new


def gather(ops: list[Op], elements: Elements, storage: Storage) -> Gather | None:
    """The nest of some neighbouring updates; None where they must stay apart, or have little in common."""
    target, boxes = ops[0].args[0], [*map(_box, ops)]
    if all(box == boxes[0] for box in boxes) or not _overlap(boxes):
        return None
    if target.dtype.kind not in "fc" or any(op.args[0].aval != target.aval for op in ops):
        return None
    sliced = [k for k, entry in enumerate(ops[0].params["spec"]) if entry[0] == "slice"]
    loops = [Loop(f"row{k}", target.shape[k]) for k in sliced]
    content = Gather(loops[0].extent, [], loops[0], loops, {}, elements)
    for op, box in zip(ops, boxes, strict=True):
        item = _bound(op, box, loops, elements)
        if not _may_take_part(item, storage):
            return None
        facts = item_facts(item, storage)
        for dim in (d for ends in box for d in ends):
            facts.reads.update(a for a in dim_atoms(dim) if isinstance(a, Var))
        content.children.append(Step(item, facts))
        content.boxes[item] = box
    prims = sum(node.op == "prim" for item in content.boxes for node in walk(item.root))
    return None if prims > MOST_PRIMS else content


def facts_of(content: Gather) -> Facts:
    """The facts of the whole nest."""
    facts = Facts()
    for child in content.children:
        facts.add(child.facts)
    return facts


def _overlap(boxes: list[tuple]) -> bool:
    """Do the boxes have most of each axis in common at the first call, as far as that is known?"""
    for spans in zip(*boxes, strict=True):
        starts, stops = ([hint(span[end]) for span in spans] for end in (0, 1))
        if None in starts or None in stops:
            continue
        longest = max(stop - start for start, stop in zip(starts, stops, strict=True))
        if 2 * (min(stops) - max(starts)) < longest:
            return False
    return True


def _box(op: Op) -> tuple:
    slices = (entry[1:3] for entry in op.params["spec"] if entry[0] == "slice")
    return tuple((start, start + length) for start, length in slices)


def _bound(op: Op, box: tuple, loops: list[Loop], elements: Elements) -> Item:
    """The item of an update, over the indices of its target."""
    item = Item.update(op)
    value = op.args[1]
    at = tuple(Size.of(loop) - first for loop, (first, _) in zip(loops, box, strict=True))
    item.loops, item.index = list(loops), elements.subscript(op.args[0].shape, op, op.args[2:], at)
    # The first loop's axis of a slice of length 1 is the only element of it.
    at = tuple(0 if own is None else k for own, k in zip(item.axes, at, strict=True))
    wide = (0,) * (value.ndim - len(at)) + at
    item.root = elements.cast(elements.value(value, aligned(wide, value.shape)), op.args[0].aval)
    return item


def _may_take_part(item: Item, storage: Storage) -> bool:
    """Are the update's elements next to each other, computed without fail, and from other memory?"""
    steps = (entry[3] for entry in item.op.params["spec"] if entry[0] == "slice")
    if index_nodes(item.index) or any(step != 1 or not isinstance(step, int) for step in steps):
        return False
    if any(node.op in ("wrap", "around") for node in walk(item.root)):
        return False
    memory = storage.of(item.op.args[0])
    return all(storage.of(node.data[0]) is not memory for node in loads(item.root))
