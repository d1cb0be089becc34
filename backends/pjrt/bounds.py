"""Bounds of integers and of trip counts in a Core function whose sizes are numbers.

They say how many items a stack may hold: what the reverse sweep of a `while` saves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from broadax.transforms.core.sizes import Size, SizeOp
from broadax.transforms.core.statements import Block, For, Function, If, Lit, Op, Var, While, blocks

UNKNOWN = (-math.inf, math.inf)
SMALLER = {"less": (0, 1, 1), "less_equal": (0, 1, 0), "greater": (1, 0, 1), "greater_equal": (1, 0, 0)}
NEGATED = {
    "less": "greater_equal",
    "less_equal": "greater",
    "greater": "less_equal",
    "greater_equal": "less",
}


class Bounds:
    """Ranges of the integers of a function: `(least, greatest)`, infinite where unknown.

    Attributes:
        made: variable → the statement that defines it, or the loop whose index or carry it is.
        around: stack operation → the loops around it, outermost first.
    """

    def __init__(self, function: Function):
        self.made: dict[Var, tuple] = {}
        self.around: dict[Op, tuple] = {}
        self.open: set = set()
        self.known: dict = {}
        self._read(function.body, ())
        for var, param, axis in function.sizes:
            dim = param.shape[axis]
            self.known[var] = (dim, dim) if isinstance(dim, int) else (0, math.inf)

    def _read(self, block: Block, loops: tuple) -> None:
        for stmt in block.stmts:
            self.made.update((v, ("out", stmt, k)) for k, v in enumerate(stmt.outs))
            inner = loops
            if isinstance(stmt, (For, While)):
                inner = (*loops, stmt)
                self.made.update((v, ("carry", stmt, k)) for k, v in enumerate(stmt.carries))
                if isinstance(stmt, For):
                    self.made[stmt.index] = ("index", stmt, 0)
            elif isinstance(stmt, Op) and stmt.prim.name.startswith("stack_"):
                self.around[stmt] = loops
            for part in blocks(stmt):
                self._read(part, inner)

    # ── ranges ────────────────────────────────────────────────────────────────────────────────────

    def range(self, atom) -> tuple:
        """Between which numbers an integer scalar is, over all turns of the loops around it."""
        if isinstance(atom, Lit):
            return (int(atom.value),) * 2 if atom.dtype.kind in "biu" else UNKNOWN
        if atom in self.known:
            return self.known[atom]
        if atom in self.open or atom.dtype.kind not in "iu" or atom not in self.made:
            return UNKNOWN
        self.open.add(atom)
        found = self._range(*self.made[atom])
        self.open.discard(atom)
        if not self.open:
            self.known[atom] = found
        return found

    def _range(self, role: str, stmt, k: int) -> tuple:
        if role == "index":
            return self._index(stmt)
        if isinstance(stmt, Op):
            return self._operation(stmt)
        if isinstance(stmt, If):
            return _union(self.range(stmt.then.results[k]), self.range(stmt.orelse.results[k]))
        return self._carry(stmt, k)

    def _index(self, loop: For) -> tuple:
        (low, high), (start, stop) = self.range(loop.lo), self.range(loop.hi)
        if not isinstance(loop.step, Lit):
            return UNKNOWN
        return (low, stop - 1) if loop.step.value > 0 else (start + 1, high)

    def _carry(self, loop, k: int) -> tuple:
        """A counter: from its first value on by what each turn adds."""
        low, high = self.range(loop.init[k])
        least, most = self.change(loop.body.results[k], loop.carries[k])
        turns = self.turns(loop)
        return low + _times(min(least, 0), turns), high + _times(max(most, 0), turns)

    def _operation(self, op: Op) -> tuple:
        xs = [self.range(a) for a in op.args if a.shape == ()]
        match op.prim.name:
            case "size":
                return self._dim(op.params["value"])
            case "add":
                return xs[0][0] + xs[1][0], xs[0][1] + xs[1][1]
            case "subtract":
                return xs[0][0] - xs[1][1], xs[0][1] - xs[1][0]
            case "multiply":
                return _product(*xs)
            case "negative":
                return -xs[0][1], -xs[0][0]
            case "convert" if op.args[0].dtype.kind in "iu" and op.args[0].shape == ():
                return xs[0]
            case "minimum":
                return min(xs[0][0], xs[1][0]), min(xs[0][1], xs[1][1])
            case "maximum":
                return max(xs[0][0], xs[1][0]), max(xs[0][1], xs[1][1])
            case "floor_divide" if xs[1][0] == xs[1][1] > 0 and all(map(math.isfinite, xs[0])):
                return xs[0][0] // xs[1][0], xs[0][1] // xs[1][0]
            case "remainder" if xs[1][0] > 0:
                return 0, xs[1][1] - 1
            case "argmax" | "argmin":
                return 0, op.args[0].shape[op.params["axis"]] - 1
        return UNKNOWN

    def _dim(self, dim) -> tuple:
        if not isinstance(dim, Size):
            return dim, dim
        low = high = 0
        for mono, coef in dim.terms.items():
            part = (coef, coef)
            for atom in mono:
                part = _product(part, (0, math.inf) if isinstance(atom, SizeOp) else self.range(atom))
            low, high = low + part[0], high + part[1]
        return low, high

    # ── loops ─────────────────────────────────────────────────────────────────────────────────────

    def change(self, atom, counter: Var) -> tuple:
        """Between which numbers `atom - counter` is."""
        if atom is counter:
            return 0, 0
        role, stmt, k = self.made.get(atom, ("", None, 0)) if isinstance(atom, Var) else ("", None, 0)
        if role != "out" or isinstance(stmt, (For, While)):
            return UNKNOWN
        if isinstance(stmt, If):
            return _union(*(self.change(b.results[k], counter) for b in (stmt.then, stmt.orelse)))
        if stmt.prim.name in ("add", "subtract"):
            first, second = stmt.args
            if stmt.prim.name == "add" and self.change(first, counter) == UNKNOWN:
                first, second = second, first
            (low, high), (a, b) = self.change(first, counter), self.range(second)
            return (low + a, high + b) if stmt.prim.name == "add" else (low - b, high - a)
        return self.change(stmt.args[0], counter) if stmt.prim.name == "convert" else UNKNOWN

    def turns(self, loop) -> float:
        """The most turns that a loop can take; infinite where that is not known."""
        if isinstance(loop, While):
            bounds = [self._turns_while(loop, *c) for c in self._comparisons(loop.cond.results[0])]
            return min(bounds, default=math.inf)
        if not isinstance(loop.step, Lit):
            return math.inf
        step, lo, hi = int(loop.step.value), self.range(loop.lo), self.range(loop.hi)
        return _quotient(hi[1] - lo[0] if step > 0 else lo[1] - hi[0], abs(step))

    def _turns_while(self, loop: While, small, large, strict: int) -> float:
        """How often `small < large` (`<=`) can hold, since one of them counts towards the other."""
        best = math.inf
        for counter, first, result in zip(loop.carries, loop.init, loop.body.results, strict=True):
            least, most = self.change(result, counter)
            if least > 0:
                start = self.range(first)[0] + self.change(small, counter)[0]
                best = min(best, _quotient(self.range(large)[1] - start + 1 - strict, least))
            if most < 0:
                start = self.range(first)[1] + self.change(large, counter)[1]
                best = min(best, _quotient(start - self.range(small)[0] + 1 - strict, -most))
        return best

    def _comparisons(self, atom) -> Iterator[tuple]:
        """`(small, large, strict)` of comparisons that hold if a condition does."""
        role, stmt, k = self.made.get(atom, ("", None, 0)) if isinstance(atom, Var) else ("", None, 0)
        if role != "out":
            return
        if isinstance(stmt, If):
            yields = [b.results[k] for b in (stmt.then, stmt.orelse)]
            for j in (0, 1):  # the other branch says no
                if isinstance(yields[1 - j], Lit) and not yields[1 - j].value:
                    yield from self._comparisons(yields[j])
                    if j == 0:
                        yield from self._comparisons(stmt.cond)
        elif isinstance(stmt, Op):
            yield from self._comparisons_of(stmt)

    def _comparisons_of(self, op: Op) -> Iterator[tuple]:
        name = op.prim.name
        if name == "logical_not" and isinstance(op.args[0], Var):
            inner = self.made.get(op.args[0], ("", None, 0))[1]
            if isinstance(inner, Op) and inner.prim.name in NEGATED:
                a, b, strict = SMALLER[NEGATED[inner.prim.name]]
                yield inner.args[a], inner.args[b], strict
        elif name in ("logical_and", "bitwise_and"):
            for a in op.args:
                yield from self._comparisons(a)
        elif name in SMALLER:
            a, b, strict = SMALLER[name]
            yield op.args[a], op.args[b], strict


def _union(a: tuple, b: tuple) -> tuple:
    return min(a[0], b[0]), max(a[1], b[1])


def _times(a: float, b: float) -> float:
    return 0 if a == 0 or b == 0 else a * b


def _product(a: tuple, b: tuple) -> tuple:
    ends = [_times(x, y) for x in a for y in b]
    return min(ends), max(ends)


def _quotient(total: float, step: float) -> float:
    """How many steps a distance takes, rounded up; the distance to infinity is infinite."""
    if math.isnan(total) or not math.isfinite(total) or not math.isfinite(step):
        return math.inf if not total < 0 else 0
    return max(0, -(-total // step))
