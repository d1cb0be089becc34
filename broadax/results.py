"""From flat results to what the caller gets: a tree, and arguments that are written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from broadax.runtime.errors import InvalidValueError
from broadax.transforms import interface as face
from broadax.transforms.building import rebuilder
from broadax.transforms.core.statements import Function


def overlaps(function: Function, interface: face.Interface, given: list) -> list[tuple]:
    """Checks of the flat inputs: no array that is written for the caller shares memory with another one.

    Compiled code takes arrays for separate; NumPy would show a write to one in the other. Each check is a
    tuple of two input numbers and what to call with the arrays where their bounds overlap.

    Args:
        given: the flat inputs of the first call; arrays on devices share nothing with NumPy's.
    """
    arrays = [k for k, x in enumerate(given) if isinstance(x, np.ndarray) and x.ndim]
    written = list(interface.mutated)
    pairs = [(w, k) for w in written for k in arrays if k != w and not (k in written and k < w)]
    names = [param.base for param in function.params]
    return [(w, k, partial(_refuse_shared, names[w], names[k])) for w, k in pairs]


def _refuse_shared(name: str, other: str, x: np.ndarray, y: np.ndarray) -> None:
    """Refuse arrays that share memory; called where their bounds overlap.

    Raises:
        InvalidValueError: they do, or it takes too long to find out.
    """
    try:
        shared = np.shares_memory(x, y, max_work=1 << 16)
    except np.exceptions.TooHardError:
        shared = True
    if shared:
        what = f"the arrays {name} and {other} share memory, and {name} is written"
        raise InvalidValueError(what, instead=f"pass a copy of {other}")


class Changed:
    """A result, and what is to be put into the caller's containers."""

    def __init__(self, result, interface: face.Interface, values: list):
        self.result, self.interface, self.values = result, interface, values

    def carried_out(self, args: tuple, kwargs: dict):
        """Change the containers among the arguments; gives the result."""
        roots = [*args, *(kwargs[p.name] for p in self.interface.params if p.kind == "keyword")]
        for change, value in zip(self.interface.changes, self.values, strict=True):
            container = roots[change.path[0]]
            for kind, key in change.path[1:]:
                container = container[key] if kind == "item" else getattr(container, key)
            kind, key = change.step
            if kind == "all":
                container[:] = value
            elif kind == "item" and change.tree is None:
                del container[key]
            elif kind == "item":
                container[key] = value
            else:
                setattr(container, key, value)
        return self.result


def _with_changes(build: Callable, interface: face.Interface) -> Callable:
    makers = [None if c.tree is None else rebuilder(c.tree) for c in interface.changes]
    return lambda flat: Changed(build(flat), interface, [make and make(flat) for make in makers])


def runner(run: Callable, interface: face.Interface, checks: list, part=None) -> Callable:
    """A function of flat inputs that gives the result tree, and carries out writes to the caller's arrays.

    Args:
        checks: what `overlaps` gave.
        part: comes with the result of a derivative in two parts: the other one.
    """
    tree = rebuilder(interface.result)
    build = tree if part is None else lambda flat: (*tree(flat), part)
    if interface.changes:
        build = _with_changes(build, interface)
    if not interface.mutated:
        return lambda flat: build(run(*flat))

    def run_and_write(flat):
        for written, other, refuse in checks:
            if np.may_share_memory(flat[written], flat[other]):
                refuse(flat[written], flat[other])
        results = run(*flat)
        for param, result in interface.mutated.items():
            if results[result] is not flat[param]:
                np.copyto(flat[param], results[result])
        return build(results)

    return run_and_write
