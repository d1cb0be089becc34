"""Runs: neighbouring statements that update slices of one array."""

from __future__ import annotations

from broadax.transforms.core.statements import Block, Op

MOST_UPDATES = 32


def is_of_slices(stmt) -> bool:
    """Is it an update of a part of an array that is given by slices alone?"""
    update = isinstance(stmt, Op) and stmt.prim.name in ("at_set", "at_add") and len(stmt.args) == 2
    return update and all(entry[0] == "slice" for entry in stmt.params["spec"])


def runs(block: Block) -> dict[Op, list[Op]]:
    """The runs of a block: each statement of one but the last → it and those that follow.

    The first may set what it updates, the others add to it.
    """
    found: dict[Op, list[Op]] = {}
    current: list[Op] = []
    for stmt in (*block.stmts, None):
        follows = (
            current
            and is_of_slices(stmt)
            and stmt.prim.name == "at_add"
            and stmt.args[0] is current[-1].out
            and len(current) < MOST_UPDATES
        )
        if follows:
            current.append(stmt)
            continue
        found.update((op, current[k:]) for k, op in enumerate(current[:-1]))
        current = [stmt] if is_of_slices(stmt) else []
    return found
