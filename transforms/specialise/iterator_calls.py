"""itertools, `np.ndindex`, deques, and `max` and `min` with a key."""

from __future__ import annotations

import collections
import itertools

import numpy as np

from broadax.runtime.errors import InvalidValueError, UnsupportedError
from broadax.transforms.functions import registry
from broadax.transforms.specialise import lists
from broadax.transforms.specialise.arrays import settle_name
from broadax.transforms.specialise.builtin_calls import _items, _list, handler
from broadax.transforms.specialise.control import branch, truth
from broadax.transforms.specialise.entries import call_entry
from broadax.transforms.specialise.interpreter import BranchDies
from broadax.transforms.specialise.iterate import Sequence, sequence_of
from broadax.transforms.specialise.lookup import index_of, is_looked_up, looked_up
from broadax.transforms.specialise.operators import binary, has_data
from broadax.transforms.specialise.ranges import as_dim
from broadax.transforms.specialise.static import static_index
from broadax.transforms.specialise.values import (
    Host,
    Iteration,
    Iterator,
    ListValue,
    Record,
    Rolled,
    bounded_deque,
    given,
    type_name,
)

# ── itertools ─────────────────────────────────────────────────────────────────────────────────────


@handler(itertools.product)
def _product(it, *sources, repeat=1):
    return Iteration("product", sources * it.static_index(repeat, "the argument repeat"))


@handler(np.ndindex)
def _ndindex(it, *shape):
    shape = it.plain(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, ListValue)) else shape
    return Iteration("product", tuple(it.call(range, (n,), {}) for n in shape))


@handler(np.ndenumerate)
def _ndenumerate(it, array):
    array = it.call(np.asarray, (array,), {})
    return Iteration("ndenumerate", (array,))


def _by_position(function):
    """Functions that choose by position: of items that may be known only when the code runs."""

    def rule(it, source, *options):
        options = [it.static_index(v, f"the argument of {function.__name__}") for v in options]
        return given(tuple(function(_items(it, source), *options)))

    handler(function)(rule)


for _function in (
    itertools.combinations,
    itertools.combinations_with_replacement,
    itertools.permutations,
    itertools.islice,
    itertools.pairwise,
):
    _by_position(_function)


@handler(itertools.chain)
def _chain(it, *sources):
    return given(tuple(item for source in sources for item in _items(it, source)))


@handler(itertools.chain.from_iterable)
def _chain_from(it, source):
    return _chain(it, *_items(it, source))


@handler(itertools.zip_longest)
def _zip_longest(it, *sources, fillvalue=None):
    return given(tuple(itertools.zip_longest(*(_items(it, s) for s in sources), fillvalue=fillvalue)))


@handler(itertools.repeat)
def _repeat(it, item, times=None):
    if times is None:
        raise UnsupportedError("itertools.repeat without an end", it.loc, "itertools.repeat(x, n)")
    return given((item,) * it.static_index(times, "the number of repetitions"))


@handler(itertools.count)
def _count(it, start=0, step=1):
    start, step = it.plain(start), static_index(it, step, "the step of a counter")
    if as_dim(start) is None:
        raise UnsupportedError("itertools.count from a number that is no integer", it.loc)
    return Iteration("count", (start, step))


@handler(next)
def _next(it, iterator, *default):
    if isinstance(iterator, Iteration):
        iterator = Iterator(it.store, iterator)
    if not isinstance(iterator, Iterator):
        what = f"next of {type_name(iterator)} is not supported"
        raise UnsupportedError(what, it.loc, "loop over it, or make a list and count its items")
    taken, sequence = iterator.place(it), sequence_of(it, iterator.source)
    if sequence.count is not None and not _has_item(it, sequence.count, taken, bool(default)):
        return default[0]
    it.store.set(iterator, "taken", binary(it, "add", taken, 1))
    if not sequence.static or isinstance(taken, int):
        return sequence.item(taken)
    items = tuple(sequence.item(k) for k in range(it.turns(sequence.count)))
    if is_looked_up(it, taken):
        return looked_up(it, items, taken)
    return items[index_of(it, items, taken, "the number of items that were taken")]


def _has_item(it, count, taken, default: bool) -> bool:
    """Has an iterator over `count` items another one? There is an error where it has none, nor a default."""
    left = as_dim(count) - as_dim(taken)
    if it.ranges.nonnegative(left - 1):
        return True
    if isinstance(left, int) and default:
        return False
    if default:
        what = "next with a default, of an iterator that may have no item left"
        raise UnsupportedError(what, it.loc, "compare the number of items")
    if isinstance(left, int):
        it.builder.effect("raise", (), error=StopIteration, message=())
        raise BranchDies
    less = it.builder.apply("less", it.builder.atom(taken), it.builder.atom(count))
    it.builder.check(less, StopIteration, ())
    return True


@handler(itertools.starmap)
def _starmap(it, function, source):
    return given(tuple(it.call(function, tuple(_items(it, item)), {}) for item in _items(it, source)))


@handler(itertools.accumulate)
def _accumulate(it, source, function=None, *, initial=None):
    found = []
    for item in (*(() if initial is None else (initial,)), *_items(it, source)):
        if not found:
            found.append(item)
        elif function is None:
            found.append(binary(it, "add", found[-1], item))
        else:
            found.append(it.call(function, (found[-1], item), {}))
    return given(tuple(found))


@handler(collections.deque)
def _deque(it, source=(), maxlen=None):
    if maxlen is None:
        made = _list(it, source)
        made.cls = collections.deque
        return made
    most = static_index(it, maxlen, "the maxlen of a deque")
    made = ListValue(it.store, (), cls=bounded_deque(most))
    lists.extend(it, made, source)
    return made


# ── the best by a key ─────────────────────────────────────────────────────────────────────────────


def _enter_best(function, op: str) -> None:
    entry = registry.find(function)

    def rule(it, *args, key=None, **options):
        source = args[0] if len(args) == 1 else args
        if key is None and not _of_containers(it, source):
            return call_entry(it, entry, args, options)
        key = key or Host("key", lambda it, args, kwargs: args[0])
        sequence = sequence_of(it, source)
        return _best(it, function.__name__, op, sequence, key, options)

    handler(function)(rule)


def _of_containers(it, source) -> bool:
    """Does a sequence hold tuples or lists with parts that are known only when the code runs?"""
    items = it.list_items(source) if isinstance(source, ListValue) else source
    if isinstance(items, Rolled):
        return isinstance(items.kind.example, (tuple, ListValue))
    found = isinstance(items, tuple) and any(isinstance(item, (tuple, ListValue)) for item in items)
    return found and has_data(it, items)


def _best(it, name: str, op: str, sequence: Sequence, key, options: dict):
    """The first item whose key is the largest, or the smallest.

    Raises:
        InvalidValueError: there is no item.
    """
    if options:
        raise UnsupportedError(f"{name}() with a key and a default", it.loc)
    count = sequence.count
    empty = f"{name}() iterable argument is empty"
    if isinstance(count, int) and count == 0:
        raise InvalidValueError(empty, it.loc)
    if not it.ranges.nonnegative(as_dim(count) - 1):
        it.builder.check(it.builder.apply("greater", it.builder.atom(count), 0), ValueError, (empty,))
    first = sequence.item(0)
    best = Record(it.store, best=first, best_key=it.call(key, (first,), {}))

    def keep(item, value) -> None:
        it.store.set(best, "best", item)
        it.store.set(best, "best_key", value)

    def turn(item) -> None:
        value = it.call(key, (item,), {})
        better = truth(it, binary(it, op, value, it.store.get(best, "best_key")))
        if isinstance(better, bool):
            if better:
                keep(item, value)
        else:
            branch(it, better, lambda: keep(item, value), lambda: None)

    rest = (
        count - 1
        if isinstance(as_dim(count), int)
        else it.builder.apply("subtract", it.builder.atom(count), 1)
    )

    def later(k):
        return sequence.item(k + 1 if isinstance(k, int) else it.builder.apply("add", it.builder.atom(k), 1))

    it.each(Sequence(rest, later, sequence.static), turn)
    return settle_name(it, it.store.get(best, "best"), f"the result of {name}")


_enter_best(max, "greater")
_enter_best(min, "less")
