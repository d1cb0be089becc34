"""What both modes of differentiation share: zeros, fitting a value to a type, which operands matter."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core.avals import Aval, StackAval
from broadax.transforms.core.expression import current
from broadax.transforms.core.sizes import Size, product
from broadax.transforms.core.statements import Lit, Op, Var
from broadax.transforms.primitives import registry

STACKS = {"stack_new": (), "stack_push": (0, 1), "stack_pop": (0,), "stack_copy": (0,)}


def differentiable(aval) -> bool:
    """Floating-point and complex values have derivatives, and stacks of such."""
    return aval.item.differentiable if isinstance(aval, StackAval) else aval.differentiable


# ── the operands through which a derivative flows ─────────────────────────────────────────────────


def elementwise_rule(prim, k: int):
    """`f(t, y, *xs)`, the derivative by operand k applied to `t`; None where it is zero everywhere."""
    if k < len(prim.maps) and prim.maps[k] is not None:
        rule = prim.maps[k]
    else:
        partial = prim.partials[k] if k < len(prim.partials) else None
        if partial is None:
            return None
        rule = lambda t, y, *xs: times(t, partial(y, *xs))
    if prim.name == "divide":
        return rule  # where its derivative divides by zero, so did the function

    def as_numpy(t, y, *xs):
        with current().as_numpy(functions=not y.aval.weak):
            return rule(t, y, *xs)

    return as_numpy


def flows(op: Op) -> tuple[int, ...]:
    """The positions of the operands on which the results depend differentiably."""
    prim = op.prim
    if prim.name in STACKS:
        return STACKS[prim.name]
    every = tuple(k for k, a in enumerate(op.args) if differentiable(a.aval))
    if prim.name == "attach":
        first = op.params["results"]
        return tuple(k for k in every if first <= k < first + op.params["operands"])
    if prim.kind == "elementwise":
        if not prim.maps and not prim.partials:
            return every if "derivative" in prim.why_not else ()
        return tuple(k for k in every if elementwise_rule(prim, k) is not None)
    if prim.kind in ("linear", "bilinear"):
        chosen = linear_operands(prim, len(op.args))
        return tuple(k for k in every if k in chosen)
    if prim.kind == "structured":
        return every
    return ()


def linear_operands(prim, count: int) -> tuple[int, ...]:
    """The operands in which a primitive is linear; of a variadic one (`stack`), all."""
    return tuple(prim.linear) if prim.linear else tuple(range(count))


def no_rule(prim, mode: str, loc, k: int | None = None) -> UnsupportedError:
    """The error for a derivative that a primitive does not have."""
    reason = next((prim.why_not[key] for key in (mode, "derivative") if key in prim.why_not), "")
    which = "" if k is None else f" by operand {k}"
    return UnsupportedError(f"{prim.name} has no derivative{which}" + (f": {reason}" if reason else ""), loc)


# ── values ────────────────────────────────────────────────────────────────────────────────────────


def zeros(builder, aval):
    """Zero of a type: a literal, an array, or a stack without items."""
    if isinstance(aval, StackAval):
        return builder.apply("stack_new", item=aval.item, base="d_stack")
    if aval.shape:
        return builder.apply("zeros", shape=aval.shape, dtype=aval.dtype)
    return literal(0, aval)


def literal(value, aval: Aval) -> Lit:
    """A scalar constant of a type."""
    value = aval.dtype.type(value)
    return Lit(value.item() if aval.weak else value, Aval(aval.dtype, (), aval.weak))


def times(t, factor):
    """`t * factor` without the operation where the factor is 1, -1 or 0 (then None)."""
    number = factor.value if isinstance(factor, Lit) else factor
    if not isinstance(number, Var):
        if number == 0:
            return None
        if number == 1:
            return t
        if number == -1:
            return -t
    if isinstance(t, Lit) and t.value == 1 and isinstance(factor, Var) and t.aval.weak:
        return factor
    return t * factor


def add(builder, x, y):
    """The sum of two derivatives, None being zero."""
    if x is None or y is None:
        return y if x is None else x
    if isinstance(x.aval, StackAval):
        raise UnsupportedError(
            "a stack of saved values is read twice where its derivative is needed",
            builder.loc,
            "call the pullback once, or write the loop with a known number of turns",
        )
    return builder.apply("add", x, y)


def fit(builder, atom, aval):
    """A derivative with the shape, dtype and weakness of the value that it belongs to.

    Axes along which the value was broadcast are summed; missing ones are broadcast.
    """
    if atom is None or isinstance(aval, StackAval):
        return atom
    atom = _broadcast(builder, _sum_to(builder, atom, aval.shape), aval.shape)
    if isinstance(atom, Lit):
        value = atom.value.real if aval.dtype.kind != "c" else atom.value
        return literal(value, aval)
    if atom.dtype.kind == "c" and aval.dtype.kind != "c":
        atom = builder.apply("real", atom)
    if atom.dtype != aval.dtype or atom.aval.weak != aval.weak:
        atom = builder.apply("convert", atom, dtype=aval.dtype, weak=aval.weak)
    return atom


def _sum_to(builder, atom, shape: tuple):
    """Sum over the axes that a value of this shape was broadcast along."""
    have = atom.shape
    lead = len(have) - len(shape)
    if lead < 0 or have == shape:
        return atom
    kept = tuple(
        lead + k
        for k, dim in enumerate(shape)
        if isinstance(dim, int) and dim == 1 and _not_one(have[lead + k])
    )
    axes = (*range(lead), *kept)
    if not axes:
        return atom
    if lead == 0:
        return builder.apply("sum", atom, axes=axes, keepdims=True)
    total = builder.apply("sum", atom, axes=axes, keepdims=False)
    return builder.apply("reshape", total, shape=shape) if kept else total


def _broadcast(builder, atom, shape: tuple):
    have = atom.shape
    grows = len(have) < len(shape) or any(
        not _not_one(h) and _not_one(w) for h, w in zip(have, shape, strict=True)
    )
    if not grows:
        return atom
    if not have:
        return builder.apply("full", atom, shape=shape)
    return builder.apply("broadcast_to", atom, shape=shape)


def _not_one(dim) -> bool:
    return isinstance(dim, Size) or dim != 1


def element_count(aval: Aval):
    """The number of elements, 1 for a scalar."""
    return product(aval.shape)


# ── names ─────────────────────────────────────────────────────────────────────────────────────────


class Named:
    """Names what is emitted inside: `with Named(builder) as named: …; named(atom, "t_y")`."""

    def __init__(self, builder):
        self.builder, self.stmts = builder, builder.open[-1]
        self.mark = len(self.stmts)

    def __call__(self, atom, base: str):
        """Give the derivative's name to a variable defined since, or to one of a value without a name."""
        new = {out for stmt in self.stmts[self.mark :] for out in stmt.outs}
        unnamed = isinstance(atom, Var) and atom.base[:2] == base[:2] and atom.base[2:] in registry.TABLE
        if isinstance(atom, Var) and (atom in new or unnamed) and atom.base != base:
            atom.name, atom.base = self.builder.names.fresh(base), base
        return atom


def as_numpy_scalar(value):
    """A Python number of a 0-d array or NumPy scalar."""
    return value.item() if isinstance(value, np.generic) else value
