"""Python's built-in functions that concern structure: `len`, `range`, `zip`, `isinstance`, `print`, …"""

from __future__ import annotations

import functools
import sys
import warnings

import numpy as np

from broadax.runtime.errors import InvalidValueError, StaticNeeded, TypeMismatchError, UnsupportedError
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var
from broadax.transforms.specialise import lists
from broadax.transforms.specialise.arrays import read
from broadax.transforms.specialise.control import truth
from broadax.transforms.specialise.generators import run
from broadax.transforms.specialise.interpreter import static_call
from broadax.transforms.specialise.iterate import is_iterable, opened, sequence_of
from broadax.transforms.specialise.messages import effect_message, joined, message_parts
from broadax.transforms.specialise.ordered import sorted_at_run_time
from broadax.transforms.specialise.ranges import as_dim
from broadax.transforms.specialise.shared import derived
from broadax.transforms.specialise.values import (
    Array,
    Closure,
    DictValue,
    Generator,
    Host,
    Instance,
    Iteration,
    Iterator,
    ListValue,
    Method,
    RangeValue,
    Rolled,
    Stacked,
    Text,
    given,
    type_name,
)

HANDLERS: dict = {}


def handler(*functions):
    """Register `rule(it, *args, **kwargs)` for built-in functions."""
    return lambda rule: [HANDLERS.__setitem__(f, rule) for f in functions] and rule


@handler(len)
def _len(it, value):
    if isinstance(value, Array):
        return value.aval.shape[0]
    if isinstance(value, (ListValue, DictValue)):
        items = it.held(value)
        return items.length if isinstance(items, (Rolled, Stacked)) else len(items)
    if isinstance(value, Instance):
        return it.call(Method(value.cls.__len__, value), (), {})
    if isinstance(value, Var):
        raise TypeMismatchError(f"object of type '{type_name(value)}' has no len()", it.loc)
    if isinstance(value, Text):
        raise UnsupportedError("the length of a text with run-time values", it.loc)
    if isinstance(value, RangeValue):
        return sequence_of(it, value).count
    if isinstance(value, (Iteration, Iterator)):
        raise TypeMismatchError(f"object of type '{type_name(value)}' has no len()", it.loc, "len(list(...))")
    return static_call(len, value)


@handler(range)
def _range(it, *bounds):
    if not 1 <= len(bounds) <= 3:
        raise TypeMismatchError(f"range expected 1 to 3 arguments, got {len(bounds)}", it.loc)
    lo, hi, step = (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    if isinstance(step, (Var, Size)):
        step = it.static_index(step, "the step of a range")
    bounds = [int(b) if isinstance(b, np.integer) else b for b in (lo, hi)]
    for bound in bounds:
        if (
            isinstance(bound, Array)
            or not isinstance(bound, (int, Size))
            and getattr(bound, "dtype", None) is None
        ):
            raise not_an_integer(it, bound)
        if isinstance(bound, Var) and bound.dtype.kind not in "biu":
            raise not_an_integer(it, bound)
    if not isinstance(step, (int, np.integer)):
        raise not_an_integer(it, step)
    if step == 0:
        raise InvalidValueError("range() arg 3 must not be zero", it.loc)
    if all(isinstance(b, int) for b in bounds):
        return range(*bounds, int(step))
    return RangeValue(*bounds, int(step))


def not_an_integer(it, value) -> TypeMismatchError:
    """The error for a bound of a range that is no integer."""
    what = f"'{type_name(value)}' object cannot be interpreted as an integer"
    return TypeMismatchError(what, it.loc, "range(int(n))")


@handler(warnings.simplefilter, warnings.filterwarnings)
def _filter_warnings(it, *args, **kwargs):
    """Compiled code warns of nothing."""


@handler(zip)
def _zip(it, *sources, strict=False):
    if strict:
        counts = [sequence_of(it, source).count for source in sources]
        for k, count in enumerate(counts[1:], 2):
            it.builder.require_same(
                as_dim(count), as_dim(counts[0]), f"zip() argument {k} is not as long as argument 1"
            )
    return Iteration("zip", sources)


@handler(enumerate)
def _enumerate(it, source, start=0):
    return Iteration("enumerate", (source,), start)


@handler(iter)
def _iter(it, source):
    if isinstance(source, (Iterator, Generator)):
        return source
    if not isinstance(source, (RangeValue, Iteration)) and not is_iterable(source):
        sequence_of(it, source)  # an error where it can't be iterated over
    return Iterator(it.store, source)


@handler(reversed)
def _reversed(it, source):
    return Iteration("reversed", (source,))


@handler(map)
def _map(it, function, *sources):
    sequence = sequence_of(it, Iteration("zip", sources))
    return given(tuple(it.call(function, sequence.item(k), {}) for k in range(it.turns(sequence.count))))


@handler(functools.reduce)
def _reduce(it, function, source, *start):
    items = [*start, *_items(it, source)]
    if not items:
        raise TypeMismatchError("reduce() of empty iterable with no initial value", it.loc)
    total = items[0]
    for item in items[1:]:
        total = it.call(function, (total, item), {})
    return total


@handler(filter)
def _filter(it, function, source):
    kept = []
    sequence = sequence_of(it, source)
    for k in range(it.turns(sequence.count)):
        item = sequence.item(k)
        test = truth(it, it.call(function, (item,), {}) if function is not None else item)
        if not isinstance(test, bool):
            raise StaticNeeded(
                "filter needs a condition that is known when the function is read", test, it.loc
            )
        if test:
            kept.append(item)
    return given(tuple(kept))


def _items(it, source) -> list:
    sequence = sequence_of(it, source)
    return [sequence.item(k) for k in range(it.turns(sequence.count))]


@handler(list)
def _list(it, source=()):
    source = opened(it, source)
    if isinstance(source, Generator):
        made = ListValue(it.store, ())
        run(it, source, lambda value, _: lists.append(it, made, value))
        return made
    if isinstance(source, ListValue) and isinstance(it.list_items(source), Rolled):
        return derived(it, ListValue(it.store, it.list_items(source)), source)
    sequence = sequence_of(it, source)
    if isinstance(sequence.count, int) or not isinstance(source, (Array, RangeValue)):
        return ListValue(it.store, [sequence.item(k) for k in range(it.turns(sequence.count))])
    made = ListValue(it.store, ())
    lists.extend(it, made, source)
    return made


@handler(tuple)
def _tuple(it, source=()):
    return tuple(_items(it, source))


@handler(dict)
def _dict(it, source=(), **more):
    items = dict(it.items(source)) if isinstance(source, DictValue) else {}
    if not isinstance(source, DictValue):
        for pair in _items(it, source):
            key, value = _items(it, pair)
            items[it.static_index(key, "the key of a dict")] = value
    return DictValue(it.store, {**items, **more})


@handler(set, frozenset)
def _set(it, source=()):
    return frozenset(it.static_index(v, "an element of a set") for v in _items(it, source))


@handler(sorted)
def _sorted(it, source, key=None, reverse=False):
    reverse = bool(it.static_index(reverse, "the argument reverse"))
    found = _list(it, source)
    at_run_time = sorted_at_run_time(it, found, key, reverse)
    if at_run_time is not None:
        return at_run_time
    items = it.items(found)
    keys = [
        it.static_index(v if key is None else it.call(key, (v,), {}), "the order of sorted") for v in items
    ]
    order = static_call(sorted, range(len(items)), key=keys.__getitem__, reverse=reverse)
    return ListValue(it.store, [items[k] for k in order])


def _quantifier(is_any: bool):
    def rule(it, source):
        if isinstance(source, Array) and source.ndim == 1:
            name, atom = "any" if is_any else "all", read(it, source)
            hit = atom if atom.dtype.kind == "b" else it.builder.apply("not_equal", atom, 0)
            return it.builder.apply(name, hit, axes=(0,), keepdims=False, weak=True)
        state = not is_any
        for item in _items(it, source):
            test = truth(it, item)
            if test is is_any:
                return is_any
            if not isinstance(test, bool):
                known = isinstance(state, bool)
                state = (
                    test
                    if known
                    else it.builder.apply("logical_or" if is_any else "logical_and", state, test)
                )
        return state

    return rule


HANDLERS[any], HANDLERS[all] = _quantifier(True), _quantifier(False)


def type_of(it, value):
    """The Python type that a value has when the code runs."""
    if isinstance(value, Array):
        return np.ndarray
    if isinstance(value, Var):
        from broadax.transforms.core.avals import python_type

        return python_type(value.dtype) if value.aval.weak else value.dtype.type
    if isinstance(value, ListValue):
        return value.cls
    kinds = {DictValue: dict, Size: int, Text: str, RangeValue: range}
    if type(value) in kinds:
        return kinds[type(value)]
    if isinstance(value, Instance):
        return value.cls
    return type(lambda: 0) if isinstance(value, (Closure, Host)) else type(value)


@handler(isinstance)
def _isinstance(it, value, classes):
    if isinstance(classes, tuple):
        return any(_isinstance(it, value, c) for c in classes)
    return static_call(issubclass, type_of(it, value), classes)


@handler(issubclass)
def _issubclass(it, cls, classes):
    return static_call(issubclass, cls, classes)


@handler(type)
def _type(it, value):
    return type_of(it, value)


@handler(callable)
def _callable(it, value):
    return isinstance(value, (Closure, Method, Host)) or callable(value)


@handler(getattr)
def _getattr(it, value, name, *default):
    if not isinstance(name, str):
        raise TypeMismatchError(f"attribute name must be string, not '{type_name(name)}'", it.loc)
    if default and not _hasattr(it, value, name):
        return default[0]
    return it.attribute(value, name)


@handler(hasattr)
def _hasattr(it, value, name):
    try:
        it.attribute(value, name)
    except AttributeError:
        return False
    return True


@handler(setattr)
def _setattr(it, value, name, new):
    if not isinstance(value, Instance):
        raise UnsupportedError("setattr of an object that is not made in this function", it.loc)
    it.store.set(value, name, new)


def _refused(name: str, instead: str):
    def rule(it, *args, **kwargs):
        raise UnsupportedError(f"{name} inside a compiled function is not supported", it.loc, instead)

    return rule


for _function in (eval, exec, compile, globals, locals, vars, __import__):
    HANDLERS[_function] = _refused(_function.__name__, "write the code out")
for _function in (input, open):
    HANDLERS[_function] = _refused(_function.__name__, "read it before the call, and pass it as an argument")
for _function in (id, hash):
    HANDLERS[_function] = _refused(_function.__name__, "compare the values")


@handler(str, repr)
def _str(it, value=""):
    if isinstance(value, (Var, Array, Size)):
        return Text((value,))
    return joined(message_parts(value)) if isinstance(value, (tuple, Text)) else str(value)


@handler(print)
def _print(it, *values, sep=" ", end="\n", file=None, flush=False):
    if file not in (None, sys.stdout):
        raise UnsupportedError("print with file=", it.loc)
    pieces: list = []
    for k, value in enumerate(values):
        pieces += [sep] if k else []
        pieces += message_parts(value)
    message, args = effect_message(it, pieces)
    ending = {} if end == "\n" else {"end": str(it.static_index(end, "the end of what is printed"))}
    it.builder.effect("print", args, message=message, **ending)


@handler(functools.partial)
def _partial(it, function, *args, **kwargs):
    try:
        return functools.partial(function, *args, **kwargs)
    except TypeError:  # a function that is defined in the code that is read
        return Host("partial", lambda it, more, named: it.call(function, (*args, *more), {**kwargs, **named}))
