"""Which vectors and matrices the turns of a loop read that the loop does not change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from broadax.backends.planner.ranges import Ranges
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.sizes import Size, atoms_of, substitute
from broadax.transforms.core.statements import For, Lit, Op, Var, block_uses, definitions

FEWEST = 4  # turns of a loop that are worth a block


def at(dim, index: Var, value):
    """A dimension in the turn in which the index has a value."""
    return substitute(dim, lambda v: value if v is index else Size.of(v))


def slope(dim, index: Var):
    """By how much a dimension grows from a turn to the one with the next index."""
    return at(dim, index, Size.of(index) + 1) - dim


def ends(entry: tuple) -> tuple:
    """The first element of a slice, and the first behind it."""
    return entry[1], entry[1] + entry[2]


def between(low, high) -> tuple:
    return "slice", low, high - low, 1


def has_blocks(stmt) -> bool:
    """Is it a loop over every index between two numbers, of which there may be enough?"""
    if not isinstance(stmt, For) or not isinstance(stmt.step, Lit) or abs(stmt.step.value) != 1:
        return False
    known = isinstance(stmt.lo, Lit) and isinstance(stmt.hi, Lit)
    return not known or (stmt.hi.value - stmt.lo.value) * stmt.step.value >= FEWEST


@dataclass(frozen=True)
class Rows:
    """The turns' vectors, where they are rows (or columns) of an array that the loop does not change.

    Attributes:
        array, axis: the array, and along which axis the turns have places of their own.
        place, row: a turn's place, as an atom and as a dimension.
        across: the entry of a subscript for the other axis.
    """

    array: Var
    axis: int
    place: Var | Lit
    row: Size
    across: tuple

    def of_turn(self, builder: Builder):
        """The vector of the turn into which the builder emits."""
        spec = (("index", 0), self.across) if self.axis == 0 else (self.across, ("index", 0))
        return builder.apply("index", self.array, self.place, spec=spec, base=self.array.base)

    def of_all(self, builder: Builder, index: Var, first, last):
        """Those of all turns with indices from `first` to `last`, as rows of a matrix."""
        rows = between(first + self.row - Size.of(index), last + 1 + self.row - Size.of(index))
        spec = (rows, self.across) if self.axis == 0 else (self.across, rows)
        found = builder.apply("index", self.array, spec=spec, base=self.array.base)
        return builder.apply("transpose", found, axes=(1, 0)) if self.axis == 1 else found


class BlockTurns:
    """A loop, as it is asked for what its turns read.

    Attributes:
        varying: what the loop defines.
        made: what a turn computes → its operation.
        count: how often a turn reads each variable.
    """

    def __init__(self, loop: For, ranges: Ranges):
        self.loop, self.ranges, self.index = loop, ranges, loop.index
        self.varying = {loop.index, *loop.carries, *definitions(loop.body)}
        self.made = {s.out: s for s in loop.body.stmts if isinstance(s, Op) and len(s.outs) == 1}
        self.count = Counter(block_uses(loop.body))

    def rows(self, vector: Var) -> Rows | None:
        """What a vector is a row or column of, which is another one in each turn."""
        read = self.made.get(vector)
        if read is None or read.prim.name != "index" or len(read.args) != 2 or read.args[0].ndim != 2:
            return None
        (x, place), spec = read.args, [e for e in read.params["spec"] if e[0] != "new"]
        axis = next(k for k, entry in enumerate(spec) if entry[0] == "index")
        across = self.entry(spec[1 - axis]) if place.shape == () else None
        if across is None or x in self.varying or self.varies(across):
            return None
        row = self.place(place, x.shape[axis])
        return None if row is None else Rows(x, axis, place, row, across)

    def place(self, atom, extent) -> Size | None:
        """An index that moves on by one from turn to turn and is never out of range; else None."""
        row = self.ranges.polynomial(atom)
        moves = isinstance(row, Size) and slope(row, self.index) == 1
        if not moves or self.varies(row - Size.of(self.index)) or not self.ranges.inside(atom, extent):
            return None
        return row

    def matrix(self, matrix: Var) -> tuple | None:
        """The array of which a matrix is a part, whether it is the transpose of that, and the entries."""
        flipped, read = False, self.made.get(matrix)
        while read is not None and read.prim.name == "transpose":
            flipped, matrix = not flipped, read.args[0]
            read = self.made.get(matrix)
        spec = tuple(("slice", 0, dim, 1) for dim in matrix.shape)
        if read is not None:
            if read.prim.name != "index" or len(read.args) != 1:
                return None
            spec, matrix = tuple(map(self.entry, read.params["spec"])), read.args[0]
        if matrix in self.varying or len(spec) != 2 or matrix.ndim != 2 or None in spec:
            return None
        return matrix, flipped, spec

    def entry(self, entry: tuple) -> tuple | None:
        """A slice of neighbours, with what a turn computes in its ends written out; None if it is none."""
        if entry[0] != "slice" or entry[3] != 1:
            return None
        start, size = (substitute(dim, self.ranges.polynomial) for dim in entry[1:3])
        return "slice", start, size, 1

    def varies(self, value) -> bool:
        """Is something different in different turns?"""
        dims = value[1:3] if isinstance(value, tuple) else (value,)
        return any(v in self.varying for dim in dims for v in atoms_of(dim))

    def at_one_side(self, entry: tuple) -> bool:
        """Does a slice keep at least one of its ends, and move the other by one element at most?"""
        slopes = [slope(end, self.index) for end in ends(entry)]
        if 0 not in slopes or any(not isinstance(s, int) or abs(s) > 1 for s in slopes):
            return False
        return not any(self.varies(at(end, self.index, 0)) for end in ends(entry))
