"""What a `for` runs over: a number of turns and the item of each."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from broadax.runtime.errors import TypeMismatchError, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var
from broadax.transforms.specialise import rolled
from broadax.transforms.specialise.ranges import as_dim
from broadax.transforms.specialise.shared import read_from
from broadax.transforms.specialise.values import (
    Array,
    DictValue,
    Generator,
    Instance,
    Iteration,
    Iterator,
    ListValue,
    Method,
    RangeValue,
    Rolled,
    type_name,
)


@dataclass(frozen=True, eq=False)
class Sequence:
    """A sequence of `count` items (an int, a size or an integer scalar; None where it has no end).

    Attributes:
        item: item number k, for an int or a scalar k.
        static: the items differ in kind, so the turns must be written out.
        bounds: `(lo, hi, step)` of the index of a Core loop over it, and `at(index)` its item.
    """

    count: Any
    item: Callable
    static: bool = False
    range: tuple | None = None

    @property
    def bounds(self) -> tuple:
        return self.range or (0, self.count, 1)

    def at(self, index: Var):
        return index if self.range else self.item(index)


def sequence_of(it, value) -> Sequence:
    """The sequence that a value is when it is iterated over.

    Raises:
        TypeMismatchError: the value can't be iterated over.
    """
    if isinstance(value, Array):
        return Sequence(value.aval.shape[0], lambda k: it.subscript(value, k))
    if isinstance(value, range):
        return _range(it, value.start, value.stop, value.step)
    if isinstance(value, RangeValue):
        return _range(it, value.lo, value.hi, value.step)
    if isinstance(value, Iteration):
        return _combined(it, value)
    if isinstance(value, ListValue) and isinstance(it.list_items(value), Rolled):
        rows = it.list_items(value)

        def item(k):
            found = rolled.item(it, rows, k)
            read_from(it, value, found)
            return found

        return Sequence(rows.length, item)
    if isinstance(value, Iterator):
        return _rest(it, sequence_of(it, value.source), value.begin(it))
    if isinstance(value, abc.Iterator):  # Python would take from it at each call
        what = f"an iterator ({type(value).__name__}) that Python made"
        raise UnsupportedError(what, it.loc, "make a list of its items outside: list(...)")
    if is_iterable(value):
        return sequence_of(it, it.call(Method(value.cls.__iter__, value), (), {}))
    if isinstance(value, Generator):
        value = it.call(list, (value,), {})
        return sequence_of(it, value)
    if isinstance(value, (ListValue, DictValue)):
        value = tuple(it.items(value))
    if isinstance(value, Var):
        raise TypeMismatchError(f"'{type_name(value)}' object is not iterable", it.loc)
    try:
        items = tuple(value)
    except TypeError:
        raise TypeMismatchError(f"'{type_name(value)}' object is not iterable", it.loc) from None
    return Sequence(len(items), lambda k: items[k], static=True)


def _rest(it, sequence: Sequence, taken) -> Sequence:
    """What is left of a sequence when some of its items have been taken."""
    if isinstance(taken, int) and taken == 0:
        return sequence
    if sequence.static and not isinstance(taken, int):
        what = "a loop over what is left of items that are not alike, or of a list"
        raise UnsupportedError(what, it.loc, "make an array of them, or a loop over indices")
    count = sequence.count
    if isinstance(count, (int, Size)) and isinstance(taken, int):
        count = count - taken
    elif count is not None:
        count = it.builder.apply("subtract", it.builder.atom(count), it.builder.atom(taken))

    def item(k):
        both = isinstance(k, int) and isinstance(taken, int)
        return sequence.item(k + taken if both else it.builder.apply("add", it.builder.atom(k), taken))

    return Sequence(count, item, sequence.static)


def opened(it, value):
    """What an iterator runs over that has given nothing yet; another value as it is."""
    while True:
        if isinstance(value, Iterator) and it.store.get(value, "taken") == 0:
            value.begin(it)
            value = value.source
        elif isinstance(value, Iteration) and value.kind == "items":
            (value,) = value.sources
        else:
            return value


def is_iterable(value) -> bool:
    """Is it an object of a user's class that says how it is iterated over?"""
    return isinstance(value, Instance) and hasattr(value.cls, "__iter__")


def _range(it, lo, hi, step: int) -> Sequence:
    return Sequence(_count(it, lo, hi, step), _places(it, lo, step), range=(lo, hi, step))


def _places(it, lo, step: int) -> Callable:
    """Item number k of a range."""

    def item(k):
        if isinstance(k, int) and isinstance(lo, (int, Size)):
            return lo + k * step
        scaled = it.builder.apply("multiply", k, step) if step != 1 else k
        return it.builder.apply("add", scaled, lo) if not (isinstance(lo, int) and lo == 0) else scaled

    return item


def _count(it, lo, hi, step: int):
    """The number of turns of a range."""
    if all(isinstance(b, (int, Size)) for b in (lo, hi)):
        span = hi - lo if step > 0 else lo - hi
        turns = span if abs(step) == 1 else (span + (abs(step) - 1)) // abs(step)
        return max(turns, 0) if isinstance(turns, int) else turns
    apply = it.builder.apply
    span = apply("subtract", hi, lo) if step > 0 else apply("subtract", lo, hi)
    return span if abs(step) == 1 else apply("floor_divide", apply("add", span, abs(step) - 1), abs(step))


def nested(it, value) -> tuple[list, Callable] | None:
    """The sequences of the nested loops that an iterable stands for, and what makes an item of theirs."""
    if not isinstance(value, Iteration) or value.kind not in ("product", "ndenumerate"):
        return None
    if value.kind == "product":
        return [sequence_of(it, source) for source in value.sources], lambda items: items
    (array,) = value.sources
    ranges = [_range(it, 0, dim, 1) for dim in array.aval.shape]
    return ranges, lambda items: (items, it.subscript(array, items))


def _flattened(it, parts: list, make: Callable) -> Sequence:
    """Nested loops as one sequence, the last of them fastest."""
    count: Any = 1
    for part in parts:
        if part.count is None:
            raise UnsupportedError("a product with an endless iterator", it.loc)
        run_time = isinstance(count, Var) or isinstance(part.count, Var)
        count = it.builder.apply("multiply", count, part.count) if run_time else count * part.count

    def item(k):
        found = []
        for part in reversed(parts):
            if isinstance(k, int) and isinstance(part.count, int):
                k, place = divmod(k, part.count)
            else:
                n = it.builder.atom(part.count)
                k = it.builder.atom(k)
                k, place = it.builder.apply("floor_divide", k, n), it.builder.apply("remainder", k, n)
            found.append(part.item(place))
        return make(tuple(found[::-1]))

    return Sequence(count, item, any(p.static for p in parts))


def _combined(it, value: Iteration) -> Sequence:
    loops = nested(it, value)
    if loops is not None:
        return _flattened(it, *loops)
    if value.kind == "count":
        return Sequence(None, _places(it, *value.sources))
    parts = [sequence_of(it, source) for source in value.sources]
    if value.kind == "zip":
        if not parts:
            return Sequence(0, lambda k: (), static=True)
        static = any(p.static for p in parts)
        count = _shortest(it, [p.count for p in parts], static)
        return Sequence(count, lambda k: tuple(p.item(k) for p in parts), static)
    (part,) = parts
    if value.kind == "items":
        return part
    if part.count is None and value.kind == "reversed":
        raise TypeMismatchError("'itertools.count' object is not reversible", it.loc)
    if value.kind == "enumerate":

        def numbered(k):
            number = (
                k + value.start
                if isinstance(k, int)
                else (k if value.start == 0 else it.builder.apply("add", k, value.start))
            )
            return number, part.item(k)

        return Sequence(part.count, numbered, part.static)
    if part.range is not None:
        lo, hi, step = part.range
        if abs(step) == 1:
            less = hi - step if isinstance(hi, (int, Size)) else it.builder.apply("subtract", hi, step)
            end = lo - step if isinstance(lo, (int, Size)) else it.builder.apply("subtract", lo, step)
            return _range(it, less, end, -step)

    def from_end(k):
        last = (
            part.count - 1
            if isinstance(part.count, (int, Size))
            else it.builder.apply("subtract", part.count, 1)
        )
        if isinstance(k, int) and isinstance(last, (int, Size)):
            return part.item(last - k)
        return part.item(it.builder.apply("subtract", last, k))

    return Sequence(part.count, from_end, part.static)


def _shortest(it, counts: list, static: bool):
    """The least of several numbers of turns; None where none of them ends."""
    counts = [count for count in counts if count is not None]
    if not counts:
        return None
    least = counts[0]
    for count in counts[1:]:
        if isinstance(least, Var) or isinstance(count, Var):
            least = it.builder.apply("minimum", least, count)
        elif sizes.same(least, count) is not True:
            least = least if sizes.at_least(count, least) else count
    if static and not isinstance(least, int):
        dim = as_dim(least)
        value = sizes.hint(dim)
        if value is None:
            raise TypeMismatchError("zip of a list with a range of unknown length", it.loc)
        sizes.same(dim, value)
        least = value
    return least
