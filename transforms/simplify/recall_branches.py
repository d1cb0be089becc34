"""Inside a branch its condition is known, and what an earlier `if` on it gave is what that side of it gave.

Reverse sweeps ask the forward sweep's conditions again; so they read values themselves, not names that
stand for either side.
"""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.statements import Block, Function, If, Lit, Stmt, Var, definitions
from broadax.transforms.simplify.rewrite import Rewrite


def recall_branches(function: Function) -> Function:
    """A function whose branches read the values of earlier branches on the same condition directly."""
    return _Recall(function).run()


class _Recall(Rewrite):
    """The pass; `earlier` maps a condition to the statements on it that are in scope."""

    def __init__(self, function: Function):
        super().__init__(function)
        self.earlier: dict[Var, list[If]] = {}
        self.scopes: list[list] = []
        self.sides: dict[Block, dict] = {}

    def _stmt(self, stmt: Stmt) -> Stmt | None:
        if isinstance(stmt, If):
            cond = self.rename.atom(stmt.cond)
            known = self.earlier.get(cond, ())
            for block, side in ((stmt.then, "then"), (stmt.orelse, "orelse")):
                self.sides[block] = {k: v for old in known for k, v in self._given(old, side).items()}
                if isinstance(cond, Var):
                    self.sides[block][cond] = _truth(cond, side == "then")
        return super()._stmt(stmt)

    def _given(self, old: If, side: str) -> dict:
        """The results of an earlier `if` → what they are on one side, where that can be read from outside."""
        block: Block = getattr(old, side)
        inside = set(definitions(block))
        found: dict = {}
        first: dict = {}
        for out, atom in zip(old.outs, block.results, strict=True):
            if out.aval != atom.aval:
                continue
            if isinstance(atom, Lit) or atom not in inside:
                found[out] = atom
            elif atom in first:
                found[out] = first[atom]
            else:
                first[atom] = out
        return found

    def enter(self, block: Block) -> None:
        self.scopes.append([])
        self.replaced.update(self.sides.get(block, ()))

    def leave(self, block: Block) -> None:
        for out in self.sides.pop(block, ()):
            self.replaced.pop(out, None)
        for cond in self.scopes.pop():
            self.earlier[cond].pop()

    def visit(self, stmt: Stmt) -> Stmt:
        if isinstance(stmt, If) and isinstance(stmt.cond, Var):
            self.earlier.setdefault(stmt.cond, []).append(stmt)
            self.scopes[-1].append(stmt.cond)
        return stmt


def _truth(cond: Var, value: bool) -> Lit:
    return Lit(value if cond.aval.weak else np.bool_(value), cond.aval)
