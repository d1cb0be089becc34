"""Loops whose number of turns only running tells, with the most turns that the user allows (`max_turns`).

    while c(x):                 turns = 0
        x = f(x)                while c(x) and turns <= most:
                                    if not turns < most: raise RuntimeError(…)
                                    x = f(x)
                                    turns = turns + 1

    for i in range(a, b):       if not b - a <= most: raise RuntimeError(…)
        x = f(x, i)             for turn in range(min(b - a, most)):
                                    x = f(x, a + turn)

The loops themselves say it too, so that whoever needs room for all turns beforehand finds the bound there.
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core import sizes
from broadax.transforms.core.calls import is_call
from broadax.transforms.core.statements import (
    Block,
    Effect,
    For,
    Function,
    Lit,
    Op,
    Stmt,
    Var,
    While,
    statements,
    uses,
)
from broadax.transforms.primitives import registry
from broadax.transforms.simplify.rewrite import Rewrite
from broadax.transforms.vjp.activity import Activity
from broadax.transforms.vjp.bounds import size_of
from broadax.transforms.vjp.regions import SCALAR


def with_most_turns(function: Function, most: int, seeds) -> Function:
    """A function whose loops that take part in the reverse sweep fail if they take more than `most` turns.

    Each `while`, and each `for` over a range that is computed from data.

    Args:
        seeds: the parameters by which it is differentiated.
    """
    return _Counted(function, most, seeds).run()


class _Counted(Rewrite):
    def __init__(self, function: Function, most: int, seeds):
        super().__init__(function)
        self.most, self.active = most, Activity(function.body, seeds)
        self.made: dict[Var, Op | None] = {}
        for stmt in statements(function.body):
            self.made.update((v, stmt if isinstance(stmt, Op) else None) for v in stmt.outs)
            self.made.update((v, None) for v in getattr(stmt, "carries", ()))

    def op(self, op: Op) -> Op:
        if not is_call(op, "again"):
            return op
        inner = op.params["function"]
        counted = with_most_turns(inner, self.most, inner.params)
        return op if counted is inner else replace(op, params=op.params | {"function": counted})

    def visit(self, stmt: Stmt) -> Stmt:
        if isinstance(stmt, While) and self.active.touches(stmt):
            return self._while(stmt)
        if isinstance(stmt, For) and self.active.touches(stmt) and isinstance(stmt.step, Lit):
            return stmt if self._known(stmt.lo) and self._known(stmt.hi) else self._for(stmt)
        return stmt

    def _known(self, atom) -> bool:
        """Is an integer computed from arguments, sizes and loop indices, and not from data?"""
        if isinstance(atom, Lit) or atom not in self.made:
            return True
        op = self.made[atom]
        if op is None or op.prim.kind != "elementwise" and op.prim.name != "size":
            return False
        return not atom.shape and all(map(self._known, uses(op)))

    def _for(self, loop: For) -> For:
        turn = Var(self.names.fresh("turn"), SCALAR, "turn")
        lo, hi, step = size_of(loop.lo), size_of(loop.hi), int(loop.step.value)
        span = hi - lo if step > 0 else lo - hi
        count = span if abs(step) == 1 else sizes.size_op("floordiv", span + abs(step) - 1, abs(step))
        turns, most = self._size(loop, count), self._size(loop, sizes.size_op("min", count, self.most))
        self.emit(turns)
        self._check(loop, self._op(loop, "less_equal", turns.out, Lit(self.most)), self.emit)
        self.emit(most)
        index = Op(
            (loop.index,), registry.get("size"), (), {"value": lo + size_of(turn) * step}, loc=loop.loc
        )
        body = Block((index, *loop.body.stmts), loop.body.results)
        return replace(loop, index=turn, lo=Lit(0), hi=most.out, step=Lit(1), body=body)

    def _size(self, loop: Stmt, value) -> Op:
        out = Var(self.names.fresh("turns"), SCALAR, "turns")
        return Op((out,), registry.get("size"), (), {"value": value}, loc=loop.loc)

    def _check(self, loop: Stmt, allowed: Op, emit) -> None:
        text = f"this loop takes more turns than max_turns={self.most} allows"
        params = {"error": RuntimeError, "message": (text,), "own": False}
        emit(allowed)
        emit(Effect((), "check", (allowed.out,), params, loc=loop.loc))

    def _while(self, loop: While) -> While:
        turns, out = (Var(self.names.fresh("turns"), SCALAR, "turns") for _ in range(2))
        within = self._op(loop, "less_equal", turns, Lit(self.most))
        goes_on = self._op(loop, "logical_and", loop.cond.results[0], within.out)
        check: list = []
        self._check(loop, self._op(loop, "less", turns, Lit(self.most)), check.append)
        one_more = self._op(loop, "add", turns, Lit(1))
        return replace(
            loop,
            init=(*loop.init, Lit(0)),
            carries=(*loop.carries, turns),
            cond=Block((*loop.cond.stmts, within, goes_on), (goes_on.out,)),
            body=Block((*check, *loop.body.stmts, one_more), (*loop.body.results, one_more.out)),
            outs=(*loop.outs, out),
        )

    def _op(self, loop: Stmt, name: str, *args) -> Op:
        prim = registry.get(name)
        out = Var(self.names.fresh("turns"), prim.infer(*(a.aval for a in args)), "turns")
        return Op((out,), prim, args, {}, loc=loop.loc)
