"""Rules of `fold` for arithmetic. Exact in floating point, but for the sign of zero."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from broadax.transforms.core.avals import Aval, python_type
from broadax.transforms.core.statements import Lit, Op, Var
from broadax.transforms.simplify.fold import Fold, rule, scalar_of


def value_of(fold: Fold, atom):
    """The number that an atom holds in all its elements, or None."""
    if isinstance(atom, Var):
        atom = scalar_of(fold, atom)
    return atom.value if isinstance(atom, Lit) else None


def is_number(fold: Fold, atom, number) -> bool:
    value = value_of(fold, atom)
    return value is not None and bool(value == number)


def exact_zero(fold: Fold, op: Op, atom) -> bool:
    """Is the atom a zero that may be left out: of a creation, an integer, or in a derivative?"""
    if not is_number(fold, atom, 0):
        return False
    return bool(op.note) or isinstance(atom, Var) or op.out.dtype.kind in "biu"


def negated(lit: Lit) -> Lit | None:
    """The literal with the opposite sign, for negative numbers."""
    if lit.dtype.kind not in "if" or not np.isfinite(lit.value) or not lit.value < 0:
        return None
    return Lit(-lit.value, lit.aval)


def power_of_two(value) -> bool:
    """Is multiplication by this float exact?"""
    if isinstance(value, (float, np.floating)) and math.isfinite(value) and value:
        return abs(math.frexp(float(value))[0]) == 0.5
    return False


def number(value, *like: Lit) -> Lit:
    """A literal of the dtype of others; a Python number if all of them are."""
    aval = replace(like[0].aval, weak=all(lit.aval.weak for lit in like))
    return Lit(python_type(aval.dtype)(value) if aval.weak else aval.dtype.type(value), aval)


def without_sign(fold: Fold, atom):
    """For a value that is minus something, that something: of -x, of -2 * x."""
    op = fold.made_by(atom, "negative", "multiply", "divide")
    if op is None:
        return None
    if op.prim.name == "negative":
        return op.args[0]
    for k, factor in enumerate(op.args):
        if isinstance(factor, Lit) and fold.once(atom) and (positive := negated(factor)) is not None:
            args = [*op.args]
            args[k] = positive
            return fold.new(op, op.prim.name, *args)
    return None


@rule("add")
def add(fold: Fold, op: Op):
    a, b = op.args
    for one, other in ((a, b), (b, a)):
        if exact_zero(fold, op, one) and other.aval == op.out.aval:
            return other
    if op.out.dtype.kind == "b":
        return None
    if op.note and a is b and op.out.dtype.kind == "f":
        return "multiply", (Lit(2.0, Aval(a.dtype, (), True)), a), {}
    for one, other in ((b, a), (a, b)):
        positive = without_sign(fold, one)
        if positive is not None:
            return "subtract", (other, positive), {}
        if isinstance(one, Lit) and (positive := negated(one)) is not None:
            return "subtract", (other, positive), {}
    return None


@rule("subtract")
def subtract(fold: Fold, op: Op):
    a, b = op.args
    if is_number(fold, b, 0) and a.aval == op.out.aval:
        return a
    positive = without_sign(fold, b)
    if positive is not None:
        return "add", (a, positive), {}
    if isinstance(b, Lit) and (positive := negated(b)) is not None:
        return "add", (a, positive), {}
    if exact_zero(fold, op, a) and b.aval == op.out.aval:
        return "negative", (b,), {}
    return None


@rule("multiply")
def multiply(fold: Fold, op: Op):
    a, b = op.args
    for one, other in ((a, b), (b, a)):
        if is_number(fold, one, 1) and other.aval == op.out.aval:
            return other
        if is_number(fold, one, -1) and other.aval == op.out.aval and op.out.dtype.kind in "ifc":
            return "negative", (other,), {}
        if is_number(fold, one, 0) and (op.note or op.out.dtype.kind in "biu"):
            return _zero(op)
        if is_number(fold, one, 1) and other.shape == op.out.shape and other.dtype == op.out.dtype:
            return "convert", (other,), {"dtype": op.out.dtype, "implicit": True}
    if op.note and isinstance(b, Lit) and not isinstance(a, Lit):
        return "multiply", (b, a), {}
    return _signs(fold, op, "multiply") or _literals(fold, op) or _by_reciprocal(fold, op)


def _zero(op: Op):
    if op.out.shape == ():
        value = np.zeros((), op.out.dtype)[()]
        return Lit(value.item() if op.out.aval.weak else value, op.out.aval)
    return "zeros", (), {"shape": op.out.shape, "dtype": op.out.dtype}


def _signs(fold: Fold, op: Op, name: str):
    """Signs of factors move out: (-a) * (-b) is a * b, (-a) * b is -(a * b)."""
    a, b = op.args
    minus = [fold.made_by(x, "negative") for x in (a, b)]
    if all(minus):
        return name, (minus[0].args[0], minus[1].args[0]), {}
    for k, found in enumerate(minus):
        if found is not None and fold.once(op.args[k]):
            args = [*op.args]
            args[k] = found.args[0]
            return "negative", (fold.new(op, name, *args),), {}
    return None


def _literals(fold: Fold, op: Op):
    """c * (d * x) is (c * d) * x where that is exact; in derivatives, exact factors move to the front."""
    a, b = op.args
    for one, other in ((a, b), (b, a)):
        inner = fold.made_by(other, "multiply")
        if inner is None:
            continue
        for lit, rest in (inner.args, inner.args[::-1]):
            if not isinstance(lit, Lit) or lit.dtype.kind != "f":
                continue
            if isinstance(one, Lit) and (power_of_two(one.value) or power_of_two(lit.value)):
                product = one.value * lit.value
                if np.isfinite(product) and product:
                    return "multiply", (number(product, one, lit), rest), {}
            elif (
                op.note
                and fold.once(other)
                and power_of_two(lit.value)
                and not isinstance(one, Lit)
                and scalar_of(fold, one) is None
                and one.aval.weak == rest.aval.weak
            ):
                return "multiply", (fold.new(op, "multiply", lit, one), rest), {}
    return None


def _by_reciprocal(fold: Fold, op: Op):
    """In derivatives, x * (1 / y) is x / y."""
    for one, other in (op.args, op.args[::-1]):
        inner = fold.made_by(other, "divide")
        if (
            op.note
            and inner is not None
            and fold.once(other)
            and is_number(fold, inner.args[0], 1)
            and other.shape == inner.args[1].shape
        ):
            return "divide", (one, inner.args[1]), {}
    return None


@rule("divide")
def divide(fold: Fold, op: Op):
    a, b = op.args
    if is_number(fold, b, 1) and a.aval == op.out.aval:
        return a
    if is_number(fold, b, -1) and a.aval == op.out.aval:
        return "negative", (a,), {}
    if op.note and is_number(fold, a, 0):
        return _zero(op)
    return _signs(fold, op, "divide")


@rule("power")
def power(fold: Fold, op: Op):
    x, exponent = op.args
    if not isinstance(exponent, Lit) or x.aval != op.out.aval:
        return None
    if exponent.value == 1:
        return x
    if exponent.value == 2:
        return "square", (x,), {}
    return None


@rule("square", "absolute")
def even(fold: Fold, op: Op):
    minus = fold.made_by(op.args[0], "negative")
    return (op.prim.name, minus.args, {}) if minus is not None and op.out.dtype.kind in "fc" else None


@rule("negative")
def negative(fold: Fold, op: Op):
    (x,) = op.args
    inner = fold.made_by(x, "negative", "subtract", "multiply", "divide")
    if inner is None:
        return None
    if inner.prim.name == "negative":
        return inner.args[0]
    if not fold.once(x):
        return None
    a, b = inner.args
    if inner.prim.name == "subtract":
        return ("subtract", (b, a), {}) if op.note else None
    if isinstance(a, Lit) and a.dtype.kind == "f":
        return inner.prim.name, (Lit(-a.value, a.aval), b), {}
    if isinstance(b, Lit) and b.dtype.kind == "f":
        return inner.prim.name, (a, Lit(-b.value, b.aval)), {}
    return None


@rule("positive", "copy")
def unchanged(fold: Fold, op: Op):
    return op.args[0]


@rule("conjugate", "real")
def real(fold: Fold, op: Op):
    return op.args[0] if op.args[0].dtype.kind != "c" else None
