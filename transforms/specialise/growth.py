"""Lists that a loop or a branch lets grow: how much room they need, and what is carried for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import INDEX
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var
from broadax.transforms.specialise import merge, stacked
from broadax.transforms.specialise.arrays import LoopConflict
from broadax.transforms.specialise.ranges import as_dim
from broadax.transforms.specialise.rolled import joined, kind_of_all, roll, widened
from broadax.transforms.specialise.values import Conflict, ListValue, Rolled, Stacked


@dataclass(frozen=True, eq=False)
class Trips:
    """How often a loop turns.

    Attributes:
        count: a bound of the number of turns, known before the loop; None if there is none.
        turn: the number of turns before this one, a size over the loop's index; None if the loop may
            be left early.
        index: the loop's index.
    """

    count: Any = None
    turn: Any = None
    index: Var | None = None

    @staticmethod
    def of_range(it, index: Var, lo, hi, step: int) -> Trips:
        """The trips of `for index in range(lo, hi, step)`."""
        lo, hi = as_dim(lo), as_dim(hi)
        if lo is None or hi is None:
            return Trips()
        span, done = (hi - lo, Size.of(index) - lo) if step > 0 else (lo - hi, lo - Size.of(index))
        stride = abs(step)
        turn = done if stride == 1 else done // stride
        return Trips(at_least_zero(it, -(-span // stride) if stride > 1 else span), turn, index)


UNCOUNTED = Trips()


def at_least_zero(it, dim):
    """`max(dim, 0)`, without the `max` where a guard tells."""
    return dim if it.ranges.nonnegative(dim) else sizes.size_op("max", dim, 0)


def grows(place, start, end) -> bool:
    """Is a place the items of a list that a turn (or one branch) lets grow (or shrink)?"""
    record, slot = place
    if not isinstance(record, ListValue) or slot != "items":
        return False
    if isinstance(start, tuple) and isinstance(end, tuple):
        return len(end) != len(start)
    return isinstance(start, (Rolled, Stacked)) or isinstance(end, (Rolled, Stacked))


class _Uncounted(Exception):
    """How far a list grows is not known before the loop."""


class Growth:
    """A list that grows in one loop.

    In each turn it has room for `per_turn` items. Where every turn adds just so many, its length is
    a size over the loop's index; else the length is carried.
    """

    def __init__(self, it, trips: Trips, place, start):
        self.it, self.trips = it, trips
        self.start = start  # the items before the loop
        self.per_turn: Any = 0
        self.regular = trips.turn is not None
        self.items = start
        self.head_length = len(start) if isinstance(start, tuple) else start.length
        self.with_last = True  # of stacks: is the last item known at the end of each turn?
        self.name = place[0].name
        self.seen = False  # have items been put into rows in a turn before this one?
        self.inside = False  # is the head of a turn being made, or what is there after the loop?

    def meet(self, end, inside: set) -> tuple[merge.Template, bool]:
        """The carried type after a turn that left `end`, and whether it is other than assumed."""
        if isinstance(end, Conflict):
            return merge.Keep(end), False
        if isinstance(self.start, Stacked):
            return self._meet_stacked(end)
        before = self.start, self.per_turn, self.regular
        try:
            if isinstance(self.start, tuple):
                self._roll(end, inside)
                return self._template(self.start), True
            if isinstance(end, Rolled):
                self._adapt(end, inside)
        except _Uncounted:
            return self._stack_up(end)
        if not isinstance(end, Rolled):
            raise LoopConflict("a list is cleared or rebuilt in a loop in which it grows", self.it.loc)
        # Once more, so that writes to what has been put into the list in the turn before are noticed.
        changed = not self.seen or before != (self.start, self.per_turn, self.regular)
        self.seen = True
        return self._template(self.start if changed else end), changed

    def _stack_up(self, end) -> tuple[merge.Template, bool]:
        """From now on the list is stacks in this loop."""
        kind = kind_of_all(self.it, self.items, end)
        self.start = stacked.stack_up(self.it, self.items, kind, self.name)
        self.with_last &= self.start.last is not None
        return merge.join_stacked(self.start, self.start, self.with_last), True

    def _meet_stacked(self, end) -> tuple[merge.Template, bool]:
        if not isinstance(end, Stacked):
            raise stacked.only_at_its_end(self.it)
        kind = joined(self.it, self.start.kind, end.kind)
        if [a.dtype for a in kind.avals] != [a.dtype for a in self.start.kind.avals]:
            if isinstance(self.items, Stacked):
                raise stacked.only_at_its_end(self.it)
            self.start = stacked.stack_up(self.it, self.items, kind, self.name)
            return merge.join_stacked(self.start, self.start, self.with_last), True
        if end.front and not self.start.front:
            self.start, self.seen = stacked.with_front(self.it, self.start), False
            return merge.join_stacked(self.start, self.start, self.with_last), True
        with_last = self.with_last and self.start.last is not None and end.last is not None
        changed = not self.seen or with_last != self.with_last
        self.seen, self.with_last = True, with_last
        return merge.join_stacked(self.start, self.start if changed else end, with_last), changed

    def _roll(self, end, inside: set) -> None:
        items = self.start
        if isinstance(end, tuple) and len(end) < len(items):
            raise _Uncounted
        kind = kind_of_all(self.it, end, items)
        reached = len(end) if isinstance(end, tuple) else end.capacity
        self.per_turn = self._outside(reached - len(items), inside)
        self.regular &= isinstance(end, tuple) or end.length - len(items) == self.per_turn
        capacity = sizes.settle(len(items) + self._needed())
        self.start = replace(roll(self.it, items, kind, capacity, self.name), room=self._needed())

    def _adapt(self, end: Rolled, inside: set) -> None:
        start = self.start
        more = end.capacity - start.capacity
        if more != 0:  # a turn appended what there was no room for
            self.per_turn = self._outside(self.per_turn + more, inside)
        kind = joined(self.it, start.kind, end.kind)
        short = self._needed() - start.room
        enough = self.it.ranges.nonnegative(-short)
        if not enough:
            start = replace(start, room=start.room + short)
        capacity = start.capacity if enough else sizes.settle(start.capacity + short)
        if not enough or [a.dtype for a in kind.avals] != [a.dtype for a in start.kind.avals]:
            self.start = widened(self.it, start, kind, capacity)
        self.regular &= self.head_length + self.per_turn == end.length

    def _needed(self):
        return self.per_turn * self.trips.count if self.per_turn else 0

    def _outside(self, dim, inside: set):
        """A bound of a size for all turns, in what is known before the loop."""
        if isinstance(dim, int) and dim == 0:
            return dim  # whatever the number of turns
        hidden = inside | {self.trips.index}
        bound = self.it.ranges.greatest(dim, hidden)
        if self.trips.count is None or bound is None:
            raise _Uncounted
        return bound

    def _length_at_head(self):
        return self.start.length + self.per_turn * self.trips.turn

    def _template(self, end: Rolled) -> merge.Template:
        start = self.start
        parts = [
            merge.Slot(a.aval, (a, b), "contents", a.base)
            for a, b in zip(start.buffers, end.buffers, strict=True)
        ]
        if not self.regular:
            parts.append(merge.Slot(INDEX, (start.length, end.length), "scalar", "count"))
        return merge.Tuple(tuple(parts), self._make)

    def _make(self, found: tuple) -> Rolled:
        count = len(self.start.buffers)
        if not self.regular:
            length = Size.of(found[-1])
        else:
            length = self._length_at_head() if self.inside else self.start.length + self._needed()
        if self.inside:
            self.head_length = length
        room = self.per_turn if self.inside else self.start.room - self._needed()
        return Rolled(self.start.kind, tuple(found[:count]), length, room)


# ── branches ──────────────────────────────────────────────────────────────────────────────────────


def make_room(it, places: dict, inside: set) -> bool:
    """Roll the lists that one of two branches lets grow further, before the branch.

    Args:
        places: place → (its items now, after one branch, after the other).
        inside: the variables that the branches define.

    Returns: has a list been rolled, so that the branches are to be read again?
    """
    found = False
    for place, (now, *ends) in places.items():
        record, slot = place
        if not isinstance(record, ListValue) or slot != "items" or isinstance(now, Conflict):
            continue
        if any(isinstance(end, (Conflict, Stacked)) for end in ends):
            continue
        reached = [
            _known_before(it, end.capacity, inside) if isinstance(end, Rolled) else len(end) for end in ends
        ]
        rolled = [isinstance(end, Rolled) for end in ends]
        if rolled[0] == rolled[1] and reached[0] == reached[1]:
            continue
        if isinstance(now, tuple) and not any(rolled) and min(reached) < len(now) and not _alike(it, ends):
            continue
        _widen(it, place, now, ends, reached)
        found = True
    return found


def _alike(it, ends) -> bool:
    try:
        kind_of_all(it, *ends)
    except LoopConflict:
        return False
    return True


def _known_before(it, dim, inside: set):
    """A bound of a size in what is known before a branch."""
    if inside.isdisjoint(sizes.atoms_of(dim)):
        return dim
    bound = it.ranges.greatest(dim, inside)
    if bound is None:
        what = "a list grows in a branch by a number of items that is known only in the branch"
        raise UnsupportedError(what, it.loc, "compute the number before the branch")
    return bound


def _larger(it, a, b):
    """The larger of two sizes."""
    if it.ranges.nonnegative(a - b):
        return a
    known = False if it.ranges.nonnegative(b - a) else sizes.at_least(a, b)
    return sizes.size_op("max", a, b) if known is None else a if known else b


def _widen(it, place, now, ends, reached) -> None:
    kind = kind_of_all(it, *ends)
    most = _larger(it, *reached)
    if isinstance(now, tuple):
        made = replace(roll(it, now, kind, most, place[0].name), room=most - len(now))
    else:
        made = replace(widened(it, now, kind, most), room=now.room + most - now.capacity)
    it.store.set(*place, made)
