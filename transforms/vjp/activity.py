"""Which variables of a function take part in a derivative.

A variable is *varied* if it depends differentiably on what the function is differentiated by, *useful*
if a result depends differentiably on it, and *active* if both. Only active variables have tangents or
cotangents. Loops are solved by repeating the pass until nothing changes; the versions of one stack
(`stack_push`, `stack_pop`, carries) are active together, since its cotangent is a stack as well.
"""

from __future__ import annotations

from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import Block, For, If, Op, Stmt, Var, While
from broadax.transforms.jvp.tangents import STACKS, differentiable, flows


class Activity:
    """The active variables of a function.

    Args:
        body: the function's block.
        seeds: the variables by which it is differentiated.
    """

    def __init__(self, body: Block, seeds):
        self.varied: set[Var] = {v for v in seeds if differentiable(v.aval)}
        self.useful: set[Var] = {a for a in body.results if isinstance(a, Var) and differentiable(a.aval)}
        self._repeat(self.varied, lambda: self._forward(body))
        self._repeat(self.useful, lambda: self._backward(body))

    def __call__(self, atom) -> bool:
        """Is the variable active? (False for literals.)"""
        return atom in self.varied and atom in self.useful

    def touches(self, stmt: Stmt) -> bool:
        """Does the statement define an active variable?"""
        return any(map(self, stmt.outs))

    @staticmethod
    def _repeat(found: set, sweep) -> None:
        size = -1
        while size != len(found):
            size = len(found)
            sweep()

    # ── from the inputs ───────────────────────────────────────────────────────────────────────────

    def _forward(self, block: Block) -> None:
        for stmt in block.stmts:
            match stmt:
                case Op():
                    self._op(stmt)
                case If():
                    self._forward(stmt.then)
                    self._forward(stmt.orelse)
                    for out, *results in zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True):
                        self._pass(self.varied, results, out)
                case For() | While():
                    for carry, init in zip(stmt.carries, stmt.init, strict=True):
                        self._pass(self.varied, [init], carry)
                    self._forward(stmt.body)
                    for carry, result, out in zip(stmt.carries, stmt.body.results, stmt.outs, strict=True):
                        self._pass(self.varied, [result], carry)
                        self._pass(self.varied, [carry], out)

    def _op(self, op: Op) -> None:
        if op.prim.name in STACKS:
            self._stack(self.varied, op, forward=True)
        elif any(op.args[k] in self.varied for k in flows(op)):
            self.varied.update(out for out in op.outs if differentiable(out.aval))

    # ── from the results ──────────────────────────────────────────────────────────────────────────

    def _backward(self, block: Block) -> None:
        for stmt in reversed(block.stmts):
            match stmt:
                case Op() if stmt.prim.name in STACKS:
                    self._stack(self.useful, stmt, forward=False)
                case Op():
                    if any(out in self.useful for out in stmt.outs):
                        self.useful.update(a for k in flows(stmt) if isinstance(a := stmt.args[k], Var))
                case If():
                    for out, *results in zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True):
                        for result in results:
                            self._pass(self.useful, [out], result)
                    self._backward(stmt.then)
                    self._backward(stmt.orelse)
                case For() | While():
                    for carry, result, out in zip(stmt.carries, stmt.body.results, stmt.outs, strict=True):
                        self._pass(self.useful, [out, carry], result)
                        self._pass(self.useful, [out], carry)
                    self._backward(stmt.body)
                    for carry, init in zip(stmt.carries, stmt.init, strict=True):
                        self._pass(self.useful, [carry], init)

    # ── both ──────────────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def _pass(found: set, sources, target) -> None:
        """`target` is found if a source is; versions of a stack are found together."""
        if isinstance(target, Var) and differentiable(target.aval):
            if any(s in found for s in sources):
                found.add(target)
            if isinstance(target.aval, StackAval) and target in found:
                found.update(s for s in sources if isinstance(s, Var))

    @staticmethod
    def _stack(found: set, op: Op, forward: bool) -> None:
        """The stack before and after, and the item: in by a push, out by a pop."""
        if not op.args:
            return
        before, after, pushed = op.args[0], op.outs[0], op.prim.name == "stack_push"
        item = op.args[1] if pushed else op.outs[-1]  # a copy has none
        versions = [v for v in (before, after) if differentiable(v.aval)]
        source = pushed if forward else not pushed  # does the item make the stack active?
        if any(v in found for v in versions) or (source and item in found):
            found.update(versions)
            if not source and isinstance(item, Var) and versions:
                found.add(item)
