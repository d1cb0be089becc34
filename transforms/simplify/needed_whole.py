"""Small arrays that something needs as they are: an index from data, a library function, a result."""

from __future__ import annotations

from broadax.transforms.core.statements import Block, Effect, For, Function, If, Op, Var, While, blocks
from broadax.transforms.simplify.element_rules import can, is_small


def needed_whole(function: Function) -> set[Var]:
    """These arrays.

    What is handed over to one of them, by a branch or at the end of a turn, is needed as it is, too; not so
    what a loop carries and only its reader behind the loop needs.
    """
    found = {v for v in function.body.results if is_small(v)}
    given = set(function.params)  # what is written to one may be written for the caller
    for stmt in function.body.stmts:
        if isinstance(stmt, Op) and stmt.prim.name in ("at_set", "at_add") and stmt.args[0] in given:
            given.add(stmt.out)
            found.update(filter(is_small, stmt.outs))
    while True:
        before = len(found)
        _visit(function.body, found)
        if len(found) == before:
            return found


def _visit(block: Block, found: set[Var]) -> None:
    for stmt in block.stmts:
        for inner in blocks(stmt):
            _visit(inner, found)
        match stmt:
            case Op() if can(stmt):
                continue
            case Op() | Effect():
                found.update(filter(is_small, stmt.args))
            case If():
                for out, *given in zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True):
                    if out in found:
                        found.update(filter(is_small, given))
            case For() | While():
                rows = zip(stmt.carries, stmt.outs, stmt.init, stmt.body.results, strict=True)
                for carry, *others in rows:
                    if carry in found:
                        found.update(filter(is_small, others))
