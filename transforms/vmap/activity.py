"""Which variables of a function differ between the examples, and which statements go one by one.

A variable is *batched* if its value may differ between examples. A statement is a *region* if it
can't run for all examples together, since its control flow, a size, or a stack differs between
them; it will run inside a loop over the examples. Both sets are found by repeating a forward pass
until nothing changes.
"""

from __future__ import annotations

from broadax.transforms.core import sizes
from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import (
    Block,
    Effect,
    For,
    Function,
    If,
    Op,
    Stmt,
    Var,
    While,
    block_uses,
    blocks,
    bound,
    definitions,
    operands,
    size_vars,
    statements,
    uses,
)
from broadax.transforms.primitives.collective import SAME_FOR_ALL
from broadax.transforms.vmap.collectives import is_collective
from broadax.transforms.vmap.maskable import by_index, maskable
from broadax.transforms.vmap.select import selectable

STACKS = ("stack_new", "stack_push", "stack_pop", "stack_copy")
UPDATES = ("at_set", "at_add")
# Operations that are much cheaper for all examples at once where they share one operand.
SHARED = ("matmul", "einsum", "solve")


class Activity:
    """The batched variables and the regions of a function.

    Args:
        masked: control flow in which the examples part ways may run under a mask instead.

    Attributes:
        batched: variables whose values differ between examples.
        regions: statements that run one example at a time.
    """

    def __init__(self, function: Function, batched, size, name=None, masked: bool = False):
        self.size, self.name, self.masked = size, name, masked
        self.batched: set[Var] = set(batched)
        self.regions: set[Stmt] = set()
        self.lone: set[Var] = set()  # representatives of stacks of which each example has its own
        self._free: dict[Stmt, list[Var]] = {}
        self._stacks = _stack_groups(function.body)
        made = [s for s in statements(function.body) if isinstance(s, Op) and s.prim.name == "stack_new"]
        self._crossed = {self._root(s.out) for s in made if not s.params.get("mirrored")}
        while True:
            before = self._state()
            self._block(function.body)
            if self._state() == before:
                self._force(function.body)
                if self._state() == before:
                    return

    def _state(self) -> tuple:
        return len(self.batched), len(self.regions), len(self.lone)

    # ── questions ─────────────────────────────────────────────────────────────────────────────────

    def is_batched(self, atom) -> bool:
        return atom in self.batched

    def ragged(self, var: Var) -> bool:
        """Does the size of an array differ between examples?"""
        return any(v in self.batched for v in size_vars(var.aval))

    def glued(self, var: Var) -> bool:
        """Can `var` live only inside a loop over the examples?"""
        return self.ragged(var) or (isinstance(var.aval, StackAval) and self._root(var) in self.lone)

    def mirrored(self, stack: Var) -> bool:
        """Is a stack emptied by the turns that filled it, in reverse?"""
        return self._root(stack) not in self._crossed

    def touched(self, stmt: Stmt) -> bool:
        """Does the statement read or define anything that is batched?"""
        return (
            stmt in self.regions
            or self.resolved(stmt)
            or any(v in self.batched for v in (*stmt.outs, *self.free(stmt)))
        )

    def resolved(self, stmt: Stmt) -> bool:
        """Is it a collective over the axis of this batch?"""
        return self.name is not None and is_collective(stmt, self.name)

    def free(self, stmt: Stmt) -> list[Var]:
        """The variables that a statement and its blocks read from outside, in order of reading."""
        if stmt not in self._free:
            inner = [v for block in blocks(stmt) for v in block_uses(block)]
            defined = {*bound(stmt), *(v for block in blocks(stmt) for v in definitions(block))}
            self._free[stmt] = [v for v in dict.fromkeys((*uses(stmt), *inner)) if v not in defined]
        return self._free[stmt]

    # ── the forward pass ──────────────────────────────────────────────────────────────────────────

    def _mark(self, variables) -> None:
        for var in variables:
            self.batched.update(self._stacks.get(var, (var,)))

    def _root(self, var: Var) -> Var:
        return self._stacks.get(var, (var,))[0]

    def _block(self, block: Block) -> None:
        for stmt in block.stmts:
            if stmt not in self.regions:
                self._stmt(stmt)
                if self._must_be_region(stmt):
                    self.regions.add(stmt)
            if stmt in self.regions:
                self._mark(stmt.outs)
                self.lone.update(self._root(v) for v in (*stmt.outs, *self.free(stmt)) if _is_stack(v))

    def _stmt(self, stmt: Stmt) -> None:
        for block in blocks(stmt):
            self._block(block)
        match stmt:
            case Op() if self.resolved(stmt):
                if stmt.prim.name not in SAME_FOR_ALL:
                    self._mark(stmt.outs)
            case Op():
                if any(v in self.batched for v in uses(stmt)):
                    self._mark(stmt.outs)
            case If():
                joined = zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True)
                cond = stmt.cond in self.batched
                self._mark(v for v, a, b in joined if cond or a in self.batched or b in self.batched)
            case For() | While():
                turns = zip(stmt.carries, stmt.init, stmt.body.results, stmt.outs, strict=True)
                apart = self.masked and self.diverges(stmt)  # what all count alike ends at different numbers
                if apart and isinstance(stmt, For) and not by_index(stmt):
                    self._mark((stmt.index,))
                for carry, first, last, out in turns:
                    if apart or any(a in self.batched for a in (carry, first, last, out)):
                        self._mark((carry, out))

    def _must_be_region(self, stmt: Stmt) -> bool:
        around = (*stmt.outs, *self.free(stmt))
        if any(self.glued(v) for v in around):
            return True
        match stmt:
            case Op():
                return self._op_is_region(stmt)
            case Effect():
                unknown = sizes.hint(self.size) is None  # there may be no example to speak of
                return (stmt.kind == "print" or unknown) and any(a in self.batched for a in stmt.args)
        if not self.diverges(stmt):
            return False
        return not (self.masked and maskable(stmt, self.is_batched, self.mirrored))

    def diverges(self, stmt: Stmt) -> bool:
        """Do the examples part ways at a control statement?"""
        match stmt:
            case If():
                return stmt.cond in self.batched and not selectable(stmt)
            case For():
                return any(a in self.batched for a in (stmt.lo, stmt.hi, stmt.step))
            case While():
                return stmt.cond.results[0] in self.batched
        return False

    def _op_is_region(self, stmt: Op) -> bool:
        if stmt.prim.name == "size" or self.resolved(stmt) or not any(v in self.batched for v in uses(stmt)):
            return False
        if any(v in self.batched for v in size_vars(stmt.params)):
            return True
        own = stmt.prim.kind == "elementwise" or stmt.prim.name in (*STACKS, "call")
        return stmt.prim.batch is None and not own

    # ── loops around regions ──────────────────────────────────────────────────────────────────────

    def _force(self, block: Block) -> None:
        """Make regions of the loops that hold regions.

        Otherwise each turn would store the region's results for the whole batch anew, and the cost
        of a turn would grow with the arrays that the loop carries.
        """
        for stmt in block.stmts:
            if stmt in self.regions:
                continue
            for inner in blocks(stmt):
                self._force(inner)
            if self._holds_region(stmt) and (self.diverges(stmt) or not self._gains(stmt)):
                self.regions.add(stmt)

    def _holds_region(self, stmt: Stmt) -> bool:
        return any(s in self.regions for block in blocks(stmt) for s in statements(block))

    def _gains(self, loop: Stmt) -> bool:
        """Is it better to keep a loop around regions for all examples together?

        It is where the loop multiplies by a matrix that all examples share, and no region updates
        elements of an array.
        """
        if isinstance(loop, If):
            return True
        outside = [s for block in blocks(loop) for s in self._outside_regions(block)]
        shared = any(
            isinstance(s, Op)
            and s.prim.name in SHARED
            and [a in self.batched for a in s.args].count(True) == 1
            for s in outside
        )
        regions = (s for block in blocks(loop) for s in statements(block) if s in self.regions)
        return shared and not any(_updates(r) for r in regions)

    def _outside_regions(self, block: Block):
        for stmt in block.stmts:
            if stmt not in self.regions:
                yield stmt
                for inner in blocks(stmt):
                    yield from self._outside_regions(inner)


def _updates(stmt: Stmt) -> bool:
    whole = (stmt, *(s for block in blocks(stmt) for s in statements(block)))
    return any(isinstance(s, Op) and s.prim.name in UPDATES for s in whole)


def _is_stack(var: Var) -> bool:
    return isinstance(var.aval, StackAval)


def _stack_groups(block: Block) -> dict[Var, list[Var]]:
    """Each stack variable with all the versions of the same stack; they have one item type."""
    groups: dict[Var, list[Var]] = {}

    def join(*variables) -> None:
        stacks = [v for v in variables if isinstance(v, Var) and _is_stack(v)]
        merged = list(dict.fromkeys(w for v in stacks for w in groups.get(v, [v])))
        groups.update((v, merged) for v in merged)

    for stmt in statements(block):
        match stmt:
            case Op():
                join(*stmt.outs, *operands(stmt))
            case If():
                for group in zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True):
                    join(*group)
            case For() | While():
                for group in zip(stmt.outs, stmt.carries, stmt.init, stmt.body.results, strict=True):
                    join(*group)
    return groups
