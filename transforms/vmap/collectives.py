"""Collectives over the axis that a vmap names: operations along the batch axis."""

from __future__ import annotations

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Block, Op, Stmt, statements
from broadax.transforms.primitives.collective import NAMES, REDUCTIONS
from broadax.transforms.vmap import operands


def is_collective(stmt: Stmt, name=None) -> bool:
    """Is it a collective, over the axis `name`?"""
    if not isinstance(stmt, Op) or stmt.prim.name not in NAMES:
        return False
    return name is None or stmt.params["over"] == name


def refuse_alone(stmts, name) -> None:
    """Raise if statements that run one example at a time hold a collective.

    Raises:
        UnsupportedError: the examples can't wait for each other there.
    """
    for stmt in statements(Block(tuple(stmts))):
        if name is not None and is_collective(stmt, name):
            raise UnsupportedError(
                f"{stmt.prim.name} where the control flow, a size or a number of turns differs between the "
                "examples of the vmap",
                stmt.loc,
                "take it out of the if or while, or choose with np.where",
            )


def resolve(size, stmt: Op, batched: bool, args: tuple, params: dict):
    """What stands for a collective's result: the same for all examples, or with the batch axis at 0."""
    kind = stmt.prim.name
    if kind == "axis_index":
        return apply("iota", size=size, dtype=stmt.out.dtype)
    (x,) = args
    if kind in REDUCTIONS and not batched:
        return x if kind != "psum" else apply("multiply", x, size)
    if kind in REDUCTIONS:
        return apply(REDUCTIONS[kind], x, axes=(0,), keepdims=False)
    x = x if batched else operands.repeat(x, size)
    if kind == "all_gather":
        return operands.move_axis(x, 0, params["axis"])
    return _permuted(x, size, params["pairs"], stmt)


def _permuted(x, size, pairs, stmt: Op):
    """Each example's x handed on to another one; zeros where none arrives. In runs of neighbours."""
    count = sizes.hint(size)
    if count is None or not sizes.same(size, count):
        raise UnsupportedError("ppermute over an axis whose size comes from data", stmt.loc)
    source = {b: a for a, b in pairs}
    if len(source) != len(pairs) or not all(0 <= k < count for pair in pairs for k in pair):
        raise UnsupportedError(f"ppermute: {pairs} are no pairs of {count} sources and targets", stmt.loc)
    runs: list[list] = []  # first source (None: zeros), length
    for k in range(count):
        start = source.get(k)
        last = runs[-1] if runs else None
        if last and (start == last[0] == None or None not in (start, last[0]) and start == last[0] + last[1]):  # noqa: E711
            last[1] += 1
        else:
            runs.append([start, 1])
    rest = [operands.all_of(d) for d in x.shape[1:]]
    parts = [
        apply("zeros", shape=(length, *x.shape[1:]), dtype=x.dtype)
        if start is None
        else apply("index", x, spec=(("slice", start, length, 1), *rest))
        for start, length in runs
    ]
    return parts[0] if len(parts) == 1 else apply("concatenate", *parts, axis=0)
