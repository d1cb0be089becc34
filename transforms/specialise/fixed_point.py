"""What a loop carries: its body is read until the types at the start and at the end of a turn agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core.statements import Block, Var, definitions
from broadax.transforms.specialise import merge
from broadax.transforms.specialise.growth import UNCOUNTED, Growth, Trips, grows
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.joins import base_of, in_scope, join_place, read_slot, settle
from broadax.transforms.specialise.lockstep import Lockstep
from broadax.transforms.specialise.sameness import same_value
from broadax.transforms.specialise.stacked import to_rows
from broadax.transforms.specialise.values import Array, Conflict, Stacked

MAX_ROUNDS = 12


@dataclass(eq=False)
class Turn:
    """A loop's body that has been read once: its statements and what it changed."""

    stmts: list
    changes: dict
    heads: dict
    cond: tuple | None = None


def read_loop(
    it: Interpreter, guess, read_turn: Callable[[], object], trips: Trips = UNCOUNTED
) -> tuple[dict, Turn]:
    """Read a loop's body until what it carries has settled.

    Args:
        guess: places that probably change from turn to turn.
        read_turn: reads one turn in the current state and may return the condition `(stmts, atom)`.
        trips: how often the loop turns, for lists that grow in it.

    Returns: the template of each carried place (start of the loop, end of a turn), and the last turn.
    """
    before = {place: it.store.get(*place) for place in guess}
    templates = {p: _opened(it, v, base_of(*p)) for p, v in before.items()}
    grown: dict = {}
    lockstep = Lockstep(it)
    origins, narrowed = it.origins, set()
    it.shared.settle()
    for turns_read in range(MAX_ROUNDS):
        shared = len(it.shared.lists)
        names = dict(it.builder.names.count)
        heads: dict = {}
        it.origins = dict(origins)  # a place of another turn is not one of this turn
        it.in_branch += 1
        try:
            with it.builder.block() as stmts, it.store.branch() as changes:
                for growth in grown.values():
                    growth.inside = True
                _enter(it, templates, heads)
                starts = {p: g.start for p, g in grown.items() if isinstance(g.start, Stacked)}
                lockstep.assume(list(templates), before, starts)
                cond = read_turn()
        finally:
            it.in_branch -= 1
            it.origins = origins
        found, inside = {}, {*definitions(Block(tuple(stmts))), *heads.values(), trips.index}
        it.shared.settle()
        # What a turn leaves in two places is so from the start of the next one.
        settled = (len(it.shared.lists) == shared or turns_read > 1) and lockstep.holds(changes)
        for place in dict.fromkeys([*templates, *changes]):
            before.setdefault(place, it.store.get(*place))
            end = changes.get(place, before[place])
            if place in grown or grows(place, before[place], end):
                growth = grown.setdefault(place, Growth(it, trips, place, before[place]))
                growth.inside = False
                template, changed = growth.meet(end, inside)
                settled &= not changed
            else:
                with it.store.joining({}, changes):
                    template = join_place(it, place, before[place], end, loop=True)
            found[place] = in_scope(template, inside)
        found = {p: _widened(templates.get(p), t, p in narrowed) for p, t in found.items()}
        narrowed |= {p for p, t in found.items() if isinstance(t, merge.Keep)}
        if settled and _settled(templates, found):
            return found, Turn(stmts, changes, heads, cond)
        it.inputs.rewind(names)
        templates = found
    raise UnsupportedError("the types of what this loop carries do not settle", it.loc)


def _enter(it: Interpreter, templates: dict, heads: dict) -> None:
    """Put the carried places into the state at the start of a turn."""

    def take(slot):
        heads[slot] = it.builder.var(slot.base or "carry", slot.aval)
        return heads[slot]

    boxes: dict = {}
    settle(it, templates, None, take, boxes)
    # Boxes that were one before the loop but are carried apart may still be one in the first turn.
    for first, box in boxes.items():
        for second, other in boxes.items():
            if box is not other and first[0] is second[0]:
                box.may_be = (*box.may_be, other)


def _opened(it: Interpreter, value, base: str):
    """A first guess: every run-time leaf of a value is carried in the type that it has."""
    if isinstance(value, Var):
        return merge.Slot(value.aval, (value, value), "contents" if value.shape else "scalar", base)
    if isinstance(value, Array):
        return merge.Slot(value.aval, (value, value), "array", base)
    if type(value) is tuple:
        return merge.Tuple(tuple(_opened(it, v, base) for v in value), tuple)
    return merge.Keep(value)


def _settled(old: dict, new: dict) -> bool:
    return list(old) == list(new) and all(_alike(old[p], new[p]) for p in old)


def _alike(a, b) -> bool:
    """The same structure with the same types."""
    if type(a) is not type(b):
        return False
    if isinstance(a, merge.Slot):
        return a.aval == b.aval and a.kind == b.kind
    if isinstance(a, merge.Tuple):
        return len(a.children) == len(b.children) and all(map(_alike, a.children, b.children))
    if isinstance(a, merge.Perhaps):
        return _alike(a.value, b.value)
    return same_value(a.value, b.value) or isinstance(a.value, Conflict) and isinstance(b.value, Conflict)


def _widened(old, new, again: bool):
    """What was carried, though a turn ends with what was there before the loop, is carried no more; but if it
    is to change `again`, it stays carried."""
    if isinstance(new, merge.Keep) and isinstance(old, merge.Slot) and not isinstance(new.value, Conflict):
        return old if again else new
    return new


def finish(it: Interpreter, templates: dict, turn: Turn, make: Callable):
    """Emit the loop and leave the state after it; `make(outs, carries, init, body)` is the statement."""
    slots = [s for t in templates.values() for s in merge.slots(t)]
    heads = list(turn.heads.values())
    init = tuple(read_slot(it, slot, 0) for slot in slots)
    with it.builder.reopen(turn.stmts), it.store.replay(turn.changes):
        results = tuple(read_slot(it, slot, 1) for slot in slots)
    outs = tuple(it.builder.var(slot.base or "carry", slot.aval) for slot in slots)
    it.builder.add(make(outs, tuple(heads), init, Block(tuple(turn.stmts), results)))
    stacks = [p for p in templates if isinstance(it.store.get(*p), Stacked)]
    settle(it, templates, None, dict(zip(slots, outs, strict=True)).__getitem__)
    for place in templates:
        items = it.store.get(*place)
        if isinstance(items, Stacked) and place not in stacks:
            it.store.set(*place, to_rows(it, items))
