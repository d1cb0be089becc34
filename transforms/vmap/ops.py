"""Primitives on batched operands: elementwise by aligning ranks, the others by their batch rules."""

from __future__ import annotations

from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Op, Var
from broadax.transforms.primitives import registry
from broadax.transforms.vmap import masks, operands
from broadax.transforms.vmap.calls import batch_call
from broadax.transforms.vmap.collectives import resolve


def batch_op(engine, stmt: Op) -> None:
    """Append an operation for all examples; its results then stand for the statement's."""
    since = len(engine.builder.open[-1])
    args, params = engine.rename.atoms(stmt.args), None
    match stmt.prim.name:
        case _ if engine.activity.resolved(stmt):
            batched = any(map(engine.batched, stmt.args))
            result = resolve(engine.size, stmt, batched, args, engine.rename.value(stmt.params))
        case "size":
            result = operands.size_value(stmt.params["value"], engine.rename.atom)
        case "call":
            flags, given = tuple(map(engine.batched, stmt.args)), stmt.params
            result = batch_call(engine, flags, args, given["function"], given["rule"])
        case "convert":
            result = _convert(stmt, args[0])
        case "stack_new" | "stack_push" | "stack_pop" | "stack_copy":
            result = _stack(engine, stmt)
        case _ if stmt.prim.kind == "elementwise":
            result = _elementwise(engine, stmt.prim, stmt.args, args, stmt.outs[0].ndim)
        case _:
            params = engine.rename.value(stmt.params)
            args, flags = _updated(engine, stmt, masks.safe(engine, stmt, args))
            result = stmt.prim.batch(engine.size, flags, *args, **params)
    results = result if isinstance(result, tuple) else (result,)
    for var, new in zip(stmt.outs, results, strict=True):
        finish(engine, var, new, since)


def finish(engine, var: Var, new, since: int) -> None:
    """Let `new` stand for `var`: with its dtype, under its name."""
    if not isinstance(var.aval, StackAval) and new.dtype != var.dtype:
        new = apply("convert", new, dtype=var.dtype)
    engine.rename.map[var] = engine.name(new, var, since)


def select(engine, var: Var, cond, a, b) -> None:
    """`var` is `a` or `b` for each example, as `cond` says."""
    since = len(engine.builder.open[-1])
    old = (cond, a, b)
    new = [engine.rename.atom(x) for x in old]
    new[1:] = [engine.builder.promote(x, var.dtype) for x in new[1:]]
    result = _elementwise(engine, registry.get("where"), old, new, var.ndim)
    finish(engine, var, result, since)


def _elementwise(engine, prim, old, new, ndim: int):
    """Batched operands get as many axes as the result has; the others align from the right."""
    pairs = zip(old, new, strict=True)
    aligned = tuple(operands.expand(n, ndim + 1) if engine.batched(o) else n for o, n in pairs)
    return engine.builder.emit(prim, aligned, {})


def _convert(stmt: Op, x):
    """A conversion. What NumPy does with a Python number by itself, it does not with an array."""
    dtype = stmt.outs[0].dtype
    if x.dtype == dtype:
        return x
    implicit = bool(stmt.params.get("implicit")) and not stmt.args[0].aval.weak
    return apply("convert", x, dtype=dtype, **({"implicit": True} if implicit else {}))


def _stack(engine, stmt: Op):
    """A stack of batched items: each holds the items of all examples."""
    if stmt.prim.name == "stack_new":
        item = operands.batched_aval(engine.rename.value(stmt.params["item"]), engine.size)
        return engine.builder.emit(stmt.prim, (), {**stmt.params, "item": item})
    args = list(engine.rename.atoms(stmt.args))
    if stmt.prim.name == "stack_push" and not engine.batched(stmt.args[1]):
        args[1] = engine.spread(engine.builder.promote(args[1], stmt.args[0].aval.item.dtype))
    params = engine.rename.value(stmt.params)
    if params.get("spare") is not None:
        params = {**params, "spare": args[0].aval.item}
    return engine.builder.emit(stmt.prim, tuple(args), params)


def _updated(engine, stmt: Op, args) -> tuple[tuple, tuple]:
    """The operands and which are batched; an array that batched values are written to is repeated."""
    flags = tuple(engine.batched(a) for a in stmt.args)
    if stmt.prim.name in ("at_set", "at_add") and not flags[0]:
        return (engine.spread(args[0]), *args[1:]), (True, *flags[1:])
    return args, flags
