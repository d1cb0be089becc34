"""Small arrays of a fixed size become their elements, which then live in registers.

k = np.stack([a, b])                    k_0, k_1 = a, b
for i in range(n):                      for i in range(n):
    y = y + h * k                           y_0, y_1 = y_0 + h * k_0, y_1 + h * k_1
return y                                return np.array([y_0, y_1])

Where something needs the array itself (an index from data, a library function, a result), it is put together.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import (
    Block,
    For,
    Function,
    If,
    Lit,
    Op,
    Stmt,
    Var,
    While,
    definitions,
)
from broadax.transforms.primitives import registry
from broadax.transforms.simplify import simplify
from broadax.transforms.simplify.element_rules import Rules, can, element_aval, is_small, shape_of
from broadax.transforms.simplify.needed_whole import needed_whole
from broadax.transforms.simplify.rewrite import Rewrite


def take_apart(function: Function) -> Function:
    """The function without small arrays, but where something needs one as a whole; simplified.

    Before copies are inserted: elements may be read where their array would have been overwritten.
    """
    if not any(map(is_small, definitions(function.body))):
        return function
    return simplify(_TakeApart(function).run())


class _TakeApart(Rewrite):
    """The walk.

    Attributes:
        whole: the small arrays that something needs as they are.
        parts: small array → its elements, an array of atoms.
    """

    def __init__(self, function: Function):
        super().__init__(function)
        self.whole = needed_whole(function)
        self.parts: dict[Var, np.ndarray] = {}
        self.rules = Rules(self.names, self.emit, self.elements)

    def elements(self, var: Var) -> np.ndarray:
        """The elements of a small array; those of one that is whole are read where they are needed."""
        if var in self.parts:
            return self.parts[var]
        found = np.empty(shape_of(var), object)
        for place in np.ndindex(*found.shape):
            spec = tuple(("index", k) for k in range(len(place)))
            found[place] = self.rules.scalar("index", var, *map(Lit, place), spec=spec, checked=True)
        return found

    def _put_together(self, var: Var, like: Stmt) -> None:
        """Emit the array itself from its elements."""
        flat = self.parts[var].ravel()
        elements = tuple(self.rules.cast(e, var.dtype) for e in flat)
        stack = registry.get("stack")
        aval = replace(var.aval, shape=(len(flat),))
        out = var if var.ndim == 1 else Var(self.names.fresh(var.base), aval, var.base)
        self.emit(Op((out,), stack, elements, {"axis": 0}, loc=like.loc, note=like.note))
        if out is not var:
            params = {"shape": var.shape}
            self.emit(Op((var,), registry.get("reshape"), (out,), params, loc=like.loc, note=like.note))

    # ── operations ────────────────────────────────────────────────────────────────────────────────

    def op(self, op: Op) -> Op | None:
        if not can(op) or not self._gains(op):
            return op
        self.rules.like = op
        found = self.rules.take_apart(op)
        for out, elements in zip(op.outs, found or (), strict=False):
            if out.shape == ():
                self.substitute(out, elements[()])
                continue
            self.parts[out] = elements
            if out in self.whole:
                self._put_together(out, op)
        return None

    def _gains(self, op: Op) -> bool:
        """Is an operand in parts, or a result not needed as a whole?"""
        if any(a in self.parts for a in op.args if isinstance(a, Var)):
            return True
        return any(is_small(out) and out not in self.whole for out in op.outs)

    # ── control flow ──────────────────────────────────────────────────────────────────────────────

    def _stmt(self, stmt: Stmt) -> Stmt | None:
        match stmt:
            case If():
                return self._if(stmt)
            case For() | While():
                return self._loop(stmt)
        return super()._stmt(stmt)

    def _split(self, variables) -> list[bool]:
        return [is_small(v) and v not in self.whole for v in variables]

    def _new(self, variables, split: list[bool]) -> tuple:
        """The variables with those to be split replaced by variables for their elements."""
        found = []
        for var, apart in zip(self._define(tuple(variables)), split, strict=True):
            if not apart:
                found.append(var)
                continue
            elements = self.parts[var] = np.empty(shape_of(var), object)
            for place in np.ndindex(*elements.shape):
                elements[place] = Var(self.names.fresh(var.base), element_aval(var), var.base)
            found.extend(elements.ravel())
        return tuple(found)

    def _given(self, atoms, variables, split: list[bool]) -> tuple:
        """What is handed over to the variables."""
        found = []
        for atom, var, apart in zip(self._atoms(tuple(atoms)), variables, split, strict=True):
            if not apart:
                found.append(atom)
                continue
            dtype = element_aval(var).dtype if not isinstance(var.aval, StackAval) else None
            found += [e if dtype is None else self.rules.cast(e, dtype) for e in self.elements(atom).ravel()]
        return tuple(found)

    def _inner(self, stmt: Stmt, block: Block, variables, split: list[bool]) -> Block:
        saved, self.out = self.out, []
        for inner in block.stmts:
            new = self._stmt(inner)
            if new is not None:
                self.out.append(new)
        self.rules.like = stmt
        results = self._given(block.results, variables, split)
        stmts, self.out = tuple(self.out), saved
        return Block(stmts, results)

    def _if(self, stmt: If) -> None:
        split = self._split(stmt.outs)
        then, orelse = (self._inner(stmt, b, stmt.outs, split) for b in (stmt.then, stmt.orelse))
        cond = self.rename.atom(stmt.cond)
        new = replace(stmt, cond=cond, then=then, orelse=orelse, outs=self._new(stmt.outs, split))
        return self._finished(stmt, new)

    def _loop(self, stmt: For | While) -> None:
        split = self._split(stmt.carries)
        self.rules.like = stmt
        changes = {"init": self._given(stmt.init, stmt.carries, split)}
        if isinstance(stmt, For):
            changes |= {k: self.rename.atom(getattr(stmt, k)) for k in ("lo", "hi", "step")}
        changes["carries"] = self._new(stmt.carries, split)
        if isinstance(stmt, While):
            changes["cond"] = self.block(stmt.cond)
        changes["body"] = self._inner(stmt, stmt.body, stmt.carries, split)
        changes["outs"] = self._new(stmt.outs, split)
        return self._finished(stmt, replace(stmt, **changes))

    def _finished(self, stmt: Stmt, new: Stmt) -> None:
        """Emit a loop or a branch, and behind it the arrays that are needed as they are."""
        self.emit(new)
        for out in stmt.outs:
            if out in self.parts and out in self.whole:
                self._put_together(out, stmt)
