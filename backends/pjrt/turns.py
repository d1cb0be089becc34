"""Trip counts: what a counter in a condition says of how often a loop runs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from broadax.backends.pjrt.intervals import ARITHMETIC, UNKNOWN, quotient, union
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import For, If, Lit, Op, Var, While

SMALLER = {"less": (0, 1, 1), "less_equal": (0, 1, 0), "greater": (1, 0, 1), "greater_equal": (1, 0, 0)}
NEGATED = {
    "less": "greater_equal",
    "less_equal": "greater",
    "greater": "less_equal",
    "greater_equal": "less",
}


def mask_of(loop: While) -> Var | None:
    """The carry that says which examples of a batch take part, where the loop runs while any does."""
    asks = loop.cond.stmts[-1] if loop.cond.stmts else None
    if not (isinstance(asks, Op) and asks.prim.name == "any" and asks.out is loop.cond.results[0]):
        return None
    (mask,) = asks.args
    if mask not in loop.carries:
        return None
    last = loop.body.results[loop.carries.index(mask)]
    made = next((s for s in loop.body.stmts if last in s.outs), None)
    only_less = (
        isinstance(made, Op) and made.prim.name in ("logical_and", "bitwise_and") and mask in made.args
    )
    return mask if only_less else None


class Turns:
    """The part of `Bounds` that is about loops: it has `made`, `range`, and the `masks` of batches."""

    def change(self, atom, counter: Var) -> tuple:
        """Between which numbers `atom - counter` is."""
        if atom is counter:
            return 0, 0
        role, stmt, k = self.made.get(atom, ("", None, 0)) if isinstance(atom, Var) else ("", None, 0)
        if role != "out" or isinstance(stmt, (For, While)):
            return UNKNOWN
        if isinstance(stmt, If):
            return union(*(self.change(b.results[k], counter) for b in (stmt.then, stmt.orelse)))
        if stmt.prim.name == "where":  # an example that still takes part has done so in every turn
            sides = stmt.args[1:2] if stmt.args[0] in self.masks else stmt.args[1:]
            return union(*(self.change(a, counter) for a in sides))
        if stmt.prim.name == "size":  # the length of a list that grows
            more = stmt.params["value"] - Size.of(counter)
            return (more, more) if isinstance(more, int) else UNKNOWN
        if stmt.prim.name not in ("add", "subtract", "convert"):
            return UNKNOWN
        moved = self.change(stmt.args[0], counter)
        if stmt.prim.name == "convert":
            return moved
        if stmt.prim.name == "subtract":
            return ARITHMETIC["subtract"](moved, self.range(stmt.args[1]))
        if moved == UNKNOWN:
            return ARITHMETIC["add"](self.change(stmt.args[1], counter), self.range(stmt.args[0]))
        return ARITHMETIC["add"](moved, self.range(stmt.args[1]))

    def turns(self, loop) -> float:
        """The most turns that a loop can take; infinite where that is not known."""
        if isinstance(loop, While):
            mask = mask_of(loop)
            asked = loop.cond.results[0] if mask is None else loop.body.results[loop.carries.index(mask)]
            bounds = [self._turns_while(loop, *c) for c in self._comparisons(asked)]
            return min(bounds, default=math.inf) + (mask is not None)  # a mask is made at the end of a turn
        if not isinstance(loop.step, Lit):
            return math.inf
        step, lo, hi = int(loop.step.value), self.range(loop.lo), self.range(loop.hi)
        return quotient(hi[1] - lo[0] if step > 0 else lo[1] - hi[0], abs(step))

    def _turns_while(self, loop: While, small, large, strict: int) -> float:
        """How often `small < large` (`<=`) can hold, since one of them counts towards the other."""
        best = math.inf
        for counter, first, result in zip(loop.carries, loop.init, loop.body.results, strict=True):
            least, most = self.change(result, counter)
            if least > 0:
                start = self.range(first)[0] + self.change(small, counter)[0]
                best = min(best, quotient(self.range(large)[1] - start + 1 - strict, least))
            if most < 0:
                start = self.range(first)[1] + self.change(large, counter)[1]
                best = min(best, quotient(start - self.range(small)[0] + 1 - strict, -most))
        return best

    def _comparisons(self, atom) -> Iterator[tuple]:
        """`(small, large, strict)` of comparisons that hold if a condition does."""
        role, stmt, k = self.made.get(atom, ("", None, 0)) if isinstance(atom, Var) else ("", None, 0)
        if role != "out":
            return
        if isinstance(stmt, If):
            yields = [b.results[k] for b in (stmt.then, stmt.orelse)]
            for j in (0, 1):  # the other branch says no
                if isinstance(yields[1 - j], Lit) and not yields[1 - j].value:
                    yield from self._comparisons(yields[j])
                    if j == 0:
                        yield from self._comparisons(stmt.cond)
        elif isinstance(stmt, Op):
            yield from self._comparisons_of(stmt)

    def _comparisons_of(self, op: Op) -> Iterator[tuple]:
        name = op.prim.name
        if name == "logical_not" and isinstance(op.args[0], Var):
            inner = self.made.get(op.args[0], ("", None, 0))[1]
            if isinstance(inner, Op) and inner.prim.name in NEGATED:
                a, b, strict = SMALLER[NEGATED[inner.prim.name]]
                yield inner.args[a], inner.args[b], strict
        elif name in ("logical_and", "bitwise_and"):
            for a in op.args:
                yield from self._comparisons(a)
        elif name in SMALLER:
            a, b, strict = SMALLER[name]
            yield op.args[a], op.args[b], strict
