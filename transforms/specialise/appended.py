"""Arrays to which a loop appends: lists inside the loop, and arrays again after it.

    t = np.array([0.0])                     t = [0.0]
    while t[-1] < end:              as      while t[-1] < end:
        t = np.append(t, t[-1] + h)             t.append(t[-1] + h)
                                            t = np.array(t)

Such an array has another size in each turn. A list that grows is rows with room for all turns, or a stack.
Any other use in the loop sees an array of what there is by then.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import gast
import numpy as np

from broadax.runtime.errors import BroadaxError, ShapeError
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var
from broadax.transforms.primitives.shape import whole
from broadax.transforms.specialise import lists
from broadax.transforms.specialise.arrays import LoopConflict, cast_into, fresh, read
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.liveness import liveness
from broadax.transforms.specialise.rolled import kind_of
from broadax.transforms.specialise.trees import contents
from broadax.transforms.specialise.values import Array, Conflict, Frame, ListValue, Rolled

FEW = 8  # rows that are listed one by one
JOINING = {np.concatenate: "rows", np.vstack: "vertical", np.hstack: "flat"}


class Appended(list):
    """The class of a list that stands for an array; `aval`: the array's type before the loop."""

    aval: Aval


@functools.cache
def _class_of(aval: Aval) -> type:
    return type("ndarray", (Appended,), {"aval": aval})


def is_appended(value) -> bool:
    """Does a value stand for an array to which a loop appends?"""
    return isinstance(value, ListValue) and issubclass(value.cls, Appended)


def as_lists(it: Interpreter, node, frame: Frame, run: Callable) -> None:
    """Run a loop, with the arrays to which it appends as lists; or as they are, where that does not do."""
    names = _names(it, node, frame)
    if not names:
        run(it, node, frame)
        return
    state = dict(it.builder.names.count), len(it.builder.open[-1])
    listed, outdated, shared = set(it.listed), set(it.outdated), it.shared.copy()
    try:
        with it.store.branch() as changes:
            _begin(it, names, frame)
            run(it, node, frame)
            _end(it, names, frame)
        done = not _lost(changes, node, frame)
    except LoopConflict:
        done = False
    if done:
        for place, value in changes.items():
            it.store.set(*place, value)
        return
    it.inputs.rewind(state[0])
    del it.builder.open[-1][state[1] :]
    it.listed, it.outdated, it.shared = listed, outdated, shared
    run(it, node, frame)


def _lost(changes: dict, node, frame: Frame) -> bool:
    """Is a name read after a loop whose value there has no common type?"""
    lost = {
        slot for (record, slot), value in changes.items() if record is frame and isinstance(value, Conflict)
    }
    if not lost or not isinstance(frame.node, gast.FunctionDef):
        return bool(lost)
    return not lost.isdisjoint(liveness(frame.node).joined_after(node))


# ── which arrays ──────────────────────────────────────────────────────────────────────────────────


def _names(it: Interpreter, node, frame: Frame) -> list[str]:
    """The arrays to which a loop appends, and which it does not change otherwise."""
    nodes = [n for stmt in node.body for n in gast.walk(stmt)]
    appends = [n for n in nodes if isinstance(n, gast.Assign) and _name_appended_to(n) is not None]
    found = []
    for name in dict.fromkeys(_name_appended_to(n) for n in appends):
        value = it.store.get(frame, name)
        own = [n for n in appends if _name_appended_to(n) == name]
        if not isinstance(value, Array) or len(own) != _writes(nodes, name):
            continue
        if all(_way(it, n.value, value.aval, frame) is not None for n in own):
            found.append(name)
    return found


def _name_appended_to(node: gast.Assign) -> str | None:
    """The x of `x = np.append(x, …)`, `x = np.vstack([x, …])`, `x = np.r_[x, …]`."""
    (target, *others), value = node.targets, node.value
    if others or not isinstance(target, gast.Name):
        return None
    parts = _operands(value)
    if len(parts) > 1 and isinstance(parts[0], gast.Name) and parts[0].id == target.id:
        return target.id
    return None


def _operands(node) -> list:
    """What a call or a subscript puts one behind the other."""
    if isinstance(node, gast.Subscript):
        return node.slice.elts if isinstance(node.slice, gast.Tuple) else []
    if not isinstance(node, gast.Call) or not node.args:
        return []
    first = node.args[0]
    return first.elts if isinstance(first, (gast.List, gast.Tuple)) else node.args[:2]


def _writes(nodes: list, name: str) -> int:
    """How often a name, or a part of what it holds, is written."""
    count = 0
    for node in nodes:
        if isinstance(node, (gast.FunctionDef, gast.Lambda)):
            count += any(isinstance(n, gast.Name) and n.id == name for n in gast.walk(node))
        if isinstance(node, (gast.Subscript, gast.Attribute)) and not isinstance(node.ctx, gast.Load):
            count += isinstance(node.value, gast.Name) and node.value.id == name
        count += isinstance(node, gast.Name) and node.id == name and not isinstance(node.ctx, gast.Load)
    return count


def _way(it: Interpreter, node, aval: Aval, frame: Frame) -> str | None:
    """How a call or subscript appends to an array: 'flat' (all elements), 'rows', 'vertical', or None."""
    if isinstance(node, gast.Subscript):
        return "flat" if aval.ndim == 1 and _is(it, node.value, np.r_, frame) else None
    axis = next((k.value for k in node.keywords if k.arg == "axis"), None)
    if any(k.arg != "axis" for k in node.keywords):
        return None
    if _is(it, node.func, np.append, frame):
        axis = node.args[2] if len(node.args) > 2 else axis
        if axis is None:
            return "flat" if aval.ndim == 1 else None
        return "rows" if _is_zero(axis) and aval.ndim else None
    joining = [way for function, way in JOINING.items() if _is(it, node.func, function, frame)]
    if not joining or len(node.args) > 1 or not isinstance(node.args[0], (gast.List, gast.Tuple)):
        return None
    (way,) = joining
    if axis is not None and (way != "rows" or not _is_zero(axis)):
        return None
    return way if aval.ndim == {"flat": 1, "vertical": 2}.get(way, aval.ndim) else None


def _is_zero(node) -> bool:
    return isinstance(node, gast.Constant) and node.value == 0


def _is(it: Interpreter, node, value, frame: Frame) -> bool:
    """Is an expression without effects (a name, attributes of one) this function?"""
    inner = node
    while isinstance(inner, gast.Attribute):
        inner = inner.value
    if not isinstance(inner, gast.Name):
        return False
    try:
        return it.eval(node, frame) is value
    except BroadaxError:
        return False


# ── as a list ─────────────────────────────────────────────────────────────────────────────────────


def _begin(it: Interpreter, names: list[str], frame: Frame) -> None:
    """Make the arrays lists, before the loop."""
    for name in names:
        it.store.set(frame, name, _as_list(it, it.store.get(frame, name), name))


def _as_list(it: Interpreter, array: Array, name: str) -> ListValue:
    atom, cls = read(it, array), _class_of(Aval(array.aval.dtype, array.aval.shape))
    rows, inner = atom.shape[0], atom.shape[1:]
    if isinstance(rows, int) and rows <= FEW:
        return ListValue(it.store, [_row(it, atom, k) for k in range(rows)], name, cls)
    kind = kind_of(it, [fresh(it, it.builder.apply("empty", shape=inner, dtype=atom.dtype))])
    return ListValue(it.store, Rolled(kind, (atom,), rows), name, cls)


def _row(it: Interpreter, atom: Var, k: int):
    row = it.builder.apply("index", atom, it.builder.atom(k), spec=whole(atom.shape, {0: ("index", 0)}))
    return fresh(it, it.builder.apply("copy", row) if row.shape else row)


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


def _end(it: Interpreter, names: list[str], frame: Frame) -> None:
    """Make the lists arrays again, after the loop."""
    for name in names:
        value = it.store.get(frame, name)
        if is_appended(value):
            it.store.set(frame, name, as_array(it, value))


# ── uses ──────────────────────────────────────────────────────────────────────────────────────────


def append(it: Interpreter, node: gast.Assign, frame: Frame) -> bool:
    """Do `x = np.append(x, …)` where x is such a list; False if this is none."""
    name = _name_appended_to(node)
    value = it.store.get(frame, name) if name is not None else None
    if not is_appended(value):
        return False
    way = _way(it, node.value, value.cls.aval, frame)
    for part in [it.eval(n, frame) for n in _operands(node.value)[1:]]:
        _append_part(it, value, part, way)
    return True


def _append_part(it: Interpreter, owner: ListValue, part, way: str) -> None:
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


def item(it: Interpreter, node: gast.Subscript, frame: Frame):
    """`x[k]`, `x[k, …]` of such a list, or None where this is another subscript."""
    value = it.store.get(frame, node.value.id) if isinstance(node.value, gast.Name) else None
    if not is_appended(value) or isinstance(node.slice, gast.Slice):
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
    if not is_appended(value):
        return None
    items = it.held(value)
    return len(items) if isinstance(items, tuple) else items.length
