"""Complex scalars as two numbers each: arrays of real and of imaginary parts fill vector registers.

z = z * z + c           →       re, im = re * re - im * im + c_re, re * im + im * re + c_im

Arrays of complex numbers hold the two parts in turn, and compilers leave loops over them scalar.
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.builder import Builder
from broadax.transforms.core.expression import apply
from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.statements import (
    Block,
    For,
    If,
    Lit,
    Op,
    Stmt,
    Var,
    While,
    statements,
)

# Results that are complex are made part by part; results that are real are made of the parts.
BY_PARTS = frozenset({"add", "subtract", "negative", "positive", "where"})
COMPLEX = BY_PARTS | {"multiply", "square", "conjugate", "convert"}
REAL = frozenset({"real", "imag", "absolute", "equal", "not_equal"})


def may_part(stmts, stored) -> bool:
    """Are there complex scalars, none of which is stored, and only operations that go by parts?"""
    if any(map(_is_complex, stored)):
        return False
    touching = [s for s in statements(Block(tuple(stmts))) if _touches(s)]
    return bool(touching) and all(_goes_by_parts(s) for s in touching)


def _is_complex(atom) -> bool:
    return atom.dtype.kind == "c"


def _touches(stmt: Stmt) -> bool:
    args = stmt.args if isinstance(stmt, Op) else ()
    return any(map(_is_complex, (*stmt.outs, *args)))


def _goes_by_parts(stmt: Stmt) -> bool:
    if not isinstance(stmt, Op):
        return isinstance(stmt, (If, For, While))
    return stmt.prim.name in (COMPLEX if _is_complex(stmt.out) else REAL)


class Parts:
    """Writes statements again, with two variables for each complex one.

    Attributes:
        parts: complex variable → its real and its imaginary part.
    """

    def __init__(self, builder: Builder):
        self.builder, self.rename = builder, Rename()
        self.parts: dict[Var, tuple] = {}

    def block(self, stmts) -> None:
        """Append the statements to the open block."""
        for stmt in stmts:
            with self.builder.at(stmt.loc, stmt.note):
                self._stmt(stmt)

    def atoms(self, atoms) -> tuple:
        """What stands for some atoms: two for each complex one."""
        return tuple(part for a in atoms for part in (self.of(a) if _is_complex(a) else (self._atom(a),)))

    def of(self, atom) -> tuple:
        """The parts of a complex atom; what comes from outside is taken apart where it is read."""
        if isinstance(atom, Lit):
            dtype = atom.value.real.dtype if hasattr(atom.value, "dtype") else None
            both = atom.value.real, atom.value.imag
            return tuple(Lit(dtype.type(x) if dtype else x) for x in both)
        if atom not in self.parts:
            return apply("real", atom, base=f"{atom.base}_re"), apply("imag", atom, base=f"{atom.base}_im")
        return self.parts[atom]

    def take_apart(self, variables) -> None:
        """Take apart what is read more than once, here."""
        self.parts.update((v, self.of(v)) for v in variables if _is_complex(v))

    def _atom(self, atom):
        return self.rename.atom(atom)

    def _variables(self, variables) -> tuple:
        """New variables for the parts; the others stay."""
        for var in filter(_is_complex, variables):
            aval = replace(var.aval, dtype=var.dtype.type(0).real.dtype)
            self.parts[var] = tuple(self.builder.var(f"{var.base}_{p}", aval) for p in ("re", "im"))
        return tuple(v for var in variables for v in (self.parts[var] if _is_complex(var) else (var,)))

    # ── statements ────────────────────────────────────────────────────────────────────────────────

    def _stmt(self, stmt: Stmt) -> None:
        match stmt:
            case Op() if not _touches(stmt):
                self.builder.add(self.rename.stmt(stmt))
            case Op() if _is_complex(stmt.out):
                self.parts[stmt.out] = self._complex(stmt)
            case Op():
                self.rename.map[stmt.out] = self._real(stmt)
            case If():
                then, orelse = self._inner(stmt.then), self._inner(stmt.orelse)
                outs = self._variables(stmt.outs)
                cond = self._atom(stmt.cond)
                self.builder.add(replace(stmt, cond=cond, then=then, orelse=orelse, outs=outs))
            case For() | While():
                self._loop(stmt)

    def _inner(self, block: Block) -> Block:
        with self.builder.block() as stmts:
            self.block(block.stmts)
            results = self.atoms(block.results)
        return Block(tuple(stmts), results)

    def _loop(self, stmt: For | While) -> None:
        changes = {"init": self.atoms(stmt.init), "carries": self._variables(stmt.carries)}
        if isinstance(stmt, While):
            changes["cond"] = self._inner(stmt.cond)
        else:
            changes |= {k: self._atom(getattr(stmt, k)) for k in ("lo", "hi", "step")}
        changes["body"] = self._inner(stmt.body)
        self.builder.add(replace(stmt, **changes, outs=self._variables(stmt.outs)))

    # ── operations ────────────────────────────────────────────────────────────────────────────────

    def _complex(self, op: Op) -> tuple:
        name, base = op.prim.name, op.out.base
        if name == "convert":
            return self._converted(op)
        given = [self.of(a) if _is_complex(a) else (self._atom(a),) * 2 for a in op.args]
        if name in BY_PARTS:
            return tuple(
                apply(name, *(x[k] for x in given), base=f"{base}_{p}") for k, p in enumerate(("re", "im"))
            )
        if name == "conjugate":
            ((re, im),) = given
            return re, apply("negative", im, base=f"{base}_im")
        (a, b), (c, d) = given if name == "multiply" else given * 2
        re = apply("subtract", apply("multiply", a, c), apply("multiply", b, d), base=f"{base}_re")
        return re, apply("add", apply("multiply", a, d), apply("multiply", b, c), base=f"{base}_im")

    def _converted(self, op: Op) -> tuple:
        dtype = op.out.dtype.type(0).real.dtype
        (x,) = op.args
        if _is_complex(x):
            return tuple(self.builder.promote(part, dtype) for part in self.of(x))
        return self.builder.promote(self._atom(x), dtype), Lit(dtype.type(0))

    def _real(self, op: Op):
        name, base = op.prim.name, op.out.base
        given = [self.of(a) for a in op.args]
        if name in ("real", "imag"):
            return given[0][name == "imag"]
        if name == "absolute":
            return apply("hypot", *given[0], base=base)
        (a, b), (c, d) = given
        both = apply(name, a, c), apply(name, b, d)
        return apply("logical_and" if name == "equal" else "logical_or", *both, base=base)


def in_parts(builder: Builder, given, block: Block) -> Block:
    """A block without complex scalars, but for those that it is given."""
    parts = Parts(builder)
    with builder.block() as stmts:
        parts.take_apart(given)
        parts.block(block.stmts)
        results = parts.atoms(block.results)
    return Block(tuple(stmts), results)
