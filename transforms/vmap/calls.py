"""Calls that stay whole, for a batch: the same call of batched functions."""

from __future__ import annotations

import functools
from dataclasses import replace

from broadax.transforms.core.calls import Rule, closed, emit_call, part
from broadax.transforms.core.expression import apply, current
from broadax.transforms.core.statements import Function
from broadax.transforms.vmap import operands


def batch_call(around, flags, args, function: Function, rule: Rule):
    """Append the call for all examples of the engine `around`; its results, each with its batch axis at 0."""
    builder = current()
    batched = functools.partial(_batched, builder, around)
    consts, own = flags[: rule.consts], flags[rule.consts :]
    parts, names = [batched(function, flags)[0]], []
    if rule.jvp:
        parts.append(batched(rule.jvp, (*flags, *own))[0])
        names.append("jvp")
    if rule.forward:
        count = len(function.body.results)
        forward, kept = batched(rule.forward, flags, every=count)
        residuals = tuple(kept[count:])
        ys = len(rule.backward.params) - rule.consts - len(residuals)
        given = (*consts, *residuals, *(True,) * ys)
        parts += [forward, batched(rule.backward, given, summed=own)[0]]
        names += ["forward", "backward"]
    (whole, *rules), outer = closed(builder, function.name, *parts)
    rule = replace(rule, consts=rule.consts + len(outer), **dict(zip(names, rules, strict=True)))
    results = emit_call(builder, whole, rule, (*outer, *args))
    return results if len(results) != 1 else results[0]


def _batched(builder, around, function: Function, flags, every: int | None = None, summed=None):
    """The parameters and block of a function for a batch, and which of its results are batched.

    Args:
        flags: the batched parameters.
        every: how many of the first results must be batched; the others are where they have to be.
        summed: instead, for each result whether it is batched; where not, the sum over the examples.
    """
    from broadax.transforms.vmap.engine import Engine

    def named(p, flag):
        return builder.var(p.base, operands.batched_aval(p.aval, around.size) if flag else p.aval)

    plain = {p: named(p, False) for p, flag in zip(function.params, flags, strict=True) if not flag}
    params = tuple(plain[p] if p in plain else named(p, True) for p in function.params)
    kept: list[bool] = []

    def body(inner):
        axes = tuple(0 if flag else None for flag in flags)
        own = around.size, around.axis_name, around.activity.masked
        engine = Engine(inner, function, params, axes, *own)
        results = engine.block(function.body)
        made = []
        for k, (old, new) in enumerate(zip(function.body.results, results, strict=True)):
            there = every is None or k < every or engine.batched(old)
            kept.append(there)
            new = engine.place(old, new, 0, k) if there else new
            if summed is not None and not summed[k]:
                new = apply("sum", new, axes=(0,), keepdims=False)
            made.append(new)
        return made

    return part(builder, params, body), kept
