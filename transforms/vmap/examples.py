"""Loops over the examples of a batch, for what can't be done for all of them at once."""

from __future__ import annotations

from broadax.transforms.core.avals import INDEX
from broadax.transforms.core.expression import apply
from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.statements import (
    Block,
    Effect,
    For,
    Lit,
    Var,
    block_uses,
    definitions,
    statements,
)
from broadax.transforms.vmap import masks, operands
from broadax.transforms.vmap.collectives import refuse_alone


def per_example(engine, group) -> None:
    """Append `for b in range(size):` around a group of statements.

    In its body each example's part of what the group reads is taken by index, the statements run as
    they are, and what later statements read is stored into arrays that were made before the loop.
    """
    refuse_alone(group.stmts, engine.axis_name)
    for stmt in group.shared:
        engine.stmt(stmt)
    builder, body = engine.builder, Block(tuple(group.stmts))
    first = group.stmts[0]
    with builder.at(first.loc, first.note):
        init = tuple(_room(engine, v) for v in group.outs)
        carries = tuple(builder.var(v.base, a.aval) for v, a in zip(group.outs, init, strict=True))
        index = builder.var("b", INDEX)
        hi = builder.size_value(engine.size)
        with builder.block() as stmts:
            inner = read(engine, body, index)
            for stmt in group.stmts:
                builder.add(inner.stmt(stmt))
            results = tuple(
                operands.store_example(c, inner.atom(v), index, v.base)
                for c, v in zip(carries, group.outs, strict=True)
            )
        outs = tuple(builder.var(v.base, c.aval) for v, c in zip(group.outs, carries, strict=True))
        quiet = not any(isinstance(s, Effect) for s in statements(body))
        builder.add(
            For(
                outs,
                index,
                Lit(0),
                hi,
                Lit(1),
                carries,
                init,
                Block(tuple(stmts), results),
                parallel=quiet,
                loc=builder.loc,
                note=builder.note,
            )
        )
    engine.rename.map.update(zip(group.outs, outs, strict=True))


def _room(engine, var: Var):
    """An array for the values of `var` of all examples."""
    aval = operands.batched_aval(engine.rename.value(var.aval), engine.size)
    return apply("empty", shape=aval.shape, dtype=aval.dtype, base=var.base)


def read(engine, body: Block, index: Var) -> Rename:
    """Emit the reading of what example `index` needs; gives the renaming for the example's statements."""
    inner = Rename(engine.rename.map, engine.builder.names)
    defined = set(definitions(body))
    for var in dict.fromkeys(block_uses(body)):
        if var in defined:
            continue
        new = engine.rename.atom(var)
        if engine.batched(var):
            new = operands.one_example(new, index, var.base)
            if var.aval.weak:
                new = engine.builder.apply("convert", new, dtype=var.dtype, weak=True, base=var.base)
            inner.map[var] = new
        elif new in engine.blank:  # each example writes to its own
            inner.map[var] = engine.make(new, new.shape)
    return inner


def effect(engine, stmt: Effect) -> None:
    """A check for all examples at once, telling of the first that fails; or a `raise`."""
    if engine.size == 0:
        return
    if stmt.kind == "check" and engine.batched(stmt.args[0]):
        _check(engine, stmt)
        return
    first = 0 if engine.mask is None else apply("argmax", engine.mask, axis=0, base="failing")
    shown = [_example(engine, a, first) for a in stmt.args]
    engine.builder.add(
        Effect((), stmt.kind, tuple(shown), engine.rename.value(stmt.params), loc=stmt.loc, note=stmt.note)
    )


def _check(engine, stmt: Effect) -> None:
    """`assert` of each example: the data shown is that of the first example that fails."""
    holds = masks.holds(engine, stmt, engine.rename.atom(stmt.args[0]))
    if not any(engine.batched(a) for a in stmt.args[1:]):
        args = (apply("all", holds, axes=(0,), keepdims=False), *engine.rename.atoms(stmt.args[1:]))
    else:
        worst = apply("argmin", holds, axis=0, base="failing")
        args = (operands.one_example(holds, worst), *(_example(engine, a, worst) for a in stmt.args[1:]))
    params = engine.rename.value(stmt.params)
    engine.builder.add(Effect((), "check", args, params, loc=stmt.loc, note=stmt.note))


def _example(engine, atom, k):
    new = engine.rename.atom(atom)
    return operands.one_example(new, k) if engine.batched(atom) else new
