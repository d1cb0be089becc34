"""Core → the StableHLO text of a module whose `main` takes flat parameters and gives flat results."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from broadax.backends.pjrt import padded, rules  # noqa: F401  (rules enter themselves into the table)
from broadax.backends.pjrt.bounds import Bounds
from broadax.backends.pjrt.control import write_for, write_if, write_while
from broadax.backends.pjrt.effects import Check, Checks, first_failure
from broadax.backends.pjrt.room import INSTEAD
from broadax.backends.pjrt.stacks import Capacities, Stack
from broadax.backends.pjrt.table import REFUSED, RULES
from broadax.backends.pjrt.types import INT
from broadax.backends.pjrt.writer import Value, Writer, identifier, rendered
from broadax.runtime.errors import BackendError
from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.sizes import Size, SizeOp
from broadax.transforms.core.statements import Block, Effect, For, Function, If, Lit, Op, Var, While

SIZED = "{name} has a size that only running tells ({size}), and a device's programs have fixed sizes"


@dataclass(frozen=True)
class Emitted:
    """A module, and what its checks raise.

    Where there are checks, `main` has one more result than the function, a vector of 64-bit integers:
    the number of the first check that failed (0: none) and the values that its message shows.
    """

    text: str
    checks: dict[int, Check]

    def failure(self, found) -> Exception | None:
        """The exception that the last result of `main` stands for, with the user's place."""
        return first_failure(self.checks, np.asarray(found))


class Emitter:
    """Writes one function's statements.

    Attributes:
        values: the value of each variable; sizes are the numbers of size variables that are known.
        bounds: between which numbers integers are.
        inside: pairs of an index and a size between which a check stands in front of what is being written.
    """

    def __init__(self, function: Function):
        self.writer = Writer()
        self.checks = Checks(self.writer, function)
        self.values: dict[Var, Value | Stack] = {}
        self.bounds = Bounds(function)
        self.capacities = Capacities(function, self.bounds)
        self.loc = function.loc
        self.inside: set[tuple] = set()

    # ── operands ──────────────────────────────────────────────────────────────────────────────────

    def read(self, atom) -> Value | Stack:
        """An operand's value."""
        if isinstance(atom, Lit):
            return self.writer.const(atom.value, atom.dtype)
        return self.values[atom]

    def declare(self, var: Var, value: Value | Stack) -> None:
        self.values[var] = value

    def argument(self, var: Var) -> Value | Stack:
        """The value of a variable that a region or the function takes, or gives."""
        aval, w = var.aval, self.writer
        if isinstance(aval, StackAval):
            capacity = self.capacities.of(var, self.loc)
            rows = w.new(aval.item.dtype, (capacity, *self.dims(aval.item.shape)), f"{var.name}.rows")
            value = Stack(rows, w.new(INT, (), f"{var.name}.count"))
        else:
            value = w.new(var.dtype, self.dims(var.shape), var.name)
        self.declare(var, value)
        return value

    def dims(self, shape) -> tuple[int, ...]:
        """A shape with the most that each size can be.

        Raises:
            BackendError: a size that nothing bounds.
        """
        found = []
        for dim in shape:
            most = self.bounds.dim(dim)[1]
            if not math.isfinite(most):
                raise BackendError(SIZED.format(name="an array", size=dim), self.loc, INSTEAD)
            found.append(max(0, int(most)))
        return tuple(found)

    def size(self, dim) -> int | Value:
        """A dimension: a number, or a scalar where it is computed from variables."""
        if not isinstance(dim, Size):
            return int(dim)
        total = 0
        for mono, coef in dim.terms.items():
            product = coef
            for atom in mono:
                product = self._size_atom(atom) * product
            total = product + total
        return total

    def _size_atom(self, atom) -> Value | int:
        if not isinstance(atom, SizeOp):
            return self.read(atom).convert(np.int64)
        left, right = self.size(atom.left), self.size(atom.right)
        zero = self.writer.const(0, np.int64)
        return RULES[SIZE_OPS[atom.op]](self, None, left + zero, right + zero)

    # ── statements ────────────────────────────────────────────────────────────────────────────────

    def block(self, block: Block) -> list[Value | Stack]:
        """Write a block; the values that it yields."""
        around = set(self.inside)
        for stmt in block.stmts:
            self.statement(stmt)
        self.inside = around
        return [self.read(atom) for atom in block.results]

    def statement(self, stmt) -> None:
        w = self.writer
        saved = w.loc, w.base, w.statement, self.loc
        w.loc = self.loc = stmt.loc or self.loc
        w.base = stmt.outs[0].name if stmt.outs else "check"
        w.statement += 1
        number = w.statement
        match stmt:
            case Op():
                self._op(stmt, number)
            case If():
                write_if(self, stmt)
            case For():
                write_for(self, stmt)
            case While():
                write_while(self, stmt)
            case Effect():
                self.checks.effect(self, stmt)
        w.loc, w.base, _, self.loc = saved

    def _op(self, op: Op, number: int) -> None:
        name = op.prim.name
        if name in REFUSED:
            what, instead = REFUSED[name]
            raise BackendError(what, self.loc, instead)
        if name not in RULES:
            raise BackendError(f"the PJRT backend has no {name}", self.loc, 'backend="numba"')
        args = [self.read(a) for a in op.args]
        if padded.sized(op):
            found = padded.write(self, op, args)
        else:
            if op.prim.kind == "elementwise":
                args = [self.writer.broadcast(a, op.out.shape) for a in args]
            found = RULES[name](self, op, *args)
        found = found if isinstance(found, tuple) else (found,)
        for var, value in zip(op.outs, found, strict=True):
            if isinstance(value, Stack):
                self.declare(var, value)
                continue
            value = value.convert(var.dtype)
            if value.owner == number and value.name.startswith(f"{identifier(op.outs[0].name)}."):
                value.name = self.writer.fresh(var.name)
                value.owner = 0
            self.declare(var, value)


SIZE_OPS = {"floordiv": "floor_divide", "mod": "remainder", "max": "maximum", "min": "minimum"}


def module_text(function: Function, name: str = "") -> Emitted:
    """The StableHLO text of a Core function (after `pipeline.before_copies`), and its checks.

    Raises:
        BackendError: a size or a number of saved values that only running tells; what no device does.
    """
    emitter = Emitter(function)
    w = emitter.writer
    params = [emitter.argument(p) for p in function.params]
    for var, param, axis in function.sizes:
        emitter.declare(var, w.const(emitter.values[param].shape[axis], np.int64))
    results = emitter.block(function.body)
    for atom in function.body.results:
        _check_result(emitter, atom)
    if emitter.checks.found:
        results.append(w.failed)
    title = identifier(name or function.name)
    head = ", ".join(f"%{p.name}: {p.type}" for p in params)
    types = ", ".join(r.type for r in results)
    lines = [
        f"module @{title} {{",
        f"  func.func public @main({head}) -> ({types}) {{",
        *map(rendered, w.constant_lines()),
        *map(rendered, w.lines),
        f"    return {', '.join(f'%{r.name}' for r in results)}{' : ' + types if results else ''}",
        "  }",
        "}",
    ]
    return Emitted("\n".join(lines) + "\n", emitter.checks.found)


def _check_result(emitter: Emitter, atom) -> None:
    """
    Raises:
        BackendError: a result whose size only running tells.
    """
    for dim in atom.shape:
        if isinstance(dim, Size):
            made = emitter.bounds.made.get(atom)
            loc = made[1].loc if made else None
            what = SIZED.format(name=f"the result {atom.base}", size=dim)
            raise BackendError(what, loc or emitter.loc, INSTEAD)
