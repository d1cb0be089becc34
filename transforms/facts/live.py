"""Which statements of a block are needed, and the block without the others.

A statement is needed if it has an effect or defines something that is needed. Results of an `if` and
carries of a loop that nothing reads are dropped from it. `prune` works on any block, so that the
generators of derivatives can drop what they emitted too much before deciding what to save; whole
functions can be pruned by the same code.
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.statements import (
    Block,
    Effect,
    For,
    If,
    Op,
    Stmt,
    Var,
    While,
    size_vars,
    statements,
    uses,
)


def prune(block: Block) -> Block:
    """The block without its dead statements; the same object if there are none."""
    stmts, _ = _live(block, set())
    return block if stmts == block.stmts else Block(stmts, block.results)


def needed(block: Block, results=None) -> set[Var]:
    """The variables that must be known for these results (default: the block's own) and its effects."""
    return _live(Block(block.stmts, block.results if results is None else tuple(results)), set())[1]


def has_effect(stmt: Stmt) -> bool:
    """Does the statement, or one inside it, raise or print?"""
    return isinstance(stmt, Effect) or any(
        isinstance(s, Effect) for block in _blocks(stmt) for s in statements(block)
    )


def _blocks(stmt: Stmt) -> tuple:
    match stmt:
        case If():
            return (stmt.then, stmt.orelse)
        case For():
            return (stmt.body,)
        case While():
            return (stmt.cond, stmt.body)
    return ()


def _live(block: Block, wanted: set) -> tuple[tuple, set]:
    """The needed statements of a block, and what it needs; `wanted` is extended."""
    wanted.update(a for a in block.results if isinstance(a, Var))
    kept = []
    for stmt in reversed(block.stmts):
        stmt = _statement(stmt, wanted)
        if stmt is not None:
            wanted.update(uses(stmt))
            kept.append(stmt)
    return tuple(reversed(kept)), wanted


def _statement(stmt: Stmt, wanted: set) -> Stmt | None:
    """The statement without its dead parts, or None; what its blocks need is added to `wanted`."""
    live = [k for k, out in enumerate(stmt.outs) if out in wanted]
    if not live and not has_effect(stmt):
        return None
    match stmt:
        case Op() | Effect():
            return stmt
        case If():
            return _branches(stmt, live, wanted)
        case For():
            return _loop(stmt, live, wanted, Block())
        case While():
            return _loop(stmt, live, wanted, stmt.cond)
    raise TypeError(stmt)


def _pick(values: tuple, live: list[int]) -> tuple:
    return values if len(live) == len(values) else tuple(values[k] for k in live)


def _block(old: Block, stmts: tuple, live: list[int]) -> Block:
    if stmts == old.stmts and len(live) == len(old.results):
        return old
    return Block(stmts, _pick(old.results, live))


def _branches(stmt: If, live: list[int], wanted: set) -> If:
    then, orelse = (
        _block(side, _live(Block(side.stmts, _pick(side.results, live)), wanted)[0], live)
        for side in (stmt.then, stmt.orelse)
    )
    if then is stmt.then and orelse is stmt.orelse:
        return stmt
    return replace(stmt, outs=_pick(stmt.outs, live), then=then, orelse=orelse)


def _loop(stmt: For | While, live: list[int], wanted: set, cond: Block) -> For | While:
    """A carry is needed if its final value is, or if a needed statement of a turn reads it."""
    while True:
        inner: set = set()
        test, _ = _live(cond, inner)
        stmts, _ = _live(Block(stmt.body.stmts, _pick(stmt.body.results, live)), inner)
        more = [k for k, c in enumerate(stmt.carries) if c in inner or k in live]
        if more == live:
            break
        live = more
    for var in _pick(stmt.carries, live):
        inner.update(size_vars(var.aval))
    wanted |= inner
    body = _block(stmt.body, stmts, live)
    parts = {name: _pick(getattr(stmt, name), live) for name in ("outs", "carries", "init")}
    if isinstance(stmt, While):
        test = _block(cond, test, [0])
        if body is stmt.body and test is cond:
            return stmt
        return replace(stmt, body=body, cond=test, **parts)
    return stmt if body is stmt.body else replace(stmt, body=body, **parts)
