"""The copy of a function that reverse mode works on, and where each of its variables lives.

A region is a block of the copy together with the loops around it. While-loops of the copy count their
turns, so that the reverse sweep can repeat them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from broadax.transforms.core import sizes
from broadax.transforms.core.avals import INT, Aval
from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Block, For, If, Lit, Op, Stmt, Var, While, size_vars
from broadax.transforms.primitives import registry
from broadax.transforms.vjp.bounds import SIZE_OPS, Bounds, int_of, size_of

SCALAR = Aval(INT, (), weak=True)
ROOM_BEFORE = 4  # a loop may begin with this index, and its saves have room for the indices before


@dataclass(eq=False)
class Loop:
    """One loop of the copy.

    Attributes:
        stmt: the loop in the original function.
        lo, hi, step: the bounds (atoms of the copy) of a `for`.
        index: its index variable; None for a `while`.
        turn: where saves of the turn go: the index itself where it hardly leaves room, else the number of
            the turn, counted from 0.
        turn_op: the statement that defines `turn` at the start of a turn; None where it is the index.
        number, count: of a `while`, the carry that counts its turns, and what it is after the loop.
    """

    stmt: For | While
    lo: Var | Lit | None = None
    hi: Var | Lit | None = None
    step: Var | Lit | None = None
    index: Var | None = None
    turn: Var | None = None
    turn_op: Op | None = None
    number: Var | None = None
    count: Var | None = None


@dataclass(eq=False)
class Region:
    """A block of the copy.

    Attributes:
        parent: the region around it; None for the function's own block.
        loops: the loops around it, outermost first.
        own: the variables of the original block: results of its statements, and a loop's carries.
        defs: variable of the copy → the statement that defines it; None for a loop's index and carries.
        fork: in a branch, the `if` of the original and which side of it.
    """

    parent: Region | None
    loops: tuple[Loop, ...] = ()
    own: set = field(default_factory=set)
    defs: dict = field(default_factory=dict)
    fork: tuple = ()

    @property
    def root(self) -> bool:
        return self.parent is None

    @property
    def turn(self) -> Region:
        """The region of the loop's turn, or of the function, in whose branches this one is."""
        return self.parent.turn if self.fork else self

    def around(self):
        """The regions around this one, inner first."""
        region = self.parent
        while region is not None:
            yield region
            region = region.parent


class Copy:
    """A copy of a function's body with fresh variables.

    Args:
        active: which variables of the original take part in the derivative.

    Attributes:
        rename: from the original's variables to the copy's.
        regions: original block → region.
        home: variable of the copy → its region; what is missing comes from outside the function.
        places: block of the copy → region.
        loops: loop of the original → what is known of its copy.
        bounds: how large its integers get.
    """

    def __init__(self, builder, rename: Rename, active):
        self.builder, self.rename, self.active = builder, rename, active
        self.regions: dict[Block, Region] = {}
        self.home: dict[Var, Region] = {}
        self.places: dict[Block, Region] = {}
        self.loops: dict[Stmt, Loop] = {}
        self.bounds = Bounds(self)

    def block(self, block: Block, region: Region, extra: tuple = ()) -> Block:
        """A copy of a block; `extra` are results that follow its own."""
        self.regions[block] = region
        stmts = tuple(self._stmt(s, region) for s in block.stmts)
        copy = Block(stmts, self.rename.atoms(block.results) + extra)
        self.places[copy] = region
        return copy

    def define(self, var: Var, region: Region, stmt: Stmt | None = None) -> Var:
        """A new variable for one of the original."""
        new = self.rename.define(var)
        region.own.add(var)
        self.enter(new, region, stmt)
        return new

    def enter(self, new: Var, region: Region, stmt: Stmt | None = None) -> None:
        """Say where a variable of the copy lives and what defines it."""
        region.defs[new], self.home[new] = stmt, region

    def _stmt(self, s: Stmt, region: Region) -> Stmt:
        match s:
            case If():
                return self._if(s, region)
            case For():
                return self._for(s, region)
            case While():
                return self._while(s, region)
        new = attached(self.rename.stmt(s))
        region.own.update(s.outs)
        for out in new.outs:
            self.enter(out, region, new)
        return new

    def _outs(self, s: Stmt, region: Region) -> tuple:
        return tuple(self.define(v, region) for v in s.outs)

    def _if(self, s: If, region: Region) -> If:
        sides = [
            self.block(side, Region(region, region.loops, fork=(s, k)))
            for k, side in enumerate((s.then, s.orelse))
        ]
        return replace(
            s, cond=self.rename.atom(s.cond), then=sides[0], orelse=sides[1], outs=self._outs(s, region)
        )

    def _for(self, s: For, region: Region) -> For:
        lo, hi, step, *init = self.rename.atoms((s.lo, s.hi, s.step, *s.init))
        loop = self.loops[s] = Loop(s, lo, hi, step)
        inner = Region(region, (*region.loops, loop))
        loop.index = self.define(s.index, inner)
        self._number_turns(loop, inner)
        carries = tuple(self.define(v, inner) for v in s.carries)
        body = self.block(s.body, inner)
        return replace(
            s,
            lo=lo,
            hi=hi,
            step=step,
            index=loop.index,
            carries=carries,
            init=tuple(init),
            body=body,
            outs=self._outs(s, region),
        )

    def _number_turns(self, loop: Loop, inner: Region) -> None:
        """Say where saves of a turn go."""
        step = int_of(loop.step)
        first = self.bounds.least(size_of(loop.index), inner.loops)
        if step in (1, -1) and isinstance(first, int) and 0 <= first <= ROOM_BEFORE:
            loop.turn = loop.index
            return
        moved = size_of(loop.index) - size_of(loop.lo)
        if step not in (1, -1):
            moved = sizes.size_op("floordiv", moved, size_of(loop.step))
        size = -moved if step == -1 else moved
        loop.turn = self.builder.var("turn", SCALAR)
        loop.turn_op = Op((loop.turn,), registry.get("size"), (), {"value": size}, loc=loop.stmt.loc)
        self.enter(loop.turn, inner, loop.turn_op)

    def _while(self, s: While, region: Region) -> While:
        """A `while` that takes part counts its turns in a carry of its own."""
        loop = self.loops[s] = Loop(s)
        inner = Region(region, (*region.loops, loop))
        init = self.rename.atoms(s.init)
        carries = tuple(self.define(v, inner) for v in s.carries)
        cond = self.rename.block(s.cond)
        if not self.active.touches(s):
            return replace(
                s,
                init=init,
                carries=carries,
                cond=cond,
                body=self.block(s.body, inner),
                outs=self._outs(s, region),
            )
        before, after, count = (self.builder.var("turns", SCALAR) for _ in range(3))
        loop.number, loop.count = before, count
        one_more = Op((after,), registry.get("add"), (before, Lit(1)), {}, loc=s.loc)
        self.enter(before, inner)
        self.enter(after, inner, one_more)
        body = self.block(s.body, inner, (after,))
        body = Block((*body.stmts, one_more), body.results)
        self.places[body] = inner
        outs = self._outs(s, region)
        self.enter(loop.count, region)
        return replace(
            s,
            init=(*init, Lit(0)),
            carries=(*carries, before),
            cond=cond,
            body=body,
            outs=(*outs, loop.count),
        )

    # ── sizes ─────────────────────────────────────────────────────────────────────────────────────

    def dim(self, atom) -> int | Size:
        """An integer scalar as a dimension, in variables of the outermost block where possible."""
        if isinstance(atom, Lit):
            return int(atom.value)
        outer = self._outer_value(atom)
        return Size.of(atom) if outer is None else outer

    def outer_dim(self, dim):
        """A dimension in variables known before the outermost loop; None where there is no such."""
        return sizes.substitute(dim, self._outer_value)

    def _outer_value(self, var: Var):
        home = self.home.get(var)
        op = None if home is None else home.defs[var]
        if isinstance(op, Op) and op.prim.name == "size":
            return self.outer_dim(op.params["value"])
        if home is None or home.root:
            return Size.of(var)
        if isinstance(op, Op) and op.prim.name in SIZE_OPS and all(a.dtype.kind in "iu" for a in op.args):
            parts = [int(a.value) if isinstance(a, Lit) else self._outer_value(a) for a in op.args]
            return None if None in parts else SIZE_OPS[op.prim.name](*parts)
        return None


def attached(stmt: Stmt) -> Stmt:
    """A statement of the forward sweep: there, `attach` is its first operands."""
    if not isinstance(stmt, Op) or stmt.prim.name != "attach":
        return stmt
    return replace(stmt, prim=registry.get("same"), args=stmt.args[: stmt.params["results"]], params={})


def reads_of(op: Op) -> list[Var]:
    """The variables that an operation reads, in sizes too."""
    read = [a for a in op.args if isinstance(a, Var)]
    read += size_vars(op.params)
    for out in op.outs:
        read += size_vars(out.aval)
    return read
