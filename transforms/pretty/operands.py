"""Operands as they are written: without the casts that NumPy makes by itself, with short literals."""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.avals import python_type
from broadax.transforms.core.statements import Function, Lit, Op, Var, size_vars
from broadax.transforms.pretty.literals import plain_operands
from broadax.transforms.pretty.moments import Writes
from broadax.transforms.pretty.plain import PLAIN, PlainNumbers, plain_literal

UPDATES = frozenset({"at_set", "at_add"})


class Operands:
    """Decides how operands are written.

    Args:
        definition: variable → the operation that defines it; filled while the function is read.
        writes: a cast is kept where what it casts is written before its value is read.
    """

    def __init__(self, function: Function, definition: dict[Var, Op], writes: Writes):
        self.definition, self.writes = definition, writes
        self.plain = PlainNumbers(function)
        self.sizes = {v for v, _, _ in function.sizes}

    def of(self, op: Op) -> tuple:
        """The operands of an operation as written."""
        if op.prim.name == "where" and op.out.shape == () and not op.out.aval.weak:
            return (
                op.args[0],
                *(self.as_handed(a, op.out) for a in op.args[1:]),
            )  # `a if c else b` converts nothing
        if op.prim.kind == "elementwise":
            python = op.out.shape != () or self._may_be_python(op)
            return plain_operands(op, lambda v: self._implicit_source(v, op), self.plain.in_doubt, python)
        if op.prim.name in UPDATES:
            return op.args[0], self._stored(op), *op.args[2:]
        if op.prim.name in ("full", "broadcast_to"):
            return (self._strong(op.args[0], op),)
        if op.prim.name == "stack" and all(isinstance(a, Lit) and a.dtype == op.out.dtype for a in op.args):
            return tuple(self._strong(a, op) for a in op.args)
        return op.args

    def _strong(self, atom, reader: Op):
        """A scalar of which an array is made: a Python number does where that gives the same dtype."""
        if isinstance(atom, Lit):
            return Lit(atom.value.item()) if not atom.aval.weak and atom.dtype.name in PLAIN else atom
        inner = self._implicit_source(atom, reader)
        same = inner is not None and inner.dtype == atom.dtype and inner.dtype.name in PLAIN
        return inner if same else atom

    def _may_be_python(self, op: Op) -> bool:
        """May it be done on Python numbers: it can't fail, and they suit those who read the result."""
        name = op.prim.name
        by_size = (
            name == "divide"
            and isinstance(op.args[1], Var)
            and (source := self._implicit_source(op.args[1], op)) is not None
            and self._is_size(source)
        )
        return (name in ("add", "subtract", "multiply") or by_size) and self.plain.may_be(op.out)

    def _is_size(self, atom) -> bool:
        """Is it a size of an array, which is no zero?"""
        op = self.definition.get(atom)
        return (
            atom in self.sizes
            or op is not None
            and op.prim.name == "size"
            and all(v in self.sizes for v in size_vars(op.params["value"]))
        )

    def _stored(self, op: Op):
        """What an update stores, without a cast that the assignment makes by itself."""
        value = op.args[1]
        if isinstance(value, Lit):
            return (
                Lit(python_type(op.args[0].dtype)(value.value))
                if np.can_cast(value.dtype, op.args[0].dtype, "same_kind")
                else value
            )
        made = self.definition.get(value) if isinstance(value, Var) else None
        if (
            made is None
            or made.prim.name != "convert"
            or op.prim.name == "at_add"
            and len(op.args) > 2
            and any(a.shape for a in op.args[2:])
        ):
            return value
        casting = "same_kind" if op.prim.name == "at_set" else "safe"
        inner = made.args[0]
        kept = self.writes.between(inner, made, op) or not np.can_cast(inner.dtype, value.dtype, casting)
        return value if kept else inner

    def as_handed(self, atom, target: Var):
        """An atom as it is written where it is handed over to a name."""
        if not isinstance(atom, Lit) or target.aval.weak:
            return atom
        if self.plain.may_be(target):
            return atom if atom.aval.weak else plain_literal(atom)
        return Lit(target.dtype.type(atom.value)) if atom.aval.weak and not target.shape else atom

    def _implicit_source(self, var: Var, reader: Op):
        op = self.definition.get(var)
        if op is None or op.prim.name != "convert" or not op.params.get("implicit"):
            return None
        return None if self.writes.between(op.args[0], op, reader) else op.args[0]
