"""How large an integer of the copy gets, over the turns of the loops around it.

Integers are polynomials in the loops' indices. An index is replaced by the end of its range, from the
innermost loop outwards, so that a triangle (`for j in range(i)`) has the bounds of its square.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size, SizeOp
from broadax.transforms.core.statements import Lit, Op, Var

if TYPE_CHECKING:
    from broadax.transforms.vjp.regions import Copy, Loop

SIZE_OPS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "negative": lambda a: -a,
    "positive": lambda a: a,
    "convert": lambda a: a,
}


class Bounds:
    """The bounds of integers in the copy of a function."""

    def __init__(self, copy: Copy):
        self.copy = copy

    def value(self, atom):
        """An integer scalar as a polynomial in the loops' indices and in what it can't be traced back to."""
        if isinstance(atom, Lit):
            return int(atom.value)
        op = self._definition(atom)
        if op is not None and op.prim.name == "size":
            return self.dim(op.params["value"])
        if op is not None and op.prim.name in SIZE_OPS and all(a.dtype.kind in "iu" for a in op.args):
            return SIZE_OPS[op.prim.name](*map(self.value, op.args))
        return size_of(atom)

    def dim(self, dim):
        """A dimension in the same terms."""
        return sizes.substitute(dim, self.value)

    def least(self, dim, loops: Iterable[Loop]):
        """A lower bound over all turns of some loops, which are given outermost first; None if unknown."""
        return self._extreme(dim, loops, -1)

    def most(self, dim, loops: Iterable[Loop]):
        """An upper bound likewise."""
        return self._extreme(dim, loops, 1)

    def outer(self, dim, loops: Iterable[Loop]):
        """An upper bound over the turns of all loops around, in variables known before; None if unknown."""
        exact = self.copy.outer_dim(dim)
        if exact is not None:
            return exact
        bound = self.most(self.dim(dim), loops)
        return None if bound is None else self.copy.outer_dim(bound)

    # ── one index after the other ─────────────────────────────────────────────────────────────────

    def _extreme(self, dim, loops: Iterable[Loop], sign: int):
        dim = self._places_bounded(dim, sign)
        for loop in reversed(tuple(loops)):
            if dim is None:
                return None
            if loop.index is not None and loop.index in set(sizes.atoms_of(dim)):
                dim = self._without(dim, loop, sign)
        return dim

    def _without(self, dim: Size, loop: Loop, sign: int):
        """A bound in which the loop's index does not occur."""
        total, factor = 0, 0
        for mono, coef in dim.terms.items():
            part = Size({mono: coef}) if mono else coef
            if loop.index not in set(sizes.atoms_of(part)):
                total = total + part
            elif loop.index in mono:
                rest = list(mono)
                rest.remove(loop.index)
                if any(loop.index in set(sizes.atoms_of(Size.of(a))) for a in rest):
                    return None
                factor = factor + (Size({tuple(rest): coef}) if rest else coef)
            else:
                inner = self._operation(mono, loop, sign if coef > 0 else -sign)
                if inner is None:
                    return None
                total = total + inner * coef
        upwards = _sign(factor)
        if upwards is None:
            return None
        end = self._end(loop, last=upwards * sign > 0) if upwards else 0
        return None if end is None else total + end * factor

    def _operation(self, mono: tuple, loop: Loop, sign: int):
        """A bound of `max`, `min` or `//` of what depends on the loop's index."""
        if len(mono) != 1:
            return None
        op: SizeOp = mono[0]
        if op.op in ("max", "min"):
            left, right = (self._extreme(side, (loop,), sign) for side in (op.left, op.right))
            return None if left is None or right is None else sizes.size_op(op.op, left, right)
        if op.op == "floordiv" and isinstance(op.right, int) and op.right > 0:
            left = self._extreme(op.left, (loop,), sign)
            return None if left is None else left // op.right
        return None

    def _end(self, loop: Loop, last: bool):
        """The greatest (`last`) or the smallest index that a loop may take."""
        step, lo, hi = int_of(loop.step), self.value(loop.lo), self.value(loop.hi)
        if not step:
            return None
        if last:
            return hi - 1 if step > 0 else lo
        return lo if step > 0 else hi + 1

    # ── places found in data ──────────────────────────────────────────────────────────────────────

    def _places_bounded(self, dim, sign: int):
        """A bound without the results of argmax and argmin, which lie in the axis that was searched."""

        def value(atom):
            op = self._definition(atom)
            found = op is not None and op.prim.name in ("argmax", "argmin") and op.args[0].ndim == 1
            return None if not found else 0 if sign < 0 else self.dim(op.args[0].shape[0]) - 1

        if not isinstance(dim, Size):
            return dim
        for atom in set(sizes.atoms_of(dim)):
            bound = value(atom) if dim.terms.get((atom,), 0) > 0 else None
            if bound is not None:
                dim = dim + (bound - Size.of(atom)) * dim.terms[(atom,)]
                if not isinstance(dim, Size):
                    return dim
        return dim

    def _definition(self, atom: Var) -> Op | None:
        home = self.copy.home.get(atom)
        op = None if home is None else home.defs[atom]
        return op if isinstance(op, Op) else None


def _sign(factor) -> int | None:
    """1, 0 or -1: the sign of a factor for the sizes of this call, guarded; None where it is unknown."""
    if isinstance(factor, int):
        return (factor > 0) - (factor < 0)
    if sizes.at_least(factor, 0):
        return 1
    return -1 if sizes.at_least(-factor, 0) else None


def int_of(atom) -> int | None:
    """The value of an integer literal."""
    return int(atom.value) if isinstance(atom, Lit) else None


def size_of(atom) -> int | Size:
    """An integer scalar as a dimension."""
    return int(atom.value) if isinstance(atom, Lit) else Size.of(atom)
