"""The mutable state of a reading: every write is journaled, so that a branch can be undone and compared."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

from broadax.transforms.specialise.values import UNDEFINED, Record

Place = tuple[Record, str]


class Changes(dict):
    """`(record, slot) → value`: what a branch or a turn of a loop changed."""


class Store:
    """Slots of records, with a journal for each open branch.

    Attributes:
        sides: while two states are joined, what each of them has changed.
    """

    def __init__(self):
        self.sides: tuple[dict, dict] = ({}, {})
        self.serial = 0
        self.journals: list[tuple[int, dict[Place, Any]]] = []

    def next_serial(self) -> int:
        self.serial += 1
        return self.serial

    def get(self, record: Record, slot: str):
        """The value of a slot, or UNDEFINED."""
        return record.slots.get(slot, UNDEFINED)

    def set(self, record: Record, slot: str, value) -> None:
        """Write a slot. Records born inside the innermost branch need no journal."""
        if self.journals:
            born, journal = self.journals[-1]
            if record.serial <= born and (record, slot) not in journal:
                journal[(record, slot)] = record.slots.get(slot, UNDEFINED)
        if value is UNDEFINED:
            record.slots.pop(slot, None)
        else:
            record.slots[slot] = value

    def slots_on(self, record: Record, k: int) -> dict[str, Any]:
        """The slots of a record as side `k` of a join has left them."""
        changed = self.sides[k]
        names = [*record.slots, *(slot for other, slot in changed if other is record)]
        found = {slot: changed.get((record, slot), record.slots.get(slot, UNDEFINED)) for slot in names}
        return {slot: value for slot, value in found.items() if value is not UNDEFINED}

    @contextmanager
    def joining(self, first: dict, second: dict):
        """Two states are compared inside: what each of them has changed is seen by `slots_on`."""
        outer, self.sides = self.sides, (first, second)
        try:
            yield
        finally:
            self.sides = outer

    @contextmanager
    def branch(self):
        """Writes inside are undone at the end; yields `Changes`, filled when the branch ends."""
        changes = Changes()
        self.journals.append((self.serial, {}))
        try:
            yield changes
        finally:
            _, journal = self.journals.pop()
            for record, slot in journal:
                changes[(record, slot)] = self.get(record, slot)
            for (record, slot), old in journal.items():
                if old is UNDEFINED:
                    record.slots.pop(slot, None)
                else:
                    record.slots[slot] = old

    @contextmanager
    def replay(self, changes: Changes):
        """The state at the end of a branch that has been run, for reading."""
        with self.branch():
            for (record, slot), value in changes.items():
                self.set(record, slot, value)
            yield
