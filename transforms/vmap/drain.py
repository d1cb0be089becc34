"""What few examples of a block have left to do, they do one by one."""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.avals import INDEX
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Block, For, If, Lit, While
from broadax.transforms.vmap import examples, operands

FEW = 8  # of so many examples, one


def many(engine, active):
    """Are enough examples of a block active that a turn for all is cheaper than one for each of them?"""
    count = apply("sum", apply("convert", active, dtype=INDEX.dtype), axes=(0,), keepdims=False)
    return apply("greater", count, apply("floor_divide", engine.lanes, FEW))


def drained(engine, loop: While, carries: tuple, active) -> tuple:
    """The carries after the loop, where they and `active` are those when few examples were left."""
    builder = engine.builder
    index, states = builder.var("lane", INDEX), tuple(builder.var(c.base, c.aval) for c in carries)
    first = tuple(builder.var(c.base, c.aval) for c in loop.carries)
    alone = replace(loop, init=first)
    with builder.block() as stmts:
        goes_on = operands.one_example(active, index)
        with builder.block() as then:
            inner = examples.read(engine, Block((alone,)), index)
            for var, state in zip(first, states, strict=True):
                value = operands.one_example(state, index, var.base)
                inner.map[var] = builder.promote(value, var.dtype, var.aval.weak)
            builder.add(inner.stmt(alone))
            values = inner.atoms(loop.outs)
            pairs = zip(states, values, strict=True)
            results = tuple(operands.store_example(s, v, index, s.base) for s, v in pairs)
        after = tuple(builder.var(s.base, s.aval) for s in states)
        builder.add(If(after, goes_on, Block(tuple(then), results), Block((), states), loc=builder.loc))
    outs = tuple(builder.var(c.base, c.aval) for c in carries)
    turn = Block(tuple(stmts), after)
    builder.add(For(outs, index, Lit(0), engine.lanes, Lit(1), states, carries, turn, loc=builder.loc))
    return outs
