"""Branches and loops that do less than it seems: known conditions, at most one turn, idle carries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from broadax.transforms.core.statements import Block, Effect, For, Function, If, Lit, Op, Stmt, Var, While
from broadax.transforms.simplify.rewrite import Rewrite


def simplify_control(function: Function) -> Function:
    """A function whose branches and loops all decide or repeat something."""
    return _Control(function).run()


class _Control(Rewrite):
    """The pass; a statement that vanishes leaves the statements of one of its blocks behind."""

    def __init__(self, function: Function):
        super().__init__(function)
        self.negations: dict[Var, Op] = {}

    def op(self, op: Op) -> Op:
        if op.prim.name == "logical_not" and op.out.shape == ():
            self.negations[op.out] = op
        return op

    def visit(self, stmt: Stmt) -> Stmt | None:
        match stmt:
            case If():
                return self._if(stmt)
            case For():
                return self._for(stmt)
            case While():
                return self._while(stmt)
            case Effect(kind="check", args=(Lit(value=value), *_)) if value:
                return None
        return stmt

    def _inline(self, block: Block) -> tuple:
        """Put a block's statements in place of its owner; gives its results."""
        for stmt in block.stmts:
            self.emit(stmt)
        return block.results

    def _assign(self, outs, atoms) -> None:
        """Read `atoms` instead of `outs`."""
        for var, atom in zip(outs, atoms, strict=True):
            self.substitute(var, atom)

    # ── branches ──────────────────────────────────────────────────────────────────────────────────

    def _if(self, stmt: If) -> If | None:
        if isinstance(stmt.cond, Lit):
            chosen = stmt.then if stmt.cond.value else stmt.orelse
            results = self._inline(chosen)
            if all(a.aval == v.aval for a, v in zip(results, stmt.outs, strict=True)):
                self._assign(stmt.outs, results)
                return None
            kept = replace(stmt, then=Block((), results), orelse=Block((), results))
            return self._same_results(kept)
        inner = self.negations.get(stmt.cond)
        if inner is not None:
            stmt = replace(stmt, cond=inner.args[0], then=stmt.orelse, orelse=stmt.then)
        return self._same_results(stmt)

    def _same_results(self, stmt: If) -> If | None:
        """Take out the results that don't depend on the condition, or that are the condition."""
        keep = []
        for k, out in enumerate(stmt.outs):
            a, b = stmt.then.results[k], stmt.orelse.results[k]
            if _same(a, b) and a.aval == out.aval:
                self.substitute(out, a)
            elif _is_truth(a, True) and _is_truth(b, False) and stmt.cond.aval == out.aval:
                self.substitute(out, stmt.cond)
            else:
                keep.append(k)
        if len(keep) == len(stmt.outs):
            return stmt
        if not keep and not stmt.then.stmts and not stmt.orelse.stmts:
            return None
        pick = lambda atoms: tuple(atoms[k] for k in keep)
        return replace(
            stmt,
            outs=pick(stmt.outs),
            then=Block(stmt.then.stmts, pick(stmt.then.results)),
            orelse=Block(stmt.orelse.stmts, pick(stmt.orelse.results)),
        )

    # ── loops ─────────────────────────────────────────────────────────────────────────────────────

    def _for(self, stmt: For) -> For | None:
        turns = None
        if all(isinstance(a, Lit) for a in (stmt.lo, stmt.hi, stmt.step)) and stmt.step.value:
            turns = len(range(int(stmt.lo.value), int(stmt.hi.value), int(stmt.step.value)))
        typed = all(a.aval == c.aval for a, c in zip(stmt.init, stmt.carries, strict=True))
        if turns == 0 and typed:
            self._assign(stmt.outs, stmt.init)
            return None
        if turns == 1 and typed and stmt.lo.aval == stmt.index.aval:
            return self._single_turn(stmt)
        return self._still(stmt)

    def _single_turn(self, stmt: For) -> None:
        """A loop of one turn is its body."""
        once = Rewrite(self.before)
        for var, atom in zip((stmt.index, *stmt.carries), (stmt.lo, *stmt.init), strict=True):
            once.substitute(var, atom)
        results = self._inline(once.block(stmt.body))
        self._assign(stmt.outs, results)

    def _while(self, stmt: While) -> While | None:
        (test,) = stmt.cond.results
        never = not stmt.cond.stmts and isinstance(test, Lit) and not test.value
        if never and all(a.aval == v.aval for a, v in zip(stmt.init, stmt.outs, strict=True)):
            self._assign(stmt.outs, stmt.init)
            return None
        return self._still(stmt)

    def _still(self, stmt):
        """Take out carries that every turn hands on unchanged."""
        still = [
            r is c and a.aval == c.aval == v.aval
            for r, c, a, v in zip(stmt.body.results, stmt.carries, stmt.init, stmt.outs, strict=True)
        ]
        if not any(still):
            return stmt
        inner = Rewrite(self.before)
        for k, fixed in enumerate(still):
            if fixed:
                inner.substitute(stmt.carries[k], stmt.init[k])
                self.substitute(stmt.outs[k], stmt.init[k])
        pick = lambda atoms: tuple(a for a, fixed in zip(atoms, still, strict=True) if not fixed)
        changes = {"init": pick(stmt.init), "outs": pick(stmt.outs)}
        changes["carries"] = inner._define(pick(stmt.carries))
        if isinstance(stmt, While):
            changes["cond"] = inner.block(stmt.cond)
        body = inner.block(stmt.body)
        changes["body"] = Block(body.stmts, pick(body.results))
        return replace(stmt, **changes)


def _same(a, b) -> bool:
    return (
        a is b
        or isinstance(a, Lit)
        and isinstance(b, Lit)
        and a.aval == b.aval
        and (np.asarray(a.value).tobytes() == np.asarray(b.value).tobytes())
    )


def _is_truth(atom, value: bool) -> bool:
    return isinstance(atom, Lit) and isinstance(atom.value, (bool, np.bool_)) and bool(atom.value) is value
