"""`vmap` of functions that are read: axes are spread over trees, the body is batched."""

from __future__ import annotations

from broadax.runtime.errors import BatchError
from broadax.transforms.core import sizes
from broadax.transforms.specialise.arrays import read
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.transformed import Inner, handles
from broadax.transforms.specialise.trees import children, flatten, private
from broadax.transforms.specialise.values import DictValue, ListValue
from broadax.transforms.vmap import vmap_into


def spread(it: Interpreter, prefix, value, what: str) -> list:
    """A prefix tree of axes spread over the leaves of a value.

    Raises:
        BatchError: the prefix does not fit the value.
    """
    if prefix is None or isinstance(prefix, int) and not isinstance(prefix, bool):
        return [prefix] * len(flatten(it, value)[0])
    if not isinstance(prefix, (tuple, list, dict, ListValue, DictValue)):
        raise BatchError(f"vmap: {what} must be an int, None, or a tree of these, got {prefix!r}", it.loc)
    parts, _ = children(it, value)
    axes = it.items(prefix) if isinstance(prefix, (ListValue, DictValue)) else prefix
    if isinstance(axes, dict):
        keys = tuple(it.items(value)) if isinstance(value, DictValue) else ()
        axes = tuple(axes[k] for k in keys) if set(keys) == set(axes) else ()
    if parts is None or len(parts) != len(axes):
        raise BatchError(f"vmap: {what} does not fit the structure of the value", it.loc)
    return [axis for part, own in zip(parts, axes, strict=True) for axis in spread(it, own, part, what)]


@handles("vmap")
def _vmap(it, composed, args, kwargs):
    in_axes = composed.options.get("in_axes", 0)
    in_axes = tuple(it.items(in_axes)) if isinstance(in_axes, ListValue) else in_axes
    in_axes = tuple(in_axes) if isinstance(in_axes, list) else in_axes
    if isinstance(in_axes, tuple) and len(in_axes) != len(args):
        raise BatchError(f"vmap in_axes has {len(in_axes)} entries for {len(args)} arguments", it.loc)
    leaves, build = flatten(it, (args, DictValue(it.store, kwargs)))
    axes = spread(it, in_axes, args, "in_axes") + [0] * (len(leaves) - len(flatten(it, args)[0]))
    atoms = [read(it, leaf) for leaf in leaves]
    name = composed.options.get("axis_name")
    size = _batch_size(it, atoms, axes, composed.options.get("axis_size"))
    mapped = [k for k, axis in enumerate(axes) if axis is not None]
    avals = []
    for k in mapped:
        shape = list(atoms[k].shape)
        del shape[axes[k]]
        avals.append(atoms[k].aval.with_shape(shape))

    def run(values):
        filled = list(leaves)
        for k, value in zip(mapped, values, strict=True):
            filled[k] = value
        given, named_args = build(filled)
        return it.call(composed.function, tuple(private(it, a) for a in given), it.items(named_args))

    around, it.axes = it.axes, it.axes if name is None else {**it.axes, name: size}
    try:
        inner = Inner(it, [leaves[k] for k in mapped], avals, run)
    finally:
        it.axes = around
    out_axes = spread(it, composed.options.get("out_axes", 0), inner.value(it, inner.results), "out_axes")
    outs = vmap_into(
        it.builder,
        inner.function,
        tuple(atoms[k] for k in mapped),
        tuple(axes[k] for k in mapped),
        size,
        tuple(out_axes),
        name,
        it.masked,
    )
    return inner.value(it, outs)


def _batch_size(it: Interpreter, atoms, axes, given=None):
    """The size of the mapped axis; `given` is the axis_size that vmap was called with.

    Raises:
        BatchError: no argument is mapped, or the sizes differ.
    """
    size = given
    for atom, axis in zip(atoms, axes, strict=True):
        if axis is None:
            continue
        if not -atom.ndim <= axis < atom.ndim:
            raise BatchError(
                f"vmap was asked to map axis {axis} of an argument of type {atom.aval}",
                it.loc,
                "in_axes=None keeps an argument whole",
            )
        dim = atom.shape[axis]
        if size is not None and sizes.same(size, dim) is False:
            raise BatchError(
                "vmap got inconsistent sizes for array axes to be mapped: "
                f"{sizes.hint(size)} and {sizes.hint(dim)}",
                it.loc,
            )
        size = dim if size is None or isinstance(dim, int) else size
    if size is None:
        raise BatchError("vmap must have at least one non-None value in in_axes", it.loc)
    return size
