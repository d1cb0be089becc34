"""What a reversed block reads from the forward sweep.

A reversed block is first written as if every variable of its forward block were still there. `resolve`
then looks at what it really reads, and puts in front of it statements that compute those variables again
from the loop's index, from what lies outside, and from each other; where that is not possible or not
cheap, the variable is saved by the forward sweep (`planning` decides).
"""

from __future__ import annotations

from dataclasses import dataclass

from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.statements import Block, For, Var, While, free
from broadax.transforms.facts.live import prune
from broadax.transforms.vjp.planning import VIEWS, Planner
from broadax.transforms.vjp.regions import Region, reads_of
from broadax.transforms.vjp.saving import Save, load


@dataclass(eq=False)
class Backward:
    """A value of the forward sweep that a reversed loop carries from turn to turn.

    Attributes:
        k: the loop's carry.
        end: its value at a turn's end (a variable of the copy).
        start: its value at the turn's start, for the turn before.
    """

    k: int
    end: Var
    start: Var


class Residuals:
    """The variables of the forward sweep that the reverse sweep needs.

    Attributes:
        plan: which are saved, and how the others are had.
    """

    def __init__(self, sweep):
        self.sweep, self.copy = sweep, sweep.copy
        self.plan = Planner(sweep)

    def take(self, block: Block) -> list[Save]:
        """The saves that a finished reverse block reads."""
        read = set(free(block))
        return [save for save in self.plan.saves.values() if save.symbol in read]

    def resolve(self, region: Region, block: Block, mapping: dict) -> Block:
        """The block with what it reads of its forward region computed again or loaded in front of it.

        Args:
            mapping: what already stands for a variable of the region: the reversed loop's index.
        """
        block, builder = prune(block), self.sweep.builder
        wanted = self._wanted(region, block, mapping)
        self.plan.decide(region, wanted)
        made = dict(mapping)
        with builder.block() as prelude:
            needed = self._needed(region, wanted)
            self._make_versions(region, needed, made)
            for var in [v for v in region.defs if v in needed]:
                self._make(var, region, made)
        if not made:
            return block
        rest = Rename(made).block(block)
        return Block((*prelude, *rest.stmts), rest.results)

    @staticmethod
    def _wanted(region: Region, block: Block, mapping=()) -> list[Var]:
        """The variables of the forward region that a block reads, in the order of their definitions."""
        read = set(free(block))
        return [v for v in region.defs if v in read and v not in mapping]

    # ── values that go from turn to turn, backwards ───────────────────────────────────────────────

    def backward_values(self, stmt: For | While, region: Region, block: Block) -> list[Backward]:
        """Values of the forward sweep that the reversed loop carries: what a turn ends with is what the
        next one begins with, so one save serves both; and arrays that are restored."""
        sweep, plan = self.sweep, self.plan
        wanted = self._wanted(region, prune(block))
        ends = [(sweep.atom(c), sweep.atom(r)) for c, r in zip(stmt.carries, stmt.body.results, strict=True)]
        found = {}
        for k, (start, end) in enumerate(ends):
            if start in wanted and end in wanted and start is not end:
                plan.decide(region, [start])
                if not plan.available(end, region):
                    plan.known.add(end)
                    found[end] = Backward(k, end, start)
        for k, (_, end) in enumerate(ends):
            if (stmt, k) in plan.restoring.loops:
                found[end] = Backward(k, end, plan.restoring.at_start(stmt, k))
        return list(found.values())

    # ── emitting ──────────────────────────────────────────────────────────────────────────────────

    def _make(self, var: Var, region: Region, made: dict, outer=None):
        """Emit what gives a variable in the reverse sweep.

        Variables of other regions are given by `outer`; without it, they stay as they are.
        """
        if var in made:
            return made[var]
        if self.copy.home.get(var) is not region:
            if outer is not None:
                made[var] = outer(var)
            return made.get(var, var)
        save, step = self.plan.saves.get(var), self.plan.restoring.steps.get(var)

        def make(v):
            return self._make(v, region, made, outer)

        def inside(branch: Region, outside):
            values: dict = {}
            return lambda v: self._make(v, branch, values, outside)

        if save is not None:
            made[var] = load(self, save, region, make)
        elif step is not None:
            after = make(self.sweep.atom(step.after))
            made[var] = self.plan.restoring.undo(step, after, make, var, inside)
        else:
            op = self.plan.recipe(var, region) or region.defs[var]
            for read in reads_of(op):
                make(read)
            rename = Rename(made, self.sweep.builder.names)
            self.sweep.builder.add(rename.stmt(op))
            made.update((out, rename.map[out]) for out in op.outs)
        return made[var]

    def _make_versions(self, region: Region, needed: set[Var], made: dict) -> None:
        """Restore arrays from the last version to the first, each read before it is changed again."""
        versions = self.plan.restoring.versions(region)
        for version in versions:
            if version not in needed:
                continue
            self._make(version, region, made)
            alive = {version}
            for var in list(region.defs):
                if var not in needed or var in self.plan.saves or var in alive or var in versions:
                    continue
                op = self.plan.recipe(var, region)
                if op is None:
                    continue
                read = reads_of(op)
                ready = all(v in made or self.copy.home.get(v) is not region for v in read)
                if alive.intersection(read) and (ready or op.prim.name in VIEWS):
                    self._make(var, region, made)
                    alive.add(var)

    def _needed(self, region: Region, wanted: list[Var]) -> set[Var]:
        """The variables of the region, and of branches in it, that have to be made for these."""
        found, pending = set(), list(wanted)
        while pending:
            var = pending.pop()
            home = self.copy.home.get(var)
            if var in found or home is None or region not in (home, *home.around()):
                continue
            found.add(var)
            step = self.plan.restoring.steps.get(var)
            if var in self.plan.saves or var in self.plan.known or var in self.plan.restoring.ends:
                continue
            if step is not None:
                pending += self.plan.restoring.undo_reads(step)
            elif (op := self.plan.recipe(var, home) or home.defs[var]) is not None:
                pending += reads_of(op)
        return found
