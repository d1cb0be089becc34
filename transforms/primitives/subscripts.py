"""How a spec prints as a subscript: `i, 1:-1, None`."""

from __future__ import annotations

from broadax.transforms.core.sizes import Size, SizeOp, hint


def subscript_text(spec, idx_texts, x_shape, text) -> str:
    """The subscript as people write it; whole axes at the end are left out.

    Args:
        idx_texts: the index operands, printed.
        x_shape: the shape of the array.
        text: prints a size.
    """
    items, axis = [], 0
    for entry in spec:
        if entry[0] == "new":
            items.append("None")
            continue
        items.append(idx_texts[entry[1]] if entry[0] == "index" else _slice(*entry[1:], x_shape[axis], text))
        axis += 1
    while len(items) > 1 and items[-1] == ":":
        items.pop()
    return ", ".join(items)


def _slice(start, size, step, dim, text) -> str:
    if isinstance(size, int) and size == 0:
        return ":0"
    return _rising(start, size, step, dim, text) if step > 0 else _falling(start, size, step, dim, text)


def _rising(start, size, step, dim, text) -> str:
    first = "" if start == 0 and isinstance(start, int) else _bound(start, dim, text)
    if step == 1:
        whole, stop = start + size == dim, start + size
    else:
        whole = size == (dim - start + (step - 1)) // step
        # A size that comes from data may be 0, and then the shorter stop is negative.
        stop = start + size * step if hint(size) is None else start + (size - 1) * step + 1
    last = "" if whole else _bound(stop, dim, text)
    return f"{first}:{last}" + (f":{step}" if step != 1 else "")


def _falling(start, size, step, dim, text) -> str:
    """A slice with a negative step; a stop before the first element must be left out, not be negative."""
    first = "" if start == dim - 1 else _bound(start, dim, text)
    stop = start + size * step
    if size == (start - step) // -step or isinstance(stop, int) and stop < 0:
        return f"{first}::{step}"
    if _never_negative(stop, dim):
        return f"{first}:{_bound(stop, dim, text)}:{step}"
    return f"{first}:{text(stop)} if {text(stop)} >= 0 else None:{step}"


def _never_negative(bound, dim) -> bool:
    """Is it plain that a bound is no less than 0: a sum of what the axis's size `dim` is a product of?"""
    if isinstance(bound, int):
        return bound >= 0
    known = (
        {a for mono in dim.terms for a in mono} if isinstance(dim, Size) and len(dim.terms) == 1 else set()
    )
    terms = bound.terms.items()
    return all(
        coef > 0 and all(a in known and not isinstance(a, SizeOp) for a in mono) for mono, coef in terms
    )


def _bound(bound, dim, text) -> str:
    """A bound from the front, or as `-k` from the end where that is how one would write it."""
    from_end = dim - bound
    if isinstance(bound, Size) and isinstance(from_end, int) and from_end > 0:
        return str(-from_end)
    return text(bound)
