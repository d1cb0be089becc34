"""Which values get memory (or a name) and which are computed where they are read.

A value is computed where it is read if that happens once for each of its elements, or costs next to nothing,
and
no write to memory that it reads comes between. Views are never given memory of their own, unless something
that is not a loop nest needs them.
"""

from __future__ import annotations

from collections import Counter
from functools import partial

from broadax.backends.planner.elements import Elements
from broadax.backends.planner.items import Item
from broadax.backends.planner.kinds import PLACED, UPDATES, WRITING, cost, einsum_letters, kind
from broadax.backends.planner.nodes import loads
from broadax.backends.planner.operands import base_of
from broadax.backends.planner.ranges import Ranges
from broadax.backends.planner.recompute import Recomputing
from broadax.backends.planner.runs import runs
from broadax.transforms.core.statements import (
    Block,
    Effect,
    Function,
    If,
    Op,
    Var,
    While,
    block_uses,
    blocks,
    size_vars,
    statements,
    uses,
)
from broadax.transforms.facts.storage import Storage

CHEAP = 2  # a value that costs no more is computed again for each reader…
READERS = 3  # …of which there are no more than this
LONG_SCALAR, LONG_ARRAY = 8, 24  # operations in one expression


class Inlining:
    """The decision for every variable of a function.

    Attributes:
        inlined: variables without memory or name.
        definition: variable → its operation.
        storage: which arrays may share memory.
        elements: builds element expressions under this decision.
        runs: as `runs` gives them, of all blocks.
    """

    def __init__(self, function: Function):
        self.storage = Storage(function)
        self.ranges = Ranges(function)
        self.definition = self.ranges.definition
        self.inlined: set[Var] = set()
        self.home: dict[Var, tuple[Block, int]] = {}
        self.last: dict[Var, int] = {}
        self.copies: dict[Var, Var | None] = {}  # what is read by one copy only
        self.readers: Counter = Counter()
        self.repeated: set[Var] = set()
        self.runs: dict[Op, list[Op]] = {}
        self.in_run: dict[Op, Op] = {}  # an update → the first of its run
        self.run_readers: dict[Var, set] = {}  # the runs that read a variable: each is one reader
        self.outside: Counter = Counter()  # readers that are in no run
        self.kept: set[Var] = set()
        self.weight: dict[Var, int] = {}
        self.read: dict[Var, set] = {}
        self.total: dict[Var, float] = {}
        self.conditions = {s.cond for s in statements(function.body) if isinstance(s, While)}
        self._visit(function.body)
        self._compute_again(function.body, Recomputing(self, partial(written, storage=self.storage)))
        self.elements = Elements(self.definition, self.inlined, self.ranges)

    def _visit(self, block: Block) -> None:
        for stmt in block.stmts:
            for inner in blocks(stmt):
                self._visit(inner)
        self._count(block)
        self._settle(block)

    def _compute_again(self, block: Block, recomputing: Recomputing) -> None:
        recomputing.block(block)
        for stmt in block.stmts:
            for inner in blocks(stmt):
                self._compute_again(inner, recomputing)

    # ── backwards: who reads a value, how often ───────────────────────────────────────────────────

    def _count(self, block: Block) -> None:
        found = runs(block)
        self.runs |= found
        for first in found.values():
            for op in first:
                self.in_run.setdefault(op, first[0])
        if block not in self.conditions:
            self.kept.update(a for a in block.results if isinstance(a, Var))
        for position, stmt in enumerate(block.stmts):
            self.home.update((v, (block, position)) for v in stmt.outs)
            if isinstance(stmt, Op) and len(stmt.outs) == 1:
                own = cost(stmt)
                if stmt.prim.name not in UPDATES:  # those have memory
                    self.total[stmt.out] = own + sum(
                        self.total.get(a, 0) for a in set(stmt.args) if isinstance(a, Var)
                    )
        if (
            block in self.conditions
            and isinstance(block.results[0], Var)
            and self._is_home(block.results[0], block)
        ):
            self._note(block.results[0], 1, len(block.stmts) - 1)
        for position in range(len(block.stmts) - 1, -1, -1):
            stmt = block.stmts[position]
            if isinstance(stmt, Op) and len(stmt.outs) == 1 and self._may_inline(stmt):
                self.inlined.add(stmt.out)
            self._count_reads(stmt, block, position)

    def _may_inline(self, op: Op) -> bool:
        out, found = op.out, kind(op)
        if out in self.kept or found not in ("view", "leaf", "point") or not self.readers[out]:
            return False
        if out.shape == ():
            return self.readers[out] == 1 and out not in self.repeated
        if found in ("view", "leaf"):
            return True
        if self.readers[out] == 1 and out not in self.repeated:
            return True
        readers = self.outside[out] + len(self.run_readers.get(out, ()))
        return self.total[out] <= CHEAP and readers <= READERS

    def _count_reads(self, stmt, block: Block, position: int) -> None:
        self.kept.update(size_vars([getattr(stmt, "params", {}), *(v.aval for v in stmt.outs)]))
        if isinstance(stmt, Op):
            for k, atom in enumerate(stmt.args):
                if isinstance(atom, Var) and atom not in stmt.args[:k]:
                    self._count_read(stmt, k, atom, block, position)
            return
        direct = ()
        if isinstance(stmt, If) or isinstance(stmt, Effect) and stmt.kind == "check":
            direct = (stmt.cond,) if isinstance(stmt, If) else stmt.args[:1]
        self.kept.update(v for v in uses(stmt) if v not in direct)
        for atom in direct:
            if isinstance(atom, Var) and self._is_home(atom, block):
                self._note(atom, 1, position)
        self._read_inside(stmt, block, position)

    def _is_home(self, var: Var, block: Block) -> bool:
        return var in self.home and self.home[var][0] is block

    def _note(self, var: Var, readers: int, position: int, copy: Var | None = None, outside=None) -> None:
        self.copies[var] = copy if var not in self.copies else None
        self.readers[var] += readers
        self.outside[var] += readers if outside is None else outside
        self.last[var] = max(position, self.last.get(var, 0))

    def _read_inside(self, stmt, block: Block, position: int) -> None:
        """What inner blocks read from this one: only views may be computed there."""
        for inner in blocks(stmt):
            for var in block_uses(inner):
                if self._is_home(var, block):
                    if kind_of(self.definition.get(var)) != "view" or var.shape == ():
                        self.kept.add(var)
                    self.repeated.add(var)
                    self._note(var, 1, position)

    def _count_read(self, op: Op, k: int, atom: Var, block: Block, position: int) -> None:
        out, found = op.outs[0], kind(op)
        through = out in self.inlined
        if (found in ("alias", "call", "stack") or found == "update" and k == 0) and not self._as_view(
            op, atom, block
        ):
            self.kept.add(atom)
        if not self._is_home(atom, block):
            return
        readers, last = (self.readers[out], self.last.get(out, position)) if through else (1, position)
        outside = readers
        if through or op in self.in_run:
            runs_of = self.run_readers.get(out, set()) if through else {self.in_run[op]}
            self.run_readers[atom] = self.run_readers.get(atom, set()) | runs_of
            outside = self.outside[out] if through else 0
        self._note(atom, readers, last, out if op.prim.name == "copy" else None, outside)
        if through and out in self.repeated or self._repeats(op, k, atom):
            self.repeated.add(atom)

    def _as_view(self, op: Op, atom: Var, block: Block) -> bool:
        """Can a call read this operand as a view? What it is a view of then needs memory."""
        source = self.definition.get(atom)
        written = op.args[0] if op.prim.name in PLACED else None
        if op.prim.name not in ("matmul", *PLACED) or source is None or atom is written:
            return False
        base = base_of(atom, self.definition, self.ranges)
        if base is not None and (
            kind_of(self.definition.get(base)) != "point" or not self._is_home(base, block)
        ):
            self.kept.add(base)
            return True
        last = atom.ndim - 1
        if source.prim.name != "transpose" or source.params["axes"] != (*range(last - 1), last, last - 1):
            return False
        self.kept.add(source.args[0])
        return True

    def _repeats(self, op: Op, k: int, atom: Var) -> bool:
        """Does the operation read an element of this operand more than once?"""
        if atom.shape == ():
            return False
        name, found = op.prim.name, kind(op)
        if name == "index":
            return k == 0 and found == "point"
        if found == "contract":
            return name == "matmul" and op.out.ndim > 0 or name == "einsum" and self._einsum_repeats(op, k)
        if found == "update":
            return atom.ndim < 1
        if op.prim.kind == "elementwise" or name == "broadcast_to":
            return _broadcasts(atom.shape, op.out.shape)
        return False

    def _einsum_repeats(self, op: Op, k: int) -> bool:
        operands, _ = einsum_letters(op)
        return set(operands[k]) != set("".join(operands))

    # ── forwards: hazards and length ──────────────────────────────────────────────────────────────

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
        if op is None or kind(op) in ("alias", "update") or not self._is_home(array, block):
            return False
        target = update.args[0]
        return not self._is_home(target, block) or self.home[target][1] < self.home[array][1]


def kind_of(op: Op | None) -> str:
    """The kind of the operation that defines a variable; '' for parameters and what control flow defines."""
    return "" if op is None else kind(op)


def written(stmt, storage: Storage) -> set:
    """The memory that a statement, or one inside it, writes to."""
    found: set = set()
    if isinstance(stmt, Op):
        if stmt.prim.name in WRITING:
            found.add(storage.of(stmt.args[0]))
        return found
    for inner in blocks(stmt):
        for sub in inner.stmts:
            found |= written(sub, storage)
    return found


def _broadcasts(shape, result) -> bool:
    """Is each element read several times, other than in consecutive innermost loops?"""
    padded = (1,) * (len(result) - len(shape)) + tuple(shape)
    repeated = [a == 1 and b != 1 for a, b in zip(padded, result, strict=True)]
    kept = [k for k, a in enumerate(padded) if a != 1]
    return any(repeated[: kept[-1]]) if kept else False
