"""Blocks, branches and loops as lines, with the handing over of values between them."""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.statements import Block, Effect, For, If, Lit, Op, Stmt, Var, While
from broadax.transforms.pretty.effects import Effects
from broadax.transforms.pretty.expressions import OR, TERNARY, parsed
from broadax.transforms.pretty.lines import Line
from broadax.transforms.pretty.statements import Statements

TERNARY_WIDTH = 70


class Writer(Statements, Effects):
    """Writes whole blocks."""

    def block(self, block: Block, depth: int) -> list[Line]:
        """The lines of a block's statements, without the handing over of its results."""
        lines: list[Line] = []
        for stmt in block.stmts:
            if self.plan.shown(stmt):
                note, start = stmt.note or ("d_" if _is_derivative(stmt) else ""), len(self.written)
                for line in self.stmt(stmt, depth):
                    parts = line.parts or tuple(self.written[start:])
                    lines.append(replace(line, loc=line.loc or stmt.loc, note=line.note or note, parts=parts))
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

    # ── handing over ──────────────────────────────────────────────────────────────────────────────

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
                    del pending[k]
                    later = {v for _, other, _ in pending for v in self.plan.leaves(other)}
                    lines.append(self._move(var, atom, depth, position, later))
                    break
            else:
                left = ", ".join(self.names[var] for var, _, _ in pending)
                right = ", ".join(self.text(atom).at(TERNARY) for _, atom, _ in pending)
                return [*lines, Line(depth, f"{left} = {right}")]
        return lines

    def _move(self, var: Var, atom, depth: int, position: int, later: set[Var]) -> Line:
        op = self.plan.definition.get(atom) if atom in self.plan.nested else None
        text = self.assignment(var, op, self.text(atom), position, later)
        return Line(depth, text, op.loc if op else None, op.note if op else "")

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
        start = f"{self.names[stmt.outs[outs[0]]]} = "
        if any(line.depth != depth + 1 or not line.text.startswith(start) for line in (then[0], orelse[0])):
            return None
        a, b = (line.text[len(start) :] for line in (then[0], orelse[0]))
        text = f"{start}{parsed(a).at(OR)} if {self.text(stmt.cond).at(OR)} else {b}"
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
        """`range(n)`, `range(1, n)`, `reversed(range(n))`, …; of turns without a number not reversed."""
        lo, hi, step = (self.text(a) for a in (stmt.lo, stmt.hi, stmt.step))
        if step.text == "1":
            return _range(lo.text, hi.text)
        if step.text == "-1":
            first, end = self._after(stmt.hi), self._after(stmt.lo)
            if first and end:
                forward = _range(first, end)
                return f"reversed({forward})" if self.plan.count[stmt.index] else forward
        return f"range({lo.text}, {hi.text}, {step.text})"

    def _after(self, atom) -> str:
        """The text of an integer plus one, where that is shorter; else empty."""
        if isinstance(atom, Lit):
            return str(int(atom.value) + 1)
        op = self.plan.definition.get(atom) if atom in self.plan.nested else None
        if op is not None and op.prim.name == "size":
            return self.size(op.params["value"] + 1).text
        if (
            op is not None
            and op.prim.name == "subtract"
            and isinstance(op.args[1], Lit)
            and op.args[1].value == 1
        ):
            return self.text(op.args[0]).text
        return ""

    def conditional(self, stmt: While, depth: int) -> list[Line]:
        lines = self.moves(stmt.carries, stmt.init, depth, self.lifetimes.position[stmt])
        tests = self.block(stmt.cond, depth + 1)
        cond = stmt.cond.results[0]
        if tests:
            lines.append(Line(depth, "while True:", stmt.loc, stmt.note))
            lines += [
                *tests,
                Line(depth + 1, f"if {self.negated(cond)}:", stmt.loc),
                Line(depth + 2, "break"),
            ]
        else:
            lines.append(Line(depth, f"while {self.text(cond).text}:", stmt.loc, stmt.note))
        body = self.turn(stmt, depth + 1)
        return [*lines, *(body or [Line(depth + 1, "pass")]), *self._leave(stmt, depth)]


def _range(first: str, end: str) -> str:
    return f"range({end})" if first == "0" else f"range({first}, {end})"


def _is_derivative(stmt: Stmt) -> bool:
    """Is it a branch or a loop of the reverse sweep?"""
    return not isinstance(stmt, Op) and any(v.base.startswith("d_") for v in stmt.outs)


def _else(lines: list[Line], depth: int) -> list[Line]:
    """The lines of an `else` branch; one that holds nothing but an `if` becomes `elif`."""
    tops = [k for k, line in enumerate(lines) if line.depth == depth + 1]
    chain = lines[0].text.startswith("if ") and all(
        lines[k].text.startswith("elif ") or lines[k].text == "else:" for k in tops[1:]
    )
    if not chain:
        return [Line(depth, "else:"), *lines]
    lines = [replace(line, depth=line.depth - 1) for line in lines]
    return [replace(lines[0], text="el" + lines[0].text), *lines[1:]]
