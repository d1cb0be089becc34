"""Writes to arrays and to items of containers: `x[k] = v`, `x[k] += v`, `x += v`."""

from __future__ import annotations

from broadax.runtime.dtypes import kind_of
from broadax.runtime.errors import (
    InvalidValueError,
    ShapeError,
    TypeMismatchError,
)
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import promote, shape_text
from broadax.transforms.core.statements import Lit
from broadax.transforms.primitives.index_shapes import indexed_shape
from broadax.transforms.specialise import lists
from broadax.transforms.specialise.arrays import (
    cast_into,
    check_inplace_cast,
    check_writable,
    fresh,
    read,
    write,
)
from broadax.transforms.specialise.interpreter import Interpreter, static_call
from broadax.transforms.specialise.operators import binary
from broadax.transforms.specialise.subscript import Subscript, of_places, subscript
from broadax.transforms.specialise.values import (
    Array,
    DictValue,
    ListValue,
    type_name,
)


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
