"""Which elements of its operands one element of an operation's result needs: index arithmetic."""

from __future__ import annotations

from broadax.backends.planner.kinds import einsum_letters, reshape_groups
from broadax.transforms.core.avals import broadcast
from broadax.transforms.core.statements import Op


def aligned(index, shape) -> tuple:
    """The index into an operand of this shape that is broadcast to where `index` points."""
    tail = index[len(index) - len(shape) :]
    return tuple(0 if dim == 1 else k for k, dim in zip(tail, shape, strict=True))


def operand_index(op: Op, index) -> tuple:
    """The index into operand 0 of a 'view' (not of `index`, which needs its index operands)."""
    match op.prim.name:
        case "transpose":
            out = [0] * len(index)
            for k, axis in enumerate(op.params["axes"]):
                out[axis] = index[k]
            return tuple(out)
        case "broadcast_to":
            return aligned(index, op.args[0].shape)
        case "reshape":
            return _reshaped(op, index)
        case "einsum":
            (letters,), result = einsum_letters(op)
            return tuple(index[result.index(c)] for c in letters)
    return tuple(index)


def _reshaped(op: Op, index) -> tuple:
    out = []
    for group in reshape_groups(op.args[0].shape, op.out.shape):
        position = 0
        for axis in group:
            position = position * op.out.shape[axis] + index[axis]
        out.append(position)
    return tuple(out)


def subscript_shape(x_shape, spec, operands) -> tuple:
    """The shape of `x[spec]`, as NumPy orders its axes."""
    slots = _slots(spec, operands)
    dims = {"array": broadcast(*(a.shape for a in operands))}
    return tuple(
        d
        for kind, value in slots
        for d in (dims["array"] if kind == "array" else (value[2] if kind == "slice" else 1,))
    )


def _slots(spec, operands) -> list:
    """The result's axes in order: ('array', None) for all index arrays, ('slice', entry), ('new', None)."""
    arrays = any(a.shape != () for a in operands)
    places = [k for k, entry in enumerate(spec) if entry[0] == "index"]
    together = not places or places[-1] - places[0] == len(places) - 1
    slots: list = [] if together or not arrays else [("array", None)]
    seen = bool(slots)
    for entry in spec:
        if entry[0] == "index":
            if arrays and not seen:
                slots.append(("array", None))
                seen = True
        else:
            slots.append((entry[0], entry))
    return slots


def subscript_index(spec, operands, index, choose) -> tuple:
    """The index into x of element `index` of `x[spec]`.

    Args:
        operands: the index operands (atoms).
        choose: `choose(k, axis, index)`: the index along `axis` that operand k gives at `index`.
    """
    rest = list(index)
    arrays_ndim = len(broadcast(*(a.shape for a in operands))) if operands else 0
    array_index: tuple = ()
    taken = []
    for kind, entry in _slots(spec, operands):
        if kind == "array":
            array_index, rest = tuple(rest[:arrays_ndim]), rest[arrays_ndim:]
        else:
            position = rest.pop(0)
            if kind == "slice":
                taken.append(entry[1] + entry[3] * position)
    out, axis = [], 0
    for entry in spec:
        if entry[0] == "new":
            continue
        if entry[0] == "slice":
            out.append(taken.pop(0))
        else:
            operand = operands[entry[1]]
            out.append(choose(entry[1], axis, aligned(array_index, operand.shape)))
        axis += 1
    return tuple(out)
