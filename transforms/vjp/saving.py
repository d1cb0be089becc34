"""How a value of the forward sweep is kept for the reverse sweep.

slot    outside loops: one more result of the `if`
array   in loops whose trip counts have bounds known before the outermost one: an array with an axis per loop
stack   in other loops: a stack, pushed by the forward sweep and popped by the reverse sweep
items   an array whose size has no such bound: its elements, one by one, on a stack

The forward and the reverse sweep name the array or stack by one variable, the *symbol*, wherever they
use it; `threading` then makes it a carry of the loops between.
"""

from __future__ import annotations

from dataclasses import dataclass

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import Aval, StackAval
from broadax.transforms.core.statements import Block, For, Lit, Op, Stmt, Var, blocks
from broadax.transforms.vjp.bounds import Bounds, size_of
from broadax.transforms.vjp.regions import SCALAR, Loop, Region
from broadax.transforms.vjp.threading import assign, rebuild, thread


@dataclass(eq=False)
class Save:
    """One variable that is kept.

    Attributes:
        var: the variable of the copy.
        region: where it is defined.
        kind: see the module's text.
        symbol: the slot, array or stack.
    """

    var: Var
    region: Region
    kind: str
    symbol: Var

    @property
    def stacked(self) -> bool:
        return isinstance(self.symbol.aval, StackAval)

    @staticmethod
    def choose(residuals, var: Var, region: Region) -> Save:
        """Decide how to keep a variable."""
        if isinstance(var.aval, StackAval):
            raise UnsupportedError(
                "the derivative would have to save a stack of saved values",
                None,
                "write the loop with a known number of turns",
            )
        trips, shape = _room(residuals.sweep.bounds, var, region)
        defined = region.defs[var]
        of = defined.args[0] if isinstance(defined, Op) and defined.prim.name == var.base == "index" else var
        weak, base = var.aval.weak, f"saved_{of.base}"
        if None in shape:
            kind, aval = "items", StackAval(Aval(var.dtype))
        elif None in trips:
            kind, aval = "stack", StackAval(Aval(var.dtype, tuple(shape), weak))
        elif trips:
            kind, aval = "array", Aval(var.dtype, (*trips, *shape))
        else:
            kind, aval, base = "slot", Aval(var.dtype, tuple(shape), weak), var.base
            other = _shared_slot(residuals, region, aval)
            if other is not None:
                return Save(var, region, kind, other)
        return Save(var, region, kind, residuals.sweep.builder.var(base, aval))


def _shared_slot(residuals, region: Region, aval: Aval) -> Var | None:
    """A slot of the same type that the other side of the same `if` uses."""
    if not region.fork:
        return None
    stmt, side = region.fork
    users: dict[Var, set] = {}
    for save in residuals.saves.values():
        if save.kind == "slot" and save.region.fork[0] is stmt and save.symbol.aval == aval:
            users.setdefault(save.symbol, set()).add(save.region.fork[1])
    return next((symbol for symbol, sides in users.items() if side not in sides), None)


def _room(bounds: Bounds, var: Var, region: Region) -> tuple[list, list]:
    """The axes that loops give to the array in which a variable is saved, and those of the variable.

    None where nothing is known before the outermost loop. Of triangles the square is taken, but not of
    what has more corners: that would be many times what is used.
    """
    loops = region.loops
    exact = [*(trip_count(bounds, loop) for loop in loops), *map(bounds.copy.outer_dim, var.aval.shape)]
    if exact.count(None) > 2:
        return exact[: len(loops)], exact[len(loops) :]
    most = [trip_count(bounds, loop, loops[:k]) for k, loop in enumerate(loops)]
    most += [bounds.outer(d, loops) for d in var.aval.shape]
    axes = [_axis(m if e is None else e) for e, m in zip(exact, most, strict=True)]
    axes[len(loops) :] = [a if e is None else e for e, a in zip(exact, axes, strict=True)][len(loops) :]
    return axes[: len(loops)], axes[len(loops) :]


def trip_count(bounds: Bounds, loop: Loop, around: tuple[Loop, ...] = ()):
    """The room that a loop's turns take, as a dimension known before the outermost loop, or None.

    That is their number, and a little more where saves are found by the index. It may be negative where
    the loop takes no turn.

    Args:
        around: loops over whose turns to take the greatest number.
    """
    if loop.index is None:
        return None
    lo, hi, step = (size_of(a) for a in (loop.lo, loop.hi, loop.step))
    if around:
        lo, hi, step = map(bounds.dim, (lo, hi, step))
    if loop.turn is loop.index:
        return bounds.outer(hi if step == 1 else lo + 1, around)
    trips = hi - lo if step == 1 else lo - hi if step == -1 else -sizes.size_op("floordiv", lo - hi, step)
    return bounds.outer(trips, around)


def _axis(trips):
    """The axis that a number of turns, or an upper bound of a size, gives to an array."""
    if trips is None or isinstance(trips, int):
        return trips and max(trips, 0)
    if sizes.hint(trips) is None:
        return sizes.size_op("max", trips, 0)
    return trips if sizes.at_least(trips, 0) else 0


# ── reading ───────────────────────────────────────────────────────────────────────────────────────


def load(residuals, save: Save, region: Region, make):
    """Emit the reading of a saved value at the start of a reversed block.

    Args:
        make: gives a variable of the region in the reverse sweep.
    """
    builder, var = residuals.sweep.builder, save.var
    defined = region.defs[var]
    with builder.at(defined and defined.loc, var.base):
        if save.kind == "slot":
            return save.symbol
        if save.kind == "array":
            turns = [make(loop.turn) for loop in region.loops]
            value = builder.apply(
                "index", save.symbol, *turns, base=var.base, checked=True, spec=_spec(turns, var.shape, make)
            )
        elif save.kind == "stack":
            _, value = builder.apply("stack_pop", save.symbol, base=var.base)
        else:
            return _pop_items(builder, save, tuple(_dim(d, make) for d in var.shape))
        if var.aval.weak and not value.aval.weak:
            value = builder.apply("convert", value, dtype=var.dtype, weak=True, base=var.base)
        return value


def _dim(dim, make):
    return sizes.substitute(dim, lambda v: _as_dim(make(v)))


def _as_dim(atom):
    return int(atom.value) if isinstance(atom, Lit) else sizes.Size.of(atom)


def _spec(turns, shape, make) -> tuple:
    """`[turn, …, :, …]`."""
    whole = tuple(("slice", 0, _dim(d, make), 1) for d in shape)
    return (*(("index", k) for k in range(len(turns))), *whole)


def _pop_items(builder, save: Save, shape: tuple):
    """Take an array's elements off a stack, the last one first."""
    var, count = save.var, sizes.product(shape)
    flat = Aval(var.dtype, (count,))
    index, carry, out = (builder.var(b, a) for b, a in (("k", SCALAR), (var.base, flat), (var.base, flat)))
    start = builder.apply("empty", shape=(count,), dtype=var.dtype, base=var.base)
    with builder.block() as stmts:
        _, item = builder.apply("stack_pop", save.symbol, base="item")
        filled = builder.apply(
            "at_set", carry, item, index, spec=(("index", 0),), checked=True, base=var.base
        )
    last = builder.size_value(count - 1)
    builder.add(
        For(
            (out,),
            index,
            last,
            Lit(-1),
            Lit(-1),
            (carry,),
            (start,),
            Block(tuple(stmts), (filled,)),
            loc=builder.loc,
            note=builder.note,
        )
    )
    return builder.apply("reshape", out, shape=shape, base=var.base)


# ── writing ───────────────────────────────────────────────────────────────────────────────────────


def keep(sweep, stmt: Stmt, saves: list[Save]) -> None:
    """Append an outermost statement of the copy with the saves that it makes."""
    builder = sweep.builder
    start = {save.symbol: _start(builder, save) for save in saves}
    stmt = _with_stores(sweep, stmt, saves)
    for new in thread(builder, (stmt,), start, outs={symbol: symbol for symbol in start}):
        builder.add(new)


def _start(builder, save: Save):
    """What a symbol is before the outermost statement."""
    aval = save.symbol.aval
    with builder.at(None, save.var.base):
        if save.kind == "slot":
            return None
        if save.kind == "array":
            return builder.apply("empty", shape=aval.shape, dtype=aval.dtype, base=save.symbol.base)
        return builder.apply("stack_new", item=aval.item, mirrored=True, base=save.symbol.base)


def _with_stores(sweep, stmt: Stmt, saves: list[Save]) -> Stmt:
    """The statement with each saved variable stored where it is defined."""

    def block(old: Block) -> Block:
        region = sweep.copy.places.get(old)
        inner = tuple(_with_stores(sweep, s, saves) for s in old.stmts)
        mine = [] if region is None else [s for s in saves if s.region is region]
        numbered = [
            loop.turn_op
            for loop in (region.loops[-1:] if region and not region.fork else ())
            if loop.turn_op and any(loop in s.region.loops and s.kind == "array" for s in saves)
        ]
        if not mine and not numbered:
            return Block(inner, old.results)
        extra = sweep.residuals.plan.restoring.extra
        return Block(_stored(sweep.builder, inner, numbered, mine, extra), old.results)

    return rebuild(stmt, block) if blocks(stmt) else stmt


def _stored(builder, stmts: tuple, numbered: list, saves: list[Save], extra: dict) -> tuple:
    """A block's statements with the stores after the definitions.

    Args:
        extra: variable → an operation to put before the statement that defines it.
    """
    kept = {save.var for save in saves}
    extra = {out: op for out, op in extra.items() if op.out in kept}
    defined = {out for s in (*stmts, *extra.values()) for out in s.outs}
    with builder.block() as new:
        new.extend(numbered)
        for save in saves:
            if save.var not in defined:
                _store(builder, save)
        for stmt in stmts:
            for new_stmt in (*(extra[out] for out in stmt.outs if out in extra), stmt):
                builder.add(new_stmt)
                for save in saves:
                    if save.var in new_stmt.outs:
                        _store(builder, save)
    return tuple(new)


def _store(builder, save: Save) -> None:
    var, symbol = save.var, save.symbol
    defined = save.region.defs[var]
    with builder.at(defined and defined.loc, var.base):
        if save.kind == "slot":
            builder.add(assign(symbol, var))
        elif save.kind == "array":
            turns = [loop.turn for loop in save.region.loops]
            builder.apply(
                "at_set",
                symbol,
                var,
                *turns,
                spec=_spec(turns, var.shape, lambda v: v),
                checked=True,
                base=symbol.base,
            )
        elif save.kind == "stack":
            builder.apply("stack_push", symbol, var, base=symbol.base)
        else:
            flat = builder.apply("reshape", var, shape=(sizes.product(var.shape),), base=var.base)
            index = builder.var("k", SCALAR)
            with builder.block() as stmts:
                item = builder.apply("index", flat, index, spec=(("index", 0),), checked=True, base="item")
                builder.apply("stack_push", symbol, item, base=symbol.base)
            builder.add(
                For(
                    (),
                    index,
                    Lit(0),
                    builder.size_value(flat.shape[0]),
                    Lit(1),
                    (),
                    (),
                    Block(tuple(stmts)),
                    loc=builder.loc,
                    note=builder.note,
                )
            )
