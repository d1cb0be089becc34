"""How each primitive is computed: by index arithmetic, by element, in a loop of its own, by a call."""

from __future__ import annotations

from broadax.transforms.core.sizes import product
from broadax.transforms.core.statements import Lit, Op

REDUCTIONS = frozenset({"sum", "prod", "max", "min", "all", "any", "argmax", "argmin"})
UPDATES = frozenset({"at_set", "at_add"})
PIECES = frozenset({"concatenate", "stack"})
LEAVES = frozenset({"zeros", "full", "iota", "eye", "size"})
POINTS = frozenset({"convert", "copy", "tril", "triu", "arange"})
STACKS = frozenset({"stack_new", "stack_push", "stack_pop"})
FREE = frozenset({"convert", "copy", "real", "imag", "conjugate", "negative", "logical_not", "where"})
LIGHT = frozenset(
    {
        "add",
        "subtract",
        "multiply",
        "positive",
        "absolute",
        "sign",
        "square",
        "maximum",
        "minimum",
        "equal",
        "not_equal",
        "less",
        "less_equal",
        "greater",
        "greater_equal",
        "logical_and",
        "logical_or",
        "logical_xor",
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "invert",
        "isnan",
        "tril",
        "triu",
        "arange",
        "fmax",
        "fmin",
    }
)
SMALL = 64  # a product with no more terms than this (per result element, times results) is a plain loop nest


def kind(op: Op) -> str:
    """'view', 'leaf', 'point', 'reduce', 'contract', 'alias', 'pieces', 'update', 'stack' or 'call'."""
    name = op.prim.name
    if name == "index":
        return "view" if all(a.shape == () for a in op.args[1:]) else "point"
    if name in ("transpose", "broadcast_to", "stop_gradient"):
        return "view"
    if name == "reshape":
        return "view" if reshape_groups(op.args[0].shape, op.out.shape) is not None else "alias"
    if op.prim.kind == "elementwise" or name in POINTS:
        return "point"
    for names, found in (
        (LEAVES, "leaf"),
        (REDUCTIONS, "reduce"),
        (UPDATES, "update"),
        (PIECES, "pieces"),
        (STACKS, "stack"),
    ):
        if name in names:
            return found
    if name in ("einsum", "matmul"):
        return _product_kind(op)
    return "call"


def _product_kind(op: Op) -> str:
    if op.prim.name == "matmul":
        if op.args[0].ndim == 1 and op.args[1].ndim == 1 or op.out.dtype.kind not in "fc":
            return "contract"
        small = all(isinstance(d, int) and d <= 4 for a in op.args for d in a.shape[-2:])
        return "contract" if small else "call"
    operands, result = einsum_letters(op)
    if len(operands) == 1:
        return "view" if set(operands[0]) == set(result) else "contract"
    return "call" if einsum_as_dot(op) is not None else "contract"


def einsum_letters(op: Op) -> tuple[list[str], str]:
    """The letters of each operand and of the result of an `einsum`."""
    left, result = op.params["subscripts"].replace(" ", "").split("->")
    return left.split(","), result


def einsum_as_dot(op: Op) -> tuple[str, str, str] | None:
    """Letters (rows, contracted, columns) where a two-operand einsum is one large matrix product."""
    (a, b), result = einsum_letters(op)
    if len(set(a)) < len(a) or len(set(b)) < len(b) or op.out.dtype.kind not in "fc":
        return None
    inner = "".join(c for c in a if c in b and c not in result)
    rows = "".join(c for c in result if c in a and c not in b)
    columns = "".join(c for c in result if c in b and c not in a)
    if not inner or len(rows) + len(columns) != len(result) or not rows + columns:
        return None
    if len(a) != len(rows) + len(inner) or len(b) != len(columns) + len(inner):
        return None
    if result != rows + columns and result != columns + rows:
        return None
    terms = product([*op.out.shape, *(op.args[0].shape[a.index(c)] for c in inner)])
    return None if isinstance(terms, int) and terms <= SMALL else (rows, inner, columns)


def cost(op: Op) -> float:
    """The work of one element, in additions."""
    name = op.prim.name
    if name in FREE or kind(op) in ("view", "leaf"):
        return 0
    if name in LIGHT:
        return 1
    if name in ("divide", "reciprocal", "sqrt", "floor", "ceil", "index"):
        return 3
    if name == "power" and isinstance(op.args[1], Lit):
        return 2
    return 10


def reshape_groups(old, new) -> list | None:
    """How a reshape's result axes make up the operand's: for each old axis the new axes it is split into.

    None where axes are merged: that needs division in the index, or memory. Axes of length 1 belong
    to no group.
    """
    new_axes = [k for k, d in enumerate(new) if d != 1]
    groups: list = []
    for dim in old:
        if dim == 1:
            groups.append([])
            continue
        group, total = [], 1
        while new_axes and total != dim:
            axis = new_axes.pop(0)
            group.append(axis)
            total = total * new[axis]
        if total != dim:
            return None
        groups.append(group)
    return None if new_axes or 0 in old else groups
