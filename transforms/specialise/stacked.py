"""Lists inside a loop whose turns are not counted before it: stacks, which become rows after the loop.

ys = [y]
while t < end:            ys.append(…), ys.pop(), ys[-1] and len(ys) are what such a loop may do
    ys.append(f(ys[-1]))
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.avals import INDEX, Aval
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Block, For, Lit, Var
from broadax.transforms.specialise.arrays import LoopConflict, cast_into, fresh, read
from broadax.transforms.specialise.rolled import item as row
from broadax.transforms.specialise.rolled import joined, kind_of, mark, row_of
from broadax.transforms.specialise.trees import flatten
from broadax.transforms.specialise.values import Kind, Rolled, Stacked


def only_at_its_end(it) -> LoopConflict:
    """The error of any other use."""
    return LoopConflict(
        "a list that grows in a loop whose turns are not counted can only be used at its end there",
        it.loc,
        "append, pop, pop(0), [-1], [0] and len work; else fill an array of the largest size",
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
