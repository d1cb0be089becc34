"""Core statements as Python lines: what is no nest is written as it is, with arrays written in place."""

from __future__ import annotations

import builtins
from pathlib import Path

from broadax.backends.numba.cutting import MOST_HEAVY, Cutting
from broadax.backends.numba.expressions import Expressions, tidy
from broadax.backends.numba.helpers import HELPERS
from broadax.backends.numba.library import Library
from broadax.backends.numba.loops import LoopWriter
from broadax.backends.numba.names import Names
from broadax.backends.numba.outline import Outlined
from broadax.backends.numba.places import Placed
from broadax.backends.numba.scalars import literal
from broadax.backends.numba.splitting import Splitting
from broadax.backends.planner.buffers import Buffers
from broadax.backends.planner.items import Item
from broadax.backends.planner.nests import Level
from broadax.backends.planner.schedule import Plan
from broadax.runtime.errors import Loc
from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import Block, Effect, For, If, Lit, Op, While, suffix_of

INDENT = "    "


class Writer(Cutting, Splitting):
    """Writes the body of one Numba function.

    Attributes:
        lines: the text so far.
        outlined: functions that were cut out of this one.
        cutting, splitting: is what is written now to be cut; may its loops run on several threads?
        errors: exception classes that are no builtins, by the name under which the text raises them.
        handles: Python functions that are called → the name of the parameter that tells which.
        callers, caller_lines: functions that call these, by their text; and their lines.
    """

    def __init__(self, plan: Plan, standalone: bool = False):
        self.plan = plan
        self.names = Names(plan)
        self.ranges = plan.inlining.ranges
        self.expressions = Expressions(self.names, plan.elements, standalone)
        self.expressions.narrow = plan.narrow
        self.lines: list[str] = []
        self.errors: dict[str, type] = {}
        self.handles: dict = {}
        self.callers: dict = {}
        self.caller_lines: list[list[str]] = []
        self.loc: Loc | None = None  # the last one that was shown
        self.latest: Loc | None = None
        self.index_base = 0
        self.buffers = Buffers(plan.function, plan.storage, plan.named, self.ranges.nonnegative)
        self.before: dict = {}  # loop → what its body has allocated in front of it, and what was held there
        self.loops = LoopWriter(self)
        self.library = Library(self)
        large = self.weight(plan.function.body) > MOST_HEAVY
        self.outlined = Outlined(self.names, HELPERS, standalone)
        self.cutting, self.splitting = large, not standalone

    def line(self, text: str, depth: int, loc: Loc | None = None, own: bool = False) -> None:
        """Append a line; `loc` is shown where it is another than the last line's. `own`: see `Effect`."""
        where = ""
        if loc is not None and (self.loc is None or (loc.file, loc.line) != (self.loc.file, self.loc.line)):
            where, self.loc = f"  # {Path(loc.file).name}:{loc.line}", loc
        self.latest = loc or self.latest
        failing = next((place for place in self.expressions.failing if place is not None), None)
        self.expressions.failing.clear()
        self.lines.append(Placed(f"{INDENT * depth}{text}{where}", failing or self.latest, own))

    def index_name(self, level: int) -> str:
        """The loop index of a nest at a depth."""
        return self.names.indices[level]

    def _step(self, content, depth: int) -> None:
        match content:
            case Level() | Item():
                self.nest(content, depth)
            case ("copy", new, old):
                self.line(f"{self.names[new]} = {self.library.copy_text(self.names[old])}", depth)
            case Op() if isinstance(content.outs[0].aval, StackAval):
                self._stack(content, depth)
            case Op():
                self.library.write(content, depth)
            case If():
                self._if(content, depth)
            case For():
                self._looped(content, depth, self._for)
            case While():
                self._looped(content, depth, self._while)
            case Effect():
                self._effect(content, depth)

    def atom(self, atom) -> str:
        """An operand where it is handed over: a name, a literal, an inlined scalar."""
        if isinstance(atom, Lit):
            return literal(atom.value, atom.aval.dtype)
        if isinstance(atom.aval, StackAval) or atom.shape != ():
            return self.names[atom]
        return self.expressions.atom(atom)

    def assign(self, targets, atoms, depth: int, loc: Loc | None = None) -> None:
        """Hand values over to names, all at once where one is also a target."""
        pairs = [
            (self.names[t], self.atom(a))
            for t, a in zip(targets, atoms, strict=True)
            if t in self.names.groups or t in self.names.names
        ]
        pairs = [(t, a) for t, a in pairs if t != a]
        written: set[str] = set()
        ordered = True
        for target, text in pairs:
            ordered = ordered and text not in written
            written.add(target)
        if ordered:
            for target, text in pairs:
                self.line(f"{target} = {text}", depth, loc)
        else:
            left, right = zip(*pairs, strict=True)
            self.line(f"{', '.join(left)} = {', '.join(right)}", depth, loc)

    def _inner(self, block: Block, targets, depth: int) -> None:
        before = len(self.lines)
        self.block(block, depth)
        self.assign(targets, block.results, depth)
        if len(self.lines) == before:
            self.line("pass", depth)

    # ── control flow ──────────────────────────────────────────────────────────────────────────────

    def _if(self, stmt: If, depth: int) -> None:
        self.line(f"if {self.atom(stmt.cond)}:", depth, stmt.loc)
        before = len(self.lines)
        self._inner(stmt.then, stmt.outs, depth + 1)
        if self.lines[before:] == [INDENT * (depth + 1) + "pass"]:
            self.lines[before - 1 :] = []
            self.line(f"if {tidy(f'not ({self.atom(stmt.cond)})')}:", depth, stmt.loc)
            self._inner(stmt.orelse, stmt.outs, depth + 1)
            return
        middle = len(self.lines)
        self.line("else:", depth)
        self._inner(stmt.orelse, stmt.outs, depth + 1)
        if self.lines[middle + 1 :] == [INDENT * (depth + 1) + "pass"]:
            self.lines[middle:] = []

    def allocate(self, loop: For | While, text, loc: Loc | None) -> None:
        """Append to the lines in front of a loop that is being written.

        Args:
            text: gives the line.
        """
        lines, held = self.before[loop]
        inside, self.expressions.held = self.expressions.held, held
        lines.append((text(), loc))
        self.expressions.held = inside

    def _looped(self, stmt: For | While, depth: int, write) -> None:
        """Write a loop, and in front of it what its body has allocated there."""
        self.before[stmt] = [], dict(self.expressions.held)
        start, loc = len(self.lines), self.loc
        write(stmt, depth)
        written, self.lines[start:] = self.lines[start:], []
        self.loc, after = loc, self.loc
        for text, place in self.before.pop(stmt)[0]:
            self.line(text, depth, place)
        start = len(self.lines)
        self.lines += written
        self.loc = after
        if isinstance(stmt, For):
            self.batch(stmt, start, depth)

    def _for(self, stmt: For, depth: int) -> None:
        self.assign(stmt.carries, stmt.init, depth, stmt.loc)
        lo, hi, step = (self.atom(a) for a in (stmt.lo, stmt.hi, stmt.step))
        bounds = f"{lo}, {hi}, {step}" if step != "1" else hi if lo == "0" else f"{lo}, {hi}"
        self.line(f"for {self.names[stmt.index]} in range({bounds}):", depth, stmt.loc)
        self._inner(stmt.body, stmt.carries, depth + 1)
        self.assign(stmt.outs, stmt.carries, depth)

    def _while(self, stmt: While, depth: int) -> None:
        self.assign(stmt.carries, stmt.init, depth, stmt.loc)
        cond = stmt.cond.results[0]
        if self.plan.steps[stmt.cond]:
            self.line("while True:", depth, stmt.loc)
            self.block(stmt.cond, depth + 1)
            self.line(f"if {tidy(f'not ({self.atom(cond)})')}:", depth + 1)
            self.line("break", depth + 2)
        else:
            self.line(f"while {self.atom(cond)}:", depth, stmt.loc)
        self._inner(stmt.body, stmt.carries, depth + 1)
        self.assign(stmt.outs, stmt.carries, depth)

    # ── stacks ────────────────────────────────────────────────────────────────────────────────────

    def _stack(self, op: Op, depth: int) -> None:
        stack = self.names[op.outs[0]]
        match op.prim.name:
            case "stack_new":
                item = op.params["item"]
                self.line(
                    f"{stack} = [{self._zero(item, (0,) * item.ndim)} for _ in range(0)]", depth, op.loc
                )
            case "stack_copy":
                self.line(f"{stack} = {self.names[op.args[0]]}.copy()", depth, op.loc)
            case "stack_push":
                self.line(f"{stack}.append({self._saved(op.args[1])})", depth, op.loc)
            case "stack_pop":
                spare = op.params.get("spare")
                other = f" if len({stack}) > 0 else {self._zero(spare, spare.shape)}" if spare else ""
                self.line(f"{self.names[op.outs[1]]} = {stack}.pop(){other}", depth, op.loc)

    def _zero(self, item, shape: tuple) -> str:
        if not item.shape:
            return literal(item.dtype.type(0), item.dtype)
        return self.loops.array_text("zeros", shape, item.dtype)

    def _saved(self, atom) -> str:
        return self.atom(atom)

    # ── effects ───────────────────────────────────────────────────────────────────────────────────

    def _effect(self, stmt: Effect, depth: int) -> None:
        if stmt.kind == "print":
            self._print(stmt, depth)
            return
        if stmt.kind == "check":
            self.line(f"if {tidy(f'not ({self.atom(stmt.args[0])})')}:", depth, stmt.loc)
            depth += 1
        self.line(f"raise {self._error(stmt)}", depth, stmt.loc, stmt.params.get("own", False))

    def _error(self, stmt: Effect) -> str:
        error, message = stmt.params["error"], stmt.params["message"]
        name = error.__name__
        if getattr(builtins, name, None) is not error:
            self.errors[name] = error
        text = "".join(
            f"{{{suffix_of(part)}}}" if isinstance(part, int) else part.replace("{", "{{").replace("}", "}}")
            for part in message
        )
        values = [self.atom(stmt.args[part]) for part in message if isinstance(part, int)]
        if not values:
            return f"{name}({''.join(message)!r})" if message else f"{name}()"
        return f"{name}({', '.join([repr(text), *values])})"

    def _print(self, stmt: Effect, depth: int) -> None:
        """Printed by CPython, so that numbers look as they do there."""
        parts = stmt.params["message"]
        text = "".join(
            f"{{{suffix_of(part)}}}" if isinstance(part, int) else part.replace("{", "{{").replace("}", "}}")
            for part in parts
        )
        values = [self._printed(stmt.args[part]) for part in parts if isinstance(part, int)]
        shown = f"{text!r}.format({', '.join(values)})" if values else repr("".join(parts))
        self.line("with objmode():", depth, stmt.loc)
        end = f", end={stmt.params['end']!r}" if "end" in stmt.params else ""
        self.line(f"print({shown}{end})", depth + 1)

    def _printed(self, atom) -> str:
        text = self.atom(atom)
        if atom.shape == () and not atom.aval.weak and atom.dtype.name not in ("float64", "int64", "bool"):
            return f"np.{atom.dtype.name}({text})"
        return text
