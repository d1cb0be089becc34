"""The tangents of calls that stay whole: by the user's rule, or by a call of the derivative of the body."""

from __future__ import annotations

from broadax.runtime.errors import TypeMismatchError, UnsupportedError
from broadax.transforms.core.calls import Rule, emit_call, inline, part
from broadax.transforms.core.statements import Function, Op
from broadax.transforms.jvp.tangents import differentiable


def closed_over(op: Op, rule: Rule) -> UnsupportedError:
    """The error for a derivative by what a function with a rule of its own reads from around it."""
    return UnsupportedError(
        f"{rule.name} is differentiated with respect to a value that it closes over; "
        f"its custom_{rule.kind} rule only tells the derivatives by its arguments",
        op.loc,
        "pass the value as an argument",
    )


def call_tangents(forward, op: Op) -> tuple[tuple, tuple]:
    """Append a call and its derivative; the results, and their tangents (None for zero).

    Raises:
        TypeMismatchError: the function has only a reverse rule.
        UnsupportedError: a value that it closes over has a tangent.
    """
    rule: Rule = op.params["rule"]
    args = forward.rename.atoms(op.args)
    if rule.kind == "vjp":
        raise TypeMismatchError(
            f"can't apply forward-mode differentiation (jvp) to a custom_vjp function ({rule.name})",
            op.loc,
            "differentiate it by grad or vjp, or give it a rule for both modes with custom_jvp",
        )
    if rule.kind == "again":
        return _again(forward, op, args)
    if any(forward.tangent(a) is not None for a in op.args[: rule.consts]):
        raise closed_over(op, rule)
    own = [a for a in op.args[rule.consts :] if differentiable(a.aval)]
    given = tuple(forward.full_tangent(a, forward.rename.atom(a).aval) for a in own)
    results = inline(forward.builder, rule.jvp, (*args, *given))
    outs, found = results[: len(op.outs)], iter(results[len(op.outs) :])
    return outs, tuple(next(found) if differentiable(o.aval) else None for o in op.outs)


def _again(forward, op: Op, args: tuple) -> tuple[tuple, tuple]:
    """A call of the derivative of the body, whose values are computed again as well."""
    from broadax.transforms.jvp import jvp_into

    function, rule, builder = op.params["function"], op.params["rule"], forward.builder
    tangents = [forward.tangent(a) for a in op.args]
    twins = [
        None if t is None else builder.var(f"t_{p.base}", p.aval)
        for p, t in zip(function.params, tangents, strict=True)
    ]
    kept: list[int] = []

    def both(inner):
        outs, t_outs = jvp_into(inner, function, function.params, twins)
        kept.extend(k for k, t in enumerate(t_outs) if t is not None)
        return (*outs, *(t_outs[k] for k in kept))

    params, block = part(builder, (*function.params, *(t for t in twins if t is not None)), both)
    derivative = Function(function.name, params, (), block, builder.guards, builder.names)
    given = (*args, *(t for t in tangents if t is not None))
    bases = [v.base for v in op.outs] + [f"t_{op.outs[k].base}" for k in kept]
    results = emit_call(builder, derivative, rule, given, bases)
    found = dict(zip(kept, results[len(op.outs) :], strict=True))
    return results[: len(op.outs)], tuple(found.get(k) for k in range(len(op.outs)))
