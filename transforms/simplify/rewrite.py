"""The walk that passes share: statement by statement, with replaced variables; what stays is shared."""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.avals import Aval
from broadax.transforms.core.rebuild import Rename
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
    size_vars,
)


class Rewrite:
    """A forward walk over a function. Subclasses override `op`, `visit`, `enter` and `leave`.

    `replaced` maps variables to the atoms to read instead; statements reach the overridden methods with their
    operands already replaced.
    """

    def __init__(self, function: Function):
        self.before = function
        self.names = function.names
        self.rename = Rename()
        self.replaced = self.rename.map
        self.former: dict[Var, Var] = {}  # a variable with renamed sizes in its type → the one it was
        self.resized = False  # some replaced variable may stand in sizes
        self.out: list[Stmt] = []

    def run(self) -> Function:
        """The rewritten function; the same object where nothing changed."""
        body = self.block(self.before.body)
        return self.before if body is self.before.body else replace(self.before, body=body)

    # ── for subclasses ────────────────────────────────────────────────────────────────────────────

    def op(self, op: Op) -> Op | None:
        """The operation to keep, or None where it is dropped (and its results are replaced)."""
        return op

    def visit(self, stmt: Stmt) -> Stmt | None:
        """The control statement or effect to keep, or None where it is dropped."""
        return stmt

    def hand_over(self, key: Block | For | While, atoms: tuple) -> tuple:
        """The results that a block yields, or the initial values of a loop's carries."""
        return atoms

    def enter(self, block: Block) -> None:
        """Before the statements of a block."""

    def leave(self, block: Block) -> None:
        """After the statements of a block."""

    def substitute(self, var: Var, atom) -> None:
        """From here on, read `atom` instead of `var`, and instead of what `var` itself stands for."""
        former: Var | None = var
        while former is not None:
            self.replaced[former] = atom
            former = self.former.get(former)
        if isinstance(var.aval, Aval) and not var.shape and var.dtype.kind in "iu":
            self.resized = True

    def emit(self, stmt: Stmt) -> None:
        """Put a statement in front of the one that is being rewritten."""
        self.out.append(stmt)

    # ── walking ───────────────────────────────────────────────────────────────────────────────────

    def block(self, block: Block) -> Block:
        saved, self.out = self.out, []
        self.enter(block)
        for stmt in block.stmts:
            new = self._stmt(stmt)
            if new is not None:
                self.out.append(new)
        results = self.hand_over(block, self._atoms(block.results))
        self.leave(block)
        stmts, self.out = tuple(self.out), saved
        same = (
            results is block.results and len(stmts) == len(block.stmts) and all(map(_is, stmts, block.stmts))
        )
        return block if same else Block(stmts, results)

    def _stmt(self, stmt: Stmt) -> Stmt | None:
        match stmt:
            case Op():
                return self.op(self._renamed(stmt))
            case Effect():
                return self.visit(self._renamed(stmt))
            case If():
                changes = {
                    "cond": self.rename.atom(stmt.cond),
                    "then": self.block(stmt.then),
                    "orelse": self.block(stmt.orelse),
                }
            case For():
                changes = {
                    "lo": self.rename.atom(stmt.lo),
                    "hi": self.rename.atom(stmt.hi),
                    "step": self.rename.atom(stmt.step),
                    "init": self.hand_over(stmt, self._atoms(stmt.init)),
                    "carries": self._define(stmt.carries),
                    "body": self.block(stmt.body),
                }
            case While():
                changes = {
                    "init": self.hand_over(stmt, self._atoms(stmt.init)),
                    "carries": self._define(stmt.carries),
                    "cond": self.block(stmt.cond),
                    "body": self.block(stmt.body),
                }
            case _:
                raise TypeError(stmt)
        changes["outs"] = self._define(stmt.outs)
        return self.visit(changed(stmt, changes))

    def _renamed(self, stmt: Op | Effect):
        args = self._atoms(stmt.args)
        changes: dict = {} if args is stmt.args else {"args": args}
        if self.resized:
            if any(v in self.replaced for v in size_vars(stmt.params)):
                changes["params"] = self.rename.value(stmt.params)
            outs = self._define(stmt.outs)
            if outs is not stmt.outs:
                changes["outs"] = outs
        return replace(stmt, **changes) if changes else stmt

    def _atoms(self, atoms: tuple) -> tuple:
        if any(a in self.replaced for a in atoms if isinstance(a, Var)):
            return self.rename.atoms(atoms)
        return atoms

    def _define(self, outs: tuple) -> tuple:
        if self.resized and any(v in self.replaced for out in outs for v in size_vars(out.aval)):
            made = tuple(self.rename.define(v) for v in outs)
            self.former.update((new, old) for new, old in zip(made, outs, strict=True) if new is not old)
            return made
        return outs


def _is(a, b) -> bool:
    return a is b


def changed(stmt: Stmt, changes: dict) -> Stmt:
    """The statement with new fields; the same object where they are what it has."""
    if all(getattr(stmt, k) is v for k, v in changes.items()):
        return stmt
    return replace(stmt, **changes)
