"""Trees of results at run time: functions that build one from its flat leaves."""

from __future__ import annotations

from collections.abc import Callable

from broadax.transforms import interface as face


def rebuilder(tree: face.Tree) -> Callable:
    """A function from flat results to the tree."""
    if isinstance(tree, face.Leaf):
        index = tree.index
        return lambda flat: flat[index]
    if isinstance(tree, face.Static):
        value = tree.value
        return lambda flat: value
    if tree.kind == "rows":
        return _rows_builder(tree)
    builds = [rebuilder(child) for child in tree.children]
    if tree.kind == "tuple":
        return lambda flat: tuple([b(flat) for b in builds])
    if tree.kind == "list":
        return lambda flat: [b(flat) for b in builds]
    if tree.kind == "dict":
        keys = tree.keys
        return lambda flat: {k: b(flat) for k, b in zip(keys, builds, strict=True)}
    if tree.kind == "namedtuple":
        return lambda flat: tuple.__new__(tree.cls, [b(flat) for b in builds])
    return lambda flat: instance(tree.cls, tree.keys, [b(flat) for b in builds])


def _rows_builder(tree: face.Node) -> Callable:
    """A list of items from arrays with a row for each."""
    (item,) = tree.children
    indices = [leaf.index for leaf in face.leaves(item)]
    build = rebuilder(item)

    def rows(flat):
        columns = [
            flat[k].tolist() if plain else list(flat[k]) for k, plain in zip(indices, tree.keys, strict=True)
        ]
        return [build(dict(zip(indices, row))) for row in zip(*columns, strict=True)]

    return rows


def instance(cls: type, names, values):
    """An object of a class with these attributes; its `__init__` is not run."""
    made = object.__new__(cls)
    for name, value in zip(names, values, strict=True):
        object.__setattr__(made, name, value)
    return made
