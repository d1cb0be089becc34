"""Rules of `fold` for shapes, sums, subscripts and updates."""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.statements import Var
from broadax.transforms.simplify.arithmetic import is_number
from broadax.transforms.simplify.fold import Fold, Op, rule, scalar_of
from broadax.transforms.simplify.subscripts import compose, is_basic, is_full, is_full_but_for_new, same_place

FILLED = ("zeros", "full")


def refilled(fold: Fold, op: Op, x):
    """The same creation as that of `x` with this result's shape; None if `x` is not filled with one value."""
    made = fold.made_by(x, *FILLED)
    if made is None or op.out.shape == ():
        return None
    if made.prim.name == "zeros":
        return "zeros", (), {"shape": op.out.shape, "dtype": op.out.dtype}
    return "full", made.args, {**made.params, "shape": op.out.shape}


@rule("reshape")
def reshape(fold: Fold, op: Op):
    (x,) = op.args
    if x.shape == op.out.shape:
        return x
    inner = fold.made_by(x, "reshape")
    if inner is not None and inner.args[0].shape != ():
        return "reshape", inner.args, op.params
    return refilled(fold, op, x)


@rule("transpose")
def transpose(fold: Fold, op: Op):
    (x,) = op.args
    axes = op.params["axes"]
    if axes == tuple(range(len(axes))):
        return x
    inner = fold.made_by(x, "transpose")
    if inner is not None:
        return "transpose", inner.args, {"axes": tuple(inner.params["axes"][k] for k in axes)}
    return refilled(fold, op, x)


@rule("broadcast_to")
def broadcast_to(fold: Fold, op: Op):
    (x,) = op.args
    if x.shape == op.out.shape:
        return x
    if x.shape == ():
        return "full", op.args, op.params
    inner = fold.made_by(x, "broadcast_to")
    if inner is not None:
        return "broadcast_to", inner.args, op.params
    return refilled(fold, op, x)


@rule("sum", "prod", "max", "min", "all", "any")
def reduction(fold: Fold, op: Op):
    (x,) = op.args
    axes = op.params["axes"]
    if op.prim.name == "sum":
        if is_number(fold, x, 0) and op.out.shape != ():
            return "zeros", (), {"shape": op.out.shape, "dtype": op.out.dtype}
        minus = fold.made_by(x, "negative")
        if minus is not None and fold.once(x) and minus.args[0].dtype == op.out.dtype:
            return "negative", (fold.new(op, "sum", *minus.args, **op.params),), {}
    if op.params["keepdims"] and len(axes) == len(x.shape):
        total = fold.new(op, op.prim.name, x, **{**op.params, "keepdims": False})
        return "full", (total,), {"shape": op.out.shape}
    if x.dtype != op.out.dtype:
        return None
    if not axes:
        return x
    if all(x.shape[k] == 1 for k in axes) and op.out.shape != ():
        return "reshape", (x,), {"shape": op.out.shape}
    return None


@rule("index")
def index(fold: Fold, op: Op):
    x, *indices = op.args
    spec = op.params["spec"]
    if is_full(spec, x.shape):
        return x
    if is_basic(indices) and not indices:
        filled = refilled(fold, op, x)
        if filled:
            return filled
    written = fold.made_by(x, "at_set")
    if (
        written is not None
        and is_basic(indices)
        and written.args[1].aval == op.out.aval
        and same_place(spec, indices, written.params["spec"], written.args[2:])
    ):
        return written.args[1]
    inner = fold.made_by(x, "index")
    if inner is not None and fold.once(x) and x.base == inner.prim.name:
        return _composed(op, inner, indices, "index", ())
    return None


def _composed(op: Op, inner: Op, indices, name: str, value: tuple):
    """`name` at the place that `inner`'s subscript and then `op`'s select."""
    whole = inner.args[0]
    made = compose(inner.params["spec"], inner.args[1:], op.params["spec"], indices, whole.shape)
    if made is None:
        return None
    spec, both = made
    params = {"spec": spec}
    used = [p for p, args in ((inner.params, inner.args[1:]), (op.params, indices)) if args]
    if used and all(p.get("checked") for p in used):
        params["checked"] = True
    return name, (whole, *value, *both), params


def one_value(fold: Fold, op: Op):
    """An update with an array that holds one value stores that value everywhere."""
    x, value, *rest = op.args
    scalar = scalar_of(fold, value) if isinstance(value, Var) else None
    return (
        (op.prim.name, (x, scalar, *rest), op.params)
        if scalar is not None and scalar.dtype == x.dtype
        else None
    )


@rule("at_set")
def at_set(fold: Fold, op: Op):
    x, value, *indices = op.args
    spec = op.params["spec"]
    simpler = one_value(fold, op)
    if simpler:
        return simpler
    if is_full(spec, x.shape) and value.dtype == x.dtype:
        return value if value.shape == x.shape else ("broadcast_to", (value,), {"shape": x.shape})
    selected = tuple(1 if item[0] == "new" else item[2] for item in spec if item[0] != "index")
    if is_full_but_for_new(spec, x.shape) and value.dtype == x.dtype and value.shape == selected:
        return "reshape", (value,), {"shape": x.shape}
    before = fold.made_by(x, "at_set")
    if (
        before is not None
        and fold.once(x)
        and same_place(spec, indices, before.params["spec"], before.args[2:])
    ):
        return "at_set", (before.args[0], value, *indices), op.params
    read = fold.made_by(value, "index") if op.note else None
    if read and read.args[0] is x and same_place(spec, indices, read.params["spec"], read.args[1:]):
        return x
    return _row_update(fold, op, x, value, indices, spec)


def _row_update(fold: Fold, op: Op, x, value, indices, spec):
    """A part taken out, updated and put back is an update of the whole: x[i] = (x[i] with [j] = v)."""
    inner = fold.made_by(value, "at_set", "at_add")
    if inner is None or not fold.once(value) or not is_basic(indices):
        return None
    part = fold.made_by(inner.args[0], "index")
    if (
        part is None
        or part.args[0] is not x
        or not same_place(spec, indices, part.params["spec"], part.args[1:])
    ):
        return None
    return _composed(
        Op(inner.outs, inner.prim, inner.args, inner.params),
        part,
        inner.args[2:],
        inner.prim.name,
        (inner.args[1],),
    )


@rule("at_add")
def at_add(fold: Fold, op: Op):
    x, value, *indices = op.args
    spec = op.params["spec"]
    if is_number(fold, value, 0) and (op.note or isinstance(value, Var) or x.dtype.kind in "iu"):
        return x
    simpler = one_value(fold, op)
    if simpler:
        return simpler
    whole = is_full(spec, x.shape)
    if whole and value.dtype == x.dtype:
        if is_number(fold, x, 0):
            return value if value.shape == x.shape else ("broadcast_to", (value,), {"shape": x.shape})
        return "add", (x, value), {}
    zeros = fold.made_by(x, "zeros")
    if zeros is not None and fold.once(x) and is_basic(indices) and value.dtype == x.dtype:
        return "at_set", op.args, op.params
    before = fold.made_by(x, "at_set") if op.note and fold.once(x) else None
    if (
        before is not None
        and is_number(fold, before.args[1], 0)
        and value.dtype == x.dtype
        and is_basic(indices)
        and same_place(spec, indices, before.params["spec"], before.args[2:])
    ):
        return "at_set", (before.args[0], value, *indices), op.params
    part = part_of_zeros(fold, op, value)
    if part is not None and is_basic(indices):
        at = Op(op.outs, op.prim, (x, *indices), op.params)
        return _composed(part, at, part.args[2:], "at_add", (part.args[1],))
    return None


def part_of_zeros(fold: Fold, op: Op, atom) -> Op | None:
    """The update that makes a cotangent which is zero but for one part, and read only here."""
    made = fold.made_by(atom, "at_set", "at_add") if op.note and fold.once(atom) else None
    if made is None or not is_basic(made.args[2:]) or fold.made_by(made.args[0], "zeros") is None:
        return None
    return made if made.args[1].dtype == atom.dtype == op.out.dtype else None


@rule("full")
def full(fold: Fold, op: Op):
    (value,) = op.args
    if not isinstance(value, Var) and value.value == 0 and np.copysign(1, value.value.real) > 0:
        return "zeros", (), {"shape": op.out.shape, "dtype": op.out.dtype}
    return None


@rule("tril", "triu")
def triangle(fold: Fold, op: Op):
    return refilled(fold, op, op.args[0]) if fold.made_by(op.args[0], "zeros") else None


@rule("size")
def size(fold: Fold, op: Op):
    value = op.params["value"]
    if len(value.terms) == 1 and list(value.terms.values()) == [1]:
        (mono,) = value.terms
        if len(mono) == 1 and isinstance(mono[0], Var):
            return mono[0]
    return None
