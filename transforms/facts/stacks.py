"""What has been pushed onto the stack that a variable holds at some moment."""

from __future__ import annotations

from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import For, Function, If, Op, Var, While, statements


class Pushes:
    """The arrays that are pushed onto each stack, whatever the flow of control."""

    def __init__(self, function: Function):
        self.earlier: dict[Var, Var] = {}  # stack → the same stack before
        self.pushed: dict[Var, set[Var]] = {}  # new stack → what is pushed onto it
        self.mirrored: set[Var] = set()
        pushes = []
        for stmt in statements(function.body):
            match stmt:
                case Op() if stmt.prim.name == "stack_new":
                    if stmt.params.get("mirrored"):
                        self.mirrored.add(stmt.out)
                case Op() if stmt.prim.name in ("stack_push", "stack_pop", "stack_copy"):
                    self.earlier[stmt.outs[0]] = stmt.args[0]
                    if stmt.prim.name == "stack_push" and isinstance(stmt.args[1], Var):
                        pushes.append((stmt.args[0], stmt.args[1]))
                case If():
                    self._pairs(stmt.outs, stmt.then.results)
                case For() | While():
                    self._pairs(stmt.carries, stmt.init)
                    self._pairs(stmt.outs, stmt.carries)
        for stack, value in pushes:
            self.pushed.setdefault(self._first(stack), set()).add(value)

    def onto(self, stack: Var) -> set[Var]:
        """Everything that is pushed onto a stack, at whatever moment."""
        return self.pushed.get(self._first(stack), set())

    def is_mirrored(self, stack: Var) -> bool:
        """Do the turns that take its items off mirror those that put them on, so that none is left?"""
        return self._first(stack) in self.mirrored

    def _pairs(self, later, earlier) -> None:
        self.earlier.update(
            (a, b) for a, b in zip(later, earlier, strict=True) if isinstance(a.aval, StackAval)
        )

    def _first(self, stack: Var) -> Var:
        while stack in self.earlier:
            stack = self.earlier[stack]
        return stack
