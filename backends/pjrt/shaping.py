"""Creation, shapes and joining."""

from __future__ import annotations

import numpy as np

from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import BOOL
from broadax.backends.pjrt.values import Value


@emits("zeros", "empty")
def zeros(emitter, op):
    return emitter.writer.const(0, op.out.dtype, op.out.shape)


@emits("full")
def full(emitter, op, value):
    return emitter.writer.spread(value, op.out.shape, ())


@emits("iota")
def iota(emitter, op):
    return emitter.writer.iota(op.out.dtype, op.out.shape, 0)


@emits("eye")
def eye(emitter, op):
    return diagonal(emitter.writer, op.out.shape, op.params["k"]).convert(op.out.dtype)


@emits("size")
def size(emitter, op):
    found = emitter.size(op.params["value"])
    return found if isinstance(found, Value) else emitter.writer.const(found, np.int64)


@emits("arange")
def arange(emitter, op, start, step):
    w, out = emitter.writer, op.out
    steps = w.iota(out.dtype, out.shape, 0)
    start, step = (w.spread(x.convert(out.dtype), out.shape, ()) for x in (start, step))
    return start + step * steps


@emits("reshape")
def reshape(emitter, op, x):
    return x.reshape(*op.out.shape)


@emits("transpose")
def transpose(emitter, op, x):
    return emitter.writer.transpose(x, op.params["axes"])


@emits("broadcast_to")
def broadcast_to(emitter, op, x):
    return emitter.writer.broadcast(x, op.out.shape)


@emits("stack")
def stack(emitter, op, *xs):
    shape = list(op.out.shape)
    shape[op.params["axis"]] = 1
    parts = [x.convert(op.out.dtype).reshape(*shape) for x in xs]
    return emitter.writer.concatenate(parts, op.params["axis"])


@emits("concatenate")
def concatenate(emitter, op, *xs):
    return emitter.writer.concatenate([x.convert(op.out.dtype) for x in xs], op.params["axis"])


# ── triangles ─────────────────────────────────────────────────────────────────────────────────────


def diagonal(w, shape, k: int = 0, direction: str = "EQ") -> Value:
    """Where column - row is k (`EQ`), at most k (`LE`), at least k (`GE`), of the last two axes."""
    if not all(shape):
        return w.const(False, BOOL, shape)
    rows, columns = (w.iota(np.int64, shape, len(shape) - n) for n in (2, 1))
    return columns.compare(direction, rows + k if k else rows)


@emits("tril")
def tril(emitter, op, x):
    w = emitter.writer
    return w.select(diagonal(w, x.shape, op.params["k"], "LE"), x, 0)


@emits("triu")
def triu(emitter, op, x):
    w = emitter.writer
    return w.select(diagonal(w, x.shape, op.params["k"], "GE"), x, 0)
