"""Whether an array is written between two statements: only then must what was read of it be kept."""

from __future__ import annotations

from bisect import bisect_left

from broadax.transforms.core.statements import Block, Function, Op, Stmt, Var, blocks
from broadax.transforms.facts.storage import IN_PLACE, Storage, is_array


class Writes:
    """The updates of a function, in the order of the text.

    Attributes:
        place: statement → its number in that order.
        loops: statement → the loops around it, as first and last number, outermost first.
        written: class of memory → the numbers of its updates.
    """

    def __init__(self, function: Function, storage: Storage):
        self.storage = storage
        self.place: dict[Stmt, int] = {}
        self.loops: dict[Stmt, tuple[list, ...]] = {}
        self.written: dict[Var, list[int]] = {}
        self._block(function.body, ())

    def between(self, var: Var, first: Op, last: Op) -> bool:
        """May an array be written after a statement has read it, and before, or while, another one runs?"""
        places = self.written.get(self.storage.of(var), []) if is_array(var) else []
        start, end = self.place[first], self.place[last]
        around = next((loop for loop in self.loops[last] if loop not in self.loops[first]), None)
        if around is not None:  # a turn may come after the write of another one
            end = around[1]
        k = bisect_left(places, start + 1)
        return k < len(places) and places[k] < end

    def _block(self, block: Block, loops: tuple) -> None:
        for stmt in block.stmts:
            number = self.place[stmt] = len(self.place)
            self.loops[stmt] = loops
            if isinstance(stmt, Op) and stmt.prim.name in IN_PLACE:
                self.written.setdefault(self.storage.of(stmt.args[0]), []).append(number)
            inner = blocks(stmt)
            turn = [number, number] if hasattr(stmt, "carries") else None
            for part in inner:
                self._block(part, (*loops, turn) if turn else loops)
            if turn:
                turn[1] = len(self.place)
