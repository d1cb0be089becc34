"""The reverse of an `if`: an `if` on the same condition, each side the reverse of that side."""

from __future__ import annotations

from broadax.transforms.core.statements import Block, If
from broadax.transforms.vjp.cotangents import Cotangents


def reverse_if(sweep, stmt: If, env: Cotangents) -> None:
    """Emit the reverse of an `if`.

    Its results are the cotangents of the variables that a side reads from outside: the side that does
    not read one passes its cotangent through.
    """
    cts = {out: env.pop(out) for out in stmt.outs}
    if all(ct is None for ct in cts.values()):
        return
    sides = [_Side(sweep, block, stmt, cts, env) for block in (stmt.then, stmt.orelse)]
    read = dict.fromkeys(var for side in sides for var in side.env.taken)
    joined = [var for var in read if any(side.changes(var) for side in sides)]
    if not joined:
        return
    blocks = [side.finish(joined, env) for side in sides]
    outs = tuple(sweep.builder.var(f"d_{var.base}", sweep.aval(var)) for var in joined)
    sweep.builder.add(If(outs, sweep.atom(stmt.cond), *blocks, loc=stmt.loc, note=stmt.note))
    for var, out in zip(joined, outs, strict=True):
        env.set(var, out)


class _Side:
    """One side, reversed."""

    def __init__(self, sweep, block: Block, stmt: If, cts: dict, env: Cotangents):
        self.sweep, self.region = sweep, sweep.region(block)
        self.env = Cotangents(sweep, self.region.own, env)
        with sweep.builder.block() as self.stmts:
            for result, out in zip(block.results, stmt.outs, strict=True):
                if cts[out] is not None and sweep.active(result):
                    self.env.add(result, cts[out])
            sweep.reverse(block, self.env)

    def changes(self, var) -> bool:
        return self.env.values.get(var) is not self.env.taken.get(var)

    def finish(self, joined, env: Cotangents) -> Block:
        """The block, giving the cotangents of `joined`."""
        with self.sweep.builder.reopen(self.stmts):
            results = tuple(self.env.full(var) for var in joined)
        return self.sweep.resolve(self.region, Block(tuple(self.stmts), results))
