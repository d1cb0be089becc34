"""Emits Core: the only maker of statements and variables. Every statement gets the current place."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

from broadax.runtime.dtypes import BFLOAT16
from broadax.runtime.errors import Loc, ShapeError
from broadax.runtime.raised import familiar
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import Aval, aval_of, shown
from broadax.transforms.core.expression import building
from broadax.transforms.core.statements import Block, Effect, Function, Lit, Names, Op, Stmt, Var
from broadax.transforms.primitives import registry

BROADCAST = "operands could not be broadcast together"
SQUARE = "Last 2 dimensions of the array must be square", np.linalg.LinAlgError
# What NumPy says, and raises, where sizes differ that a primitive wants equal.
MISMATCH = {
    "at_set": ("could not broadcast input array", ValueError),
    "at_add": ("could not broadcast input array", ValueError),
    "index": ("shape mismatch: indexing arrays could not be broadcast together", IndexError),
    "stack": ("all input arrays must have the same shape", ValueError),
    "concatenate": (
        "all the input array dimensions except for the concatenation axis must match",
        ValueError,
    ),
    "reshape": ("cannot reshape array", ValueError),
    **dict.fromkeys(("inv", "cofactor", "det", "slogdet", "solve", "cholesky", "eigh"), SQUARE),
    "matmul": ("matmul: Input operand 1 has a mismatch in its core dimension 0", ValueError),
}


class Builder:
    """A function under construction: a stack of open blocks.

    Attributes:
        names: counters of the function's names; share them to build into the same function.
        guards: the guards of the specialisation this belongs to.
        loc, note: given to each statement emitted from now on (set with `at`).
    """

    def __init__(self, names: Names | None = None, guards: sizes.Guards | None = None):
        self.names = names or Names()
        self.guards = guards or sizes.Guards()
        self.open: list[list[Stmt]] = [[]]
        self.compared: list[list[set]] = [[]]  # in each open block, the sizes that a check has compared
        self.loc: Loc | None = None
        self.note = ""
        self.numpy_scalars = self.numpy_functions = False

    # ── places ────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def current(self):
        """Make this the builder into which operators and `ops` emit, and record guards."""
        with building(self), sizes.recording(self.guards):
            yield self

    @contextmanager
    def at(self, loc: Loc | None, note: str = ""):
        """Statements emitted inside belong to this place."""
        saved = self.loc, self.note
        self.loc, self.note = loc or self.loc, note
        try:
            yield self
        finally:
            self.loc, self.note = saved

    @contextmanager
    def as_numpy(self, functions: bool):
        """Inside, Python numbers divide as NumPy's do: by zero it is inf or nan, not an error.

        Args:
            functions: those of `math` are NumPy's, too.
        """
        saved = self.numpy_scalars, self.numpy_functions
        self.numpy_scalars, self.numpy_functions = True, functions
        try:
            yield self
        finally:
            self.numpy_scalars, self.numpy_functions = saved

    @contextmanager
    def block(self):
        """Open an inner block; yields its list of statements, to be put into a `Block`."""
        with self.reopen([]) as stmts:
            yield stmts

    @contextmanager
    def reopen(self, stmts: list[Stmt]):
        """Go on emitting into an inner block that was built before."""
        self.open.append(stmts)
        self.compared.append([])
        try:
            yield stmts
        finally:
            self.open.pop()
            self.compared.pop()

    def finish(self, name: str, params, size_vars, results, loc=None) -> Function:
        """The function whose outermost block has been built."""
        body = Block(tuple(self.open[0]), tuple(results))
        return Function(name, tuple(params), tuple(size_vars), body, self.guards, self.names, loc)

    # ── variables and statements ──────────────────────────────────────────────────────────────────

    def var(self, base: str, aval, hint: int | None = None) -> Var:
        """A new variable, named after `base`."""
        return Var(self.names.fresh(base), aval, base, hint)

    def add(self, stmt: Stmt) -> Stmt:
        """Append a statement that is already built."""
        self.open[-1].append(stmt)
        return stmt

    def emit(self, prim, args, params: dict, base: str = "", weak: bool | None = None):
        """Append `prim(*args, **params)`; operands must have the types the primitive wants.

        Returns: the variable it defines, or a tuple of them. `weak` overrides whether the result
        counts as a Python scalar.
        """
        assumed = self.guards.assumed
        assumed.clear()
        avals = prim.infer(*(a.aval for a in args), **params)
        if assumed:
            self._check_assumed(prim.name, assumed[:])
        many = isinstance(avals, tuple)
        avals = avals if many else (avals,)
        self.names.count.setdefault(prim.name, 1)  # temporaries are numbered: `sin_1` is no function
        if weak is not None:
            avals = tuple(Aval(a.dtype, a.shape, weak and not a.shape) for a in avals)
        outs = tuple(self.var(base or prim.name, a) for a in avals)
        self.add(Op(outs, prim, tuple(args), params, loc=self.loc, note=self.note))
        return outs if many else outs[0]

    def apply(self, name: str, *args, base: str = "", weak: bool | None = None, **params):
        """`emit` by name, with numbers turned to literals and elementwise operands promoted."""
        prim = registry.get(name)
        atoms = tuple(self.atom(a) for a in args)
        if prim.kind == "elementwise":
            dtypes, _, _ = registry.elementwise_types(prim, [a.aval for a in atoms])
            python = all(a.aval.weak for a in atoms)
            atoms = tuple(self.promote(a, d, python) for a, d in zip(atoms, dtypes, strict=True))
            if python and self.numpy_scalars and _may_raise(prim.name, atoms):
                atoms = (self._no_python_number(atoms[0]), *atoms[1:])
            elif python and (self.numpy_functions and prim.of_math or self.numpy_scalars and name == "log"):
                weak = False
        return self.emit(prim, atoms, params, base, weak)

    def atom(self, value):
        """An operand: variables and literals as they are, numbers as literals, sizes as scalars."""
        if isinstance(value, (Var, Lit)):
            return value
        if isinstance(value, sizes.Size):
            return self.size_value(value)
        if isinstance(value, np.ndarray) and value.shape == ():
            value = value[()]
        return Lit(value, aval_of(value))

    def size_value(self, dim) -> Var | Lit:
        """A dimension as an integer scalar (weak: sizes are Python ints)."""
        if isinstance(dim, int):
            return Lit(dim)
        if len(dim.terms) == 1 and list(dim.terms.values()) == [1]:
            (mono,) = dim.terms
            if len(mono) == 1 and isinstance(mono[0], Var) and mono[0].aval.weak:
                return mono[0]
        return self.emit(registry.get("size"), (), {"value": dim}, base="size")

    def promote(self, atom, dtype, weak: bool = False):
        """`atom` in `dtype`, as NumPy (or Python, for a weak result) promotes it inside an operation."""
        if atom.dtype == dtype:
            return atom
        if isinstance(atom, Lit):
            weak = atom.aval.weak and dtype != BFLOAT16  # beside it NumPy takes a Python float for a float32
            try:
                value = np.dtype(dtype).type(atom.value)
            except OverflowError as error:
                raise familiar(error) from None
            return Lit(value.item() if weak else value, Aval(np.dtype(dtype), (), weak))
        return self.emit(
            registry.get("convert"),
            (atom,),
            {"dtype": np.dtype(dtype), "implicit": True},
            base=atom.base,
            weak=weak,
        )

    def _no_python_number(self, atom):
        """A Python number as NumPy's scalar."""
        if isinstance(atom, Lit):
            return Lit(atom.dtype.type(atom.value))
        return self.emit(registry.get("convert"), (atom,), {"dtype": atom.dtype}, base=atom.base)

    def effect(self, kind: str, args: tuple, **params) -> None:
        """Append an effect at the current place."""
        self.add(Effect((), kind, args, params, loc=self.loc, note=self.note))

    def check(self, condition, error: type, message: tuple, args=(), own: bool = False) -> None:
        """Raise `error(message)` when the code runs and `condition` is false; `own`: see `Effect`."""
        self.effect("check", (condition, *args), error=error, message=message, own=own)

    def _check_assumed(self, prim: str, pairs: list) -> None:
        """Sizes that come from data are compared when the code runs, where they can't be now."""
        what, error = MISMATCH.get(prim, (BROADCAST, ValueError))
        for pair in pairs:
            if not any(set(pair) == done for checked in self.compared for done in checked):
                self.require_same(*pair, what, (ShapeError, error))

    def require_same(
        self,
        dim,
        want,
        what: str = BROADCAST,
        errors: tuple = (ShapeError, ValueError),
    ) -> None:
        """Emit a run-time check where two sizes can't be compared now; `errors` are raised now and then.

        Raises:
            ShapeError: they are known to differ (and `dim` is not 1).
        """
        if dim == want or dim == 1:
            return
        answer = sizes.same(dim, want)
        if answer is False:
            raise errors[0](f"{what}: {shown(dim)} and {shown(want)}", self.loc)
        if answer is None:
            self.compared[-1].append({dim, want})
            a, b = self.size_value(dim), self.size_value(want)
            self.check(self.apply("equal", a, b), errors[1], (f"{what}: sizes ", 1, " and ", 2), (a, b))


def _may_raise(name: str, atoms) -> bool:
    """Would Python raise where NumPy gives inf or nan, for some values of these operands?"""
    if name == "divide":
        return not isinstance(atoms[1], Lit)
    if name != "power" or atoms[1].dtype.kind == "c":
        return name == "power"
    return not (isinstance(atoms[1], Lit) and atoms[1].value >= 0)
