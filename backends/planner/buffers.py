"""Arrays that a turn of a loop makes and forgets: their memory can be allocated once, before the loop."""

from __future__ import annotations

from broadax.transforms.core.statements import Block, For, Function, If, Op, Var, While, blocks, size_vars
from broadax.transforms.facts.storage import Storage, is_array

Loops = tuple


class Buffers:
    """In front of which loop each new array may be allocated.

    An array may leave a loop if no variable that may share its memory outlives a turn: neither what the loop
    carries, nor a stack, nor what is defined outside. Two turns then never need it at the same time.

    Args:
        named: gives the variables that an operand's text reads.
        nonnegative: proves that a size is not negative, so that it can be allocated before it is known
            that the loop has a turn.
    """

    def __init__(self, function: Function, storage: Storage, named, nonnegative):
        self.storage, self.named, self.nonnegative = storage, named, nonnegative
        self.around: dict[Var, Loops] = {}  # the loops in whose turn a variable is defined
        self.common: dict[Var, Loops] = {}  # class → the loops in whose turn all its variables are
        for param in function.params:
            self._enter(param, ())
        self._block(function.body, ())
        self.found: dict[Var, For | While | None] = {}

    def before(self, var: Var) -> For | While | None:
        """The outermost loop in front of which a new array may be allocated; None if it is to stay."""
        if var not in self.found:
            self.found[var] = self._before(var)
        return self.found[var]

    def _before(self, var: Var) -> For | While | None:
        around, best = self.around.get(var, ()), None
        if not around or self.common[self.storage.of(var)] != around:
            return None
        if not all(self.nonnegative(dim) for dim in var.shape):
            return None
        read = set().union(*(self.named(v) for v in size_vars(var.aval)))
        for loop in reversed(around):
            if getattr(loop, "parallel", False) or any(loop in self.around.get(v, ()) for v in read):
                break
            best = loop
        return best

    # ── where variables are ───────────────────────────────────────────────────────────────────────

    def _enter(self, var: Var, loops: Loops) -> None:
        self.around[var] = loops
        if is_array(var):
            root = self.storage.of(var)
            self.common[root] = _prefix(self.common.get(root, loops), loops)

    def _block(self, block: Block, loops: Loops) -> None:
        for stmt in block.stmts:
            for out in stmt.outs:
                self._enter(out, loops)
            if isinstance(stmt, (For, While)):
                for carry in stmt.carries:  # lives from turn to turn
                    self._enter(carry, loops)
                if isinstance(stmt, For):
                    self.around[stmt.index] = (*loops, stmt)
            inner = loops if isinstance(stmt, (If, Op)) else (*loops, stmt)
            for part in blocks(stmt):
                self._block(part, inner)


def _prefix(a: Loops, b: Loops) -> Loops:
    """What two nests of loops have in common."""
    for k, (x, y) in enumerate(zip(a, b, strict=False)):
        if x is not y:
            return a[:k]
    return a[: len(b)]
