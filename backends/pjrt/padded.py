"""Arrays whose sizes come from loop variables or data: kept in as much room as they can need.

An array of shape (k,) with k at most 8 is a tensor of 8 elements, of which those from k on mean nothing.
Elementwise operations may compute with them; what reads along such an axis first fills it with what does
not count: a sum with zeros, a maximum with the lowest number, a matrix with the identity.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from broadax.backends.pjrt import padded_places
from broadax.backends.pjrt.reductions import lowest
from broadax.backends.pjrt.room import INSTEAD, broadcast, filled, fit, inside
from broadax.backends.pjrt.shaping import diagonal
from broadax.backends.pjrt.table import RULES
from broadax.backends.pjrt.types import is_float
from broadax.backends.pjrt.values import Value
from broadax.runtime.errors import BackendError
from broadax.transforms.core.avals import Aval, StackAval
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit, Op, Var

PLAIN = frozenset({"zeros", "empty", "full", "iota", "arange", "eye", "copy", "convert", "stop_gradient"})
PLAIN |= {"transpose", "broadcast_to", "tril", "triu", "stack", "cumsum", "cumprod"}
MATRICES = frozenset({"solve", "inv", "det", "slogdet", "cofactor", "cholesky"})


def _last(dtype):
    return np.nan if is_float(dtype) else lowest(dtype, False)


# What fills the rest of an operand, by its dtype.
FILLERS = {
    "sum": lambda dtype: 0,
    "prod": lambda dtype: 1,
    "all": lambda dtype: 1,
    "any": lambda dtype: 0,
    "max": lowest,
    "argmax": lowest,
    "min": lambda dtype: lowest(dtype, False),
    "argmin": lambda dtype: lowest(dtype, False),
    "matmul": lambda dtype: 0,
    "einsum": lambda dtype: 0,
    "flatnonzero": lambda dtype: 0,
    "sort": _last,
    "argsort": _last,
}


def sized(op: Op) -> bool:
    """Has an operand, the result or a slice a size that only running tells?"""
    shapes = [a.aval.shape or () for a in (*op.args, *op.outs) if not isinstance(a.aval, StackAval)]
    shapes += [entry[2:3] for entry in op.params.get("spec", ()) if entry[0] == "slice"]
    return any(isinstance(dim, Size) for shape in shapes for dim in shape)


def write(emitter, op: Op, args: list[Value]):
    """The operation's value, in the room that its result can need.

    Raises:
        BackendError: the operation has no meaning on arrays with room to spare.
    """
    name = op.prim.name
    shown = _with_room(emitter, op)
    if name in SPECIAL:
        return SPECIAL[name](emitter, op, shown, *args)
    if op.prim.kind == "elementwise":
        if name == "power" and args[1].dtype.kind == "i":
            args[1] = filled(emitter, args[1], op.args[1], 0)
        args = [broadcast(emitter.writer, a, shown.out.shape) for a in args]
    elif name in FILLERS:
        args = [filled(emitter, a, x, FILLERS[name](a.dtype)) for a, x in zip(args, op.args, strict=True)]
    elif name in MATRICES:
        return _of_matrices(emitter, op, shown, args)
    elif name not in PLAIN:
        raise BackendError(f"{name} of an array whose size only running tells", emitter.loc, INSTEAD)
    return RULES[name](emitter, shown, *args)


def _with_room(emitter, op: Op) -> Op:
    """The operation with the sizes that its arrays have room for in place of those that they have."""

    def var(atom):
        if isinstance(atom, Lit) or isinstance(atom.aval, StackAval):
            return atom
        return Var(atom.name, replace(atom.aval, shape=emitter.dims(atom.aval.shape)), atom.base)

    params = {k: _room(emitter, v) for k, v in op.params.items() if k != "spec"}
    return replace(op, outs=tuple(map(var, op.outs)), args=tuple(map(var, op.args)), params=params)


def _room(emitter, value):
    if isinstance(value, Size):
        return emitter.dims((value,))[0]
    return tuple(_room(emitter, v) for v in value) if isinstance(value, tuple) else value


# ── steps ─────────────────────────────────────────────────────────────────────────────────────────


def _of_matrices(emitter, op: Op, shown: Op, args: list[Value]):
    """An operation on square matrices, of which one axis may have more room than the other."""
    w, sides = emitter.writer, list(args[0].shape[-2:])
    if op.prim.name == "solve":
        sides.append(args[1].shape[-1 if args[1].ndim == 1 else -2])
    n = min(sides)
    args[0] = fit(w, args[0], (*args[0].shape[:-2], n, n))
    if op.prim.name == "solve":
        b = args[1].shape
        args[1] = fit(w, args[1], (n,) if len(b) == 1 else (*b[:-2], n, b[-1]))
    found = [filled(emitter, a, x, 0) for a, x in zip(args, op.args, strict=True)]
    found[0] = _with_identity(emitter, found[0], op.args[0])
    avals = op.prim.infer(*(Aval(a.dtype, a.shape) for a in args), **shown.params)
    avals = avals if isinstance(avals, tuple) else (avals,)
    outs = tuple(Var(v.name, a, v.base) for v, a in zip(shown.outs, avals, strict=True))
    made = RULES[op.prim.name](emitter, replace(shown, outs=outs), *found)
    made = made if isinstance(made, tuple) else (made,)
    return tuple(fit(w, v, o.shape) for v, o in zip(made, shown.outs, strict=True))


def _with_identity(emitter, x: Value, atom) -> Value:
    """Matrices with the identity in the rest: the block diagonal of both."""
    w, mask = emitter.writer, inside(emitter, atom.aval.shape, x.shape)
    return x if mask is None else w.select(mask, x, diagonal(w, x.shape).convert(x.dtype))


# ── shapes ────────────────────────────────────────────────────────────────────────────────────────


def _reshape(emitter, op, shown, x):
    """Axes of length 1 come and go; behind the axis with room, axes are merged or split."""
    old, new = ([d for d in s if d != 1] for s in (op.args[0].aval.shape, op.out.aval.shape))
    leads = [k for s in (old, new) for k, d in enumerate(s) if isinstance(d, Size)]
    if old != new and (any(leads) or x.size != shown.out.aval.size):
        raise BackendError("reshape of an array whose size only running tells", emitter.loc, INSTEAD)
    return x.reshape(*shown.out.shape)


SPECIAL = {
    "reshape": _reshape,
    "concatenate": padded_places.concatenate,
    "index": padded_places.index,
    "at_set": padded_places.updated(False),
    "at_add": padded_places.updated(True),
}
