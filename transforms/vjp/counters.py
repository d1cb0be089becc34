"""Integers that change by the same amount in each turn of a loop: had from the number of the turn.

while j >= 0 and a[j] > key:        j = j0 - turn, and j = j0 - turns after the loop
    a[j + 1] = a[j]
    j -= 1
"""

from __future__ import annotations

from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size, atoms_of
from broadax.transforms.core.statements import For, Op, Var, While
from broadax.transforms.primitives import registry
from broadax.transforms.vjp.bounds import int_of, size_of
from broadax.transforms.vjp.regions import SCALAR, Loop, Region


class Counters:
    """The counters among the carries of a copy's loops."""

    def __init__(self, sweep):
        self.sweep, self.copy = sweep, sweep.copy
        self.found: dict[Var, Op] = {}
        self.seen: set = set()  # loops whose carries have been looked at

    def value(self, var: Var) -> Op | None:
        """The operation that gives a counter at the start of a turn, or after the loop; None for others."""
        if var.aval != SCALAR:
            return None
        for stmt in [s for s in self.copy.loops if s not in self.seen]:
            if stmt.body in self.copy.regions and all(out in self.sweep.rename.map for out in stmt.outs):
                self.seen.add(stmt)
                self._enter(stmt, self.copy.loops[stmt], self.copy.regions[stmt.body])
        return self.found.get(var)

    def _enter(self, stmt: For | While, loop: Loop, region: Region) -> None:
        turn, turns = _number(loop)
        if turn is None:
            return
        for k, carry in enumerate(stmt.carries):
            start = self.sweep.atom(carry)
            amount = self._amount(start, self.sweep.atom(stmt.body.results[k]), region)
            if amount is None:
                continue
            init = size_of(self.sweep.atom(stmt.init[k]))
            for var, number in ((start, turn), (self.sweep.atom(stmt.outs[k]), turns)):
                params = {"value": init + number * amount}
                self.found[var] = Op((var,), registry.get("size"), (), params, loc=stmt.loc)

    def _amount(self, start: Var, end, region: Region):
        """What a turn adds to a carry, in what is known before the loop; None if it is no counter."""
        if start.aval != SCALAR or end.aval != SCALAR:
            return None
        amount = self.copy.bounds.value(end) - Size.of(start)
        for atom in () if isinstance(amount, int) else atoms_of(amount):
            home = self.copy.home.get(atom)
            if home is not None and region in (home, *home.around()):
                return None
        return amount


def _number(loop: Loop) -> tuple:
    """The number of a turn, from 0, and of all turns; `(None, None)` where it has no simple form."""
    if loop.number is not None:
        return Size.of(loop.number), Size.of(loop.count)
    step = None if loop.index is None else int_of(loop.step)
    if step not in (1, -1):
        return None, None
    index, lo, hi = map(size_of, (loop.index, loop.lo, loop.hi))
    return (index - lo) * step, sizes.size_op("max", (hi - lo) * step, 0)
