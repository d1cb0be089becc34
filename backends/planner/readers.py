"""Who reads a value, and how often: what says whether it can be computed where it is read.

A block is read backwards: a value that is computed where it is read has the readers of what reads it.
"""

from __future__ import annotations

from collections import Counter

from broadax.backends.planner.kinds import UPDATES, cost, einsum_letters, kind
from broadax.backends.planner.operands import base_of
from broadax.backends.planner.ranges import Ranges
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
from broadax.transforms.facts.storage import PLACED

CHEAP = 2  # a value that costs no more is computed again for each reader…
READERS = 3  # …of which there are no more than this


class Readers:
    """The readers of the values of a function, whose blocks are counted from the innermost ones outwards.

    Attributes:
        definition: variable → its operation.
        inlined: variables without memory or name, as far as their readers allow it.
        kept: variables that something reads which is no loop nest.
        home: variable → the block and the position in it where it is defined.
        last: variable → the position in that block of its last reader.
        readers: how many statements read a variable.
        outside: how many of them are in no run of updates.
        repeated: variables whose elements a reader reads more than once.
        copies: variable → the copy that alone reads it, None if others do.
        runs: as `runs` gives them, of all blocks.
    """

    def __init__(self, function: Function):
        self.ranges = Ranges(function)
        self.definition = self.ranges.definition
        self.inlined: set[Var] = set()
        self.kept: set[Var] = set()
        self.home: dict[Var, tuple[Block, int]] = {}
        self.last: dict[Var, int] = {}
        self.readers: Counter = Counter()
        self.outside: Counter = Counter()
        self.repeated: set[Var] = set()
        self.copies: dict[Var, Var | None] = {}
        self.runs: dict[Op, list[Op]] = {}
        self.in_run: dict[Op, Op] = {}  # an update → the first of its run
        self.run_readers: dict[Var, set] = {}  # the runs that read a variable: each is one reader
        self.total: dict[Var, float] = {}
        self.conditions = {s.cond for s in statements(function.body) if isinstance(s, While)}

    def count(self, block: Block) -> None:
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
            and self.is_home(block.results[0], block)
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
            if isinstance(atom, Var) and self.is_home(atom, block):
                self._note(atom, 1, position)
        self._read_inside(stmt, block, position)

    def is_home(self, var: Var, block: Block) -> bool:
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
                if self.is_home(var, block):
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
        if not self.is_home(atom, block):
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
            kind_of(self.definition.get(base)) != "point" or not self.is_home(base, block)
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


def kind_of(op: Op | None) -> str:
    """The kind of the operation that defines a variable; '' for parameters and what control flow defines."""
    return "" if op is None else kind(op)


def _broadcasts(shape, result) -> bool:
    """Is each element read several times, other than in consecutive innermost loops?"""
    padded = (1,) * (len(result) - len(shape)) + tuple(shape)
    repeated = [a == 1 and b != 1 for a, b in zip(padded, result, strict=True)]
    kept = [k for k, a in enumerate(padded) if a != 1]
    return any(repeated[: kept[-1]]) if kept else False
