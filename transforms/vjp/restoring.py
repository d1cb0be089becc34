"""Arrays that a loop updates in place, had in the reverse sweep by taking the updates back.

The forward sweep saves what each update overwrites. The reversed loop starts with the array as it was at
the end, and at each turn puts the old elements back; so whatever the turn read of the array can be read
again. A loop inside is followed inwards: it restores the array for the turn around it.
"""

from __future__ import annotations

from dataclasses import dataclass

from broadax.transforms.core import For, Op, Var, While, size_vars
from broadax.transforms.primitives import registry
from broadax.transforms.rebuild import Rename
from broadax.transforms.vjp.regions import Region
from broadax.transforms.vjp.saving import Save


@dataclass(eq=False)
class Step:
    """One step by which an array carried by a loop changes in a turn (in the original function).

    Attributes:
        stmt: an update, or a loop that carries the array on.
        before, after: the array's versions.
    """

    stmt: Op | For | While
    before: Var
    after: Var

    @property
    def is_update(self) -> bool:
        return isinstance(self.stmt, Op)


def chain_of(loop: For | While, k: int) -> list[tuple[Var, Step | None]] | None:
    """The versions of a carried array in a turn, last first, each with the step that made it.

    None where it is not only updated: joined from branches, or made anew.
    """
    made = {out: s for s in loop.body.stmts for out in s.outs}
    version, carry, found = loop.body.results[k], loop.carries[k], []
    while version is not carry:
        stmt = made.get(version)
        if isinstance(stmt, Op) and stmt.prim.name in ("at_set", "at_add"):
            before = stmt.args[0]
        elif isinstance(stmt, (For, While)):
            before = stmt.init[stmt.outs.index(version)]
        else:
            return None
        if not isinstance(before, Var):
            return None
        found.append((version, Step(stmt, before, version)))
        version = before
    return [*found, (carry, None)] if found else None


class Restoring:
    """The arrays that the reverse sweep restores.

    Attributes:
        requests: (loop of the original, k) for carries that would better be restored than saved.
        loops: those for the reversed loops that do restore their carry k.
        ends: versions at the end of a turn; the reversed loop carries them.
        steps: version of the copy → the update that follows it, which is taken back to have it.
        old: update of the original → the variable of the copy that holds what it overwrites.
        extra: result of an update in the copy → the operation that reads that, to be put before it.
        restored: version of the copy → what equals it, after the reverse of the loop that follows it.
    """

    def __init__(self, planner):
        self.planner, self.sweep, self.copy = planner, planner.sweep, planner.copy
        self.requests: dict[tuple, None] = {}
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
        if region.fork or not region.loops:
            return []
        loop = region.loops[-1].stmt
        return [self.sweep.atom(version) for k in range(len(loop.carries)) if (loop, k) in self.loops
                for version, _ in chain_of(loop, k)]

    # ── deciding ──────────────────────────────────────────────────────────────────────────────────

    def _place(self, array: Var):
        """The loop and carry of which a variable of the copy is a version, with its chain; or None."""
        home = self.copy.home[array]
        if home.fork or not home.loops:
            return None
        loop = home.loops[-1].stmt
        for k in range(len(loop.carries)):
            chain = chain_of(loop, k)
            if chain and any(self.sweep.atom(version) is array for version, _ in chain):
                return loop, k, chain
        return None

    def updates(self, array: Var) -> list[Op] | None:
        """The updates of a turn that must be taken back to have this version; None where that can't be."""
        place = self._place(array)
        if place is None:
            return None
        loop, k, chain = place
        versions = [self.sweep.atom(version) for version, _ in chain]
        steps = [step for _, step in chain[:-1]]
        if not all(s.is_update for s in steps[:versions.index(array)]) or not self._whole(loop, k):
            return None
        return [s.stmt for s in steps if s.is_update]

    def _whole(self, loop: For | While, k: int) -> bool:
        """Can a carry be followed through the loops inside this one and through those around it?"""
        out = self.sweep.atom(loop.outs[k])
        while self.copy.home[out].loops:
            place = self._place(out)
            if place is None:
                return False
            loop, k, _ = place
            out = self.sweep.atom(loop.outs[k])
        return self._inwards(loop, k) is not None

    def _inwards(self, loop: For | While, k: int) -> list[tuple] | None:
        """A loop's carry, and the carries of the loops inside that pass the same array on."""
        chain, found = chain_of(loop, k), [(loop, k)]
        if chain is None:
            return None
        for _, step in chain[:-1]:
            if not step.is_update:
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
        loop, k, _ = self._place(array)
        out = self.sweep.atom(loop.outs[k])
        while self.copy.home[out].loops:
            loop, k, _ = self._place(out)
            out = self.sweep.atom(loop.outs[k])
        self.requests.update(dict.fromkeys(self._inwards(loop, k)))

    def heed(self, requests) -> None:
        """Let these loops take the updates of these carries back."""
        for loop, k in requests:
            self.loops.add((loop, k))
            chain, home = chain_of(loop, k), self.sweep.region(loop.body)
            self.ends.add(self.sweep.atom(chain[0][0]))
            seen_loop = False
            for _, step in chain[:-1]:
                seen_loop = seen_loop or not step.is_update
                if step.is_update:
                    self._save_old(step, home)
                    if not seen_loop:
                        self.steps[self.sweep.atom(step.before)] = step

    def _save_old(self, step: Step, home: Region) -> None:
        """Have what an update overwrites saved: a variable that read it, or a new one."""
        op = step.stmt
        before, _, *idx = args = self.sweep.atoms(op.args)
        params = self.sweep.params(op)
        var = next((v for v, read in home.defs.items() if _reads_same(read, (before, *idx), params)), None)
        if var is None:
            prim = registry.get("index")
            aval = prim.infer(before.aval, *(a.aval for a in idx), **params)
            var = self.sweep.builder.var(args[0].base, aval)
            read = Op((var,), prim, (before, *idx), params, loc=op.loc, note=op.note)
            self.copy.enter(var, home, read)
            self.extra[self.sweep.atom(step.after)] = read
        self.old[op] = var
        if var not in self.planner.saves:
            self.planner.saves[var] = Save.choose(self.planner, var, home)

    # ── emitting ──────────────────────────────────────────────────────────────────────────────────

    def at_start(self, loop: For | While, k: int):
        """A restored carry at a turn's start."""
        return self._current(chain_of(loop, k), self.sweep.atom(loop.carries[k]))

    def at_end(self, loop: For | While, k: int):
        """A restored carry after the last turn."""
        out = self.sweep.atom(loop.outs[k])
        place = self._place(out)
        return out if place is None or place[:2] not in self.loops else self._current(place[2], out)

    def _current(self, chain, version: Var):
        """A version in the reverse of its turn, after the reverse of the loops that follow it.

        The variable of the copy where no loop follows: then it is restored before everything else.
        """
        versions = [self.sweep.atom(v) for v, _ in chain]
        at = versions.index(version)
        last = max((j for j, (_, step) in enumerate(chain[:at]) if not step.is_update), default=None)
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

    def undo(self, step: Step, value, make, like: Var):
        """Emit the array before an update, from the array after it.

        Args:
            make: gives a variable of the region in the reverse sweep.
        """
        op = step.stmt
        params = self.sweep.params(op)
        params = Rename({v: make(v) for v in size_vars(params)}).value(params)
        idx = [make(a) if isinstance(a, Var) else a for a in self.sweep.atoms(op.args[2:])]
        return self.sweep.builder.apply("at_set", value, make(self.old[op]), *idx, base=like.base, **params)

    def undo_reads(self, step: Step) -> list[Var]:
        """What taking back an update reads: the array after it, what it overwrote, the indices."""
        atoms = (self.sweep.atom(step.after), self.old[step.stmt], *self.sweep.atoms(step.stmt.args[2:]))
        return [a for a in atoms if isinstance(a, Var)] + list(size_vars(self.sweep.params(step.stmt)))


def _reads_same(op, args: tuple, params: dict) -> bool:
    return (isinstance(op, Op) and op.prim.name == "index" and params["spec"] == op.params["spec"]
            and len(op.args) == len(args)
            and all(a is b or (not isinstance(a, Var) and not isinstance(b, Var) and a.value == b.value)
                    for a, b in zip(op.args, args, strict=True)))
