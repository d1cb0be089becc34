"""Where the elements of a view lie in the memory of its base, and so which reshapes are views.

Memory that no view has rearranged is in C order, but for arguments that are not (`Box.layout`).
"""

from __future__ import annotations

from broadax.transforms.core import sizes
from broadax.transforms.specialise.values import Array


def strides(array: Array) -> tuple | None:
    """The distances, in elements, between neighbours along each axis; None where they are not known."""
    view = array.view
    if view is None and array.box.layout is not None:
        return _with_gaps(array.aval.shape, array.box.layout)
    if view is None:
        return c_strides(array.aval.shape)
    base = strides(view.base)
    if base is None or view.kind == "broadcast_to" or any(a.shape for a in view.idx):
        return None
    if view.kind == "transpose":
        return tuple(base[axis] for axis in view.spec)
    if view.kind in ("real", "imag"):
        return tuple(2 * step for step in base)
    if view.kind == "reshape":
        return reshaped(view.base.aval.shape, base, array.aval.shape)
    out, axes = [], iter(base)
    for entry in view.spec:
        stride = 0 if entry[0] == "new" else next(axes)
        if entry[0] != "index":
            out.append(stride * entry[3] if entry[0] == "slice" else stride)
    return tuple(out)


def c_strides(shape: tuple) -> tuple:
    out, step = [], 1
    for dim in reversed(shape):
        out.append(step)
        step = step * dim
    return tuple(reversed(out))


def _with_gaps(shape: tuple, layout: tuple) -> tuple:
    """Strides that differ from those in C order where the layout says so; by how much does not matter."""
    steps, step = {}, 1
    for axis, close in layout:
        steps[axis] = step if close else step * 2
        step = steps[axis] * shape[axis]
    return tuple(steps[axis] for axis in range(len(shape)))


def is_reshaped_view(array: Array, shape: tuple) -> bool:
    """Is `array.reshape(shape)` a view of it, as NumPy would have it?"""
    found = strides(array)
    return found is not None and reshaped(array.aval.shape, found, shape) is not None


def is_contiguous(array: Array) -> bool:
    """Are its elements neighbours in memory, in C order?"""
    found = strides(array)
    return found is not None and _in_order(array.aval.shape, found)


def _in_order(shape: tuple, steps: tuple) -> bool:
    if any(isinstance(dim, int) and dim == 0 for dim in shape):
        return True
    axes = [(dim, step) for dim, step in zip(shape, steps, strict=True) if dim != 1]
    return all(_follows(axes, k) for k in range(len(axes) - 1)) and (not axes or axes[-1][1] == 1)


def reshaped(shape: tuple, steps: tuple, new: tuple) -> tuple | None:
    """The strides after a reshape without a copy; None where it needs one (as in NumPy's own rule)."""
    if _in_order(shape, steps):
        return c_strides(new)
    old = [(dim, step) for dim, step in zip(shape, steps, strict=True) if dim != 1]
    out: list = []
    axes = [dim for dim in new if dim != 1]
    while axes and old:
        group, parts = [axes.pop(0)], [old.pop(0)]
        have, want = parts[0][0], group[0]
        while sizes.same(have, want) is not True:
            larger = sizes.at_least(have, want)
            if larger is None or not (axes if larger else old):
                return None
            if larger:
                group.append(axes.pop(0))
                want = want * group[-1]
            else:
                parts.append(old.pop(0))
                have = have * parts[-1][0]
        if not all(_follows(parts, k) for k in range(len(parts) - 1)):
            return None
        out += [parts[-1][1] * step for step in c_strides(tuple(group))]
    rest = iter(out)
    return tuple(0 if dim == 1 else next(rest) for dim in new)


def _follows(axes: list, k: int) -> bool:
    """Does axis k step over the whole of the next one?"""
    (_, step), (dim, inner) = axes[k], axes[k + 1]
    return sizes.same(step, inner * dim) is True
