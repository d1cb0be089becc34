"""`sorted` where the order is known only when the code runs."""

from __future__ import annotations

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core.statements import Var
from broadax.transforms.specialise import lists
from broadax.transforms.specialise.arrays import cast_into, fresh, is_runtime, read
from broadax.transforms.specialise.iterate import Sequence
from broadax.transforms.specialise.rolled import item, kind_of, roll, row_of
from broadax.transforms.specialise.shared import derived
from broadax.transforms.specialise.trees import contents
from broadax.transforms.specialise.values import ListValue, Rolled


def sorted_at_run_time(it, source: ListValue, key, reverse: bool) -> ListValue | None:
    """`sorted(source, key=key, reverse=reverse)`; None where all keys are known now.

    Raises:
        UnsupportedError: the keys are no numbers, or the list has a key and a length of the running code.
    """
    items = it.list_items(source)
    if isinstance(items, Rolled):
        return derived(it, ListValue(it.store, _sorted_rows(it, items, key, reverse)), source)
    keys = [v if key is None else it.call(key, (v,), {}) for v in items]
    if not any(map(is_runtime, keys)):
        return None
    atoms = [read(it, k) for k in keys]
    if any(a.shape for a in atoms):
        raise UnsupportedError("sorted by keys that are arrays", it.loc, "give a key that is a number")
    kind = kind_of(it, keys)
    order = _order(
        it,
        it.builder.apply("stack", *(cast_into(it, a, kind.avals[0].dtype) for a in atoms), axis=0),
        reverse,
    )
    rows = roll(it, items, kind_of(it, items), len(items))
    places = [
        it.builder.apply("index", order, k, spec=(("index", 0),), checked=True) for k in range(len(items))
    ]
    return ListValue(it.store, [item(it, rows, place, copied=False) for place in places])


def _sorted_rows(it, rows: Rolled, key, reverse: bool) -> Rolled:
    if key is None:
        by = rows
    else:
        keys = ListValue(it.store, ())
        every = Sequence(rows.length, lambda k: item(it, rows, k))
        it.each(every, lambda one: lists.append(it, keys, it.call(key, (one,), {})))
        by = it.list_items(keys)
        if isinstance(by, tuple):  # the turns were written out
            by = roll(it, by, kind_of(it, by), len(by)) if by else rows
    if len(by.buffers) != 1 or by.kind.avals[0].shape:
        raise UnsupportedError(
            "sorting, by what is no number, a list whose length is known only at run time",
            it.loc,
            "order = np.argsort(keys) and [rows[k] for k in order]",
        )
    order = _order(it, contents(it, by)[0], reverse)
    every = contents(it, rows)
    made = [it.builder.apply("index", row, order, spec=row_of(row), checked=True) for row in every]
    return Rolled(rows.kind, tuple(made), rows.length)


def _order(it, keys: Var, reverse: bool) -> Var:
    """The places of the keys in stable order; equal ones keep theirs in a reversed order, too."""
    apply, turned = it.builder.apply, (slice(None, None, -1),)
    if not reverse:
        return apply("argsort", keys, axis=0)
    flipped = read(it, it.subscript(fresh(it, keys), turned))
    order = apply("argsort", flipped, axis=0)
    order = read(it, it.subscript(fresh(it, order), turned))
    last = it.builder.atom(keys.shape[0] - 1)
    return apply("subtract", cast_into(it, last, order.dtype), order)
