"""Methods of lists and dictionaries, and changes of a list's items."""

from __future__ import annotations

import operator

from broadax.transforms.specialise import rolled, stacked
from broadax.transforms.specialise.arrays import LoopConflict
from broadax.transforms.specialise.interpreter import Interpreter, static_call
from broadax.transforms.specialise.iterate import sequence_of
from broadax.transforms.specialise.static import static_index
from broadax.transforms.specialise.values import DictValue, ListValue, Rolled, Stacked


def write_items(it, owner, items) -> None:
    """Make `items` the contents of a list or dictionary.

    Raises:
        LoopConflict: it is an item of a list that grows in a loop, of which only copies are kept.
    """
    if owner in it.listed:
        kind = "list" if isinstance(owner, ListValue) else "dictionary"
        raise LoopConflict(
            f"this {kind} is changed, and is also an item of a list that grows in a loop",
            it.loc,
            "change it before it is appended",
        )
    if not isinstance(items, (Rolled, Stacked)):
        items = tuple(items) if isinstance(owner, ListValue) else dict(items)
    it.inputs.check_own(it, owner)
    it.store.set(owner, "items", items)


def _way(items):
    """The module that knows what to do with items that are not known one by one."""
    return rolled if isinstance(items, Rolled) else stacked


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────


def append(it: Interpreter, owner: ListValue, value) -> None:
    """`owner.append(value)`."""
    items = it.list_items(owner)
    if isinstance(items, tuple):
        write_items(it, owner, (*items, value))
    else:
        write_items(it, owner, _way(items).push(it, items, value))


def extend(it: Interpreter, owner: ListValue, source) -> None:
    """`owner.extend(source)`, item by item: in a loop where their number is not known now."""
    it.each(sequence_of(it, source), lambda item: append(it, owner, item))


def set_item(it: Interpreter, owner: ListValue, key, value) -> None:
    """`owner[key] = value`."""
    items = it.list_items(owner)
    if isinstance(items, Rolled) and not isinstance(key, slice):
        write_items(it, owner, rolled.put(it, items, key, value))
        return
    items = list(it.items(owner))
    if isinstance(key, slice):
        sequence = sequence_of(it, value)
        static_call(operator.setitem, items, key, [sequence.item(k) for k in range(it.turns(sequence.count))])
    else:
        static_call(operator.setitem, items, static_index(it, key, "the index of a list"), value)
    write_items(it, owner, items)


def _pop(it, owner, index=-1):
    items = it.list_items(owner)
    if not isinstance(items, tuple):
        rest, value = _way(items).pop(it, items, index)
        write_items(it, owner, rest)
        return value
    items = list(items)
    value = static_call(items.pop, static_index(it, index, "the index of a list"))
    write_items(it, owner, items)
    return value


def _insert(it, owner, index, value):
    items = list(it.items(owner))
    items.insert(static_index(it, index, "the index of a list"), value)
    write_items(it, owner, items)


LIST_METHODS = {
    "append": append,
    "extend": extend,
    "pop": _pop,
    "insert": _insert,
    "copy": lambda it, owner: ListValue(it.store, it.list_items(owner)),
    "clear": lambda it, owner: write_items(it, owner, ()),
    "reverse": lambda it, owner: write_items(it, owner, it.items(owner)[::-1]),
    "index": lambda it, owner, value: static_call(
        it.items(owner).index, static_index(it, value, "the value")
    ),
    "count": lambda it, owner, value: it.items(owner).count(static_index(it, value, "the value")),
}


# ── dictionaries ──────────────────────────────────────────────────────────────────────────────────


def _update(it, owner, source=None, **more):
    items = it.items(source) if isinstance(source, DictValue) else (source or {})
    write_items(it, owner, {**it.items(owner), **items, **more})


def _pop_key(it, owner, key, *default):
    items = dict(it.items(owner))
    value = static_call(items.pop, static_index(it, key, "the key of a dict"), *default)
    write_items(it, owner, items)
    return value


def _setdefault(it, owner, key, default=None):
    if key not in it.items(owner):
        write_items(it, owner, {**it.items(owner), key: default})
    return it.items(owner)[key]


DICT_METHODS = {
    "get": lambda it, owner, key, default=None: it.items(owner).get(key, default),
    "items": lambda it, owner: tuple(it.items(owner).items()),
    "keys": lambda it, owner: tuple(it.items(owner)),
    "values": lambda it, owner: tuple(it.items(owner).values()),
    "copy": lambda it, owner: DictValue(it.store, it.items(owner)),
    "update": _update,
    "pop": _pop_key,
    "setdefault": _setdefault,
}
