"""Finds the compiled version that serves a call: by signature, then by its guards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from broadax.runtime.pjrt.array import DeviceArray
from broadax.runtime.trees import Const, is_data

SMALL = 4  # sizes up to this are part of the signature: they carry structure


def signature_of(leaf, exact: bool = False):
    """What of one argument leaf decides which code serves it.

    Args:
        exact: all sizes are part of it.
    """
    if isinstance(leaf, np.ndarray):
        if leaf.ndim == 0:
            return leaf.dtype, ()
        sizes = leaf.shape if exact else tuple([d if d <= SMALL else -1 for d in leaf.shape])
        return (leaf.dtype, sizes) if leaf.flags.c_contiguous else (leaf.dtype, sizes, layout_of(leaf))
    kind = type(leaf)
    if kind is DeviceArray:
        return leaf.type
    if kind in (float, int, bool, complex) or is_data(leaf):
        return kind
    return leaf if isinstance(leaf, Const) else Const(leaf)


def layout_of(x: np.ndarray) -> tuple[tuple[int, bool], ...] | None:
    """What decides which reshapes of an array are views; None for one in C order without gaps.

    The axes, that of the shortest steps first, each with the answer to: does a step along it pass over just
    the elements of the axes before it?
    """
    if x.flags.c_contiguous:
        return None
    found, want = [], x.itemsize
    for axis in sorted(range(x.ndim), key=lambda k: (abs(x.strides[k]), -k)):
        size, stride = x.shape[axis], x.strides[axis]
        found.append((axis, size == 1 or stride == want))
        want = want if size == 1 else size * stride
    return tuple(found)


@dataclass(eq=False)
class Version:
    """One compiled version.

    Attributes:
        leaves: the numbers of the argument leaves that are its inputs.
        hidden: functions that read the hidden inputs, and the signatures that they must have.
        holds: whether its guards hold for the flat inputs.
        statics: `(read, value)`: objects that must be the same; constants likewise, by value.
        fixed: argument leaf → the value at which it was taken.
        run: flat inputs → result.
        unwrapped: positions of the flat inputs that are arrays without axes: they go in as scalars.
        exact: are all sizes part of the signature?
        reason: why it was made, for `compilations`.
    """

    leaves: tuple
    hidden: tuple
    holds: Callable
    statics: tuple
    constants: tuple
    fixed: dict
    run: Callable
    unwrapped: tuple = ()
    exact: bool = False
    reason: str = ""
    detail: Any = None

    def inputs(self, leaves: list) -> list | None:
        """The flat inputs of a call, or None where this version does not serve it."""
        for number, value in self.fixed.items():
            leaf = leaves[number]
            if (leaf.number() if type(leaf) is DeviceArray else leaf) != value:
                return None
        for read, value in self.statics:
            now = read()
            if now is not value and not equal(now, value):
                return None
        for read, value in self.constants:
            if read() != value:
                return None
        flat = [leaves[number] for number in self.leaves]
        for read, signature in self.hidden:
            value = read()
            if signature_of(value, self.exact) != signature:
                return None
            flat.append(value)
        for place in self.unwrapped:
            flat[place] = flat[place][()]
        return flat if self.holds(flat) else None


def equal(a, b) -> bool:
    """Are two objects that code rests on the same plain value?"""
    return isinstance(a, (str, tuple, int, float, frozenset, bytes)) and type(a) is type(b) and a == b


@dataclass(eq=False)
class Dispatcher:
    """The versions of one function; `make(leaves, spec, key)` compiles another."""

    make: Callable
    versions: dict = field(default_factory=dict)

    def __call__(self, leaves: list, spec, key=None, exact: bool = False):
        """The result for the leaves and the structure of `(args, kwargs)`.

        Args:
            key: what else must be the same (the backend).
            exact: are all sizes part of the signature?
        """
        signature = (key, spec, *[signature_of(leaf, exact) for leaf in leaves])
        found = self.versions.get(signature)
        if found is None:
            found = self.versions[signature] = []
        for version in found:
            flat = version.inputs(leaves)
            if flat is not None:
                return version.run(flat)
        version = self.make(leaves, spec, key)
        found.insert(0, version)
        flat = version.inputs(leaves)
        if flat is None:
            raise RuntimeError("a compiled version does not serve the call that it was made for")
        return version.run(flat)

    @property
    def all(self) -> list[Version]:
        """Every version, in the order in which they were made within each signature."""
        return [version for found in self.versions.values() for version in reversed(found)]
