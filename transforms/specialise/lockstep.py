"""Counters that go with a list: `i` in a loop that appends to `ys` once a turn and reads `ys[i]`.

In a loop whose turns are not counted the items of a growing list are cheap to reach at its end only, so it
is worth to know that `i` is always `len(ys) - 1`. That is assumed of every integer that begins with a known
value, and read again without the assumption where a turn does not end as it says.
"""

from __future__ import annotations

from broadax.transforms.core.sizes import Size, atoms_of
from broadax.transforms.core.statements import Var
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.ranges import as_dim
from broadax.transforms.specialise.values import Stacked


class Lockstep:
    """The assumptions about one loop.

    Attributes:
        refuted: places that do not go with the list.
        assumed: place → by how much its value is more than the list's length.
    """

    def __init__(self, it: Interpreter):
        self.it = it
        self.list_place, self.length = None, None
        self.refuted: set = set()
        self.assumed: dict = {}

    def assume(self, places, before: dict, starts: dict) -> None:
        """At the head of a turn: let counters be known as the length of the first list, plus a number.

        Args:
            before: what the places held before the loop.
            starts: for each list that is stacks in this loop the stacks at its start.
        """
        self.assumed, self.list_place = {}, None
        lengths = {}
        for place in places:
            now, start = self.it.store.get(*place), starts.get(place)
            if isinstance(now, Stacked) and start is not None and isinstance(start.length, int):
                lengths[place] = (start.length, as_dim(now.length))
            elif isinstance(now, Var) and now.shape == () and type(before[place]) is int:
                lengths[place] = (before[place], as_dim(now))
        lists = [p for p in lengths if p in starts and p not in self.refuted]
        if not lists:
            return
        self.list_place = lists[0]
        first, self.length = lengths[self.list_place]
        for place, (start, now) in lengths.items():
            if place == self.list_place or place in self.refuted or not isinstance(now, Size):
                continue
            (var,) = atoms_of(now)
            self.assumed[place] = start - first
            self.it.ranges.forms[var] = self.length + (start - first)

    def holds(self, changes: dict) -> bool:
        """At the end of a turn: do they still differ from the length by the same numbers?"""
        if not self.assumed:
            return True
        length = self._now(changes, self.list_place, self.length)
        wrong = set()
        for place, more in self.assumed.items():
            now = self._now(changes, place, self.length + more)
            if length is None or now is None or now - length != more:
                wrong.add(place)
        self.refuted |= wrong
        return not wrong

    def _now(self, changes: dict, place, otherwise):
        if place not in changes:
            return otherwise
        value = changes[place]
        return self.it.ranges.polynomial(value.length if isinstance(value, Stacked) else value)
