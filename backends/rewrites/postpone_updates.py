"""Updates of slices wait for the statement that needs them.

    t = d[1:-1].copy()              t = 2 * d[1:-1]
    d[1:-1] = 0                     y[:-2] += t
    t = 2 * t                       y[2:] += t
    y[:-2] += t                     d[1:-1] = 0
    y[2:] += t

What is to be overwritten needs no copy if it is read before, and updates of one array that stand next to each
other can be one nest (`gathers`), which also fills the array with zeros where these are what is updated.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from broadax.backends.planner.runs import is_of_slices, runs, same_axes
from broadax.transforms.core.statements import (
    Block,
    For,
    Function,
    If,
    Lit,
    Op,
    Var,
    While,
    all_uses,
    block_uses,
)
from broadax.transforms.facts.storage import Storage, view_source, written
from broadax.transforms.primitives import registry
from broadax.transforms.primitives.shape import whole
from broadax.transforms.simplify.rewrite import changed

FARTHEST = 200  # statements that are looked at behind an update


def postpone_updates(function: Function) -> Function:
    """A function whose updates of slices stand as late as is of use; before copies are inserted."""
    body = _Blocks(Storage(function)).block(function.body)
    return function if body is function.body else replace(function, body=body)


def filled(block: Block) -> Block:
    """The block in which several updates of new zeros begin with one that sets all of them."""
    made = {s.out: s for s in block.stmts if isinstance(s, Op) and s.prim.name == "zeros"}
    read = Counter(block_uses(block))
    first = {ops[0]: made[ops[0].args[0]] for ops in runs(block).values() if ops[0].args[0] in made}
    first = {op: z for op, z in first.items() if len(op.args) == 2 and read[z.out] == 1}
    first = {op: z for op, z in first.items() if z.out.ndim and z.out.dtype.kind in "fc"}
    if not first:
        return block
    gone, stmts = set(first.values()), []
    for stmt in block.stmts:
        if stmt in first:
            zeros = first[stmt]
            empty = Var(f"{zeros.out.name}_new", zeros.out.aval, zeros.out.base)
            params, whole_of_it = {"spec": whole(empty.shape)}, (empty, Lit(zeros.out.dtype.type(0)))
            stmts.append(replace(zeros, outs=(empty,), prim=registry.get("empty")))
            stmts.append(Op(zeros.outs, registry.get("at_set"), whole_of_it, params, loc=zeros.loc))
            stmt = replace(stmt, prim=registry.get("at_add"))
        if stmt not in gone:
            stmts.append(stmt)
    return Block(tuple(stmts), block.results)


class _Blocks:
    def __init__(self, storage: Storage):
        self.storage = storage

    def block(self, block: Block) -> Block:
        stmts = [self._inside(stmt) for stmt in block.stmts]
        made = {v: stmt for stmt in stmts if isinstance(stmt, Op) for v in stmt.outs}
        for position in range(len(stmts) - 1, -1, -1):
            if is_of_slices(stmts[position]):
                place = self._place(stmts, position, made)
                stmts.insert(place, stmts.pop(position))
        same = all(a is b for a, b in zip(stmts, block.stmts, strict=True))
        return filled(block if same else Block(tuple(stmts), block.results))

    def _inside(self, stmt):
        match stmt:
            case If():
                return changed(stmt, {"then": self.block(stmt.then), "orelse": self.block(stmt.orelse)})
            case For() | While():
                return changed(stmt, {"body": self.block(stmt.body)})
        return stmt

    def _place(self, stmts: list, position: int, made: dict) -> int:
        """Where among the other statements an update should stand: where it is, or before what reads it."""
        update = stmts[position]
        later = stmts[position + 1 : position + 1 + FARTHEST]
        reader = next((k for k, stmt in enumerate(later) if update.out in set(all_uses(stmt))), len(later))
        between = later[:reader]
        if not between or not (self._meets(update, later, reader) or self._overwrites(update, between, made)):
            return position
        kept = self._read(update.args[1], made) | {self.storage.of(update.args[0])}
        if all(isinstance(stmt, Op) and not kept & written(stmt, self.storage) for stmt in between):
            return position + reader
        return position

    def _meets(self, update: Op, later: list, reader: int) -> bool:
        """Is what reads the result another update of slices of the same array?"""
        if reader == len(later) or not is_of_slices(later[reader]):
            return False
        other = later[reader]
        target, value = other.args[:2]
        adds = other.prim.name == "at_add" and same_axes(update, other)
        return target is update.out and value is not update.out and adds

    def _overwrites(self, update: Op, between: list, made: dict) -> bool:
        """Does the update put a constant where other statements still read what was there?"""
        target, value, *single = update.args
        if not isinstance(value, Lit) or single:  # a row's copy is a register in the loop that reads the row
            return False
        read = {v for stmt in between for v in all_uses(stmt)}
        return any(v is target or v in made and view_source(made[v]) is target for v in read)

    def _read(self, atom, made: dict) -> set:
        """The memory from which a value is computed element by element."""
        found: set = set()
        todo, seen = [atom], set()
        while todo:
            var = todo.pop()
            if not isinstance(var, Var) or var in seen:
                continue
            seen.add(var)
            found.add(self.storage.of(var))
            op = made.get(var)
            if op is not None and (op.prim.kind == "elementwise" or op.prim.name == "convert"):
                todo.extend(op.args)
            elif op is not None and view_source(op) is not None:
                todo.append(op.args[0])
        return found
