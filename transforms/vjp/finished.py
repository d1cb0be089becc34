"""What a loop reads of an array, or writes to it, and no later turn overwrites.

    for t in range(n):                          for k in range(n):
        u[t + 1] = u[t] + dt * f(u[t])              for i in range(k + 1, n):
                                                        a[i, k] /= a[k, k]
                                                        a[i, k + 1:] -= a[i, k] * a[k, k + 1:]

Such elements are the same in the array when it is finished, so the reverse sweep reads them there, and
nothing has to be saved. Shown by comparing indices, which are polynomials in the loops' indices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from broadax.transforms.core.statements import Block, For, If, Op, Var, While, blocks
from broadax.transforms.primitives import registry
from broadax.transforms.vjp.chains import Step, chain_of, followers
from broadax.transforms.vjp.overlap import Touched, apart, touched
from broadax.transforms.vjp.regions import Region


@dataclass(frozen=True)
class Level:
    """One loop of the nest that holds an array.

    Attributes:
        region: its turn.
        turn: the updates of a turn, each with its region; None where the array is not only updated.
        rest: those of a turn that follow the version in question.
    """

    region: Region
    turn: list
    rest: list


class Finished:
    """Where variables of the copy can be read when a nest of loops is done.

    Args:
        planner: asked for the regions of the copy and the chains of updates.
    """

    def __init__(self, planner):
        self.nests, self.sweep, self.copy = planner.restoring.nests, planner.sweep, planner.copy
        self.stored: dict[Var, Op] | None = None
        self.instead: dict[Var, Op | None] = {}

    def reading(self, var: Var) -> Op | None:
        """The operation that reads a variable of the copy from a finished array; None if there is none."""
        if var not in self.instead:
            self.instead[var] = self._read(var) or self._written(var)
        return self.instead[var]

    def _read(self, var: Var) -> Op | None:
        """A variable that was read where nothing is written afterwards."""
        home = self.copy.home[var]
        op = home.defs[var]
        if not isinstance(op, Op) or op.prim.name != "index" or self.copy.home.get(op.args[0]) is None:
            return None
        array, *idx = op.args
        array = self._finished(array, None, touched(self.copy, idx, op.params, home))
        if array is None:
            return None
        return Op(op.outs, op.prim, (array, *idx), op.params, loc=op.loc, note=op.note)

    def _written(self, var: Var) -> Op | None:
        """A variable that was written where nothing is written afterwards."""
        if self.stored is None:
            self.stored = {v: op for v, op in self._stores(self.sweep.function.body) if isinstance(v, Var)}
            self._enter_branches(self.sweep.function.body)
        update, home = self.stored.get(var), self.copy.home[var]
        if update is None or var.aval.weak:
            return None
        out, (array, _, *idx) = self.sweep.atom(update.out), self.sweep.atoms(update.args)
        prim, params = registry.get("index"), self.sweep.params(update)
        if not _in_branch_of(home, self.copy.home.get(out)) or any(a.shape for a in idx):
            return None
        aval = prim.infer(array.aval, *(a.aval for a in idx), **params)
        if aval.shape != var.shape or aval.dtype != var.dtype:
            return None
        array = self._finished(out, update, touched(self.copy, idx, params, home))
        return array and Op((var,), prim, (array, *idx), params, loc=update.loc, note=update.note)

    def _stores(self, block: Block) -> Iterator[tuple]:
        """The values that are put into arrays, each with the update."""
        for stmt in block.stmts:
            if isinstance(stmt, Op) and stmt.prim.name == "at_set":
                yield self.sweep.atom(stmt.args[1]), stmt
            for inner in blocks(stmt):
                if inner in self.copy.regions:
                    yield from self._stores(inner)

    def _enter_branches(self, block: Block) -> None:
        """What a branch gives for a value that is stored is stored, too, where the branch is taken."""
        for stmt in block.stmts:
            if isinstance(stmt, If):
                for side in (stmt.then, stmt.orelse):
                    for out, value in zip(stmt.outs, side.results, strict=True):
                        update, value = self.stored.get(self.sweep.atom(out)), self.sweep.atom(value)
                        if update and self.copy.home.get(value) is self.copy.regions.get(side):
                            self.stored.setdefault(value, update)
            for inner in blocks(stmt):
                self._enter_branches(inner)

    # ── what comes afterwards ─────────────────────────────────────────────────────────────────────

    def _finished(self, version: Var, update: Op | None, read: Touched) -> Var | None:
        """The array after its nest of loops, where all later updates keep off what was read.

        Args:
            update: the operation that makes the version; needed where that stands in a branch.
        """
        if all(ranges is None for ranges in read.axes):
            return None
        place, out = self.nests.place(version, update), None
        while place is not None:
            level = self._level(*place, version, update)
            if level is None or not self._kept(read, level):
                return None
            loop, k, _ = place
            version, update = self.sweep.atom(loop.outs[k]), None
            place, out = self.nests.place(version), version
        return out

    def _level(self, loop: For | While, k: int, chain: list, version: Var, update: Op | None) -> Level | None:
        if not isinstance(loop, For):
            return None
        region, steps = self.sweep.region(loop.body), [step for _, step in chain[:-1]]
        rest = followers(steps, lambda step: self.sweep.atom(step.after) is version or step.stmt is update)
        return Level(region, list(self._updates(steps, region)), list(self._updates(rest, region)))

    def _updates(self, steps: Iterable[Step], region: Region) -> Iterator[tuple[Op, Region] | None]:
        """The updates of steps, in the loops inside too; None where an array is not only updated."""
        for step in steps:
            if not step.is_loop:
                yield from step.updates(self.sweep.region, region)
                continue
            chain = chain_of(step.stmt, step.stmt.outs.index(step.after))
            if chain is None:
                yield None
            else:
                inner = self.sweep.region(step.stmt.body)
                yield from self._updates([s for _, s in chain[:-1]], inner)

    def _kept(self, read: Touched, level: Level) -> bool:
        """Do the updates of later turns of a loop, and of the rest of the turn, keep off what was read?"""
        loops = level.region.loops
        for updates, later in ((level.rest, False), (level.turn, True)):
            for found in updates:
                if found is None:
                    return False
                op, region = found
                write = touched(self.copy, self.sweep.atoms(op.args[2:]), self.sweep.params(op), region)
                if not apart(self.copy, read, write, loops, later):
                    return False
        return True


def _in_branch_of(region: Region | None, other: Region | None) -> bool:
    """Is a region another one, or a branch in it?"""
    while region is not other and region is not None and region.fork:
        region = region.parent
    return region is other and region is not None
