"""Products of matrices that are only stored in, or added to, an array: BLAS puts them there.

d[:, i:] += x @ y          →       BLAS's `gemm` into that part of d, with its beta = 1
x[:] = x @ y               →       the same, some rows at a time: those that are read are not needed again

What it saves is memory for the product, and a pass over it. After copies have been inserted: an update then
writes to memory in its place.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from broadax.backends.planner.kinds import kind
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.statements import Block, Function, Op, Var, block_uses, blocks
from broadax.transforms.facts.storage import PLACED, Storage, written
from broadax.transforms.primitives import registry
from broadax.transforms.primitives.registry import Primitive
from broadax.transforms.primitives.shape import whole
from broadax.transforms.simplify.rewrite import Rewrite

SAME = ("reshape", "broadcast_to")  # what hands on the elements in their order, if there are as many


def _primitive(name: str) -> Primitive:
    reasons = dict.fromkeys(("derivative", "batch", "numpy", "numba"), "the planner makes it, last of all")
    return Primitive(name, "constant", lambda x, *_, **__: Aval(x.dtype, x.shape), None, why_not=reasons)


STORE, ADD, OVER = map(_primitive, PLACED)


def place_products(function: Function) -> Function:
    """The function with such products; itself where there are none."""
    return _Place(function).run()


class _Place(Rewrite):
    """The walk.

    Attributes:
        new: an update that stores a product → what does both.
        gone: the products, and views of them.
    """

    def __init__(self, function: Function):
        super().__init__(function)
        self.storage, self.count = Storage(function), Counter(block_uses(function.body))
        self.new: dict[Op, Op] = {}
        self.gone: set[Op] = set()
        with sizes.recording(function.guards):
            self._find(function.body)

    def op(self, op: Op) -> Op | None:
        return None if op in self.gone else self.new.get(op, op)

    def _find(self, block: Block) -> None:
        made = {s.out: (k, s) for k, s in enumerate(block.stmts) if isinstance(s, Op) and len(s.outs) == 1}
        for place, stmt in enumerate(block.stmts):
            for inner in blocks(stmt):
                self._find(inner)
            if isinstance(stmt, Op) and stmt.prim.name in ("at_set", "at_add") and len(stmt.args) == 2:
                self._update(stmt, place, block, made)

    def _update(self, op: Op, place: int, block: Block, made: dict) -> None:
        given, op = op, self._as_addition(op, made)
        target, value = op.args
        chain, start = self._chain(value, made)
        if not chain or kind(chain[-1]) != "call" or chain[-1].prim.name != "matmul":
            return
        a, b = chain[-1].args
        between = (written(s, self.storage) for s in block.stmts[start + 1 : place])
        operands = {self.storage.of(a), self.storage.of(b)}
        if a.ndim < 2 or b.ndim != 2 or value.dtype != target.dtype or any(w & operands for w in between):
            return
        prim = self._how(op, chain, made)
        if prim is not None:
            args = (target, b) if prim is OVER else (target, a, b)
            self.new[given] = replace(op, prim=prim, args=args)
            self.gone.update(chain)
            if op is not given:
                self.gone.add(made[given.args[1]][1])

    def _as_addition(self, op: Op, made: dict) -> Op:
        """`x[:] = x + y` as `x[:] += y`; any other update as it is."""
        target, value = op.args
        total = made[value][1] if value in made and self.count[value] == 1 else None
        if op.prim.name != "at_set" or total is None or total.prim.name != "add" or target not in total.args:
            return op
        other = total.args[1 - total.args.index(target)]
        if op.params["spec"] != whole(target.shape) or other is target or other.aval != target.aval:
            return op
        return replace(op, prim=registry.get("at_add"), args=(target, other))

    def _chain(self, value, made: dict) -> tuple[list[Op], int]:
        """The operations from a value back to the product whose elements it has, each read once."""
        chain: list[Op] = []
        while value in made and self.count[value] == 1:
            place, op = made[value]
            chain.append(op)
            if op.prim.name not in SAME:
                return chain, place
            if not _same_elements(op):
                break
            value = op.args[0]
        return [], 0

    def _how(self, op: Op, chain: list[Op], made: dict) -> Primitive | None:
        """Which operation does both; None if there is none."""
        (target, value), (a, b), spec = op.args, chain[-1].args, op.params["spec"]
        own = self.storage.of(target)
        full = spec == whole(target.shape) and all(map(_same, value.shape, target.shape))
        if own is self.storage.of(b) or any(d == 0 for d in b.shape):
            return None
        if own is self.storage.of(a):
            over = full and op.prim.name == "at_set" and self._is_all_of(a, target, made)
            return OVER if over and _same(*b.shape) else None
        if full:
            return STORE if op.prim.name == "at_set" else ADD
        slices = all(entry[0] == "slice" and entry[3] == 1 for entry in spec) and target.ndim == 2
        part = slices and len(chain) == 1 and all(map(_same, value.shape, (entry[2] for entry in spec)))
        return ADD if part and op.prim.name == "at_add" else None

    def _is_all_of(self, a: Var, target: Var, made: dict) -> bool:
        """Does an operand have the elements of an array, in their order?"""
        while a is not target:
            if a not in made or made[a][1].prim.name not in SAME or not _same_elements(made[a][1]):
                return False
            a = made[a][1].args[0]
        return True


def _same_elements(op: Op) -> bool:
    """Does a reshape, or a broadcast that repeats nothing, keep the number of elements?"""
    old, new = op.args[0].shape, op.out.shape
    if op.prim.name == "reshape":
        return _same(sizes.product(old), sizes.product(new))
    return len(old) == len(new) and all(map(_same, old, new))


def _same(a, b) -> bool:
    """Are two sizes equal? Where only data can tell they are not."""
    return a == b or sizes.hint(a - b) is not None and bool(sizes.same(a, b))
