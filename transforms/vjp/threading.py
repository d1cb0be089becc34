"""Carries arrays and stacks through loops and branches.

Statements that update a symbol (`at_set(s, …)`, `stack_push(s, …)`, `stack_pop(s)`, an assignment) are
written as if it were one variable. `thread` gives each update a version of its own, and makes the symbol
a carry of the loops and a result of the branches that update it.
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import Block, For, If, Op, Stmt, Var, While, blocks, statements
from broadax.transforms.jvp.tangents import literal

UPDATES = ("at_set", "stack_push", "stack_pop")


def assign(symbol: Var, value: Var) -> Op:
    """A stand-in statement: the symbol's value is now that of a variable."""
    return Op((), None, (symbol, value), {})


def rebuild(stmt: Stmt, block) -> Stmt:
    """A statement with `block(b)` in place of each of its blocks."""
    match stmt:
        case If():
            return replace(stmt, then=block(stmt.then), orelse=block(stmt.orelse))
        case For():
            return replace(stmt, body=block(stmt.body))
        case While():
            return replace(stmt, cond=stmt.cond, body=block(stmt.body))
    return stmt


def thread(builder, stmts, current: dict, outs: dict | None = None) -> list[Stmt]:
    """The statements with every symbol's versions made explicit.

    Args:
        current: symbol → its version before; None for a slot that nothing was assigned to yet.
        outs: symbol → the variable that its version after the statements must be.
    """
    return _Thread(builder, set(current)).stmts(stmts, dict(current), outs or {}) if current else list(stmts)


class _Thread:
    def __init__(self, builder, symbols: set):
        self.builder, self.symbols = builder, symbols

    def _updated(self, stmt: Stmt) -> list[Var]:
        """The symbols that a statement updates somewhere inside."""
        inner = (s for block in blocks(stmt) for s in statements(block))
        return list(dict.fromkeys(s.args[0] for s in inner if self._is_update(s)))

    def _is_update(self, stmt: Stmt) -> bool:
        return (
            isinstance(stmt, Op)
            and (stmt.prim is None or stmt.prim.name in UPDATES)
            and stmt.args[0] in self.symbols
        )

    def stmts(self, stmts, current: dict, outs: dict) -> list[Stmt]:
        """The threaded statements; `current` is brought up to date."""
        new = []
        for stmt in stmts:
            if self._is_update(stmt):
                symbol = stmt.args[0]
                if stmt.prim is None:
                    current[symbol] = stmt.args[1]
                    continue
                new.append(replace(stmt, args=(current[symbol], *stmt.args[1:])))
                current[symbol] = stmt.outs[0]
                continue
            symbols = self._updated(stmt)
            if symbols:
                make = self._branch if isinstance(stmt, If) else self._loop
                after = tuple(outs.get(s) or self.builder.var(s.base, s.aval) for s in symbols)
                stmt = make(stmt, symbols, current, after)
                current.update(zip(symbols, after, strict=True))
            new.append(stmt)
        return new

    def _branch(self, stmt: If, symbols, current: dict, after: tuple) -> If:
        def side(block: Block) -> Block:
            inner = dict(current)
            stmts = self.stmts(block.stmts, inner, {})
            with self.builder.reopen(stmts):
                ends = tuple(self._unset(s) if inner[s] is None else inner[s] for s in symbols)
            return Block(tuple(stmts), block.results + ends)

        return replace(rebuild(stmt, side), outs=stmt.outs + after)

    def _unset(self, symbol: Var):
        """A value that is never read."""
        if symbol.shape:
            return self.builder.apply("empty", shape=symbol.shape, dtype=symbol.dtype, base=symbol.base)
        return literal(0, symbol.aval)

    def _loop(self, stmt: For | While, symbols, current: dict, after: tuple) -> For | While:
        carries = tuple(self.builder.var(s.base, s.aval) for s in symbols)
        init = tuple(current[s] for s in symbols)

        def turn(block: Block) -> Block:
            inner = current | dict(zip(symbols, carries, strict=True))
            stmts = self.stmts(block.stmts, inner, {})
            return Block(tuple(stmts), block.results + tuple(inner[s] for s in symbols))

        stmt = rebuild(stmt, turn)
        if isinstance(stmt, For) and any(isinstance(s.aval, StackAval) for s in symbols):
            stmt = replace(stmt, parallel=False)
        return replace(stmt, outs=stmt.outs + after, carries=stmt.carries + carries, init=stmt.init + init)
