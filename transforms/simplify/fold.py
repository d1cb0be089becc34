"""Constant folding and algebra: operations on constants, on zeros and ones, that undo or do nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from broadax.transforms.core.avals import Aval, python_type
from broadax.transforms.core.statements import Function, Lit, Op, Var, block_uses
from broadax.transforms.primitives import registry
from broadax.transforms.simplify.rewrite import Rewrite

BIGGEST_EXACT = 2**53
RULES: dict[str, list] = {}


def rule(*names: str):
    """Register `f(fold, op)` for primitives: it gives an atom, a new (name, args, params), or None."""

    def add(function):
        for name in names:
            RULES.setdefault(name, []).append(function)
        return function

    return add


def fold(function: Function) -> Function:
    """A function with constant operations computed and algebraic identities applied.

    Floating-point results stay the same to the last bit, except for the sign of zero, and except that in
    statements that compute derivatives zero times anything is zero.
    """
    return Fold(function).run()


class Fold(Rewrite):
    """The pass. Rules see operands already folded, and ask what defined them.

    Attributes:
        definition: variable → the operation that defines it, as rewritten.
        count: how often each variable was read before the pass.
    """

    def __init__(self, function: Function):
        super().__init__(function)
        self.definition: dict[Var, Op] = {}
        self.count = Counter(block_uses(function.body))

    def op(self, op: Op) -> Op | None:
        for _ in range(8):  # a rule's result may suit another rule
            new = self._once(op)
            if new is None:
                break
            if not isinstance(new, Op):
                self.substitute(op.out, new)
                return None
            op = new
        for var in op.outs:
            self.definition[var] = op
        return op

    def _once(self, op: Op):
        if len(op.outs) != 1:
            return None
        value = constant(op)
        if value is not None:
            return value
        for rule in RULES.get(op.prim.name, ()):
            found = rule(self, op)
            if found is None:
                continue
            if not isinstance(found, tuple):
                if same_type(found, op.out):
                    return found
            elif (new := self._remade(op, *found)) is not None:
                return new
        if op.prim.kind == "elementwise" and op.out.shape != ():
            return filled(self, op) or without_broadcasts(self, op)
        return None

    def _remade(self, op: Op, name: str, args: tuple, params: dict) -> Op | None:
        """`op` with another primitive or operands, where the type of the result stays."""
        prim = registry.get(name)
        aval = prim.infer(*(a.aval for a in args), **params)
        if aval.dtype != op.out.dtype or aval.shape != op.out.shape:
            return None
        if prim.kind == "elementwise":
            dtypes, _, _ = registry.elementwise_types(prim, [a.aval for a in args])
            if any(a.dtype != d for a, d in zip(args, dtypes, strict=True)):
                return None
        if aval.weak != op.out.aval.weak and name not in ("convert", "copy"):
            return None
        return replace(op, prim=prim, args=args, params=params)

    # ── for rules ─────────────────────────────────────────────────────────────────────────────────

    def made_by(self, atom, *names: str) -> Op | None:
        """The operation that defines an atom, if it is one of these."""
        op = self.definition.get(atom) if isinstance(atom, Var) else None
        return op if op is not None and op.prim.name in names else None

    def once(self, atom) -> bool:
        """Is the variable read only once?"""
        return self.count[atom] <= 1

    def new(self, like: Op, name: str, *args, **params):
        """Emit an operation in front of the one being folded; gives its result, itself folded."""
        prim = registry.get(name)
        aval = prim.infer(*(a.aval for a in args), **params)
        out = Var(self.names.fresh(name), aval, name)
        self.count[out] = 1
        made = self.op(Op((out,), prim, args, params, loc=like.loc, note=like.note))
        if made is None:
            return self.rename.atom(out)
        self.emit(made)
        return out


def same_type(atom, var: Var) -> bool:
    """Can the atom stand for the variable: the same dtype, shape and weakness?"""
    return atom.aval == var.aval


def constant(op: Op) -> Lit | None:
    """The value of a scalar operation on constants; None where Python or NumPy would complain about it."""
    if op.prim.name == "size":
        value = op.params["value"]
        return Lit(int(value), op.out.aval) if isinstance(value, int) else None
    if op.prim.kind != "elementwise" and op.prim.name != "convert" or op.out.shape != () or not op.args:
        return None
    if not all(isinstance(a, Lit) for a in op.args):
        return None
    try:
        with np.errstate(all="ignore"):
            value = op.prim.impl(*(a.value for a in op.args), **op.params)
    except (ArithmeticError, ValueError):
        return None  # it raises when it runs
    finite = np.isfinite(value) and abs(value) <= BIGGEST_EXACT
    if not finite and (op.out.dtype.kind in "iu" or any(np.isfinite(a.value) for a in op.args)):
        return None
    aval = op.out.aval
    return Lit(python_type(aval.dtype)(value) if aval.weak else aval.dtype.type(value), aval)


def scalar_of(fold: Fold, atom):
    """The scalar with which an array is filled (a literal for zeros), or None."""
    op = fold.made_by(atom, "zeros", "full", "broadcast_to")
    if op is None:
        return None
    if op.prim.name == "zeros":
        dtype = np.dtype(op.params["dtype"])
        return Lit(dtype.type(0), Aval(dtype))
    return op.args[0] if op.args[0].shape == () else None


def filled(fold: Fold, op: Op) -> Op | None:
    """An elementwise operation on arrays that hold one value each fills an array with one value."""
    scalars = [a if a.shape == () else scalar_of(fold, a) for a in op.args]
    if any(s is None or s.dtype != a.dtype for s, a in zip(scalars, op.args, strict=True)):
        return None
    if all(s.aval.weak for s in scalars):
        return None
    value = fold.new(op, op.prim.name, *scalars, **op.params)
    return fold._remade(op, "full", (value,), {"shape": op.out.shape})


def without_broadcasts(fold: Fold, op: Op) -> Op | None:
    """An elementwise operation on operands that it broadcasts by itself."""
    args = list(op.args)
    for k, atom in enumerate(args):
        if not isinstance(atom, Var) or atom.shape == ():
            continue
        others = [a for j, a in enumerate(args) if j != k]
        shorter = _without_leading_ones(fold.made_by(atom, "reshape", "index"), atom)
        if shorter is not None and any(len(a.shape) == len(op.out.shape) for a in others):
            args[k] = shorter
            continue
        if not any(a.shape == op.out.shape for a in others):
            continue
        made = fold.made_by(atom, "broadcast_to")
        inner = scalar_of(fold, atom)
        if inner is None and made is not None:
            inner = made.args[0]
        if inner is None or inner.dtype != atom.dtype:
            continue
        trial = [*args[:k], inner, *args[k + 1 :]]
        if fold._remade(op, op.prim.name, tuple(trial), op.params) is not None:
            args = trial
    return (
        replace(op, args=tuple(args)) if any(a is not b for a, b in zip(args, op.args, strict=True)) else None
    )


def _without_leading_ones(op: Op | None, atom: Var):
    """The array to which a reshape or a subscript only adds axes of length 1 in front, or None."""
    if op is None:
        return None
    x = op.args[0]
    extra = len(atom.shape) - len(x.shape)
    ahead = extra > 0 and len(op.args) == 1 and all(d == 1 for d in atom.shape[:extra])
    return x if ahead and atom.shape[extra:] == x.shape and _in_order(op, extra) else None


def _in_order(op: Op, extra: int) -> bool:
    if op.prim.name == "reshape":
        return True
    spec = op.params["spec"]
    return all(item[0] == "new" for item in spec[:extra]) and all(
        item == ("slice", 0, dim, 1) for item, dim in zip(spec[extra:], op.args[0].shape, strict=False)
    )
