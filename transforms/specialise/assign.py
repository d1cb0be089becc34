"""Assignment: names, unpacking, subscripts and attributes; in-place operators."""

from __future__ import annotations

import gast

from broadax.runtime.errors import (
    InvalidValueError,
    MissingAttributeError,
    TypeMismatchError,
    UnsupportedError,
)
from broadax.transforms.core import sizes
from broadax.transforms.core.statements import Op, Var
from broadax.transforms.specialise import lists, resized, resizing
from broadax.transforms.specialise.arrays import (
    check_alias,
    read,
)
from broadax.transforms.specialise.interpreter import Interpreter, statement
from broadax.transforms.specialise.iterate import sequence_of
from broadax.transforms.specialise.operators import binary, operator_of
from broadax.transforms.specialise.storing import augment_item, store_item, update_all
from broadax.transforms.specialise.values import (
    UNDEFINED,
    Array,
    DictValue,
    Frame,
    Instance,
    Iteration,
    Iterator,
    ListValue,
    type_name,
)

ARRAY_PARTS = ("shape", "dtype", "strides", "flat", "real", "imag", "T")


def assign(it: Interpreter, target, value, frame: Frame) -> None:
    """Bind a target (a name, a pattern, a subscript, an attribute) to a value."""
    if isinstance(target, gast.Name):
        assign_name(it, target.id, value, frame)
    elif isinstance(target, (gast.Tuple, gast.List)):
        _unpack(it, target.elts, value, frame)
    elif isinstance(target, gast.Subscript):
        owner, put_back = _owner(it, target.value, frame)
        store_item(it, owner, it.eval(target.slice, frame), value)
        put_back()
    elif isinstance(target, gast.Attribute):
        owner = it.eval(target.value, frame)
        if isinstance(owner, Array) and target.attr in ARRAY_PARTS:
            _set_part(it, owner, target.attr, value)
            return
        if isinstance(owner, (tuple, int, float, str, Var, Array)):
            what = f"'{type_name(owner)}' object has no attribute '{target.attr}' that can be set"
            raise MissingAttributeError(what, it.loc)
        if not isinstance(owner, Instance):
            raise UnsupportedError(
                f"setting attribute {target.attr} of an object that is not made in this function",
                it.loc,
                "return the new value instead",
            )
        params = getattr(owner.cls, "__dataclass_params__", None)
        if params is not None and params.frozen:
            raise MissingAttributeError(
                f"cannot assign to field '{target.attr}'", it.loc, "dataclasses.replace"
            )
        check_alias(it, owner, "", type_name(owner), "copy.copy({})")
        it.store.set(owner, target.attr, value)
    else:
        raise UnsupportedError("this target of an assignment is not supported", it.loc)


def _set_part(it: Interpreter, owner: Array, name: str, value) -> None:
    """`z.imag = v`, `x.flat = v`: a write to all of that view."""
    if name not in ("real", "imag", "flat"):
        way_out = "x = x.reshape(…)" if name == "shape" else "make a new array"
        raise UnsupportedError(f"setting the {name} of an array is not supported", it.loc, way_out)
    if name == "imag" and owner.aval.dtype.kind != "c":
        raise TypeMismatchError("array does not have imaginary part to set", it.loc)
    store_item(it, it.attribute(owner, name), Ellipsis, value)


def _owner(it: Interpreter, node, frame: Frame) -> tuple:
    """What the value of a subscript on the left is, and what is to be done after it has been written to."""
    if not isinstance(node, gast.Subscript):
        return it.eval(node, frame), lambda: None
    owner, put_back = _owner(it, node.value, frame)
    return lists.item_to_change(it, owner, it.eval(node.slice, frame), put_back)


def assign_name(it: Interpreter, name: str, value, frame: Frame) -> None:
    """Bind a name, in the frame that it belongs to."""
    if name in frame.nonlocals:
        frame = frame.parent
        while name not in frame.local_names and frame.parent is not None:
            frame = frame.parent
    held = it.store.get(frame, name)
    if resized.is_resized(held) and held.cls.shrinks:
        resized.put(it, held, value)
        return
    if isinstance(value, Iteration):
        value = Iterator(it.store, value)
    if isinstance(value, Array) and not value.box.name and value.view is None:
        value.box.name = name
    if isinstance(value, ListValue) and not value.name:
        value.name = name
    name_atom(it, value, name)
    it.store.set(frame, name, value)


def name_atom(it: Interpreter, value, name: str) -> None:
    """Name the variable of a value that has just been computed after the name that it is bound to."""
    atom = (
        value
        if isinstance(value, Var)
        else (
            value.view.made
            if isinstance(value, Array) and value.view is not None
            else it.store.get(value.box, "value")
            if isinstance(value, Array)
            else None
        )
    )
    if atom in it.inputs.unnamed:
        for var in (atom, *it.inputs.unnamed.pop(atom)):
            var.base, var.name = name, it.builder.names.fresh(name)
        return
    stmts = it.builder.open[-1]
    # Just computed: the last statement, or one before it where several names are bound at once.
    made = next((s for s in stmts[:-5:-1] if isinstance(s, Op) and s.outs[0] is atom), None)
    if made is None or atom.base != made.prim.name:
        return  # it has a name already
    atom.base, atom.name = name, it.builder.names.fresh(name)


def _unpack(it: Interpreter, targets, value, frame: Frame) -> None:
    sequence = sequence_of(it, value)
    count = sequence.count
    stars = [n for n, t in enumerate(targets) if isinstance(t, gast.Starred)]
    if not isinstance(count, int):
        if isinstance(count, Var) or stars:
            raise TypeMismatchError("unpacking needs a known number of values", it.loc)
        count = len(targets) if sizes.same(count, len(targets)) else sizes.hint(count)
    if stars:
        before, after = stars[0], len(targets) - stars[0] - 1
        if count < before + after:
            what = f"not enough values to unpack (expected at least {before + after}, got {count})"
            raise InvalidValueError(what, it.loc)
        items = [sequence.item(k) for k in range(count)]
        middle = ListValue(it.store, items[before : count - after])
        items = [*items[:before], middle, *items[count - after :]]
        targets = [t.value if isinstance(t, gast.Starred) else t for t in targets]
    elif count != len(targets):
        few = "not enough values to unpack" if count < len(targets) else "too many values to unpack"
        raise InvalidValueError(
            f"{few} (expected {len(targets)}, got {count})"
            if count < len(targets)
            else f"{few} (expected {len(targets)})",
            it.loc,
        )
    else:
        items = [sequence.item(k) for k in range(count)]
    for target, item in zip(targets, items, strict=True):
        assign(it, target, item, frame)


@statement(gast.Assign)
def _assign(it, node, frame):
    if resizing.append(it, node, frame):
        return
    value = it.eval(node.value, frame)
    for target in node.targets:
        assign(it, target, value, frame)


@statement(gast.AnnAssign)
def _annotated(it, node, frame):
    if node.value is not None:
        assign(it, node.target, it.eval(node.value, frame), frame)


@statement(gast.AugAssign)
def _augmented(it, node, frame):
    op = operator_of(node.op)
    target = node.target
    if isinstance(target, gast.Subscript):
        owner, put_back = _owner(it, target.value, frame)
        key = it.eval(target.slice, frame)
        # The element is read before the right-hand side is evaluated, which may write to it.
        old = read(it, owner) if isinstance(owner, Array) else it.subscript(owner, key)
        augment_item(it, owner, key, op, it.eval(node.value, frame), old)
        put_back()
        return
    load = (
        gast.copy_location(gast.Name(target.id, gast.Load(), None, None), target)
        if isinstance(target, gast.Name)
        else gast.copy_location(gast.Attribute(target.value, target.attr, gast.Load()), target)
    )
    old = it.eval(load, frame)
    value = it.eval(node.value, frame)
    if isinstance(old, Array):
        update_all(it, old, op, value)
    elif isinstance(old, ListValue) and op == "add":
        lists.extend(it, old, value)
    else:
        assign(it, target, binary(it, op, old, value), frame)


@statement(gast.Delete)
def _delete(it, node, frame):
    for target in node.targets:
        if isinstance(target, gast.Name):
            it.store.set(frame, target.id, UNDEFINED)
            continue
        owner = it.eval(target.value, frame) if isinstance(target, gast.Subscript) else None
        if not isinstance(owner, (ListValue, DictValue)):
            raise UnsupportedError("del of a part of an object is not supported", it.loc)
        lists.delete(it, owner, it.eval(target.slice, frame))
