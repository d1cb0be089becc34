"""Trees of arguments and results at the boundary: tuples, lists, dicts, named tuples, dataclasses."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import optree

from broadax.runtime.dtypes import BFLOAT16, kind_of
from broadax.runtime.pjrt.array import DeviceArray

NAMESPACE = "broadax"
NUMBERS = (bool, int, float, complex, np.number, np.bool_, BFLOAT16.type)
_seen: set[type] = set()


class Const:
    """An argument that is static: part of the version, not of the data."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def __eq__(self, other) -> bool:
        return (
            isinstance(other, Const) and type(self.value) is type(other.value) and self.value == other.value
        )

    def __hash__(self) -> int:
        try:
            return hash(self.value)
        except TypeError:
            return id(self.value)


def register_dataclass(cls: type) -> None:
    """Let instances of a dataclass be trees of their fields (done by itself on first sight)."""
    if cls in _seen:
        return
    _seen.add(cls)

    def unflatten(names, children):
        made = object.__new__(cls)
        for name, child in zip(names, children, strict=True):
            object.__setattr__(made, name, child)
        return made

    def flatten(value):
        names = tuple(f.name for f in fields(value))
        return [getattr(value, n) for n in names], names, names

    optree.register_pytree_node(cls, flatten, unflatten, namespace=NAMESPACE)


def flatten(tree) -> tuple[list, Any]:
    """The leaves of a tree and its structure, which can be hashed, compared and filled."""
    leaves, spec = optree.tree_flatten(tree, none_is_leaf=True, namespace=NAMESPACE)
    new = {type(leaf) for leaf in leaves if is_dataclass(leaf) and not isinstance(leaf, type)}
    if new - _seen:
        for cls in new:
            register_dataclass(cls)
        return flatten(tree)
    return leaves, spec


def unflatten(spec, leaves):
    """The tree of a structure with these leaves."""
    return optree.tree_unflatten(spec, leaves)


def is_data(leaf) -> bool:
    """Is a leaf an array or a number?"""
    if isinstance(leaf, np.ndarray):
        return kind_of(leaf.dtype) in "biufc"
    return isinstance(leaf, NUMBERS) or type(leaf) is DeviceArray
