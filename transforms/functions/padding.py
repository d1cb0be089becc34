"""np.pad."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import InvalidValueError, ShapeError, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Lit
from broadax.transforms.functions.arguments import as_atom, assured, axis_of, cast, dim_of
from broadax.transforms.functions.indexing import dim_atom, gather, iota
from broadax.transforms.functions.registry import intrinsic


def _widths(pad_width, ndim: int) -> list:
    """`(before, after)` for each axis from NumPy's shorthands."""
    if isinstance(pad_width, dict):
        pairs = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            pairs[axis_of(axis, ndim)] = tuple(width) if isinstance(width, (tuple, list)) else (width, width)
    elif not isinstance(pad_width, (tuple, list)):
        pairs = [(pad_width, pad_width)] * ndim
    else:
        items = [tuple(p) if isinstance(p, (tuple, list)) else p for p in pad_width]
        if all(not isinstance(p, tuple) for p in items):
            if len(items) > 2:
                raise ShapeError(
                    "operands could not be broadcast together with remapped shapes "
                    f"[original->remapped]: ({len(items)},) and requested shape ({ndim},2)"
                )
            pairs = [tuple(items) if len(items) == 2 else (items[0], items[0])] * ndim
        elif any(not isinstance(p, tuple) or len(p) > 2 for p in items):
            raise ShapeError(f"pad_width: one number, (before, after), or a pair for each axis, not {items}")
        else:
            items = [p if len(p) == 2 else (p[0], p[0]) for p in items]
            pairs = items * ndim if len(items) == 1 else items
    if len(pairs) != ndim:
        raise ShapeError(
            "operands could not be broadcast together with remapped shapes "
            f"[original->remapped]: ({len(pairs)},2) and requested shape ({ndim},2)"
        )
    pairs = [tuple(dim_of(w) for w in pair) for pair in pairs]
    for width in (w for pair in pairs for w in pair):
        assured(width, 0, ValueError, "index can't contain negative values")
    return pairs


def _source(mode: str, n, before, total):
    """For each place of a padded axis, the place in the array that it repeats."""
    place = iota(total) - dim_atom(before) if before != 0 else iota(total)
    last = dim_atom(n - 1)
    if mode == "edge":
        return apply("minimum", apply("maximum", place, 0), last)
    if mode == "wrap":
        return apply("remainder", place, dim_atom(n))
    period = 2 * n - 2 if mode == "reflect" else 2 * n
    if period == 0:
        return apply("zeros", shape=(total,), dtype=np.dtype(np.int64))
    place = apply("remainder", place, dim_atom(period))
    mirrored = dim_atom(period if mode == "reflect" else period - 1) - place
    return apply("minimum", place, mirrored)


OPTIONS = {
    "constant": "constant_values",
    "linear_ramp": "end_values",
    "reflect": "reflect_type",
    "symmetric": "reflect_type",
    "maximum": "stat_length",
    "mean": "stat_length",
    "median": "stat_length",
    "minimum": "stat_length",
}
MODES = {*OPTIONS, "edge", "wrap", "empty"}


@intrinsic(np.pad)
def pad(array, pad_width, mode="constant", **options):
    """Modes constant, edge, wrap, reflect and symmetric.

    Raises:
        UnsupportedError: another mode.
    """
    a = as_atom(array)
    widths = _widths(pad_width, a.ndim)
    if mode not in MODES:
        raise InvalidValueError(f"mode {mode!r} is not supported")
    for key in options:
        if key != OPTIONS.get(mode):
            raise InvalidValueError(f"unsupported keyword arguments for mode {mode!r}: {key}")
    if mode == "constant":
        return _pad_constant(a, widths, options.pop("constant_values", 0))
    if mode not in ("edge", "wrap", "reflect", "symmetric") or options.get("reflect_type", "even") != "even":
        raise UnsupportedError(f"np.pad: mode {mode!r} is not supported")
    for axis, (before, after) in enumerate(widths):
        if before == 0 and after == 0:
            continue
        n = a.shape[axis]
        assured(
            n, 1, ValueError, f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'"
        )
        total = sizes.settle(n + before + after)
        a = gather(a, axis, _source(mode, n, before, total))
    return a


def _pad_constant(a, widths, values):
    if not isinstance(values, (tuple, list)):
        shape = tuple(sizes.settle(d + b + e) for d, (b, e) in zip(a.shape, widths, strict=True))
        value = cast(as_atom(values), a.dtype)
        base = (
            apply("zeros", shape=shape, dtype=a.dtype)
            if isinstance(value, Lit) and not value.value
            else apply("full", value, shape=shape)
        )
        spec = tuple(("slice", b, d, 1) for d, (b, _) in zip(a.shape, widths, strict=True))
        return apply("at_set", base, a, spec=spec)
    if len(values) == 1:
        values = values[0] if isinstance(values[0], (tuple, list)) else (values[0], values[0])
    pairs = list(values) if isinstance(values[0], (tuple, list)) else [tuple(values)] * a.ndim
    for axis, (widths_here, ends) in enumerate(zip(widths, pairs, strict=True)):
        parts = []
        for width, value in zip(widths_here, ends, strict=True):
            shape = a.shape[:axis] + (width,) + a.shape[axis + 1 :]
            parts.append(apply("full", cast(as_atom(value), a.dtype), shape=shape))
        a = apply("concatenate", parts[0], a, parts[1], axis=axis)
    return a
