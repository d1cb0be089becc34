"""What a loop only adds to, it adds to in place.

for i in range(n):                      for i in range(n):
    total = total + outer(x[i], y)          total[:] += outer(x[i], y)

The carry is read for nothing else, so no turn needs it as it was; a new array each turn would cost its
memory once more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from broadax.transforms.core.statements import For, Function, Lit, Op, Var, While, block_uses
from broadax.transforms.primitives import registry
from broadax.transforms.primitives.shape import whole
from broadax.transforms.simplify.rewrite import Rewrite


def accumulate_in_place(function: Function) -> Function:
    """A function in which sums that loops carry are updates; before copies are inserted."""
    return _Accumulate(function).run()


class _Accumulate(Rewrite):
    """The walk.

    Attributes:
        sums: additions to a carry that end a turn → which operand the carry is.
    """

    def __init__(self, function: Function):
        super().__init__(function)
        self.sums: dict[Op, int] = {}
        self.count = Counter(block_uses(function.body))

    def _stmt(self, stmt):
        if isinstance(stmt, (For, While)):
            self._find(stmt)
        if stmt in self.sums:
            new = self._renamed(stmt)
            self._update(new, self.sums[stmt])
            return None
        return super()._stmt(stmt)

    def _find(self, loop: For | While) -> None:
        ends = dict(zip(loop.body.results, loop.carries, strict=True))
        for op in loop.body.stmts:
            carry = ends.get(op.outs[0]) if isinstance(op, Op) and len(op.outs) == 1 else None
            if carry is not None and self._adds(op, carry):
                self.sums[op] = next(k for k, a in enumerate(op.args) if a is carry)

    def _adds(self, op: Op, carry: Var) -> bool:
        """Does the operation add to the carry, which nothing else reads, an array of its own type?"""
        if op.prim.name not in ("add", "subtract") or not carry.shape or self.count[carry] != 1:
            return False
        if op.prim.name == "subtract" and op.args[0] is not carry:
            return False
        return carry in op.args and self.count[op.out] == 1 and op.out.aval == carry.aval

    def _update(self, op: Op, place: int) -> None:
        carry, value = op.args[place], op.args[1 - place]
        if op.prim.name == "subtract":
            value = self._negative(op, value)
        spec = whole(carry.shape)
        self.emit(replace(op, prim=registry.get("at_add"), args=(carry, value), params={"spec": spec}))

    def _negative(self, op: Op, value):
        if isinstance(value, Lit):
            return Lit(-value.value, value.aval)
        out = Var(self.names.fresh("negative"), value.aval, "negative")
        self.emit(replace(op, outs=(out,), prim=registry.get("negative"), args=(value,), params={}))
        return out
