"""Loops over elements, and over the columns of arrays, become operations on whole arrays.

for k in range(i):                                  A[i, j] -= A[i, :i] @ A[:i, j]
    A[i, j] -= A[i, k] * A[k, j]            →

for j in range(i, n):                               A[i, i:n] -= A[i, :i] @ A[:i, i:n]
    A[i, j] -= A[i, :i] @ A[:i, j]          →

No turn may need what another one makes, but for sums, which may be added in any order: vector registers and
BLAS do that, and a C compiler that keeps to the order written may not. Where a turn reads a column, one
element from each line of memory, all turns together read rows.
"""

from __future__ import annotations

from broadax.backends.planner.ranges import Ranges
from broadax.backends.rewrites.all_turns import AllTurns
from broadax.backends.rewrites.turns import INDEXING, UPDATES, Access, Turns, meet_in_their_turn, versions
from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.statements import For, Function, Op, Stmt, Var, all_uses, size_vars
from broadax.transforms.simplify import simplify
from broadax.transforms.simplify.rewrite import Rewrite
from broadax.transforms.vmap.lanes import may_raise

UNROLLED = 8  # turns: a loop of so few becomes straight code
PLAIN = frozenset({"convert", "copy", "broadcast_to", "transpose", "sum", "matmul", "einsum"})
MAKING = frozenset({"zeros", "full", "size", "iota"})


def take_loops_whole(function: Function) -> Function:
    """A function in which loops over columns are gone; before copies are inserted."""
    new = _Whole(function).run()
    return new if new is function else simplify(new)


class _Whole(Rewrite):
    def __init__(self, function: Function):
        super().__init__(function)
        self.ranges = Ranges(function)

    def visit(self, stmt: Stmt):
        turns = _turns(stmt, self.ranges) if isinstance(stmt, For) else None
        if turns is None:
            return stmt
        builder = Builder(self.names, self.before.guards)
        with builder.current(), builder.at(stmt.loc, stmt.note), builder.block() as stmts:
            engine = AllTurns(builder, turns)
            if not engine.possible():
                return stmt
            results = engine.run()
        for new in stmts:
            self.emit(new)
        for out, new in zip(stmt.outs, results, strict=True):
            self.substitute(out, new)
        return None


def _turns(loop: For, ranges: Ranges) -> Turns | None:
    """The turns of a loop over columns; None where they can't all run at once, or would gain nothing."""
    ops = loop.body.stmts
    if not all(map(_harmless, ops)) or any(isinstance(c.aval, StackAval) for c in loop.carries):
        return None
    turns = Turns(loop, ranges)
    if turns.count is None or None in turns.accesses.values():
        return None
    moving = [a for a in turns.accesses.values() if a.turning]
    if not (any(map(_is_column, moving)) or _by_elements(turns)) or any(len(a.turning) > 1 for a in moving):
        return None
    if any(_sized_by(turns.varying, s) for s in ops if s not in turns.accesses):
        return None
    if not all(_separable(turns, c, r) for c, r in zip(loop.carries, loop.body.results, strict=True)):
        return None
    return turns if ranges.nonnegative(turns.count) else None


def _harmless(stmt: Stmt) -> bool:
    """Is it an operation that can't fail, but for an index out of range?"""
    if not isinstance(stmt, Op) or len(stmt.outs) != 1:
        return False
    known = stmt.prim.kind == "elementwise" or stmt.prim.name in PLAIN | MAKING | INDEXING
    return known and not may_raise(stmt)


def _sized_by(varying: set[Var], op: Op) -> bool:
    """Does an array's size, or another parameter, depend on the turn?"""
    return op.prim.name != "size" and bool(varying & {*size_vars(op.params), *size_vars(op.out.aval)})


def _is_column(access: Access) -> bool:
    """Is it a part of lines that lie apart in memory, at an index along the last axis that turns?"""
    *others, last = range(len(access.axes))
    return last in access.turning and any(map(access.is_wide, others))


def _by_elements(turns: Turns) -> bool:
    """Does the loop read and write single elements, for more turns than are worth unrolling?"""
    wide = any(a.is_wide(k) for a in turns.accesses.values() for k in range(len(a.axes)))
    moving = any(a.turning for a in turns.accesses.values())
    scalars = not any(
        out.shape for op in turns.loop.body.stmts if op not in turns.accesses for out in op.outs
    )
    return moving and scalars and not wide and not (isinstance(turns.count, int) and turns.count <= UNROLLED)


def _separable(turns: Turns, carry: Var, result) -> bool:
    """Is a carry a sum over the turns, or written so that no turn meets another?"""
    body = turns.loop.body
    if carry in turns.sums.values():
        return True
    found = versions(turns.loop, carry)
    readers = [s for s in body.stmts if found & set(all_uses(s))]
    accesses = [turns.accesses.get(s) for s in readers]
    if None in accesses or any(found & set(s.args[1:]) for s in readers):
        return False
    updated = [s.args[0] for s in readers if s.prim.name in UPDATES]
    chained = len(set(updated)) == len(updated) and result in found and result not in updated
    return chained and body.results.count(result) == 1 and meet_in_their_turn(turns, accesses)
