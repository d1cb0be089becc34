"""Flags that end a loop: a branch that leaves one as the loop's condition found it says nothing of it.

while not stop:                       while not stop:
    if x > 1:                             if x > 1:
        stop = True              →            stop = True
    else:                                 else:
        x *= 2                                x *= 2
        stop = False
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.statements import Block, Function, If, Lit, Op, Var, While
from broadax.transforms.simplify.rewrite import Rewrite, changed


def keep_flags(function: Function) -> Function:
    """The function, whose loops hand on a flag in place of what it is known to be."""
    return _Flags(function).run()


class _Flags(Rewrite):
    def visit(self, stmt):
        if not isinstance(stmt, While):
            return stmt
        body = stmt.body
        for flag in _unset(stmt):
            body = _kept(body, stmt.carries.index(flag), flag)
        return stmt if body is stmt.body else replace(stmt, body=body)


def _unset(loop: While) -> list[Var]:
    """The carries that are false wherever a turn begins."""
    made = {s.out: s for s in loop.cond.stmts if isinstance(s, Op)}
    found, todo = [], [loop.cond.results[0]]
    while todo:
        op = made.get(todo.pop())
        if op is not None and op.prim.name == "logical_and":
            todo.extend(op.args)
        elif op is not None and op.prim.name == "logical_not" and op.args[0] in loop.carries:
            found.append(op.args[0])
    return found


def _kept(block: Block, k: int, flag: Var) -> Block:
    """The block with the flag in place of its k-th result where that is false, on one side of an `if` too."""
    result = block.results[k]
    if isinstance(result, Lit):
        same = not result.value and result.aval == flag.aval
        return replace(block, results=(*block.results[:k], flag, *block.results[k + 1 :])) if same else block
    stmts = tuple(_either(stmt, result, flag) for stmt in block.stmts)
    return block if stmts == block.stmts else replace(block, stmts=stmts)


def _either(stmt, out: Var, flag: Var):
    if not isinstance(stmt, If) or out not in stmt.outs:
        return stmt
    k = stmt.outs.index(out)
    return changed(stmt, {"then": _kept(stmt.then, k, flag), "orelse": _kept(stmt.orelse, k, flag)})
