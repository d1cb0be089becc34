"""Arrays that have another size in each turn of a loop: lists inside the loop, and arrays again after it.

    t = np.array([0.0])                     t = [0.0]
    while t[-1] < end:              as      while t[-1] < end:
        t = np.append(t, t[-1] + h)             t.append(t[-1] + h)
                                            t = np.array(t)

So are arrays of which turns keep a part, as in `x = x[x > 0]`, if that changes their size. What else the loop
does with them sees an array of what there is by then. Where that does not do, they stay arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import gast
import numpy as np

from broadax.runtime.errors import BroadaxError
from broadax.transforms.core.avals import Aval
from broadax.transforms.specialise.attempts import attempt
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.liveness import liveness
from broadax.transforms.specialise.resized import append_part, as_array, as_list, is_resized
from broadax.transforms.specialise.values import Array, Conflict, Frame

JOINING = {np.concatenate: "rows", np.vstack: "vertical", np.hstack: "flat"}


def as_lists(it: Interpreter, node, frame: Frame, run: Callable) -> None:
    """Run a loop with the arrays whose size changes as lists; with all as they are where that does not do."""
    growing, shrinking = _growing(it, node, frame), _shrinking(it, node, frame)
    if growing and _attempt(it, node, frame, run, growing, [], shrinking):
        return
    if shrinking and not growing and _attempt(it, node, frame, run, [], [], shrinking):
        return
    if shrinking and _attempt(it, node, frame, run, growing, shrinking, []):
        return
    run(it, node, frame)


def _attempt(it: Interpreter, node, frame: Frame, run: Callable, growing, shrinking, kept) -> bool:
    """Run a loop with some arrays as lists; False, and nothing is done, where that does not do.

    Args:
        growing, shrinking: the arrays that are lists meanwhile.
        kept: arrays that stay as they are, if they keep their sizes.
    """
    assumed = len(it.assumed)

    def action():
        for name in (*growing, *shrinking):
            it.store.set(frame, name, as_list(it, it.store.get(frame, name), name, name in shrinking))
        run(it, node, frame)
        for name in (*growing, *shrinking):
            if is_resized(it.store.get(frame, name)):
                it.store.set(frame, name, as_array(it, it.store.get(frame, name)))

    def does(changes):
        return not _lost(changes, node, frame) and set(kept).isdisjoint(it.assumed[assumed:])

    return attempt(it, action, does)


def _lost(changes: dict, node, frame: Frame) -> bool:
    """Is a name read after a loop whose value there has no common type?"""
    lost = {
        slot for (record, slot), value in changes.items() if record is frame and isinstance(value, Conflict)
    }
    if not lost or not isinstance(frame.node, gast.FunctionDef):
        return bool(lost)
    return not lost.isdisjoint(liveness(frame.node).joined_after(node))


def append(it: Interpreter, node: gast.Assign, frame: Frame) -> bool:
    """Do `x = np.append(x, …)` where x is such a list; False if this is none."""
    name = _name_appended_to(node)
    value = it.store.get(frame, name) if name is not None else None
    if not is_resized(value) or value.cls.shrinks:
        return False
    way = _way(it, node.value, value.cls.aval, frame)
    for part in [it.eval(n, frame) for n in _operands(node.value)[1:]]:
        append_part(it, value, part, way)
    return True


# ── which arrays ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Assigned:
    """The names that a loop only assigns to, never writes to in place, and the values that it assigns.

    Attributes:
        appended: name → the assignments, which all append to it.
        kept: names to which a part of theirs is assigned.
    """

    appended: dict
    kept: tuple


@lru_cache(maxsize=4096)
def _assigned(loop) -> Assigned:
    nodes = [n for stmt in loop.body for n in gast.walk(stmt)]
    found: dict[str, list] = {}
    for assignment in [n for n in nodes if isinstance(n, gast.Assign)]:
        for target in assignment.targets:
            for name in target.elts if isinstance(target, (gast.Tuple, gast.List)) else [target]:
                if isinstance(name, gast.Name):
                    found.setdefault(name.id, []).append(assignment)
    appended, kept = {}, []
    for name, assignments in found.items():
        values = [a.value for a in assignments]
        # `low = x[x < p]` and `x = low`, too
        sources = [b.value for v in values if isinstance(v, gast.Name) for b in found.get(v.id, ())]
        grows = all(_name_appended_to(a) == name for a in assignments)
        parts = grows or any(_keeps_a_part(n, name) for v in (*values, *sources) for n in gast.walk(v))
        if not parts or len(assignments) != _writes(nodes, name):
            continue
        if grows:
            appended[name] = assignments
        else:
            kept.append(name)
    return Assigned(appended, tuple(kept))


def _growing(it: Interpreter, loop, frame: Frame) -> list[str]:
    """The arrays to which a loop appends, and which it does not change otherwise."""
    found = []
    for name, assignments in _assigned(loop).appended.items():
        value = it.store.get(frame, name)
        if isinstance(value, Array) and all(_way(it, a.value, value.aval, frame) for a in assignments):
            found.append(name)
    return found


def _shrinking(it: Interpreter, loop, frame: Frame) -> list[str]:
    """The arrays of which a loop keeps a part, as in `x = x[x > 0]`, and which are only assigned to."""
    values = {name: it.store.get(frame, name) for name in _assigned(loop).kept}
    return [name for name, value in values.items() if isinstance(value, Array) and value.ndim]


def _keeps_a_part(node, name: str) -> bool:
    """Is it `name[…]` with something that may be a mask or an array of indices?"""
    if not isinstance(node, gast.Subscript) or not isinstance(node.value, gast.Name) or node.value.id != name:
        return False
    return isinstance(node.slice, (gast.Name, gast.Compare, gast.BinOp, gast.UnaryOp, gast.Call)) and not (
        isinstance(node.slice, gast.UnaryOp) and isinstance(node.slice.op, gast.USub)
    )


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


# ── ways of appending ──────────────────────────────────────────────────────────────────────────────


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
