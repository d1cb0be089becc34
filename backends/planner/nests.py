"""Loop nests as trees: a level is one loop around items and further levels, in running order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from broadax.backends.planner.items import Item
from broadax.backends.planner.kinds import UPDATES
from broadax.backends.planner.nodes import Loop, dim_atoms, dim_loops, loads, node_reads, walk
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var

MOST_ITEMS = 12  # of one nest: larger ones compile slowly and run out of registers


@dataclass(eq=False)
class Facts:
    """What a step of a block reads, defines and writes; decides what may change places."""

    reads: set = field(default_factory=set)
    defines: set = field(default_factory=set)
    memory: set = field(default_factory=set)  # classes of the arrays it reads
    writes: set = field(default_factory=set)  # classes of the arrays it writes into
    effect: bool = False
    raises: bool = False

    def must_follow(self, other: Facts) -> bool:
        """Must this step stay behind the other one?"""
        return bool(
            self.reads & other.defines
            or self.memory & other.writes
            or self.defines & other.defines
            or self.writes & (other.memory | other.writes)
            or self.raises
            and other.effect
        )

    def add(self, other: Facts) -> None:
        self.reads |= other.reads
        self.defines |= other.defines
        self.memory |= other.memory
        self.writes |= other.writes
        self.effect |= other.effect
        self.raises |= other.raises


@dataclass(eq=False)
class Step:
    """One step of a block: a nest, an item without loops, or a statement that is no nest."""

    content: object
    facts: Facts


@dataclass(eq=False)
class Level:
    """A loop of a nest; `children` are `Step`s whose content is a `Level` or an `Item`."""

    extent: object
    children: list = field(default_factory=list)
    loop: Loop | None = None


def items_in(content) -> Iterator[Item]:
    """The items of a nest, in the order in which they run."""
    if isinstance(content, Item):
        yield content
    elif isinstance(content, Level):
        for child in content.children:
            yield from items_in(child.content)


def item_facts(item: Item, storage) -> Facts:
    """The facts of one item, which is bound to its own loops."""
    facts = Facts(defines={item.out})
    for root in item.roots:
        facts.reads |= node_reads(root)
        facts.raises |= any(n.op == "wrap" for n in walk(root))
    for dim in (*item.index, *item.space):
        facts.reads.update(a for a in dim_atoms(dim) if isinstance(a, Var))
    if item.kind == "update":
        facts.reads.add(item.op.args[0])
        facts.writes.add(storage.of(item.op.args[0]))
    facts.memory = {storage.of(v) for v in facts.reads if v.ndim}
    return facts


class Nests:
    """Puts the items of a block into nests, each into an earlier nest where that is legal and of use."""

    def __init__(self, storage, definition: dict):
        self.storage, self.definition = storage, definition

    def place(self, item: Item, steps: list[Step], facts: Facts) -> None:
        """Add an item to the steps of a block."""
        step = Step(item, facts)
        if _is_plain(item):  # to stand between two nests would keep them apart
            place = len(steps)
            while place and isinstance(steps[place - 1].content, Level):
                if facts.must_follow(steps[place - 1].facts):
                    break
                place -= 1
            steps.insert(place, step)
        else:
            self._place(step, item, steps, 0)

    def _place(self, step: Step, item: Item, steps: list[Step], depth: int) -> None:
        if depth < len(item.loops):
            extent = item.loops[depth].extent
            for other in reversed(steps):
                level = other.content
                if (
                    type(level) is Level  # what has loops of its own takes in nothing
                    and level.extent == extent
                    and self._joins(step, item, other, depth)
                ):
                    self._place(step, item, level.children, depth + 1)
                    other.facts.add(step.facts)
                    return
                if step.facts.must_follow(other.facts):
                    break
        content: object = item
        for loop in reversed(item.loops[depth:]):
            copied = Facts()
            copied.add(step.facts)
            content = Level(loop.extent, [Step(content, copied)])
        copied = Facts()
        copied.add(step.facts)
        steps.append(Step(content, copied))

    def _joins(self, step: Step, item: Item, other: Step, depth: int) -> bool:
        """May the item run in the same turns of this loop as all that is in it already?"""
        mine, theirs = step.facts, other.facts
        members = list(items_in(other.content))
        shared = (mine.writes | mine.memory) & theirs.writes | mine.writes & theirs.memory
        if not all(self._in_rows(memory, [item, *members], depth) for memory in shared):
            return False
        if depth == 0 and (len(members) >= MOST_ITEMS or not self._worthwhile(item, mine, members, theirs)):
            return False
        needed = [x for x in members if x.out in mine.reads and x.kind != "update"]
        return all(self._same_turn(item, x, depth) for x in needed)

    def _in_rows(self, memory, items: list[Item], depth: int) -> bool:
        """Does each turn of the loop at `depth` read and write a row of its own of this memory?

        Then what the items do with a row is done in the same order, turn by turn or one after the other.
        """
        rows: set = set()
        places = [(x, n.data) for x in items for root in x.roots for n in loads(root)]
        places += [(x, (x.op.args[0], x.index)) for x in items if x.kind == "update"]
        for item, (array, index) in places:
            if self.storage.of(array) is not memory:
                continue
            if len(item.loops) <= depth:
                return False
            loop, origin = item.loops[depth], self._origin(array)
            found = {
                (origin, k, dim - Size.of(loop)) for k, dim in enumerate(index) if loop in dim_loops(dim)
            }
            found = {row for row in found if not dim_loops(row[2])}
            rows = rows & found if rows else found
            if not rows:
                return False
        return True

    def _origin(self, array: Var) -> Var:
        """The array of which this one is a later version."""
        op = self.definition.get(array)
        while op is not None and op.prim.name in UPDATES:
            array = op.args[0]
            op = self.definition.get(array)
        return array

    def _worthwhile(self, item: Item, mine: Facts, members: list[Item], theirs: Facts) -> bool:
        """Does the item read what the nest reads or makes, or run over exactly the same loops?"""
        if mine.reads & theirs.defines:
            return True
        arrays = {v for v in mine.reads if v.ndim}
        extents = [loop.extent for loop in item.loops]
        return any([loop.extent for loop in x.loops] == extents for x in members) or bool(
            arrays & theirs.reads
        )

    def _same_turn(self, item: Item, producer: Item, depth: int) -> bool:
        """Does the item read only what the producer has finished in the same turn of the loop at `depth`?"""
        if producer.kind in ("update", "piece") or producer.complete <= depth:
            return False
        place = next(
            k for k, dim in enumerate(producer.index) if producer.loops[depth] in set(dim_atoms(dim))
        )
        mine = item.loops[depth]
        found = [n.data[1] for root in item.roots for n in loads(root) if n.data[0] is producer.out]
        if item.kind == "update" and item.op.args[0] is producer.out:
            found.append(item.index)
        return all(set(dim_atoms(i[place])) == {mine} and i[place].terms == {(mine,): 1} for i in found)


def _is_plain(item: Item) -> bool:
    """Is it a scalar that is only a size or a number in another dtype, which can't raise?"""
    plain = item.kind == "scalar" and item.out.dtype.kind in "fc"
    return plain and all(node.op in ("position", "convert", "scalar", "lit") for node in walk(item.root))


def bind(content, elements, path: tuple = ()) -> None:
    """Give every level its loop, and every item of a nest the loops around it."""
    if isinstance(content, Level):
        content.loop = Loop(f"loop{len(path)}", content.extent)
        for child in content.children:
            bind(child.content, elements, (*path, content.loop))
    elif isinstance(content, Item):
        content.bind(elements, dict(zip(content.loops, path, strict=True)))


def narrowed(content, inside: set) -> dict[Var, tuple]:
    """The axes that arrays need whose others are loops around all that makes and reads them.

    Args:
        inside: the variables that nothing outside the nest reads.
    """
    items = list(items_in(content))
    found = {node for item in items for root in item.roots for node in walk(root) if node.op == "load"}
    updated = {item.op.args[0] for item in items if item.kind == "update"}
    axes: dict[Var, tuple] = {}
    for item in items:
        whole = item.kind == "map" or item.kind in ("reduce", "arg") and item.in_register
        if not (item.stored and whole and item.out in inside and item.out not in updated):
            continue
        reads = [node.data[1] for node in found if node.data[0] is item.out]
        shared = {
            k
            for k, dim in enumerate(item.index)
            if any(dim == loop for loop in map(Size.of, item.loops)) and all(i[k] == dim for i in reads)
        }
        if shared:
            axes[item.out] = tuple(k for k in range(item.out.ndim) if k not in shared)
    return axes


def mark_stored(content) -> None:
    """Mark the items of a nest whose result must be stored, because another turn reads it."""
    items = list(items_in(content))
    made = {x.out: x for x in items if x.kind in ("map", "reduce", "arg")}
    for item in items:
        for node in (n for root in item.roots for n in loads(root)):
            producer = made.get(node.data[0])
            if producer is not None and producer is not item and node.data[1] != producer.index:
                producer.stored = True
