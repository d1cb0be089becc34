"""Calls that stay whole: functions whose derivative is not that of their body.

    y = call(a, x, function=f, rule=Rule('f', 'vjp', …))

Every other function of the user's is read in place. Where the code will be differentiated, one that comes
with its own rule, or that is to be computed again in the reverse sweep, is one `call` instead. It holds
*closed* functions: what they read from around them are their first parameters, `rule.consts` of them, so
that a call is renamed, batched and moved like any other operation. (Integers that the whole program was
given, which name its sizes, stay free: they are in scope everywhere, and guards rest on them.)

`inlined` puts the bodies in place of the calls, when all derivatives have been taken.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.rebuild import Rename, inline
from broadax.transforms.core.sizes import Size, substitute
from broadax.transforms.core.statements import (
    Block,
    Function,
    Op,
    Var,
    block_uses,
    definitions,
    size_vars,
    statements,
)
from broadax.transforms.primitives import registry


@dataclass(frozen=True, eq=False)
class Rule:
    """How a call is differentiated.

    With the call's operands `(*consts, *xs)` (all xs are floating-point or complex) and results `ys`,
    where t and d are the tangents and cotangents of the xs and of those ys that can have some:

    Attributes:
        name: the function's name, for messages.
        kind: 'jvp': by `jvp`, in both modes; 'vjp': by `forward` and `backward`, in reverse mode only;
            'again': as its body says, and its values are computed again in the reverse sweep.
        consts: how many operands the functions read from around them; these have no derivative.
        jvp: `(*consts, *xs, *t_xs) → (*ys, *t_ys)`, linear in the tangents.
        forward: `(*consts, *xs) → (*ys, *residuals)`.
        backward: `(*consts, *residuals, *d_ys) → d_xs`.
        saved: of kind 'again', how many of the last results are only there for the reverse sweep to read.
    """

    name: str
    kind: str
    consts: int = 0
    jvp: Function | None = None
    forward: Function | None = None
    backward: Function | None = None
    saved: int = 0

    def __str__(self) -> str:
        return f"{self.kind} of {self.name}"


def is_call(stmt, kind: str = "") -> bool:
    """Is a statement a call, of a given kind?"""
    return isinstance(stmt, Op) and stmt.prim.name == "call" and kind in ("", stmt.params["rule"].kind)


# ── making ────────────────────────────────────────────────────────────────────────────────────────


def part(builder, params, make) -> tuple[tuple, Block]:
    """Parameters and the block that `make(inner builder)`, which gives results, writes over them."""
    inner = Builder(builder.names, builder.guards)
    inner.loc = builder.loc
    with inner.current():
        results = tuple(make(inner))
    return tuple(params), Block(tuple(inner.open[0]), results)


def closed(builder, name: str, *parts) -> tuple[tuple[Function, ...], tuple]:
    """Functions of blocks that may read variables around them.

    Args:
        parts: `(params, block)` of each.

    Returns: the functions, each with the same additional parameters in front, and what these stand for.
    """
    outer = sorted(
        dict.fromkeys(v for params, block in parts for v in _outside(params, block)),
        key=lambda v: bool(v.shape),  # integers first: they stand in the others' sizes
    )
    own = Rename(names=builder.names)
    consts = tuple(own.define(v) for v in outer)
    made = []
    for params, block in parts:
        rename = Rename(own.map)
        given = tuple(rename.define(p) for p in params)
        body = rename.block(block)
        made.append(Function(name, (*consts, *given), (), body, builder.guards, builder.names))
    return tuple(made), tuple(outer)


def _outside(params, block: Block) -> list[Var]:
    """The variables that a block reads from around it, those that stand in their sizes included."""
    inside = {*params, *definitions(block)}
    found: dict[Var, None] = {}
    pending = [*(v for p in params for v in size_vars(p.aval)), *block_uses(block)]
    for var in pending:
        if var not in inside and var not in found and var.hint is None:
            found[var] = None
            pending += size_vars(var.aval)
    return list(found)


def emit_call(builder, function: Function, rule: Rule, args, bases=()) -> tuple:
    """Append a call; its results.

    Raises:
        UnsupportedError: a result's size is known only inside the function.
    """
    bases = bases or [getattr(r, "base", "") for r in function.body.results]
    outer = Rename(dict(zip(function.params, args, strict=True)))
    avals = tuple(outer.value(_seen_from_outside(function, r, builder, rule)) for r in function.body.results)
    outs = tuple(builder.var(base or "y", aval) for base, aval in zip(bases, avals, strict=True))
    params = {"function": function, "rule": rule, "avals": avals}
    builder.add(Op(outs, registry.get("call"), tuple(args), params, loc=builder.loc, note=builder.note))
    return outs


def _seen_from_outside(function: Function, result, builder, rule: Rule):
    """The type of a result, its sizes in terms of the parameters."""
    if not any(isinstance(d, Size) for d in result.aval.shape):
        return result.aval
    made = {s.out: s for s in statements(function.body) if isinstance(s, Op) and len(s.outs) == 1}
    known = {*function.params}

    def value(var):
        if var in known or var.hint is not None:
            return Size.of(var)
        op = made.get(var)
        return substitute(op.params["value"], value) if op is not None and op.prim.name == "size" else None

    shape = tuple(d if isinstance(d, int) else substitute(d, value) for d in result.aval.shape)
    if None in shape:
        raise UnsupportedError(
            f"the size of a result of {rule.name} depends on values computed inside it",
            builder.loc,
            "a function with a derivative rule of its own gives arrays whose size its arguments tell",
        )
    return result.aval.with_shape(shape)


# ── putting bodies in place ───────────────────────────────────────────────────────────────────────


def inlined(function: Function) -> Function:
    """The function with the bodies of the functions that it calls in place of the calls."""
    if not any(isinstance(s, Op) and s.prim.name in ("call", "same") for s in statements(function.body)):
        return function
    rename = _Inline({}, None, itertools.count(1))
    return replace(function, body=rename.block(function.body, function.names))


def without_markers(function: Function) -> Function:
    """The function without `same`, which the reverse mode leaves behind; calls stay."""
    if not any(isinstance(s, Op) and s.prim.name == "same" for s in statements(function.body)):
        return function
    return replace(function, body=_Inline({}, None, None).block(function.body, function.names))


class _Inline(Rename):
    """Copies blocks with calls replaced by bodies.

    Args:
        numbers: numbers the calls that compute values again, whose operations are not merged with
            others; None keeps the calls.
        again: the number of the call that is being put in place.
    """

    def __init__(self, mapping: dict, names, numbers, again: int = 0):
        super().__init__(mapping, names)
        self.numbers, self.again = numbers, again
        self.all_names = names

    def block(self, block: Block, all_names=None) -> Block:
        self.all_names = all_names or self.all_names
        stmts: list = []
        for stmt in block.stmts:
            if isinstance(stmt, Op) and stmt.prim.name == "same":
                self.map.update(zip(stmt.outs, self.atoms(stmt.args), strict=True))
            elif self.numbers is not None and is_call(stmt):
                stmts += self._body(stmt)
            else:
                new = self.stmt(stmt)
                stmts.append(replace(new, again=self.again) if self.again and isinstance(new, Op) else new)
        return Block(tuple(stmts), self.atoms(block.results))

    def _body(self, stmt: Op) -> tuple:
        function, rule = stmt.params["function"], stmt.params["rule"]
        mapping = dict(zip(function.params, self.atoms(stmt.args), strict=True))
        again = next(self.numbers) if rule.kind == "again" else self.again
        inner = _Inline(mapping, self.all_names, self.numbers, again)
        body = inner.block(function.body, self.all_names)
        self.map.update(zip(stmt.outs, body.results, strict=True))
        return body.stmts


__all__ = ["Rule", "closed", "emit_call", "inline", "inlined", "is_call", "part", "without_markers"]
