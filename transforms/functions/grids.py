"""The objects of NumPy that are subscripted to make arrays: mgrid, ogrid, r_, c_."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core.expression import apply
from broadax.transforms.functions.arguments import as_atom, strong
from broadax.transforms.functions.indexing import broadcast, column
from broadax.transforms.functions.joining import joined
from broadax.transforms.functions.ranges import arange, linspace
from broadax.transforms.functions.registry import subscripted
from broadax.transforms.functions.shaping import reshaped, with_axes


def _range(item: slice):
    """The numbers of `start:stop:step`; an imaginary step is a number of points."""
    step = 1 if item.step is None else item.step
    if isinstance(step, complex):
        return linspace(item.start or 0, item.stop, int(abs(step)))
    return arange(0 if item.start is None else item.start, item.stop, step)


def _axes(key) -> list:
    items = key if isinstance(key, tuple) else (key,)
    axes = [_range(item) for item in items]
    dtype = np.result_type(*(a.dtype for a in axes))
    return [apply("convert", a, dtype=dtype) if a.dtype != dtype else a for a in axes]


@subscripted(np.mgrid)
def mgrid(key):
    """Coordinates of a full grid, stacked."""
    axes = _axes(key)
    if not isinstance(key, tuple):
        return axes[0]
    shape = tuple(a.shape[0] for a in axes)
    return apply("stack", *(broadcast(column(a, len(axes), k), shape) for k, a in enumerate(axes)), axis=0)


@subscripted(np.ogrid)
def ogrid(key):
    """Coordinates of a grid that broadcast against each other."""
    axes = _axes(key)
    return tuple(column(a, len(axes), k) for k, a in enumerate(axes)) if isinstance(key, tuple) else axes[0]


def _parts(key, name: str) -> list:
    items = key if isinstance(key, tuple) else (key,)
    if any(isinstance(item, str) for item in items):
        raise UnsupportedError(f"np.{name} with a text is not supported", instead="np.concatenate")
    return [_range(item) if isinstance(item, slice) else strong(as_atom(item)) for item in items]


@subscripted(np.r_)
def r_(key):
    """Ranges, numbers and arrays one after another."""
    return joined([with_axes(1, p) for p in _parts(key, "r_")], 0)


@subscripted(np.c_)
def c_(key):
    """1-D arrays as the columns of a matrix."""
    parts = [reshaped(p, (p.aval.size, 1)) if p.ndim < 2 else p for p in _parts(key, "c_")]
    return joined(parts, parts[0].ndim - 1)
