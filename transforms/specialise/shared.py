"""Which lists in rows may hold an object that stands in another place, too.

Rows are copies. A change of a part of one row, `rows[i][j] = v`, would be missed where the same array or
container stands in another row, or in another list, so it is refused there:

    rows[i] = rows[j]              one object in two places
    other = rows[1:]               in two lists

Two rows that change places, at once or by way of a third name, are still one object each.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from broadax.transforms.specialise.arrays import LoopConflict
from broadax.transforms.specialise.trees import children
from broadax.transforms.specialise.values import Array, Record


@dataclass(eq=False)
class Shared:
    """What is known of the places of objects.

    Attributes:
        holders: array or container → the lists that hold it, or of which it is a copy of an item.
        lists: lists of which an item may stand in another place.
        moves: list → the one item that stands twice, until the other place is written: `(from, to, items)`.
    """

    holders: dict = field(default_factory=dict)
    lists: set = field(default_factory=set)
    moves: dict = field(default_factory=dict)

    def copy(self) -> Shared:
        return Shared({k: set(v) for k, v in self.holders.items()}, set(self.lists), dict(self.moves))

    def settle(self) -> None:
        """Where code may be run again, or not at all: what stands twice now does so for good."""
        self.lists |= self.moves.keys()
        self.moves.clear()


def records(it, value):
    """The arrays and containers that a value is and holds."""
    if isinstance(value, Array):
        yield value.box
    elif isinstance(value, Record):
        yield value
    for part in children(it, value)[0] or ():
        yield from records(it, part)


def read_from(it, owner: Record, value) -> None:
    """A value is a copy of an item of a list."""
    for record in records(it, value):
        it.shared.holders.setdefault(record, set()).add(owner)


def put_into(it, owner: Record, value, key=None) -> None:
    """A value becomes an item of a list, at the place `key`, or behind the others."""
    twice = False
    for record in records(it, value):
        others = it.shared.holders.setdefault(record, set())
        if others:
            twice = True
            if others != {owner}:
                it.shared.lists |= others | {owner}
        others.add(owner)
    record = value.box if isinstance(value, Array) else value
    move = _move(it, owner, it.origins.get(record), key) if key is not None else None
    waiting = it.shared.moves.get(owner)
    if move is not None and waiting is None and twice:
        it.shared.moves[owner] = move
    elif move is not None and waiting is not None and waiting == (move[1], move[0], move[2]):
        del it.shared.moves[owner]
    elif twice or waiting is not None:
        it.shared.lists.add(owner)


def _move(it, owner: Record, origin, key) -> tuple | None:
    """From which place to which an item goes, and the items among which it was read."""
    if origin is None or origin[0] is not owner:
        return None
    source, target = it.ranges.polynomial(origin[2]), it.ranges.polynomial(key)
    return None if source is None or target is None else (source, target, origin[3])


def derived(it, new: Record, *owners: Record) -> Record:
    """A list of the items of others."""
    for owner in owners:
        items = it.held(owner)
        if hasattr(items, "kind") and any(True for _ in records(it, items.kind.example)):
            it.shared.lists |= {new, owner}
    return new


def check_own(it, owner: Record) -> None:
    """
    Raises:
        LoopConflict: a change of a part of an item might have to be seen in another place.
    """
    if owner in it.shared.lists or owner in it.shared.moves:
        raise LoopConflict(
            "a part of an item is changed that may stand in a second place, of this list or of another",
            it.loc,
            "a copy for each place, as in rows[i] = rows[j].copy()",
        )
