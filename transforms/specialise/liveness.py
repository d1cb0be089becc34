"""Which names of a function may still be read after a statement.

A name that is not needs no value: what a loop's turn leaves in it may have another type or size in the next
turn, and an array that only such a name stands for may be written through other names.
"""

from __future__ import annotations

from functools import lru_cache

import gast

SCOPES = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda, gast.ClassDef)
LOOPS = (gast.For, gast.While)


class Liveness:
    """What is read later, in the tree of one function.

    Attributes:
        after: statement → names that may be read after it, in the turns to come too.
        beyond: statement → the same, wherever it leads: `break` and `continue` in it go elsewhere.
        head: loop → names that its next turn may read as they are when it begins.
        shared: names that inner functions may read, and those that are not the function's own.
    """

    def __init__(self, function):
        self.after: dict[gast.AST, frozenset[str]] = {}
        self.beyond: dict[gast.AST, frozenset[str]] = {}
        self.head: dict[gast.AST, frozenset[str]] = {}
        self.shared = _shared(function)
        self.every = _loaded(function)
        self._block(function.body, frozenset(), frozenset(), frozenset())

    def read_from(self, stmt) -> frozenset[str]:
        """The names that may be read while a statement runs, or after it."""
        return self.after.get(stmt, self.every) | _loaded(stmt) | self.shared

    def joined_after(self, stmt) -> frozenset[str]:
        """The names that may be read once all branches of a statement have ended."""
        return self.beyond.get(stmt, self.every) | self.shared

    def of_turns(self, loop) -> set[str]:
        """The names that belong to a loop's turns: set in each before they are read, not read after it."""
        return _stored(loop) - self.head[loop] - self.after[loop] - self.shared

    def _block(self, stmts: list, live: frozenset, stop: frozenset, skip: frozenset) -> frozenset:
        """The names that are read from a block's beginning on.

        Args:
            live: those read after the block.
            stop: those read after a `break` in it; skip: after a `continue`.
        """
        for stmt in reversed(stmts):
            self.after[stmt], self.beyond[stmt] = live, live | stop | skip
            live = self._before(stmt, live, stop, skip)
        return live

    def _before(self, stmt, live: frozenset, stop: frozenset, skip: frozenset) -> frozenset:
        if isinstance(stmt, gast.If):
            sides = (self._block(block, live, stop, skip) for block in (stmt.body, stmt.orelse))
            return frozenset().union(_loaded(stmt.test), *sides)
        if isinstance(stmt, LOOPS):
            return self._loop(stmt, live, stop, skip)
        if isinstance(stmt, gast.With):
            items = frozenset().union(*map(_loaded, stmt.items))
            return items | self._block(stmt.body, live, stop, skip)
        if isinstance(stmt, gast.Return):
            return _loaded(stmt)
        if isinstance(stmt, gast.Break):
            return stop
        if isinstance(stmt, gast.Continue):
            return skip
        return (live - _set_by(stmt)) | _loaded(stmt)

    def _loop(self, loop, live: frozenset, stop: frozenset, skip: frozenset) -> frozenset:
        """What is iterated over is held until the loop ends."""
        over = _loaded(loop.iter if isinstance(loop, gast.For) else loop.test)
        targets = _stored(loop.target) if isinstance(loop, gast.For) else frozenset()
        head = self._block(loop.orelse, live, stop, skip) | over
        while True:
            begin = head | (self._block(loop.body, head, live, head) - targets)
            if begin == head:
                break
            head = begin
        self.head[loop] = head
        return head


@lru_cache(maxsize=256)
def liveness(function) -> Liveness:
    """The liveness of the names of a `FunctionDef`."""
    return Liveness(function)


@lru_cache(maxsize=4096)
def _loaded(node) -> frozenset[str]:
    """The names that are read anywhere in a tree, `name op= …` included."""
    return frozenset(_name(n) for n in gast.walk(node) if _reads(n))


def _stored(node) -> frozenset[str]:
    return frozenset(
        n.id for n in gast.walk(node) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store)
    )


def _set_by(stmt) -> frozenset[str]:
    """The names that a simple statement sets, whatever they held."""
    if isinstance(stmt, gast.Assign):
        return frozenset().union(*map(_stored, stmt.targets))
    if isinstance(stmt, gast.AnnAssign) and stmt.value is not None:
        return _stored(stmt.target)
    return frozenset()


def _reads(node) -> bool:
    if isinstance(node, gast.AugAssign):
        return isinstance(node.target, gast.Name)
    return isinstance(node, gast.Name) and not isinstance(node.ctx, (gast.Store, gast.Param))


def _name(node) -> str:
    return node.id if isinstance(node, gast.Name) else node.target.id


def _shared(function) -> frozenset[str]:
    found: set[str] = set()
    for node in gast.walk(function):
        if isinstance(node, (gast.Global, gast.Nonlocal)):
            found.update(node.names)
        elif isinstance(node, SCOPES) and node is not function:
            found.update(n.id for n in gast.walk(node) if isinstance(n, gast.Name))
    return frozenset(found)
