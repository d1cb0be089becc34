"""How a flat Core function meets its caller: trees of parameters in, a tree of results out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Leaf:
    """A place in a tree that holds flat parameter or result number `index`."""

    index: int


@dataclass(frozen=True)
class Static:
    """A place in a tree that holds a Python object known when the function is read (`None`, a string)."""

    value: object


@dataclass(frozen=True)
class Node:
    """A container: kind 'tuple', 'list', 'dict', 'namedtuple', 'dataclass', or 'custom' (an optree node).

    `keys`: dictionary keys or field names, in order; `cls`: the class of a named tuple, dataclass or
    custom node. Kind 'rows' is a list with an item for each row of the arrays that the leaves of its
    only child stand for; its `keys` tell which leaves are Python numbers.
    """

    kind: str
    children: tuple
    keys: tuple = ()
    cls: type | None = None


Tree = Leaf | Static | Node


def leaves(tree: Tree | None) -> Iterator[Leaf]:
    """The leaves of a tree, in order."""
    if isinstance(tree, Leaf):
        yield tree
    elif isinstance(tree, Node):
        for child in tree.children:
            yield from leaves(child)


@dataclass(frozen=True)
class Parameter:
    """One parameter of the function as people call it.

    kind: 'positional', 'keyword' (keyword-only) or 'hidden' (a global or closure variable that is
    read at each call; `default` is its value at the first call).
    """

    name: str
    tree: Tree
    kind: str = "positional"
    default: object = None


@dataclass(frozen=True)
class Change:
    """A place in the caller's lists, dicts and objects to which the function assigns.

    Attributes:
        path: number of the parameter, then steps to the container: `("item", key)` or `("attribute", name)`.
        step: likewise, from the container to the place; `("all", None)` for all items of a list.
        tree: what is put there; None where it is taken away.
    """

    path: tuple
    step: tuple
    tree: Tree | None


@dataclass(frozen=True)
class Interface:
    """The face of a generated function.

    Attributes:
        name: of the generated function.
        params: its parameters; their leaves number the Core function's parameters.
        result: the returned tree; its leaves number the Core function's results.
        mutated: flat parameter → flat result: arrays that the function writes to for its caller.
        doc: one line for the docstring: what this is the derivative (…) of, and where that stands.
        changes: what the function changes of its caller's containers.
    """

    name: str
    params: tuple[Parameter, ...]
    result: Tree
    mutated: dict[int, int] = field(default_factory=dict)
    doc: str = ""
    changes: tuple[Change, ...] = ()

    def leaves(self) -> Iterator[Leaf]:
        """The leaves of the result, and of what is put into the caller's containers."""
        yield from leaves(self.result)
        for change in self.changes:
            yield from leaves(change.tree)


def flat_interface(function, mutated: dict[int, int] | None = None) -> Interface:
    """The interface of a Core function called as it is: flat parameters, a tuple of results."""
    params = tuple(Parameter(p.name, Leaf(i)) for i, p in enumerate(function.params))
    result = Node("tuple", tuple(Leaf(i) for i in range(len(function.body.results))))
    return Interface(function.name, params, result, dict(mutated or {}))
