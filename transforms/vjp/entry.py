"""Outermost loops and branches, reversed once and copied into each pullback."""

from __future__ import annotations

from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.statements import Block, Op, Stmt, all_uses
from broadax.transforms.facts.live import prune
from broadax.transforms.jvp.tangents import zeros
from broadax.transforms.vjp.cotangents import Cotangents, EntryCotangents
from broadax.transforms.vjp.threading import thread


class Entry:
    """The reverse of an outermost loop or branch, to be copied into each pullback.

    Attributes:
        block: its statements; its results are the cotangents of `targets`.
        stand_ins: variable → stands in `block` for its cotangent so far.
        targets: variables of the function that it gives cotangents to.
        saves: what the forward sweep must save for it.
        place: the builder's list of statements in which the forward sweep stands.
        consumed: whether a copy of the block in that list pops the stacks themselves.
    """

    def __init__(self, sweep, stmt: Stmt, nonzero: set):
        self.sweep, self.stmt = sweep, stmt
        self.place, self.consumed, self.emitted = sweep.builder.open[-1], False, False
        env = EntryCotangents(sweep, nonzero)
        self.outs = {out: env.get(out) for out in stmt.outs if out in nonzero and sweep.active(out)}
        with sweep.builder.block() as stmts:
            sweep.reverse_stmt(stmt, env)
        found = {v: ct for v, ct in env.values.items() if v not in stmt.outs and ct is not env.taken.get(v)}
        self.targets = tuple(found)
        self.stand_ins = {v: env.taken[v] for v in self.targets if env.taken[v] is not None}
        block = prune(Block(tuple(stmts), tuple(found.values())))
        self.saves = sweep.residuals.take(block)
        stacks = {save.symbol: save.symbol for save in self.saves if save.stacked}
        self.block = Block(tuple(thread(sweep.builder, block.stmts, stacks)), block.results)

    def emit(self, env: Cotangents) -> None:
        """Append a copy to the sweep's builder."""
        cts = {stand_in: env.pop(out) for out, stand_in in self.outs.items()}
        if all(ct is None for ct in cts.values()):
            return
        builder = self.sweep.builder
        with builder.at(self.stmt.loc, self.stmt.outs[0].base):
            mapping = {s: zeros(builder, s.aval) if ct is None else ct for s, ct in cts.items()}
            mapping |= {stand_in: env.full(var) for var, stand_in in self.stand_ins.items()}
            mapping |= self._stacks()
            copy = Rename(mapping, builder.names).block(self.block)
            for stmt in copy.stmts:
                builder.add(stmt)
            for var, ct in zip(self.targets, copy.results, strict=True):
                (env.set if var in self.stand_ins else env.add)(var, ct)

    def _stacks(self) -> dict:
        """Copies of the stacks, which the reverse sweep empties; one reverse sweep needs none."""
        builder = self.sweep.builder
        stacks = dict.fromkeys(save.symbol for save in self.saves if save.stacked)
        alone = builder.open[-1] is self.place and not self.emitted
        if self.consumed:
            self._spare(stacks)
        self.consumed, self.emitted = alone, True
        return {} if alone else {s: builder.apply("stack_copy", s, base=s.base) for s in stacks}

    def _spare(self, stacks: dict) -> None:
        """Let the reverse sweep that was emitted first take copies too."""
        builder, place = self.sweep.builder, self.place
        for k in reversed(range(len(place))):
            stmt = place[k]
            used = () if _is_copy(stmt) else [s for s in stacks if s in set(all_uses(stmt))]
            if used:
                with builder.block() as copies:
                    mapping = {s: builder.apply("stack_copy", s, base=s.base) for s in used}
                place[k : k + 1] = [*copies, Rename(mapping).stmt(stmt)]


def _is_copy(stmt: Stmt) -> bool:
    return isinstance(stmt, Op) and stmt.prim.name == "stack_copy"
