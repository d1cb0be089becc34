"""What the turns of a loop read and write of the arrays it carries, and whether two of them can meet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from broadax.backends.planner.ranges import Ranges
from broadax.transforms.core.sizes import Size, atoms_of
from broadax.transforms.core.statements import For, Op, Var, block_uses

UPDATES = ("at_set", "at_add")
INDEXING = frozenset({"index", *UPDATES})


@dataclass(frozen=True)
class Point:
    """One index along an axis: `slope * turn + offset`, the loop's own index counting the turns."""

    slope: int
    offset: object


@dataclass(frozen=True)
class Span:
    """The indices `low <= i < high` along an axis, the same ones in each turn."""

    low: object
    high: object


@dataclass(frozen=True, eq=False)
class Access:
    """What an operation does to an array.

    Attributes:
        kind: 'index', 'at_set' or 'at_add'.
        axes: a `Point` or a `Span` for each axis of the array.
    """

    op: Op
    kind: str
    axes: tuple

    @property
    def turning(self) -> list[int]:
        """The axes whose index depends on the turn."""
        return [k for k, axis in enumerate(self.axes) if isinstance(axis, Point) and axis.slope]

    def is_wide(self, axis: int) -> bool:
        """Does it take more than one element along an axis?"""
        span = self.axes[axis]
        return isinstance(span, Span) and span.high - span.low != 1


class Turns:
    """The turns of a `for` as counted by proofs.

    Attributes:
        first, last: the least and the greatest value of its index.
        count: the number of turns; None where the step is neither 1 nor -1.
        accesses: operation of the body → what it does to an array from outside; None where that is unclear.
        sums: addition of the body to a carry, which nothing else reads → that carry.
    """

    def __init__(self, loop: For, ranges: Ranges):
        self.loop, self.ranges = loop, ranges
        lo, hi, step = map(ranges.polynomial, (loop.lo, loop.hi, loop.step))
        self.first, self.last = (lo, hi - 1) if step == 1 else (hi + 1, lo)
        self.count = self.last - self.first + 1 if step in (1, -1) else None
        carried = set().union(*(versions(loop, carry) for carry in loop.carries))
        self.own = {s.out for s in loop.body.stmts} - carried  # what a turn makes for itself
        self.varying = {loop.index, *loop.carries, *self.own}
        found = {s: self.access(s) for s in loop.body.stmts if s.prim.name in INDEXING}
        self.accesses = {
            s: a for s, a in found.items() if a is None or a.turning or s.args[0] not in self.own
        }
        self.sums = dict(filter(None, map(self._sum, loop.carries, loop.body.results)))

    def _sum(self, carry: Var, result) -> tuple[Op, Var] | None:
        """The addition that ends a turn, and the carry to which it adds."""
        uses = Counter(block_uses(self.loop.body))
        op = next((s for s in self.loop.body.stmts if result is s.out), None)
        if op is None or op.prim.name != "add" or op.args.count(carry) != 1:
            return None
        alone = uses[carry] == 1 and uses[result] == 1 and carry.aval == result.aval
        return (op, carry) if alone else None

    def access(self, op: Op) -> Access | None:
        """What an `index` or an update does; None where that is no matter of points and spans in range."""
        array, *rest = op.args
        chosen = rest if op.prim.name == "index" else rest[1:]
        entries = [entry for entry in op.params["spec"] if entry[0] != "new"]
        axes = []
        for entry, extent in zip(entries, array.shape, strict=True):
            if entry[0] == "slice":
                axes.append(self._span(*entry[1:]))
            else:
                axes.append(self._point(chosen[entry[1]], extent))
        if None in axes:
            return None
        access = Access(op, op.prim.name, tuple(axes))
        return None if access.turning and array in self.own else access

    def _span(self, start, extent, step) -> Span | None:
        if self.varying & {*atoms_of(start), *atoms_of(extent), *atoms_of(step)}:
            return None
        if not isinstance(step, int):
            return None
        end = start + step * (extent - 1)
        return Span(start, end + 1) if step > 0 else Span(end, start + 1)

    def _point(self, atom, extent) -> Point | None:
        if atom.shape != ():
            return None
        index, turn = self.ranges.polynomial(atom), self.loop.index
        if self.ranges.negative(atom, extent):
            index = index + extent
        elif not self.ranges.inside(atom, extent):
            return None
        slope = index.terms.get((turn,), 0) if isinstance(index, Size) else 0
        offset = index - slope * Size.of(turn)
        return None if self.varying & set(atoms_of(offset)) else Point(slope, offset)

    def apart(self, a: Access, b: Access) -> bool:
        """Is no element that one turn accesses as `a` accessed as `b` in another turn?"""
        pairs = list(zip(a.axes, b.axes, strict=True))
        if any(self._differ(p, q) for p, q in pairs):
            return True
        # Elements that are the same tell the turn of a, or that of b: is it one turn?
        points = [(p, q) for p, q in pairs if isinstance(p, Point) and isinstance(q, Point)]
        if any(p.slope == q.slope != 0 and p.offset == q.offset for p, q in points):
            return True
        mine = [(q.offset - p.offset) * p.slope for p, q in points if abs(p.slope) == 1 and not q.slope]
        theirs = [(p.offset - q.offset) * q.slope for p, q in points if abs(q.slope) == 1 and not p.slope]
        return any(turn == other for turn in mine for other in theirs)

    def _differ(self, p, q) -> bool:
        """Are all indices of `p` others than those of `q`, whatever the turns?"""
        (low, high), (least, most) = self._ends(p), self._ends(q)
        nonnegative = self.ranges.nonnegative
        return nonnegative(least - high) or nonnegative(low - most)

    def _ends(self, axis) -> tuple:
        if isinstance(axis, Span):
            return axis.low, axis.high
        ends = [axis.slope * turn + axis.offset for turn in (self.first, self.last)]
        return (ends[0], ends[1] + 1) if axis.slope >= 0 else (ends[1], ends[0] + 1)


def meet_in_their_turn(turns: Turns, accesses: list[Access]) -> bool:
    """Do accesses to one array leave the same in it when each goes through all turns before the next one?

    Sums may be added in any order; else, what one turn writes no other turn may read or write.
    """
    for k, a in enumerate(accesses):
        for b in accesses[k:]:
            kinds = {a.kind, b.kind}
            if kinds not in ({"index"}, {"at_add"}) and not turns.apart(a, b):
                return False
    return True


def versions(loop: For, carry: Var) -> set[Var]:
    """The carry and what updates in the body make of it."""
    found = {carry}
    for stmt in loop.body.stmts:
        if isinstance(stmt, Op) and stmt.prim.name in UPDATES and stmt.args[0] in found:
            found.add(stmt.out)
    return found
