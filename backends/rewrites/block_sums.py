"""What the turns of a loop add to an array that they do not read is added for a block of turns at once.

for i in range(n):                      for start in range(0, n, 32):
    d[:, i:] += outer(x[:, i], v)           stop = min(start + 32, n)
    d[:, i] += x[:, i:] @ v                 for i in range(start, stop):
                                                d[:, i:stop] += outer(x[:, i], v[: stop - i])
                                                d[:, i] += x[:, i:stop] @ v[: stop - i]
                                                vs[i - start] = v[stop - i :]
                                            d[:, stop:] += x[:, start:stop] @ vs
                                            d[:, start:stop] += x[:, stop:] @ vs.T

`v` is what a turn computes. What only some of the block's turns have stays in the turn: a product of matrices
filled up with zeros would bring in NaN where an element of x that no turn reads is not finite.
"""

from __future__ import annotations

from dataclasses import dataclass

from broadax.backends.rewrites.block_turns import BlockTurns, Rows, at, between, ends, slope
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.sizes import Size, hint
from broadax.transforms.core.statements import Op, Var

WHOLE, SHRINKING = 128, 32  # turns of a block: where all turns add to the same part, and where not
LEAST = 512  # elements that a turn adds to or reads, so that it is worth it


@dataclass(frozen=True)
class Sum:
    """What a turn adds.

    Attributes:
        op: the `at_add`.
        left, right: for an outer product, its factors: rows of an array, or vectors of the turn.
        matrix, flipped: for a matrix times `right`, the array that it is part of, or whose transpose.
        spec: the entries for `left` (or what stays of the matrix) and for `right` (or what is summed over).
        axis, row: for a matrix times `right`, along which axis of the target turns have places, and where.
    """

    op: Op
    left: Rows | Var | None
    right: Rows | Var
    spec: tuple
    matrix: Var | None = None
    flipped: bool = False
    axis: int = 0
    row: Size | None = None


class Sums:
    """The sums of a loop that can be put off, and the state of emitting one of its blocks.

    Attributes:
        found: `at_add` → what is known of it.
        lengths: how many turns a block should have for them.
        room, carries: arrays for the vectors that turns compute, a row each; what the turns call them.
    """

    def __init__(self, turns: BlockTurns):
        self.turns, self.index = turns, turns.index
        self.found: dict[Op, Sum] = {}
        for carry, result in zip(turns.loop.carries, turns.loop.body.results, strict=True):
            self.found.update((s.op, s) for op in chain(turns, carry, result) if (s := self._sum(op)))
        shrinking = any(turns.varies(e) for s in self.found.values() for e in s.spec)
        self.lengths = [SHRINKING if shrinking else WHOLE] if self.found else []
        self.room: tuple = ()
        self.carries: tuple = ()
        self.rows: dict[tuple, int] = {}  # a vector and its common part → its place in `room`

    # ── which sums ────────────────────────────────────────────────────────────────────────────────

    def _sum(self, op: Op) -> Sum | None:
        target, value, *places = op.args
        made = self.turns.made.get(value)
        if made is None or self.turns.count[value] != 1 or target.ndim != 2 or value.dtype != target.dtype:
            return None
        if value.dtype.kind not in "fc" or made.out.dtype != value.dtype:
            return None
        if made.prim.name == "multiply" and not places:
            return self._outer(op, made)
        return self._times_vector(op, made, places[0]) if made.prim.name == "matmul" and places else None

    def _outer(self, op: Op, made: Op) -> Sum | None:
        """Of an outer product, a column times a row, that is added to a part of a matrix."""
        spec = tuple(map(self.turns.entry, op.params["spec"]))
        if None in spec or len(spec) != 2 or made.out.shape != (spec[0][2], spec[1][2]):
            return None
        for left, right in (made.args, made.args[::-1]):
            if left.ndim == 2 and left.shape[1] == 1 and right.shape[-1:] == made.out.shape[1:]:
                factors = self._factor(left, 0), self._factor(right, right.ndim - 1)
                return self._checked(Sum(op, *factors, spec)) if None not in factors else None
        return None

    def _factor(self, atom, axis: int) -> Rows | Var | None:
        """A column or row as the vector that it is."""
        if not isinstance(atom, Var) or any(d != 1 for k, d in enumerate(atom.shape) if k != axis):
            return None
        return self.turns.rows(atom) or atom

    def _times_vector(self, op: Op, made: Op, place) -> Sum | None:
        """Of a matrix times a vector that is added to a row or column."""
        spec, (a, b) = op.params["spec"], made.args
        vector, matrix = (a, b) if a.ndim == 1 else (b, a)
        if len(spec) != 2 or len(op.args) != 3 or place.shape or made.out.ndim != 1 or matrix.ndim != 2:
            return None
        axis = next(k for k, entry in enumerate(spec) if entry[0] == "index")
        along = self.turns.entry(spec[1 - axis])
        row, found = self.turns.place(place, op.args[0].shape[axis]), self.turns.matrix(matrix)
        if along is None or self.turns.varies(along) or row is None or found is None:
            return None
        array, transposed, entries = found
        flipped = transposed == (matrix is a)
        outer, inner = entries[::-1] if flipped else entries
        if self.turns.varies(outer) or self.turns.rows(vector) is not None:
            return None
        return self._checked(Sum(op, None, vector, (outer, inner), array, flipped, axis, row))

    def _checked(self, found: Sum) -> Sum | None:
        """The sum, if the parts that turns add to have enough in common."""
        moving = [e for e in found.spec if self.turns.varies(e)]
        if len(moving) > 1 or not all(map(self.turns.at_one_side, moving)):
            return None
        largest = [self._largest(e[2]) for e in found.spec]
        return None if None not in largest and largest[0] * largest[1] < LEAST else found

    def _largest(self, size) -> int | None:
        """The length of a slice in the turn in which it is longest, at the first call."""
        loop = self.turns.loop
        both = [hint(at(size, self.index, self.turns.ranges.polynomial(end))) for end in (loop.lo, loop.hi)]
        return None if None in both else max(both)

    # ── emitting a block ──────────────────────────────────────────────────────────────────────────

    def begin(self, builder: Builder, first, last) -> None:
        """In front of the turns from `first` to `last`: room for what they compute."""
        self.first, self.last = first, last
        for s in self.found.values():
            for factor, entry in zip((s.left, s.right), s.spec, strict=True):
                if isinstance(factor, Var):
                    key = factor, *self._common(entry)[1:3]
                    self.rows.setdefault(key, len(self.rows))
        shapes = [((last - first + 1, size), vector.dtype) for vector, _, size in self.rows]
        self.room = tuple(
            builder.apply("empty", shape=shape, dtype=dtype, base="rows") for shape, dtype in shapes
        )
        self.carries = tuple(builder.var("rows", r.aval) for r in self.room)

    def _common(self, entry: tuple) -> tuple:
        """The part of a slice that all turns of the block have."""
        if not self.turns.varies(entry):
            return entry
        low, high = ends(entry)
        low = at(low, self.index, self.last if slope(low, self.index) > 0 else self.first)
        return between(low, at(high, self.index, self.first if slope(high, self.index) > 0 else self.last))

    def _own(self, entry: tuple) -> tuple:
        """The part of a slice that not all turns have."""
        (low, high), (start, stop) = ends(entry), ends(self._common(entry))
        return between(low, start) if slope(low, self.index) else between(stop, high)

    def rest(self, builder: Builder, op: Op, rename: Rename) -> Var:
        """In a turn: what it alone adds; gives the array after that."""
        found, target = self.found[op], rename.atom(op.args[0])
        moving = next((k for k, e in enumerate(found.spec) if self.turns.varies(e)), None)
        if moving is None:
            return target
        spec = tuple(self._own(e) if k == moving else e for k, e in enumerate(found.spec))
        parts = [None if s is None else _vector(builder, s) for s in (found.left, found.right)]
        own = between(spec[moving][1] - found.spec[moving][1], ends(spec[moving])[1] - found.spec[moving][1])
        parts[moving] = builder.apply("index", parts[moving], spec=(own,))
        with builder.at(op.loc, op.note):
            if found.matrix is None:
                column = builder.apply("reshape", parts[0], shape=(spec[0][2], 1))
                value = builder.apply("multiply", column, parts[1])
                return builder.apply("at_add", target, value, spec=spec, base=op.out.base)
            value = builder.apply("matmul", _matrix(builder, found, spec), parts[1])
            params = op.params
            return builder.apply("at_add", target, value, op.args[2], **params, base=op.out.base)

    def save(self, builder: Builder, rename: Rename, place) -> tuple:
        """At the end of a turn: keep what the turn has computed."""
        saved = []
        for (vector, start, size), room in zip(self.rows, self.carries, strict=True):
            entry = self._entry_of(vector, start, size)
            part = builder.apply(
                "index", _vector(builder, vector), spec=(("slice", start - entry[1], size, 1),)
            )
            spec = (("index", 0), ("slice", 0, size, 1))
            saved.append(builder.apply("at_set", room, part, place, spec=spec, base="rows"))
        return tuple(saved)

    def _entry_of(self, vector: Var, start, size) -> tuple:
        """The entry of which a common part is."""
        pairs = ((f, e) for s in self.found.values() for f, e in zip((s.left, s.right), s.spec, strict=True))
        return next(e for f, e in pairs if f is vector and self._common(e)[1:3] == (start, size))

    def end(self, builder: Builder, results: tuple, rows: tuple) -> tuple:
        """Behind the turns: what all have added; gives what the block carries on."""
        loop, results = self.turns.loop, list(results)
        for place, (carry, result) in enumerate(zip(loop.carries, loop.body.results, strict=True)):
            for op in chain(self.turns, carry, result):
                if op in self.found:
                    with builder.at(op.loc, op.note):
                        results[place] = self._add(builder, self.found[op], results[place], rows)
        return tuple(results)

    def _add(self, builder: Builder, found: Sum, target: Var, rows: tuple) -> Var:
        spec = tuple(map(self._common, found.spec))
        right = self._all(builder, found.right, spec[1], rows)
        if found.matrix is None:
            left = builder.apply("transpose", self._all(builder, found.left, spec[0], rows), axes=(1, 0))
            value = builder.apply("matmul", left, right)
            return builder.apply("at_add", target, value, spec=spec, base=target.base)
        matrix, shift = _matrix(builder, found, spec), found.row - Size.of(self.index)
        places = between(self.first + shift, self.last + shift + 1)
        along = self.turns.entry(found.op.params["spec"][1 - found.axis])
        if found.axis == 0:
            value = builder.apply("matmul", right, builder.apply("transpose", matrix, axes=(1, 0)))
            spec = (places, along)
        else:
            value = builder.apply("matmul", matrix, builder.apply("transpose", right, axes=(1, 0)))
            spec = (along, places)
        return builder.apply("at_add", target, value, spec=spec, base=target.base)

    def _all(self, builder: Builder, factor: Rows | Var, entry: tuple, rows: tuple):
        """The vectors of all turns, the part of them that all have, as rows of a matrix."""
        if isinstance(factor, Var):
            return rows[self.rows[factor, *entry[1:3]]]
        return factor.of_all(builder, self.index, self.first, self.last)


def _vector(builder: Builder, factor: Rows | Var):
    """The vector of the turn into which the builder emits."""
    if isinstance(factor, Rows):
        return factor.of_turn(builder)
    size = next((d for d in factor.shape if d != 1), 1)
    return factor if factor.ndim == 1 else builder.apply("reshape", factor, shape=(size,))


def _matrix(builder: Builder, found: Sum, spec: tuple):
    """A part of the matrix of a sum."""
    part = builder.apply("index", found.matrix, spec=spec[::-1] if found.flipped else spec)
    return builder.apply("transpose", part, axes=(1, 0)) if found.flipped else part


def chain(turns: BlockTurns, carry: Var, result) -> list[Op]:
    """The additions by which a carry becomes its next value, if nothing else reads it."""
    found: list[Op] = []
    while result is not carry:
        op = turns.made.get(result)
        if op is None or op.prim.name != "at_add" or turns.count[result] != 1:
            return []
        found.insert(0, op)
        result = op.args[0]
    return found if turns.count[carry] == 1 else []
