"""`items * n` and `a + b` of lists whose lengths are known only when the code runs: rows of arrays."""

from __future__ import annotations

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var
from broadax.transforms.specialise.ranges import as_dim
from broadax.transforms.specialise.rolled import columns, kind_of, kind_of_all, roll
from broadax.transforms.specialise.shared import derived
from broadax.transforms.specialise.static import static_index
from broadax.transforms.specialise.trees import children, contents, flatten
from broadax.transforms.specialise.values import Array, ListValue, Record, Rolled


def is_count(value) -> bool:
    """Is it an integer that is known only when the code runs?"""
    return isinstance(value, Size) or isinstance(value, Var) and as_dim(value) is not None


def repeated(it, owner: ListValue, times) -> ListValue:
    """`owner * times`.

    Raises:
        UnsupportedError: its items can be changed; every place would hold the same one.
        StaticNeeded: its items are no numbers, so that there is no array of them.
    """
    items, count = it.items(owner), times
    times = as_dim(times)
    if not items:
        return ListValue(it.store, ())
    if any(_can_change(it, item) for item in items):
        raise UnsupportedError(
            "all places of this list would hold the same object, and their number is known only at run time",
            it.loc,
            "write [... for _ in range(n)], so that each place has its own",
        )
    if not any(flatten(it, item)[0] for item in items):  # [None] * n
        return ListValue(it.store, tuple(items) * static_index(it, count, "the length of this list"))
    if not it.ranges.nonnegative(times):
        times = sizes.size_op("max", times, 0)
    kind = kind_of(it, items)
    pairs = zip(columns(it, items, kind), kind.avals, strict=True)
    rows = tuple(_repeated(it, atoms, times, aval) for atoms, aval in pairs)
    return ListValue(it.store, Rolled(kind, rows, times * len(items)))


def _repeated(it, atoms: list, times, aval) -> Var:
    apply = it.builder.apply
    if len(atoms) == 1:
        return apply("broadcast_to", atoms[0], shape=(times, *aval.shape))
    once = apply("stack", *atoms, axis=0)
    every = apply("broadcast_to", once, shape=(times, *once.shape))
    return apply("reshape", every, shape=(times * len(atoms), *aval.shape))


def _can_change(it, value) -> bool:
    if isinstance(value, (Array, Record)):
        return True
    return any(_can_change(it, part) for part in children(it, value)[0] or ())


def concatenated(it, a: ListValue, b: ListValue) -> ListValue:
    """`a + b`, of which at least one is rolled."""
    both = [items for items in map(it.list_items, (a, b)) if items != ()]
    kind = kind_of_all(it, *both)
    parts = [x if isinstance(x, Rolled) else roll(it, x, kind, len(x)) for x in both]
    rows = []
    for pieces, aval in zip(zip(*(contents(it, p) for p in parts)), kind.avals, strict=True):
        pieces = [
            p if p.dtype == aval.dtype else it.builder.apply("convert", p, dtype=aval.dtype) for p in pieces
        ]
        rows.append(pieces[0] if len(pieces) == 1 else it.builder.apply("concatenate", *pieces, axis=0))
    length = sum((p.length for p in parts[1:]), parts[0].length)
    return derived(it, ListValue(it.store, Rolled(kind, tuple(rows), length)), a, b)
