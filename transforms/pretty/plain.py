"""Where a NumPy scalar may as well start as a Python number: `total = 0.0`, not `total = np.float64(0.0)`.

A Python number promotes differently and divides by zero differently. So it may stand for a scalar only
where every operation that reads it has another operand that decides the types.
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.statements import Block, Effect, For, Function, If, Lit, Op, Var, While, blocks
from broadax.transforms.facts.storage import is_array
from broadax.transforms.pretty.literals import same_meaning

PLAIN = frozenset({"float64", "int64", "complex128", "bool"})
# Operations printed as Python's for scalars, though NumPy functions for arrays.
MALLEABLE = frozenset({"where", "logical_and", "logical_or", "logical_not"})
INDIFFERENT = frozenset(
    {"full", "broadcast_to", "stack", "convert", "at_set", "at_add", "index", "copy", "arange"}
)


class PlainNumbers:
    """Answers, for scalar variables, whether a Python number may stand for them."""

    def __init__(self, function: Function):
        self.readers: dict[Var, list] = {}
        self.known: dict[Var, bool] = {}
        self.solid: set[Var] = {v for v in function.params if not v.aval.weak}  # surely NumPy's at run time
        self.casts: dict[Var, object] = {}  # result of an implicit cast → what is cast
        self._block(function.body, ())

    def _read(self, atom, reader) -> None:
        if isinstance(atom, Var) and not is_array(atom):
            self.readers.setdefault(atom, []).append(reader)

    def _block(self, block: Block, targets: tuple) -> None:
        for stmt in block.stmts:
            match stmt:
                case Op() | Effect():
                    for atom in stmt.args:
                        self._read(atom, stmt)
                    if isinstance(stmt, Op) and stmt.params.get("implicit"):
                        self.casts[stmt.out] = stmt.args[0]
                    if isinstance(stmt, Op) and self._is_solid(stmt):
                        self.solid.update(v for v in stmt.outs if not is_array(v) and not v.aval.weak)
                case If():
                    for inner in blocks(stmt):
                        self._block(inner, stmt.outs)
                    both = zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True)
                    self.solid.update(v for v, *sides in both if self.solid.issuperset(sides))
                case For() | While():
                    for inner in blocks(stmt):
                        self._block(inner, stmt.carries if inner is stmt.body else ())
                    for atom, carry, out in zip(stmt.init, stmt.carries, stmt.outs, strict=True):
                        self._read(atom, carry)
                        self._read(carry, out)
        for atom, var in zip(block.results, targets, strict=False):
            self._read(atom, var)

    def _is_solid(self, op: Op) -> bool:
        """Is the result NumPy's even where operands that may be Python numbers are?"""
        if (
            op.prim.kind != "elementwise"
            or isinstance(op.prim.numpy, str)
            and "." in op.prim.numpy
            and op.prim.name not in MALLEABLE
        ):
            return True
        decisive = [a in self.solid for a in op.args]
        return all(decisive[1:]) if op.prim.name == "where" else any(decisive)

    def in_doubt(self, atom) -> bool:
        """Is it typed as a NumPy scalar, but a Python number on some way through the code?"""
        if not isinstance(atom, Var) or is_array(atom) or atom.aval.weak or atom.dtype.name not in PLAIN:
            return False
        return atom not in self.solid

    def may_be(self, var: Var) -> bool:
        """May the variable hold a Python number where it should hold a NumPy scalar?"""
        if is_array(var) or var.dtype.name not in PLAIN:
            return False
        if var not in self.known:
            self.known[var] = True  # for loops: unless another reader objects
            self.known[var] = all(self._indifferent(var, reader) for reader in self.readers.get(var, ()))
        return self.known[var]

    def _indifferent(self, var: Var, reader) -> bool:
        if isinstance(reader, Var):
            return reader.aval.weak or self.may_be(reader)
        if isinstance(reader, Effect):
            return True
        if reader.prim.kind != "elementwise":
            return reader.prim.name in INDIFFERENT
        if reader.prim.name == "where" and reader.out.shape == ():
            return self.may_be(reader.out) if var in reader.args[1:] else True
        args = [self.casts.get(a, a) for a in reader.args]  # casts that NumPy makes may not be written
        plain = [a if a in self.solid or a.shape else Lit(0, replace(a.aval, weak=True)) for a in args]
        arithmetic = reader.prim.name in ("add", "subtract", "multiply", "negative")
        return same_meaning(reader.prim, plain, reader.args, arithmetic and self.may_be(reader.out))


def plain_literal(lit: Lit) -> Lit:
    """The Python number of a NumPy scalar."""
    return lit if lit.aval.weak else Lit(lit.value.item())
