"""Lifetimes: at which moments of a Core function each variable's value is still needed.

Moments are numbered in the order of the text: a statement at position p reads at 2p and writes at 2p + 1.
A lifetime is a sorted list of closed intervals; it has a hole where only the other branch of an `if` needs
the value, and it covers a whole loop when the value comes from before the loop.

Blocks hand over their results by copies: branch results to the names of the `if`, a loop's initial values and
the values at the end of each turn to its carries, the carries to the names after the loop. Each such hand-
over has a position of its own, so that these names count as written there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from broadax.transforms.core.statements import Block, Effect, For, Function, If, Op, Stmt, Var, While


@dataclass(eq=False)
class Region:
    """The stretch of moments of one block; `loop`: its statements run again and again."""

    parent: Region | None
    start: int
    loop: bool = False
    entered: int = 0  # the moment, in the parent, at which it is entered
    end: int = -1


def own_reads(stmt: Op | Effect) -> Iterable[Var]:
    """The variables among a statement's operands."""
    return (a for a in stmt.args if isinstance(a, Var))


def own_leaves(atom) -> Iterable[Var]:
    """The variable that an atom is, if it is one."""
    return (atom,) if isinstance(atom, Var) else ()


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Intervals sorted, with those that meet joined."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if out and start <= out[-1][1]:
            out[-1] = out[-1][0], max(end, out[-1][1])
        else:
            out.append((start, end))
    return out


def overlap(a: list[tuple[int, int]], b: list[tuple[int, int]]) -> bool:
    """Do two sorted interval lists share a moment?"""
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i][1] < b[j][0]:
            i += 1
        elif b[j][1] < a[i][0]:
            j += 1
        else:
            return True
    return False


def own_header(stmt: For) -> tuple[tuple, tuple]:
    """What the head of a counted loop reads, and what it sets in each turn."""
    return (stmt.lo, stmt.hi, stmt.step), (stmt.index,)


class Lifetimes:
    """The lifetimes of all variables.

    Args:
        reads: the variables that a single statement reads.
        leaves: the variables that are read where an atom is handed over (printing may put a whole
            expression there).
        shown: False for statements that count as absent.
        header: of a counted loop, the atoms that its head reads and the variables that it sets.

    Attributes:
        intervals: variable → sorted disjoint closed intervals of moments.
        position: statement → its position (of a loop: where its carries get their initial values).
        ends: block → the position at which its results are handed over.
        after: loop → the position at which its carries are handed over to its outs.
    """

    def __init__(
        self,
        function: Function,
        reads: Callable = own_reads,
        leaves: Callable = own_leaves,
        shown: Callable[[Stmt], bool] = lambda stmt: True,
        header: Callable = own_header,
    ):
        self.reads, self.leaves, self.shown, self.header = reads, leaves, shown, header
        self.position: dict[Stmt, int] = {}
        self.ends: dict[Block, int] = {}
        self.after: dict[Stmt, int] = {}
        self.raw: dict[Var, list[tuple]] = {}
        self.home: dict[Var, tuple[Region, int]] = {}
        self.count = 1
        top = Region(None, 0)
        for var in (*function.params, *(v for v, _, _ in function.sizes)):
            self._define(var, top, 1)
        self._block(function.body, top)
        self._hand_over(function.body, top)
        self.intervals = {
            v: merged((s, e.end if isinstance(e, Region) else e) for s, e in r) for v, r in self.raw.items()
        }

    def live_at(self, var: Var, moment: int) -> bool:
        """Is the variable's value needed at this moment?"""
        return any(start <= moment <= end for start, end in self.intervals.get(var, ()))

    # ── building ──────────────────────────────────────────────────────────────────────────────────

    def _next(self) -> int:
        self.count += 1
        return self.count

    def _define(self, var: Var, region: Region, moment: int) -> None:
        self.home[var] = region, moment
        self.raw.setdefault(var, []).append((moment, moment))

    def _use(self, var: Var, region: Region, moment: int) -> None:
        """Extend a variable's lifetime from its definition to a use, around the branches not taken."""
        home, written = self.home[var]
        ranges = self.raw[var]
        while region is not home:
            if region.loop:
                ranges.append((region.start, region))  # to its end, which is not known yet
            else:
                ranges.append((region.start, moment))
            moment = region.entered
            region = region.parent
        ranges.append((written, moment))

    def _read(self, atoms, region: Region, moment: int) -> None:
        for atom in atoms:
            for var in self.leaves(atom):
                self._use(var, region, moment)

    def _hand_over(self, block: Block, region: Region) -> int:
        p = self.ends[block] = self._next()
        self._read(block.results, region, 2 * p)
        return p

    def _block(self, block: Block, region: Region) -> None:
        for stmt in block.stmts:
            if self.shown(stmt):
                self._stmt(stmt, region)

    def _stmt(self, stmt: Stmt, region: Region) -> None:
        p = self.position[stmt] = self._next()
        match stmt:
            case Op() | Effect():
                for var in self.reads(stmt):
                    self._use(var, region, 2 * p)
                for var in stmt.outs:
                    self._define(var, region, 2 * p + 1)
            case If():
                self._if(stmt, region, p)
            case For() | While():
                self._loop(stmt, region, p)

    def _if(self, stmt: If, region: Region, p: int) -> None:
        self._read((stmt.cond,), region, 2 * p)
        written = []
        for block in (stmt.then, stmt.orelse):
            inner = Region(region, 2 * self._next(), entered=2 * p)
            self._block(block, inner)
            q = self._hand_over(block, inner)
            inner.end = 2 * self._next()
            written.append((2 * q + 1, inner.end))
        join = 2 * self._next()
        for var in stmt.outs:
            self._define(var, region, join)
            self.raw[var] += written

    def _loop(self, stmt: For | While, region: Region, p: int) -> None:
        bounds, turn = self.header(stmt) if isinstance(stmt, For) else ((), ())
        self._read(stmt.init, region, 2 * p)
        self._read(bounds, region, 2 * p + 1)  # the head is run after the carries have got their values
        inner = Region(region, 2 * self._next(), loop=True, entered=2 * p + 1)
        for var in (*turn, *stmt.carries):
            self._define(var, inner, inner.start)
        if isinstance(stmt, While):
            self._block(stmt.cond, inner)
            tested = self._hand_over(stmt.cond, inner)
            for var in stmt.carries:
                self._use(var, inner, 2 * tested + 1)
        self._block(stmt.body, inner)
        if len(turn) > 1:  # the head goes on reading the arrays whose elements it sets
            self._read(bounds, inner, 2 * self.count)
        q = self._hand_over(stmt.body, inner)
        inner.end = 2 * self._next()
        r = self.after[stmt] = self._next()
        for var in stmt.carries:
            self.raw[var] += [(2 * p + 1, inner.start), (2 * q + 1, 2 * r)]
        for var in stmt.outs:
            self._define(var, region, 2 * r + 1)
