"""What a turn of a loop computes element by element from what it carries, it writes over that.

for i in range(n):              for i in range(n):
    x = a * sin(x)                  x[:] = a * sin(x)

The array is read at the element that is written and nowhere else, so no turn needs it as it was; a new array
each turn would cost its memory once more.
"""

from __future__ import annotations

from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import (
    Block,
    For,
    Function,
    Op,
    Stmt,
    Var,
    While,
    all_uses,
    block_uses,
    statements,
)
from broadax.transforms.primitives import registry
from broadax.transforms.primitives.shape import whole
from broadax.transforms.simplify.rewrite import Rewrite


def overwrite_carries(function: Function) -> Function:
    """A function in which loops write over the arrays that they carry; before copies are inserted."""
    return _Overwrite(function).run()


class _Overwrite(Rewrite):
    """The walk.

    Attributes:
        ends: body of a loop → for each carry, whether its next value is to be written over it.
    """

    def __init__(self, function: Function):
        super().__init__(function)
        self.ends: dict[Block, list] = {}

    def _stmt(self, stmt):
        if isinstance(stmt, (For, While)):
            pairs = zip(stmt.carries, stmt.body.results, strict=True)
            self.ends[stmt.body] = [c if _by_elements(stmt, c, r) else None for c, r in pairs]
        return super()._stmt(stmt)

    def hand_over(self, key, atoms: tuple) -> tuple:
        carries = self.ends.get(key)
        if not carries or not any(carries):
            return atoms
        return tuple(a if c is None else self._write(c, a) for c, a in zip(carries, atoms, strict=True))

    def _write(self, carry: Var, value: Var) -> Var:
        carry = self.rename.atom(carry)
        out = Var(self.names.fresh(carry.base), carry.aval, carry.base)
        self.emit(Op((out,), registry.get("at_set"), (carry, value), {"spec": whole(carry.shape)}))
        return out


def _by_elements(loop: For | While, carry: Var, result) -> bool:
    """Is the carry's next value computed from elements of it at the same place, and for that alone?"""
    if isinstance(carry.aval, StackAval) or not carry.shape or result is carry:
        return False
    made = {s.outs[0]: s for s in loop.body.stmts if _elementwise(s, carry)}
    if result not in made or result.aval != carry.aval:
        return False
    own = {*made.values()}
    around = [s for s in statements(loop.body) if s not in own]
    read = {v for s in around for v in all_uses(s)}
    if carry in read or result in read or loop.body.results.count(carry):
        return False
    return carry in set(block_uses(Block(tuple(own), ())))


def _elementwise(stmt: Stmt, like: Var) -> bool:
    """Is it an operation on elements, of the shape of an array?"""
    if not isinstance(stmt, Op) or stmt.prim.kind != "elementwise" and stmt.prim.name != "convert":
        return False
    return len(stmt.outs) == 1 and stmt.out.shape == like.shape
