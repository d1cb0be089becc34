"""Forward mode: a copy of the function with a tangent after each statement that has one.

    y = sin(x)          y = sin(x)
                        t_y = t_x * cos(x)

Loops and branches keep their form; a carried or joined variable with a tangent gets a twin.
"""

from __future__ import annotations

from broadax.transforms.core.calls import is_call, without_markers
from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.statements import Block, For, Function, If, Lit, Op, Stmt, Var, While
from broadax.transforms.jvp.calls import call_tangents
from broadax.transforms.jvp.tangents import (
    Named,
    add,
    differentiable,
    elementwise_rule,
    fit,
    flows,
    no_rule,
    zeros,
)
from broadax.transforms.vjp.activity import Activity


def jvp_into(builder, function: Function, primals, tangents) -> tuple[tuple, tuple]:
    """Append a copy of a function and of its derivative in one direction.

    Args:
        builder: where to; its names and guards are used.
        primals: atoms for the parameters.
        tangents: for each parameter an atom of the same type, or None for zero.

    Returns:
        The results, and for each its tangent (None for zero).

    Raises:
        UnsupportedError: an operation on the way has no derivative.
    """
    function = without_markers(function)
    forward = Forward(builder, function, primals, tangents)
    with builder.current():
        forward.block(function.body.stmts)
    results = function.body.results
    return forward.rename.atoms(results), tuple(map(forward.tangent, results))


class Forward:
    """The state of one forward differentiation.

    Attributes:
        rename: from the function's variables to the copy's.
        tangents: from the function's variables to their tangents.
    """

    def __init__(self, builder, function: Function, primals, tangents):
        self.builder = builder
        self.rename = Rename(dict(zip(function.params, primals, strict=True)), builder.names)
        for var, param, axis in function.sizes:
            self.rename.map[var] = builder.size_value(self.rename.atom(param).shape[axis])
        given = [
            (p, t)
            for p, t in zip(function.params, tangents, strict=True)
            if t is not None and differentiable(p.aval)
        ]
        self.active = Activity(function.body, [p for p, _ in given])
        self.tangents: dict[Var, Var | Lit] = dict(given)

    def tangent(self, atom):
        """The tangent of an atom of the function; None for zero."""
        return self.tangents.get(atom) if isinstance(atom, Var) else None

    def full_tangent(self, atom, aval):
        """The tangent, as zeros of the type where it is zero."""
        tangent = self.tangent(atom)
        return zeros(self.builder, aval) if tangent is None else fit(self.builder, tangent, aval)

    # ── statements ────────────────────────────────────────────────────────────────────────────────

    def block(self, stmts) -> None:
        for stmt in stmts:
            if is_call(stmt) and self.active.touches(stmt):
                self._call(stmt)
                continue
            if isinstance(stmt, Op) or not self._inner_active(stmt):
                self.builder.add(self.rename.stmt(stmt))
                if isinstance(stmt, Op) and self.active.touches(stmt):
                    self._op(stmt)
                continue
            with self.builder.at(stmt.loc, stmt.note):
                if isinstance(stmt, If):
                    self._if(stmt)
                else:
                    self._loop(stmt)

    def _call(self, op: Op) -> None:
        with self.builder.at(op.loc, op.outs[0].base):
            results, tangents = call_tangents(self, op)
        for out, result, tangent in zip(op.outs, results, tangents, strict=True):
            self.rename.map[out] = result
            if tangent is not None and self.active(out):
                self.tangents[out] = fit(self.builder, tangent, result.aval)

    def _inner_active(self, stmt: Stmt) -> bool:
        return isinstance(stmt, (If, For, While)) and self.active.touches(stmt)

    def _op(self, op: Op) -> None:
        tangents = [self.tangent(a) for a in op.args]
        ways = [k for k in flows(op) if tangents[k] is not None]
        stack = op.prim.name.startswith("stack_")
        if not ways and not stack:
            return
        with self.builder.at(op.loc, op.outs[0].base):
            named = Named(self.builder)
            values = _stack_tangent(self, op) if stack else _tangents(self, op, tangents, ways)
            for out, value in zip(op.outs, values, strict=True):
                if value is not None and self.active(out):
                    value = fit(self.builder, value, self.rename.atom(out).aval)
                    self.tangents[out] = named(value, f"t_{out.base}")

    # ── control flow ──────────────────────────────────────────────────────────────────────────────

    def _twins(self, old: tuple) -> list[tuple[Var, Var]]:
        """For each active variable: itself and a new variable for its tangent."""
        fresh = lambda v: self.builder.var(f"t_{v.base}", self.rename.value(v.aval))
        return [(v, fresh(v)) for v in old if self.active(v)]

    def _branch(self, block: Block, stmt: If) -> Block:
        with self.builder.block() as stmts:
            self.block(block.stmts)
            twins = tuple(
                self.full_tangent(r, self.rename.value(out.aval))
                for r, out in zip(block.results, stmt.outs, strict=True)
                if self.active(out)
            )
        return Block(tuple(stmts), self.rename.atoms(block.results) + twins)

    def _if(self, stmt: If) -> None:
        then, orelse = self._branch(stmt.then, stmt), self._branch(stmt.orelse, stmt)
        outs = tuple(self.rename.define(v) for v in stmt.outs)
        twins = self._twins(stmt.outs)
        self.builder.add(
            If(
                outs + tuple(t for _, t in twins),
                self.rename.atom(stmt.cond),
                then,
                orelse,
                loc=stmt.loc,
                note=stmt.note,
            )
        )
        self.tangents.update(twins)

    def _loop(self, stmt: For | While) -> None:
        rename, active = self.rename, [k for k, c in enumerate(stmt.carries) if self.active(c)]
        init = rename.atoms(stmt.init) + tuple(
            self.full_tangent(stmt.init[k], rename.value(stmt.carries[k].aval)) for k in active
        )
        fields = self._bounds(stmt)
        carries = tuple(rename.define(v) for v in stmt.carries)
        twins = self._twins(stmt.carries)
        self.tangents.update(twins)
        carries += tuple(t for _, t in twins)
        if isinstance(stmt, While):
            fields["cond"] = rename.block(stmt.cond)
        with self.builder.block() as stmts:
            self.block(stmt.body.stmts)
            results = rename.atoms(stmt.body.results) + tuple(
                self.full_tangent(stmt.body.results[k], rename.atom(stmt.carries[k]).aval) for k in active
            )
        outs = tuple(rename.define(v) for v in stmt.outs)
        ends = [
            (stmt.outs[k], self.builder.var(f"t_{stmt.outs[k].base}", rename.atom(stmt.outs[k]).aval))
            for k in active
        ]
        body = Block(tuple(stmts), results)
        self.builder.add(
            type(stmt)(
                outs + tuple(t for _, t in ends),
                carries=carries,
                init=init,
                body=body,
                loc=stmt.loc,
                note=stmt.note,
                **fields,
            )
        )
        self.tangents.update(ends)

    def _bounds(self, stmt: For | While) -> dict:
        """What a `for` has and a `while` has not."""
        if isinstance(stmt, While):
            return {}
        lo, hi, step = self.rename.atoms((stmt.lo, stmt.hi, stmt.step))
        return {
            "lo": lo,
            "hi": hi,
            "step": step,
            "index": self.rename.define(stmt.index),
            "parallel": stmt.parallel,
        }


# ── the tangent of one operation ──────────────────────────────────────────────────────────────────


def _tangents(forward: Forward, op: Op, tangents: list, ways: list[int]) -> tuple:
    """The tangents of the results, from those of the operands `ways`."""
    prim, args = op.prim, forward.rename.atoms(op.args)
    ys, params = forward.rename.atoms(op.outs), forward.rename.value(op.params)
    if prim.kind == "elementwise":
        return (_elementwise(forward, op, tangents, ways, ys[0], args),)
    if prim.kind == "linear":
        return (_linear(forward, op, tangents, ways, args, params),)
    if prim.kind == "bilinear":
        total = None
        for k in ways:
            part = forward.builder.apply(prim.name, *args[:k], tangents[k], *args[k + 1 :], **params)
            total = add(forward.builder, total, part)
        return (total,)
    if prim.jvp is None:
        raise no_rule(prim, "jvp", op.loc)
    chosen = tuple(t if k in ways else None for k, t in enumerate(tangents))
    value = prim.jvp(chosen, ys[0] if len(ys) == 1 else ys, *args, **params)
    return value if isinstance(value, tuple) else (value,)


def _elementwise(forward: Forward, op: Op, tangents: list, ways: list[int], y, args):
    """The sum of the partial derivatives, each applied to its operand's tangent."""
    total = None
    for k in ways:
        rule = elementwise_rule(op.prim, k)
        if rule is None:
            raise no_rule(op.prim, "jvp", op.loc, k)
        total = add(forward.builder, total, rule(tangents[k], y, *args))
    return total


def _linear(forward: Forward, op: Op, tangents: list, ways: list[int], args: tuple, params: dict):
    """The operation itself on the tangents; zeros for the linear operands that have none."""
    together = flows(op)
    atoms = []
    for k, arg in enumerate(args):
        if k in ways:
            atoms.append(tangents[k])
        else:
            atoms.append(zeros(forward.builder, arg.aval) if k in together else arg)
    many = len(op.outs) > 1
    weak = None if many else forward.rename.atom(op.out).aval.weak
    return forward.builder.emit(op.prim, atoms, params, weak=weak)


def _stack_tangent(forward: Forward, op: Op) -> tuple:
    """The tangents of a stack's items are a stack beside it."""
    builder, params = forward.builder, forward.rename.value(op.params)
    if op.prim.name == "stack_new":
        return (builder.emit(op.prim, (), params),)
    stack = forward.tangents[op.args[0]]
    if op.prim.name == "stack_push":
        item = forward.rename.atom(op.args[1])
        return (builder.emit(op.prim, (stack, forward.full_tangent(op.args[1], item.aval)), params),)
    value = builder.emit(op.prim, (stack,), params)
    return value if isinstance(value, tuple) else (value,)
