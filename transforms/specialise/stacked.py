"""Lists inside a loop whose turns are not counted before it: stacks, which become rows after the loop.

ys = [y]
while t < end:            ys.append(…), ys.pop(), ys[-1] and len(ys) are what such a loop may do
    ys.append(f(ys[-1]))
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.avals import INDEX, Aval
from broadax.transforms.core.statements import Block, For, Lit
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
        "append, pop, [-1] and len work; else fill an array of the largest size",
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
    builder, kind = it.builder, stacked.kind
    index = builder.var("k", INDEX)
    last = builder.apply("subtract", builder.atom(stacked.length), 1)
    empty = tuple(
        builder.apply("empty", shape=(stacked.length, *a.shape), dtype=a.dtype, base=s.base)
        for a, s in zip(kind.avals, stacked.stacks, strict=True)
    )
    init = (*stacked.stacks, *empty)
    carries = tuple(builder.var(v.base, v.aval) for v in init)
    count = len(stacked.stacks)
    with builder.block() as stmts:
        stacks, rows = [], []
        for stack, rest in zip(carries[:count], carries[count:], strict=True):
            below, item = builder.apply("stack_pop", stack, base=stack.base)
            params = {"spec": row_of(rest), "checked": True, "base": rest.base}
            rows.append(builder.apply("at_set", rest, item, index, **params))
            stacks.append(below)
    outs = tuple(builder.var(v.base, v.aval) for v in init)
    body = Block(tuple(stmts), (*stacks, *rows))
    builder.add(
        For(outs, index, last, Lit(-1), Lit(-1), carries, init, body, loc=builder.loc, note=builder.note)
    )
    return Rolled(kind, outs[count:], stacked.length)


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
    if key != -1:
        raise only_at_its_end(it)
    _check_some(it, stacked, "pop from empty list")
    both = [it.builder.apply("stack_pop", s, base=s.base) for s in stacked.stacks]
    rest = replace(stacked, stacks=tuple(s for s, _ in both), length=stacked.length - 1, last=None)
    return rest, _item(it, stacked.kind, [x for _, x in both])


def last(it, stacked: Stacked) -> tuple[Stacked, object]:
    """The list, and its last item."""
    if stacked.last is not None:
        return stacked, _item(it, stacked.kind, stacked.last)
    _check_some(it, stacked, "list index out of range")
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
