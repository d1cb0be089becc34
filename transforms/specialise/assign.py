"""Assignment: names, unpacking, subscripts and attributes; in-place operators."""

from __future__ import annotations

import gast

from broadax.runtime.dtypes import kind_of
from broadax.runtime.errors import (
    InvalidValueError,
    MissingAttributeError,
    ShapeError,
    TypeMismatchError,
    UnsupportedError,
)
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import promote, shape_text
from broadax.transforms.core.statements import Lit, Op, Var
from broadax.transforms.primitives.index_shapes import indexed_shape
from broadax.transforms.specialise import lists, resized, resizing
from broadax.transforms.specialise.arrays import (
    cast_into,
    check_alias,
    check_inplace_cast,
    check_writable,
    fresh,
    read,
    write,
)
from broadax.transforms.specialise.interpreter import Interpreter, statement, static_call
from broadax.transforms.specialise.iterate import sequence_of
from broadax.transforms.specialise.operators import binary, operator_of
from broadax.transforms.specialise.subscript import Subscript, of_places, subscript
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


def update_all(it: Interpreter, array: Array, op: str, value) -> None:
    """`array op= value`, in place."""
    old = read(it, array)
    new = read(it, binary(it, op, array, value))
    check_inplace_cast(it, new.dtype, old.dtype, op)
    pairs = zip(new.shape[::-1], old.shape[::-1], strict=False)
    if len(new.shape) > len(old.shape) or any(sizes.same(n, m) is False for n, m in pairs):
        raise ShapeError(
            f"non-broadcastable output operand with shape {shape_text(old.shape)} doesn't match "
            f"the broadcast shape {shape_text(new.shape)}",
            it.loc,
            "x = x + y makes a new array of the broadcast shape",
        )
    if new.shape != old.shape:  # equal sizes that are written differently
        new = it.builder.apply("reshape", new, shape=old.shape)
    write(it, array, cast_into(it, new, old.dtype))


# ── subscripts on the left ────────────────────────────────────────────────────────────────────────


def store_item(it: Interpreter, owner, key, value) -> None:
    """`owner[key] = value`."""
    if isinstance(owner, Array):
        sub = subscript(it, owner.aval.shape, key, writes=True)
        store_array(it, owner, sub, stored(it, owner, value))
    elif isinstance(owner, ListValue):
        lists.set_item(it, owner, key, value)
    elif isinstance(owner, DictValue):
        key = it.static_index(key, "the key of a dict")
        static_call(hash, key)
        lists.write_items(it, owner, {**it.items(owner), key: value})
    else:
        raise TypeMismatchError(f"'{type_name(owner)}' object does not support item assignment", it.loc)


def stored(it: Interpreter, owner: Array, value):
    """The atom of a value to be stored in an array."""
    if isinstance(value, str):
        raise InvalidValueError(f"could not convert string to {owner.aval.dtype}: {value!r}", it.loc)
    if isinstance(value, (ListValue, tuple)):
        from broadax.transforms.functions.arguments import as_atom

        value = fresh(it, as_atom(it.plain(value)))
    return cast_into(it, read(it, value), owner.aval.dtype, owner.box.name or "the array")


def store_array(it: Interpreter, owner: Array, sub: Subscript, atom) -> None:
    """Write `atom` to a part of an array; through a subscripted view, straight into its base."""
    check_writable(it, owner)
    base = read(it, owner)
    if sub.mask is not None and atom.ndim <= base.ndim - sub.mask.ndim:
        mask = _broadened(it, sub.mask, base)
        write(it, owner, it.builder.apply("where", mask, atom, base, base=base.base))
        return
    if sub.mask is not None:
        sub = of_places(base, sub.mask)
    view = owner.view
    if view is not None and view.kind == "index" and sub.basic:
        through = compose(it, view.spec, view.idx, sub)
        if through is not None:
            store_array(it, view.base, through, atom)
            return
    _check_fits(it, atom, sub)
    write(it, owner, it.builder.apply("at_set", base, atom, *sub.idx, **sub.params, base=base.base))


def _check_fits(it: Interpreter, atom, sub: Subscript) -> None:
    """Sizes that come from data are compared when the code runs."""
    part = indexed_shape(sub.spec, [a.shape for a in sub.idx])
    for have, want in zip(atom.shape[::-1], part[::-1], strict=False):
        if sizes.hint(have) is None or sizes.hint(want) is None:
            it.builder.require_same(have, want, "shape mismatch: the value can't be broadcast to the place")


def _broadened(it: Interpreter, mask, base):
    """A mask of the first axes of an array, with an axis for each of the array's."""
    if mask.ndim == base.ndim:
        return mask
    return it.builder.apply("reshape", mask, shape=(*mask.shape, *[1] * (base.ndim - mask.ndim)))


def compose(it: Interpreter, spec: tuple, idx: tuple, inner: Subscript) -> Subscript | None:
    """The subscript of the base that `view[inner]` is; None where it is no plain composition."""
    entries = iter(inner.spec)
    out, args = [], []
    for entry in spec:
        if entry[0] == "new":
            return None
        if entry[0] == "index":
            out.append(("index", len(args)))
            args.append(idx[entry[1]])
            continue
        _, start, size, step = entry
        item = next(entries)
        if item[0] == "new":
            return None
        if item[0] == "index":
            out.append(("index", len(args)))
            args.append(_shifted(it, inner.idx[item[1]], start, size, step))
        else:
            out.append(("slice", start + item[1] * step, item[2], item[3] * step))
    return Subscript(tuple(out), tuple(args))


def _shifted(it: Interpreter, index, start, size, step: int):
    """An index of an axis as an index of the axis that it is a slice of; checked against the slice."""
    apply = it.builder.apply
    whole = isinstance(start, int) and start == 0 and step == 1
    if isinstance(index, Lit):
        index = it.builder.size_value(index.value + size) if index.value < 0 else index
    else:
        dim = it.ranges.polynomial(index)
        if not it.ranges.nonnegative(dim):
            n = it.builder.size_value(size)
            index = apply("where", apply("less", index, 0), apply("add", index, n), index)
            it.builder.check(apply("greater_equal", index, 0), IndexError, ("index is out of bounds",))
        if not it.ranges.nonnegative(size - 1 - dim):
            high = apply("less", index, it.builder.size_value(size))
            it.builder.check(high, IndexError, ("index ", 1, " is out of bounds"), (index,))
    if whole:
        return index
    scaled = apply("multiply", index, step) if step != 1 else index
    return apply("add", scaled, it.builder.size_value(start))


def augment_item(it: Interpreter, owner, key, op: str, value, old) -> None:
    """`owner[key] op= value`; an addition to a basic subscript is one update of that element.

    Args:
        old: before `value` was evaluated, the contents of an array, or the item of another container.
    """
    if not isinstance(owner, Array):
        if isinstance(old, Array):
            update_all(it, old, op, value)
        else:
            store_item(it, owner, key, binary(it, op, old, value))
        return
    sub = subscript(it, owner.aval.shape, key, writes=True)
    base = read(it, owner)
    if sub.mask is not None and old is base:
        change = stored_operand(it, value)
        # Elsewhere than at the mask these can't fail; others are done at its places only.
        if op in ("add", "subtract", "multiply") and change.ndim <= base.ndim - sub.mask.ndim:
            new = read(it, binary(it, op, owner, value))
            check_inplace_cast(it, new.dtype, base.dtype, op)
            mask, new = _broadened(it, sub.mask, base), cast_into(it, new, base.dtype)
            write(it, owner, it.builder.apply("where", mask, new, base, base=base.base))
            return
    if sub.mask is not None:
        sub = of_places(base, sub.mask)
    part = it.builder.apply("index", base, *sub.idx, **sub.params)
    current = old is base or sub.basic and part.shape != ()  # a view shows what was written since
    if not current:
        part = it.builder.apply("index", old, *sub.idx, **sub.params)
    change = stored_operand(it, value)
    if (
        op in ("add", "subtract")
        and sub.basic
        and current
        and kind_of(base.dtype) in "fc"
        and owner.view is None
        and promote(base.aval, change.aval)[0] == base.dtype  # else NumPy rounds after the addition
    ):
        change = cast_into(it, change, base.dtype)
        change = it.builder.apply("negative", change) if op == "subtract" else change
        write(it, owner, it.builder.apply("at_add", base, change, *sub.idx, **sub.params, base=base.base))
        return
    new = read(it, binary(it, op, fresh(it, part), value))
    if part.shape:  # a scalar is not changed in place: what it becomes is stored as any value is
        check_inplace_cast(it, new.dtype, base.dtype, op)
    store_array(it, owner, sub, cast_into(it, new, base.dtype))


def stored_operand(it: Interpreter, value):
    """The atom of the right-hand side of an in-place operator."""
    if isinstance(value, (ListValue, tuple)):
        from broadax.transforms.functions.arguments import as_atom

        return as_atom(it.plain(value))
    return read(it, value)


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
