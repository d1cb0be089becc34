"""Room of arrays whose sizes only running tells: cut off or added, it means nothing."""

from __future__ import annotations

from broadax.backends.pjrt.types import INT
from broadax.backends.pjrt.values import Value
from broadax.transforms.core.sizes import Size

INSTEAD = (
    'a mask over the whole array (np.where), or backend="numba"; an integer that an array\'s size '
    "depends on can be a Python constant or static_argnums"
)


def fit(w, x: Value, shape) -> Value:
    """x with as much room as a shape has."""
    shape = tuple(shape)
    if x.shape == shape:
        return x
    x = w.slice(x, [(0, min(a, b), 1) for a, b in zip(x.shape, shape, strict=True)])
    return pad(w, x, [b - a for a, b in zip(x.shape, shape, strict=True)])


def pad(w, x: Value, more) -> Value:
    """x with zeros behind its elements along each axis."""
    if not any(more):
        return x
    none, more = [0] * x.ndim, list(more)
    shape = [d + m for d, m in zip(x.shape, more, strict=True)]
    after = f", low = {none}, high = {more}, interior = {none}"
    return w.op("pad", x, w.const(0, x.dtype), shape=shape, after=after)


def broadcast(w, x: Value, shape) -> Value:
    target = shape[len(shape) - x.ndim :]
    x = fit(w, x, [1 if a == 1 else b for a, b in zip(x.shape, target, strict=True)])
    return w.broadcast(x, shape)


def inside(emitter, dims, shape) -> Value | None:
    """Which elements of a padded array of `shape` mean something; None if all do."""
    w, mask = emitter.writer, None
    for axis, dim in enumerate(dims):
        if isinstance(dim, Size):
            here = w.iota(INT, shape, axis) < w.spread(emitter.size(dim), shape, ())
            mask = here if mask is None else mask & here
    return mask


def filled(emitter, x: Value, atom, filler) -> Value:
    """x with a number in place of what means nothing."""
    mask = inside(emitter, atom.aval.shape, x.shape)
    return x if mask is None else emitter.writer.select(mask, x, filler)
