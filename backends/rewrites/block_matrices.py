"""Products of matrices with few rows, which turns of a loop compute, are computed for several turns at once.

for t in range(n):                      for start in range(0, n, 8):
    y = x[t] @ w                            stop = min(start + 8, n)
    …                                       ys = x[start:stop] @ w
    d += z[t].T @ v                         for t in range(start, stop):
                                                y = ys[t - start]
                                                …
                                                vs[t - start] = v
                                            d += z[start:stop].reshape(-1, k).T @ vs.reshape(-1, m)

`w`, `x` and `z` are what the loop does not change, `v` what a turn computes. BLAS packs a whole matrix for
each product, and for each sum goes over all of `d`: with 32 rows that takes as long as the arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from broadax.backends.rewrites.block_sums import chain
from broadax.backends.rewrites.block_turns import BlockTurns, between
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.sizes import Size, hint, product
from broadax.transforms.core.statements import Lit, Op, Var
from broadax.transforms.primitives import registry
from broadax.transforms.primitives.shape import whole

ROWS = 256  # that a block's product has; a turn's own product has at most half of them
MOST = 128  # turns of a block
LEAST = 8  # rows and columns of a matrix that is worth it


@dataclass(frozen=True)
class Layers:
    """The turns' matrices, where each is what a turn's place along the first axis of an array holds.

    Attributes:
        array: the array, which the loop does not change.
        row: a turn's place, as a dimension.
    """

    array: Var
    row: Size

    def of_all(self, builder: Builder, index: Var, first, last) -> Var:
        """Those of all turns with indices from `first` to `last`, one below the other."""
        *rows, columns = self.array.shape
        each, shift = product(rows[1:]), self.row - Size.of(index)
        flat = builder.apply("reshape", self.array, shape=(product(rows), columns), base=self.array.base)
        spec = (between((first + shift) * each, (last + 1 + shift) * each), ("slice", 0, columns, 1))
        return builder.apply("index", flat, spec=spec, base=self.array.base)


@dataclass(frozen=True)
class MatrixProduct:
    """A product of a turn: its layer times a matrix that is the same in all turns.

    Attributes:
        op: the `matmul`.
        layers: the turns' first operands.
        matrix, flipped, spec: the array of which the other operand, or its transpose, is a part; which part.
        length: how many turns a block should have.
    """

    op: Op
    layers: Layers
    matrix: Var
    flipped: bool
    spec: tuple
    length: int

    def of_all(self, builder: Builder, index: Var, first, last) -> Var:
        """The product of all turns."""
        matrix = builder.apply("index", self.matrix, spec=self.spec, base=self.matrix.base)
        if self.flipped:
            matrix = builder.apply("transpose", matrix, axes=(1, 0))
        layers = self.layers.of_all(builder, index, first, last)
        found = builder.apply("matmul", layers, matrix, base=self.op.out.base)
        shape = (last - first + 1, *self.op.out.shape)
        return builder.apply("reshape", found, shape=shape, base=self.op.out.base)

    def part(self, of_all: Var, place) -> Op:
        """What the turn at a place of a block reads of the product of all."""
        spec = (("index", 0), *whole(self.op.out.shape))
        return replace(self.op, prim=registry.get("index"), args=(of_all, place), params={"spec": spec})


def matrix_product(turns: BlockTurns, op: Op) -> MatrixProduct | None:
    """What is known of a `matmul` that a block of turns can compute at once; None if it can't."""
    a, b = op.args
    if a.ndim < 2 or b.ndim != 2 or op.out.dtype.kind not in "fc" or not _large(b.shape):
        return None
    layers, found, rows = layers_of(turns, a), turns.matrix(b), 1
    for dim in a.shape[:-1]:
        rows *= hint(dim) or ROWS
    if layers is None or found is None or 2 * rows > ROWS or any(turns.varies(e) for e in found[2]):
        return None
    return MatrixProduct(op, layers, *found, _length(rows))


def layers_of(turns: BlockTurns, matrix: Var) -> Layers | None:
    """Of which array a turn's matrix is a layer, another one in each turn; None if of none."""
    read = turns.made.get(matrix)
    if read is None or read.prim.name != "index" or len(read.args) != 2:
        return None
    (x, place), spec = read.args, read.params["spec"]
    if x in turns.varying or place.shape or spec[0][0] != "index" or spec[1:] != whole(x.shape[1:]):
        return None
    row = turns.place(place, x.shape[0])
    return None if row is None else Layers(x, row)


def _large(shape: tuple) -> bool:
    """Are a matrix's rows and columns worth a block, at the first call?"""
    return all((hint(dim) or 0) >= LEAST for dim in shape)


def _length(rows: int) -> int:
    return min(MOST, ROWS // rows)


@dataclass(frozen=True)
class MatrixSum:
    """A product `left.T @ right` that a turn adds: the `at_add`, the factors, the part it is added to."""

    op: Op
    left: Layers | Var
    right: Layers | Var
    spec: tuple
    length: int


class MatrixSums:
    """The sums of products of a loop that can be put off, and the state of emitting one of its blocks.

    Attributes:
        found: `at_add` → what is known of it.
        lengths: how many turns a block should have for each of them.
        room, carries: arrays for the matrices that turns compute; what the turns call them.
    """

    def __init__(self, turns: BlockTurns):
        self.turns = turns
        self.found: dict[Op, MatrixSum] = {}
        for carry, result in zip(turns.loop.carries, turns.loop.body.results, strict=True):
            self.found.update((s.op, s) for op in chain(turns, carry, result) if (s := self._sum(op)))
        self.lengths = [s.length for s in self.found.values()]
        factors = (f for s in self.found.values() for f in (s.left, s.right) if isinstance(f, Var))
        self.saved = list(dict.fromkeys(factors))
        self.room: tuple = ()
        self.carries: tuple = ()

    def _sum(self, op: Op) -> MatrixSum | None:
        target, value, *places = op.args
        made = self.turns.made.get(value)
        if made is None or made.prim.name != "matmul" or self.turns.count[value] != 1 or places:
            return None
        if value.dtype.kind not in "fc" or value.dtype != target.dtype or value.ndim != 2 or target.ndim != 2:
            return None
        spec = tuple(map(self.turns.entry, op.params["spec"]))
        flipped = self.turns.made.get(made.args[0])
        if None in spec or any(map(self.turns.varies, spec)) or not _large(value.shape):
            return None
        if flipped is None or flipped.prim.name != "transpose":
            return None
        factors = [self._factor(a, value) for a in (flipped.args[0], made.args[1])]
        rows = hint(made.args[1].shape[0])
        if None in factors or not rows or 2 * rows > ROWS:
            return None
        return MatrixSum(op, *factors, spec, _length(rows))

    def _factor(self, matrix, value: Var) -> Layers | Var | None:
        """A matrix of the turn, which stands by rows in memory and has one shape in all turns."""
        if not isinstance(matrix, Var) or matrix not in self.turns.varying or matrix.dtype != value.dtype:
            return None
        made = self.turns.made.get(matrix)
        if made is not None and made.prim.name == "transpose" or any(map(self.turns.varies, matrix.shape)):
            return None
        return layers_of(self.turns, matrix) or matrix

    def begin(self, builder: Builder, first, last) -> None:
        """In front of the turns from `first` to `last`: room for what they compute."""
        self.first, self.last, count = first, last, last - first + 1
        self.room = tuple(
            builder.apply("empty", shape=(count, *v.shape), dtype=v.dtype, base="layers") for v in self.saved
        )
        self.carries = tuple(builder.var("layers", r.aval) for r in self.room)

    def rest(self, builder: Builder, op: Op, rename: Rename) -> Var | Lit:
        """In a turn: the array to which all is added later."""
        return rename.atom(op.args[0])

    def save(self, builder: Builder, rename: Rename, place) -> tuple:
        """At the end of a turn: keep what the turn has computed."""
        return tuple(
            builder.apply(
                "at_set", room, rename.atom(v), place, spec=(("index", 0), *whole(v.shape)), base="layers"
            )
            for v, room in zip(self.saved, self.carries, strict=True)
        )

    def end(self, builder: Builder, results: tuple, layers: tuple) -> tuple:
        """Behind the turns: what all have added; gives what the block carries on."""
        loop, new = self.turns.loop, list(results)
        kept = dict(zip(self.saved, layers, strict=True))
        for k, (carry, result) in enumerate(zip(loop.carries, loop.body.results, strict=True)):
            for op in chain(self.turns, carry, result):
                if op in self.found:
                    with builder.at(op.loc, op.note):
                        new[k] = self._add(builder, self.found[op], new[k], kept)
        return tuple(new)

    def _add(self, builder: Builder, found: MatrixSum, target: Var, kept: dict) -> Var:
        left, right = (self._rows(builder, f, kept) for f in (found.left, found.right))
        left = builder.apply("transpose", left, axes=(1, 0))
        value = builder.apply("matmul", left, right)
        return builder.apply("at_add", target, value, spec=found.spec, base=target.base)

    def _rows(self, builder: Builder, factor: Layers | Var, kept: dict) -> Var:
        """The matrices of all turns, one below the other."""
        if isinstance(factor, Layers):
            return factor.of_all(builder, self.turns.index, self.first, self.last)
        count, rows, columns = kept[factor].shape
        return builder.apply("reshape", kept[factor], shape=(count * rows, columns))
