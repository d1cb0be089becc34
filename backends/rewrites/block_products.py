"""Products with vectors that the turns of a loop compute are computed for a block of turns at once.

for i in range(n):                      for start in range(0, n, 128):
    y = x[:, i] @ z[:, i:]                  stop = min(start + 128, n)
    …                                       ys = x[:, start:stop].T @ z[:, start:]
                                            for i in range(start, stop):
                                                y = ys[i - start, i - start :]
                                                …

The vectors are rows or columns, one for each turn, of an array that the loop does not change, and so is the
matrix (or a part of one). A product with a vector reads the whole matrix for two operations an element and is
bound by memory; that of two matrices is not. Likewise what turns add to an array (`block_sums.py`), and
products of matrices that have few rows (`block_matrices.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

from broadax.backends.planner.ranges import Ranges
from broadax.backends.rewrites.block_matrices import MatrixProduct, MatrixSums, matrix_product
from broadax.backends.rewrites.block_sums import Sums
from broadax.backends.rewrites.block_turns import BlockTurns, Rows, at, between, ends, has_blocks, slope
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Block, For, Function, Lit, Op, Var
from broadax.transforms.primitives import registry
from broadax.transforms.simplify import simplify
from broadax.transforms.simplify.accumulate_in_place import accumulate_in_place
from broadax.transforms.simplify.hoist_invariant import hoist_views
from broadax.transforms.simplify.overwrite_carries import overwrite_carries
from broadax.transforms.simplify.rewrite import Rewrite

BLOCK = 128  # turns
SMALL = 4  # products of matrices no larger than this are loops


def block_products(function: Function) -> Function:
    """A function whose loops multiply by matrices for a block of turns; before copies are inserted."""
    free = hoist_views(function)
    new = _Blocks(free).run()
    return function if new is free else overwrite_carries(accumulate_in_place(simplify(hoist_views(new))))


@dataclass(frozen=True)
class Product:
    """A product of a turn.

    Attributes:
        op: the `matmul`.
        rows: the turns' vectors.
        matrix, flipped: the array that the other operand is, or is part of; whether that has to be transposed
            to stand on the right.
        inner, outer: the entries for the axes of `matrix` that are summed over, and that stay.
    """

    op: Op
    rows: Rows
    matrix: Var
    flipped: bool
    inner: tuple
    outer: tuple
    length = BLOCK

    def of_all(self, builder: Builder, index: Var, first, last) -> tuple:
        """The product of all turns, and what its first column is in the other operand."""
        low, high = (
            at(end, index, last if (slope(end, index) < 0) == least else first)
            for end, least in zip(ends(self.outer), (True, False), strict=True)
        )
        columns = between(low, high)
        spec = (columns, self.inner) if self.flipped else (self.inner, columns)
        matrix = builder.apply("index", self.matrix, spec=spec, base=self.matrix.base)
        if self.flipped:
            matrix = builder.apply("transpose", matrix, axes=(1, 0))
        rows = self.rows.of_all(builder, index, first, last)
        return builder.apply("matmul", rows, matrix, base=self.op.out.base), self.outer[1] - low

    def part(self, of_all: tuple, place) -> Op:
        """What the turn at a place of a block reads of the product of all."""
        whole, column = of_all
        spec = (("index", 0), ("slice", column, self.op.out.shape[0], 1))
        return replace(self.op, prim=registry.get("index"), args=(whole, place), params={"spec": spec})


class _Blocks(Rewrite):
    def __init__(self, function: Function):
        super().__init__(function)
        self.ranges = Ranges(function)

    def visit(self, stmt):
        if not has_blocks(stmt):
            return stmt
        turns = BlockTurns(stmt, self.ranges)
        sums = [kind for kind in (Sums(turns), MatrixSums(turns)) if kind.found]
        products = _products(turns)
        return self._in_blocks(stmt, products, sums) if products or sums else stmt

    def _in_blocks(self, loop: For, products: dict, sums: list) -> For:
        builder, down = Builder(self.names, self.before.guards), loop.step.value < 0
        length = min([*(p.length for p in products.values()), *(n for kind in sums for n in kind.lengths)])
        start, carries = builder.var("start", loop.index.aval), _like(builder, loop.carries)
        with builder.current(), builder.at(loop.loc, loop.note), builder.block() as stmts:
            end = builder.apply("add", start, -length if down else length)
            stop = builder.apply("maximum" if down else "minimum", end, loop.hi, base="stop")
            first = Size.of(stop) + 1 if down else Size.of(start)
            last = Size.of(start) if down else Size.of(stop) - 1
            made = {op: p.of_all(builder, loop.index, first, last) for op, p in products.items()}
            for kind in sums:
                kind.begin(builder, first, last)
            with builder.block() as turn:
                place, rename = builder.size_value(Size.of(loop.index) - first), Rename()
                for s in loop.body.stmts:
                    kind = next((kind for kind in sums if s in kind.found), None)
                    if kind is not None:
                        rename.map[s.out] = kind.rest(builder, s, rename)
                    else:
                        builder.add(products[s].part(made[s], place) if s in made else rename.stmt(s))
                saved = [kind.save(builder, rename, place) for kind in sums]
            inner = Block(tuple(turn), (*rename.atoms(loop.body.results), *chain.from_iterable(saved)))
            outs = _like(builder, loop.outs), *(_like(builder, rows) for rows in saved)
            bound = (*loop.carries, *(v for kind in sums for v in kind.carries))
            init = (*carries, *(v for kind in sums for v in kind.room))
            every = tuple(chain.from_iterable(outs))
            builder.add(replace(loop, outs=every, lo=start, hi=stop, carries=bound, init=init, body=inner))
            results = outs[0]
            for kind, rows in zip(sums, outs[1:], strict=True):
                results = kind.end(builder, results, rows)
        step = Lit(-length if down else length)
        return replace(loop, index=start, step=step, carries=carries, body=Block(tuple(stmts), results))


def _like(builder: Builder, variables) -> tuple:
    return tuple(builder.var(v.base, v.aval) for v in variables)


def _products(turns: BlockTurns) -> dict[Op, Product | MatrixProduct]:
    ops = (s for s in turns.loop.body.stmts if isinstance(s, Op) and s.prim.name == "matmul")
    found = {op: _product(turns, op) if op.out.ndim == 1 else matrix_product(turns, op) for op in ops}
    return {op: p for op, p in found.items() if p is not None}


def _product(turns: BlockTurns, op: Op) -> Product | None:
    if op.out.dtype.kind not in "fc":
        return None
    a, b = op.args
    vector, matrix = (a, b) if a.ndim == 1 else (b, a)
    if matrix.ndim != 2 or all(isinstance(d, int) and d <= SMALL for d in matrix.shape):
        return None
    rows, found = turns.rows(vector), turns.matrix(matrix)
    if rows is None or found is None:
        return None
    array, transposed, spec = found
    flipped = transposed == (matrix is b)
    outer, inner = spec if flipped else spec[::-1]
    if turns.varies(inner) or not turns.at_one_side(outer):
        return None
    return Product(op, rows, array, flipped, inner, outer)
