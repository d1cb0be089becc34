"""What nests where: which values get a line and a name of their own, and which stand inside an expression.

A value is nested where it is read once, in its own block, no write to memory it reads comes between, and
the line stays short. What the user gave a name keeps its line. Loops and branches are boundaries: nothing
moves past one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from broadax.transforms.core import Block, Effect, For, Function, If, Lit, Op, Var, While, blocks, definitions
from broadax.transforms.facts.storage import IN_PLACE, Storage, is_array
from broadax.transforms.pretty.elements import element_loops, index_letters
from broadax.transforms.pretty.expressions import template
from broadax.transforms.pretty.literals import number_text
from broadax.transforms.pretty.operands import UPDATES, Operands
from broadax.transforms.pretty.templates import SIZES, Form, form_of, place_of
from broadax.transforms.primitives import registry

WIDTH = 100
SUMS = frozenset({"add", "subtract"})
NESTED_WIDTH = 76  # the longest expression that is made by nesting


class Plan:
    """The printed shape of a function, before names.

    Attributes:
        operands: operation → its operands as written.
        forms: operation → its form (of an update: the place it writes).
        nested: the variables that are written inside the expression that reads them.
        elements: loop → the reads of elements that its head makes, `for x in xs`.

    Args:
        given: the names that the function's face gives to parameters.
        unnamed: variables to treat as if the user had not named them.
    """

    def __init__(
        self, function: Function, given: dict[Var, str] | None = None, unnamed: frozenset = frozenset()
    ):
        self.given, self.unnamed = given or {}, unnamed
        self.function = function
        self.storage = Storage(function)
        self.definition: dict[Var, Op] = {}
        self.operands: dict[Op, tuple] = {}
        self.forms: dict[Op, Form] = {}
        self.length: dict[Var, int] = {}
        self.nested: set[Var] = set()
        self.count: Counter = Counter()
        self.reader_block: dict[Var, Block] = {}
        self.reader: dict[Var, Op | Effect | None] = {}
        self.fixed: set[Var] = set()
        self.writing = Operands(function, self.definition)
        self.elements = element_loops(function, self.storage)
        self.letters = index_letters(function)
        self.unnested = {op for ops in self.elements.values() for op in ops}
        self._declare(function.body)
        self._count_block(function.body)
        self.size_source = {v: (p, axis) for v, p, axis in function.sizes}
        # `x.shape[0]` in an expression, unless x is the name of something else by then.
        reused = {v.base for v in definitions(function.body) if not self.is_temporary(v)}
        for var, (param, _) in self.size_source.items():
            if self.count[var] == 1 and self.base(param) not in reused:
                self.nested.add(var)
        for var in list(self.nested):
            self.length[var] = len(self.size_source[var][0].base) + 9
        self._nest_block(function.body, 1)

    # ── what the rest of the printer asks ─────────────────────────────────────────────────────────

    def shown(self, stmt) -> bool:
        """Does the statement have lines of its own?"""
        if not isinstance(stmt, Op) or stmt.prim.name in IN_PLACE:
            return True
        if stmt in self.unnested:
            return False
        return any(self.count[v] and v not in self.nested for v in stmt.outs)

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
                self.operands[stmt] = self.writing.of(stmt)
                if stmt.prim.name in UPDATES:
                    self.forms[stmt] = place_of(stmt)
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
                    if self._is_written(stmt):
                        self._count(self.written(stmt), block, stmt)
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

    def _is_written(self, stmt: Op | Effect) -> bool:
        """Does the statement have a text at all, here or nested elsewhere?"""
        if isinstance(stmt, Effect) or stmt.prim.name in IN_PLACE:
            return True
        return stmt not in self.unnested and any(map(self.count.get, stmt.outs))

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
            self.fixed.update(v for v in form.size_variables() if v in self.definition)

    # ── nesting ───────────────────────────────────────────────────────────────────────────────────

    def _nest_block(self, block: Block, depth: int) -> None:
        waiting: dict[Var, Op] = {}  # could still be nested, in the order of the text
        for stmt in block.stmts:
            match stmt:
                case Op() | Effect():
                    if self._is_written(stmt):
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
        fixed = (
            sum(len(p) for p in self.forms[stmt].template.pieces if isinstance(p, str))
            if stmt in self.forms
            else 10
        )
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
