"""What a function returns, as the tree of its face over the atoms of its leaves."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import TypeMismatchError, UnsupportedError
from broadax.transforms import interface as face
from broadax.transforms.core import sizes
from broadax.transforms.core.statements import Lit
from broadax.transforms.specialise.arrays import fresh, is_data, read
from broadax.transforms.specialise.trees import children, contents
from broadax.transforms.specialise.values import (
    Closure,
    Conflict,
    DictValue,
    Float0,
    Host,
    Instance,
    ListValue,
    Maybe,
    Method,
    Rolled,
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
    if isinstance(value, ListValue) and value.cls is not list:
        raise UnsupportedError("a deque can't be returned from compiled code", it.loc, "return list(q)")
    if isinstance(value, ListValue) and isinstance(it.list_items(value), Rolled):
        return _face_of_rows(it, it.list_items(value), atoms)
    if isinstance(value, Float0):
        return face.Static(known_float0(it, value).array())
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


def known_float0(it, value: Float0) -> Float0:
    """Zeros of float0 whose sizes are taken at the values of this call.

    Raises:
        TypeMismatchError: a size comes from data.
    """
    found = [d if isinstance(d, int) else sizes.hint(d) for d in value.shape]
    if None in found:
        raise TypeMismatchError("the derivative by integers needs an array of known size", it.loc)
    for dim, size in zip(value.shape, found, strict=True):
        sizes.same(dim, size)  # a guard: the array is part of the version
    return Float0(tuple(found))


def _face_of_rows(it, rolled: Rolled, atoms: list) -> face.Node:
    """A list that has grown in a loop: the tree of an item, over arrays with a row for each."""
    rows = contents(it, rolled)
    item = face_of(it, rolled.kind.build([fresh(it, row) for row in rows]), atoms)
    return face.Node("rows", (item,), tuple(a.weak for a in rolled.kind.avals))
