"""Checks that a Core function is legal; run after every pass in tests and with BROADAX_CHECK=1."""

from __future__ import annotations

from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import Block, Function, If, Lit, Op, Var, While, blocks, bound, uses
from broadax.transforms.core.text import stmt_lines
from broadax.transforms.primitives import registry


class InvalidCore(AssertionError):
    """A pass made an illegal Core function; names the pass and shows the statement."""


def verify(function: Function, outer=(), after: str = "") -> Function:
    """Check: defined before use, one definition, known primitives, types as the rules infer them.

    Args:
        outer: variables that a function inside another may read.
        after: the pass that made this version, for the message.
    """
    scope = {*outer, *function.params, *(v for v, _, _ in function.sizes)}
    _block(function.body, scope, set(scope), after)
    return function


def _fail(stmt, why: str, after: str):
    text = "\n".join(stmt_lines(stmt, 1)) if stmt is not None else ""
    raise InvalidCore(f"after {after or 'building'}: {why}\n{text}")


def _block(block: Block, scope: set, seen: set, after: str) -> None:
    scope = set(scope)
    for stmt in block.stmts:
        for var in uses(stmt):
            if var not in scope:
                _fail(stmt, f"{var} is read before it is defined", after)
        for var in bound(stmt) + stmt.outs:
            if var in seen:
                _fail(stmt, f"{var} is defined twice", after)
            seen.add(var)
        inner = scope | set(bound(stmt))
        for sub in blocks(stmt):
            _block(sub, inner, seen, after)
        _types(stmt, after)
        scope.update(stmt.outs)
    for atom in block.results:
        if isinstance(atom, Var) and atom not in scope:
            _fail(block.stmts[-1] if block.stmts else None, f"result {atom} is not defined", after)


def _fits(have, want) -> bool:
    """The same dtype and number of dimensions, and no int dimension against another int."""
    if isinstance(have, StackAval) or isinstance(want, StackAval):
        return type(have) is type(want)
    return (
        have.dtype == want.dtype
        and len(have.shape) == len(want.shape)
        and all(
            a == b or not (isinstance(a, int) and isinstance(b, int))
            for a, b in zip(have.shape, want.shape, strict=True)
        )
    )


def _pair(stmt, atoms, targets, what: str, after: str) -> None:
    if len(atoms) != len(targets):
        _fail(stmt, f"{what}: {len(atoms)} values for {len(targets)} names", after)
    for atom, var in zip(atoms, targets, strict=True):
        if not _fits(atom.aval, var.aval):
            _fail(stmt, f"{what}: {atom} is {atom.aval}, {var} is {var.aval}", after)


def _types(stmt, after: str) -> None:
    match stmt:
        case Op():
            if registry.TABLE.get(stmt.prim.name) is not stmt.prim:
                _fail(stmt, f"unknown primitive {stmt.prim}", after)
            want = stmt.prim.infer(*(a.aval for a in stmt.args), **stmt.params)
            want = want if isinstance(want, tuple) else (want,)
            _pair(stmt, stmt.outs, [Lit(0, a) for a in want], "types", after)
        case If():
            _pair(stmt, stmt.then.results, stmt.outs, "then", after)
            _pair(stmt, stmt.orelse.results, stmt.outs, "else", after)
        case _ if bound(stmt):
            _pair(stmt, stmt.init, stmt.carries, "init", after)
            _pair(stmt, stmt.body.results, stmt.carries, "body", after)
            _pair(stmt, stmt.carries, stmt.outs, "outs", after)
            if isinstance(stmt, While) and len(stmt.cond.results) != 1:
                _fail(stmt, "a while has one condition", after)
