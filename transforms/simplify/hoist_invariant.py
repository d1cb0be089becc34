"""Moves what a loop computes anew in each turn, though it never changes, in front of the loop.

Only where that can neither fail nor cost more than it saves: a loop of no turns would not have computed it.
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import (
    Block,
    For,
    Function,
    If,
    Lit,
    Op,
    Stmt,
    Var,
    While,
    blocks,
    definitions,
    uses,
)
from broadax.transforms.facts.storage import IN_PLACE, view_source

CHEAP = frozenset({"convert", "iota", "eye", "tril", "triu", "stack"})
# Arithmetic on scalars: reads better where it is, and every compiler moves it.
TRIVIAL = frozenset({
    "add", "subtract", "multiply", "negative", "positive", "convert", "equal", "not_equal", "less",
    "less_equal", "greater", "greater_equal", "logical_and", "logical_or", "logical_not",
})  # fmt: skip


def hoist_invariant(function: Function) -> Function:
    """A function whose loops hold nothing cheap and safe that is the same in every turn."""
    return _in_function(function, _safe_or_certain)


def hoist_views(function: Function) -> Function:
    """A function whose loops transpose and reshape no array that is the same in every turn.

    Before a function is reversed: what a turn adds to a part of `x.T` would else be added to all of x.
    """
    return _in_function(function, lambda op, certain: op.prim.name in ("transpose", "reshape"))


def _in_function(function: Function, leaves) -> Function:
    body = _block(function.body, leaves)
    return function if body is function.body else replace(function, body=body)


def _safe_or_certain(op: Op, certain: bool) -> bool:
    return _safe(op) or certain and _pure(op)


def _block(block: Block, leaves) -> Block:
    """The block; `leaves(op, certain)` tells what leaves a loop, which certainly has a turn or not."""
    stmts: list[Stmt] = []
    for stmt in block.stmts:
        new = _inner(stmt, leaves)
        if isinstance(new, (For, While)):
            moved, new = _hoisted(new, leaves)
            stmts += moved
        stmts.append(new)
    same = len(stmts) == len(block.stmts) and all(a is b for a, b in zip(stmts, block.stmts, strict=True))
    return block if same else Block(tuple(stmts), block.results)


def _inner(stmt: Stmt, leaves) -> Stmt:
    """The statement with its own blocks treated first, so that values leave one loop after the other."""
    match stmt:
        case If():
            changes = {"then": _block(stmt.then, leaves), "orelse": _block(stmt.orelse, leaves)}
        case For():
            changes = {"body": _block(stmt.body, leaves)}
        case While():
            changes = {"cond": _block(stmt.cond, leaves), "body": _block(stmt.body, leaves)}
        case _:
            return stmt
    return stmt if all(getattr(stmt, k) is v for k, v in changes.items()) else replace(stmt, **changes)


def _hoisted(loop: For | While, leaves) -> tuple[list[Op], Stmt]:
    """The operations that leave a loop, and the loop without them."""
    varying = {*loop.carries, *((loop.index,) if isinstance(loop, For) else ())}
    for block in blocks(loop):
        varying.update(definitions(block))
    written = set(_written(loop))
    always = isinstance(loop, For) and _runs(loop)
    moved: list[Op] = []
    changes = {}
    for name in ("cond", "body") if isinstance(loop, While) else ("body",):
        block = getattr(loop, name)
        stay = []
        for stmt in block.stmts:
            free = isinstance(stmt, Op) and not any(v in varying for v in uses(stmt))
            if free and not any(v in written for v in stmt.outs) and leaves(stmt, always):
                moved.append(stmt)
                varying.difference_update(stmt.outs)
            else:
                stay.append(stmt)
        if len(stay) < len(block.stmts):
            changes[name] = Block(tuple(stay), block.results)
    return moved, replace(loop, **changes) if changes else loop


def _runs(loop: For) -> bool:
    """Does a loop surely have a turn?"""
    lo, hi, step = loop.lo, loop.hi, loop.step
    return all(isinstance(a, Lit) for a in (lo, hi, step)) and len(range(lo.value, hi.value, step.value)) > 0


def _written(loop: Stmt):
    """Arrays that an update or a handing over may write to: each turn needs its own."""
    for block in blocks(loop):
        yield from (a for a in block.results if isinstance(a, Var) and _is_memory(a))
        for stmt in block.stmts:
            if isinstance(stmt, Op) and stmt.prim.name in IN_PLACE:
                yield stmt.args[0]
            elif isinstance(stmt, (For, While)):
                yield from (a for a in stmt.init if isinstance(a, Var) and _is_memory(a))
            yield from _written(stmt)


def _is_memory(var: Var) -> bool:
    return isinstance(var.aval, StackAval) or var.shape != ()


def _pure(op: Op) -> bool:
    return op.prim.name not in IN_PLACE and op.prim.name not in (
        "stack_new",
        "stack_copy",
        "empty",
        "zeros",
        "full",
        "index",
    )


def _safe(op: Op) -> bool:
    """Can the operation not fail, and is it cheap enough to be done in vain?"""
    name = op.prim.name
    if op.prim.kind == "elementwise" or name in CHEAP:
        if op.out.shape == ():
            return not op.out.aval.weak and name not in TRIVIAL  # Python's own functions may raise
        return view_source(op) is None  # a view costs nothing where it is
    if name == "index" and op.out.shape == ():
        return bool(op.params.get("checked")) or len(op.args) == 1
    return False
