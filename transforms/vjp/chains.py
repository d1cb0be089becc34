"""How an array that a loop carries changes in a turn: the chain of its versions.

Chains are those of the original function. An array is followed through updates, through branches that
update it, and through loops that carry it on.
"""

from __future__ import annotations

from dataclasses import dataclass

from broadax.transforms.core.statements import Block, For, If, Op, Stmt, Var, While
from broadax.transforms.primitives import registry
from broadax.transforms.vjp.regions import Region


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
        if step is None:
            return None
        found.append(step)
        version = step.before
    return found if version is start else None


def followers(steps: list[Step], reached) -> list[Step]:
    """The steps, last first, that follow the one that `reached` accepts, be it in a branch; else all."""
    found: list[Step] = []
    for step in steps:
        if reached(step):
            return found
        for side in step.sides:
            rest = followers(side, reached)
            if len(rest) < len(side):
                return found + rest
        found.append(step)
    return found


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


class Nests:
    """The nests of loops through which arrays of the copy are carried."""

    def __init__(self, sweep):
        self.sweep = sweep

    def place(self, array: Var, update: Op | None = None):
        """The loop and carry of which a variable of the copy is a version, with its chain; or None.

        Args:
            update: look instead for the array that this operation updates, in a branch perhaps.
        """
        home = self.sweep.copy.home.get(array)
        if home is None or (home.fork and update is None) or not home.loops:
            return None
        loop = home.loops[-1].stmt
        for k in range(len(loop.carries)):
            chain = chain_of(loop, k)
            if chain and any(self.sweep.atom(version) is array for version, _ in chain):
                return loop, k, chain
            if (
                chain
                and update
                and any(
                    op is update
                    for _, step in chain[:-1]
                    if not step.is_loop
                    for op, _ in step.updates(self.sweep.region, None)
                )
            ):
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
        if any(s.is_loop for s in steps[: versions.index(array)]) or not self._whole(loop, k):
            return None
        return [op for s in steps if not s.is_loop for op, _ in s.updates(self.sweep.region, None)]

    def _whole(self, loop: For | While, k: int) -> bool:
        """Can a carry be followed through the loops inside this one and through those around it?"""
        loop, k = self.outermost(loop, k)
        outermost = not self.sweep.region(loop.body).parent.loops
        return outermost and self.inwards(loop, k) is not None

    def inwards(self, loop: For | While, k: int) -> list[tuple] | None:
        """A loop's carry, and the carries of the loops inside that pass the same array on."""
        chain, found = chain_of(loop, k), [(loop, k)]
        if chain is None:
            return None
        for _, step in chain[:-1]:
            if isinstance(step.stmt, If) and len(found) > 1:
                return None  # a branch before a loop of the turn
            if step.is_loop:
                inner = self.inwards(step.stmt, step.stmt.outs.index(step.after))
                if inner is None:
                    return None
                found += inner
        return found

    def overwritten(self, op: Op) -> tuple:
        """The shape of what an update overwrites."""
        x, _, *idx = self.sweep.atoms(op.args)
        return registry.get("index").infer(x.aval, *(a.aval for a in idx), **self.sweep.params(op)).shape
