"""Names that belong to one turn of a loop: set before they are read in each turn, and not read after it.

Such a name is not carried from turn to turn, so that what it held before may have another type or size.
"""

from __future__ import annotations

from functools import lru_cache

import gast

SCOPES = (gast.FunctionDef, gast.Lambda, gast.ClassDef)


def locals_of_turns(loop, function) -> set[str]:
    """The names that belong to the turns of a `for` or `while` of a function's tree."""
    stored = {n.id for n in gast.walk(loop) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store)}
    reads, elsewhere = _in_function(function)
    covered: set = set()
    for block in _blocks(loop):
        _cover(block, covered)
    shared = {_name(n) for n in reads if n not in covered}
    return stored - shared - elsewhere


@lru_cache(maxsize=256)
def _in_function(function) -> tuple[list, set[str]]:
    """The reads of names in a function, and the names that are not its own alone."""
    return [n for n in gast.walk(function) if _reads(n)], _used_elsewhere(function)


def _reads(node) -> bool:
    """Is it the reading of a name, or `name op= …`?"""
    if isinstance(node, gast.AugAssign):
        return isinstance(node.target, gast.Name)
    return isinstance(node, gast.Name) and not isinstance(node.ctx, (gast.Store, gast.Param))


def _cover(block: list, covered: set) -> None:
    """Collect the reads of names that an earlier statement of the block has set."""
    known: set[str] = set()
    for stmt in block:
        if known:
            covered.update(n for n in gast.walk(stmt) if _reads(n) and _name(n) in known)
        if isinstance(stmt, gast.Assign):
            targets = [n for t in stmt.targets for n in gast.walk(t)]
            known |= {n.id for n in targets if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store)}


def _blocks(loop):
    """The statement lists of a loop's turns."""
    yield loop.body
    for stmt in loop.body:
        for node in gast.walk(stmt):
            for field in ("body", "orelse", "finalbody"):
                if isinstance(getattr(node, field, None), list):
                    yield getattr(node, field)


def _name(node) -> str:
    return node.id if isinstance(node, gast.Name) else node.target.id


def _used_elsewhere(function) -> set[str]:
    """The names that inner functions may read, and those that are not the function's own."""
    found: set[str] = set()
    for node in gast.walk(function):
        if isinstance(node, (gast.Global, gast.Nonlocal)):
            found.update(node.names)
        elif isinstance(node, SCOPES) and node is not function:
            found.update(n.id for n in gast.walk(node) if isinstance(n, gast.Name))
    return found
