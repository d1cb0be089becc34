"""Values that were written into an array are read there, instead of being kept in other memory as well.

`B[1:-1] = v; A[1:-1] = v + B[2:]` becomes `B[1:-1] = v; A[1:-1] = B[1:-1] + B[2:]`: v then has one reader, is
computed where it is written, and a pass over memory is saved. The second statement needs other elements of B
anyway, so no nest is lost that could have held v in a register.
"""

from __future__ import annotations

from dataclasses import replace

from broadax.backends.planner.kinds import kind
from broadax.transforms.core.statements import Block, For, Function, If, Op, Var, While, all_uses
from broadax.transforms.facts.storage import Storage, written
from broadax.transforms.primitives import registry
from broadax.transforms.simplify.rewrite import changed


def read_back(function: Function) -> Function:
    """The function with such reads; itself where there are none."""
    body = _Blocks(Storage(function)).block(function.body)
    return function if body is function.body else replace(function, body=body)


class _Blocks:
    def __init__(self, storage: Storage):
        self.storage = storage

    def block(self, block: Block) -> Block:
        stmts = [self._inside(stmt) for stmt in block.stmts]
        readers: dict[Var, list[int]] = {}
        for position, stmt in enumerate(stmts):
            for var in set(all_uses(stmt)):
                readers.setdefault(var, []).append(position)
        made = {stmt.out: stmt for stmt in stmts if isinstance(stmt, Op) and len(stmt.outs) == 1}
        added: dict[int, Op] = {}
        for position, stmt in enumerate(stmts):
            if isinstance(stmt, Op) and stmt.prim.name == "at_set" and stmt.args[1] in made:
                value = stmt.args[1]
                later = [k for k in readers[value] if k != position]
                if value in block.results or kind(made[value]) != "point" or not later or later[0] < position:
                    continue
                if self._is_whole(stmt) and self._may_read(stmts, position, later):
                    added[position] = read = self._read(stmt)
                    for k in later:
                        args = tuple(read.out if a is value else a for a in stmts[k].args)
                        stmts[k] = replace(stmts[k], args=args)
        if not added and all(a is b for a, b in zip(stmts, block.stmts)):
            return block
        both = [[stmt, *([added[k]] if k in added else [])] for k, stmt in enumerate(stmts)]
        return Block(tuple(stmt for pair in both for stmt in pair), block.results)

    def _inside(self, stmt):
        match stmt:
            case If():
                return changed(stmt, {"then": self.block(stmt.then), "orelse": self.block(stmt.orelse)})
            case For() | While():
                return changed(stmt, {"body": self.block(stmt.body)})
        return stmt

    def _is_whole(self, update: Op) -> bool:
        """Is the value of the shape and dtype of the slice that it is written to?"""
        target, value, *index = update.args
        if any(a.shape != () for a in index) or value.dtype != target.dtype or not value.shape:
            return False
        return self._read(update).out.shape == value.shape

    def _read(self, update: Op) -> Op:
        value, prim = update.args[1], registry.get("index")
        params = {k: p for k, p in update.params.items() if k in ("spec", "checked")}
        args = (update.out, *update.args[2:])
        aval = prim.infer(*args, **params)
        out = Var(f"{value.name}_back", aval, value.base, value.hint)
        return replace(update, prim=prim, args=args, params=params, outs=(out,))

    def _may_read(self, stmts: list, position: int, later: list[int]) -> bool:
        """Is the array unchanged until the last reader, and are other elements of it read?"""
        update = stmts[position]
        memory = self.storage.of(update.out)
        between = stmts[position + 1 : later[-1] + 1]
        if any(memory in written(stmt, self.storage) for stmt in between):
            return False
        if not all(isinstance(stmts[k], Op) and kind(stmts[k]) in ("point", "reduce") for k in later):
            return False
        return any(
            isinstance(stmt, Op) and stmt.prim.name == "index" and stmt.args[0] is update.out
            for stmt in stmts[position + 1 :]
        )
