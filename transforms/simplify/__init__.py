"""Core → simpler Core with the same meaning."""

from __future__ import annotations

from broadax.transforms.core.statements import Function
from broadax.transforms.simplify import (  # noqa: F401  (they register the rules of `fold`)
    arithmetic,
    logic,
    shapes,
    triangles,
)
from broadax.transforms.simplify.collect_elements import collect_elements
from broadax.transforms.simplify.end_derivatives import end_derivatives
from broadax.transforms.simplify.fold import fold
from broadax.transforms.simplify.hoist_invariant import hoist_invariant
from broadax.transforms.simplify.merge_common import merge_common
from broadax.transforms.simplify.recall_branches import recall_branches
from broadax.transforms.simplify.remove_dead import remove_dead
from broadax.transforms.simplify.remove_dead_stores import remove_dead_stores
from broadax.transforms.simplify.simplify_control import simplify_control
from broadax.transforms.simplify.unify_sizes import unify_sizes

ROUNDS = 6

# In this order: what is dead needs no folding, folding finds equal things, merging makes more dead.
PASSES = (
    remove_dead,
    fold,
    collect_elements,
    merge_common,
    remove_dead_stores,
    recall_branches,
    simplify_control,
    hoist_invariant,
)


def simplify(function: Function) -> Function:
    """The function after all passes, repeated until nothing changes (at most `ROUNDS` times).

    No more derivatives can be taken of it.
    """
    function = unify_sizes(end_derivatives(function))
    settled = 0
    for run in PASSES * ROUNDS:
        new = run(function)
        settled = settled + 1 if new is function else 0
        function = new
        if settled == len(PASSES):
            break
    return function


__all__ = ["PASSES", "simplify"]
