"""Python's operators over abstract values."""

from __future__ import annotations

import operator
from typing import Any

import gast
import numpy as np

from broadax.runtime.errors import ShapeError, TypeMismatchError
from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit, Var
from broadax.transforms.functions.operators import power
from broadax.transforms.specialise.arrays import SIGNS, fresh, read
from broadax.transforms.specialise.formatting import is_known, percent
from broadax.transforms.specialise.interpreter import Interpreter, static_call
from broadax.transforms.specialise.list_operators import concatenated, is_count, repeated
from broadax.transforms.specialise.static import static_index
from broadax.transforms.specialise.values import (
    NUMBERS,
    Array,
    Instance,
    ListValue,
    Method,
    Record,
    Rolled,
    Text,
    type_name,
)

BINARY = {
    gast.Add: "add",
    gast.Sub: "subtract",
    gast.Mult: "multiply",
    gast.Div: "divide",
    gast.FloorDiv: "floor_divide",
    gast.Mod: "remainder",
    gast.Pow: "power",
    gast.MatMult: "matmul",
    gast.BitAnd: "bitwise_and",
    gast.BitOr: "bitwise_or",
    gast.BitXor: "bitwise_xor",
    gast.LShift: "left_shift",
    gast.RShift: "right_shift",
}
COMPARE = {
    gast.Eq: "equal",
    gast.NotEq: "not_equal",
    gast.Lt: "less",
    gast.LtE: "less_equal",
    gast.Gt: "greater",
    gast.GtE: "greater_equal",
}
PYTHON = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "floor_divide": operator.floordiv,
    "remainder": operator.mod,
    "power": operator.pow,
    "matmul": operator.matmul,
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor,
    "left_shift": operator.lshift,
    "right_shift": operator.rshift,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "negative": operator.neg,
    "positive": operator.pos,
    "invert": operator.invert,
}
DUNDER = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "truediv",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "power": "pow",
    "matmul": "matmul",
    "equal": "eq",
    "not_equal": "ne",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
}
SIZE_OPS = ("add", "subtract", "multiply", "floor_divide", "remainder")
RUNTIME = (Var, Array, np.ndarray)


def operator_of(node) -> str:
    """The primitive of an operator node."""
    return BINARY[type(node)]


def binary(it: Interpreter, op: str, a, b):
    """`a op b`, also for comparisons."""
    if isinstance(a, ListValue) or isinstance(b, ListValue):
        found = _of_rows(it, op, a, b)
        if found is not None:
            return found
    if isinstance(a, Size) or isinstance(b, Size):
        done, value = _with_size(op, a, b)
        if done:
            return value
    if op == "remainder" and isinstance(a, str):
        return percent(it, a, b) if not is_known(b) else static_call(operator.mod, a, b)
    if op == "multiply":
        a, b = _counted(it, a, b), _counted(it, b, a)
    if isinstance(a, RUNTIME) or isinstance(b, RUNTIME) or isinstance(a, Size) or isinstance(b, Size):
        return _numeric(it, op, a, b)
    if isinstance(a, Instance) or isinstance(b, Instance):
        return _overloaded(it, op, a, b)
    if isinstance(a, (ListValue, tuple)) or isinstance(b, (ListValue, tuple)):
        return _containers(it, op, a, b)
    if isinstance(a, Text) or isinstance(b, Text):
        parts = [v.parts if isinstance(v, Text) else (str(v),) for v in (a, b)]
        return Text(parts[0] + parts[1])
    return static_call(PYTHON[op], a, b)


def _of_rows(it: Interpreter, op: str, a, b) -> ListValue | None:
    """The list that an operator makes where its length is known only at run time."""
    if op == "multiply":
        owner, times = (a, b) if isinstance(a, ListValue) else (b, a)
        return repeated(it, owner, times) if is_count(times) else None
    if op != "add" or not (isinstance(a, ListValue) and isinstance(b, ListValue)):
        return None
    rolled = any(isinstance(it.list_items(x), Rolled) for x in (a, b))
    return concatenated(it, a, b) if rolled else None


def _counted(it: Interpreter, value, other):
    """How often a tuple or a string is repeated has to be known; another operand as it is."""
    if isinstance(other, (tuple, str)) and is_count(value):
        return static_index(it, value, "how often this is repeated")
    return value


def _numeric(it: Interpreter, op: str, a, b):
    for value in (a, b):
        if not isinstance(value, (Size, *RUNTIME, *NUMBERS)):
            if isinstance(value, (ListValue, tuple)) and isinstance(
                a if value is b else b, (Array, np.ndarray)
            ):
                continue
            if op in ("equal", "not_equal"):
                return op == "not_equal"
            raise _no_operator(it, op, a, b)
    x, y = (_operand(it, v) for v in (a, b))
    if op == "matmul":
        if not x.shape or not y.shape:
            raise ShapeError(
                "matmul: Input operand does not have enough dimensions", it.loc, "use * for a scalar"
            )
        dtype = np.result_type(x.dtype, y.dtype)
        x, y = it.builder.promote(x, dtype), it.builder.promote(y, dtype)
    if op == "power" and x.dtype.kind in "bi" and y.dtype.kind in "iu":
        return fresh(it, _integer_power(it, x, y))
    out = it.builder.apply(op, x, y)
    it.ranges.define(out, op, x, y)
    return fresh(it, out)


def _integer_power(it: Interpreter, x, y):
    """`x ** y` of integers: of Python's a float where y is negative, of NumPy's an error there."""
    if isinstance(y, Lit):
        return power(x, y)
    if x.aval.weak and y.aval.weak and not it.ranges.nonnegative(it.ranges.polynomial(y)):
        if it.inputs.is_input(it, y):
            it.inputs.fix(y)
        message = ("an integer to a negative power is a float; write float(a) ** b",)
        it.builder.check(it.builder.apply("greater_equal", y, 0), ValueError, message)
    return it.builder.apply("power", x, y)


def is_float(value) -> bool:
    """Is it a number or an array of floats?"""
    dtype = getattr(getattr(value, "aval", value), "dtype", None)
    return isinstance(value, (float, complex)) if dtype is None else dtype.kind in "fc"


def power_in(it: Interpreter, a, b, makes_float: bool):
    """`a ** b` as an operand of an operation that makes a float of it anyway: `0.5 * (-1) ** (i - j)`."""
    integers = type(a) is int and isinstance(b, Var) and b.aval.weak and b.dtype.kind in "iu"
    if makes_float and integers and not it.ranges.nonnegative(it.ranges.polynomial(b)):
        a = a if it.inputs.is_input(it, b) else float(a)
    return binary(it, "power", a, b)


def _operand(it: Interpreter, value):
    if isinstance(value, (ListValue, tuple)):
        from broadax.transforms.functions.arguments import as_atom

        return as_atom(it.plain(value))
    return read(it, value)


def _with_size(op: str, a, b) -> tuple[bool, object]:
    """Arithmetic of sizes stays a size; a comparison with a size or an int is answered now."""
    if not all(isinstance(v, (Size, int, np.integer)) and not isinstance(v, bool) for v in (a, b)):
        return False, None
    a, b = (int(v) if isinstance(v, np.integer) else v for v in (a, b))
    if op in SIZE_OPS:
        return True, static_call(PYTHON[op], a, b)
    answers = {
        "equal": lambda: sizes.same(a, b),
        "not_equal": lambda: _negated(sizes.same(a, b)),
        "less": lambda: sizes.at_least(b - 1, a),
        "less_equal": lambda: sizes.at_least(b, a),
        "greater": lambda: sizes.at_least(a - 1, b),
        "greater_equal": lambda: sizes.at_least(a, b),
    }
    answer = answers[op]() if op in answers else None
    return answer is not None, answer


def _negated(answer):
    return None if answer is None else not answer


def _overloaded(it: Interpreter, op: str, a, b):
    """A user's class that overloads the operator."""
    for owner, other, prefix in ((a, b, ""), (b, a, "r")):
        name = f"__{prefix}{DUNDER.get(op, '')}__"
        method = getattr(owner.cls, name, None) if isinstance(owner, Instance) else None
        if method is not None and method is not getattr(object, name, None):
            return it.call(Method(method, owner), (other,), {})
    if op in ("equal", "not_equal"):
        return (a is b) == (op == "equal")
    raise _no_operator(it, op, a, b)


def _no_operator(it: Interpreter, op: str, a, b) -> TypeMismatchError:
    kinds = f"'{type_name(a)}' and '{type_name(b)}'"
    if op in ("less", "less_equal", "greater", "greater_equal"):
        return TypeMismatchError(f"'{SIGNS[op]}' not supported between instances of {kinds}", it.loc)
    return TypeMismatchError(f"unsupported operand type(s) for {SIGNS.get(op, op)}: {kinds}", it.loc)


def _containers(it: Interpreter, op: str, a, b):
    """Concatenation, repetition and comparison of lists and tuples."""
    first, second = (it.items(v) if isinstance(v, ListValue) else v for v in (a, b))
    make = (
        (lambda items: ListValue(it.store, items))
        if isinstance(a, ListValue) or isinstance(b, ListValue)
        else tuple
    )
    if op == "add" and type(a) is type(b):
        return make(tuple(first) + tuple(second))
    if op == "multiply":
        items, times = (first, second) if isinstance(first, tuple) else (second, first)
        return make(items * it.static_index(times, "the number of repetitions"))
    if op in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
        return _compare_items(it, op, a, b, first, second)
    raise _no_operator(it, op, a, b)


def _compare_items(it: Interpreter, op: str, a, b, first, second):
    if type(a) is not type(b):
        if op in ("equal", "not_equal"):
            return op == "not_equal"
        raise _no_operator(it, op, a, b)
    if op == "equal":
        return _all_equal(it, first, second)
    if op == "not_equal":
        found = _all_equal(it, first, second)
        return not found if isinstance(found, bool) else it.builder.apply("logical_not", found)
    return _ordered(it, op, first, second)


def _all_equal(it: Interpreter, first, second):
    """Are all items equal: a bool, or a boolean scalar?"""
    if len(first) != len(second):
        return False
    found: Any = True
    for x, y in zip(first, second, strict=True):
        hit = same_item(it, x, y)
        if hit is False:
            return False
        found = (
            hit if found is True else found if hit is True else it.builder.apply("logical_and", found, hit)
        )
    return found


def same_item(it: Interpreter, x, y):
    """Is an item of a container equal to another value: a bool, or a boolean scalar?"""
    return True if x is y else it.truth_of(binary(it, "equal", x, y))


def _ordered(it: Interpreter, op: str, first, second):
    """`first op second` by the first items that differ; by the lengths, where none does."""
    found: Any = PYTHON[op](len(first), len(second))
    strict = op.removesuffix("_equal")
    apply = it.builder.apply
    for x, y in list(zip(first, second, strict=False))[::-1]:
        alike = same_item(it, x, y)
        if alike is True:
            continue
        before = it.truth_of(binary(it, strict, x, y))
        if alike is False:
            found = before
        elif found is not False:
            both = alike if found is True else apply("logical_and", alike, found)
            found = both if before is False else True if before is True else apply("logical_or", before, both)
        else:
            found = before
    return found


def has_data(it: Interpreter, value) -> bool:
    """Is a value, or a part of it, known only when the code runs?"""
    if isinstance(value, ListValue):
        items = it.held(value)
        return not isinstance(items, tuple) or has_data(it, items)
    if isinstance(value, tuple):
        return any(has_data(it, part) for part in value)
    return isinstance(value, (Size, *RUNTIME))


def unary(it: Interpreter, op: str, a):
    """`-a`, `+a`, `~a`."""
    if isinstance(a, RUNTIME):
        return fresh(it, it.builder.apply(op, read(it, a)))
    if isinstance(a, Instance):
        name = {"negative": "__neg__", "positive": "__pos__", "invert": "__invert__"}[op]
        if hasattr(a.cls, name):
            return it.call(Method(getattr(a.cls, name), a), (), {})
    if isinstance(a, Record):
        sign = {"negative": "-", "positive": "+", "invert": "~"}[op]
        raise TypeMismatchError(f"bad operand type for unary {sign}: '{type_name(a)}'", it.loc)
    if isinstance(a, Size):
        return {"negative": -a, "positive": a, "invert": -a - 1}[op]
    return static_call(PYTHON[op], a)
