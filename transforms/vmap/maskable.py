"""Which control flow may run for all examples together, each example taking part while its mask holds.

    while any(active):                               for all examples at once
        x = where(active, step(x), x)
        active = active & goes_on(x)

That is right where a turn or a branch does nothing for an example that takes no part but compute values
that are not used. What prints, a call that stays whole, a callback, and what a collective waits for are left
to a loop over the examples; so is a stack of the user's, on which the examples' items would not come to lie
side by side.
"""

from __future__ import annotations

from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import Effect, For, If, Lit, Op, Stmt, While, blocks, statements
from broadax.transforms.primitives.collective import NAMES as COLLECTIVES

WHOLE = frozenset({"call", "pure_callback", "io_callback", *COLLECTIVES})


def maskable(stmt: If | For | While, batched, mirrored) -> bool:
    """May the statement run under a mask?

    Args:
        batched: is an atom's value one of each example?
        mirrored: is a stack emptied by the turns that filled it, in reverse?
    """
    inside = [s for block in blocks(stmt) for s in statements(block)]
    if not all(map(_quiet, inside)):
        return False
    if isinstance(stmt, If):
        return not any(_stacks(s) for s in (stmt, *inside))
    stacks = [v for s in (stmt, *inside) for v in _stacks(s)]
    if not stacks:
        return True
    return all(map(mirrored, stacks)) and (isinstance(stmt, While) or _aligned(stmt, inside, batched))


def by_index(loop: For) -> bool:
    """Do the examples of a masked loop share its index (or only the number of the turn)?"""
    return isinstance(loop.step, Lit) and loop.step.value in (1, -1)


def _quiet(stmt: Stmt) -> bool:
    match stmt:
        case Effect():
            return stmt.kind != "print"
        case Op():
            return stmt.prim.name not in WHOLE
    return True


def _stacks(stmt: Stmt) -> list:
    return [a for a in (*stmt.outs, *getattr(stmt, "args", ())) if isinstance(a.aval, StackAval)]


def _aligned(loop: For, inside: list[Stmt], batched) -> bool:
    """Does each turn meet on its stacks what the turn of the same index put there, for every example?

    Pushing from a shared first index on, and popping down to a shared last one.
    """
    if not by_index(loop):
        return False
    names = {s.prim.name for s in inside if isinstance(s, Op)}
    shared = [loop.lo] * ("stack_push" in names) + [loop.hi] * ("stack_pop" in names)
    return not any(map(batched, shared))
