"""The index family: reading `x[spec]`, and the updates that set or add to it.

Two parameters say what is known of the index operands: `checked`, that they are in range; `distinct`,
that no element is meant twice.
"""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.avals import INT, Aval, broadcast
from broadax.transforms.core.expression import apply
from broadax.transforms.core.sizes import product
from broadax.transforms.core.statements import Lit
from broadax.transforms.primitives.index_batch import index_batch, update_batch
from broadax.transforms.primitives.index_shapes import (
    advanced_position,
    check_spec,
    check_value,
    indexed_shape,
    subscript_of,
)
from broadax.transforms.primitives.registry import linear
from broadax.transforms.primitives.shape import unbroadcast
from broadax.transforms.primitives.subscripts import subscript_text  # noqa: F401  (printers look here)

# ── types ─────────────────────────────────────────────────────────────────────────────────────────


def _index_infer(x, *idx, spec, checked=False, distinct=False):
    check_spec(x.ndim, spec)
    return Aval(x.dtype, indexed_shape(spec, [a.shape for a in idx]))


def _update_infer(x, v, *idx, spec, checked=False, distinct=False):
    check_spec(x.ndim, spec)
    check_value(v.shape, indexed_shape(spec, [a.shape for a in idx]))
    return Aval(x.dtype, x.shape)


# ── the reference ─────────────────────────────────────────────────────────────────────────────────


def _index(x, *idx, spec, checked=False, distinct=False):
    return np.asarray(x)[subscript_of(spec, idx)]


def _fitted(v, part: tuple):
    """A value without leading axes of length 1 that the place does not have."""
    extra = np.ndim(v) - len(part)
    return np.reshape(v, np.shape(v)[extra:]) if extra > 0 else v


def _at_set(x, v, *idx, spec, checked=False, distinct=False):
    x = np.array(x)
    part = indexed_shape(spec, [np.shape(a) for a in idx])
    x[subscript_of(spec, idx)] = _fitted(v, part)
    return x


def _at_add(x, v, *idx, spec, checked=False, distinct=False):
    x = np.array(x)
    part = indexed_shape(spec, [np.shape(a) for a in idx])
    np.add.at(x, subscript_of(spec, idx), np.asarray(_fitted(v, part), x.dtype))
    return x


# ── derivatives ───────────────────────────────────────────────────────────────────────────────────


def _value_back(ct, x, v, *idx, **params):
    """The cotangent of what was added: that of the place, summed where the value was broadcast."""
    return _summed(apply("index", ct, *idx, **params), v)


def _kept_back(ct, x, v, *idx, spec, **facts):
    """The cotangent of what was written; of several values written to one place only one was kept."""
    part = apply("index", ct, *idx, spec=spec, **facts)
    if any(a.ndim for a in idx) and not facts.get("distinct"):
        kept = _kept(x, idx, spec)
        rest = part.ndim - kept.ndim - advanced_position(spec, [a.shape for a in idx])
        kept = apply("reshape", kept, shape=(*kept.shape, *[1] * rest)) if rest else kept
        part = apply("where", kept, part, part.dtype.type(0))
    return _summed(part, v)


def _kept(x, idx, spec):
    """For each element of the index arrays whether its value stayed: numbers are written and read again."""
    order = tuple(entry for entry in spec if entry[0] == "index")
    places = tuple(dim for dim, entry in zip(x.shape, _axes(spec), strict=True) if entry[0] == "index")
    rank = broadcast(*(a.shape for a in idx))
    turn = apply("reshape", apply("iota", size=product(rank), dtype=INT), shape=rank)
    last = apply("at_set", apply("empty", shape=places, dtype=INT), turn, *idx, spec=order)
    return apply("equal", apply("index", last, *idx, spec=order), turn)


def _axes(spec):
    """The entries of a spec that stand for an axis."""
    return [entry for entry in spec if entry[0] != "new"]


def _summed(part, v):
    """A cotangent of the shape written to, as one of the value that was broadcast to it."""
    extra = v.ndim - part.ndim
    if extra > 0:
        return apply("reshape", unbroadcast(part, v.shape[extra:]), shape=v.shape)
    return unbroadcast(part, v.shape)


def _cleared(ct, x, v, *idx, **params):
    """The cotangent of an array that was written to: none where it was."""
    return apply("at_set", ct, Lit(ct.dtype.type(0)), *idx, **params)


WRITTEN = {"numpy": "it prints as a statement"}

linear(
    "index",
    infer=_index_infer,
    impl=_index,
    batch=index_batch,
    accumulate={0: lambda acc, ct, x, *idx, **params: apply("at_add", acc, ct, *idx, **params)},
    why_not={"numpy": "it prints with `subscript_text`, which reads the shape of its operand"},
)
linear(
    "at_set",
    linear=(0, 1),
    infer=_update_infer,
    impl=_at_set,
    transposes={0: _cleared, 1: _kept_back},
    batch=update_batch("at_set"),
    why_not=WRITTEN,
)
linear(
    "at_add",
    linear=(0, 1),
    infer=_update_infer,
    impl=_at_add,
    transposes={0: lambda ct, *rest, **params: ct, 1: _value_back},
    batch=update_batch("at_add"),
    why_not=WRITTEN,
)
