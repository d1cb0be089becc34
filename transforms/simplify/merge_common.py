"""Common subexpressions: an operation on the same operands as an earlier one in scope is that earlier one."""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.avals import Aval
from broadax.transforms.core.statements import Block, Function, Lit, Op
from broadax.transforms.simplify.rewrite import Rewrite

# Fresh memory that updates will write to; one buffer each is cheaper than one buffer and copies.
APART = frozenset({"empty", "zeros", "full", "copy", "stack_new", "stack_copy", "stack_push", "stack_pop"})
COMMUTATIVE = frozenset({"add", "multiply", "equal", "not_equal", "logical_and", "logical_or"})


def merge_common(function: Function) -> Function:
    """A function in which no operation is computed again where its value is at hand."""
    return _Merge(function).run()


def merge_in_blocks(function: Function) -> Function:
    """The same within each block: no branch or loop comes to read, and so to add a cotangent to, what it had
    made itself."""
    return _MergeInBlocks(function).run()


class _Merge(Rewrite):
    """The pass; `known` maps a key to the results of the operation, `scopes` what each block added."""

    def __init__(self, function: Function):
        super().__init__(function)
        self.known: dict = {}
        self.scopes: list[list] = []

    def enter(self, block: Block) -> None:
        self.scopes.append([])

    def leave(self, block: Block) -> None:
        for key in self.scopes.pop():
            del self.known[key]

    def op(self, op: Op) -> Op | None:
        if op.prim.name in APART:
            return op
        key = _key(op)
        earlier = self.known.get(key)
        if earlier is None:
            self.remember(key, op)
            return op
        for var, same in zip(op.outs, earlier, strict=True):
            self.substitute(var, same)
        return None

    def remember(self, key, op: Op) -> None:
        """Remember an operation while its block is read."""
        self.known[key] = op.outs
        self.scopes[-1].append(key)


class _MergeInBlocks(_Merge):
    """The pass for each block by itself; `scopes` holds what is known around it."""

    def enter(self, block: Block) -> None:
        self.scopes.append(self.known)
        self.known = {}

    def leave(self, block: Block) -> None:
        self.known = self.scopes.pop()

    def remember(self, key, op: Op) -> None:
        self.known[key] = op.outs


def _key(op: Op) -> tuple:
    args = tuple(map(_atom_key, op.args))
    if op.prim.name in COMMUTATIVE:
        args = tuple(sorted(args, key=hash))
    weak = tuple(v.aval.weak for v in op.outs)
    return op.prim.name, args, tuple((k, _frozen(v)) for k, v in sorted(op.params.items())), weak, op.again


def _atom_key(atom):
    if not isinstance(atom, Lit):
        return atom
    return atom.aval, np.asarray(atom.value).tobytes(), type(atom.value)


def _frozen(value):
    """A parameter value as a dictionary key."""
    if isinstance(value, (tuple, list)):
        return tuple(map(_frozen, value))
    if isinstance(value, dict):
        return tuple((k, _frozen(v)) for k, v in sorted(value.items()))
    if isinstance(value, (np.dtype, type, str, Aval)):
        return value
    if isinstance(value, (float, complex)):
        return repr(value)
    return value
