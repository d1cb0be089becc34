"""Which `if`s may run both of their branches and select: short, harmless ones.

Selecting must give the same values and the same derivatives as branching. So the branches hold only
operations that can't fail and whose derivatives are finite whatever their operands: a cotangent of
0 stays 0 on its way through the branch that was not taken.
"""

from __future__ import annotations

import math

from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import Block, If, Lit, Op, Stmt

HARMLESS = frozenset(
    (
        "add",
        "subtract",
        "negative",
        "maximum",
        "minimum",
        "where",
        "conjugate",
        "real",
        "imag",
        "equal",
        "not_equal",
        "less",
        "less_equal",
        "greater",
        "greater_equal",
        "logical_and",
        "logical_or",
        "logical_xor",
        "logical_not",
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "invert",
        "sign",
        "floor",
        "ceil",
        "trunc",
        "rint",
        "isnan",
        "isinf",
        "isfinite",
        "signbit",
    )
)
LIMIT = 6  # statements in a branch; a longer one is better not computed in vain


def selectable(stmt: If) -> bool:
    """May both branches of the `if` run?"""
    if any(isinstance(v.aval, StackAval) for v in stmt.outs):
        return False
    branches = stmt.then, stmt.orelse
    return bool(stmt.outs) and all(len(b.stmts) <= LIMIT and harmless(b) for b in branches)


def harmless(block: Block) -> bool:
    """Can nothing in the block fail, or have a derivative that is not finite?"""
    return all(_harmless_stmt(s) for s in block.stmts)


def _harmless_stmt(stmt: Stmt) -> bool:
    match stmt:
        case If():
            return selectable(stmt)
        case Op():
            return (
                stmt.prim.name in HARMLESS
                or _scaling(stmt)
                or (stmt.prim.name == "convert" and _widens(stmt))
            )
    return False


def _scaling(stmt: Op) -> bool:
    """A product or quotient with a constant."""
    match stmt.prim.name, stmt.args:
        case "multiply", (a, b):
            return _finite(a) or _finite(b)
        case "divide", (_, b):
            return _finite(b) and b.value != 0
    return False


def _finite(atom) -> bool:
    return isinstance(atom, Lit) and atom.aval.dtype.kind in "biuf" and math.isfinite(atom.value)


def _widens(stmt: Op) -> bool:
    """A conversion that can't meet a value that the new type has not."""
    order = "biufc"
    (x,), dtype = stmt.args, stmt.outs[0].dtype
    return order.index(x.dtype.kind) <= order.index(dtype.kind) and x.dtype.kind != "u"
