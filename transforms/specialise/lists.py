"""Methods of lists and dictionaries, and changes of a list's items."""

from __future__ import annotations

import operator

import numpy as np

from broadax.runtime.errors import InvalidValueError, UnsupportedError
from broadax.transforms.core.avals import INDEX
from broadax.transforms.specialise import rolled, stacked
from broadax.transforms.specialise.arrays import LoopConflict, check_alias, read
from broadax.transforms.specialise.interpreter import Interpreter, static_call
from broadax.transforms.specialise.iterate import sequence_of
from broadax.transforms.specialise.lookup import index_of, is_looked_up
from broadax.transforms.specialise.operators import has_data, same_item
from broadax.transforms.specialise.shared import check_own, derived, put_into, read_from, records
from broadax.transforms.specialise.static import static_index
from broadax.transforms.specialise.trees import children, contents, flatten
from broadax.transforms.specialise.values import Array, DictValue, ListValue, Record, Rolled, Stacked


def write_items(it, owner, items) -> None:
    """Make `items` the contents of a list or dictionary.

    Raises:
        LoopConflict: it is an item of a list that grows in a loop, of which only copies are kept.
        UnsupportedError: it is one container or another depending on data.
    """
    what = "list" if isinstance(owner, ListValue) else "dictionary"
    check_alias(it, owner, getattr(owner, "name", ""), what, f"{what[:4]}({{}})")
    held = it.store.get(owner, "items")
    if isinstance(held, Stacked) and not isinstance(items, Stacked):
        kind = held.kind if items == () else rolled.kind_of_all(it, items)
        items = stacked.stack_up(it, items, kind, owner.name)
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
    items, most = it.held(owner), getattr(owner.cls, "most", None)
    if most is not None:
        items = (*_bounded(it, items), value)
        write_items(it, owner, items[max(len(items) - most, 0) :])
    elif isinstance(items, tuple):
        write_items(it, owner, (*items, value))
    else:
        put_into(it, owner, value)
        write_items(it, owner, _way(items).push(it, items, value))


def _bounded(it: Interpreter, items) -> tuple:
    """The items of a deque with `maxlen`, one by one."""
    if isinstance(items, tuple):
        return items
    what = "a deque with maxlen= grows in a loop whose turns are not known when the function is read"
    raise LoopConflict(what, it.loc, "fill it before the loop: deque([0.0] * n, maxlen=n)")


def extend(it: Interpreter, owner: ListValue, source) -> None:
    """`owner.extend(source)`, item by item: in a loop where their number is not known now."""
    it.each(sequence_of(it, source), lambda item: append(it, owner, item))


def set_item(it: Interpreter, owner: ListValue, key, value) -> None:
    """`owner[key] = value`."""
    items = _in_rows(it, owner, key)
    if isinstance(items, Rolled) and not isinstance(key, slice):
        put_into(it, owner, value, key)
        write_items(it, owner, rolled.put(it, items, key, value))
        return
    items = list(it.items(owner))
    if isinstance(key, slice):
        sequence = sequence_of(it, value)
        static_call(operator.setitem, items, key, [sequence.item(k) for k in range(it.turns(sequence.count))])
    else:
        static_call(operator.setitem, items, index_of(it, items, key, "the index of a list"), value)
    write_items(it, owner, items)


def _in_rows(it: Interpreter, owner, key):
    """The items of a list that is to be changed at `key`: rows, where only the data gives the index."""
    items = it.list_items(owner) if isinstance(owner, ListValue) else None
    if isinstance(items, tuple) and is_looked_up(it, key):
        _check_apart(it, items)
        return rolled.roll(it, items, rolled.kind_of(it, items), len(items), owner.name)
    return items


def _check_apart(it: Interpreter, items: tuple) -> None:
    """Rows are copies: a change of an object that stands in two places would be seen in one.

    Raises:
        LoopConflict: an array or a container stands in two places.
    """
    seen: set = set()
    todo = list(items)
    while todo:
        value = todo.pop()
        record = value.box if isinstance(value, Array) else value
        if isinstance(record, Record):
            if not seen.isdisjoint((record, *record.may_be)):
                what = "this list holds one object in two places, and is changed at an index that is data"
                raise LoopConflict(what, it.loc, "a copy for each place: [row.copy(), row.copy()]")
            seen.update((record, *record.may_be))
        todo += children(it, value)[0] or ()


def item_to_change(it: Interpreter, owner, key, put_back) -> tuple:
    """`owner[key]`, of which a part is to be changed, and what has to be done afterwards.

    An item of a rolled list is put back. Copies of its items, and what they were made from, no longer are
    what the list holds, and must not be read again.

    Args:
        put_back: the same of the owner.
    """
    items = _in_rows(it, owner, key)
    if not isinstance(items, Rolled) or isinstance(key, slice):
        return it.subscript(owner, key), put_back
    if isinstance(it.held(owner), tuple):
        write_items(it, owner, items)
    held = it.held(owner)
    value, place, with_change = rolled.to_change(it, items, key)
    if any(True for _ in records(it, value)):
        check_own(it, owner)

    def done() -> None:
        if it.held(owner) is not held:
            raise LoopConflict("a list of rows is changed while one of its items is", it.loc)
        it.outdated |= {r for r in it.listed if not _apart(it, r, owner, place)}
        write_items(it, owner, with_change(items))
        put_back()

    return value, done


def taken(it: Interpreter, owner: ListValue, items: Rolled, key):
    """`owner[key]` of a rolled list; remembered is where a copy comes from."""
    value = rolled.get(it, items, key)
    if isinstance(key, slice):
        return derived(it, value, owner)
    read_from(it, owner, value)
    record = value.box if isinstance(value, Array) else value
    if isinstance(record, Record):
        it.origins[record] = owner, items.length, key, items
    return value


def _apart(it: Interpreter, record: Record, owner: ListValue, place) -> bool:
    """Is a copy certainly one of another item than that at `place`?"""
    origin = it.origins.get(record)
    if origin is None or origin[0] is not owner:
        return False
    _, length, key, _ = origin
    first, second = it.ranges.polynomial(key), it.ranges.polynomial(place)
    if first is None or second is None:
        return False
    if isinstance(first, int) and first < 0:
        first = first + length
    ahead = it.ranges.nonnegative
    return ahead(first) and ahead(second) and (ahead(first - second - 1) or ahead(second - first - 1))


def _pop(it, owner, index=-1):
    items = it.held(owner)
    if isinstance(items, Stacked) and not (isinstance(index, int) and index in (-1, 0)):
        items = it.list_items(owner)
    if not isinstance(items, tuple):
        rest, value = _way(items).pop(it, items, index)
        write_items(it, owner, rest)
        return value
    if is_looked_up(it, index):
        rows = rolled.roll(it, items, rolled.kind_of(it, items), len(items), owner.name)
        rest, value = rolled.pop(it, rows, index)
        write_items(it, owner, rest)
        return value
    items = list(items)
    value = static_call(items.pop, index_of(it, items, index, "the index of a list"))
    write_items(it, owner, items)
    return value


def delete(it: Interpreter, owner: ListValue | DictValue, key) -> None:
    """`del owner[key]`."""
    items = it.held(owner)
    if isinstance(items, (Rolled, Stacked)):
        _pop(it, owner, key)
        return
    items = list(items) if isinstance(owner, ListValue) else dict(items)
    if not isinstance(key, slice):
        key = static_index(
            it, key, "the index of a list" if isinstance(owner, ListValue) else "the key of a dict"
        )
    static_call(operator.delitem, items, key)
    write_items(it, owner, items)


def _insert(it, owner, index, value):
    items = it.list_items(owner)
    if not isinstance(items, tuple):
        put_into(it, owner, value)
        write_items(it, owner, rolled.insert(it, items, index, value))
        return
    items = list(items)
    items.insert(static_index(it, index, "the index of a list"), value)
    write_items(it, owner, items)


def _append_left(it, owner, value):
    most = getattr(owner.cls, "most", None)
    if most is None:
        _insert(it, owner, 0, value)
    else:
        write_items(it, owner, (value, *_bounded(it, it.list_items(owner)))[:most])


def _known(it, owner, value):
    """The items, if whether one equals the value can be told now; else None."""
    items = it.list_items(owner)
    return items if isinstance(items, tuple) and not has_data(it, (value, *items)) else None


def _places(it, owner, value):
    """An array that tells for each item whether it equals the value."""
    items = it.list_items(owner)
    apply = it.builder.apply
    if not isinstance(items, Rolled):
        return apply("stack", *(it.builder.atom(same_item(it, x, value)) for x in items), axis=0)
    rolled.joined(it, items.kind, rolled.kind_of(it, [value]))  # raises where it is unlike the items
    if any(a.shape for a in items.kind.avals):
        what = "looking for a value among arrays, in a list whose length is known only when the code runs"
        raise UnsupportedError(what, it.loc, "a loop that compares what has to be compared")
    pairs = zip(contents(it, items), flatten(it, value)[0], strict=True)
    hits = [apply("equal", row, read(it, leaf)) for row, leaf in pairs]
    found = hits[0]
    for hit in hits[1:]:
        found = apply("logical_and", found, hit)
    return found


def _index(it, owner, value):
    """The place of the first item that equals the value; ValueError if there is none."""
    items = _known(it, owner, value)
    if items is not None:
        return static_call(items.index, static_index(it, value, "the value"))
    if it.list_items(owner) == ():
        raise InvalidValueError("list.index(x): x not in list", it.loc)
    hits = _places(it, owner, value)
    there = it.builder.apply("any", hits, axes=(0,), keepdims=False)
    it.builder.check(there, ValueError, ("list.index(x): x not in list",))
    place = it.builder.apply("argmax", hits, axis=0)
    return it.builder.apply("convert", place, dtype=INDEX.dtype, weak=True)


def has(it: Interpreter, owner: ListValue, value):
    """`value in owner`, of a list whose length is known only when the code runs."""
    hit = it.builder.apply("any", _places(it, owner, value), axes=(0,), keepdims=False)
    return it.builder.apply("convert", hit, dtype=np.dtype(bool), weak=True)


def _remove(it, owner, value):
    _pop(it, owner, _index(it, owner, value))


def _count(it, owner, value):
    items = _known(it, owner, value)
    if items is not None:
        return items.count(static_index(it, value, "the value"))
    hits = it.builder.apply("convert", _places(it, owner, value), dtype=INDEX.dtype)
    total = it.builder.apply("sum", hits, axes=(0,), keepdims=False)
    return it.builder.apply("convert", total, dtype=INDEX.dtype, weak=True)


def _reverse(it, owner):
    backwards, items = slice(None, None, -1), it.list_items(owner)
    write_items(
        it, owner, rolled.sliced(it, items, backwards) if isinstance(items, Rolled) else items[backwards]
    )


LIST_METHODS = {
    "append": append,
    "extend": extend,
    "pop": _pop,
    "insert": _insert,
    "copy": lambda it, owner: derived(it, ListValue(it.store, it.list_items(owner), cls=owner.cls), owner),
    "clear": lambda it, owner: write_items(it, owner, ()),
    "sort": lambda it, owner, **options: write_items(
        it, owner, it.list_items(it.call(sorted, (owner,), options))
    ),
    "reverse": _reverse,
    "index": _index,
    "remove": _remove,
    "count": _count,
}
DEQUE_METHODS = {
    "popleft": lambda it, owner: _pop(it, owner, 0),
    "appendleft": _append_left,
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
    key = static_index(it, key, "the key of a dict")
    if key not in it.items(owner):
        write_items(it, owner, {**it.items(owner), key: default})
    return it.items(owner)[key]


DICT_METHODS = {
    "get": lambda it, owner, key, default=None: it.items(owner).get(
        static_index(it, key, "the key of a dict"), default
    ),
    "items": lambda it, owner: tuple(it.items(owner).items()),
    "keys": lambda it, owner: tuple(it.items(owner)),
    "values": lambda it, owner: tuple(it.items(owner).values()),
    "copy": lambda it, owner: DictValue(it.store, it.items(owner)),
    "update": _update,
    "pop": _pop_key,
    "setdefault": _setdefault,
}
