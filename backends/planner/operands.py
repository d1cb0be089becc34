"""Operands of products that are parts of arrays: BLAS reads them where they are."""

from __future__ import annotations

from broadax.backends.planner.elements import Elements
from broadax.backends.planner.kinds import kind
from broadax.backends.planner.nodes import Loop, dim_loops
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Op, Var


def base_of(var: Var, definition: dict, ranges) -> Var | None:
    """The array of which a matrix or vector is a part that BLAS can read; None if it is none.

    Its rows or columns are then in consecutive memory: one of its axes is the array's last one.
    """
    axes, base = list(range(var.ndim)), var
    while (op := definition.get(base)) is not None:
        if op.prim.name == "transpose":
            axes = [op.params["axes"][k] for k in axes]
        elif op.prim.name == "index" and is_part(op, ranges):
            kept = [k for k, entry in enumerate(op.params["spec"]) if entry[0] == "slice"]
            axes = [kept[k] for k in axes]
        else:
            break
        base = op.args[0]
    if base is var or base.ndim - 1 not in axes or var.ndim > 2:
        return None
    return None if op is not None and kind(op) == "view" else base


def is_part(op: Op, ranges) -> bool:
    """Does an `index` take consecutive elements, or one that is known to be there, along every axis?"""
    x, *operands = op.args
    axes = enumerate(op.params["spec"])
    return all(
        entry[0] == "slice"
        and entry[3] == 1
        or entry[0] == "index"
        and operands[entry[1]].shape == ()
        and (ranges.inside(operands[entry[1]], x.shape[k]) or ranges.negative(operands[entry[1]], x.shape[k]))
        for k, entry in axes
    )


def part(var: Var, elements: Elements) -> tuple[Var, list, list, bool]:
    """How an operand lies in the array that it is a part of.

    Returns:
        The array; along each of its axes the first index, and the length or None where the operand does not
        have the axis; and whether the operand is the transpose of that.
    """
    loops = [Loop(f"part{k}", dim) for k, dim in enumerate(var.shape)]
    base, index = elements.value(var, tuple(map(Size.of, loops))).data
    start, lengths, order = [], [], []
    for dim in index:
        own = [loop for loop in loops if loop in dim_loops(dim)]
        order += own
        start.append(dim - Size.of(own[0]) if own else dim)
        lengths.append(own[0].extent if own else None)
    return base, start, lengths, order != loops
