"""Rules of `fold` for truth values, selection and conversion."""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.statements import Lit, Op
from broadax.transforms.simplify.arithmetic import value_of
from broadax.transforms.simplify.fold import Fold, rule

OPPOSITE = {
    "equal": "not_equal",
    "not_equal": "equal",
    "less": "greater_equal",
    "less_equal": "greater",
    "greater": "less_equal",
    "greater_equal": "less",
}


@rule("logical_not", "invert")
def logical_not(fold: Fold, op: Op):
    inner = fold.made_by(op.args[0], "logical_not", *OPPOSITE)
    if inner is None or op.out.dtype.kind != "b":
        return None
    if inner.prim.name == "logical_not":
        return inner.args[0]
    if inner.prim.name in ("equal", "not_equal") or all(a.dtype.kind in "biu" for a in inner.args):
        return OPPOSITE[inner.prim.name], inner.args, {}
    return None


@rule("logical_and", "logical_or", "bitwise_and", "bitwise_or")
def junction(fold: Fold, op: Op):
    neutral = op.prim.name.endswith("and")
    for one, other in (op.args, op.args[::-1]):
        if isinstance(one, Lit) and isinstance(one.value, (bool, np.bool_)):
            if bool(one.value) is neutral:
                return other
            if op.out.shape == ():
                return Lit(one.value if op.out.aval.weak else np.bool_(one.value), op.out.aval)
    return op.args[0] if op.args[0] is op.args[1] else None


@rule("where")
def where(fold: Fold, op: Op):
    condition, a, b = op.args
    if a is b:
        return a
    value = value_of(fold, condition)
    if value is None and condition in (a, b):  # an `and` or `or` that has been written as a choice
        return ("logical_and", (condition, a), {}) if condition is b else ("logical_or", (condition, b), {})
    if value is None:
        return None
    return a if value else b


@rule("convert")
def convert(fold: Fold, op: Op):
    (x,) = op.args
    if x.aval == op.out.aval:
        return x
    inner = fold.made_by(x, "convert")
    if inner is None:
        return None
    first, middle = inner.args[0].dtype, x.dtype
    exact = np.can_cast(first, middle, "safe") and not (
        first.kind in "iu" and first.itemsize == 8 and middle.kind in "fc"
    )
    if exact and inner.args[0].aval.weak == x.aval.weak:
        return (
            "convert",
            inner.args,
            {**op.params, "implicit": bool(op.params.get("implicit") and inner.params.get("implicit"))},
        )
    return None


@rule("equal", "less_equal", "greater_equal", "not_equal", "less", "greater")
def compared_with_itself(fold: Fold, op: Op):
    a, b = op.args
    if a is not b or op.out.shape or a.dtype.kind not in "biu":  # a NaN does not equal itself
        return None
    answer = op.prim.name in ("equal", "less_equal", "greater_equal")
    return Lit(answer if op.out.aval.weak else np.bool_(answer), op.out.aval)
