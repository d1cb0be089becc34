"""Joins what two branches, or the turns of a loop, left behind: one structure, one type, new names.

`join(a, b)` compares two abstract values and gives a template: places that stay as they are, places
that become a Core result (a `Slot`, with the value to read on each side), and containers of these.
`thaw` fills a template with the results' variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from broadax.transforms.core import sizes
from broadax.transforms.core.avals import INDEX, Aval, aval_of, promote
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var
from broadax.transforms.specialise.sameness import lasting, same_value
from broadax.transforms.specialise.values import (
    NUMBERS,
    UNDEFINED,
    Array,
    Box,
    Closure,
    Conflict,
    DictValue,
    Instance,
    Kind,
    ListValue,
    Maybe,
    Method,
    Record,
    Rolled,
    Stacked,
    Text,
    type_name,
)


@dataclass(frozen=True, eq=False)
class Keep:
    """The same value on both sides."""

    value: Any


@dataclass(frozen=True, eq=False)
class Slot:
    """A Core result of type `aval`; `sides` are the values to read on each side.

    kind: 'scalar' (the variable itself), 'array' (a new reference), or 'contents' (of a box).
    loop: the sides are the start and the end of a turn.
    rows: a side may have fewer rows, of which the others are not used.
    """

    aval: Aval
    sides: tuple
    kind: str
    base: str = ""
    loop: bool = False
    rows: bool = False


@dataclass(frozen=True, eq=False)
class Tuple:
    """A container; `make(children)` builds it again. `sides`: the records of which it may be either."""

    children: tuple
    make: Any
    sides: tuple = ()


@dataclass(frozen=True, eq=False)
class Perhaps:
    """A value that may be unbound, or `none`, with the slot that tells."""

    value: Any
    bound: Slot
    none: bool = False


Template = Keep | Slot | Tuple | Perhaps


def numeric_aval(value) -> Aval | None:
    """The type of a run-time scalar or a number; None for anything else."""
    if isinstance(value, Var):
        return value.aval
    if isinstance(value, NUMBERS):
        return aval_of(value)
    if isinstance(value, Size):
        return INDEX
    return None


def join(store, a, b, base: str = "", loop: bool = False) -> Template:
    """The template of a place that holds `a` on one side and `b` on the other.

    Args:
        loop: the sides are the start and the end of a turn, so an array may not become a number.
    """
    if same_value(a, b):
        return Keep(a if a is b else lasting(a))
    if a is UNDEFINED or b is UNDEFINED or isinstance(a, Maybe) or isinstance(b, Maybe):
        return _join_unbound(store, a, b, base, loop)
    if isinstance(a, Conflict) or isinstance(b, Conflict):
        return Keep(a if isinstance(a, Conflict) else b)
    first, second = numeric_aval(a), numeric_aval(b)
    if first is not None and second is not None:
        kind = "contents" if isinstance(a, Var) and first.shape else "scalar"
        return _slot(first, second, a, b, kind, base, loop)
    if isinstance(a, Array) or isinstance(b, Array):
        first, second = first or getattr(a, "aval", None), second or getattr(b, "aval", None)
        if isinstance(first, Aval) and isinstance(second, Aval):
            return _slot(first, second, a, b, "array", base, loop)
    return _join_container(store, a, b, base, loop)


def _join_container(store, a, b, base: str, loop: bool) -> Template:
    if type(a) is type(b):
        if isinstance(a, tuple) and len(a) == len(b):
            cls = type(a)
            make = tuple if cls is tuple else lambda items: tuple.__new__(cls, items)
            return Tuple(tuple(join(store, x, y, base, loop) for x, y in zip(a, b, strict=True)), make)
        if isinstance(a, ListValue) and a.cls is b.cls:
            inner = join(store, *_items(store, a, b), base, loop)
            if not isinstance(inner, Keep) or not isinstance(inner.value, Conflict):
                name = a.name if a.name == b.name else base
                return Tuple((inner,), lambda xs: ListValue(store, xs[0], name, a.cls), (a, b))
        if isinstance(a, Rolled):
            return join_rolled(store, a, b, base, loop)
        if isinstance(a, Stacked):
            return join_stacked(a, b, a.last is not None and b.last is not None)
        if isinstance(a, Closure) and a.node is b.node and a.frame is b.frame:
            # Made anew in each turn. What it reads it finds when it is called; its defaults it has.
            (left, make), (right, _) = _parts(store, a, 0), _parts(store, b, 1)
            pairs = zip(left, right, strict=True)
            return Tuple(tuple(join(store, x, y, base, loop) for x, y in pairs), make)
        if isinstance(a, dict) and list(a) == list(b):
            children = tuple(join(store, a[k], b[k], base, loop) for k in a)
            return Tuple(children, lambda xs, keys=tuple(a): dict(zip(keys, xs, strict=True)))
        if isinstance(a, DictValue) and len({tuple(found) for found in _items(store, a, b)}) == 1:
            inner = join(store, *_items(store, a, b), base, loop)
            return Tuple((inner,), lambda xs: DictValue(store, xs[0]), (a, b))
        if isinstance(a, Instance) and a.cls is b.cls:
            left, right = store.slots_on(a, 0), store.slots_on(b, 1)
            right = {k: right[k] for k in left} if left.keys() == right.keys() else right
            inner = join(store, left, right, base, loop)
            if isinstance(inner, Keep) and isinstance(inner.value, Conflict):
                return inner
            return Tuple((inner,), lambda xs, cls=a.cls: Instance(store, cls, xs[0]), (a, b))
    return Keep(Conflict(differing(base, describe(a), describe(b), loop), instead=_way_out(a, b, loop)))


def _items(store, a, b) -> tuple:
    """The contents of two lists or dicts, each as its side has left them."""
    return store.slots_on(a, 0)["items"], store.slots_on(b, 1)["items"]


def differing(base: str, a: str, b: str, loop: bool) -> str:
    """The sentence for what two branches, or two turns, left behind."""
    base = {"": "a value", "items": "a list or dict", "result": "the result"}.get(base, base)
    if loop:
        return f"{base} is {a} before a turn of the loop and {b} after it"
    return f"{base} is {a} in one branch and {b} in the other"


def _way_out(a, b, loop: bool) -> str:
    if any(isinstance(v, (Closure, Method)) or callable(v) for v in (a, b)):
        return "call the function in each branch, and keep its result"
    if any(isinstance(v, (str, Text)) for v in (a, b)):
        return "a bool or an int instead of a text, or decide where the text is compared"
    if a is None or b is None:
        where = "before the loop" if loop else "in both branches"
        return f"a value of the same type {where}, such as 0.0 or np.zeros(n)"
    return f"the same structure {'after each turn' if loop else 'in both branches'}"


def join_rolled(store, a: Rolled, b: Rolled, base: str, loop: bool) -> Template:
    """The template of a list that is kept as rows on both sides."""
    pairs = list(zip(a.buffers, b.buffers, strict=True))
    if loop:
        parts = tuple(join(store, x, y, x.base, loop) for x, y in pairs)
    else:  # rows of the larger number of places
        most = a.capacity if a.capacity == b.capacity else sizes.size_op("max", a.capacity, b.capacity)
        avals = [Aval(promote(x.aval, y.aval)[0], (most, *x.shape[1:])) for x, y in pairs]
        parts = tuple(Slot(t, p, "contents", p[0].base, rows=True) for t, p in zip(avals, pairs, strict=True))
    parts += (join(store, a.length, b.length, "count", loop),)
    conflict = next((p for p in parts if isinstance(p, Keep) and isinstance(p.value, Conflict)), None)
    if conflict is not None:
        return conflict
    avals = tuple(
        Aval(*promote(x, y)[:1], x.shape, promote(x, y)[1] and not x.shape)
        for x, y in zip(a.kind.avals, b.kind.avals, strict=True)
    )
    kind = replace(a.kind, avals=avals)
    spare = a.room - b.room
    room = (a.room if spare <= 0 else b.room) if isinstance(spare, int) else 0
    return Tuple(parts, rolled_maker(kind, room))


def join_stacked(a: Stacked, b: Stacked, with_last: bool) -> Template:
    """The template of a list that is stacks on both sides."""
    both = a.front or b.front
    sides = zip(*(x.front or [UNDEFINED] * len(both) for x in (a, b)), strict=True)
    pairs = [*zip(a.stacks, b.stacks, strict=True), *sides]
    like = (*a.stacks, *both)
    parts = [Slot(s.aval, pair, "contents", s.base) for s, pair in zip(like, pairs, strict=True)]
    parts.append(Slot(INDEX, (a.ahead, b.ahead), "scalar", "ahead") if both else Keep(0))
    parts.append(Slot(INDEX, (a.length, b.length), "scalar", "count"))
    if with_last:
        for k, x, y in zip(a.kind.avals, a.last, b.last, strict=True):
            parts.append(Slot(k, (x, y), "contents" if k.shape else "scalar", "last"))
    count, some = len(a.stacks), len(like)

    def make(found):
        ahead, length = (Size.of(n) if isinstance(n, Var) else n for n in found[some : some + 2])
        last = tuple(found[some + 2 :]) if with_last else None
        return Stacked(a.kind, tuple(found[:count]), length, last, tuple(found[count:some]), ahead)

    return Tuple(tuple(parts), make)


def _join_unbound(store, a, b, base: str, loop: bool) -> Template:
    values = [v.value if isinstance(v, Maybe) else v for v in (a, b)]
    flags = [v.bound if isinstance(v, Maybe) else v is not UNDEFINED for v in (a, b)]
    known = [v for v in values if v is not UNDEFINED]
    inner = join(store, *known, base, loop) if len(known) == 2 else _lone(store, known[0], values, base)
    if isinstance(inner, Keep) and isinstance(inner.value, Conflict):
        return inner
    none = any(isinstance(v, Maybe) and v.none for v in (a, b))
    return Perhaps(inner, Slot(Aval(np.dtype(bool), (), weak=True), tuple(flags), "scalar", "bound"), none)


def join_none(store, a, b, base: str, loop: bool) -> Template | None:
    """The template of a name that is None on one side; None where the other side is no data."""
    other = b if a is None else a
    value = other.value if isinstance(other, Maybe) else other
    if isinstance(other, Maybe) and not other.none or not _is_data(value):
        return None
    template = _join_unbound(store, *(UNDEFINED if v is None else v for v in (a, b)), base, loop)
    return replace(template, none=True) if isinstance(template, Perhaps) else None


def _is_data(value) -> bool:
    """Is it a number, an array, or a tuple of such?"""
    if isinstance(value, tuple):
        return bool(value) and all(map(_is_data, value))
    return isinstance(value, (Array, Var, Size, *NUMBERS))


def _lone(store, value, values, base: str) -> Template:
    """A value bound on one side only: the other side supplies a filler of its type."""
    aval = numeric_aval(value)
    sides = tuple(v if v is not UNDEFINED else UNDEFINED for v in values)
    if isinstance(value, Array):
        return Slot(value.aval, sides, "array", base)
    if aval is not None and not isinstance(value, NUMBERS):
        return Slot(aval, sides, "scalar", base)
    side = int(values[0] is UNDEFINED)
    parts, make = _parts(store, value, side)
    if parts is None:
        return Keep(value)
    pairs = [[UNDEFINED if v is UNDEFINED else part for v in values] for part in parts]
    sides = (value,) if isinstance(value, Record) else ()
    inner = store.slots_on(value, side)["items"] if isinstance(value, ListValue) else value
    if isinstance(inner, Rolled):
        *rows, length = map(tuple, pairs)
        both = zip(inner.buffers, rows, strict=True)
        slots = [Slot(b.aval, pair, "contents", b.base, rows=True) for b, pair in both]
        return Tuple((*slots, Slot(INDEX, length, "scalar", "count")), make, sides)
    children = zip(parts, pairs, strict=True)
    return Tuple(tuple(_lone(store, part, pair, base) for part, pair in children), make, sides)


def _parts(store, value, k: int):
    """The parts of a container and how to make one like it; `(None, None)` for anything else."""
    if isinstance(value, tuple):
        cls = type(value)
        return tuple(value), tuple if cls is tuple else lambda parts: tuple.__new__(cls, parts)
    if isinstance(value, Rolled):
        return (*value.buffers, value.length), rolled_maker(value.kind, value.room)
    if isinstance(value, ListValue):
        inner, name, cls = store.slots_on(value, k)["items"], value.name, value.cls
        parts, make = _parts(store, inner, k)
        return parts, lambda xs: ListValue(store, make(xs), name, cls)
    if isinstance(value, (DictValue, Instance)):
        named = store.slots_on(value, k)
        named = named["items"] if isinstance(value, DictValue) else named
        keys = tuple(named)

        def make(xs):
            items = dict(zip(keys, xs, strict=True))
            return (
                DictValue(store, items) if isinstance(value, DictValue) else Instance(store, value.cls, items)
            )

        return tuple(named.values()), make
    if isinstance(value, Closure):
        count = len(value.defaults)
        return (*value.defaults, *value.kw_defaults), lambda xs: replace(
            value, defaults=tuple(xs[:count]), kw_defaults=tuple(xs[count:])
        )
    return None, None


def rolled_maker(kind: Kind, room):
    """A rolled list from its buffers and its length."""

    def make(parts):
        length = Size.of(parts[-1]) if isinstance(parts[-1], Var) else parts[-1]
        return Rolled(kind, tuple(parts[:-1]), length, room)

    return make


def _slot(first: Aval, second: Aval, a, b, kind: str, base: str, loop: bool) -> Template:
    dtype, weak = promote(first, second)
    shape = _join_shapes(first.shape, second.shape, loop)
    if shape is None:
        instead = (
            "an array of the largest size, made before the loop; or a list, to be concatenated after it"
            if loop
            else "give it the same shape in both branches"
        )
        return Keep(
            Conflict(differing(base, f"an array {first}", f"an array {second}", loop), instead=instead)
        )
    kind = "array" if shape and kind == "scalar" else kind
    return Slot(Aval(dtype, shape, weak and not shape), (a, b), kind, base, loop)


def _join_shapes(first: tuple, second: tuple, loop: bool):
    if not first or not second and not loop:
        return first or second
    if len(first) != len(second):
        return None
    return first if all(sizes.same(a, b) is not False for a, b in zip(first, second, strict=True)) else None


def describe(value) -> str:
    """A value's kind in words, for messages."""
    if isinstance(value, (Array, Var)):
        return f"{'an array' if value.aval.shape else 'a scalar'} {value.aval}"
    if isinstance(value, ListValue):
        items = value.slots["items"]
        return f"a list of {len(items) if isinstance(items, tuple) else items.length}"
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    if isinstance(value, Closure):
        return f"the function {value.name} of line {value.node.lineno}"
    if isinstance(value, dict):
        return f"a dict with keys {', '.join(map(str, value))}"
    if isinstance(value, (Text, Method)) or callable(value):
        return f"the function {value.__name__}" if hasattr(value, "__name__") else f"a {type_name(value)}"
    if isinstance(value, DictValue):
        return f"a dict with keys {', '.join(map(str, value.slots['items']))}"
    if isinstance(value, Instance):
        return f"a {value.cls.__name__}"
    if isinstance(value, Size):
        return f"the size {value}"
    return repr(value)


def slots(template: Template) -> Iterator[Slot]:
    """The Core results of a template, in order."""
    if isinstance(template, Slot):
        yield template
    elif isinstance(template, Tuple):
        for child in template.children:
            yield from slots(child)
    elif isinstance(template, Perhaps):
        yield from slots(template.value)
        yield template.bound


def thaw(store, template: Template, take, boxes: dict):
    """The value of a template; `take(slot)` gives the variable of each slot, asked in order.

    `boxes` remembers which pair of records became which, so that aliases stay aliases.
    """
    if isinstance(template, Keep):
        return template.value
    if isinstance(template, Slot):
        var = take(template)
        return _thaw_array(store, template, var, boxes) if template.kind == "array" else var
    if isinstance(template, Perhaps):
        value = thaw(store, template.value, take, boxes)
        return Maybe(value, take(template.bound), template.none)
    made = template.make(tuple(thaw(store, child, take, boxes) for child in template.children))
    if template.sides and template.sides not in boxes:
        boxes[template.sides] = chosen(made, template.sides)
    return boxes[template.sides] if template.sides else made


def _thaw_array(store, slot: Slot, var, boxes: dict) -> Array:
    sides = tuple(side.box for side in slot.sides if isinstance(side, Array))
    whole = all(isinstance(side, Array) and side.view is None for side in slot.sides)
    box = boxes.get(sides) if whole else None
    if box is None:
        box = boxes[sides] = chosen(Box(store, var, slot.base), sides)
    return Array(box, slot.aval)


def chosen(made: Record, sides) -> Record:
    """A new record that may be any of these."""
    made.may_be = tuple(dict.fromkeys(r for side in sides for r in (side, *side.may_be)))
    return made
