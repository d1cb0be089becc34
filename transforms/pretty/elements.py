"""Loops over elements: `for x in xs`, `for i, x in enumerate(xs)`, `for x, y in zip(xs, ys)`."""

from __future__ import annotations

from collections import Counter

from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import (
    Block,
    For,
    Function,
    Lit,
    Op,
    Var,
    block_uses,
    blocks,
    definitions,
    statements,
)
from broadax.transforms.facts.storage import IN_PLACE, Storage


def element_loops(function: Function, storage: Storage) -> dict[For, list[Op]]:
    """For each loop that runs over whole arrays: the reads of their elements that its head can make."""
    count = Counter(block_uses(function.body))
    return {
        stmt: ops
        for stmt in statements(function.body)
        if isinstance(stmt, For) and (ops := _elements(stmt, storage, count))
    }


def index_letters(function: Function) -> dict[Var, str]:
    """Loop indices that carry the name of the elements they select, `for x in xs`, with a letter instead."""
    loops = list(_loops(function.body, 0))
    elements = {
        loop.index.base
        for loop, _ in loops
        if any(
            isinstance(s, Op)
            and s.prim.name == "index"
            and loop.index in s.args
            and s.out.base == loop.index.base
            for s in loop.body.stmts
        )
    }
    used = {v.base for v in definitions(function.body)} - elements
    letters = [c for c in "ijkltuvw" if c not in used] or ["i"]
    last = len(letters) - 1
    return {loop.index: letters[min(d, last)] for loop, d in loops if loop.index.base in elements}


def _loops(block: Block, depth: int):
    """The counted loops with their depth."""
    for stmt in block.stmts:
        if isinstance(stmt, For):
            yield stmt, depth
        for inner in blocks(stmt):
            yield from _loops(inner, depth + isinstance(stmt, For))


def _elements(loop: For, storage: Storage, count: Counter) -> list[Op]:
    if not _is(loop.lo, 0) or not _is(loop.step, 1):
        return []
    inside = {loop.index, *loop.carries, *definitions(loop.body)}
    written = {storage.of(var) for var in _written(loop.body)}
    found: list[Op] = []
    for stmt in loop.body.stmts:
        if not isinstance(stmt, Op) or not _reads_element(stmt, loop):
            continue
        whole = stmt.args[0]
        named = stmt.out.base not in (stmt.prim.name, whole.base)
        if whole in inside or storage.of(whole) in written or not (named or count[stmt.out] > 1):
            continue
        found.append(stmt)
    return found


def _reads_element(op: Op, loop: For) -> bool:
    """Is it `x[i]` for the loop's own i, which runs over all of x?"""
    if op.prim.name != "index" or len(op.args) != 2 or op.args[1] is not loop.index:
        return False
    first, *rest = op.params["spec"]
    shape = op.args[0].shape
    whole = all(item == ("slice", 0, dim, 1) for item, dim in zip(rest, shape[1:], strict=False))
    return first == ("index", 0) and len(rest) == len(shape) - 1 and whole and _same_size(loop.hi, shape[0])


def _same_size(hi, dim) -> bool:
    if isinstance(hi, Lit):
        return isinstance(dim, int) and int(hi.value) == dim
    return isinstance(dim, Size) and dim == Size.of(hi)


def _is(atom, number: int) -> bool:
    return isinstance(atom, Lit) and atom.value == number


def _written(block: Block) -> list[Var]:
    found = []
    for stmt in block.stmts:
        if isinstance(stmt, Op) and stmt.prim.name in IN_PLACE:
            found.append(stmt.args[0])
        for inner in blocks(stmt):
            found += _written(inner)
    return found
