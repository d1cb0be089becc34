"""Products with vectors that the turns of a loop compute are computed for a block of turns at once.

for i in range(n):                      for start in range(0, n, 128):
    y = x[:, i] @ z[:, i:]                  stop = min(start + 128, n)
    …                                       ys = x[:, start:stop].T @ z[:, start:]
                                            for i in range(start, stop):
                                                y = ys[i - start, i - start :]
                                                …

The vectors are rows or columns, one for each turn, of an array that the loop does not change, and so is the
matrix (or a part of one). A product with a vector reads the whole matrix for two operations an element and is
bound by memory; that of two matrices is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from broadax.backends.planner.ranges import Ranges
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.sizes import Size, atoms_of, substitute
from broadax.transforms.core.statements import Block, For, Function, Lit, Op, Var, definitions
from broadax.transforms.primitives import registry
from broadax.transforms.simplify import simplify
from broadax.transforms.simplify.hoist_invariant import hoist_views
from broadax.transforms.simplify.rewrite import Rewrite

BLOCK = 128  # turns
FEWEST = 4  # turns of a loop that are worth it
SMALL = 4  # products of matrices no larger than this are loops


def block_products(function: Function) -> Function:
    """A function whose loops multiply by matrices for a block of turns; before copies are inserted."""
    free = hoist_views(function)
    new = _Blocks(free).run()
    return function if new is free else simplify(new)


@dataclass(frozen=True)
class Product:
    """A product of a turn.

    Attributes:
        op: the `matmul`.
        vectors, axis, row: the array whose `row`s (or columns) along `axis` are the turns' vectors.
        across: the entry of a subscript for the other axis of `vectors`.
        matrix, flipped: the array that the other operand is, or is part of; whether that has to be transposed
            to give the product by `vectors @ matrix`.
        inner, outer: the entries for the axes of `matrix` that are summed over, and that stay.
    """

    op: Op
    vectors: Var
    axis: int
    row: Size
    across: tuple
    matrix: Var
    flipped: bool
    inner: tuple
    outer: tuple


class _Blocks(Rewrite):
    def __init__(self, function: Function):
        super().__init__(function)
        self.ranges = Ranges(function)

    def visit(self, stmt):
        products = _Turns(stmt, self.ranges).products() if _has_blocks(stmt) else []
        return self._in_blocks(stmt, products) if products else stmt

    def _in_blocks(self, loop: For, products: list[Product]) -> For:
        builder, down = Builder(self.names, self.before.guards), loop.step.value < 0
        start, carries = builder.var("start", loop.index.aval), _like(builder, loop.carries)
        with builder.current(), builder.at(loop.loc, loop.note), builder.block() as stmts:
            end = builder.apply("add", start, -BLOCK if down else BLOCK)
            stop = builder.apply("maximum" if down else "minimum", end, loop.hi, base="stop")
            first = Size.of(stop) + 1 if down else Size.of(start)
            last = Size.of(start) if down else Size.of(stop) - 1
            made = {p.op: _whole(builder, p, loop.index, first, last) for p in products}
            with builder.block() as turn:
                place = builder.size_value(Size.of(loop.index) - first)
            turn += [_part(s, *made[s], place) if s in made else s for s in loop.body.stmts]
            body = Block(tuple(turn), loop.body.results)
            outs = _like(builder, loop.outs)
            builder.add(replace(loop, outs=outs, lo=start, hi=stop, init=carries, body=body))
        return replace(
            loop,
            index=start,
            step=Lit(-BLOCK if down else BLOCK),
            carries=carries,
            body=Block(tuple(stmts), outs),
        )


def _like(builder: Builder, variables) -> tuple:
    return tuple(builder.var(v.base, v.aval) for v in variables)


def _whole(builder: Builder, product: Product, index: Var, first, last) -> tuple:
    """The product of all turns, and what its first column is in the other operand."""
    rows = ("slice", first + product.row - Size.of(index), last - first + 1, 1)
    spec = (rows, product.across) if product.axis == 0 else (product.across, rows)
    vectors = builder.apply("index", product.vectors, spec=spec, base=product.vectors.base)
    if product.axis == 1:
        vectors = builder.apply("transpose", vectors, axes=(1, 0))
    _, low, size, _ = product.outer
    low, high = (
        _at(end, index, last if (_slope(end, index) < 0) == least else first)
        for end, least in ((low, True), (low + size, False))
    )
    columns = ("slice", low, high - low, 1)
    spec = (columns, product.inner) if product.flipped else (product.inner, columns)
    matrix = builder.apply("index", product.matrix, spec=spec, base=product.matrix.base)
    if product.flipped:
        matrix = builder.apply("transpose", matrix, axes=(1, 0))
    return builder.apply("matmul", vectors, matrix, base=product.op.out.base), product.outer[1] - low


def _part(op: Op, whole: Var, column, place) -> Op:
    """The turn's part of the product of all of a block."""
    spec = (("index", 0), ("slice", column, op.out.shape[0], 1))
    return replace(op, prim=registry.get("index"), args=(whole, place), params={"spec": spec})


def _at(dim, index: Var, value):
    """A dimension in the turn in which the index has a value."""
    return substitute(dim, lambda v: value if v is index else Size.of(v))


def _slope(dim, index: Var):
    """By how much a dimension grows from a turn to the one with the next index."""
    return _at(dim, index, Size.of(index) + 1) - dim


# ── which products ────────────────────────────────────────────────────────────────────────────────


def _has_blocks(stmt) -> bool:
    """Is it a loop over every index between two numbers, of which there may be enough?"""
    if not isinstance(stmt, For) or not isinstance(stmt.step, Lit) or abs(stmt.step.value) != 1:
        return False
    known = isinstance(stmt.lo, Lit) and isinstance(stmt.hi, Lit)
    return not known or (stmt.hi.value - stmt.lo.value) * stmt.step.value >= FEWEST


class _Turns:
    """A loop, as it is asked for its products."""

    def __init__(self, loop: For, ranges: Ranges):
        self.loop, self.ranges = loop, ranges
        self.varying = {loop.index, *loop.carries, *definitions(loop.body)}
        self.made = {s.out: s for s in loop.body.stmts if isinstance(s, Op) and len(s.outs) == 1}

    def products(self) -> list[Product]:
        found = (self._product(s) for s in self.loop.body.stmts if isinstance(s, Op))
        return [p for p in found if p is not None]

    def _product(self, op: Op) -> Product | None:
        if op.prim.name != "matmul" or op.out.ndim != 1 or op.out.dtype.kind not in "fc":
            return None
        a, b = op.args
        vector, matrix = (a, b) if a.ndim == 1 else (b, a)
        if matrix.ndim != 2 or all(isinstance(d, int) and d <= SMALL for d in matrix.shape):
            return None
        vectors, entries = self._vectors(vector), self._matrix(matrix, matrix is b)
        return None if vectors is None or entries is None else Product(op, *vectors, *entries)

    def _vectors(self, vector: Var) -> tuple | None:
        """Of a vector that is a row or column of an array, which differs from turn to turn."""
        read = self.made.get(vector)
        if read is None or read.prim.name != "index" or len(read.args) != 2 or read.args[0].ndim != 2:
            return None
        (x, place), spec = read.args, read.params["spec"]
        axis = next(k for k, entry in enumerate(spec) if entry[0] == "index")
        across = self._entry(spec[1 - axis]) if len(spec) == 2 and place.shape == () else None
        if across is None or x in self.varying or self._varies(across):
            return None
        row = self.ranges.polynomial(place)
        moves = isinstance(row, Size) and _slope(row, self.loop.index) == 1
        if not moves or self._varies(row - Size.of(self.loop.index)):
            return None
        return (x, axis, row, across) if self.ranges.inside(place, x.shape[axis]) else None

    def _matrix(self, matrix: Var, right: bool) -> tuple | None:
        """Of a matrix that no turn changes, or a part of one that grows or shrinks at one side."""
        flipped, read = not right, self.made.get(matrix)
        while read is not None and read.prim.name == "transpose":
            flipped, matrix = not flipped, read.args[0]
            read = self.made.get(matrix)
        spec = tuple(("slice", 0, dim, 1) for dim in matrix.shape)
        if read is not None:
            if read.prim.name != "index" or len(read.args) != 1:
                return None
            spec, matrix = tuple(map(self._entry, read.params["spec"])), read.args[0]
        if matrix in self.varying or len(spec) != 2 or matrix.ndim != 2 or None in spec:
            return None
        outer, inner = spec if flipped else spec[::-1]
        if self._varies(inner) or not self._at_one_side(outer):
            return None
        return matrix, flipped, inner, outer

    def _entry(self, entry: tuple) -> tuple | None:
        """A slice of neighbours, with what a turn computes in its ends written out."""
        if entry[0] != "slice" or entry[3] != 1:
            return None
        start, size = (substitute(dim, self.ranges.polynomial) for dim in entry[1:3])
        return "slice", start, size, 1

    def _varies(self, value) -> bool:
        dims = value if isinstance(value, tuple) else (value,)
        return any(v in self.varying for dim in dims for v in atoms_of(dim))

    def _at_one_side(self, entry: tuple) -> bool:
        """Does a slice keep at least one of its ends, and move the other by one element at most?"""
        ends, index = (entry[1], entry[1] + entry[2]), self.loop.index
        slopes = [_slope(end, index) for end in ends]
        if 0 not in slopes or any(not isinstance(s, int) or abs(s) > 1 for s in slopes):
            return False
        return not any(self._varies(_at(end, index, 0)) for end in ends)
