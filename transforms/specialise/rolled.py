"""Lists that grow while a loop runs: their items are alike, and are kept as rows of arrays.

    ys = [y]                          ys = np.empty((steps + 1, 3))
    for k in range(steps):            ys[0] = y
        ys.append(f(ys[-1]))          for k in range(steps):
                                          ys[k + 1] = f(ys[k])

A list whose items are known one by one is a tuple in its slot `items`; a rolled one has a `Rolled` there.
The arrays have room for every turn of the loop, so that nothing is moved while it runs.
"""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from broadax.runtime.errors import OutOfRangeError, TypeMismatchError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import Aval, aval_of, promote
from broadax.transforms.core.statements import Lit, Var
from broadax.transforms.primitives.shape import whole
from broadax.transforms.specialise.arrays import LoopConflict, cast_into, fresh, is_data, read
from broadax.transforms.specialise.merge import describe, numeric_aval
from broadax.transforms.specialise.ranges import as_dim
from broadax.transforms.specialise.sameness import same_value
from broadax.transforms.specialise.trees import children, contents, flatten
from broadax.transforms.specialise.values import Array, Kind, ListValue, Record, Rolled

# ── what items have in common ─────────────────────────────────────────────────────────────────────


def _leaf_aval(value) -> Aval:
    """The type of a data leaf."""
    if isinstance(value, (Array, Var)):
        return value.aval
    return numeric_aval(value) or aval_of(value)


def kind_of(it, items) -> Kind:
    """What items have in common.

    Raises:
        LoopConflict: they differ in structure or shape.
    """
    first, *others = items
    leaves, build = flatten(it, first)
    kind = Kind(build(leaves), tuple(map(_leaf_aval, leaves)), build)  # the item itself may change
    if not leaves:
        raise LoopConflict("a list that grows in a loop holds no numbers or arrays", it.loc)
    for other in others:
        kind = joined(it, kind, kind_of(it, [other]))
    return kind


def kind_of_all(it, *lists) -> Kind:
    """What the items of several lists have in common, rows or known items; not all are empty."""
    kinds = [x.kind if isinstance(x, Rolled) else kind_of(it, x) for x in lists if x != ()]
    return functools.reduce(functools.partial(joined, it), kinds)


def joined(it, a: Kind, b: Kind) -> Kind:
    """The kind of items of both kinds: dtypes are promoted, Python's numbers as in `np.array`."""
    _same_structure(it, a.example, b.example)
    avals = []
    for x, y in zip(a.avals, b.avals, strict=True):
        if len(x.shape) != len(y.shape) or any(sizes.same(m, n) is False for m, n in zip(x.shape, y.shape)):
            raise LoopConflict(f"a list that grows in a loop holds items of types {x} and {y}", it.loc)
        dtype, weak = promote(x, y)
        dtype = dtype if x.weak == y.weak else np.result_type(x.dtype, y.dtype)
        avals.append(Aval(dtype, x.shape, weak and not x.shape))
    return replace(a, avals=tuple(avals))


def _same_structure(it, a, b) -> None:
    if is_array_like(a) and is_array_like(b):
        return
    parts, _ = children(it, a)
    others, _ = children(it, b)
    if parts is None and others is None and same_value(a, b):
        return
    if type(a) is not type(b) or parts is None or others is None or len(parts) != len(others):
        raise LoopConflict(
            f"a list that grows in a loop holds items unlike each other: {describe(a)} and {describe(b)}",
            it.loc,
        )
    for x, y in zip(parts, others, strict=True):
        _same_structure(it, x, y)


def is_array_like(value) -> bool:
    return is_data(value) or isinstance(value, np.ndarray)


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────


def columns(it, items, kind: Kind) -> list[list]:
    """For each leaf of the items' kind the leaves of all items, in its dtype."""
    leaves = [flatten(it, item)[0] for item in items]
    return [
        [cast_into(it, read(it, own[k]), aval.dtype) for own in leaves] for k, aval in enumerate(kind.avals)
    ]


def roll(it, items: tuple, kind: Kind, capacity, name: str = "") -> Rolled:
    """A list of known items, as rows of new arrays with a given number of places."""
    buffers = tuple(
        it.builder.apply("empty", shape=(capacity, *a.shape), dtype=a.dtype, base=name or "rows")
        for a in kind.avals
    )
    rolled = Rolled(kind, buffers, 0)
    for item in items:
        rolled = _put(it, rolled, item)
    return rolled


def widened(it, rolled: Rolled, kind: Kind, capacity) -> Rolled:
    """The same items, in arrays of the dtypes of `kind` with a given number of places."""
    buffers = []
    for buffer, aval in zip(rolled.buffers, kind.avals, strict=True):
        if buffer.dtype != aval.dtype:
            buffer = it.builder.apply("convert", buffer, dtype=aval.dtype, base=buffer.base)
        buffers.append(with_places(it, buffer, capacity))
    return Rolled(kind, tuple(buffers), rolled.length, rolled.room)


def with_places(it, buffer: Var, capacity) -> Var:
    """Rows, followed by as many unused ones as make them a given number."""
    more = capacity - buffer.shape[0]
    if isinstance(more, int) and more <= 0:
        return buffer
    rest = it.builder.apply("empty", shape=(more, *buffer.shape[1:]), dtype=buffer.dtype)
    return it.builder.apply("concatenate", buffer, rest, axis=0, base=buffer.base)


def push(it, rolled: Rolled, item) -> Rolled:
    """The list with an item appended; its arrays grow only where no place is sure to be free."""
    kind = joined(it, rolled.kind, kind_of(it, [item]))
    rolled = widened(it, rolled, kind, rolled.capacity)
    if not it.ranges.nonnegative(rolled.room - 1):
        return _put(it, widened(it, rolled, kind, rolled.capacity + 1), item)
    return replace(_put(it, rolled, item), room=rolled.room - 1)


def put(it, rolled: Rolled, key, value) -> Rolled:
    """The list after `items[key] = value`."""
    kind = joined(it, rolled.kind, kind_of(it, [value]))
    return _put(it, widened(it, rolled, kind, rolled.capacity), value, place_of(it, rolled, key))


def row_of(array) -> tuple:
    """The spec of one row of an array."""
    return whole(array.shape, {0: ("index", 0)})


def _put(it, rolled: Rolled, item, place=None) -> Rolled:
    """The list with an item in the given place, or after the last one."""
    leaves, _ = flatten(it, item)
    mark(it, item)
    buffers = []
    for buffer, leaf in zip(rolled.buffers, leaves, strict=True):
        atom = cast_into(it, read(it, leaf), buffer.dtype)
        row = it.builder.atom(rolled.length if place is None else place)
        spec = row_of(buffer)
        buffers.append(
            it.builder.apply("at_set", buffer, atom, row, spec=spec, checked=True, base=buffer.base)
        )
    return replace(rolled, buffers=tuple(buffers), length=rolled.length + (place is None))


def item(it, rolled: Rolled, place, copied: bool = True):
    """Item number `place`, an int, a size or an integer scalar that is in range.

    Args:
        copied: it is a copy, and is not to be changed.
    """
    leaves = []
    for buffer, aval in zip(rolled.buffers, rolled.kind.avals, strict=True):
        atom = it.builder.apply("index", buffer, it.builder.atom(place), spec=row_of(buffer), checked=True)
        if aval.weak:
            atom = it.builder.apply("convert", atom, dtype=aval.dtype, weak=True)
        leaves.append(fresh(it, atom))
    value = rolled.kind.build(leaves)
    if copied:
        mark(it, value)
    return value


def to_change(it, rolled: Rolled, key) -> tuple:
    """`items[key]`, to be changed, its place, and what gives the list with the changed item there."""
    place = place_of(it, rolled, key)
    value = item(it, rolled, place, copied=False)

    def with_change(now: Rolled) -> Rolled:
        kind = joined(it, kind_of(it, [value]), now.kind)
        return _put(it, widened(it, now, kind, now.capacity), value, place)

    return value, place, with_change


def get(it, rolled: Rolled, key):
    """`items[key]`: an item, or a list of some.

    Raises:
        OutOfRangeError: the index is known to be out of range.
    """
    if isinstance(key, slice):
        return ListValue(it.store, sliced(it, rolled, key))
    return item(it, rolled, place_of(it, rolled, key))


def place_of(it, rolled: Rolled, key):
    """The number of the row that an index means; a check is emitted where it may be out of range."""
    length = rolled.length
    dim = as_dim(key)
    if dim is None:
        raise TypeMismatchError("list indices must be integers or slices", it.loc)
    if isinstance(key, Var):
        return _run_time_place(it, key, length)
    if dim < 0 if isinstance(dim, int) else sizes.at_least(dim, 0) is False:
        dim = dim + length
    for least in (dim, length - 1 - dim):
        if isinstance(least, int) and least < 0:
            raise OutOfRangeError("list index out of range", it.loc)
        if not it.ranges.nonnegative(least):
            inside = it.builder.apply("greater_equal", it.builder.atom(least), Lit(0))
            it.builder.check(inside, IndexError, ("list index out of range",))
    return dim


def _run_time_place(it, key: Var, length):
    """The row that an index means which is known only at run time; what is proved is not checked."""
    apply, dim = it.builder.apply, it.ranges.polynomial(key)
    positive, below = it.ranges.nonnegative(dim), it.ranges.nonnegative(length - 1 - dim)
    whole = None if positive and below else it.builder.atom(length)
    tests = [] if below else [apply("less", key, whole)]
    if not positive:
        tests.append(apply("greater_equal", key, apply("negative", whole)))
    if tests:
        inside = tests[0] if len(tests) == 1 else apply("logical_and", tests[1], tests[0])
        it.builder.check(inside, IndexError, ("list index out of range",))
    return key if positive else apply("where", apply("less", key, 0), apply("add", key, whole), key)


def sliced(it, rolled: Rolled, key: slice) -> Rolled:
    """The items of a slice, as rows of their own."""
    parts = [it.subscript(fresh(it, buffer), key) for buffer in contents(it, rolled)]
    rows = tuple(it.builder.apply("copy", read(it, part)) for part in parts)
    return Rolled(rolled.kind, rows, rows[0].shape[0])


def pop(it, rolled: Rolled, key=-1) -> tuple[Rolled, object]:
    """The list without the item at `key`, and that item."""
    if isinstance(key, int) and key == -1:
        place = place_of(it, rolled, -1)
        return replace(rolled, length=rolled.length - 1, room=rolled.room + 1), item(it, rolled, place)
    place = as_dim(place_of(it, rolled, key))
    taken, behind = item(it, rolled, place), rolled.length - 1 - place
    moved = [_moved(it, b, place + 1, place, behind) for b in rolled.buffers]
    return replace(rolled, buffers=tuple(moved), length=rolled.length - 1, room=rolled.room + 1), taken


def insert(it, rolled: Rolled, key, value) -> Rolled:
    """The list with an item put before the one at `key`, where the list has that many."""
    length = rolled.length
    place = it.builder.apply("minimum", it.builder.atom(key), it.builder.atom(length))
    if not it.ranges.nonnegative(as_dim(key)):
        below = it.builder.apply("maximum", it.builder.apply("add", place, it.builder.atom(length)), 0)
        place = it.builder.apply("where", it.builder.apply("less", place, 0), below, place)
    place = as_dim(key) if isinstance(key, int) and key == 0 else as_dim(place)
    longer = push(it, rolled, value)
    moved = [_moved(it, b, place, place + 1, length - place) for b in longer.buffers]
    return _put(it, replace(longer, buffers=tuple(moved)), value, place)


def _moved(it, buffer, start, to, count):
    """An array whose rows from `start` on are also those from `to` on, `count` of them."""
    parts = [whole(buffer.shape, {0: ("slice", first, count, 1)}) for first in (start, to)]
    rows = it.builder.apply("copy", it.builder.apply("index", buffer, spec=parts[0]))
    return it.builder.apply("at_set", buffer, rows, spec=parts[1], base=buffer.base)


# ── as arrays ─────────────────────────────────────────────────────────────────────────────────────


def as_array(it, rolled: Rolled) -> Var | None:
    """What `np.array` makes of the list, if its items are numbers, arrays, or flat tuples of such."""
    if any(a.shape for a in rolled.kind.avals) and not _has_some(it, rolled.length):
        return it.builder.apply("zeros", shape=(0,), dtype=np.dtype(float))
    rows = contents(it, rolled)
    if _is_one_array(it, rolled.kind.example):
        return rows[0]
    parts, _ = children(it, rolled.kind.example)
    if not all(map(is_array_like, parts)):
        return None
    if any(len(a.shape) != len(rolled.kind.avals[0].shape) for a in rolled.kind.avals):
        return None
    dtype = np.result_type(*(a.dtype for a in rolled.kind.avals))
    rows = [r if r.dtype == dtype else it.builder.apply("convert", r, dtype=dtype) for r in rows]
    apart = [it.builder.apply("reshape", r, shape=(r.shape[0], 1, *r.shape[1:])) for r in rows]
    return it.builder.apply("concatenate", *apart, axis=1)


def _has_some(it, length) -> bool:
    """Are there rows? Without, NumPy does not see their axes; checked where only the data tells."""
    known = it.ranges.nonnegative(length - 1) or sizes.at_least(length, 1)
    if known is None:
        what = "a list of arrays is empty here, of which NumPy would make an array with one axis"
        it.builder.check(it.builder.apply("greater_equal", it.builder.atom(length), 1), ValueError, (what,))
    return known is not False


def _is_one_array(it, value) -> bool:
    """Is a value a number, an array, or a list that has grown in a loop of such?"""
    if isinstance(value, ListValue):
        items = it.list_items(value)
        return isinstance(items, Rolled) and _is_one_array(it, items.kind.example)
    return is_array_like(value)


def mark(it, value) -> None:
    """Remember what is written in a list, so that a later change of it is not missed."""
    if isinstance(value, Array):
        it.listed.add(value.box)
    elif isinstance(value, Record):
        it.listed.add(value)
    for part in children(it, value)[0] or ():
        mark(it, part)
