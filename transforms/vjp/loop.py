"""The reverse of a loop: the same turns, backwards.

Its carries are the cotangents of the loop's carries, and the cotangents so far of what the turns read
from outside, so that they are updated in place.
"""

from __future__ import annotations

from broadax.transforms.core.sizes import Size, size_op
from broadax.transforms.core.statements import Block, For, Lit, While
from broadax.transforms.jvp.tangents import zeros
from broadax.transforms.vjp.cotangents import Cotangents, TurnCotangents
from broadax.transforms.vjp.regions import SCALAR, Loop, int_of


def reverse_loop(sweep, stmt: For | While, env: Cotangents) -> None:
    """Emit the reverse of a loop, whose trip count is known when it begins."""
    active = [k for k, carry in enumerate(stmt.carries) if sweep.active(carry)]
    cts = [env.pop(stmt.outs[k]) for k in active]
    if all(ct is None for ct in cts) and not sweep.residuals.plan.restoring.involves(stmt):
        return
    builder, loop, region = sweep.builder, sweep.loop(stmt), sweep.region(stmt.body)
    carries = [builder.var(f"d_{stmt.carries[k].base}", sweep.aval(stmt.carries[k])) for k in active]
    inner = TurnCotangents(sweep, region.own, env)
    with builder.block() as stmts:
        for k, carry in zip(active, carries, strict=True):
            if sweep.active(stmt.body.results[k]):
                inner.add(stmt.body.results[k], carry)
        sweep.reverse(stmt.body, inner)
        results = [inner.full(stmt.carries[k]) for k in active]
        outer = [var for var, first in inner.taken.items() if inner.values[var] is not first]
        carries += [inner.taken[var] for var in outer]
        results += [inner.values[var] for var in outer]
        values = sweep.residuals.backward_values(stmt, region, Block(tuple(stmts), tuple(results)))
        count = len(results)
        carries += [builder.var(v.end.base, v.end.aval) for v in values]
        results += [v.start for v in values]
    lo, hi, step, index = _backwards(sweep, stmt, loop)
    mapping = {v.end: carry for v, carry in zip(values, carries[count:], strict=True)}
    mapping |= {v: index for v in (loop.index, loop.number) if v is not None}
    body = sweep.resolve(region, Block(tuple(stmts), tuple(results)), mapping)
    init = [zeros(builder, c.aval) if ct is None else ct for ct, c in zip(cts, carries, strict=False)]
    init += [env.full(var) for var in outer]
    init += [sweep.residuals.plan.restoring.at_end(stmt, v.k) for v in values]
    outs = tuple(builder.var(c.base, c.aval) for c in carries)
    builder.add(
        For(outs, index, lo, hi, step, tuple(carries), tuple(init), body, loc=stmt.loc, note=stmt.note)
    )
    for value, out in zip(values, outs[count:], strict=True):
        sweep.residuals.plan.restoring.note(stmt, value.k, out)
    for var, out in zip(outer, outs[len(active) : count], strict=True):
        env.set(var, out)
    for k, out in zip(active, outs, strict=False):
        if sweep.active(stmt.init[k]):
            env.add(stmt.init[k], out)


def _backwards(sweep, stmt: For | While, loop: Loop) -> tuple:
    """Bounds, step and index variable of the loop that takes the same turns in reverse order."""
    builder = sweep.builder
    if isinstance(stmt, While):
        last = builder.size_value(Size.of(sweep.atom(loop.count)) - 1)
        return last, Lit(-1), Lit(-1), builder.var("turn", SCALAR)
    index = builder.var(stmt.index.base, loop.index.aval)
    lo, hi, step = sweep.dim(loop.lo), sweep.dim(loop.hi), sweep.dim(loop.step)
    if step == 1 or step == -1:
        return (*map(builder.size_value, (hi - step, lo - step)), Lit(-step), index)
    # The last turn: one step less than the first that is not taken, ceil((hi - lo) / step) turns on.
    last = lo + (-_floordiv(lo - hi, step) - 1) * step
    back = Lit(-step) if int_of(loop.step) is not None else builder.size_value(-step)
    return builder.size_value(last), builder.size_value(lo - step), back, index


def _floordiv(a, b):
    return size_op("floordiv", a, b)
