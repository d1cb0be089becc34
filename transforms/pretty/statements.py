"""Core statements as lines of Python, given what nests where (`Plan`) and what things are called (`Names`)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from broadax.runtime.errors import Loc
from broadax.transforms.core import Block, Effect, For, If, Lit, Op, Stmt, Var, While
from broadax.transforms.facts.storage import is_array
from broadax.transforms.pretty.expressions import ATOM, NOT, OR, SUM, TERNARY, Text, parsed
from broadax.transforms.pretty.inline import Plan
from broadax.transforms.pretty.layout import split
from broadax.transforms.pretty.literals import number_text
from broadax.transforms.pretty.names import Names
from broadax.transforms.pretty.operands import UPDATES
from broadax.transforms.pretty.templates import SIZES
from broadax.transforms.sizes import Size, size_text

AUGMENTED = {"add": "+=", "subtract": "-=", "multiply": "*=", "divide": "/=", "matmul": "@="}
COMMUTATIVE = frozenset({"add", "multiply"})
OPPOSITE = {"equal": "!=", "not_equal": "==", "less": ">=", "less_equal": ">", "greater": "<=", "greater_equal": "<"}
TERNARY_WIDTH = 70


@dataclass(frozen=True)
class Line:
    """One line (or one statement that is still to be wrapped)."""

    depth: int
    text: str
    loc: Loc | None = None
    note: str = ""


class Writer:
    """Writes blocks as lines.

    Args:
        may_overwrite: `may_overwrite(op, var, name, moment)`: may the operation's result, called `name`, be put at
            that moment into the memory of its array operand, which nobody reads afterwards?
    """

    def __init__(self, plan: Plan, names: Names, may_overwrite=lambda op, var, name, moment: False):
        self.plan, self.names, self.may_overwrite = plan, names, may_overwrite
        self.lifetimes = names.lifetimes
        self.errors: dict[type, None] = {}

    # ── expressions ───────────────────────────────────────────────────────────────────────────────

    def text(self, atom) -> Text:
        """An operand: a number, a name, or the expression nested there."""
        if isinstance(atom, Lit):
            return number_text(atom.value)
        if atom not in self.plan.nested:
            return Text(self.names[atom])
        if atom in self.plan.size_source:
            param, axis = self.plan.size_source[atom]
            return Text(f"{self.names[param]}.shape[{axis}]")
        return self.expression(self.plan.definition[atom])

    def expression(self, op: Op) -> Text:
        """The value of an operation that is no update."""
        return self._fill(op)

    def _fill(self, op: Op) -> Text:
        form, operands = self.plan.forms[op], self.plan.operands[op]
        texts = {k: self.size(form.sizes[k - SIZES]) if k >= SIZES else self.text(operands[k])
                 for k in form.template.holes}
        return form.template.fill(texts)

    def size(self, dim) -> Text:
        """A size: `n`, `2 * n + 1`."""
        if not isinstance(dim, Size):
            return number_text(dim)
        return parsed(size_text(dim, lambda var: self.text(var).at(ATOM)))

    def negated(self, atom) -> str:
        """The opposite of a condition."""
        op = self.plan.definition.get(atom) if atom in self.plan.nested else None
        if op is not None and op.prim.name == "logical_not":
            return self.text(self.plan.operands[op][0]).text
        if op is not None and op.prim.name in OPPOSITE:
            left, right = self.plan.operands[op]
            exact = op.prim.name in ("equal", "not_equal") or all(a.dtype.kind in "biu" for a in op.args)
            if exact and not op.out.shape:
                sign = OPPOSITE[op.prim.name]
                return f"{self.text(left).at(OR + 4)} {sign} {self.text(right).at(OR + 4)}"
        return f"not {self.text(atom).at(NOT)}"

    # ── blocks ────────────────────────────────────────────────────────────────────────────────────

    def block(self, block: Block, depth: int) -> list[Line]:
        """The lines of a block's statements, without the handing over of its results."""
        lines: list[Line] = []
        for stmt in block.stmts:
            if self.plan.shown(stmt):
                lines += [line if line.loc else replace(line, loc=stmt.loc, note=line.note or stmt.note)
                          for line in self.stmt(stmt, depth)]
        return lines

    def stmt(self, stmt: Stmt, depth: int) -> list[Line]:
        match stmt:
            case Op():
                return [Line(depth, self.operation(stmt))]
            case Effect():
                return self.effect(stmt, depth)
            case If():
                return self.branch(stmt, depth)
            case For():
                return self.counted(stmt, depth)
            case While():
                return self.conditional(stmt, depth)
        raise TypeError(stmt)

    def operation(self, op: Op) -> str:
        """The line of an operation that is not nested."""
        name = op.prim.name
        if name in UPDATES:
            return self.update(op)
        if name == "stack_push":
            return f"{self.names[op.args[0]]}.append({self.text(op.args[1]).at(TERNARY)})"
        if name == "stack_pop":
            return self._targets(op.outs[1:]) + f"{self.names[op.args[0]]}.pop()"
        if len(op.outs) > 1:
            return self._targets(op.outs) + self.expression(op).text
        return self.assignment(op.out, op, self.expression(op), self.lifetimes.position[op])

    def _targets(self, outs) -> str:
        names = [self.names[v] if self.plan.count[v] else "_" for v in outs]
        return f"{', '.join(names)} = " if any(n != "_" for n in names) else ""

    def assignment(self, target: Var, op: Op | None, value: Text, position: int) -> str:
        """`x = value`, or `x += …` where that is what it amounts to."""
        name = self.names[target]
        if op is not None and op.prim.name in AUGMENTED:
            left, right = self.plan.operands[op]
            pairs = [(left, right), (right, left)] if op.prim.name in COMMUTATIVE else [(left, right)]
            for one, other in pairs:
                if self._is_named(one, name) and not self._mentions(other, name) and one.aval == target.aval and (
                        not is_array(one) or self.may_overwrite(op, one, name, 2 * position + 1)):
                    return f"{name} {AUGMENTED[op.prim.name]} {self.text(other).at(TERNARY)}"
        return f"{name} = {value.text}"

    def _is_named(self, atom, name: str) -> bool:
        return isinstance(atom, Var) and atom not in self.plan.nested and self.names[atom] == name

    def _mentions(self, atom, name: str) -> bool:
        return any(self.names[v] == name for v in self.plan.leaves(atom))

    # ── updates ───────────────────────────────────────────────────────────────────────────────────

    def update(self, op: Op) -> str:
        """`x[i] = v`, `x[i] += v`, or `np.add.at` where an index may repeat."""
        place = self._fill(op).text
        value = self.plan.operands[op][1]
        if op.prim.name == "at_add":
            if any(a.shape != () for a in op.args[2:]):
                array = self.names[op.args[0]]
                subscript = place[len(array) + 1:-1]
                tuple_text = _subscript_argument(subscript)
                return f"np.add.at({array}, {tuple_text}, {self.text(value).at(TERNARY)})"
            return f"{place} += {self.text(value).at(TERNARY)}"
        augmented = self._read_and_write(op, value)
        if augmented is not None:
            sign, other = augmented
            return f"{place} {sign} {self.text(other).at(TERNARY)}"
        return f"{place} = {self.text(value).text}"

    def _read_and_write(self, op: Op, value):
        """For `x[i] = x[i] + v`: the sign `+=` and v."""
        inner = self.plan.definition.get(value) if value in self.plan.nested else None
        if inner is None or inner.prim.name not in AUGMENTED or inner.prim.name == "matmul":
            return None
        if value.dtype != op.args[0].dtype or any(a.shape != () for a in op.args[2:]):
            return None
        left, right = self.plan.operands[inner]
        if self._reads_place(left, op):
            return AUGMENTED[inner.prim.name], right
        if inner.prim.name in COMMUTATIVE and self._reads_place(right, op):
            return AUGMENTED[inner.prim.name], left
        return None

    def _reads_place(self, atom, op: Op) -> bool:
        read = self.plan.definition.get(atom) if atom in self.plan.nested else None
        return (read is not None and read.prim.name == "index" and read.args[0] is op.args[0]
                and atom.shape == self.plan.definition[op.args[1]].out.shape
                and read.params["spec"] == op.params["spec"] and _same_atoms(read.args[1:], op.args[2:]))

    # ── control flow ──────────────────────────────────────────────────────────────────────────────

    def moves(self, targets, atoms, depth: int, position: int) -> list[Line]:
        """Hand values over to names, all at once as far as the reader can tell."""
        pending = []
        for var, atom in zip(targets, atoms, strict=True):
            atom = self.plan.writing.as_handed(atom, var)
            if var in self.names.names and not self._is_named(atom, self.names[var]):
                reads = {self.names[v] for v in self.plan.leaves(atom)}
                pending.append((var, atom, reads))
        lines: list[Line] = []
        while pending:
            for k, (var, atom, _) in enumerate(pending):
                if not any(self.names[var] in reads for j, (_, _, reads) in enumerate(pending) if j != k):
                    lines.append(Line(depth, self._move(var, atom, position)))
                    del pending[k]
                    break
            else:
                left = ", ".join(self.names[var] for var, _, _ in pending)
                right = ", ".join(self.text(atom).at(TERNARY) for _, atom, _ in pending)
                return [*lines, Line(depth, f"{left} = {right}")]
        return lines

    def _move(self, var: Var, atom, position: int) -> str:
        op = self.plan.definition.get(atom) if atom in self.plan.nested else None
        return self.assignment(var, op, self.text(atom), position)

    def branch(self, stmt: If, depth: int) -> list[Line]:
        outs = [k for k, v in enumerate(stmt.outs) if self.plan.count[v]]
        sides = []
        for block in (stmt.then, stmt.orelse):
            results = [block.results[k] for k in outs]
            moves = self.moves([stmt.outs[k] for k in outs], results, depth + 1, self.lifetimes.ends[block])
            sides.append(self.block(block, depth + 1) + moves)
        then, orelse = sides
        if not then and not orelse:
            return []
        short = self._ternary(stmt, outs, then, orelse, depth)
        if short:
            return [short]
        if not then:
            return [Line(depth, f"if {self.negated(stmt.cond)}:", stmt.loc, stmt.note), *orelse]
        head = Line(depth, f"if {self.text(stmt.cond).text}:", stmt.loc, stmt.note)
        if not orelse:
            return [head, *then]
        return [head, *then, *_else(orelse, depth)]

    def _ternary(self, stmt: If, outs, then, orelse, depth: int) -> Line | None:
        if len(outs) != 1 or len(then) != 1 or len(orelse) != 1:
            return None
        out, a, b = stmt.outs[outs[0]], stmt.then.results[outs[0]], stmt.orelse.results[outs[0]]
        start = f"{self.names[out]} = "
        if any(line.depth != depth + 1 or not line.text.startswith(start) for line in (then[0], orelse[0])):
            return None
        if any(not isinstance(x, Lit) and x not in self.plan.nested and self.names[x] == self.names[out]
               for x in (a, b)):
            return None
        a, b = self.plan.writing.as_handed(a, out), self.plan.writing.as_handed(b, out)
        text = f"{start}{self.text(a).at(OR)} if {self.text(stmt.cond).at(OR)} else {self.text(b).at(TERNARY)}"
        return Line(depth, text, stmt.loc, stmt.note) if len(text) <= TERNARY_WIDTH else None

    def counted(self, stmt: For, depth: int) -> list[Line]:
        body = self.turn(stmt, depth + 1)
        return [
            *self.moves(stmt.carries, stmt.init, depth, self.lifetimes.position[stmt]),
            Line(depth, f"for {self.head(stmt)}:", stmt.loc, stmt.note),
            *(body or [Line(depth + 1, "pass")]),
            *self._leave(stmt, depth),
        ]

    def head(self, stmt: For) -> str:
        """`i in range(n)`, `x in xs`, `i, x in enumerate(xs)`, `x, y in zip(xs, ys)`."""
        index = self.names[stmt.index] if self.plan.count[stmt.index] else "_"
        ops = self.plan.elements.get(stmt)
        if ops is None:
            return f"{index} in {self.range(stmt)}"
        items = ", ".join(self.names[op.out] for op in ops)
        arrays = ", ".join(self.text(op.args[0]).at(TERNARY) for op in ops)
        if len(ops) > 1:
            arrays = f"zip({arrays})"
        if index == "_":
            return f"{items} in {arrays}"
        return f"{index}, {f'({items})' if len(ops) > 1 else items} in enumerate({arrays})"

    def _leave(self, stmt, depth: int) -> list[Line]:
        used = [(v, c) for v, c in zip(stmt.outs, stmt.carries, strict=True) if self.plan.count[v]]
        return self.moves([v for v, _ in used], [c for _, c in used], depth, self.lifetimes.after[stmt])

    def turn(self, stmt: For | While, depth: int) -> list[Line]:
        """The body of a loop, with the handing over to the next turn."""
        lines = self.block(stmt.body, depth)
        return lines + self.moves(stmt.carries, stmt.body.results, depth, self.lifetimes.ends[stmt.body])

    def range(self, stmt: For) -> str:
        """`range(n)`, `range(1, n)`, `reversed(range(n))`, …"""
        lo, hi, step = (self.text(a) for a in (stmt.lo, stmt.hi, stmt.step))
        if step.text == "1":
            return f"range({hi.text})" if lo.text == "0" else f"range({lo.text}, {hi.text})"
        if step.text == "-1" and isinstance(stmt.hi, Lit) and lo.rank == SUM and lo.text.endswith(" - 1"):
            start = int(stmt.hi.value) + 1
            inner = lo.text[:-4] if start == 0 else f"{start}, {lo.text[:-4]}"
            return f"reversed(range({inner}))"
        return f"range({lo.text}, {hi.text}, {step.text})"

    def conditional(self, stmt: While, depth: int) -> list[Line]:
        lines = self.moves(stmt.carries, stmt.init, depth, self.lifetimes.position[stmt])
        tests = self.block(stmt.cond, depth + 1)
        cond = stmt.cond.results[0]
        if tests:
            lines.append(Line(depth, "while True:", stmt.loc, stmt.note))
            lines += [*tests, Line(depth + 1, f"if {self.negated(cond)}:", stmt.loc), Line(depth + 2, "break")]
        else:
            lines.append(Line(depth, f"while {self.text(cond).text}:", stmt.loc, stmt.note))
        body = self.turn(stmt, depth + 1)
        return [*lines, *(body or [Line(depth + 1, "pass")]), *self._leave(stmt, depth)]

    # ── effects ───────────────────────────────────────────────────────────────────────────────────

    def effect(self, stmt: Effect, depth: int) -> list[Line]:
        """`print(…)`, `raise E(…)`, `if not c: raise E(…)`, `assert c, …`."""
        message = self.message(stmt.params["message"], stmt.args)
        if stmt.kind == "print":
            return [Line(depth, f"print({message})")]
        error = stmt.params["error"]
        self.errors.setdefault(error)
        raised = f"{error_name(error)}({message})"
        if stmt.kind == "raise":
            return [Line(depth, f"raise {raised}")]
        if error is AssertionError:
            text = f"assert {self.text(stmt.args[0]).text}"
            return [Line(depth, f"{text}, {message}" if message else text)]
        return [Line(depth, f"if {self.negated(stmt.args[0])}:", stmt.loc), Line(depth + 1, f"raise {raised}")]

    def message(self, parts: tuple, atoms) -> str:
        """A message as a string literal or an f-string; empty for no message."""
        if not any(isinstance(p, int) for p in parts):
            text = "".join(parts)
            return _quoted(text) if text else ""
        if len(parts) == 1:
            return f"str({self.text(atoms[parts[0]]).text})"
        pieces = ["{" + self.text(atoms[p]).text + "}" if isinstance(p, int)
                  else _quoted(p)[1:-1].replace("{", "{{").replace("}", "}}") for p in parts]
        return f'f"{"".join(pieces)}"'


def error_name(error: type) -> str:
    """An exception class as generated code calls it."""
    return "np.linalg.LinAlgError" if error.__module__.startswith("numpy.") else error.__name__


def _quoted(text: str) -> str:
    """A string literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _else(lines: list[Line], depth: int) -> list[Line]:
    """The lines of an `else` branch; one that holds nothing but an `if` becomes `elif`."""
    tops = [k for k, line in enumerate(lines) if line.depth == depth + 1]
    chain = lines[0].text.startswith("if ") and all(
        lines[k].text.startswith("elif ") or lines[k].text == "else:" for k in tops[1:])
    if not chain:
        return [Line(depth, "else:"), *lines]
    lines = [replace(line, depth=line.depth - 1) for line in lines]
    return [replace(lines[0], text="el" + lines[0].text), *lines[1:]]


def _subscript_argument(subscript: str) -> str:
    """A subscript as an argument of a function: `i`, `(i, j)`, `np.s_[1:, i]`."""
    items = split(subscript, (",",))
    if any(len(split(item, (":",))) > 1 for item in items):
        return f"np.s_[{subscript}]"
    return subscript if len(items) == 1 else f"({subscript})"


def _same_atoms(left, right) -> bool:
    return len(left) == len(right) and all(
        a is b or isinstance(a, Lit) and isinstance(b, Lit) and a.aval == b.aval and a.value == b.value
        for a, b in zip(left, right, strict=True))
