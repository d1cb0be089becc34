"""Reading something in one way, and undoing it where that does not do."""

from __future__ import annotations

from collections.abc import Callable

from broadax.runtime.errors import StaticNeeded
from broadax.transforms.specialise.arrays import LoopConflict
from broadax.transforms.specialise.interpreter import Interpreter


def attempt(it: Interpreter, action: Callable[[], None], does: Callable[[dict], bool]) -> bool:
    """Do something that may turn out not to do; then False, and all is as it was.

    Args:
        does: asked with what `action` has changed: `(record, slot) → value`.
    """
    state = dict(it.builder.names.count), len(it.builder.open[-1])
    listed, outdated, shared = set(it.listed), set(it.outdated), it.shared.copy()
    try:
        with it.store.branch() as changes:
            action()
        done = does(changes)
    except (LoopConflict, StaticNeeded):
        done = False
    if done:
        for place, value in changes.items():
            it.store.set(*place, value)
        return True
    it.inputs.rewind(state[0])
    del it.builder.open[-1][state[1] :]
    it.listed, it.outdated, it.shared = listed, outdated, shared
    return False
