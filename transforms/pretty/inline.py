"""What nests where: which values get a line and a name of their own, and which stand inside an expression.

A value is nested where it is read once, in its own block, no write to memory it reads comes between, and
the line stays short. What the user gave a name keeps its line. Loops and branches are boundaries: nothing
moves past one.
"""

from __future__ import annotations

from collections.abc import Iterator

from broadax.transforms.core.statements import (
    Block,
    Effect,
    For,
    Function,
    If,
    Lit,
    Op,
    Var,
    blocks,
    definitions,
)
from broadax.transforms.facts.storage import IN_PLACE, is_array
from broadax.transforms.pretty.expressions import ATOM, SUM, UNARY
from broadax.transforms.pretty.literals import number_text
from broadax.transforms.pretty.mentions import Mentions
from broadax.transforms.pretty.operands import UPDATES

WIDTH = 100
NESTED_WIDTH = 86  # the longest expression that is made by nesting


class Plan(Mentions):
    """The printed shape of a function, before names.

    Attributes:
        nested: the variables that are written inside the expression that reads them.
        size_source: size variable → the parameter and the axis whose size it is.

    Args:
        unnamed: variables to treat as if the user had not named them.
    """

    def __init__(
        self, function: Function, given: dict[Var, str] | None = None, unnamed: frozenset = frozenset()
    ):
        super().__init__(function, given or {})
        self.unnamed = unnamed
        self.length: dict[Var, int] = {}
        self.nested: set[Var] = set()
        self.size_source = {v: (p, axis) for v, p, axis in function.sizes}
        self._nest_sizes()
        self._nest_block(function.body, 1)

    # ── what the rest of the printer asks ─────────────────────────────────────────────────────────

    def shown(self, stmt) -> bool:
        """Does the statement have lines of its own?"""
        if not isinstance(stmt, Op) or stmt.prim.name in IN_PLACE:
            return True
        if stmt in self.in_heads:
            return False
        return any(self.count[v] and v not in self.nested for v in stmt.outs)

    def leaves(self, atom) -> Iterator[Var]:
        """The named variables that are read where an operand is written out."""
        if not isinstance(atom, Var):
            return
        if atom not in self.nested:
            yield atom
        elif atom in self.size_source:
            yield self.size_source[atom][0]
        else:
            yield from self.reads(self.definition[atom])

    def reads(self, stmt: Op | Effect) -> Iterator[Var]:
        """The named variables that a statement's text reads."""
        for atom in self.written(stmt):
            yield from self.leaves(atom)

    # ── nesting ───────────────────────────────────────────────────────────────────────────────────

    def _nest_sizes(self) -> None:
        """Sizes that are mentioned once stand as `x.shape[0]`, unless x is something else's name by then."""
        reused = {v.base for v in definitions(self.function.body) if not self.is_temporary(v)}
        for var, (param, _) in self.size_source.items():
            if self.count[var] == 1 and self.base(param) not in reused:
                self.nested.add(var)
                self.length[var] = len(param.base) + 9
        self.nested |= self.trivial
        for var in self.trivial:
            op = self.definition[var]
            self.length[var] = len(str(op.params.get("value", ""))) + sum(map(self._length, op.args)) + 3

    def _nest_block(self, block: Block, depth: int) -> None:
        waiting: dict[Var, Op] = {}  # could still be nested, in the order of the text
        for stmt in block.stmts:
            match stmt:
                case Op() | Effect():
                    if self.is_written(stmt):
                        self._nest_stmt(stmt, block, waiting, depth)
                case _:
                    self._take(self._headers(stmt), waiting, WIDTH - 4 * depth - 20)
                    waiting.clear()
                    for inner in blocks(stmt):
                        self._nest_block(inner, depth + 1)
        self._take(block.results, waiting, NESTED_WIDTH)

    def _headers(self, stmt) -> tuple:
        match stmt:
            case If():
                return (stmt.cond,)
            case For():
                return (*self.header(stmt)[0], *stmt.init)
        return stmt.init

    def _take(self, atoms, waiting: dict, room: int, loose: bool = True) -> int:
        """Nest what waits among these operands, as far as there is room; returns the length of all.

        `loose`: operands need no parentheses, mostly.
        """
        atoms = list(atoms)
        candidates = [a for a in atoms if isinstance(a, Var) and a in waiting]
        around = {a: 0 if loose or self.forms[waiting[a]].template.rank >= UNARY else 2 for a in candidates}
        total = sum(self.length[a] + around[a] if a in waiting else self._length(a) for a in atoms)
        chosen = set(candidates)
        for var in sorted(candidates, key=self.length.get, reverse=True):
            if total > room:
                chosen.discard(var)
                total += len(var.base) - self.length[var] - around[var]
        self.nested |= chosen
        for var in candidates:
            del waiting[var]
        return total

    def _nest_stmt(self, stmt: Op | Effect, block: Block, waiting: dict, depth: int) -> None:
        form = self.forms.get(stmt)
        fixed = sum(len(p) for p in form.template.pieces if isinstance(p, str)) if form else 10
        target = stmt.outs[0].base if stmt.outs and stmt.prim.name not in UPDATES else ""
        room = min(NESTED_WIDTH, WIDTH - 4 * depth - len(target) - 3) - fixed
        loose = form is None or form.template.rank <= SUM or form.template.rank == ATOM
        total = self._take(self.written(stmt), waiting, room, loose) + fixed
        if isinstance(stmt, Effect):
            waiting.clear()
            return
        name = stmt.prim.name
        if name in IN_PLACE:
            written = self.storage.of(stmt.args[0])
            for var in [v for v, op in waiting.items() if self._touches(op, written)]:
                del waiting[var]
            return
        out = stmt.out
        self.length[out] = total
        if (
            len(stmt.outs) == 1
            and self.count[out] == 1
            and self.reader_block.get(out) is block
            and out not in self.fixed
            and (out in self.unnamed or self.is_temporary(out))
        ):
            waiting[out] = stmt

    def _length(self, atom) -> int:
        if isinstance(atom, Lit):
            return len(number_text(atom.value).text)
        return self.length[atom] if atom in self.nested else len(atom.base)

    def _touches(self, op: Op, storage: Var) -> bool:
        """Does the expression read memory of this class?"""
        return any(is_array(v) and self.storage.of(v) is storage for v in self.reads(op))
