"""Tables: arrays whose elements are written once, in the order of the turns.

    for t in range(n):
        u[t + 1] = u[t] + dt * f(u[t])

What a turn reads of such an array behind the place where it writes is never overwritten, and what it
writes stays. So the reverse sweep reads both from the finished array, and nothing has to be saved.
Shown by comparing indices, which are polynomials in the loops' indices.
"""

from __future__ import annotations

from dataclasses import dataclass

from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Block, For, Lit, Op, Var, blocks
from broadax.transforms.primitives import registry
from broadax.transforms.vjp.chains import chain_of
from broadax.transforms.vjp.regions import SIZE_OPS, Loop, Region, int_of, size_of


@dataclass(eq=False)
class Table:
    """A nest of loops that writes each element of an array at most once.

    Attributes:
        out: the array after the outermost loop.
        updates: the updates (at most one in a turn): original operation → the region in which it stands.
        loops: the nest, outermost first.
        axes: for each loop the axis of the array along which it writes.
        start: for each axis the index that is written; None where it is no number.
    """

    out: Var
    updates: dict[Op, Region]
    loops: list[Loop]
    axes: list[int]
    start: list


class Tables:
    """The tables of a function.

    Args:
        planner: asked for the regions of the copy and the chains of updates.
    """

    def __init__(self, planner):
        self.nests, self.sweep, self.copy = planner.restoring.nests, planner.sweep, planner.copy
        self.found: dict[tuple, Table | None] = {}
        self.stored: dict[Var, Op] | None = None
        self.instead: dict[Var, Op | None] = {}

    def _stored(self, block: Block):
        """The values that are put into arrays, each with the update."""
        for stmt in block.stmts:
            if isinstance(stmt, Op) and stmt.prim.name == "at_set":
                yield self.sweep.atom(stmt.args[1]), stmt
            for inner in blocks(stmt):
                if inner in self.copy.regions:
                    yield from self._stored(inner)

    def finished(self, var: Var) -> Op | None:
        """The operation that reads a variable of the copy from a finished table; None if there is none."""
        if var not in self.instead:
            self.instead[var] = self._read(var) or self._written(var)
        return self.instead[var]

    def _read(self, var: Var) -> Op | None:
        """A variable that was read from a table behind the place where the turn writes."""
        home = self.copy.home[var]
        op = home.defs[var]
        if not isinstance(op, Op) or op.prim.name != "index" or self.copy.home.get(op.args[0]) is None:
            return None
        table, after = self._table_of(op.args[0])
        if table is None or any(a.shape for a in op.args[1:]):
            return None
        level = len([loop for loop in table.loops if loop in self.copy.home[op.args[0]].loops])
        if not self._behind(op, table, level, after, home):
            return None
        return Op(op.outs, op.prim, (table.out, *op.args[1:]), op.params, loc=op.loc, note=op.note)

    def _written(self, var: Var) -> Op | None:
        """A variable that was written into a table."""
        if self.stored is None:
            self.stored = {v: op for v, op in self._stored(self.sweep.function.body) if isinstance(v, Var)}
        update, home = self.stored.get(var), self.copy.home[var]
        if update is None or var.aval.weak:
            return None
        array, _, *idx = self.sweep.atoms(update.args)
        table, _ = self._table_of(array, update)
        if table is None or table.updates.get(update) is not home:
            return None
        prim, params = registry.get("index"), self.sweep.params(update)
        aval = prim.infer(array.aval, *(a.aval for a in idx), **params)
        if aval.shape != var.shape or aval.dtype != var.dtype:
            return None
        return Op((var,), prim, (table.out, *idx), params, loc=update.loc, note=update.note)

    # ── finding tables ────────────────────────────────────────────────────────────────────────────

    def _table_of(self, array: Var, update: Op | None = None) -> tuple[Table | None, bool]:
        """The table of which a variable is a version, and whether it is one after the turn's writing."""
        place = self.nests.place(array, update)
        if place is None:
            return None, False
        loop, k, chain = place
        versions = [self.sweep.atom(version) for version, _ in chain]
        after = array in versions and versions.index(array) < len(versions) - 1
        loop, k = self.nests.outermost(loop, k)
        if (loop, k) not in self.found:
            self.found[loop, k] = self._table(loop, k)
        return self.found[loop, k], after

    def _table(self, loop: For, k: int) -> Table | None:
        """The table that a nest of loops fills, if it is one."""
        out, nest = self.sweep.atom(loop.outs[k]), []
        while True:
            chain = chain_of(loop, k)
            if not isinstance(loop, For) or chain is None or len(chain) != 2:
                return None
            nest.append(self.sweep.loop(loop))
            step = chain[0][1]
            if not step.is_loop:
                break
            loop, k = step.stmt, step.stmt.outs.index(step.after)
        region = self.sweep.region(loop.body)
        if any(len(side) > 1 or any(s.sides for s in side) for side in step.sides):
            return None
        updates = dict(step.updates(self.sweep.region, region))
        places = {tuple(self._places(op)) for op in updates}
        if len(places) != 1:
            return None
        (start,) = places
        axes = [self._axis_of(loop, start, nest) for loop in nest]
        return None if None in axes else Table(out, updates, nest, axes, list(start))

    def _places(self, op: Op) -> list:
        """For each axis of an array the index that an update writes, None where that is no number."""
        _, _, *idx = self.sweep.atoms(op.args)
        entries = [e for e in self.sweep.params(op)["spec"] if e[0] != "new"]
        return [self._value(idx[e[1]]) if e[0] == "index" and not idx[e[1]].shape else None for e in entries]

    def _axis_of(self, loop: Loop, start: tuple, nest: list[Loop]) -> int | None:
        """The axis where the index that is written is the loop's, plus what the nest doesn't change."""
        inside = {other.index for other in nest}
        step = int_of(loop.step)
        for axis, place in enumerate(start):
            if place is None or not step:
                continue
            rest = place - Size.of(loop.index)
            fixed = all(v not in inside and self._outside(v, nest[0]) for v in sizes.atoms_of(rest))
            lowest = self._bound(place, nest[-1], -1)
            if fixed and isinstance(lowest, int) and lowest >= 0:
                return axis
        return None

    def _outside(self, var: Var, loop: Loop) -> bool:
        """Is a variable defined outside a loop?"""
        home = self.copy.home.get(var)
        return home is None or loop not in home.loops

    # ── comparing indices ─────────────────────────────────────────────────────────────────────────

    def _behind(self, op: Op, table: Table, level: int, after: bool, home: Region) -> bool:
        """Does a read concern only elements that later turns don't write?

        Args:
            level: how many loops of the nest are around the version that is read.
        """
        entries = [e for e in op.params["spec"] if e[0] != "new"]
        for loop, axis in zip(table.loops[:level], table.axes, strict=False):
            sign = 1 if int_of(loop.step) > 0 else -1
            lowest, highest = self._extent(entries[axis], op.args[1:])
            floor = None if lowest is None else self._bound(lowest, home.loops[-1], -1)
            if not isinstance(floor, int) or floor < 0:
                return False
            ahead = (highest if sign > 0 else lowest) - table.start[axis]
            most = self._bound(ahead * sign, home.loops[-1], 1)
            if not isinstance(most, int) or most > 0:
                return False
            if most < 0:
                return True
        return after

    def _extent(self, entry: tuple, idx: tuple) -> tuple:
        """The lowest and the highest index that an entry of a subscript reads."""
        if entry[0] == "index":
            value = self._value(idx[entry[1]])
            return value, value
        _, start, size, step = entry
        start, size = self._dim(start), self._dim(size)
        last = start + (size - 1) * step
        return (start, last) if step > 0 else (last, start)

    def _value(self, atom):
        """An integer scalar as a polynomial in the loops' indices."""
        if isinstance(atom, Lit):
            return int(atom.value)
        home = self.copy.home.get(atom)
        op = None if home is None else home.defs[atom]
        if isinstance(op, Op) and op.prim.name == "size":
            return self._dim(op.params["value"])
        if isinstance(op, Op) and op.prim.name in SIZE_OPS and all(a.dtype.kind in "iu" for a in op.args):
            return SIZE_OPS[op.prim.name](*map(self._value, op.args))
        return size_of(atom)

    def _dim(self, dim):
        return sizes.substitute(dim, self._value)

    def _bound(self, dim, innermost: Loop, sign: int):
        """An upper (`sign` 1) or lower (-1) bound, over the turns of all loops; a number where possible."""
        loops = self._loops_around(innermost)
        for loop in reversed(loops):
            if not isinstance(dim, Size) or loop.index not in set(sizes.atoms_of(dim)):
                continue
            factor = dim.terms.get((loop.index,))
            linear = all(loop.index not in _variables(mono) for mono in dim.terms if mono != (loop.index,))
            step = int_of(loop.step)
            if not linear or factor is None or not step:
                return dim
            lo, hi = self._value(loop.lo), self._value(loop.hi)
            at_most = (factor > 0) == (sign > 0)
            end = (hi - 1 if step > 0 else lo) if at_most else (lo if step > 0 else hi + 1)
            dim = dim + (end - Size.of(loop.index)) * factor
        return dim

    def _loops_around(self, innermost: Loop) -> tuple:
        return self.sweep.region(innermost.stmt.body).loops


def _variables(mono: tuple) -> set:
    """The variables in a product of sizes."""
    return {v for atom in mono for v in sizes.atoms_of(Size.of(atom))}
