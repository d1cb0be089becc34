"""Values that are needed now, and abstract values as plain ones for intrinsics."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import StaticNeeded
from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size
from broadax.transforms.specialise import rolled
from broadax.transforms.specialise.arrays import is_runtime, read
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.iterate import is_iterable, sequence_of
from broadax.transforms.specialise.values import (
    Array,
    DictValue,
    Generator,
    Iteration,
    Iterator,
    ListValue,
    RangeValue,
    Rolled,
)


def static_index(it: Interpreter, value, what: str):
    """A value needed now: sizes are guarded, run-time scalars raise StaticNeeded."""
    if isinstance(value, Size):
        known = sizes.hint(value)
        if known is not None:
            sizes.same(value, known)
            return known
    if is_runtime(value):
        raise StaticNeeded(f"{what} must be known when the function is read", value, it.loc)
    if isinstance(value, tuple):
        return tuple(static_index(it, v, what) for v in value)
    return value


def plain(it: Interpreter, value):
    """An abstract value as intrinsics take it: atoms for data, Python's containers for containers."""
    if isinstance(value, (Array, np.ndarray)):
        return read(it, value)
    if isinstance(value, ListValue):
        items = it.list_items(value)
        whole = rolled.as_array(it, items) if isinstance(items, Rolled) else None
        if whole is not None:
            return whole
        return [plain(it, v) for v in it.items(value)]
    if isinstance(value, DictValue):
        return {k: plain(it, v) for k, v in it.items(value).items()}
    if type(value) is tuple:
        return tuple(plain(it, v) for v in value)
    if isinstance(value, (Generator, Iterator)) or is_iterable(value):
        return plain(it, it.call(list, (value,), {}))
    if isinstance(value, (RangeValue, Iteration)):
        sequence = sequence_of(it, value)
        return [plain(it, sequence.item(k)) for k in range(it.turns(sequence.count))]
    return value
