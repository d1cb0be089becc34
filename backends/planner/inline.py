"""Which values get memory (or a name) and which are computed where they are read.

A value is computed where it is read if that happens once for each of its elements, or costs next to nothing,
and no write to memory that it reads comes between (who reads it: `readers`). Views are never given memory of
their own, unless something that is not a loop nest needs them.
"""

from __future__ import annotations

from functools import partial

from broadax.backends.planner.elements import Elements
from broadax.backends.planner.items import Item
from broadax.backends.planner.kinds import UPDATES, kind
from broadax.backends.planner.nodes import loads
from broadax.backends.planner.readers import Readers
from broadax.backends.planner.recompute import Recomputing
from broadax.transforms.core.statements import Block, Effect, Function, Op, Var, blocks
from broadax.transforms.facts.storage import Storage, written

LONG_SCALAR, LONG_ARRAY = 8, 24  # operations in one expression


class Inlining(Readers):
    """The decision for every variable of a function.

    Attributes:
        storage: which arrays may share memory.
        elements: builds element expressions under this decision.
    """

    def __init__(self, function: Function):
        super().__init__(function)
        self.storage = Storage(function)
        self.weight: dict[Var, int] = {}
        self.read: dict[Var, set] = {}
        self._visit(function.body)
        self._compute_again(function.body, Recomputing(self, partial(written, storage=self.storage)))
        self.elements = Elements(self.definition, self.inlined, self.ranges)

    def _visit(self, block: Block) -> None:
        for stmt in block.stmts:
            for inner in blocks(stmt):
                self._visit(inner)
        self.count(block)
        self._settle(block)

    def _compute_again(self, block: Block, recomputing: Recomputing) -> None:
        recomputing.block(block)
        for stmt in block.stmts:
            for inner in blocks(stmt):
                self._compute_again(inner, recomputing)

    def _settle(self, block: Block) -> None:
        for position, stmt in enumerate(block.stmts):
            if isinstance(stmt, Op) and len(stmt.outs) == 1:
                self._shorten(stmt)
                hazard = stmt.out in self.inlined and self._hazard(stmt.out, block, position)
                if hazard and not self._left_to_copy(stmt.out, block, position):
                    self._keep(stmt.out)
                if stmt.prim.name in UPDATES:
                    self._separate(stmt)

    def _left_to_copy(self, var: Var, block: Block, position: int) -> bool:
        """Is the value read by a copy only, before its memory is written? Then the copy gets memory."""
        copy = self.copies.get(var)
        if copy is None or self.readers[var] != self.readers[copy] or copy not in self.inlined:
            return False
        last, self.last[var] = self.last[var], self.home[copy][1]
        if self._hazard(var, block, position):
            self.last[var] = last
            return False
        self._keep(copy)
        return True

    def _keep(self, var: Var) -> None:
        self.inlined.discard(var)
        self.weight[var] = 0
        self.read[var] = {self.storage.of(var)}

    def _shorten(self, op: Op) -> None:
        limit = LONG_SCALAR if op.out.shape == () else LONG_ARRAY
        inlined = [a for a in dict.fromkeys(op.args) if isinstance(a, Var) and a in self.inlined]
        total = 1 + sum(self.weight.get(a, 0) for a in inlined)
        for atom in sorted(inlined, key=lambda a: -self.weight.get(a, 0)):
            if total > limit and kind(self.definition[atom]) == "point":
                total -= self.weight[atom]
                self._keep(atom)
        self.weight[op.out] = total
        self.read[op.out] = set().union(
            *(
                self.read.get(a, {self.storage.of(a)}) if a in self.inlined else {self.storage.of(a)}
                for a in op.args
                if isinstance(a, Var) and a.shape or a in self.inlined
            )
        )

    def _hazard(self, var: Var, block: Block, position: int) -> bool:
        """Is memory that the value reads written between its definition and where it is computed?"""
        last = self.last.get(var, position)
        raises = self._may_raise(var)
        for k in range(position + 1, last + 1):
            stmt = block.stmts[k]
            if k == last and isinstance(stmt, Op):
                continue  # an update that reads it itself: see `_separate`
            if raises and isinstance(stmt, Effect) and k < last:
                return True
            if self.read[var] & written(stmt, self.storage):
                return True
        return False

    def _may_raise(self, var: Var) -> bool:
        op = self.definition[var]
        if op.prim.name == "index" and len(op.args) > 1 and not op.params.get("checked"):
            return True
        return any(isinstance(a, Var) and a in self.inlined and self._may_raise(a) for a in op.args)

    def _separate(self, op: Op) -> None:
        """Give memory to what an update reads, unless it reads each element only to write it."""
        target = self.storage.of(op.args[0])
        suspects = [
            a
            for a in op.args[1:]
            if isinstance(a, Var) and a.shape != () and a in self.inlined and target in self.read[a]
        ]
        if not suspects:
            return
        item = Item.update(op)
        item.bind(Elements(self.definition, self.inlined, self.ranges), {})
        if self.overlapping(item):
            for atom in suspects:
                self._keep(atom)

    def overlapping(self, item: Item) -> list[Var]:
        """The arrays of which an update reads elements that it may have written before."""
        target = item.op.args[0]
        memory, found = self.storage.of(target), {}
        if not item.loops:
            return []
        # An index array may name an element twice: it is then read after it was written.
        once = all(a.shape == () for a in item.op.args[2:])
        for node in (n for root in item.roots for n in loads(root)):
            array, index = node.data
            same = once and array is target and index == item.index
            if self.storage.of(array) is memory and not same and not self._made_after(array, item.op):
                found[array] = None
        return list(found)

    def _made_after(self, array: Var, update: Op) -> bool:
        """Has the array memory of its own, made in the update's block when the target existed already?"""
        op = self.definition.get(array)
        block, _ = self.home[update.out]
        if op is None or kind(op) in ("alias", "update") or not self.is_home(array, block):
            return False
        target = update.args[0]
        return not self.is_home(target, block) or self.home[target][1] < self.home[array][1]
