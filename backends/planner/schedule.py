"""The steps of a block in order: loop nests, and the statements that are none."""

from __future__ import annotations

from broadax.backends.planner.elements import Elements
from broadax.backends.planner.gathers import Gather, facts_of, gather
from broadax.backends.planner.inline import Inlining
from broadax.backends.planner.items import Item, items_of, with_copies
from broadax.backends.planner.kinds import kind
from broadax.backends.planner.nests import (
    Facts,
    Nests,
    Step,
    bind,
    item_facts,
    items_in,
    mark_stored,
    narrowed,
)
from broadax.transforms.core.statements import (
    Block,
    Effect,
    Function,
    Op,
    Stmt,
    Var,
    all_uses,
    blocks,
    size_vars,
    statements,
)
from broadax.transforms.facts.storage import IN_PLACE, written

IN_LOOPS = frozenset({"view", "leaf", "point", "reduce", "contract", "pieces", "update"})
ALLOCATIONS = frozenset({"zeros", "empty"})


class Plan:
    """How a function is computed: what is inlined, and for each block its steps.

    Attributes:
        inlining: which values are computed where they are read.
        steps: block → its `Step`s.
        narrow: array → its axes in memory, where these are not all: the others are loops around all its uses.
    """

    def __init__(self, function: Function):
        self.function = function
        self.inlining = Inlining(function)
        self.storage = self.inlining.storage
        self.elements: Elements = self.inlining.elements
        self.steps: dict[Block, list[Step]] = {}
        self.narrow: dict[Var, tuple] = {}
        self._visit(function.body)

    def _visit(self, block: Block) -> None:
        self.steps[block] = self._schedule(block)
        for stmt in block.stmts:
            for inner in blocks(stmt):
                self._visit(inner)

    # ── what is read, by name ─────────────────────────────────────────────────────────────────────

    def named(self, atom) -> set:
        """The named variables that a use of an operand reads; its sizes too, for indices are checked."""
        if not isinstance(atom, Var):
            return set()
        sizes = {v for v in size_vars(atom.aval) if self._is_computed(v)}
        if atom not in self.inlining.inlined:
            return {atom}.union(*map(self.named, sizes))
        op = self.inlining.definition[atom]
        return set(size_vars(op.params)).union(*map(self.named, (*op.args, *sizes)))

    def _is_computed(self, size: Var) -> bool:
        op = self.inlining.definition.get(size)
        return op is None or size in self.inlining.inlined or self.shown(op)

    def shown(self, stmt: Stmt) -> bool:
        """Does the statement have code of its own?"""
        if not isinstance(stmt, Op) or stmt.prim.name in IN_PLACE:
            return True
        out = stmt.outs[0]
        if len(stmt.outs) == 1 and out in self.inlining.inlined:
            return False
        return any(v in self.inlining.kept or self.inlining.readers[v] for v in stmt.outs)

    def reads(self, stmt: Stmt) -> set:
        """The named variables that a statement reads, in inner blocks too."""
        return set().union(*map(self.named, all_uses(stmt)))

    def is_in_place(self, op: Op) -> bool:
        """Does the operation define its result exactly where it stands in the text?"""
        found = kind(op)
        if found in ("view", "leaf", "point"):
            return op.out.shape == () or self.is_call(op)
        return found not in IN_LOOPS or found == "update"

    def is_call(self, op: Op) -> bool:
        """Is an operation on whole arrays that needs no nest: a fresh array, the copy of one?"""
        name = op.prim.name
        return bool(op.out.shape) and (
            name in ALLOCATIONS or name == "copy" and op.args[0] not in self.inlining.inlined
        )

    # ── steps ─────────────────────────────────────────────────────────────────────────────────────

    def _schedule(self, block: Block) -> list[Step]:
        steps: list[Step] = []
        nests, gathered = Nests(self.storage, self.inlining.definition), set()
        for stmt in block.stmts:
            if not self.shown(stmt) or stmt in gathered:
                continue
            together = self._gather(stmt)
            if together is not None:
                gathered.update(item.op for item in together.boxes)
                steps.append(Step(together, facts_of(together)))
                continue
            if isinstance(stmt, Op) and kind(stmt) in IN_LOOPS and not self.is_call(stmt):
                for item in self._items(stmt, steps):
                    nests.place(item, steps, item_facts(item, self.storage))
            else:
                steps.append(Step(stmt, self._facts(stmt)))
        self._finish(steps)
        return steps

    def _gather(self, stmt: Stmt) -> Gather | None:
        """The updates that begin here, if they can be done together."""
        updates = self.inlining.runs.get(stmt)
        return updates and gather(updates, self.elements, self.storage)

    def _items(self, op: Op, steps: list[Step]) -> list[Item]:
        items = items_of(op)
        for item in items:
            item.bind(self.elements, {})
            item.choose_order()
        if kind(op) == "update":
            return [self._update(items[0], steps)]
        return items

    def _update(self, item: Item, steps: list[Step]) -> Item:
        """An update, behind copies of what it reads in its target's memory, if it reads it elsewhere."""
        copies = {}
        for array in self.inlining.overlapping(item):
            copies[array] = Var(f"{array.name}_old", array.aval, f"{array.base}_old")
            steps.append(
                Step(
                    ("copy", copies[array], array), Facts({array}, {copies[array]}, {self.storage.of(array)})
                )
            )
        if not copies:
            return item
        item = Item.update(with_copies(item.op, copies))
        item.bind(self.elements, {})
        return item

    def _facts(self, stmt: Stmt) -> Facts:
        reads = self.reads(stmt)
        inner = [s for b in blocks(stmt) for s in statements(b)]
        return Facts(
            reads,
            set(stmt.outs),
            {self.storage.of(v) for v in reads if not _is_scalar(v)},
            written(stmt, self.storage),
            any(isinstance(s, Effect) for s in [stmt, *inner]),
            True,
        )

    def _finish(self, steps: list[Step]) -> None:
        for step in steps:
            if not isinstance(step.content, Gather):
                bind(step.content, self.elements)
            mark_stored(step.content)
        for step in steps:
            elsewhere = set().union(*(s.facts.reads for s in steps if s is not step))
            for item in items_in(step.content):
                if item.out in self.inlining.kept or item.out in elsewhere or not item.loops:
                    item.stored = True
            made = {item.out for item in items_in(step.content)}
            self.narrow |= narrowed(step.content, made - self.inlining.kept - elsewhere)


def _is_scalar(var: Var) -> bool:
    return getattr(var.aval, "shape", None) == ()
