"""What the caller of a jitted function sees afterwards: arrays that were written, containers that changed."""

from __future__ import annotations

from collections.abc import Iterator

from broadax.runtime.errors import TypeMismatchError
from broadax.transforms import interface as face
from broadax.transforms.specialise.results import face_of
from broadax.transforms.specialise.sameness import same_value
from broadax.transforms.specialise.values import Array, Box, Conflict, DictValue, Instance, ListValue


class Caller:
    """The arguments as they are when the call begins.

    Attributes:
        boxes: the memory of the arrays among them.
        containers: the lists, dicts and objects, each with its path and what it holds.
    """

    def __init__(self, it, values):
        self.it = it
        everything = [part for k, v in enumerate(values) for part in _parts(it, v, (k,))]
        self.boxes = [v.box for v, _ in everything if isinstance(v, Array)]
        self.containers = [(v, path, _held(it, v)) for v, path in everything if _can_change(v)]

    def written(self) -> list[tuple[int, Box]]:
        """The boxes that were written, each with its flat parameter."""
        found = {b.param: b for b in self.boxes if self.it.store.get(b, "written") is True}
        return sorted(found.items())

    def changes(self, atoms: list) -> tuple[face.Change, ...]:
        """What differs now; the atoms of its leaves are appended to `atoms`.

        Raises:
            TypeMismatchError: what a container holds depends on data in a way that has no one structure.
        """
        return tuple(c for found in self.containers for c in self._of(*found, atoms))

    def _of(self, record, path: tuple, before, atoms: list) -> Iterator[face.Change]:
        now = _held(self.it, record)
        if isinstance(now, Conflict):
            raise TypeMismatchError(
                now.why, now.made or self.it.loc, "leave the same structure on every path"
            )
        if not isinstance(now, dict) or isinstance(record, ListValue) and len(now) != len(before):
            yield face.Change(path, ("all", None), face_of(self.it, record, atoms))
            return
        kind = "attribute" if isinstance(record, Instance) else "item"
        for key in before:
            if key not in now:
                yield face.Change(path, (kind, key), None)
        for key, value in now.items():
            if key not in before or not same_value(value, before[key]):
                yield face.Change(path, (kind, key), face_of(self.it, value, atoms))


def _can_change(value) -> bool:
    return isinstance(value, (ListValue, DictValue, Instance))


def _held(it, record):
    """What a container holds, by key; something else where that is not known now."""
    if isinstance(record, Instance):
        return dict(record.slots)
    if isinstance(record, DictValue):
        items = it.store.get(record, "items")
        return dict(items) if isinstance(items, dict) else items
    items = it.store.get(record, "items")
    return dict(enumerate(items)) if isinstance(items, tuple) else items


def _parts(it, value, path: tuple) -> Iterator[tuple]:
    """A value and everything in it, each with the steps that lead there."""
    yield value, path
    if isinstance(value, tuple):
        held = dict(enumerate(value))
    elif _can_change(value):
        held = _held(it, value)
    else:
        return
    kind = "attribute" if isinstance(value, Instance) else "item"
    for key, part in held.items() if isinstance(held, dict) else ():
        yield from _parts(it, part, (*path, (kind, key)))
