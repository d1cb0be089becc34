"""Attributes and methods of abstract values, and subscripts of any of them."""

from __future__ import annotations

import collections
import operator
import types

import numpy as np

from broadax.runtime.errors import (
    MissingAttributeError,
    OutOfRangeError,
    TypeMismatchError,
    UnsupportedError,
)
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import python_type
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var
from broadax.transforms.functions import registry
from broadax.transforms.specialise import lists, stacked
from broadax.transforms.specialise.arrays import fresh, read, result_value, settle_name
from broadax.transforms.specialise.calls import call, call_entry
from broadax.transforms.specialise.interpreter import Interpreter, static_call
from broadax.transforms.specialise.iterate import sequence_of
from broadax.transforms.specialise.lists import DEQUE_METHODS, DICT_METHODS, LIST_METHODS
from broadax.transforms.specialise.lookup import index_of, is_looked_up, looked_up
from broadax.transforms.specialise.misuse import called, suggestion
from broadax.transforms.specialise.operators import binary
from broadax.transforms.specialise.ranges import as_dim
from broadax.transforms.specialise.static import static_index
from broadax.transforms.specialise.subscript import of_places, slice_entry, subscript
from broadax.transforms.specialise.values import (
    UNDEFINED,
    Array,
    Closure,
    Conflict,
    DictValue,
    Flat,
    Float0,
    Host,
    Instance,
    ListValue,
    Method,
    RangeValue,
    Rolled,
    Stacked,
    Text,
    View,
    type_name,
)
from broadax.transforms.specs import ShapeDtypeStruct

_METHODS = {list: LIST_METHODS, collections.deque: {**LIST_METHODS, **DEQUE_METHODS}, dict: DICT_METHODS}
CHANGES_A_SET = frozenset(dir(set)) - frozenset(dir(frozenset))
# What has nothing but constants for attributes.
PLAIN = (tuple, str, bytes, int, float, complex, np.generic, np.dtype, ShapeDtypeStruct, Float0)


def attribute(it: Interpreter, owner, name: str):
    """`owner.name`.

    Raises:
        AttributeError: there is none, in Python's words.
    """
    if isinstance(owner, (Array, Var)):
        return _array_attribute(it, owner, name)
    if isinstance(owner, Instance):
        return _instance_attribute(it, owner, name)
    if isinstance(owner, (ListValue, DictValue)):
        cls = owner.cls if isinstance(owner, ListValue) else dict
        methods = _METHODS[collections.deque if issubclass(cls, collections.deque) else cls]
        method = methods.get(name) if hasattr(cls, name) else None
        if method is None:
            if hasattr(cls, name):
                raise UnsupportedError(f"{type_name(owner)}.{name} is not supported", it.loc)
            raise no_attribute(it, owner, name, dir(cls))
        title = f"{type_name(owner)}.{name}"
        return Host(name, lambda it, args, kwargs: called(title, method, (it, owner, *args), kwargs, own=2))
    if isinstance(owner, Size):
        if not hasattr(int, name):
            raise no_attribute(it, owner, name, dir(int))
        raise UnsupportedError(f"attribute {name} of a size", it.loc)
    if isinstance(owner, tuple) and name == "_replace":
        return Host(
            name,
            lambda it, args, kwargs: tuple.__new__(
                type(owner),
                [kwargs.get(field, value) for field, value in zip(owner._fields, owner, strict=True)],
            ),
        )
    if isinstance(owner, (set, frozenset)) and name in CHANGES_A_SET:
        hint = "a dict whose keys are the elements (d[k] = True), or s = s | {k}"
        raise UnsupportedError(f"set.{name}: sets are not changed in compiled code", it.loc, hint)
    try:
        value = getattr(owner, name)
    except AttributeError as error:
        raise no_attribute(it, owner, name, dir(owner), str(error)) from None
    if isinstance(owner, PLAIN):
        return value
    if isinstance(value, types.MethodType) and value.__self__ is owner:
        return Method(value.__func__, owner)
    return it.inputs.attribute(it, owner, name, value)


def no_attribute(it: Interpreter, owner, name: str, known, what: str = "") -> MissingAttributeError:
    """The error for an attribute that there is not, in Python's words."""
    what = what or f"'{type_name(owner)}' object has no attribute '{name}'"
    return MissingAttributeError(what, it.loc, suggestion(name, known))


def _array_attribute(it: Interpreter, owner, name: str):
    entry = registry.ATTRIBUTES.get(name)
    if entry is not None:
        target = owner if isinstance(owner, Array) else None
        result = entry.call(read(it, owner))
        return result_value(it, result, target) if isinstance(result, Var) else result
    entry = registry.METHODS.get(name)
    if entry is not None:
        return Method(entry, owner)
    if name == "flat" and isinstance(owner, Array):
        return flattened(it, owner)
    if name == "at":
        what = "'numpy.ndarray' object has no attribute 'at'"
        raise MissingAttributeError(what, it.loc, "x[i] = v writes in place")
    kind = python_type(owner.dtype) if isinstance(owner, Var) and owner.aval.weak else np.ndarray
    if not hasattr(kind, name):
        raise no_attribute(it, owner, name, dir(kind))
    raise UnsupportedError(f"the array attribute {name} is not supported", it.loc)


def flattened(it: Interpreter, owner: Array) -> Flat:
    """`x.flat`, which writes to x whatever its strides are."""
    base = read(it, owner)
    flat = base if base.ndim == 1 else it.builder.apply("reshape", base, shape=(base.aval.size,))
    view = owner.view if flat is base else View(owner, "reshape", flat.shape, (), base, flat)
    return Flat(owner.box, flat.aval, view)


def _instance_attribute(it: Interpreter, owner: Instance, name: str):
    value = it.store.get(owner, name)
    if value is not UNDEFINED:
        return settle_name(it, value, f"attribute {name}") if isinstance(value, Conflict) else value
    for cls in owner.cls.__mro__:
        if name in cls.__dict__:
            found = cls.__dict__[name]
            break
    else:
        raise no_attribute(it, owner, name, [*owner.slots, *dir(owner.cls)])
    if isinstance(found, property):
        return call(it, found.fget, (owner,), {})
    if isinstance(found, types.FunctionType):
        return Method(found, owner)
    if isinstance(found, classmethod):
        return Method(found.__func__, owner.cls)
    if isinstance(found, staticmethod):
        return found.__func__
    return it.known(found, ("class", id(owner.cls), name))


# ── subscripts ────────────────────────────────────────────────────────────────────────────────────


def get_item(it: Interpreter, owner, key):
    """`owner[key]`."""
    if isinstance(owner, np.ndarray):
        owner = fresh(it, read(it, owner))
    if isinstance(owner, Array):
        return index_array(it, owner, key)
    if isinstance(owner, Var):
        return _index_scalar(it, owner, key)
    if id(owner) in registry.SUBSCRIPTS:
        return call_entry(it, registry.SUBSCRIPTS[id(owner)], (key,), {})
    if isinstance(owner, ListValue):
        items = it.held(owner)
        if isinstance(items, Stacked) and not isinstance(key, slice):
            rest, value = stacked.get(it, items, key)
            if rest is not items:
                it.store.set(owner, "items", rest)
            return value
        items = it.list_items(owner)
        if isinstance(items, Rolled):
            return lists.taken(it, owner, items, key)
        picked = _item(it, items, key, owner)
        return ListValue(it.store, picked) if isinstance(key, slice) else picked
    if isinstance(owner, DictValue):
        return static_call(operator.getitem, it.items(owner), static_index(it, key, "the key of a dict"))
    if isinstance(owner, Instance):
        if not hasattr(owner.cls, "__getitem__"):
            raise TypeMismatchError(f"'{type_name(owner)}' object is not subscriptable", it.loc)
        return call(it, Method(owner.cls.__getitem__, owner), (key,), {})
    if isinstance(owner, RangeValue) and isinstance(key, slice):
        return _part_of_range(it, owner, key)
    if isinstance(owner, (RangeValue, range)) and not isinstance(key, slice):
        return sequence_of(it, owner).item(key)
    if isinstance(owner, (tuple, str, range, dict)):
        return _item(it, owner, key, owner)
    if isinstance(owner, (Closure, Method, Host, Text)):
        raise TypeMismatchError(f"'{type_name(owner)}' object is not subscriptable", it.loc)
    return static_call(operator.getitem, owner, key)


def _part_of_range(it: Interpreter, owner: RangeValue, key: slice) -> RangeValue:
    """`range(n)[::-1]`."""
    sequence = sequence_of(it, owner)
    count = as_dim(sequence.count)
    if not it.ranges.nonnegative(count):
        count = sizes.size_op("max", count, 0)
    _, start, count, step = slice_entry(it, key, count)
    lo, hi = (
        binary(it, "add", binary(it, "multiply", k, owner.step), owner.lo)
        for k in (start, start + count * step)
    )
    return RangeValue(lo, hi, owner.step * step)


def _item(it: Interpreter, items, key, owner):
    """An item, or a slice, of a container that is known now."""
    key, what = _static_slice(it, key), f"the index of a {type_name(owner)}"
    if isinstance(owner, (ListValue, tuple)):
        if is_looked_up(it, key):
            return looked_up(it, tuple(items), key)
        key = index_of(it, items, key, what)
    else:
        key = static_index(it, key, what)
    if isinstance(owner, ListValue) and not isinstance(key, (int, np.integer, slice)):
        what = f"list indices must be integers or slices, not {type_name(key)}"
        raise TypeMismatchError(what, it.loc)
    if isinstance(owner, ListValue) and not isinstance(key, slice) and not -len(items) <= key < len(items):
        raise OutOfRangeError("list index out of range", it.loc)
    return static_call(operator.getitem, items, key)


def _index_scalar(it: Interpreter, owner: Var, key):
    """`x[()]`, `x[...]`, `x[None]` of a NumPy scalar."""
    items = key if isinstance(key, tuple) else (key,)
    if owner.aval.weak or any(item is not None and item is not Ellipsis for item in items):
        if owner.aval.weak:
            raise TypeMismatchError(f"'{type_name(owner)}' object is not subscriptable", it.loc)
        raise OutOfRangeError("invalid index to scalar variable.", it.loc)
    count = sum(item is None for item in items)
    return fresh(it, it.builder.apply("full", owner, shape=(1,) * count)) if count else owner


def _static_slice(it: Interpreter, key):
    if not isinstance(key, slice):
        return key
    parts = (
        None if p is None else static_index(it, p, "a slice of a list")
        for p in (key.start, key.stop, key.step)
    )
    return slice(*parts)


def index_array(it: Interpreter, owner: Array, key):
    """A part of an array: a view for a basic subscript, else new memory."""
    sub = subscript(it, owner.aval.shape, key)
    base = read(it, owner)
    if sub.mask is not None:
        return _masked(it, base, sub.mask)
    part = it.builder.apply("index", base, *sub.idx, spec=sub.spec)
    return result_value(it, part, owner if sub.basic and not isinstance(owner, Flat) else None)


def _masked(it: Interpreter, base, mask):
    """`x[mask]`: as many elements as the mask has true ones, known when the code runs."""
    flat = it.builder.apply("reshape", base, shape=(mask.aval.size, *base.shape[mask.ndim :]))
    sub = of_places(flat, it.builder.apply("reshape", mask, shape=(mask.aval.size,)))
    return fresh(it, it.builder.apply("index", flat, *sub.idx, **sub.params))
