"""Runs: neighbouring statements that update slices of one array."""

from __future__ import annotations

from broadax.transforms.core.statements import Block, Op

MOST_UPDATES = 32


def is_of_slices(stmt) -> bool:
    """Is it an update of a part of an array that is given by slices, and by single indices?"""
    if not isinstance(stmt, Op) or stmt.prim.name not in ("at_set", "at_add"):
        return False
    kinds = {entry[0] for entry in stmt.params["spec"]}
    return "slice" in kinds and "new" not in kinds and all(k.shape == () for k in stmt.args[2:])


def same_axes(first: Op, other: Op) -> bool:
    """Do two updates by slices have them in the same axes, and the same indices in the others?"""
    return _fixed(first) == _fixed(other)


def _fixed(op: Op) -> tuple:
    """For each axis its index, None where there is a slice."""
    return tuple(op.args[2 + entry[1]] if entry[0] == "index" else None for entry in op.params["spec"])


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
            and same_axes(current[0], stmt)
        )
        if follows:
            current.append(stmt)
            continue
        found.update((op, current[k:]) for k, op in enumerate(current[:-1]))
        current = [stmt] if is_of_slices(stmt) else []
    return found
