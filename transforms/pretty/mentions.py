"""What the text of a function mentions, and how often: the ground on which nesting decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from broadax.transforms.core.statements import Block, Effect, For, Function, If, Lit, Op, Var, While, blocks
from broadax.transforms.facts.storage import IN_PLACE, Storage
from broadax.transforms.pretty.elements import element_loops, index_letters
from broadax.transforms.pretty.expressions import template
from broadax.transforms.pretty.moments import Writes
from broadax.transforms.pretty.operands import UPDATES, Operands
from broadax.transforms.pretty.templates import SIZES, Form, form_of, place_of, popped
from broadax.transforms.primitives import registry

TRIVIAL = frozenset({"add", "subtract", "size"})
SUMS = frozenset({"add", "subtract"})


class Mentions:
    """The forms of all operations, and who mentions which variable.

    Attributes:
        operands: operation → its operands as written.
        forms: operation → its form (of an update: the place it writes).
        count: variable → how often the text mentions it.
        reader, reader_block: variable → the statement that mentions it last (None: a hand-over), its block.
        fixed: variables that have to have a name.
        trivial: variables that are written out wherever they are read, `i + 1`.
        elements: loop → the reads of elements that its head makes, `for x in xs`.

    Args:
        given: the names that the function's face gives to parameters.
    """

    def __init__(self, function: Function, given: dict[Var, str]):
        self.function, self.given = function, given
        self.storage = Storage(function)
        self.definition: dict[Var, Op] = {}
        self.operands: dict[Op, tuple] = {}
        self.forms: dict[Op, Form] = {}
        self.count: Counter = Counter()
        self.reader_block: dict[Var, Block] = {}
        self.reader: dict[Var, Op | Effect | None] = {}
        self.fixed: set[Var] = set()
        self.writing = Operands(function, self.definition, Writes(function, self.storage))
        self.elements = element_loops(function, self.storage)
        self.letters = index_letters(function)
        self.in_heads = {op for ops in self.elements.values() for op in ops}
        self._declare(function.body)
        self.trivial = {v for v, op in self.definition.items() if self._is_trivial(op)}
        self._count_block(function.body)

    def base(self, var: Var) -> str:
        """What a variable would be called if nothing stood in the way."""
        return self.given.get(var, var.base)

    def is_temporary(self, var: Var) -> bool:
        """Was the variable named after its operation, not by the user?"""
        op = self.definition.get(var)
        if op is None:
            return var.base in registry.TABLE or var in self.letters
        if op.prim.name == "index" and self.base(op.args[0]) == var.base:
            return True
        if self._is_contribution(var):
            return True
        base = var.base
        while base[:2] in ("d_", "t_"):
            base = base[2:]
        return base in registry.TABLE or op.params.get("implicit") is True

    def _is_contribution(self, var: Var) -> bool:
        """Is it a term of a cotangent, `d_x = term + …`, or what a cast gives the same name to?"""
        reader = self.reader.get(var)
        if not isinstance(reader, Op) or not any(v.base == var.base for v in reader.outs):
            return False
        return reader.prim.name == "convert" or var.base.startswith("d_") and reader.prim.name in SUMS

    def _is_trivial(self, op: Op) -> bool:
        """Is it arithmetic like `i + 1`, which nobody gives a name, however often it is needed?"""
        if op.prim.name not in TRIVIAL or not op.out.aval.weak or op.out.dtype.kind != "i":
            return False
        named = (isinstance(a, Lit) or a not in self.definition or not self.is_temporary(a) for a in op.args)
        return all(named) and self.is_temporary(op.out)

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
                self.operands[stmt] = self.writing.of(stmt)
                if stmt.prim.name in UPDATES:
                    self.forms[stmt] = place_of(stmt)
                elif stmt.prim.name == "stack_pop":
                    self.forms[stmt] = popped(stmt)
                elif stmt.prim.name == "stack_new":
                    self.forms[stmt] = Form(template("[]"), ())
                elif stmt.prim.name not in IN_PLACE:
                    self.forms[stmt] = form_of(stmt)
            for inner in blocks(stmt):
                self._declare(inner)

    def _count_block(self, block: Block) -> None:
        """Count how often each variable is mentioned, from the end to the beginning."""
        self._count(block.results, block)
        for stmt in reversed(block.stmts):
            match stmt:
                case Op() | Effect():
                    if self.is_written(stmt):
                        again = self.count[stmt.outs[0]] if stmt.outs and stmt.outs[0] in self.trivial else 1
                        self._count([*self.written(stmt)] * again, block, stmt)
                        self._fix(stmt)
                case If():
                    self._count_block(stmt.orelse)
                    self._count_block(stmt.then)
                    self._count((stmt.cond,), block)
                case For():
                    self._count_block(stmt.body)
                    self._count((*self.header(stmt)[0], *stmt.init), block)
                case While():
                    self._count_block(stmt.body)
                    self._count_block(stmt.cond)
                    self._count(stmt.init, block)

    def is_written(self, stmt: Op | Effect) -> bool:
        """Does the statement have a text at all, here or nested elsewhere?"""
        if isinstance(stmt, Effect) or stmt.prim.name in IN_PLACE:
            return True
        return stmt not in self.in_heads and any(map(self.count.get, stmt.outs))

    def header(self, stmt: For) -> tuple[tuple, tuple]:
        """What the head of a loop mentions, and the variables that it sets in each turn."""
        ops = self.elements.get(stmt)
        if ops is None:
            return (stmt.lo, stmt.hi, stmt.step), (stmt.index,)
        return tuple(op.args[0] for op in ops), (stmt.index, *(op.out for op in ops))

    def _count(self, atoms, block: Block, reader: Op | Effect | None = None) -> None:
        for atom in atoms:
            if isinstance(atom, Var):
                self.count[atom] += 1
                self.reader_block[atom], self.reader[atom] = block, reader

    def _fix(self, stmt) -> None:
        """Note the variables that a statement needs by name."""
        if isinstance(stmt, Effect):
            self.fixed.update(a for a in stmt.args[stmt.kind == "check" :] if isinstance(a, Var))
        elif stmt.prim.name in IN_PLACE:
            self.fixed.add(stmt.args[0])
        form = self.forms.get(stmt)
        if form is not None:
            made = (v for v in form.size_variables() if v in self.definition)
            self.fixed.update(v for v in made if v not in self.trivial)
