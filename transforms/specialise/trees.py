"""Trees of abstract values: flattened to leaves and built again, and as the face of a function."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from broadax.runtime.errors import TypeMismatchError
from broadax.transforms import interface as face
from broadax.transforms.core.statements import Lit
from broadax.transforms.specialise.arrays import is_data, read
from broadax.transforms.specialise.values import (
    Array,
    Closure,
    Conflict,
    DictValue,
    Float0,
    Host,
    Instance,
    ListValue,
    Maybe,
    Method,
)


def flatten(it, value) -> tuple[list, Callable]:
    """The data leaves of an abstract value, and the function that builds it again from new leaves."""
    if is_data(value) or isinstance(value, np.ndarray):
        return [value], lambda leaves: leaves[0]
    parts, make = children(it, value)
    if parts is None:
        return [], lambda leaves: value
    flat = [flatten(it, part) for part in parts]

    def rebuild(leaves):
        made, start = [], 0
        for own, build in flat:
            made.append(build(leaves[start : start + len(own)]))
            start += len(own)
        return make(tuple(made))

    return [leaf for own, _ in flat for leaf in own], rebuild


def children(it, value) -> tuple[tuple | None, Callable | None]:
    """The parts of a container and how to make one like it; `(None, None)` for anything else."""
    if isinstance(value, tuple):
        if type(value) is tuple:
            return value, tuple
        return tuple(value), lambda parts: tuple.__new__(type(value), parts)
    if isinstance(value, ListValue):
        return it.items(value), lambda parts: ListValue(it.store, parts)
    if isinstance(value, DictValue):
        keys = tuple(it.items(value))
        return tuple(it.items(value).values()), lambda parts: DictValue(
            it.store, dict(zip(keys, parts, strict=True))
        )
    if isinstance(value, Instance):
        keys = tuple(value.slots)
        return tuple(value.slots.values()), lambda parts: Instance(
            it.store, value.cls, dict(zip(keys, parts, strict=True))
        )
    return None, None


def private(it, value):
    """A value of which a transformed function may write its own copy, never the caller's arrays."""
    leaves, rebuild = flatten(it, value)
    from broadax.transforms.specialise.arrays import fresh

    return rebuild(
        [fresh(it, read(it, leaf), leaf.box.name) if isinstance(leaf, Array) else leaf for leaf in leaves]
    )


def face_of(it, value, atoms: list) -> face.Tree:
    """The tree of a function's result; the atoms of its leaves are appended to `atoms`.

    Raises:
        TypeMismatchError: the value can't be returned from compiled code.
    """
    if isinstance(value, (Maybe, Conflict)):
        why = value.why if isinstance(value, Conflict) else "the function returns a value on some paths only"
        raise TypeMismatchError(why, it.loc, "return values of one structure on every path")
    if is_data(value) or isinstance(value, np.ndarray):
        atom = read(it, value)
        if isinstance(atom, Lit):
            return face.Static(atom.value)
        atoms.append(atom)
        return face.Leaf(len(atoms) - 1)
    if isinstance(value, (Closure, Method, Host)):
        raise TypeMismatchError(
            "a function can't be returned from compiled code", it.loc, "return the arrays that it needs"
        )
    if isinstance(value, Float0):
        return face.Static(value.array())
    parts, _ = children(it, value)
    if parts is None:
        return face.Static(value)
    kids = tuple(face_of(it, part, atoms) for part in parts)
    if isinstance(value, ListValue):
        return face.Node("list", kids)
    if isinstance(value, DictValue):
        return face.Node("dict", kids, tuple(it.items(value)))
    if isinstance(value, Instance):
        return face.Node("dataclass", kids, tuple(value.slots), value.cls)
    if type(value) is tuple:
        return face.Node("tuple", kids)
    return face.Node("namedtuple", kids, value._fields, type(value))
