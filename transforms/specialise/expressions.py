"""Expressions: names, constants, operators, containers, attributes, subscripts."""

from __future__ import annotations

import operator

import gast
import numpy as np

from broadax.runtime.errors import TypeMismatchError, UnboundError, UnboundLocal
from broadax.transforms.core import sizes
from broadax.transforms.core.statements import Var
from broadax.transforms.specialise import lists, resized
from broadax.transforms.specialise.arrays import settle_name
from broadax.transforms.specialise.assign import assign
from broadax.transforms.specialise.control import branch, plain_boolean, truth
from broadax.transforms.specialise.formatting import shown
from broadax.transforms.specialise.interpreter import Interpreter, expression, static_call
from broadax.transforms.specialise.iterate import sequence_of
from broadax.transforms.specialise.messages import joined
from broadax.transforms.specialise.operators import (
    COMPARE,
    binary,
    has_data,
    is_float,
    operator_of,
    power_in,
    same_item,
    unary,
)
from broadax.transforms.specialise.values import (
    UNDEFINED,
    Array,
    Closure,
    Conflict,
    DictValue,
    Frame,
    Instance,
    ListValue,
    Maybe,
    Rolled,
    type_name,
)


@expression(gast.Constant)
def _constant(it, node, frame):
    return node.value


@expression(gast.Name)
def _name(it, node, frame):
    return lookup(it, node.id, frame)


def lookup(it: Interpreter, name: str, frame: Frame):
    """The value of a name: local, of an enclosing function, of a closure, global or built in.

    Raises:
        UnboundError: it is bound nowhere (yet).
    """
    scope = frame
    while scope is not None:
        value = it.store.get(scope, name)
        if value is not UNDEFINED:
            value = settle_name(it, value, name)
            return resized.as_array(it, value) if resized.is_resized(value) else value
        if name in scope.local_names:
            raise UnboundLocal(
                f"cannot access local variable '{name}' where it is not associated with a value", it.loc
            )
        if name in scope.cells:
            return it.inputs.cell(it, scope, name)
        if scope.parent is None:
            return it.inputs.global_name(it, scope, name)
        scope = scope.parent
    raise UnboundError(f"name '{name}' is not defined", it.loc)


@expression(gast.BinOp)
def _binop(it, node, frame):
    op = operator_of(node.op)
    powers = [isinstance(n, gast.BinOp) and isinstance(n.op, gast.Pow) for n in (node.left, node.right)]
    if not any(powers) or op not in ("add", "subtract", "multiply", "divide"):
        return binary(it, op, it.eval(node.left, frame), it.eval(node.right, frame))
    parts = []
    for part, is_power in zip((node.left, node.right), powers, strict=True):
        inner = (part.left, part.right) if is_power else (part,)
        parts.append([it.eval(n, frame) for n in inner])
    makes_float = op == "divide" or any(len(p) == 1 and is_float(p[0]) for p in parts)
    a, b = (p[0] if len(p) == 1 else power_in(it, *p, makes_float) for p in parts)
    return binary(it, op, a, b)


@expression(gast.UnaryOp)
def _unaryop(it, node, frame):
    if isinstance(node.op, gast.Not):
        return _not(it, condition(it, node.operand, frame))
    name = {gast.USub: "negative", gast.UAdd: "positive", gast.Invert: "invert"}[type(node.op)]
    return unary(it, name, it.eval(node.operand, frame))


def condition(it: Interpreter, node, frame: Frame):
    """The truth of an expression; of `a and b` that of each side, whatever kinds of values they are."""
    if isinstance(node, gast.BoolOp):
        return _short_circuit(it, isinstance(node.op, gast.And), node.values, frame, it.truth)
    return truth(it, it.eval(node, frame))


@expression(gast.BoolOp)
def _boolop(it, node, frame):
    value = _short_circuit(it, isinstance(node.op, gast.And), node.values, frame, it.eval)
    return settle_name(it, value, "this expression") if isinstance(value, Conflict) else value


def _short_circuit(it: Interpreter, is_and: bool, nodes, frame, evaluate):
    """`a and b` or `a or b`; `evaluate` gives the value of an operand, or its truth."""
    value = evaluate(nodes[0], frame)
    if len(nodes) == 1:
        return value
    test = truth(it, value)
    if isinstance(test, bool):
        return _short_circuit(it, is_and, nodes[1:], frame, evaluate) if test == is_and else value

    def rest():
        return _short_circuit(it, is_and, nodes[1:], frame, evaluate)

    if value is test:
        plain = plain_boolean(it, rest)
        if plain is not None:
            return it.builder.apply("logical_and" if is_and else "logical_or", test, plain)
    return branch(it, test, rest, lambda: value) if is_and else branch(it, test, lambda: value, rest)


@expression(gast.Compare)
def _compare(it, node, frame):
    known = _is_none(it, node, frame)
    if known is not None:
        return known
    return _chain(it, it.eval(node.left, frame), list(node.ops), list(node.comparators), frame)


def _is_none(it: Interpreter, node, frame: Frame):
    """`name is None`, also of an attribute, where that is known only when the code runs; else None."""
    op, right = node.ops[0], node.comparators[0]
    if len(node.ops) > 1 or not isinstance(op, (gast.Is, gast.IsNot)):
        return None
    if not isinstance(right, gast.Constant) or right.value is not None:
        return None
    left, owner = node.left, frame
    if isinstance(left, gast.Attribute) and isinstance(left.value, gast.Name):
        owner = it.store.get(frame, left.value.id)
        left = gast.Name(left.attr, gast.Load(), None, None)
    if not isinstance(left, gast.Name) or not isinstance(owner, (Frame, Instance)):
        return None
    value = it.store.get(owner, left.id)
    if not isinstance(value, Maybe) or not value.none:
        return None
    return value.bound if isinstance(op, gast.IsNot) else _not(it, value.bound)


def _chain(it: Interpreter, left, ops, nodes, frame):
    """`a < b < c` is `a < b and b < c`, with b asked once."""
    right = it.eval(nodes[0], frame)
    value = _compare_one(it, ops[0], left, right)
    if len(ops) == 1:
        return value
    test = truth(it, value)
    if isinstance(test, bool):
        return _chain(it, right, ops[1:], nodes[1:], frame) if test else value
    plain = plain_boolean(it, lambda: _chain(it, right, ops[1:], nodes[1:], frame))
    if plain is not None:
        return it.builder.apply("logical_and", test, plain)
    return branch(it, test, lambda: _chain(it, right, ops[1:], nodes[1:], frame), lambda: value)


def _compare_one(it: Interpreter, op, a, b):
    if type(op) in COMPARE:
        return binary(it, COMPARE[type(op)], a, b)
    if isinstance(op, (gast.Is, gast.IsNot)):
        return _identical(it, a, b, isinstance(op, gast.Is))
    return contains(it, b, a) if isinstance(op, gast.In) else _not(it, contains(it, b, a))


def _identical(it: Interpreter, a, b, wanted: bool):
    """`a is b`; Python's True and False are one object each, NumPy's are others."""
    known, other = (a, b) if isinstance(a, (bool, np.bool_)) else (b, a)
    if isinstance(known, bool) and isinstance(other, Var) and other.aval.weak and other.dtype.kind == "b":
        return other if known == wanted else _not(it, other)
    return (a is b) == wanted


def _not(it: Interpreter, value):
    return not value if isinstance(value, bool) else it.builder.apply("logical_not", value)


def contains(it: Interpreter, container, item):
    """`item in container`."""
    if isinstance(container, DictValue):
        return it.static_index(item, "a key") in it.items(container)
    if isinstance(container, ListValue):
        if isinstance(it.list_items(container), Rolled):
            return lists.has(it, container, item)
        container = it.items(container)
    if isinstance(container, tuple) and (has_data(it, item) or has_data(it, container)):
        found = False
        for other in container:
            hit = same_item(it, other, item)
            if hit is True:
                return True
            if hit is not False:
                found = hit if found is False else it.builder.apply("logical_or", found, hit)
        return found
    if isinstance(container, Var):
        raise TypeMismatchError(f"argument of type '{type_name(container)}' is not iterable", it.loc)
    if isinstance(container, Array):
        entry = it.numpy_function("any")
        return it.call(entry, (binary(it, "equal", container, item),), {})
    return static_call(operator.contains, container, item)


@expression(gast.IfExp)
def _ifexp(it, node, frame):
    test = it.truth(node.test, frame)
    if isinstance(test, bool):
        return it.eval(node.body if test else node.orelse, frame)
    value = branch(it, test, lambda: it.eval(node.body, frame), lambda: it.eval(node.orelse, frame))
    return settle_name(it, value, "this expression") if isinstance(value, Conflict) else value


@expression(gast.NamedExpr)
def _walrus(it, node, frame):
    value = it.eval(node.value, frame)
    assign(it, node.target, value, frame)
    return value


# ── containers ────────────────────────────────────────────────────────────────────────────────────


def eval_items(it: Interpreter, nodes, frame) -> list:
    """Items of a display or call, with `*xs` spread."""
    items = []
    for node in nodes:
        if isinstance(node, gast.Starred):
            sequence = sequence_of(it, it.eval(node.value, frame))
            count = it.static_index(sequence.count, "the number of items")
            items += [sequence.item(k) for k in range(count)]
        else:
            items.append(it.eval(node, frame))
    return items


@expression(gast.Tuple)
def _tuple(it, node, frame):
    return tuple(eval_items(it, node.elts, frame))


@expression(gast.List)
def _list(it, node, frame):
    return ListValue(it.store, eval_items(it, node.elts, frame))


@expression(gast.Set)
def _set(it, node, frame):
    return frozenset(it.static_index(v, "an element of a set") for v in eval_items(it, node.elts, frame))


@expression(gast.Dict)
def _dict(it, node, frame):
    items = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            items.update(it.items(it.eval(value, frame)))
        else:
            items[static_key(it, it.eval(key, frame))] = it.eval(value, frame)
    return DictValue(it.store, items)


def static_key(it: Interpreter, key):
    """A key of a dict, known now.

    Raises:
        TypeMismatchError: it can't be hashed.
    """
    key = it.static_index(key, "the key of a dict")
    if isinstance(key, (ListValue, DictValue, Array)):
        raise TypeMismatchError(f"unhashable type: '{type_name(key)}'", it.loc)
    static_call(hash, key)
    return key


# ── functions, text, parts ────────────────────────────────────────────────────────────────────────


@expression(gast.Lambda)
def _lambda(it, node, frame):
    return make_closure(it, node, frame, "<lambda>")


def make_closure(it: Interpreter, node, frame: Frame, name: str) -> Closure:
    """A nested function, with its defaults evaluated now."""
    defaults = tuple(it.eval(d, frame) for d in node.args.defaults)
    kw_defaults = tuple(None if d is None else it.eval(d, frame) for d in node.args.kw_defaults)
    return Closure(node, frame, name, defaults, kw_defaults, frame.source)


@expression(gast.JoinedStr)
def _fstring(it, node, frame):
    parts: list = []
    for piece in node.values:
        if isinstance(piece, gast.Constant):
            parts.append(piece.value)
            continue
        value = it.eval(piece.value, frame)
        spec = it.eval(piece.format_spec, frame) if piece.format_spec else ""
        parts += shown(it, value, spec, chr(piece.conversion) if piece.conversion > 0 else None)
    return joined(parts)


@expression(gast.Slice)
def _slice(it, node, frame):
    parts = [None if n is None else it.eval(n, frame) for n in (node.lower, node.upper, node.step)]
    return slice(*parts)


@expression(gast.Subscript)
def _subscript(it, node, frame):
    found = resized.item(it, node, frame)
    if found is not None:
        return found
    return it.subscript(it.eval(node.value, frame), it.eval(node.slice, frame))


@expression(gast.Attribute)
def _attribute(it, node, frame):
    count = resized.length(it, node.value, frame) if node.attr in ("shape", "size") else None
    if count is not None:
        inner = it.store.get(frame, node.value.id).cls.aval.shape[1:]
        return (count, *inner) if node.attr == "shape" else sizes.product((count, *inner))
    owner = it.eval(node.value, frame)
    value = it.attribute(owner, node.attr)
    if isinstance(value, Maybe) and not value.none:
        unbound = f"'{type_name(owner)}' object has no attribute '{node.attr}'"
        it.builder.check(it.builder.atom(value.bound), AttributeError, (unbound,))
        return value.value
    return settle_name(it, value, node.attr) if isinstance(value, Maybe) else value
