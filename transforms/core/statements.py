"""Core: small typed Python, one primitive per statement, structured control flow, single assignment.

Five statement forms, each with a Python form (`core_text` prints it):

    y = op(a, b, axis=0)              Op       one primitive; atoms as operands, static keywords
    if c: … else: …                   If       both branches end by assigning the result names
    for i in range(lo, hi, step): …   For      carries are assigned before the loop and at its end
    while …: …                        While    likewise; the condition is a block of its own
    raise / assert / print            Effect   keeps its place

Nodes are immutable and are shared between versions of a function; a variable is one object,
defined once. Sizes in types and parameters are polynomials over the integer variables in scope, so
`uses` counts them as reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from broadax.runtime.errors import Loc
from broadax.transforms.core.avals import Aval, StackAval, aval_of
from broadax.transforms.core.expression import Expression
from broadax.transforms.core.sizes import Guards, Size, atoms_of


class Var(Expression):
    """One name of a Core function.

    Attributes:
        name: unique in its function; starts with `base`.
        base: what a reader should see: the user's name, or one made from the operation.
        aval: its type.
        hint: of an integer scalar, its value at the first call, where known.
    """

    __slots__ = ("name", "base", "aval", "hint")

    def __init__(self, name: str, aval: Aval | StackAval, base: str = "", hint: int | None = None):
        self.name, self.aval, self.base, self.hint = name, aval, base or name, hint

    def __repr__(self) -> str:
        return self.name

    @property
    def shape(self) -> tuple:
        return self.aval.shape

    @property
    def dtype(self) -> np.dtype:
        return self.aval.dtype

    @property
    def ndim(self) -> int:
        return self.aval.ndim


class Lit(Expression):
    """A scalar constant: a Python number (weak) or a NumPy scalar."""

    __slots__ = ("value", "aval")

    def __init__(self, value, aval: Aval | None = None):
        self.value = value
        self.aval = aval or aval_of(value)

    def __repr__(self) -> str:
        return repr(self.value) if self.aval.weak else f"{self.aval.dtype.name}({self.value})"

    @property
    def shape(self) -> tuple:
        return ()

    @property
    def dtype(self) -> np.dtype:
        return self.aval.dtype

    @property
    def ndim(self) -> int:
        return 0


Atom = Var | Lit


@dataclass(frozen=True, eq=False)
class Block:
    """Statements, then the atoms that the block yields to its owner."""

    stmts: tuple = ()
    results: tuple = ()


@dataclass(frozen=True, eq=False)
class Stmt:
    """Base of the statements. `outs`: the variables it defines."""

    outs: tuple
    loc: Loc | None = field(default=None, kw_only=True)
    # What a generated statement belongs to: the variable's base name whose derivative it computes.
    note: str = field(default="", kw_only=True)
    # Of what a reverse sweep computes again on purpose: the number of the call; not merged with others.
    again: int = field(default=0, kw_only=True)


@dataclass(frozen=True, eq=False)
class Op(Stmt):
    """`out = prim(*args, **params)`; `params` values are static: ints, sizes, dtypes, tuples."""

    prim: object
    args: tuple
    params: dict

    @property
    def out(self) -> Var:
        return self.outs[0]


@dataclass(frozen=True, eq=False)
class If(Stmt):
    """`outs` are `then.results` if the boolean scalar `cond` is true, else `orelse.results`."""

    cond: Atom
    then: Block
    orelse: Block


@dataclass(frozen=True, eq=False)
class For(Stmt):
    """A counted loop. In the body `carries` hold the values at the start of the turn.

    The body's results are the carries of the next turn, `outs` those after the last; with no turn
    `outs` are `init`. `lo`, `hi`, `step` are integer scalars (`step` a nonzero literal where known).
    `parallel` marks a loop whose turns are independent but for disjoint updates (a batch loop).
    """

    index: Var
    lo: Atom
    hi: Atom
    step: Atom
    carries: tuple
    init: tuple
    body: Block
    parallel: bool = False


@dataclass(frozen=True, eq=False)
class While(Stmt):
    """`cond` (a block that reads the carries and yields one boolean) is asked before each turn."""

    carries: tuple
    init: tuple
    cond: Block
    body: Block


@dataclass(frozen=True, eq=False)
class Effect(Stmt):
    """`kind`: 'raise' | 'print' | 'check'; args are the data it shows.

    'check': raise `params["error"]` (an exception class) with `params["message"]` unless args[0].
    'raise': the same without a condition. 'print': `params["end"]`, if there, in place of a new line.
    A message is a tuple of strings and ints, an int k (a `Value`) standing for the text of args[k].
    `params["own"]`: the user's code raises it (not Python or NumPy for it).
    """

    kind: str
    args: tuple
    params: dict


class Value(int):
    """The place of an operand in a message; `suffix` is how it is shown: `!r`, `:.2f`."""

    suffix: str

    def __new__(cls, number: int, suffix: str = ""):
        value = super().__new__(cls, number)
        value.suffix = suffix
        return value


def suffix_of(part: int) -> str:
    """How an operand is shown in a message."""
    return getattr(part, "suffix", "")


@dataclass(frozen=True, eq=False)
class Function:
    """A Core function: flat parameters to flat results.

    Attributes:
        params: the inputs.
        sizes: `(variable, parameter, axis)`: integer variables that name the parameters' sizes.
        body: its block; `body.results` are the outputs.
        guards: the answers about sizes on which this version rests.
        names: the counters that keep its names unique.
    """

    name: str
    params: tuple
    sizes: tuple
    body: Block
    guards: Guards
    names: Names
    loc: Loc | None = None


class Names:
    """Unique names from the user's names and counters: `x`, `x_1`, `x_2`; the same text each time."""

    def __init__(self):
        self.count: dict[str, int] = {}

    def fresh(self, base: str) -> str:
        while True:
            k = self.count.get(base, 0)
            self.count[base] = k + 1
            name = base if k == 0 else f"{base}_{k}"
            if k == 0 or name not in self.count:
                self.count.setdefault(name, 1)
                return name


# ── walking ───────────────────────────────────────────────────────────────────────────────────────


def size_vars(value) -> Iterator[Var]:
    """The variables read by sizes inside a parameter value or a type."""
    if isinstance(value, Size):
        yield from atoms_of(value)
    elif isinstance(value, Aval):
        for dim in value.shape:
            yield from size_vars(dim)
    elif isinstance(value, StackAval):
        yield from size_vars(value.item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from size_vars(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from size_vars(item)


def operands(stmt: Stmt) -> tuple:
    """The atoms that a statement itself reads (not those read inside its blocks)."""
    match stmt:
        case Op() | Effect():
            return stmt.args
        case If():
            return (stmt.cond,)
        case For():
            return (stmt.lo, stmt.hi, stmt.step, *stmt.init)
        case While():
            return stmt.init
    raise TypeError(stmt)


def blocks(stmt: Stmt) -> tuple:
    """The blocks inside a statement, in the order in which they run."""
    match stmt:
        case If():
            return (stmt.then, stmt.orelse)
        case For():
            return (stmt.body,)
        case While():
            return (stmt.cond, stmt.body)
    return ()


def bound(stmt: Stmt) -> tuple:
    """Variables that a statement defines for its own blocks: a loop's index and carries."""
    match stmt:
        case For():
            return (stmt.index, *stmt.carries)
        case While():
            return stmt.carries
    return ()


def uses(stmt: Stmt) -> Iterator[Var]:
    """Variables that a statement itself reads, in sizes too; not those read inside its blocks."""
    for atom in operands(stmt):
        if isinstance(atom, Var):
            yield atom
    if isinstance(stmt, (Op, Effect)):
        yield from size_vars(stmt.params)
    for var in stmt.outs:
        yield from size_vars(var.aval)


def all_uses(stmt: Stmt) -> Iterator[Var]:
    """Variables read by a statement or anywhere inside it, those bound inside included."""
    yield from uses(stmt)
    for block in blocks(stmt):
        yield from block_uses(block)


def block_uses(block: Block) -> Iterator[Var]:
    """Variables read anywhere in a block or yielded by it."""
    for stmt in block.stmts:
        yield from all_uses(stmt)
    for atom in block.results:
        if isinstance(atom, Var):
            yield atom


def definitions(block: Block) -> Iterator[Var]:
    """Every variable defined anywhere in a block, loop indices and carries included."""
    for stmt in block.stmts:
        yield from stmt.outs
        yield from bound(stmt)
        for inner in blocks(stmt):
            yield from definitions(inner)


def free(block: Block) -> list[Var]:
    """Variables a block reads but does not define, each once, in order of first reading."""
    defined = set(definitions(block))
    return list(dict.fromkeys(v for v in block_uses(block) if v not in defined))


def statements(block: Block) -> Iterator[Stmt]:
    """Every statement of a block, outer before inner."""
    for stmt in block.stmts:
        yield stmt
        for inner in blocks(stmt):
            yield from statements(inner)
