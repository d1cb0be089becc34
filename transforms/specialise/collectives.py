"""`broadax.lax`: collectives over the mapped axes around the code that is read."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import TypeMismatchError, UnboundError, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.specialise.arrays import fresh, read
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.transformed import special
from broadax.transforms.specialise.trees import flatten
from broadax.transforms.specialise.values import ListValue


def _names(it: Interpreter, name) -> tuple:
    """The axis names; each must be bound by a vmap around.

    Raises:
        UnboundError: one is not.
    """
    names = tuple(it.items(name)) if isinstance(name, ListValue) else name
    names = names if isinstance(names, tuple) else (names,)
    for each in names:
        if each not in it.axes:
            raise UnboundError(
                f"unbound axis name: {each}", it.loc, f'map the function with vmap(…, axis_name="{each}")'
            )
    return names


def _no_groups(it: Interpreter, name: str, groups) -> None:
    """
    Raises:
        UnsupportedError: groups of examples, which there are not under vmap.
    """
    if groups is not None:
        raise UnsupportedError(f"axis_index_groups of {name}: a vmap has no groups", it.loc, "nest two vmaps")


def _each_leaf(it: Interpreter, tree, rule):
    leaves, build = flatten(it, tree)
    return build([rule(leaf) for leaf in leaves])


def _reduction(kind: str):
    @special(f"lax.{kind}")
    def reduce(it, x, axis_name, *, axis_index_groups=None):
        _no_groups(it, kind, axis_index_groups)
        names = _names(it, axis_name)

        def one(leaf):
            atom = read(it, leaf)
            if atom.dtype.kind == "b":
                atom = it.builder.apply("convert", atom, dtype=np.dtype(int))
            for name in names:
                atom = it.builder.apply(kind, atom, over=name)
            return fresh(it, atom)

        return _each_leaf(it, x, one)


for _kind in ("pmax", "pmin"):
    _reduction(_kind)


def _size(it: Interpreter, names: tuple):
    return sizes.product([it.axes[name] for name in names])


@special("lax.psum")
def _psum(it, x, axis_name, *, axis_index_groups=None):
    _no_groups(it, "psum", axis_index_groups)
    names = _names(it, axis_name)

    def one(leaf):
        if type(leaf) is int:
            return leaf * _size(it, names)  # psum(1, name) is a size
        atom = read(it, leaf)
        if atom.dtype.kind == "b":
            atom = it.builder.apply("convert", atom, dtype=np.dtype(int))
        for name in names:
            atom = it.builder.apply("psum", atom, over=name)
        return fresh(it, atom)

    return _each_leaf(it, x, one)


@special("lax.pmean")
def _pmean(it, x, axis_name, *, axis_index_groups=None):
    _no_groups(it, "pmean", axis_index_groups)
    names = _names(it, axis_name)

    def one(leaf):
        atom = read(it, leaf)
        for name in names:
            atom = it.builder.apply("psum", atom, over=name)
        return fresh(it, it.builder.apply("divide", atom, it.builder.size_value(_size(it, names))))

    return _each_leaf(it, x, one)


@special("lax.axis_index")
def _axis_index(it, axis_name):
    total = None
    for name in _names(it, axis_name):
        index = it.builder.apply("axis_index", over=name)
        if total is not None:
            wide = it.builder.apply("multiply", total, it.builder.size_value(it.axes[name]))
            index = it.builder.apply("add", wide, index)
        total = index
    return total


@special("lax.axis_size")
def _axis_size(it, axis_name):
    return _size(it, _names(it, axis_name))


@special("lax.all_gather")
def _all_gather(it, x, axis_name, *, axis_index_groups=None, axis=0, tiled=False):
    _no_groups(it, "all_gather", axis_index_groups)
    names = _names(it, axis_name)

    def one(leaf):
        atom = read(it, leaf)
        place = axis % (atom.ndim + (not tiled)) if atom.ndim + (not tiled) else 0
        shape = atom.shape
        for name in reversed(names):
            atom = it.builder.apply("all_gather", atom, over=name, size=it.axes[name], axis=place)
        lead = (_size(it, names),) if not tiled else (_size(it, names) * shape[place],)
        rest = shape[place:] if not tiled else shape[place + 1 :]
        wanted = (*shape[:place], *lead, *rest)
        if wanted != atom.shape:
            atom = it.builder.apply("reshape", atom, shape=wanted)
        return fresh(it, atom)

    return _each_leaf(it, x, one)


def _part(it, x, split: int, name, tiled: bool):
    """This example's part of an array along an axis: of those that all examples hold, stacked in front."""
    count, n = it.axes[name], x.shape[split]
    if tiled:
        part = sizes.settle(n // count)
        if sizes.same(part * count, n) is False:
            what = f"axis {split} of {sizes.hint(n)} entries is not cut evenly in {sizes.hint(count)}"
            raise TypeMismatchError(what, it.loc)
        x = it.builder.apply("reshape", x, shape=(*x.shape[:split], count, part, *x.shape[split + 1 :]))
    elif sizes.same(n, count) is False:
        raise TypeMismatchError(
            f"all_to_all: axis {split} has {sizes.hint(n)} entries, the mapped axis {sizes.hint(count)}",
            it.loc,
        )
    whole = it.builder.apply("all_gather", x, over=name, size=count, axis=0)
    spec = [("slice", 0, d, 1) for d in whole.shape]
    spec[split + 1] = ("index", 0)
    index = it.builder.apply("axis_index", over=name)
    return it.builder.apply("index", whole, index, spec=tuple(spec), checked=True)


def _exchange(it, x, axis_name, split_axis, concat_axis, tiled):
    names = _names(it, axis_name)
    if len(names) != 1:
        raise TypeMismatchError("all_to_all takes one axis name", it.loc)

    def one(leaf):
        atom = read(it, leaf)
        split, concat = (_axis(it, a, atom.ndim) for a in (split_axis, concat_axis))
        parts = _part(it, atom, split, names[0], tiled)
        axes = list(range(1, parts.ndim))
        axes.insert(concat, 0)
        moved = it.builder.apply("transpose", parts, axes=tuple(axes))
        if tiled:
            joined = moved.shape[concat] * moved.shape[concat + 1]
            shape = (*moved.shape[:concat], joined, *moved.shape[concat + 2 :])
            moved = it.builder.apply("reshape", moved, shape=shape)
        return fresh(it, moved)

    return _each_leaf(it, x, one)


def _axis(it, axis, ndim: int) -> int:
    axis = int(it.static_index(axis, "an axis"))
    if not -ndim <= axis < ndim:
        raise TypeMismatchError(f"axis {axis} is out of bounds for an array of dimension {ndim}", it.loc)
    return axis % ndim


@special("lax.all_to_all")
def _all_to_all(it, x, axis_name, split_axis, concat_axis, *, axis_index_groups=None, tiled=False):
    _no_groups(it, "all_to_all", axis_index_groups)
    return _exchange(it, x, axis_name, split_axis, concat_axis, tiled)


@special("lax.pswapaxes")
def _pswapaxes(it, x, axis_name, axis, *, axis_index_groups=None):
    _no_groups(it, "pswapaxes", axis_index_groups)
    return _exchange(it, x, axis_name, axis, axis, False)


@special("lax.psum_scatter")
def _psum_scatter(it, x, axis_name, *, scatter_dimension=0, axis_index_groups=None, tiled=False):
    _no_groups(it, "psum_scatter", axis_index_groups)
    names = _names(it, axis_name)

    def one(leaf):
        atom = read(it, leaf)
        parts = _part(it, atom, _axis(it, scatter_dimension, atom.ndim), names[0], tiled)
        return fresh(it, it.builder.apply("sum", parts, axes=(0,), keepdims=False))

    return _each_leaf(it, x, one)


def _permute(it, x, axis_name, pairs):
    names = _names(it, axis_name)
    if len(names) != 1:
        raise TypeMismatchError("ppermute takes one axis name", it.loc)
    one = lambda leaf: fresh(it, it.builder.apply("ppermute", read(it, leaf), over=names[0], pairs=pairs))
    return _each_leaf(it, x, one)


def _static_list(it, values) -> list:
    values = it.items(values) if isinstance(values, ListValue) else values
    nested = (tuple, ListValue)
    one = lambda v: tuple(_static_list(it, v)) if isinstance(v, nested) else int(it.static_index(v, "perm"))
    return [one(v) for v in values]


@special("lax.ppermute")
def _ppermute(it, x, axis_name, perm):
    return _permute(it, x, axis_name, tuple(_static_list(it, perm)))


@special("lax.pshuffle")
def _pshuffle(it, x, axis_name, perm):
    return _permute(it, x, axis_name, tuple((s, k) for k, s in enumerate(_static_list(it, perm))))
