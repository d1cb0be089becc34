"""Arrays that a loop updates in place, had in the reverse sweep by taking the updates back.

The forward sweep saves what each update overwrites. The reversed loop starts with the array as it was at
the end, and at each turn puts the old elements back; so whatever the turn read of the array can be read
again. A loop inside is followed inwards: it restores the array for the turn around it.
"""

from __future__ import annotations

from dataclasses import dataclass

from broadax.transforms.core import Block, For, If, Op, Stmt, Var, While, size_vars
from broadax.transforms.primitives import registry
from broadax.transforms.rebuild import Rename
from broadax.transforms.vjp.regions import Region, reads_of
from broadax.transforms.vjp.saving import Save


@dataclass(eq=False)
class Step:
    """One step by which an array carried by a loop changes in a turn (in the original function).

    Attributes:
        stmt: an update, an `if` that updates, or a loop that carries the array on.
        before, after: the array's versions.
        sides: of an `if`, the steps of each side, last first.
    """

    stmt: Op | If | For | While
    before: Var
    after: Var
    sides: tuple = ()

    @property
    def is_loop(self) -> bool:
        return isinstance(self.stmt, (For, While))

    def updates(self, region_of, region: Region):
        """The updates of a step, each with the region in which it stands."""
        if isinstance(self.stmt, Op):
            yield self.stmt, region
        for block, steps in self.branches():
            for step in steps:
                yield from step.updates(region_of, region_of(block))

    def branches(self) -> list[tuple[Block, list[Step]]]:
        """Of an `if`, each side with its steps."""
        return list(zip((self.stmt.then, self.stmt.orelse), self.sides, strict=True)) if self.sides else []


def chain_of(loop: For | While, k: int) -> list[tuple[Var, Step | None]] | None:
    """The versions of a carried array in a turn, last first, each with the step that made it.

    None where it is not only updated: joined from branches, or made anew.
    """
    found = _steps(loop.body, loop.body.results[k], loop.carries[k])
    return [*((step.after, step) for step in found), (loop.carries[k], None)] if found else None


def _steps(block: Block, version, start: Var | None) -> list[Step] | None:
    """The steps in a block that lead to a version, last first; None where they don't begin at `start`."""
    made = {out: s for s in block.stmts for out in s.outs}
    found: list[Step] = []
    while version in made and version is not start:
        step = _step(made[version], version)
        if step is None or (isinstance(step.stmt, If) and any(s.is_loop for s in found)):
            return None
        found.append(step)
        version = step.before
    return found if version is start else None


def _step(stmt: Stmt, after: Var) -> Step | None:
    """The step by which a statement makes a version of an array."""
    sides: tuple = ()
    match stmt:
        case Op():
            before = stmt.args[0] if stmt.prim.name in ("at_set", "at_add") else None
        case For() | While():
            before = stmt.init[stmt.outs.index(after)]
        case If():
            k = stmt.outs.index(after)
            before = _common_start(stmt, k)
            sides = tuple(_steps(side, side.results[k], before) for side in (stmt.then, stmt.orelse))
            if any(side is None or any(s.is_loop for s in side) for side in sides):
                return None
    return Step(stmt, before, after, sides) if isinstance(before, Var) else None


def _common_start(stmt: If, k: int) -> Var | None:
    """The version from outside to which both sides of an `if` lead back."""
    starts = []
    for side in (stmt.then, stmt.orelse):
        made = {out: s for s in side.stmts for out in s.outs}
        version = side.results[k]
        while version in made:
            step = _step(made[version], version)
            version = None if step is None else step.before
        starts.append(version)
    return starts[0] if starts[0] is starts[1] else None


class Restoring:
    """The arrays that the reverse sweep restores.

    Attributes:
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
        return [self.sweep.atom(version) for k in self._carries(region)
                for version, _ in chain_of(region.loops[-1].stmt, k)]

    # ── deciding ──────────────────────────────────────────────────────────────────────────────────

    def place(self, array: Var, update: Op | None = None):
        """The loop and carry of which a variable of the copy is a version, with its chain; or None.

        Args:
            update: look instead for the array that this operation updates, in a branch perhaps.
        """
        home = self.copy.home.get(array)
        if home is None or (home.fork and update is None) or not home.loops:
            return None
        loop = home.loops[-1].stmt
        for k in range(len(loop.carries)):
            chain = chain_of(loop, k)
            if chain and any(self.sweep.atom(version) is array for version, _ in chain):
                return loop, k, chain
            if chain and update and any(op is update for _, step in chain[:-1] if not step.is_loop
                                        for op, _ in step.updates(self.sweep.region, None)):
                return loop, k, chain
        return None

    def outermost(self, loop: For | While, k: int) -> tuple:
        """The outermost loop and carry that pass a carry's array on."""
        place = self.place(self.sweep.atom(loop.outs[k]))
        while place is not None:
            loop, k, _ = place
            place = self.place(self.sweep.atom(loop.outs[k]))
        return loop, k

    def updates(self, array: Var) -> list[Op] | None:
        """The updates of a turn that must be taken back to have this version; None where that can't be."""
        place = self.place(array)
        if place is None:
            return None
        loop, k, chain = place
        versions = [self.sweep.atom(version) for version, _ in chain]
        steps = [step for _, step in chain[:-1]]
        if any(s.is_loop for s in steps[:versions.index(array)]) or not self._whole(loop, k):
            return None
        return [op for s in steps if not s.is_loop for op, _ in s.updates(self.sweep.region, None)]

    def _whole(self, loop: For | While, k: int) -> bool:
        """Can a carry be followed through the loops inside this one and through those around it?"""
        loop, k = self.outermost(loop, k)
        outermost = not self.sweep.region(loop.body).parent.loops
        return outermost and self._inwards(loop, k) is not None

    def _inwards(self, loop: For | While, k: int) -> list[tuple] | None:
        """A loop's carry, and the carries of the loops inside that pass the same array on."""
        chain, found = chain_of(loop, k), [(loop, k)]
        if chain is None:
            return None
        for _, step in chain[:-1]:
            if step.is_loop:
                inner = self._inwards(step.stmt, step.stmt.outs.index(step.after))
                if inner is None:
                    return None
                found += inner
        return found

    def overwritten(self, op: Op) -> tuple:
        """The shape of what an update overwrites."""
        x, _, *idx = self.sweep.atoms(op.args)
        return registry.get("index").infer(x.aval, *(a.aval for a in idx), **self.sweep.params(op)).shape

    def request(self, array: Var) -> None:
        """Ask for an array to be restored; heeded when the reverse is put together again."""
        loop, k, _ = self.place(array)
        self.requests[tuple(self._inwards(*self.outermost(loop, k)))] = None

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
            self.planner.saves[var] = Save.choose(self.planner, var, home)

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
                    saves[var] = Save.choose(self.planner, var, home)
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
        """A restored carry after the last turn."""
        out = self.sweep.atom(loop.outs[k])
        place = self.place(out)
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
        for (_, step), like in zip(chain[last + 1:at], versions[last + 2:at + 1], strict=True):
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
    return (isinstance(op, Op) and op.prim.name == "index" and params["spec"] == op.params["spec"]
            and len(op.args) == len(args)
            and all(a is b or (not isinstance(a, Var) and not isinstance(b, Var) and a.value == b.value)
                    for a, b in zip(op.args, args, strict=True)))
