"""The reverse of calls that stay whole.

A function with a reverse rule of its own (`custom_vjp`) is replaced, before the sweeps are planned, by
its forward rule, followed by an `attach` that hands the residuals to the backward rule. The others keep
nothing but their operands: their reverse is a function of these and of the cotangents, the transpose of
the user's rule, or the derivative of the body, for which the body runs again.
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.calls import Rule, emit_call, inline, is_call, part
from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.statements import Block, Function, Op, Stmt, Var, statements
from broadax.transforms.facts.live import prune
from broadax.transforms.jvp.calls import closed_over
from broadax.transforms.jvp.tangents import differentiable, fit, zeros
from broadax.transforms.primitives import registry
from broadax.transforms.vjp.activity import Activity
from broadax.transforms.vjp.cotangents import Cotangents

# ── before the sweeps ─────────────────────────────────────────────────────────────────────────────


def with_forward_rules(function: Function, seeds) -> Function:
    """The function with the forward rules of active calls in their place."""
    if not any(is_call(s, "vjp") for s in statements(function.body)):
        return function
    return replace(function, body=_Forward(Activity(function.body, seeds), function).block(function.body))


class _Forward(Rename):
    def __init__(self, active: Activity, function: Function):
        super().__init__()
        self.active, self.fresh = active, function.names

    def block(self, block: Block) -> Block:
        stmts: list[Stmt] = []
        for stmt in block.stmts:
            if is_call(stmt, "vjp") and self.active.touches(stmt):
                stmts += self._replaced(stmt)
            else:
                stmts.append(self.stmt(stmt))
        return Block(tuple(stmts), self.atoms(block.results))

    def _replaced(self, stmt: Op) -> tuple:
        rule, args = stmt.params["rule"], self.atoms(stmt.args)
        mapping = dict(zip(rule.forward.params, args, strict=True))
        body = Rename(mapping, self.fresh).block(rule.forward.body)
        ys, residuals = body.results[: len(stmt.outs)], body.results[len(stmt.outs) :]
        params = {"rule": rule, "operands": len(args), "results": len(ys)}
        attach = replace(stmt, prim=registry.get("attach"), args=(*ys, *args, *residuals), params=params)
        return (*body.stmts, attach)


# ── the sweep back ────────────────────────────────────────────────────────────────────────────────


def reverse_attach(sweep, op: Op, cts: list, env: Cotangents) -> None:
    """Emit the user's backward rule.

    Raises:
        UnsupportedError: a value that the function closes over has a derivative.
    """
    rule, results, count = op.params["rule"], op.params["results"], op.params["operands"]
    own = op.args[results : results + count]
    _check_closure(sweep, op, rule, own)
    residuals = sweep.atoms(op.args[results + count :])
    given = _filled(sweep, op, cts)
    found = inline(sweep.builder, rule.backward, (*sweep.atoms(own[: rule.consts]), *residuals, *given))
    _give(sweep, own[rule.consts :], found, env)


def reverse_call(sweep, op: Op, cts: list, env: Cotangents) -> None:
    """Emit the reverse of a call from its operands.

    Raises:
        UnsupportedError: a value that the function closes over has a derivative.
    """
    function, rule = op.params["function"], op.params["rule"]
    if rule.kind == "jvp":
        _check_closure(sweep, op, rule, op.args)
        found = inline(
            sweep.builder, _transposed(sweep.builder, rule), (*sweep.atoms(op.args), *_filled(sweep, op, cts))
        )
        _give(sweep, op.args[rule.consts :], found, env)
        return
    ways = [k for k, a in enumerate(op.args) if sweep.active(a)]
    backward, kept = _derivative(sweep.builder, function, ways, [ct is not None for ct in cts], rule.saved)
    saved = sweep.atoms(op.outs[len(op.outs) - rule.saved :])
    given = [fit(sweep.builder, ct, y.aval) for ct, y in zip(cts, sweep.atoms(op.outs)) if ct is not None]
    given = [*saved, *given]
    bases = [f"d_{op.args[k].base}" for k in kept]
    rule = replace(rule, saved=0)
    found = emit_call(sweep.builder, backward, rule, (*sweep.atoms(op.args), *given), bases)
    for k, ct in zip(kept, found, strict=True):
        env.add(op.args[k], ct)


def _check_closure(sweep, op: Op, rule: Rule, args) -> None:
    if any(sweep.active(a) for a in args[: rule.consts]):
        raise closed_over(op, rule)


def _filled(sweep, op: Op, cts: list) -> list:
    """A cotangent for each result that can have one."""
    return [
        zeros(sweep.builder, y.aval) if ct is None else fit(sweep.builder, ct, y.aval)
        for ct, y in zip(cts, sweep.atoms(op.outs), strict=True)
        if differentiable(y.aval)
    ]


def _give(sweep, args, found, env: Cotangents) -> None:
    """Add the operands' cotangents."""
    for arg, ct in zip(args, found, strict=True):
        if sweep.active(arg):
            env.add(arg, ct)


def _transposed(builder, rule: Rule) -> Function:
    """`(*consts, *xs, *d_ys) → d_xs`, from the user's rule for tangents."""
    from broadax.transforms.vjp.engine import vjp_into

    params, results = rule.jvp.params, rule.jvp.body.results
    count = (len(params) + rule.consts) // 2  # each operand but the consts has a tangent
    smooth = [r for r in results if differentiable(r.aval)]
    d_ys = [builder.var(f"d_{getattr(r, 'base', 'y')}", r.aval) for r in smooth[: len(smooth) // 2]]

    def transpose(inner):
        still = tuple(zeros(inner, p.aval) for p in params[count:])
        wrt = (False,) * count + (True,) * len(still)
        _, pull = vjp_into(inner, rule.jvp, (*params[:count], *still), wrt)
        found = pull(inner, (*(None,) * (len(results) - len(d_ys)), *d_ys))[count:]
        return [zeros(inner, p.aval) if d is None else d for d, p in zip(found, params[count:], strict=True)]

    given, block = part(builder, (*params[:count], *d_ys), transpose)
    return Function(rule.jvp.name, given, (), prune(block), builder.guards, builder.names)


def _derivative(builder, function: Function, ways: list[int], given: list[bool], saved: int) -> tuple:
    """`(*operands, *saved, *cotangents) → cotangents of operands`, and of which operands.

    Args:
        saved: how many of the function's last results the reverse sweep need not compute again.
    """
    from broadax.transforms.vjp.engine import vjp_into

    params, kept, computed = function.params, [], []
    results = function.body.results
    d_ys = [
        builder.var(f"d_{getattr(r, 'base', 'y')}", r.aval) if g else None
        for r, g in zip(results, given, strict=True)
    ]

    def pull_back(inner):
        outs, pull = vjp_into(inner, function, params, tuple(k in ways for k in range(len(params))))
        computed.extend(outs[len(outs) - saved :])
        found = pull(inner, d_ys)
        kept.extend(k for k, d in enumerate(found) if d is not None)
        return [found[k] for k in kept]

    own, block = part(builder, (*params, *(d for d in d_ys if d is not None)), pull_back)
    known = [builder.var(getattr(y, "base", "y"), y.aval) for y in computed]
    own = (*params, *known, *own[len(params) :])
    had = {y: v for y, v in zip(computed, known, strict=True) if isinstance(y, Var) and y not in params}
    block = _replaced(block, had)
    return Function(function.name, own, (), prune(block), builder.guards, builder.names), kept


def _replaced(block: Block, known: dict) -> Block:
    """A block in which some of its variables are had from outside."""
    stmts = [s for s in block.stmts if not s.outs or any(v not in known for v in s.outs)]
    rename = Rename(known)
    return Block(tuple(map(rename.stmt, stmts)), rename.atoms(block.results)) if known else block
