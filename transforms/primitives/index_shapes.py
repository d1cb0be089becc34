"""What `x[spec]` looks like: its shape, where NumPy puts the axes of index arrays, the Python subscript.

A spec has one entry per item of the subscript and covers every axis of x in order:

    ("index", k)                 the k-th index operand: an integer, or an array of integers
    ("slice", start, size, step) elements start + j * step for j < size
    ("new",)                     a new axis of length 1
"""

from __future__ import annotations

from broadax.runtime.errors import OutOfRangeError, ShapeError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import broadcast, shape_text


def is_advanced(idx_shapes) -> bool:
    """Is there an index array, so that integers count as index arrays too?"""
    return any(idx_shapes)


def advanced_position(spec, idx_shapes) -> int:
    """At which axis of the result the axes of the index arrays stand.

    NumPy: where the first of them stands if they are neighbours in the subscript (a new axis or a
    slice between them parts them), else in front of all others.
    """
    places = [k for k, entry in enumerate(spec) if entry[0] == "index"]
    if not is_advanced(idx_shapes) or places[-1] - places[0] + 1 != len(places):
        return 0
    return places[0]


def indexed_shape(spec, idx_shapes) -> tuple:
    """The shape of `x[spec]` for index operands of these shapes.

    Raises:
        ShapeError: index arrays that do not broadcast.
    """
    parts = [entry[2] if entry[0] == "slice" else 1 for entry in spec if entry[0] != "index"]
    if is_advanced(idx_shapes):
        try:
            axes = broadcast(*idx_shapes)
        except ShapeError:
            listed = " ".join(map(shape_text, idx_shapes))
            raise ShapeError(
                "shape mismatch: indexing arrays could not be broadcast together with shapes " + listed
            ) from None
        position = advanced_position(spec, idx_shapes)
        parts[position:position] = axes
    return tuple(parts)


def check_spec(ndim: int, spec) -> None:
    """
    Raises:
        OutOfRangeError: the spec does not cover the axes.
    """
    used = sum(entry[0] != "new" for entry in spec)
    if used != ndim:
        raise OutOfRangeError(
            f"too many indices for array: array is {ndim}-dimensional, but {used} were indexed"
        )


def check_value(shape, part) -> None:
    """Can a value of `shape` be written to a place of shape `part`? Leading ones may be too many.

    Raises:
        ShapeError: in NumPy's words.
    """
    if shape and not part:
        raise ShapeError("setting an array element with a sequence.")
    extra = len(shape) - len(part)
    fits = all(dim == 1 for dim in shape[: max(extra, 0)])
    for have, want in zip(shape[::-1], part[::-1], strict=False):
        fits = fits and (have == 1 or sizes.same(have, want) is not False)
    if not fits:
        raise ShapeError(
            f"could not broadcast input array from shape {shape_text(shape)} into shape {shape_text(part)}"
        )


def python_slice(start: int, size: int, step: int) -> slice:
    """The slice that takes `size` elements from `start` on."""
    stop = start + size * step
    return slice(start, None if stop < 0 else stop, step) if size else slice(0, 0)


def subscript_of(spec, idx) -> tuple:
    """The Python subscript; sizes are numbers here."""
    items = {"index": lambda k: idx[k], "slice": python_slice, "new": lambda: None}
    return tuple(items[entry[0]](*entry[1:]) for entry in spec)
