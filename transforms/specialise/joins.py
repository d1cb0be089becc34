"""What branches and the turns of a loop leave behind, place by place: joined, read on each side, settled."""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.avals import Aval, StackAval
from broadax.transforms.core.sizes import atoms_of, same
from broadax.transforms.core.statements import Lit
from broadax.transforms.specialise import merge
from broadax.transforms.specialise.arrays import cast_into, read
from broadax.transforms.specialise.enlarged import Enlarged
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.rolled import with_places
from broadax.transforms.specialise.values import UNDEFINED, Box, Conflict, Frame, Instance


def join_place(it: Interpreter, place, a, b, loop: bool = False):
    """The template of a place; that a box has been written is remembered, not computed."""
    record, slot = place
    if slot == "written" and isinstance(record, Box):
        return merge.Keep(True)
    if isinstance(record, (Frame, Instance)) and (a is None) != (b is None):
        template = merge.join_none(it.store, a, b, base_of(record, slot), loop)
        if template is not None:
            return template
    template = merge.join(it.store, a, b, base_of(record, slot), loop)
    if isinstance(template, merge.Keep) and isinstance(template.value, Conflict) and not template.value.made:
        return merge.Keep(replace(template.value, made=it.builder.loc))
    return template


def base_of(record, slot: str) -> str:
    """What a place is called in generated code."""
    if slot == "value" and getattr(record, "name", ""):
        return record.name
    return {"%value": "result", "%returned": "done", "%break": "stop", "%continue": "skip"}.get(
        slot, slot.lstrip("%")
    )


def in_scope(template, inside: set):
    """A template whose results' sizes exist outside the branch; else a conflict in its place."""
    for slot in merge.slots(template):
        shape = slot.aval.item.shape if isinstance(slot.aval, StackAval) else slot.aval.shape
        for dim in shape:
            if any(var in inside for var in atoms_of(dim)):
                why = f"the size {dim} of {slot.base or 'a value'} is known only inside a branch or loop"
                return merge.Keep(Conflict(why, instead="make the array before it, with its largest size"))
    return template


def read_slot(it: Interpreter, slot, k: int):
    """The atom that side `k` gives to a slot, in the slot's type."""
    value, aval = slot.sides[k], slot.aval
    if isinstance(aval, StackAval):
        return it.builder.apply("stack_new", item=aval.item) if value is UNDEFINED else value
    if value is UNDEFINED:
        return filler(it, aval)
    atom = cast_into(it, read(it, value), aval.dtype)
    if aval.shape and not atom.shape:
        number, atom = atom, it.builder.apply("full", atom, shape=aval.shape)
        zero = isinstance(number, Lit) and number.value == 0
        it.enlarged[atom] = Enlarged(slot.base, it.builder.loc, zero, branch=not slot.loop)
    if slot.rows and atom.shape[0] != aval.shape[0]:
        atom = with_places(it, atom, aval.shape[0])
    for have, want in zip(atom.shape, aval.shape, strict=True):
        _check_size(it, slot.base, have, want)
    return atom


def _check_size(it: Interpreter, name: str, have, want) -> None:
    """Where sizes come from data, the two sides are taken to agree: checked when the code runs."""
    if have == want or same(have, want) is not None:
        return
    it.assumed.append(name)
    a, b = it.builder.size_value(have), it.builder.size_value(want)
    message = (
        f"{name or 'an array'} has size ", 1, " here and ", 2, " before the loop or on the other path: "
        "keep its size, and a mask or a count of what is left",
    )  # fmt: skip
    it.builder.check(it.builder.apply("equal", a, b), ValueError, message, (a, b))


def filler(it: Interpreter, aval: Aval):
    """A value that is never used, of a given type."""
    if aval.shape:
        return it.builder.apply("empty", shape=aval.shape, dtype=aval.dtype)
    zero = aval.dtype.type(0)
    return Lit(zero.item() if aval.weak else zero, aval)


def settle(it: Interpreter, templates: dict, value, take, boxes=None):
    """Write the joined values to their places; gives the value of `value`'s template."""
    boxes = {} if boxes is None else boxes
    for (record, slot), template in templates.items():
        it.store.set(record, slot, merge.thaw(it.store, template, take, boxes))
    result = merge.thaw(it.store, value, take, boxes) if value is not None else None
    it.chosen.extend(b for b in boxes.values() if b.may_be)
    return result
