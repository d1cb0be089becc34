"""Bounds of integers and of trip counts in a Core function whose sizes are numbers.

They say how many items a stack may hold: what the reverse sweep of a `while` saves.
"""

from __future__ import annotations

import math

import numpy as np

from broadax.backends.pjrt.intervals import ARITHMETIC, UNKNOWN, floored, product, times, union
from broadax.backends.pjrt.turns import Turns, mask_of
from broadax.transforms.core.sizes import Size, SizeOp
from broadax.transforms.core.statements import Block, For, Function, If, Lit, Op, Var, While, blocks

MOVED = frozenset({"convert", "index", "reshape", "transpose", "broadcast_to", "copy", "full", "max", "min"})
JOINED = frozenset({"where", "concatenate", "stack", "at_set"})


class Bounds(Turns):
    """Ranges of the integers of a function: `(least, greatest)`, infinite where unknown.

    Attributes:
        made: variable → the statement that defines it, or the loop whose index or carry it is.
        masks: of loops over batches, the carries that say which examples take part.
        around: stack operation → the loops around it, outermost first.
        pushed: `pushed(stack)` gives what is ever pushed on it.
    """

    def __init__(self, function: Function):
        self.made: dict[Var, tuple] = {}
        self.masks: set = set()
        self.around: dict[Op, tuple] = {}
        self.pushed = lambda stack: ()
        self.open: set = set()
        self.known: dict = {}
        self.partial: dict = {}
        self._read(function.body, ())
        for var, param, axis in function.sizes:
            dim = param.shape[axis]
            self.known[var] = (dim, dim) if isinstance(dim, int) else (0, math.inf)
        for guard in function.guards.items:
            self._learn(guard)

    def _learn(self, guard) -> None:
        """What a guard on one variable says of it: `c - a v >= 0` or `c - a v == 0`."""
        terms = dict(guard.dim.terms)
        rest = terms.pop((), 0)
        if guard.relation == "!=" or len(terms) != 1:
            return
        ((mono, coef),) = terms.items()
        if len(mono) != 1 or isinstance(mono[0], SizeOp):
            return
        low, high = self.known.get(mono[0], UNKNOWN)
        if coef > 0 or guard.relation == "==":
            low = max(low, -(rest // coef) if coef > 0 else rest // -coef)
        if coef < 0 or guard.relation == "==":
            high = min(high, rest // -coef if coef < 0 else -rest // coef)
        self.known[mono[0]] = low, high

    def _read(self, block: Block, loops: tuple) -> None:
        for stmt in block.stmts:
            self.made.update((v, ("out", stmt, k)) for k, v in enumerate(stmt.outs))
            inner = loops
            if isinstance(stmt, (For, While)):
                inner = (*loops, stmt)
                self.masks.add(mask_of(stmt) if isinstance(stmt, While) else None)
                self.made.update((v, ("carry", stmt, k)) for k, v in enumerate(stmt.carries))
                if isinstance(stmt, For):
                    self.made[stmt.index] = ("index", stmt, 0)
            elif isinstance(stmt, Op) and stmt.prim.name.startswith("stack_"):
                self.around[stmt] = loops
            for part in blocks(stmt):
                self._read(part, inner)

    # ── ranges ────────────────────────────────────────────────────────────────────────────────────

    def range(self, atom) -> tuple:
        """Between which numbers an integer, or each element of an array, is in all turns of the loops around.

        What a variable being asked for depends on itself for is taken as unknown; an answer that was found
        on the way with this is kept only until the question is answered.
        """
        kind = atom.dtype.kind
        if isinstance(atom, Lit):
            return (int(atom.value),) * 2 if kind in "biu" else UNKNOWN
        if atom in self.known or kind == "b":
            return self.known.get(atom, (0, 1))
        if atom in self.partial:
            return self.partial[atom]
        if atom in self.open or kind not in "iu" or atom not in self.made:
            return UNKNOWN
        self.open.add(atom)
        found = self._range(*self.made[atom])
        if atom.dtype.itemsize < 8 or kind == "u":  # these may wrap around
            limits = np.iinfo(atom.dtype)
            found = found if limits.min <= found[0] <= found[1] <= limits.max else UNKNOWN
        self.open.discard(atom)
        self.partial[atom] = found
        if not self.open:
            self.known[atom] = found
            self.partial.clear()
        return found

    def _range(self, role: str, stmt, k: int) -> tuple:
        if role == "index":
            return self._index(stmt)
        if isinstance(stmt, Op):
            return self._operation(stmt)
        if isinstance(stmt, If):
            return union(self.range(stmt.then.results[k]), self.range(stmt.orelse.results[k]))
        return self._carry(stmt, k)

    def _index(self, loop: For) -> tuple:
        (low, high), (start, stop) = self.range(loop.lo), self.range(loop.hi)
        if not isinstance(loop.step, Lit):
            return UNKNOWN
        return (low, stop - 1) if loop.step.value > 0 else (start + 1, high)

    def _carry(self, loop, k: int) -> tuple:
        """A counter: from its first value on by what each turn adds. An array: what is written to it."""
        low, high = self.range(loop.init[k])
        if loop.carries[k].shape:
            return union((low, high), *self._written(loop.body.results[k], loop.carries[k]))
        least, most = self.change(loop.body.results[k], loop.carries[k])
        turns = self.turns(loop)
        return low + times(min(least, 0), turns), high + times(max(most, 0), turns)

    def _written(self, atom, carry: Var) -> list[tuple]:
        """The ranges of what an array holds besides the elements of a carry."""
        if atom is carry:
            return []
        role, stmt, k = self.made.get(atom, ("", None, 0)) if isinstance(atom, Var) else ("", None, 0)
        if role == "out" and isinstance(stmt, If):
            return [r for b in (stmt.then, stmt.orelse) for r in self._written(b.results[k], carry)]
        if role == "out" and isinstance(stmt, (For, While)):
            inner = self._written(stmt.body.results[k], stmt.carries[k])
            return [*inner, *self._written(stmt.init[k], carry)]
        if role == "out" and isinstance(stmt, Op) and stmt.prim.name == "at_set":
            return [*self._written(stmt.args[0], carry), self.range(stmt.args[1])]
        return [self.range(atom)]

    def _operation(self, op: Op) -> tuple:
        name = op.prim.name
        if name.startswith("stack_"):
            return union(*map(self.range, self.pushed(op.args[0]))) if name == "stack_pop" else UNKNOWN
        xs = [self.range(a) for a in op.args]
        if name in ARITHMETIC:
            return ARITHMETIC[name](*xs)
        if name in MOVED and op.args[0].dtype.kind in "biu":
            return xs[0]
        if name in JOINED:
            return union(*xs[name == "where" :])
        match name:
            case "size":
                return self.dim(op.params["value"])
            case "floor_divide" if xs[1][0] == xs[1][1] > 0:
                return floored(xs[0], xs[1][0])
            case "remainder" if xs[1][0] > 0:
                return 0, xs[1][1] - 1
            case "zeros" | "empty":  # the elements of `empty` are never read
                return 0, 0
            case "iota":
                return 0, self.dim(op.params["size"])[1] - 1
            case "argmax" | "argmin" | "argsort" | "flatnonzero":
                return 0, self.dim(op.args[0].shape[op.params.get("axis", 0)])[1] - 1
            case "sum":
                count = math.prod(self.dim(op.args[0].shape[k])[1] for k in op.params["axes"])
                return times(min(xs[0][0], 0), count), times(max(xs[0][1], 0), count)
        return UNKNOWN

    def dim(self, dim) -> tuple:
        """Between which numbers a dimension is."""
        if not isinstance(dim, Size):
            return dim, dim
        low = high = 0
        for mono, coef in dim.terms.items():
            part = (coef, coef)
            for atom in mono:
                part = product(part, self._size_op(atom) if isinstance(atom, SizeOp) else self.range(atom))
            low, high = low + part[0], high + part[1]
        return low, high

    def _size_op(self, atom: SizeOp) -> tuple:
        left, right = self.dim(atom.left), self.dim(atom.right)
        if atom.op in ("max", "min"):
            choose = max if atom.op == "max" else min
            return choose(left[0], right[0]), choose(left[1], right[1])
        if right[0] == right[1] > 0:
            return floored(left, right[0]) if atom.op == "floordiv" else (0, right[0] - 1)
        return UNKNOWN
