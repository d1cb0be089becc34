"""Which statements may raise, or not end."""

from __future__ import annotations

from broadax.transforms.core.sizes import product
from broadax.transforms.core.statements import Effect, For, If, Lit, Op, Stmt, While, blocks

# Of Python's numbers these may raise; NumPy's give inf or nan.
RAISING = frozenset({"divide", "floor_divide", "remainder", "power", "left_shift", "right_shift"})
CREATION = frozenset({"zeros", "empty", "full", "iota", "eye", "arange", "size"})


def may_fail(stmt: Stmt) -> bool:
    """May the statement raise an error, or run for ever?"""
    match stmt:
        case Op():
            return _operation_may_fail(stmt)
        case Effect() | While():
            return True
        case If() | For():
            return any(may_fail(s) for block in blocks(stmt) for s in block.stmts)
    raise TypeError(stmt)


def _operation_may_fail(op: Op) -> bool:
    name, kind = op.prim.name, op.prim.kind
    if name in ("index", "at_set", "at_add"):
        return len(op.args) > (1 if name == "index" else 2) and not op.params.get("checked")
    if kind == "elementwise":
        return may_raise(op)
    if name == "reshape":
        return product(op.args[0].shape) != product(op.out.shape)
    if name == "convert" and op.out.aval.weak:
        return op.out.dtype.kind != op.args[0].dtype.kind
    return kind not in ("linear", "bilinear") and name not in CREATION


def may_raise(op: Op) -> bool:
    """May an elementwise operation on Python's numbers raise?"""
    if not op.outs[0].aval.weak or op.prim.name not in RAISING and not op.prim.of_math:
        return False
    other = op.args[-1]
    return not (op.prim.name in RAISING and isinstance(other, Lit) and other.value > 0)
