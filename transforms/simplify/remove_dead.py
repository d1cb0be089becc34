"""Dead code: what neither results nor effects need, with loop carries that only feed themselves."""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.statements import (
    Block,
    Effect,
    For,
    Function,
    If,
    Op,
    Stmt,
    Var,
    While,
    blocks,
    size_vars,
    uses,
)


def remove_dead(function: Function) -> Function:
    """A function without statements, branch results and loop carries that nobody needs."""
    needed = Needed(function)
    body = _block(function.body, needed, None)
    return function if body is function.body else replace(function, body=body)


class Needed:
    """The variables and statements that the results and effects of a function depend on.

    Attributes:
        variables: the needed variables; a loop's carry and its out are needed apart.
        statements: the control statements that have to run.
    """

    def __init__(self, function: Function):
        self.variables: set[Var] = set()
        self.statements: set[Stmt] = set()
        self.owner: dict[Stmt, Stmt | None] = {}
        self.definer: dict[Var, tuple[Stmt, int, str]] = {}
        self.pending: list[Var] = []
        effects: list[Effect] = []
        self._scan(function.body, None, effects)
        self.need(function.body.results)
        for effect in effects:
            self._run(effect)
            self.need(uses(effect))
        while self.pending:
            self._trace(self.pending.pop())

    def need(self, atoms) -> None:
        for atom in atoms:
            if isinstance(atom, Var) and atom not in self.variables:
                self.variables.add(atom)
                self.pending.append(atom)

    def _scan(self, block: Block, owner: Stmt | None, effects: list) -> None:
        for stmt in block.stmts:
            self.owner[stmt] = owner
            for k, var in enumerate(stmt.outs):
                self.definer[var] = stmt, k, "out"
            if isinstance(stmt, Effect):
                effects.append(stmt)
            if isinstance(stmt, (For, While)):
                for k, var in enumerate(stmt.carries):
                    self.definer[var] = stmt, k, "carry"
                if isinstance(stmt, For):
                    self.definer[stmt.index] = stmt, 0, "index"
            for inner in blocks(stmt):
                self._scan(inner, stmt, effects)

    def _run(self, stmt: Stmt | None) -> None:
        """A statement has to run, so what decides whether it does is needed."""
        while stmt is not None and stmt not in self.statements:
            self.statements.add(stmt)
            match stmt:
                case If():
                    self.need((stmt.cond,))
                case For():
                    self.need((stmt.lo, stmt.hi, stmt.step))
                case While():
                    self.need(stmt.cond.results)
            stmt = self.owner[stmt]

    def _trace(self, var: Var) -> None:
        """What a needed variable depends on."""
        self.need(size_vars(var.aval))
        if var not in self.definer:
            return
        stmt, k, role = self.definer[var]
        self._run(stmt)
        if isinstance(stmt, Op):
            self.need(uses(stmt))
        elif isinstance(stmt, If):
            self.need((stmt.then.results[k], stmt.orelse.results[k]))
        elif role == "out":
            self.need((stmt.carries[k],))
        elif role == "carry":
            self.need((stmt.init[k], stmt.body.results[k]))


def _block(block: Block, needed: Needed, keep) -> Block:
    """A block without dead statements; `keep` selects its results (None keeps all)."""
    stmts = tuple(new for stmt in block.stmts if (new := _stmt(stmt, needed)) is not None)
    results = block.results if keep is None else _kept(block.results, keep)
    same = len(stmts) == len(block.stmts) and all(a is b for a, b in zip(stmts, block.stmts, strict=True))
    return block if same and len(results) == len(block.results) else Block(stmts, results)


def _kept(items: tuple, keep: list) -> tuple:
    return items if all(keep) else tuple(x for x, kept in zip(items, keep, strict=True) if kept)


def _stmt(stmt: Stmt, needed: Needed) -> Stmt | None:
    match stmt:
        case Effect():
            return stmt
        case Op():
            return stmt if any(v in needed.variables for v in stmt.outs) else None
    if stmt not in needed.statements:
        return None
    if isinstance(stmt, If):
        keep = [v in needed.variables for v in stmt.outs]
        then, orelse = _block(stmt.then, needed, keep), _block(stmt.orelse, needed, keep)
        if then is stmt.then and orelse is stmt.orelse:
            return stmt
        return replace(stmt, then=then, orelse=orelse, outs=_kept(stmt.outs, keep))
    keep = [c in needed.variables for c in stmt.carries]
    body = _block(stmt.body, needed, keep)
    changes: dict = {"body": body}
    if isinstance(stmt, While):
        changes["cond"] = _block(stmt.cond, needed, None)
    if not all(keep):
        for name in ("carries", "init", "outs"):
            changes[name] = _kept(getattr(stmt, name), keep)
    return stmt if all(getattr(stmt, k) is v for k, v in changes.items()) else replace(stmt, **changes)
