"""A `return` in a loop, evaluated after the loop.

    for k in range(most):                       for k in range(most):
        errors.append(error(x))           as        errors.append(error(x))
        if errors[-1] < tol:                        if errors[-1] < tol:
            return x, np.array(errors)                  left = True
                                                        break
                                                if left:
                                                    return x, np.array(errors)

What is returned would have to be carried by the loop, with one type for all turns. Where it has another size
in each, or is a list that grows, the loop is left, and the result made from what there is then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import gast

from broadax.transforms.specialise.attempts import attempt
from broadax.transforms.specialise.control import branch
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.values import (
    UNDEFINED,
    Conflict,
    DictValue,
    Frame,
    ListValue,
    Maybe,
    Rolled,
    Stacked,
)


def run(it: Interpreter, node, frame: Frame, run_loop: Callable, leaves_by_break: bool) -> None:
    """Run a loop; its returns are deferred where what they return has no type of its own.

    Args:
        leaves_by_break: the loop may end otherwise than by a return.
    """
    returns = _returns(node)
    if not returns or frame.hook is not None:
        run_loop(it, node, frame)
        return
    if not frame.deferred and attempt(
        it, lambda: run_loop(it, node, frame), lambda changes: not _varies(changes.get((frame, "%value")))
    ):
        return
    first = sum(map(len, frame.deferred))
    slots = {stmt: f"%left_{k}" if k else "%left" for k, stmt in enumerate(returns, first)}
    for slot in slots.values():
        it.store.set(frame, slot, False)
    frame.deferred.append(slots)
    try:
        run_loop(it, node, frame)
    finally:
        frame.deferred.pop()
    _return_now(it, frame, list(slots.items()), leaves_by_break)


def defer(it: Interpreter, node: gast.Return, frame: Frame) -> bool:
    """Leave the loop for a return that is deferred; False if it is not."""
    slot = frame.deferred[-1].get(node) if frame.deferred else None
    if slot is None:
        return False
    it.store.set(frame, slot, True)
    it.store.set(frame, "%break", True)
    return True


def _return_now(it: Interpreter, frame: Frame, slots: list, leaves_by_break: bool) -> None:
    """After the loop: the return by which it has been left, if any."""
    slots = [(stmt, slot) for stmt, slot in slots if it.store.get(frame, slot) not in (False, UNDEFINED)]
    if not slots:
        return
    (stmt, slot), *others = slots
    left = it.store.get(frame, slot)
    if left is True or not others and not leaves_by_break:
        it.exec(stmt, frame)
        return
    branch(
        it,
        left,
        lambda: it.exec(stmt, frame),
        lambda: _return_now(it, frame, others, leaves_by_break),
    )


@lru_cache(maxsize=4096)
def _returns(loop) -> tuple:
    """The returns in a loop's body."""
    found, todo = [], list(reversed(loop.body))
    while todo:
        node = todo.pop()
        if isinstance(node, gast.Return):
            found.append(node)
        elif not isinstance(node, (gast.FunctionDef, gast.Lambda, gast.ClassDef)):
            todo += reversed(list(gast.iter_child_nodes(node)))
    return tuple(found)


def _varies(value) -> bool:
    """Is a value one without a type of its own, or may it have another size in each turn?"""
    if isinstance(value, Conflict):
        return True
    if isinstance(value, Maybe):
        return _varies(value.value)
    if isinstance(value, ListValue):
        items = value.slots["items"]
        return isinstance(items, (Rolled, Stacked, Conflict)) or any(map(_varies, items))
    if isinstance(value, DictValue):
        return any(map(_varies, value.slots["items"].values()))
    if isinstance(value, tuple):
        return any(map(_varies, value))
    return False
