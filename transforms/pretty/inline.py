"""What nests where: which values get a line and a name of their own, and which stand inside an expression.

A value is nested where it is read once, in its own block, no write to memory it reads comes between, and the line
stays short. What the user gave a name keeps its line. Loops and branches are boundaries: nothing moves past one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from broadax.transforms.core import Block, Effect, For, Function, If, Lit, Op, Var, While, blocks, size_vars
from broadax.transforms.facts.storage import IN_PLACE, Storage, is_array
from broadax.transforms.pretty.expressions import template
from broadax.transforms.pretty.literals import number_text, plain_operands
from broadax.transforms.pretty.plain import PlainNumbers, plain_literal
from broadax.transforms.pretty.templates import SIZES, Form, form_of, place_of
from broadax.transforms.primitives import registry

WIDTH = 100
NESTED_WIDTH = 76  # the longest expression that is made by nesting
UPDATES = frozenset({"at_set", "at_add"})


def is_temporary(var: Var, op: Op) -> bool:
    """Was the variable named after its operation, not by the user?"""
    base = var.base
    while base[:2] in ("d_", "t_"):
        base = base[2:]
    return base in registry.TABLE or op.params.get("implicit") is True


class Plan:
    """The printed shape of a function, before names.

    Attributes:
        operands: operation → its operands as written.
        forms: operation → its form (of an update: the place it writes).
        nested: the variables that are written inside the expression that reads them.
        top_sizes: entries of `function.sizes` that get a line at the top.
    """

    def __init__(self, function: Function):
        self.function = function
        self.storage = Storage(function)
        self.definition: dict[Var, Op] = {}
        self.operands: dict[Op, tuple] = {}
        self.forms: dict[Op, Form] = {}
        self.length: dict[Var, int] = {}
        self.nested: set[Var] = set()
        self.count: Counter = Counter()
        self.reader_block: dict[Var, Block] = {}
        self.fixed: set[Var] = set()
        self.plain = PlainNumbers(function)
        self.sizes = {v for v, _, _ in function.sizes}
        self._declare(function.body)
        self._count_block(function.body)
        self.size_source = {v: (p, axis) for v, p, axis in function.sizes}
        self.nested.update(v for v in self.size_source if self.count[v] == 1)
        for var in list(self.nested):
            self.length[var] = len(self.size_source[var][0].base) + 9
        self._nest_block(function.body, 1)

    # ── what the rest of the printer asks ─────────────────────────────────────────────────────────

    def shown(self, stmt) -> bool:
        """Does the statement have lines of its own?"""
        if not isinstance(stmt, Op) or stmt.prim.name in IN_PLACE:
            return True
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

    def written(self, stmt: Op | Effect) -> Iterator:
        """The operands and size variables that a statement's text mentions, repeated as it does."""
        if isinstance(stmt, Effect):
            yield from stmt.args
            return
        operands, form = self.operands[stmt], self.forms.get(stmt)
        if form is None:
            yield from operands
            return
        for k in form.template.holes:
            if k < SIZES:
                yield operands[k]
        yield from form.size_variables()
        if stmt.prim.name in UPDATES:
            yield operands[1]

    # ── counting ──────────────────────────────────────────────────────────────────────────────────

    def _declare(self, block: Block) -> None:
        for stmt in block.stmts:
            if isinstance(stmt, Op):
                for var in stmt.outs:
                    self.definition[var] = stmt
                self.operands[stmt] = self._as_written(stmt)
                if stmt.prim.name in UPDATES:
                    self.forms[stmt] = place_of(stmt)
                elif stmt.prim.name == "stack_new":
                    self.forms[stmt] = Form(template("[]"), ())
                elif stmt.prim.name not in IN_PLACE:
                    self.forms[stmt] = form_of(stmt)
            for inner in blocks(stmt):
                self._declare(inner)

    def _as_written(self, op: Op) -> tuple:
        if op.prim.name == "where" and op.out.shape == () and not op.out.aval.weak:
            return (op.args[0], *(self.as_handed(a, op.out) for a in op.args[1:]))  # `a if c else b` converts nothing
        if op.prim.kind == "elementwise":
            return plain_operands(op, self._implicit_source, self._may_be_python(op))
        if op.prim.name in UPDATES:
            return op.args[0], self._stored(op), *op.args[2:]
        return op.args

    def _may_be_python(self, op: Op) -> bool:
        """May the operation be done on Python numbers: is it arithmetic that can't fail, and who reads it content?"""
        name = op.prim.name
        by_size = name == "divide" and isinstance(op.args[1], Var) and (
            source := self._implicit_source(op.args[1])) is not None and self._is_size(source)
        return (name in ("add", "subtract", "multiply") or by_size) and self.plain.may_be(op.out)

    def _is_size(self, atom) -> bool:
        """Is it a size of an array, which is no zero?"""
        op = self.definition.get(atom)
        return atom in self.sizes or op is not None and op.prim.name == "size" and all(
            v in self.sizes for v in size_vars(op.params["value"]))

    def _stored(self, op: Op):
        """What an update stores, without a cast that the assignment makes by itself."""
        value = op.args[1]
        made = self.definition.get(value) if isinstance(value, Var) else None
        if made is None or made.prim.name != "convert" or op.prim.name == "at_add" and len(op.args) > 2 and any(
                a.shape for a in op.args[2:]):
            return value
        casting = "same_kind" if op.prim.name == "at_set" else "safe"
        inner = made.args[0]
        return inner if np.can_cast(inner.dtype, value.dtype, casting) else value

    def as_handed(self, atom, target: Var):
        """An atom as it is written where it is handed over to a name."""
        if isinstance(atom, Lit) and not atom.aval.weak and not target.aval.weak and self.plain.may_be(target):
            return plain_literal(atom)
        return atom

    def _implicit_source(self, var: Var):
        op = self.definition.get(var)
        if op is not None and op.prim.name == "convert" and op.params.get("implicit"):
            return op.args[0]
        return None

    def _count_block(self, block: Block) -> None:
        """Count how often each variable is mentioned, from the end to the beginning."""
        self._count(block.results, block)
        for stmt in reversed(block.stmts):
            match stmt:
                case Op() | Effect():
                    if isinstance(stmt, Effect) or stmt.prim.name in IN_PLACE or any(map(self.count.get, stmt.outs)):
                        self._count(self.written(stmt), block)
                        self._fix(stmt)
                case If():
                    self._count_block(stmt.orelse)
                    self._count_block(stmt.then)
                    self._count((stmt.cond,), block)
                case For():
                    self._count_block(stmt.body)
                    self._count((stmt.lo, stmt.hi, stmt.step, *stmt.init), block)
                case While():
                    self._count_block(stmt.body)
                    self._count_block(stmt.cond)
                    self._count(stmt.init, block)

    def _count(self, atoms, block: Block) -> None:
        for atom in atoms:
            if isinstance(atom, Var):
                self.count[atom] += 1
                self.reader_block[atom] = block

    def _fix(self, stmt) -> None:
        """Note the variables that a statement needs by name."""
        if isinstance(stmt, Effect):
            self.fixed.update(a for a in stmt.args[stmt.kind == "check":] if isinstance(a, Var))
        elif stmt.prim.name in IN_PLACE:
            self.fixed.add(stmt.args[0])
        form = self.forms.get(stmt)
        if form is not None:
            self.fixed.update(v for v in form.size_variables() if v in self.definition)

    # ── nesting ───────────────────────────────────────────────────────────────────────────────────

    def _nest_block(self, block: Block, depth: int) -> None:
        waiting: dict[Var, Op] = {}  # could still be nested, in the order of the text
        for stmt in block.stmts:
            match stmt:
                case Op() | Effect():
                    if isinstance(stmt, Effect) or self.shown(stmt):
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
                return (stmt.lo, stmt.hi, stmt.step, *stmt.init)
        return stmt.init

    def _take(self, atoms, waiting: dict, room: int) -> int:
        """Nest what waits among these operands, as far as there is room; returns the length of all."""
        atoms = list(atoms)
        candidates = [a for a in atoms if isinstance(a, Var) and a in waiting]
        total = sum(self.length[a] + 2 if a in waiting else self._length(a) for a in atoms)
        chosen = set(candidates)
        for var in sorted(candidates, key=self.length.get, reverse=True):
            if total > room:
                chosen.discard(var)
                total += len(var.base) - self.length[var] - 2
        self.nested |= chosen
        for var in candidates:
            del waiting[var]
        return total

    def _nest_stmt(self, stmt: Op | Effect, block: Block, waiting: dict, depth: int) -> None:
        fixed = sum(len(p) for p in self.forms[stmt].template.pieces if isinstance(p, str)) \
            if stmt in self.forms else 10
        room = min(NESTED_WIDTH, WIDTH - 4 * depth - 12) - fixed
        total = self._take(self.written(stmt), waiting, room) + fixed
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
        if (len(stmt.outs) == 1 and self.count[out] == 1 and self.reader_block.get(out) is block
                and out not in self.fixed and is_temporary(out, stmt)):
            waiting[out] = stmt

    def _length(self, atom) -> int:
        if isinstance(atom, Lit):
            return len(number_text(atom.value).text)
        return self.length[atom] if atom in self.nested else len(atom.base)

    def _touches(self, op: Op, storage: Var) -> bool:
        """Does the expression read memory of this class?"""
        return any(is_array(v) and self.storage.of(v) is storage for v in self.reads(op))

