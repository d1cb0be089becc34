"""Control flow for all examples together, each taking part while its mask holds (see `maskable`).

An example that takes no part goes on computing from where it stands. Its values are not used; what could
fail for it does not look at them: an index is 0, a matrix the identity, a check holds. Derivatives don't pass
through them either: what a turn reads is hidden from those examples, since 0 · inf is not 0.
"""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

from broadax.transforms.core.avals import Aval, StackAval
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Block, Effect, For, If, Lit, Op, Var, While, free, statements
from broadax.transforms.vmap import drain, operands
from broadax.transforms.vmap.maskable import by_index
from broadax.transforms.vmap.select import harmless

BOOL = Aval(np.dtype(bool), ())
FACTORED = frozenset({"solve", "inv", "cholesky"})  # they fail for some matrices
INDEXED = frozenset({"index", "at_set", "at_add"})
RISKY = FACTORED | INDEXED


@contextmanager
def masked(engine, mask):
    """Inside, statements are for the examples whose `mask` holds: at least one, if they can fail."""
    saved, engine.mask = engine.mask, mask
    try:
        yield
    finally:
        engine.mask = saved


def joint(engine, mask):
    """The examples that take part already and whose `mask` holds."""
    return mask if engine.mask is None else apply("logical_and", engine.mask, mask)


def some(mask):
    """Does any example take part?"""
    return apply("any", mask, axes=(0,), keepdims=False)


def choose(mask, a, b):
    """From each example's `a` or `b`, batched values, as the mask says."""
    return apply("where", operands.expand(mask, a.ndim), a, b, base=getattr(a, "base", ""))


# ── branches ──────────────────────────────────────────────────────────────────────────────────────


def branch(engine, stmt: If) -> None:
    """Both branches, each for the examples that take it."""
    cond = engine.rename.atom(stmt.cond)
    masks = joint(engine, cond), joint(engine, apply("logical_not", cond))
    sides = [_side(engine, b, m, stmt.outs) for b, m in zip((stmt.then, stmt.orelse), masks, strict=True)]
    for var, a, b in zip(stmt.outs, *sides, strict=True):
        engine.rename.map[var] = choose(cond, a, b)


def _side(engine, block: Block, mask, outs) -> tuple:
    """The results of one branch, batched. One that could fail, or not end, runs only for some example."""
    if not any(_risky(engine, s) for s in statements(block)):
        return _results(engine, block, mask, outs)
    taken = some(mask)
    with engine.builder.block() as then:
        results = _results(engine, block, mask, outs)
    with engine.builder.block() as orelse:
        blank = tuple(apply("zeros", shape=a.shape, dtype=a.dtype) for a in results)
    made = tuple(engine.builder.var(v.base, a.aval) for v, a in zip(outs, results, strict=True))
    engine.builder.add(
        If(made, taken, Block(tuple(then), results), Block(tuple(orelse), blank), loc=engine.builder.loc)
    )
    return made


def _results(engine, block: Block, mask, outs) -> tuple:
    with masked(engine, mask), hidden(engine, block, mask):
        engine.block(block)
        return tuple(engine.fit(a, v) for a, v in zip(block.results, outs, strict=True))


def _risky(engine, stmt) -> bool:
    """Could the statement fail, or not end, where no example takes part?"""
    if not isinstance(stmt, Op) or stmt.prim.name not in INDEXED:
        return not isinstance(stmt, (Op, If)) or isinstance(stmt, Op) and stmt.prim.name in FACTORED
    own = all(engine.batched(a) for a in stmt.args[_arrays(stmt) :])  # `safe` makes these 0
    return not (own and all(isinstance(d, int) and d > 0 for d in stmt.args[0].shape))


def _arrays(stmt: Op) -> int:
    """How many operands of an indexing operation come before the indices."""
    return 1 if stmt.prim.name == "index" else 2


# ── loops ─────────────────────────────────────────────────────────────────────────────────────────


def loop_while(engine, stmt: While) -> None:
    """Turns until no example goes on."""
    init = tuple(engine.fit(a, v) for a, v in zip(stmt.init, stmt.carries, strict=True))
    engine.rename.map.update(zip(stmt.carries, init, strict=True))
    first = joint(engine, _goes_on(engine, stmt))
    carries, active = tuple(map(engine.define, stmt.carries)), engine.builder.var("active", first.aval)
    with engine.builder.block() as asks:
        cond = some(active) if engine.lanes is None else drain.many(engine, active)
    with engine.builder.block() as stmts, masked(engine, active):
        results = _turn(engine, stmt, carries, active)
        engine.rename.map.update(zip(stmt.carries, results, strict=True))
        last = apply("logical_and", _goes_on(engine, stmt), active, base="active")
    outs = (*map(engine.define, stmt.outs), engine.builder.var("active", first.aval))
    engine.builder.add(
        While(
            outs,
            (*carries, active),
            (*init, first),
            Block(tuple(asks), (cond,)),
            Block(tuple(stmts), (*results, last)),
            loc=engine.builder.loc,
            note=engine.builder.note,
        )
    )
    if engine.lanes is not None:
        *carries, active = outs
        outs = drain.drained(engine, stmt, tuple(carries), active)
        engine.rename.map.update(zip(stmt.outs, outs, strict=True))


def _goes_on(engine, stmt: While):
    """The condition, for all examples."""
    engine.block(stmt.cond)
    answer = stmt.cond.results[0]
    new = engine.rename.atom(answer)
    return new if engine.batched(answer) else engine.spread(new)


def _turn(engine, stmt: For | While, carries: tuple, active) -> tuple:
    """What the carries are after a turn: for examples that take no part, what they were."""
    with hidden(engine, stmt.body, active, stmt.carries):
        engine.block(stmt.body)
        results = tuple(engine.fit(a, v) for a, v in zip(stmt.body.results, stmt.carries, strict=True))
    pairs = zip(results, carries, strict=True)
    return tuple(r if isinstance(r.aval, StackAval) else choose(active, r, c) for r, c in pairs)


def loop_for(engine, stmt: For) -> None:
    """Turns for all examples' indices together; of examples with other steps, for as many as any takes."""
    init = tuple(engine.fit(a, v) for a, v in zip(stmt.init, stmt.carries, strict=True))
    lo, hi, step = engine.rename.atoms((stmt.lo, stmt.hi, stmt.step))
    count = _count(lo, hi, step)
    count = count if engine.mask is None else apply("where", engine.mask, count, 0)
    shared = by_index(stmt)
    index = engine.builder.var(stmt.index.base if shared else "turn", stmt.index.aval)
    carries = tuple(map(engine.define, stmt.carries))
    with engine.builder.block() as stmts:
        if shared:
            engine.rename.map[stmt.index] = index
            active = _within(index, lo, count, stmt.step.value)
        else:
            engine.rename.map[stmt.index] = apply("add", lo, apply("multiply", index, step))
            active = apply("less", index, count, base="active")
        with masked(engine, active):
            results = _turn(engine, stmt, carries, active)
    ends = _ends(lo, count, stmt.step.value) if shared else (Lit(0), _extreme("max", count), Lit(1))
    outs = tuple(map(engine.define, stmt.outs))
    engine.builder.add(
        For(
            outs,
            index,
            *ends,
            carries,
            init,
            Block(tuple(stmts), results),
            loc=engine.builder.loc,
            note=engine.builder.note,
        )
    )


def _count(lo, hi, step):
    """The number of turns of each example."""
    apart = apply("subtract", hi, lo)
    if not isinstance(step, Lit) or abs(step.value) != 1:
        apart = apply("negative", apply("floor_divide", apply("negative", apart), step))
    elif step.value < 0:
        apart = apply("negative", apart)
    return apply("maximum", apart, 0)


def _within(index, lo, count, step: int):
    """Is an index, which all examples share, one of each example's?"""
    turn = apply("subtract", index, lo) if step > 0 else apply("subtract", lo, index)
    return apply("logical_and", apply("greater_equal", turn, 0), apply("less", turn, count), base="active")


def _ends(lo, count, step: int) -> tuple:
    """From the first index of any example to behind the last of any."""
    behind = apply("add", lo, count) if step > 0 else apply("subtract", lo, count)
    first, last = ("min", "max") if step > 0 else ("max", "min")
    return _extreme(first, lo), _extreme(last, behind), Lit(step)


def _extreme(name: str, x):
    return apply(name, x, axes=(0,), keepdims=False) if x.shape else x


# ── what stands under a mask ──────────────────────────────────────────────────────────────────────


@contextmanager
def hidden(engine, block: Block, mask, carries: tuple = ()):
    """Inside, examples whose mask does not hold have no part in the derivatives of what the block reads."""
    if harmless(block):
        yield
        return
    saved = {v: engine.rename.map[v] for v in (*carries, *free(block)) if _differentiable(engine, v)}
    for var, new in saved.items():
        engine.rename.map[var] = choose(mask, new, apply("stop_gradient", new))
    try:
        yield
    finally:
        engine.rename.map.update(saved)


def _differentiable(engine, var: Var) -> bool:
    return engine.batched(var) and isinstance(var.aval, Aval) and var.dtype.kind in "fc"


def safe(engine, stmt: Op, args: tuple) -> tuple:
    """Batched operands with which the operation can't fail for an example that takes no part."""
    name, mask = stmt.prim.name, engine.mask
    if mask is None or name not in RISKY or not any(map(engine.batched, stmt.args)):
        return args
    if name in FACTORED:
        if not engine.batched(stmt.args[0]):
            return args
        unit = apply("eye", n=args[0].shape[-1], m=args[0].shape[-1], k=0, dtype=args[0].dtype)
        return choose(mask, args[0], unit), *args[1:]
    arrays = _arrays(stmt)
    pairs = zip(stmt.args[arrays:], args[arrays:], strict=True)
    return *args[:arrays], *(choose(mask, n, 0) if engine.batched(o) else n for o, n in pairs)


def holds(engine, stmt: Effect, condition):
    """The condition of a check, for the examples that take part."""
    if engine.mask is None or not engine.batched(stmt.args[0]):
        return condition
    return apply("logical_or", condition, apply("logical_not", engine.mask))
