"""Lists inside a loop whose turns are not counted before it: stacks, which become rows after the loop.

ys = [y]
while t < end:            ys.append(…), ys.pop(), ys[-1] and len(ys) take no time worth mentioning here,
    ys.append(f(ys[-1]))  ys[-k] as many steps as k; anything else looks at the whole list
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.avals import INDEX, Aval
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Block, For, Lit, Var
from broadax.transforms.specialise.arrays import LoopConflict, cast_into, fresh, read
from broadax.transforms.specialise.rolled import item as row
from broadax.transforms.specialise.rolled import joined, kind_of, mark, place_of, row_of
from broadax.transforms.specialise.trees import flatten
from broadax.transforms.specialise.values import Kind, Rolled, Stacked

NEAR = 4  # items above one that are taken off one by one


def only_at_its_end(it) -> LoopConflict:
    """The error of what can't be done even so."""
    return LoopConflict(
        "a list that grows in a loop whose turns are not counted is replaced in it by one of another kind",
        it.loc,
        "fill an array of the largest size",
    )


# ── into stacks and out of them ───────────────────────────────────────────────────────────────────


def stack_up(it, items, kind: Kind, name: str) -> Stacked:
    """A list of known items, or one in rows, as stacks."""
    stacks = tuple(
        it.builder.apply("stack_new", item=Aval(a.dtype, a.shape), base=name or "items") for a in kind.avals
    )
    stacked = Stacked(kind, stacks, 0)
    if isinstance(items, tuple):
        for item in items:
            stacked = _pushed(it, stacked, item)
        return stacked
    return _each_row(it, stacked, items)


def _each_row(it, stacked: Stacked, rolled: Rolled) -> Stacked:
    """Push the rows of a list, in a loop."""
    builder = it.builder
    index = builder.var("k", INDEX)
    carries = tuple(builder.var(s.base, s.aval) for s in stacked.stacks)
    with builder.block() as stmts:
        after = _pushed(it, replace(stacked, stacks=carries), row(it, rolled, index))
    outs = tuple(builder.var(s.base, s.aval) for s in stacked.stacks)
    body = Block(tuple(stmts), after.stacks)
    bounds = Lit(0), builder.atom(rolled.length), Lit(1)
    builder.add(For(outs, index, *bounds, carries, stacked.stacks, body, loc=builder.loc, note=builder.note))
    return replace(stacked, stacks=outs, length=rolled.length)


def to_rows(it, stacked: Stacked) -> Rolled:
    """The list in arrays of as many rows as it has items."""
    pairs = zip(stacked.kind.avals, stacked.stacks, strict=True)
    rows = tuple(
        it.builder.apply("empty", shape=(stacked.length, *a.shape), dtype=a.dtype, base=s.base)
        for a, s in pairs
    )
    ends = stacked.ahead - 1, stacked.length - 1
    rows = _filled(it, stacked.stacks, rows, ends[1], ends[0], -1)
    if stacked.front:
        rows = _filled(it, stacked.front, rows, 0, stacked.ahead, 1)
    return Rolled(stacked.kind, rows, stacked.length)


def look(it, stacked: Stacked) -> tuple[Stacked, Rolled]:
    """The list, and its items in rows, for a use that needs all of them."""
    rows = to_rows(it, stacked)
    empty = stack_up(it, (), stacked.kind, stacked.stacks[0].base)
    return replace(_each_row(it, empty, rows), last=stacked.last), rows


def _filled(it, stacks: tuple, rows: tuple, start, stop, step: int) -> tuple:
    """Arrays whose rows from `start` to before `stop` are what stacks hold, from their tops on."""
    builder, init = it.builder, (*stacks, *rows)
    index, count = builder.var("k", INDEX), len(stacks)
    carries = tuple(builder.var(v.base, v.aval) for v in init)
    with builder.block() as stmts:
        below, filled = [], []
        for stack, rest in zip(carries[:count], carries[count:], strict=True):
            under, item = builder.apply("stack_pop", stack, base=stack.base)
            params = {"spec": row_of(rest), "checked": True, "base": rest.base}
            filled.append(builder.apply("at_set", rest, item, index, **params))
            below.append(under)
    outs = tuple(builder.var(v.base, v.aval) for v in init)
    body, bounds = (
        Block(tuple(stmts), (*below, *filled)),
        (builder.atom(start), builder.atom(stop), Lit(step)),
    )
    builder.add(For(outs, index, *bounds, carries, init, body, loc=builder.loc, note=builder.note))
    return outs[count:]


# ── at the end ────────────────────────────────────────────────────────────────────────────────────


def push(it, stacked: Stacked, item) -> Stacked:
    """The list with an item appended.

    Raises:
        LoopConflict: it is of another kind than the others.
    """
    kind = joined(it, stacked.kind, kind_of(it, [item]))
    if [a.dtype for a in kind.avals] != [a.dtype for a in stacked.kind.avals]:
        return replace(stacked, kind=kind)  # seen when the turn ends, and read again with stacks of this kind
    return _pushed(it, replace(stacked, kind=kind), item)


def _pushed(it, stacked: Stacked, item) -> Stacked:
    mark(it, item)
    atoms = []
    for leaf, stack in zip(flatten(it, item)[0], stacked.stacks, strict=True):
        atoms.append(cast_into(it, read(it, leaf), stack.aval.item.dtype))
    pairs = zip(stacked.stacks, atoms, strict=True)
    stacks = tuple(it.builder.apply("stack_push", s, a, base=s.base) for s, a in pairs)
    return replace(stacked, stacks=stacks, length=stacked.length + 1, last=tuple(atoms))


def pop(it, stacked: Stacked, key=-1) -> tuple[Stacked, object]:
    """The list without its last item, and that item; an empty one raises IndexError when the code runs."""
    if not isinstance(key, int) or key not in (-1, 0):
        raise only_at_its_end(it)
    _check_some(it, stacked, "pop from empty list")
    if key == 0:
        stacked = _turned(it, with_front(it, stacked), to_front=True)
        both = [it.builder.apply("stack_pop", s, base=s.base) for s in stacked.front]
        rest = replace(stacked, front=tuple(s for s, _ in both), ahead=stacked.ahead - 1)
    else:
        stacked = _turned(it, stacked, to_front=False)
        both = [it.builder.apply("stack_pop", s, base=s.base) for s in stacked.stacks]
        rest = replace(stacked, stacks=tuple(s for s, _ in both))
    return replace(rest, length=rest.length - 1, last=None), _item(it, stacked.kind, [x for _, x in both])


def with_front(it, stacked: Stacked) -> Stacked:
    """The list, with stacks for the items at its front."""
    if stacked.front:
        return stacked
    items = ((s.base, s.aval.item) for s in stacked.stacks)
    front = tuple(it.builder.apply("stack_new", item=aval, base=f"{base}_front") for base, aval in items)
    return replace(stacked, front=front, ahead=0)


def _turned(it, stacked: Stacked, to_front: bool) -> Stacked:
    """The list with all items in the stacks of one end, if these were empty."""
    if not stacked.front:
        return stacked
    ahead = stacked.ahead
    behind = stacked.length - ahead
    here, there = (ahead, behind) if to_front else (behind, ahead)
    builder = it.builder
    empty = builder.apply("equal", builder.atom(here), 0)
    count = builder.apply("where", empty, builder.atom(there), 0)
    source, target = (stacked.stacks, stacked.front) if to_front else (stacked.front, stacked.stacks)
    source, target = _moved(it, source, target, count)
    moved = Size.of(count) if isinstance(count, Var) else count.value
    if to_front:
        return replace(stacked, stacks=source, front=target, ahead=ahead + moved)
    return replace(stacked, stacks=target, front=source, ahead=ahead - moved)


def _moved(it, source: tuple, target: tuple, count) -> tuple[tuple, tuple]:
    """Stacks after `count` items have been taken from one and put on the other."""
    builder, init = it.builder, (*source, *target)
    carries = tuple(builder.var(s.base, s.aval) for s in init)
    n = len(source)
    with builder.block() as stmts:
        both = [builder.apply("stack_pop", s, base=s.base) for s in carries[:n]]
        pairs = zip(carries[n:], both, strict=True)
        onto = [builder.apply("stack_push", s, x, base=s.base) for s, (_, x) in pairs]
    outs = tuple(builder.var(s.base, s.aval) for s in init)
    body, index = Block(tuple(stmts), (*(s for s, _ in both), *onto)), builder.var("k", INDEX)
    bounds = Lit(0), count, Lit(1)
    builder.add(For(outs, index, *bounds, carries, init, body, loc=builder.loc, note=builder.note))
    return outs[:n], outs[n:]


def first(it, stacked: Stacked) -> tuple[Stacked, object]:
    """The list, and its first item."""
    _check_some(it, stacked, "list index out of range")
    stacked = _turned(it, with_front(it, stacked), to_front=True)
    both = [it.builder.apply("stack_pop", s, base=s.base) for s in stacked.front]
    back = tuple(it.builder.apply("stack_push", s, x, base=s.base) for s, x in both)
    return replace(stacked, front=back), _item(it, stacked.kind, [x for _, x in both])


def last(it, stacked: Stacked) -> tuple[Stacked, object]:
    """The list, and its last item."""
    if stacked.last is not None:
        return stacked, _item(it, stacked.kind, stacked.last)
    _check_some(it, stacked, "list index out of range")
    stacked = _turned(it, stacked, to_front=False)
    both = [it.builder.apply("stack_pop", s, base=s.base) for s in stacked.stacks]
    back = tuple(it.builder.apply("stack_push", s, x, base=s.base) for s, x in both)
    atoms = tuple(x for _, x in both)
    return replace(stacked, stacks=back, last=atoms), _item(it, stacked.kind, atoms)


def get(it, stacked: Stacked, key) -> tuple[Stacked, object]:
    """The list, and its item at an index."""
    if isinstance(key, int) and key in (-1, 0):
        return last(it, stacked) if key == -1 else first(it, stacked)
    if stacked.front:
        stacked, rows = look(it, stacked)
        return stacked, row(it, rows, place_of(it, rows, key))
    above = _above(it, stacked.length, key)
    if isinstance(above, int) and 0 <= above <= NEAR:
        return _near(it, stacked, above)
    place = place_of(it, Rolled(stacked.kind, (), stacked.length), key)
    above = it.builder.apply("subtract", it.builder.atom(stacked.length - 1), it.builder.atom(place))
    aside = stack_up(it, (), stacked.kind, "above").stacks
    count = it.builder.atom(above)
    stacks, aside = _moved(it, stacked.stacks, aside, count)
    rest, value = last(it, replace(stacked, stacks=stacks, last=None))
    _, stacks = _moved(it, aside, rest.stacks, count)
    return replace(stacked, stacks=stacks), value


def _above(it, length, key):
    """How many items are above the one at an index, where that is known; else None or a size."""
    if isinstance(key, int) and key < 0:
        return -1 - key
    place, length = it.ranges.polynomial(key), it.ranges.polynomial(length)
    return None if place is None else length - 1 - place


def _near(it, stacked: Stacked, above: int) -> tuple[Stacked, object]:
    """The list, and the item with so many above it."""
    if not above:
        return last(it, stacked)
    taken, rest = [], stacked
    for _ in range(above):
        both = [it.builder.apply("stack_pop", s, base=s.base) for s in rest.stacks]
        rest = replace(rest, stacks=tuple(s for s, _ in both), length=rest.length - 1, last=None)
        taken.append([x for _, x in both])
    rest, value = last(it, rest)
    stacks = rest.stacks
    for atoms in reversed(taken):
        pairs = zip(stacks, atoms, strict=True)
        stacks = tuple(it.builder.apply("stack_push", s, x, base=s.base) for s, x in pairs)
    return replace(stacked, stacks=stacks), value


def _check_some(it, stacked: Stacked, message: str) -> None:
    if not it.ranges.nonnegative(stacked.length - 1):
        some = it.builder.apply("greater", it.builder.atom(stacked.length), 0)
        it.builder.check(some, IndexError, (message,))


def _item(it, kind: Kind, atoms):
    leaves = []
    for atom, aval in zip(atoms, kind.avals, strict=True):
        if aval.weak and not atom.aval.weak:
            atom = it.builder.apply("convert", atom, dtype=aval.dtype, weak=True)
        leaves.append(fresh(it, atom))
    value = kind.build(leaves)
    mark(it, value)
    return value
