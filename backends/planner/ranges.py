"""Proofs that an index lies inside its axis, from loop bounds, sizes and the guards of a specialisation."""

from __future__ import annotations

from broadax.backends.planner.nodes import Loop
from broadax.transforms.core.sizes import Guard, Size, SizeOp, atoms_of, hint, substitute
from broadax.transforms.core.statements import For, Function, Lit, Op, Var, statements

INNERMOST = 1 << 30
LEAST_SIZE = 2  # a symbolic size is never 0 or 1: those have versions of their own
_ARITHMETIC = {"add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b}


class Ranges:
    """Facts about the integer scalars of one function.

    Attributes:
        loops: index variable of a `for` → (depth, lowest value, highest value) as dimensions; so is
            where it ends, if that is the least or greatest of two numbers.
        lower: size variable → the least value it can have.
        counts: integer parameters, whose values at the first call are known.
        guards: differences of sizes and counts that are at least 0; generated code checks these, and
            `LEAST_SIZE`, at its start.
        function, added: to its guards those are added on which proofs rest that need more than there are.
    """

    def __init__(self, function: Function):
        self.function, self.added = function, []
        self.definition: dict[Var, Op] = {}
        self.loops: dict[Var, tuple] = {}
        self.lower: dict[Var, int] = {v: LEAST_SIZE for v, _, _ in function.sizes}
        self.counts = {p for p in function.params if p.hint is not None and p.dtype.kind == "i"}
        self.guards = [
            g.dim
            for g in function.guards.items
            if g.relation == ">=" and all(v in self.lower or v in self.counts for v in atoms_of(g.dim))
        ]
        for guard in self.guards:
            for var in self.lower:
                rest = guard - Size.of(var)
                if isinstance(rest, int):
                    self.lower[var] = max(self.lower[var], -rest)
        for stmt in statements(function.body):
            if isinstance(stmt, Op):
                self.definition.update((v, stmt) for v in stmt.outs)
        for depth, stmt in enumerate(s for s in statements(function.body) if isinstance(s, For)):
            self._loop(stmt, depth)

    def _loop(self, stmt: For, depth: int) -> None:
        lo, hi, step = (self.polynomial(a) for a in (stmt.lo, stmt.hi, stmt.step))
        if isinstance(step, int) and step:
            self._end(stmt.hi, depth, "minimum" if step > 0 else "maximum")
            last = hi - 1 if step > 0 else hi + 1
            if isinstance(hi - lo, int) and (turns := range(0, hi - lo, step)):
                last = lo + turns[-1]
            self.loops[stmt.index] = (depth, lo, last) if step > 0 else (depth, last, lo)

    def _end(self, atom, depth: int, name: str) -> None:
        """Note where a loop must have ended that ends at the least (or greatest) of two numbers."""
        op = self.definition.get(atom)
        if op is not None and op.prim.name == name:
            limit = self.polynomial(op.args[1])
            self.loops[atom] = (depth - 0.5, None, limit) if name == "minimum" else (depth - 0.5, limit, None)

    def polynomial(self, atom):
        """An integer scalar as a polynomial over sizes, loop indices and other variables."""
        if isinstance(atom, Lit):
            return int(atom.value)
        op = self.definition.get(atom)
        if op is not None and atom.dtype.kind in "iu" and atom.shape == ():
            name = op.prim.name
            if name in _ARITHMETIC:
                return _ARITHMETIC[name](*map(self.polynomial, op.args))
            if name == "size":  # of scalars that are themselves computed, as an end of a loop may be
                return substitute(op.params["value"], self.polynomial)
            if name == "negative":
                return -self.polynomial(op.args[0])
            if name == "convert" and op.args[0].shape == () and op.args[0].dtype.kind == "i":
                return self.polynomial(op.args[0])
        return Size.of(atom)

    def inside(self, atom, extent) -> bool:
        """Is `0 <= atom < extent` whenever the statement that reads it runs?"""
        index = self.polynomial(atom)
        if self._all_nonnegative(index, extent - 1 - index):
            return True
        op = self.definition.get(atom)
        if op is None or op.prim.name != "remainder":
            return False
        divisor = self.polynomial(op.args[1])
        return self.nonnegative(divisor - 1) and self.nonnegative(extent - divisor)

    def _all_nonnegative(self, *dims) -> bool:
        """Are they proved to be at least 0, by new guards if need be?"""
        doubtful = [dim for dim in dims if not self.nonnegative(dim)]
        least = [self._guardable(dim) for dim in doubtful]
        if None in least:
            return False
        for dim in least:
            self._assume(dim)
        return True

    def _assume(self, dim: Size) -> None:
        """Add a guard, in place of those that follow from it."""
        items = self.function.guards.items
        for old in [g for g in self.added if isinstance(g - dim, int) and g - dim >= 0]:
            for known in (self.added, self.guards):
                known.remove(old)
            items.pop(Guard(old, ">="), None)
        items.setdefault(Guard(dim, ">="))
        self.added.append(dim)
        self.guards.append(dim)

    def _guardable(self, dim) -> Size | None:
        """The least value over loops of what is at least 0 at the first call, known when a call begins.

        An index that no loop moves is checked where it is used: that costs no more than a guard.
        """
        least = self._without_loops(dim)
        if least is dim or not isinstance(least, Size):
            return None
        known = all(atom in self.lower or atom in self.counts for mono in least.terms for atom in mono)
        return least if known and (hint(least) or 0) >= 0 else None

    def negative(self, atom, extent) -> bool:
        """Is `-extent <= atom < 0`?"""
        index = self.polynomial(atom)
        return self.nonnegative(-index - 1) and self.nonnegative(extent + index)

    def nonnegative(self, dim) -> bool:
        """Is a dimension (or a difference of dimensions) proved to be at least 0?"""
        dim = self._without_loops(dim)
        if dim is None:
            return False
        return self._certain(dim) or any(self._certain(dim - g) for g in self.guards)

    def _without_loops(self, dim):
        """The least value of a polynomial over the loop indices in it; None where that is not clear."""
        for _ in range(8):
            if not isinstance(dim, Size):
                return dim
            found = [(self._bounds(a)[0], a) for mono in dim.terms for a in mono if self._bounds(a)]
            if not found:
                return dim
            _, index = max(found, key=lambda pair: pair[0])
            signs = {c > 0 for mono, c in dim.terms.items() if index in mono}
            plain = all(
                mono.count(index) == 1 and all(a is index or a in self.lower for a in mono)
                for mono in dim.terms
                if index in mono
            )
            if len(signs) != 1 or not plain or any(isinstance(a, SizeOp) for m in dim.terms for a in m):
                return None
            _, low, high = self._bounds(index)
            bound = low if signs.pop() else high
            if bound is None:
                return None
            dim = substitute(dim, lambda v, index=index, bound=bound: bound if v is index else Size.of(v))
        return None

    def _bounds(self, atom) -> tuple | None:
        """Depth, least and greatest value of a loop index of the function or of a nest."""
        if isinstance(atom, Loop):
            return INNERMOST, 0, atom.extent - 1
        return self.loops.get(atom)

    def certain_by_sizes(self, dim) -> bool:
        """Is a difference of sizes at least 0 just because no size is less than `LEAST_SIZE`?"""
        shifted = substitute(dim, lambda v: Size.of(v) + LEAST_SIZE)
        return (
            not isinstance(shifted, Size)
            and shifted >= 0
            or isinstance(shifted, Size)
            and not any(isinstance(a, SizeOp) for mono in dim.terms for a in mono)
            and all(c >= 0 for c in shifted.terms.values())
        )

    def _certain(self, dim) -> bool:
        """Is the polynomial a sum of nonnegative terms once each size counts from its least value?"""
        if not isinstance(dim, Size):
            return dim >= 0
        if any(isinstance(a, SizeOp) or a not in self.lower for mono in dim.terms for a in mono):
            return False
        shifted = substitute(dim, lambda v: Size.of(v) + self.lower[v])
        return not isinstance(shifted, Size) or all(c >= 0 for c in shifted.terms.values())
