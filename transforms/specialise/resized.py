"""The value of an array that has another size in each turn of a loop: a list, inside the loop.

A list that grows is rows with room for all turns, or a stack. An array of which turns keep a part is rows,
as many as it has before the loop, and their number.
"""

from __future__ import annotations

import functools

import gast
import numpy as np

from broadax.runtime.errors import ShapeError
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var
from broadax.transforms.primitives.shape import whole
from broadax.transforms.specialise import lists
from broadax.transforms.specialise.arrays import LoopConflict, cast_into, fresh, read
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.rolled import joined, kind_of, widened
from broadax.transforms.specialise.trees import contents
from broadax.transforms.specialise.values import Array, Frame, ListValue, Rolled

FEW = 8  # rows that are listed one by one


class Resized(list):
    """The class of a list that stands for an array.

    Attributes:
        aval: the array's type before the loop.
        shrinks: turns keep a part of it.
    """

    aval: Aval
    shrinks: bool


@functools.cache
def _class_of(aval: Aval, shrinks: bool) -> type:
    return type("ndarray", (Resized,), {"aval": aval, "shrinks": shrinks})


def is_resized(value) -> bool:
    """Does a value stand for an array that has another size in each turn of a loop?"""
    return isinstance(value, ListValue) and issubclass(value.cls, Resized)


# ── from an array and to one ───────────────────────────────────────────────────────────────────────


def as_list(it: Interpreter, array: Array, name: str, shrinks: bool) -> ListValue:
    atom, cls = read(it, array), _class_of(Aval(array.aval.dtype, array.aval.shape), shrinks)
    rows = atom.shape[0]
    if isinstance(rows, int) and rows <= FEW and not shrinks:
        return ListValue(it.store, [_row(it, atom, k) for k in range(rows)], name, cls)
    kind = kind_of(it, [fresh(it, _any_row(it, atom))])
    return ListValue(it.store, Rolled(kind, (atom,), rows), name, cls)


def as_array(it: Interpreter, value: ListValue):
    """The array for which the list stands now."""
    items, aval = it.list_items(value), value.cls.aval
    if isinstance(items, Rolled):
        return fresh(it, contents(it, items)[0], value.name)
    if not items:
        return fresh(it, it.builder.apply("empty", shape=aval.shape, dtype=aval.dtype), value.name)
    atoms = [read(it, item) for item in items]
    dtype = np.result_type(*(a.dtype for a in atoms))
    atoms = [cast_into(it, a, dtype) for a in atoms]
    return fresh(it, it.builder.apply("stack", *atoms, axis=0, base=value.name), value.name)


def _row(it: Interpreter, atom: Var, k: int):
    row = it.builder.apply("index", atom, it.builder.atom(k), spec=whole(atom.shape, {0: ("index", 0)}))
    return fresh(it, it.builder.apply("copy", row) if row.shape else row)


def _any_row(it: Interpreter, atom: Var) -> Var:
    """Something of the type of a row."""
    return it.builder.apply("empty", shape=atom.shape[1:], dtype=atom.dtype)


# ── changes ────────────────────────────────────────────────────────────────────────────────────────


def append_part(it: Interpreter, owner: ListValue, part, way: str) -> None:
    from broadax.transforms.functions.arguments import as_atom, strong

    atom, before = strong(as_atom(it.plain(part))), owner.cls.aval
    atom = cast_into(it, atom, np.result_type(before.dtype, atom.dtype))
    if way == "flat" and atom.ndim > 1:
        atom = it.builder.apply("reshape", atom, shape=(atom.aval.size,))
    if atom.ndim == before.ndim - 1 and way != "rows":
        lists.append(it, owner, fresh(it, atom))
        return
    if atom.ndim != before.ndim:
        what = "all the input array dimensions except for the concatenation axis must match exactly"
        raise ShapeError(f"{what}: {before.ndim} axes and {atom.ndim}", it.loc)
    if isinstance(atom.shape[0], int) and atom.shape[0] <= FEW:
        for k in range(atom.shape[0]):
            lists.append(it, owner, _row(it, atom, k))
    else:
        lists.extend(it, owner, fresh(it, atom))


def put(it: Interpreter, owner: ListValue, value) -> None:
    """Do `x = value` where x is a list that stands for an array of which a loop keeps a part.

    Raises:
        LoopConflict: the value is no array of such rows.
    """
    rows, atom = it.list_items(owner), read(it, value) if isinstance(value, Array) else None
    if atom is None or atom.ndim != owner.cls.aval.ndim or not isinstance(rows, Rolled):
        raise LoopConflict(f"{owner.name} is an array of another kind after a turn of the loop", it.loc)
    kind = joined(it, rows.kind, kind_of(it, [fresh(it, _any_row(it, atom))]))
    rows = widened(it, rows, kind, rows.capacity)
    atom = cast_into(it, atom, rows.buffers[0].dtype)
    if not it.ranges.nonnegative(rows.capacity - atom.shape[0]):
        fits = it.builder.apply(
            "less_equal", it.builder.size_value(atom.shape[0]), it.builder.size_value(rows.capacity)
        )
        what = (
            f"{owner.name} has more elements after a turn than before the loop: begin with the largest size"
        )
        it.builder.check(fits, ValueError, (what,))
    spec = whole(atom.shape)
    buffer = it.builder.apply("at_set", rows.buffers[0], atom, spec=spec, checked=True, base=owner.name)
    it.store.set(owner, "items", Rolled(kind, (buffer,), atom.shape[0]))


# ── uses that need no array ────────────────────────────────────────────────────────────────────────


def item(it: Interpreter, node: gast.Subscript, frame: Frame):
    """`x[k]`, `x[k, …]` of such a list, or None where this is another subscript."""
    value = it.store.get(frame, node.value.id) if isinstance(node.value, gast.Name) else None
    if not is_resized(value) or isinstance(node.slice, gast.Slice):
        return None
    first, *others = node.slice.elts if isinstance(node.slice, gast.Tuple) else [node.slice]
    if isinstance(first, gast.Slice) or any(isinstance(n, gast.Starred) for n in (first, *others)):
        return None
    key = it.eval(first, frame)
    if not _is_index(key):
        return None
    found = it.subscript(value, key)
    if not others:
        return found
    rest = tuple(it.eval(n, frame) for n in others)
    return it.subscript(found, rest if len(rest) > 1 else rest[0])


def _is_index(key) -> bool:
    return isinstance(key, (int, np.integer, Size)) or isinstance(key, Var) and key.dtype.kind in "iu"


def length(it: Interpreter, node, frame: Frame):
    """The number of rows of the list that a name stands for, or None where it stands for another value."""
    value = it.store.get(frame, node.id) if isinstance(node, gast.Name) else None
    if not is_resized(value):
        return None
    items = it.held(value)
    return len(items) if isinstance(items, tuple) else items.length
