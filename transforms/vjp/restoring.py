"""Arrays that a loop updates in place, had in the reverse sweep by taking the updates back.

The forward sweep saves what each update overwrites. The reversed loop starts with the array as it was at
the end, and at each turn puts the old elements back; so whatever the turn read of the array can be read
again. A loop inside is followed inwards: it restores the array for the turn around it.
"""

from __future__ import annotations

from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.statements import Block, For, If, Op, Var, While, size_vars
from broadax.transforms.primitives import registry
from broadax.transforms.vjp.chains import Nests, Step, chain_of
from broadax.transforms.vjp.regions import Region, reads_of


class Restoring:
    """The arrays that the reverse sweep restores.

    Attributes:
        nests: the loops that hold an array.
        requests: arrays that would better be restored than saved: of each nest of loops in the original
            the pairs (loop, k) of the carries that hold the array.
        refused: requests that turned out to be impossible.
        loops: the pairs for the reversed loops that do restore their carry k.
        ends: versions at the end of a turn; the reversed loop carries them.
        steps: version of the copy → the update that follows it, which is taken back to have it.
        old: update of the original → the variable of the copy that holds what it overwrites.
        extra: result of an update in the copy → the operation that reads that, to be put before it.
        restored: version of the copy → what equals it, after the reverse of the loop that follows it.
    """

    def __init__(self, planner):
        self.planner, self.sweep, self.copy = planner, planner.sweep, planner.copy
        self.nests = Nests(self.sweep)
        self.requests: dict[tuple, None] = {}
        self.refused: set[tuple] = set()
        self.loops: set[tuple] = set()
        self.ends: set[Var] = set()
        self.steps: dict[Var, Step] = {}
        self.old: dict[Op, Var] = {}
        self.extra: dict[Var, Op] = {}
        self.restored: dict[Var, Var] = {}

    def has(self, var: Var) -> bool:
        """Is a variable a version that is restored at the start of its reversed turn?"""
        return var in self.steps or var in self.ends

    def involves(self, stmt) -> bool:
        """Must a loop be reversed for an array that it updates?"""
        return any(loop is stmt for loop, _ in self.loops)

    def versions(self, region: Region) -> list[Var]:
        """The versions, last first, of the arrays that the reverse of a region restores."""
        return [
            self.sweep.atom(version)
            for k in self._carries(region)
            for version, _ in chain_of(region.loops[-1].stmt, k)
        ]

    # ── deciding ──────────────────────────────────────────────────────────────────────────────────

    def request(self, array: Var) -> None:
        """Ask for an array to be restored; heeded when the reverse is put together again."""
        loop, k, _ = self.nests.place(array)
        self.requests[tuple(self.nests.inwards(*self.nests.outermost(loop, k)))] = None

    def heed(self, requests) -> None:
        """Let these loops take the updates of these carries back."""
        for loop, k in (pair for nest in requests for pair in nest):
            self.loops.add((loop, k))
            chain, home = chain_of(loop, k), self.sweep.region(loop.body)
            self.ends.add(self.sweep.atom(chain[0][0]))
            seen_loop = False
            for _, step in chain[:-1]:
                seen_loop = seen_loop or step.is_loop
                if not step.is_loop:
                    for op, region in step.updates(self.sweep.region, home):
                        self._save_old(op, region, again=region is home)
                    if not seen_loop:
                        self.steps[self.sweep.atom(step.before)] = step

    def _save_old(self, op: Op, home: Region, again: bool) -> None:
        """Have what an update overwrites saved: a new variable, or (`again`) one that has read it."""
        before, _, *idx = self.sweep.atoms(op.args)
        params = self.sweep.params(op)
        same = (v for v, read in home.defs.items() if again and _reads_same(read, (before, *idx), params))
        var = next(same, None)
        if var is None:
            prim = registry.get("index")
            aval = prim.infer(before.aval, *(a.aval for a in idx), **params)
            var = self.sweep.builder.var(before.base, aval)
            read = Op((var,), prim, (before, *idx), params, loc=op.loc, note=op.note)
            self.copy.enter(var, home, read)
            self.extra[self.sweep.atom(op.out)] = read
        self.old[op] = var
        if var not in self.planner.saves:
            self.planner.save(var, home)

    def prepare(self, region: Region) -> None:
        """Have the conditions and indices of a region's updates saved, where they can't be recomputed.

        In a branch that must not take a stack, which the reverse of the branch may read as well.
        """
        saves = self.planner.saves
        for loop, k in ((region.loops[-1].stmt, k) for k in self._carries(region)):
            steps = [step for _, step in chain_of(loop, k)[:-1] if not step.is_loop]
            for var in (v for step in steps for v in self.undo_reads(step)[1:]):
                home = self.copy.home.get(var)
                if home is None or var in self.old.values():
                    continue
                if not self.planner.available(var, region, restored=False):
                    self.planner.save(var, home)
                if any(v in saves and saves[v].stacked for v in self._inside(var, region)):
                    self.refused.add((loop, k))

    def _carries(self, region: Region) -> list[int]:
        """The carries that the reverse of a region's loop restores."""
        if region.fork or not region.loops:
            return []
        loop = region.loops[-1].stmt
        return [k for k in range(len(loop.carries)) if (loop, k) in self.loops]

    def _inside(self, var: Var, region: Region) -> list[Var]:
        """The variables of branches inside a region that are made for a variable."""
        found, pending = [], [var]
        while pending:
            var = pending.pop()
            home = self.copy.home.get(var)
            if home is not None and home is not region and region in home.around():
                found.append(var)
                if var not in self.planner.saves:
                    pending += reads_of(self.planner.recipe(var, home) or home.defs[var])
        return found

    # ── emitting ──────────────────────────────────────────────────────────────────────────────────

    def at_start(self, loop: For | While, k: int):
        """A restored carry at a turn's start."""
        return self._current(chain_of(loop, k), self.sweep.atom(loop.carries[k]))

    def at_end(self, loop: For | While, k: int):
        """A carry after the last turn; where it is restored in the loop around, emitted for that."""
        out = self.sweep.atom(loop.outs[k])
        place = self.nests.place(out) if (loop, k) in self.loops else None
        return out if place is None or place[:2] not in self.loops else self._current(place[2], out)

    def _current(self, chain, version: Var):
        """A version in the reverse of its turn, after the reverse of the loops that follow it.

        The variable of the copy where no loop follows: then it is restored before everything else.
        """
        versions = [self.sweep.atom(v) for v, _ in chain]
        at = versions.index(version)
        last = max((j for j, (_, step) in enumerate(chain[:at]) if step.is_loop), default=None)
        if last is None:
            return version
        value = self.restored[versions[last + 1]]
        for (_, step), like in zip(chain[last + 1 : at], versions[last + 2 : at + 1], strict=True):
            value = self.undo(step, value, lambda v: v, like)
        return value

    def note(self, loop: For | While, k: int, out: Var) -> None:
        """After a reversed loop that carries a value: `out` is what that was before the loop."""
        before = self.sweep.atom(loop.init[k])
        if isinstance(before, Var):
            self.restored[before] = out

    def undo(self, step: Step, value, make, like: Var, inside=None):
        """Emit the array before a step, from the array after it.

        Args:
            make: gives a variable of the region in the reverse sweep.
            inside: of a branch's region, gives the same for its variables.
        """
        builder = self.sweep.builder
        if isinstance(step.stmt, If):
            cond, blocks = make(self.sweep.atom(step.stmt.cond)), []
            for var in self._outer_reads(step):
                make(var)
            for block, steps in step.branches():
                inner, make_inner = value, inside(self.sweep.region(block), make)
                with builder.block() as stmts:
                    for s in steps:
                        inner = self.undo(s, inner, make_inner, self.sweep.atom(s.before), inside)
                blocks.append(Block(tuple(stmts), (inner,)))
            out = builder.var(like.base, like.aval)
            builder.add(If((out,), cond, *blocks, loc=step.stmt.loc, note=step.stmt.note))
            return out
        params = self.sweep.params(step.stmt)
        params = Rename({v: make(v) for v in size_vars(params)}).value(params)
        idx = [make(a) if isinstance(a, Var) else a for a in self.sweep.atoms(step.stmt.args[2:])]
        return builder.apply("at_set", value, make(self.old[step.stmt]), *idx, base=like.base, **params)

    def _outer_reads(self, step: Step) -> list[Var]:
        """What taking back an `if` reads from outside it; made before, since it may be used again."""
        inner = {self.sweep.region(block) for block, _ in step.branches()}
        found: dict[Var, None] = {}
        pending = self.undo_reads(step)[1:]
        while pending:
            var = pending.pop()
            home = self.copy.home.get(var)
            if home not in inner and not inner.intersection(home.around() if home else ()):
                found[var] = None
            elif var in self.planner.saves:
                pending += [loop.turn for loop in home.loops if loop.turn is not None]
                pending += size_vars(var.aval)
            else:
                pending += reads_of(self.planner.recipe(var, home) or home.defs[var])
        return list(found)

    def undo_reads(self, step: Step) -> list[Var]:
        """What taking back a step reads: the array after it, conditions, indices, what was overwritten."""
        found = [self.sweep.atom(step.after)]
        if isinstance(step.stmt, If):
            found.append(self.sweep.atom(step.stmt.cond))
            return found + [v for side in step.sides for s in side for v in self.undo_reads(s)[1:]]
        found += [*self.sweep.atoms(step.stmt.args[2:]), self.old[step.stmt]]
        return [a for a in found if isinstance(a, Var)] + list(size_vars(self.sweep.params(step.stmt)))


def _reads_same(op, args: tuple, params: dict) -> bool:
    return (
        isinstance(op, Op)
        and op.prim.name == "index"
        and params["spec"] == op.params["spec"]
        and len(op.args) == len(args)
        and all(
            a is b or (not isinstance(a, Var) and not isinstance(b, Var) and a.value == b.value)
            for a, b in zip(op.args, args, strict=True)
        )
    )
