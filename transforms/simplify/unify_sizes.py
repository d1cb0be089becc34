"""Sizes that the guards say are equal become one, so that shapes can be compared as they stand."""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.sizes import Guard
from broadax.transforms.core.statements import Function, Lit, Var


def unify_sizes(function: Function) -> Function:
    """The function with one variable, or a number, for all sizes that are guarded to be equal."""
    mapping = _equalities(function)
    if not mapping:
        return function
    rename = Rename(mapping)
    params = tuple(rename.define(p) for p in function.params)
    kept = tuple((v, rename.atom(p), axis) for v, p, axis in function.sizes if v not in mapping)
    return replace(function, params=params, sizes=kept, body=rename.block(function.body))


def _equalities(function: Function) -> dict[Var, Var | Lit]:
    """Size variable → the first one that is equal to it, or its value."""
    order = {v: k for k, (v, _, _) in enumerate(function.sizes)}
    leader: dict[Var, Var | Lit] = {}

    def find(atom):
        while atom in leader:
            atom = leader[atom]
        return atom

    for guard in function.guards.items:
        pair = _equal_pair(guard)
        if pair is None:
            continue
        a, b = map(find, pair)
        if isinstance(a, Lit):
            a, b = b, a
        if a is b or isinstance(a, Lit) or a not in order or isinstance(b, Var) and b not in order:
            continue
        if isinstance(b, Var) and order[a] < order[b]:
            a, b = b, a
        leader[a] = b
    return {v: find(v) for v in leader}


def _equal_pair(guard: Guard):
    """The two sides of a guard that says `n == m` or `n == 3`; None for others."""
    terms = dict(guard.dim.terms)
    if guard.relation != "==" or any(len(mono) > 1 or not isinstance(a, Var) for mono in terms for a in mono):
        return None
    constant = terms.pop((), 0)
    if len(terms) == 1:
        (((var,), coef),) = terms.items()
        return (var, Lit(-constant // coef)) if constant % coef == 0 else None
    if len(terms) == 2 and constant == 0 and sum(terms.values()) == 0:
        (a,), (b,) = terms
        return a, b
    return None
