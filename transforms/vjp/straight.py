"""The reverse of one operation: each active operand gets its share of the results' cotangents."""

from __future__ import annotations

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core.statements import Op
from broadax.transforms.jvp.tangents import (
    STACKS,
    Named,
    differentiable,
    elementwise_rule,
    fit,
    flows,
    no_rule,
    zeros,
)
from broadax.transforms.vjp.calls import reverse_attach, reverse_call
from broadax.transforms.vjp.cotangents import Cotangents


def reverse_op(sweep, op: Op, env: Cotangents) -> None:
    """Emit the cotangents of an operation's operands.

    Raises:
        UnsupportedError: the primitive has no derivative.
    """
    cts = [env.pop(out) for out in op.outs]
    if all(ct is None for ct in cts) or op.prim.name == "stack_new":
        return
    with sweep.builder.at(op.loc, op.outs[0].base):
        if op.prim.name in WHOLE:
            WHOLE[op.prim.name](sweep, op, cts, env)
            return
        ways = [k for k in flows(op) if sweep.active(op.args[k])]
        args, ys = sweep.atoms(op.args), sweep.atoms(op.outs)
        pull = {
            "elementwise": _elementwise,
            "linear": _transposed,
            "bilinear": _transposed,
            "structured": _structured,
        }[op.prim.kind]
        env.named = Named(sweep.builder)
        # Last operand first: the cotangent of an update's value is read before its place is cleared.
        for k in reversed(ways):
            pull(sweep, op, k, cts, ys, args, env)


def _elementwise(sweep, op: Op, k: int, cts, ys, args, env: Cotangents) -> None:
    rule = elementwise_rule(op.prim, k)
    if rule is None:
        raise no_rule(op.prim, "vjp", op.loc, k)
    env.add(op.args[k], rule(cts[0], ys[0], *args))


def _transposed(sweep, op: Op, k: int, cts, ys, args, env: Cotangents) -> None:
    """A transpose gives a contribution, an accumulation updates the cotangent so far."""
    prim, var, params = op.prim, op.args[k], sweep.params(op)
    update, transpose = _rule(prim.accumulate, k), _rule(prim.transposes, k)
    ct = cts[0] if len(cts) == 1 else tuple(cts)
    if update is not None and (transpose is None or env.get(var) is not None):
        so_far = env.full(var)
        named = Named(sweep.builder)
        value = fit(sweep.builder, update(so_far, ct, *args, **params), sweep.aval(var))
        env.set(var, named(value, f"d_{var.base}"))
    elif transpose is not None:
        env.add(var, transpose(ct, *args, **params))
    else:
        raise no_rule(prim, "vjp", op.loc, k)


def _rule(rules, k: int):
    """Rule k of a mapping or a sequence of rules; a single function serves variadic primitives."""
    if callable(rules):
        return lambda *args, **params: rules(k, *args, **params)
    if isinstance(rules, dict):
        return rules.get(k)
    return rules[k] if k < len(rules) else None


def _structured(sweep, op: Op, k: int, cts, ys, args, env: Cotangents) -> None:
    rule = op.prim.vjp[k] if k < len(op.prim.vjp) else None
    if rule is None:
        raise no_rule(op.prim, "vjp", op.loc, k)
    many = len(op.outs) > 1
    if many:
        cts = tuple(
            zeros(sweep.builder, y.aval) if ct is None and differentiable(y.aval) else ct
            for ct, y in zip(cts, ys, strict=True)
        )
    env.add(op.args[k], rule(cts if many else cts[0], ys if many else ys[0], *args, **sweep.params(op)))


def _stack(sweep, op: Op, cts, env: Cotangents) -> None:
    """The cotangent of a stack is a stack: a push is reversed by a pop, a pop by a push."""
    builder, stack = sweep.builder, op.args[0]
    if env.get(stack) is not None:
        raise UnsupportedError("a stack of saved values is read twice where its derivative is needed", op.loc)
    if op.prim.name == "stack_copy":
        env.set(stack, cts[0])
        return
    if op.prim.name == "stack_push":
        # What nobody takes off has a cotangent of zero, and lies below what somebody does.
        spare = None if sweep.pushes.is_mirrored(stack) else sweep.aval(stack).item
        before, item = builder.apply("stack_pop", cts[0], spare=spare, base=f"d_{stack.base}")
        env.set(stack, before)
        if sweep.active(op.args[1]):
            env.add(op.args[1], item)
        return
    after = zeros(builder, sweep.aval(stack)) if cts[0] is None else cts[0]
    item = sweep.atoms(op.outs)[1]
    ct = zeros(builder, item.aval) if cts[1] is None else fit(builder, cts[1], item.aval)
    env.set(stack, builder.apply("stack_push", after, ct, base=f"d_{stack.base}"))


WHOLE = dict.fromkeys(STACKS, _stack) | {"call": reverse_call, "attach": reverse_attach}
