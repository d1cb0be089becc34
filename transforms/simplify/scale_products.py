"""A multiple of a matrix times a vector is computed as the multiple of their product.

y = (a * A) @ x        →        y = a * (A @ x)

A matrix is not read and written once more only to be multiplied by a number, as BLAS's `gemv` has it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from broadax.transforms.core.statements import Function, Op, Var, block_uses, statements
from broadax.transforms.simplify.remove_dead import remove_dead
from broadax.transforms.simplify.rewrite import Rewrite


def scale_products(function: Function) -> Function:
    """A function in which matrices that are only multiplied by vectors are not scaled before."""
    new = _Scale(function).run()
    return new if new is function else remove_dead(new)


class _Scale(Rewrite):
    """The walk.

    Attributes:
        made: variable → its operation, of those that scale or transpose a matrix.
        products: the products whose matrix need not be scaled.
    """

    def __init__(self, function: Function):
        super().__init__(function)
        ops = [s for s in statements(function.body) if isinstance(s, Op)]
        self.made = {s.out: s for s in ops if _scales(s) or s.prim.name == "transpose" and s.out.ndim == 2}
        self.products = {s for s in ops if self._scaled(s) is not None}
        count, read = Counter(block_uses(function.body)), Counter()
        for op in self.products:
            read.update(self._between(op))
        self.products = {s for s in self.products if all(count[v] == read[v] for v in self._between(s))}

    def _scaled(self, op: Op) -> Op | None:
        """The operation that scales the matrix of a product with a vector."""
        if op.prim.name != "matmul" or sorted(a.ndim for a in op.args) != [1, 2]:
            return None
        made = self.made.get(_matrix(op))
        if made is not None and made.prim.name == "transpose":
            made = self.made.get(made.args[0])
        return made if made is not None and _scales(made) else None

    def _between(self, op: Op) -> list[Var]:
        """The scaled matrix of a product and, if that is what it reads, its transpose."""
        scaled = self._scaled(op).out
        return [scaled] if scaled is _matrix(op) else [scaled, _matrix(op)]

    def op(self, op: Op) -> Op:
        if op not in self.products:
            return op
        scaled = self._scaled(op)
        place = next(k for k, a in enumerate(scaled.args) if a.ndim == 2)
        matrix = scaled.args[place]
        if _matrix(op) is not scaled.out:
            turned = Var(self.names.fresh("transpose"), _matrix(op).aval, "transpose")
            self.emit(replace(self.made[_matrix(op)], outs=(turned,), args=(matrix,)))
            matrix = turned
        out = Var(self.names.fresh(op.out.base), op.out.aval, op.out.base)
        self.emit(replace(op, outs=(out,), args=tuple(matrix if a.ndim == 2 else a for a in op.args)))
        args = tuple(out if k == place else a for k, a in enumerate(scaled.args))
        return replace(scaled, outs=op.outs, args=args, loc=op.loc, note=op.note)


def _matrix(op: Op):
    return next(a for a in op.args if a.ndim == 2)


def _scales(op: Op) -> bool:
    """Is it a matrix times, or divided by, a number of the same type?"""
    if op.prim.name == "negative":
        return op.out.ndim == 2
    if op.prim.name not in ("multiply", "divide") or op.out.ndim != 2 or op.out.dtype.kind not in "fc":
        return False
    shapes = [a.shape for a in op.args]
    return shapes[0] == op.out.shape and shapes[1] == () or op.prim.name == "multiply" and shapes[0] == ()
