"""Calls of `heapq` and `bisect`: their functions in plain Python, on the list or on its rows."""

from __future__ import annotations

import bisect
import heapq

from broadax.transforms.functions import heaps
from broadax.transforms.specialise import lists
from broadax.transforms.specialise.builtin_calls import handler
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.values import ListValue, Stacked

NAMES = {
    heapq: ["heappush", "heappop", "heapreplace", "heappushpop", "heapify", "nsmallest", "nlargest"],
    bisect: ["bisect_left", "bisect_right", "insort_left", "insort_right"],
}


def _on_rows(it: Interpreter, function, args: tuple, kwargs: dict):
    """Call a function of a list; one that is stacks in this loop is laid out as rows for the call."""
    places = [k for k, a in enumerate(args) if isinstance(a, ListValue) and isinstance(it.held(a), Stacked)]
    if not places:
        return it.call(function, args, kwargs)
    (place,) = places
    owner = args[place]
    rows = ListValue(it.store, it.list_items(owner), owner.name)
    before = it.held(rows)
    result = it.call(function, (*args[:place], rows, *args[place + 1 :]), kwargs)
    if it.held(rows) is not before:
        lists.write_items(it, owner, it.held(rows))
    return result


def _enter(function, plain) -> None:
    handler(function)(lambda it, *args, **kwargs: _on_rows(it, plain, args, kwargs))


for _module, _names in NAMES.items():
    for _name in _names:
        _enter(getattr(_module, _name), getattr(heaps, _name))
