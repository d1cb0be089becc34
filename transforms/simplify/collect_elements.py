"""A short array of zeros whose elements are set one by one is an array of these elements.

d_y = np.zeros(3)
d_y[2] = x                  d_y = np.array([z, 0.0, x])
d_y[0] += z
"""

from __future__ import annotations

from collections import Counter

from broadax.transforms.core.statements import Function, Lit, Op, Var, block_uses
from broadax.transforms.primitives import registry
from broadax.transforms.simplify.rewrite import Rewrite

MOST = 8  # elements
ONE = (("index", 0),)


def collect_elements(function: Function) -> Function:
    """A function in which no array of at most `MOST` elements is filled element by element."""
    return _Collect(function).run()


class _Collect(Rewrite):
    """The walk.

    Attributes:
        elements: array → its elements; None where nothing has been stored.
        unset: arrays of which such elements are not zero, but unknown.
    """

    def __init__(self, function: Function):
        super().__init__(function)
        self.count = Counter(block_uses(function.body))
        self.elements: dict[Var, list] = {}
        self.unset: set[Var] = set()

    def op(self, op: Op) -> Op:
        name = op.prim.name
        if name in ("zeros", "empty") and _is_short(op.out):
            self.elements[op.out] = [None] * op.out.shape[0]
            if name == "empty":
                self.unset.add(op.out)
        elif name in ("at_set", "at_add") and op.args[0] in self.elements and self._is_element(op):
            return self._collected(op)
        return op

    def _is_element(self, op: Op) -> bool:
        array, value, *index = op.args
        return (
            self.count[array] == 1
            and op.params["spec"] == ONE
            and isinstance(index[0], Lit)
            and value.dtype == array.dtype
            and not (op.prim.name == "at_add" and array in self.unset)
        )

    def _collected(self, op: Op) -> Op:
        array, value, index = op.args
        elements = list(self.elements[array])
        now = elements[index.value]
        if op.prim.name == "at_add" and now is not None:
            value = self._sum(op, now, value)
        elements[index.value] = value
        self.elements[op.out] = elements
        missing = elements.count(None)
        if array in self.unset and missing:
            self.unset.add(op.out)
            return op
        if 2 * missing > len(elements):
            return op
        zero = Lit(array.dtype.type(0))
        args = tuple(zero if e is None else e for e in elements)
        return Op((op.out,), registry.get("stack"), args, {"axis": 0}, loc=op.loc, note=op.note)

    def _sum(self, op: Op, a, b) -> Var:
        prim = registry.get("add")
        out = Var(self.names.fresh("add"), prim.infer(a.aval, b.aval), "add")
        self.emit(Op((out,), prim, (a, b), {}, loc=op.loc, note=op.note))
        return out


def _is_short(var: Var) -> bool:
    return var.ndim == 1 and isinstance(var.shape[0], int) and 0 < var.shape[0] <= MOST
