"""Loops over a batch run in blocks of examples, whose `while`s then fill the vector registers of a CPU.

for b in range(n):              for start in range(0, n, 64):
    y = x[b]                        lanes = min(64, n - start)
    while goes_on(y):       →       y = x[start : start + lanes]
        y = step(y)                 while np.sum(active) > lanes // 8: …    under a mask
    out[b] = y                      for lane in range(lanes): …             what is left, one by one
                                    out[start : start + lanes] = y

A turn of a block costs no more than a few turns of one example, whose operations wait for each other. When
few examples of a block go on they do so alone: the cost stays near that of the turns that each one takes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from broadax.transforms.core.avals import INDEX
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import (
    Block,
    For,
    Function,
    If,
    Lit,
    Op,
    Stmt,
    While,
    all_uses,
    block_uses,
    blocks,
    statements,
)
from broadax.transforms.facts.failing import may_raise
from broadax.transforms.simplify import simplify
from broadax.transforms.simplify.rewrite import Rewrite
from broadax.transforms.vmap.engine import Engine
from broadax.transforms.vmap.in_parts import in_parts, may_part

LANES = 64
LONGEST = 80  # statements of a loop's body: with more, the values of a turn stay in no register
ROW = (("index", 0),)


def run_in_lanes(function: Function) -> Function:
    """A function whose loops over batches of scalar `while`s run in blocks; before copies are inserted."""
    new = _Lanes(function).run()
    return new if new is function else simplify(new)


@dataclass(frozen=True)
class Batch:
    """A loop over examples, taken apart.

    Attributes:
        reads: `y = x[b]`, of arrays from outside.
        stmts: what is done with the elements, scalars all.
        stored: for each carry what `carry[b]` becomes.
    """

    reads: list[Op]
    stmts: list[Stmt]
    stored: list


class _Lanes(Rewrite):
    def visit(self, stmt):
        batch = _batch_of(stmt) if isinstance(stmt, For) and stmt.parallel else None
        return stmt if batch is None else self._in_blocks(stmt, batch)

    def _in_blocks(self, loop: For, batch: Batch) -> For:
        builder = Builder(self.names, self.before.guards)
        start, carries = builder.var("start", INDEX), tuple(builder.var(c.base, c.aval) for c in loop.carries)
        with builder.current(), builder.at(loop.loc, loop.note), builder.block() as stmts:
            left = builder.apply("subtract", loop.hi, start)
            lanes = builder.apply("minimum", left, LANES, base="lanes")
            part = (("slice", Size.of(start), Size.of(lanes), 1),)
            given = tuple(builder.apply("index", r.args[0], spec=part, base=r.out.base) for r in batch.reads)
            body = Block(tuple(batch.stmts), tuple(batch.stored))
            if may_part(batch.stmts, batch.stored):
                body = in_parts(builder, [r.out for r in batch.reads], body)
            one = Function("one", tuple(r.out for r in batch.reads), (), body, self.before.guards, self.names)
            engine = Engine(builder, one, given, (0,) * len(given), Size.of(lanes), None, True)
            engine.lanes = lanes
            values = engine.block(body)
            values = [engine.place(a, v, 0, 0) for a, v in zip(body.results, values, strict=True)]
            results = tuple(
                builder.apply("at_set", c, v, spec=part, base=c.base)
                for c, v in zip(carries, values, strict=True)
            )
        inner = Block(tuple(stmts), results)
        return replace(loop, index=start, step=Lit(LANES), carries=carries, body=inner)


# ── which loops ───────────────────────────────────────────────────────────────────────────────────


def _batch_of(loop: For) -> Batch | None:
    """The parts of a loop that can run in blocks; None where it can't, or would gain nothing."""
    if not all(isinstance(a, Lit) and a.value == v for a, v in ((loop.lo, 0), (loop.step, 1))):
        return None
    stores = _stores(loop)
    if stores is None:
        return None
    reads = [s for s in loop.body.stmts if _reads_example(s, loop)]
    stmts = [s for s in loop.body.stmts if s not in reads and s not in stores]
    inside = list(statements(Block(tuple(stmts))))
    known = {v for s in (*reads, *inside) for v in s.outs}
    if loop.index in {v for s in stmts for v in all_uses(s)} or not all(map(_plain, inside)):
        return None
    if not any(isinstance(s, While) for s in inside) or len(inside) > LONGEST or _nested(stmts):
        return None
    stored = [s.args[1] for s in stores]
    return Batch(reads, stmts, stored) if all(v in known for v in stored) else None


def _stores(loop: For) -> list[Op] | None:
    """The statements that end a turn, each storing one scalar of the example in a carry of its own."""
    made = {s.outs[0]: s for s in loop.body.stmts if isinstance(s, Op)}
    stores = [made.get(r) for r in loop.body.results]
    uses = list(block_uses(loop.body))
    for store, carry in zip(stores, loop.carries, strict=True):
        if store is None or store.prim.name != "at_set" or store.params["spec"] != ROW:
            return None
        place = store.args[0] is carry and store.args[2] is loop.index
        if not place or uses.count(carry) != 1 or uses.count(store.out) != 1:
            return None
    return stores


def _reads_example(stmt: Stmt, loop: For) -> bool:
    """Is it `x[b]`?"""
    if not isinstance(stmt, Op) or stmt.prim.name != "index" or stmt.params["spec"] != ROW:
        return False
    return stmt.args[1] is loop.index and stmt.args[0] not in loop.carries


def _plain(stmt: Stmt) -> bool:
    """Is it arithmetic on scalars that can't fail, or control flow?"""
    if not isinstance(stmt, Op):
        return isinstance(stmt, (If, For, While))
    scalar = not any(a.shape for a in (*stmt.outs, *stmt.args))
    arithmetic = stmt.prim.kind == "elementwise" or stmt.prim.name == "convert"
    return scalar and arithmetic and not may_raise(stmt)


def _nested(stmts) -> bool:
    """Does a `while` hold another loop, or a branch one? Their turns would add up over a block."""
    outer = (s for s in statements(Block(tuple(stmts))) if isinstance(s, (If, While)))
    return any(isinstance(i, (For, While)) for s in outer for b in blocks(s) for i in statements(b))
