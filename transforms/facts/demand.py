"""Which variables' memory may end up being written to."""

from __future__ import annotations

from collections.abc import Iterable

from broadax.transforms.core.statements import Block, For, Function, If, Op, Var, While, blocks
from broadax.transforms.facts.storage import is_array, view_source

UPDATES = frozenset({"at_set", "at_add"})


def demanded(function: Function, wanted: Iterable = ()) -> set[Var]:
    """Every variable whose memory may end up being written to: back from each update and from `wanted`."""
    sources: dict[Var, tuple] = {}
    pending: list[Var] = list(wanted)
    _sources(function.body, sources, pending)
    found: set[Var] = set()
    while pending:
        var = pending.pop()
        if is_array(var) and var not in found:
            found.add(var)
            pending += sources.get(var, ())
    return found


def _sources(block: Block, sources: dict, written: list) -> None:
    for stmt in block.stmts:
        match stmt:
            case Op() if stmt.prim.name in UPDATES:
                written.append(stmt.args[0])
            case Op():
                source = view_source(stmt)
                if source is not None:
                    sources[stmt.out] = (source,)
            case If():
                for k, out in enumerate(stmt.outs):
                    sources[out] = (stmt.then.results[k], stmt.orelse.results[k])
            case For() | While():
                for k, carry in enumerate(stmt.carries):
                    sources[carry] = (stmt.init[k], stmt.body.results[k])
                    sources[stmt.outs[k]] = (carry,)
        for inner in blocks(stmt):
            _sources(inner, sources, written)
