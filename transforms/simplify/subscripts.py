"""Subscript specs: which are full, which repeat nothing, and a subscript of a subscript as one."""

from __future__ import annotations

from broadax.transforms.core.statements import Lit


def is_full(spec: tuple, shape: tuple) -> bool:
    """Does the subscript select the whole array, in order?"""
    return len(spec) == len(shape) and all(map(_whole, spec, shape))


def is_full_but_for_new(spec: tuple, shape: tuple) -> bool:
    """Does the subscript only put new axes between those of the whole array?"""
    return is_full(tuple(item for item in spec if item[0] != "new"), shape)


def _whole(item: tuple, dim) -> bool:
    return item[0] == "slice" and item[1] == 0 and item[2] == dim and item[3] == 1


def is_basic(indices) -> bool:
    """Is there no integer array among the index operands (so that no element is selected twice)?"""
    return all(a.shape == () for a in indices)


def same_place(spec, indices, other_spec, other_indices) -> bool:
    """Are two subscripts written with the same sizes and the same index operands?"""
    return (
        spec == other_spec
        and len(indices) == len(other_indices)
        and all(
            a is b or isinstance(a, Lit) and isinstance(b, Lit) and a.value == b.value
            for a, b in zip(indices, other_indices, strict=True)
        )
    )


def compose(outer: tuple, outer_indices, inner: tuple, inner_indices, shape: tuple):
    """The subscript `x[outer][inner]` as one: `(spec, indices)`, or None where it can't be written so.

    Args:
        shape: of `x`. `outer` must be basic.
    """
    if not is_basic(outer_indices):
        return None
    if not is_basic(inner_indices) and any(item[0] == "index" for item in outer):
        return None  # an integer beside an index array changes the order of the result's axes
    spec: list = []
    indices: list = []
    rest = list(inner)
    axis = 0
    for item in outer:
        if item[0] == "index":
            spec.append(("index", len(indices)))
            indices.append(outer_indices[item[1]])
            axis += 1
            continue
        while rest and rest[0][0] == "new":
            spec.append(rest.pop(0))
        if not rest:
            return None
        dim = 1 if item[0] == "new" else shape[axis]
        made = _through(item, rest.pop(0), dim, inner_indices, len(indices))
        if made is None:
            return None
        entry, index = made
        spec.append(entry)
        if index is not None:
            indices.append(index)
        axis += item[0] == "slice"
    return (*spec, *rest), tuple(indices)


def _through(item: tuple, then: tuple, dim, inner_indices, k: int):
    """One axis: the inner entry `then` applied to what the outer entry `item` selects."""
    if item[0] == "new":
        return (item, None) if then == ("slice", 0, 1, 1) else None
    _, start, size, step = item
    if then[0] == "slice":
        return ("slice", start + then[1] * step, then[2], then[3] * step), None
    index = inner_indices[then[1]]
    if _whole(item, dim):
        return ("index", k), index
    if isinstance(index, Lit) and isinstance(start, int) and index.value >= 0:
        return ("index", k), Lit(start + int(index.value) * step)
    return None
