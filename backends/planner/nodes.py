"""Scalar expressions of a loop body: a graph of nodes over loop indices, loads from memory and scalars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from broadax.runtime.errors import Loc
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.sizes import Size, SizeOp


@dataclass(eq=False)
class Loop:
    """One loop of a nest, `0 <= index < extent`. It stands in index polynomials like a variable."""

    name: str
    extent: object
    hint: None = None


@dataclass(eq=False)
class Node:
    """One scalar value in the body of a loop nest.

    Attributes:
        op: 'lit' (data: Lit), 'scalar' (a named scalar Var), 'position' (a Dim: its value as an integer),
            'load' (data: (array Var, index)), 'prim' (data: the Op), 'product', 'convert', 'select'
            (args: condition, then, else), 'test' (data: (relation, Dim): `Dim relation 0`), 'wrap'
            (data: axis length; args: an index that is wrapped and checked), 'around' (likewise, but it is
            known to be in range), 'item' (data: an `Item` of the same nest whose value is at hand as a
            scalar).
        args: operand nodes; of a load, the nodes inside its index.
        aval: the scalar type of the value.
        loops: the loops on which the value depends.
        base: what a temporary that holds it should be called.
        loc: the user's place, of what may raise an error.
    """

    op: str
    args: tuple
    aval: Aval
    data: object = None
    base: str = ""
    loops: frozenset = field(default=frozenset())
    loc: Loc | None = None


@dataclass(eq=False)
class Chosen:
    """A computed index (a gather's) inside an index polynomial."""

    name: str
    node: Node
    hint: None = None


def dim_atoms(dim) -> Iterator:
    """Everything a dimension or index reads: variables, loops, chosen indices."""
    if isinstance(dim, Size):
        for mono in dim.terms:
            for atom in mono:
                if isinstance(atom, SizeOp):
                    yield from dim_atoms(atom.left)
                    yield from dim_atoms(atom.right)
                else:
                    yield atom


def dim_loops(dim) -> frozenset:
    """The loops on which an index depends."""
    found: set = set()
    for atom in dim_atoms(dim):
        if isinstance(atom, Loop):
            found.add(atom)
        elif isinstance(atom, Chosen):
            found |= atom.node.loops
    return frozenset(found)


def index_nodes(index) -> tuple:
    """The nodes inside an index tuple, in order."""
    return tuple(dict.fromkeys(a.node for dim in index for a in dim_atoms(dim) if isinstance(a, Chosen)))


def walk(node: Node, seen: set | None = None) -> Iterator[Node]:
    """A node and all it is computed from, operands first, each once."""
    seen = set() if seen is None else seen
    if node in seen:
        return
    seen.add(node)
    for arg in node.args:
        yield from walk(arg, seen)
    yield node


def loads(node: Node) -> list[Node]:
    """The loads from memory in an expression."""
    return [n for n in walk(node) if n.op == "load"]


def node_reads(node: Node) -> set:
    """The variables (arrays and scalars) that an expression reads."""
    found: set = set()
    for n in walk(node):
        if n.op == "load":
            found.add(n.data[0])
            for dim in n.data[1]:
                found.update(a for a in dim_atoms(dim) if not isinstance(a, (Loop, Chosen)))
        elif n.op == "scalar":
            found.add(n.data)
        elif n.op in ("position", "wrap", "around"):
            found.update(a for a in dim_atoms(n.data) if not isinstance(a, (Loop, Chosen)))
        elif n.op == "test":
            found.update(a for a in dim_atoms(n.data[1]) if not isinstance(a, (Loop, Chosen)))
    return found
