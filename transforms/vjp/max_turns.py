"""Loops whose number of turns only running tells, with the most turns that the user allows (`max_turns`).

    while c(x):                 turns = 0
        x = f(x)                while c(x) and turns <= most:
                                    if not turns < most: raise RuntimeError(…)
                                    x = f(x)
                                    turns = turns + 1

The condition says it too, so that whoever needs room for all turns beforehand finds the bound there.
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.calls import is_call
from broadax.transforms.core.statements import Block, Effect, Function, Lit, Op, Stmt, Var, While
from broadax.transforms.primitives import registry
from broadax.transforms.simplify.rewrite import Rewrite
from broadax.transforms.vjp.activity import Activity
from broadax.transforms.vjp.regions import SCALAR


def with_most_turns(function: Function, most: int, seeds) -> Function:
    """A function of which each `while` that takes part in the reverse sweep fails in turn `most` + 1.

    Args:
        seeds: the parameters by which it is differentiated.
    """
    return _Counted(function, most, seeds).run()


class _Counted(Rewrite):
    def __init__(self, function: Function, most: int, seeds):
        super().__init__(function)
        self.most, self.active = most, Activity(function.body, seeds)

    def op(self, op: Op) -> Op:
        if not is_call(op, "again"):
            return op
        inner = op.params["function"]
        counted = with_most_turns(inner, self.most, inner.params)
        return op if counted is inner else replace(op, params=op.params | {"function": counted})

    def visit(self, stmt: Stmt) -> Stmt:
        return self._counted(stmt) if isinstance(stmt, While) and self.active.touches(stmt) else stmt

    def _counted(self, loop: While) -> While:
        turns, out = (Var(self.names.fresh("turns"), SCALAR, "turns") for _ in range(2))
        within = self._op(loop, "less_equal", turns, Lit(self.most))
        goes_on = self._op(loop, "logical_and", loop.cond.results[0], within.out)
        allowed = self._op(loop, "less", turns, Lit(self.most))
        text = f"this loop takes more turns than max_turns={self.most} allows"
        params = {"error": RuntimeError, "message": (text,), "own": False}
        check = Effect((), "check", (allowed.out,), params, loc=loop.loc)
        one_more = self._op(loop, "add", turns, Lit(1))
        return replace(
            loop,
            init=(*loop.init, Lit(0)),
            carries=(*loop.carries, turns),
            cond=Block((*loop.cond.stmts, within, goes_on), (goes_on.out,)),
            body=Block((allowed, check, *loop.body.stmts, one_more), (*loop.body.results, one_more.out)),
            outs=(*loop.outs, out),
        )

    def _op(self, loop: While, name: str, *args) -> Op:
        prim = registry.get(name)
        out = Var(self.names.fresh("turns"), prim.infer(*(a.aval for a in args)), "turns")
        return Op((out,), prim, args, {}, loc=loop.loc)
