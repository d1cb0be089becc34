"""Writes to arrays in loops that nothing reads afterwards: no later turn, nothing after the loop.

    for i in range(n):
        d_x = d_x + d_ys[i]
        d_ys[i] = 0

is how the reverse of `ys[i] = x` begins; the second statement goes.
"""

from __future__ import annotations

from broadax.transforms.core.statements import Block, For, Function, Lit, Op, Stmt, Var, blocks, uses
from broadax.transforms.simplify.rewrite import Rewrite


def remove_dead_stores(function: Function) -> Function:
    """A function whose loops do not write what no later turn, and nothing after them, reads."""
    users = _users(function.body)
    dead = dict(_dead(function.body, users))
    return _Removal(function, dead).run() if dead else function


class _Removal(Rewrite):
    def __init__(self, function: Function, dead: dict[Var, Var]):
        super().__init__(function)
        self.dead = dead

    def op(self, op: Op) -> Op | None:
        if op.outs[0] not in self.dead:
            return op
        self.substitute(op.out, self.rename.atom(self.dead[op.out]))
        return None


def _users(body: Block) -> dict[Var, list]:
    """The statements that read each variable, and the blocks that yield it."""
    found: dict[Var, list] = {}

    def walk(block: Block) -> None:
        for stmt in block.stmts:
            for var in uses(stmt):
                found.setdefault(var, []).append(stmt)
            for inner in blocks(stmt):
                walk(inner)
        for atom in block.results:
            if isinstance(atom, Var):
                found.setdefault(atom, []).append(block)

    walk(body)
    return found


def _dead(block: Block, users: dict):
    """Pairs of what a dead update makes and the array that it updates."""
    for stmt in block.stmts:
        if isinstance(stmt, For):
            for k, out in enumerate(stmt.outs):
                update = _update(stmt, k, (), users) if out.shape and out not in users else None
                if update is not None:
                    yield update.out, update.args[0]
        for inner in blocks(stmt):
            yield from _dead(inner, users)


def _update(loop: For, k: int, indices: tuple[Var, ...], users: dict) -> Op | None:
    """The update of a carry in a nest of loops that only takes places apart: each turn has its own.

    Args:
        indices: of the loops around, back to that after which the array is not read.
    """
    if not _natural(loop):
        return None
    carry, result, indices = loop.carries[k], loop.body.results[k], (*indices, loop.index)
    if not isinstance(result, Var) or users.get(result) != [loop.body]:
        return None
    *reads, last = users.get(carry, [None])
    if isinstance(last, For):
        if reads or last not in loop.body.stmts or result not in last.outs:
            return None
        inner = last.outs.index(result)
        alone = last.init[inner] is carry and last.init.count(carry) == 1
        return _update(last, inner, indices, users) if alone else None
    update = next((s for s in loop.body.stmts if result in s.outs), None)
    if not isinstance(update, Op) or update.prim.name != "at_set" or update.args[0] is not carry:
        return None
    reads = [s for s in users[carry] if s is not update]
    if len(reads) + 1 < len(users[carry]) or not all(_same_place(s, update) for s in reads):
        return None
    return update if _own(update, indices) else None


def _natural(loop: For) -> bool:
    """Is the index known not to be negative, which would mean a place from the end?"""
    start, stop = loop.lo, loop.hi
    if not isinstance(loop.step, Lit) or loop.step.value == 0:
        return False
    if loop.step.value > 0:
        return isinstance(start, Lit) and start.value >= 0
    return isinstance(stop, Lit) and stop.value >= -1


def _same_place(stmt: Stmt | Block, update: Op) -> bool:
    return (
        isinstance(stmt, Op)
        and stmt.prim.name == "index"
        and stmt.params["spec"] == update.params["spec"]
        and len(stmt.args) == len(update.args) - 1
        and all(map(_same, stmt.args[1:], update.args[2:]))
    )


def _same(a, b) -> bool:
    return a is b or isinstance(a, Lit) and isinstance(b, Lit) and a.value == b.value


def _own(update: Op, indices: tuple[Var, ...]) -> bool:
    """Does each turn of the loops write a place of its own, since their indices are among its indices?"""
    entries = [update.args[2 + e[1]] for e in update.params["spec"] if e[0] == "index"]
    return all(any(a is index for a in entries) for index in indices)
