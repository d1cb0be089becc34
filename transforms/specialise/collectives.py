"""`broadax.lax`: collectives over the mapped axes around the code that is read."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import TypeMismatchError, UnboundError
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


def _each_leaf(it: Interpreter, tree, rule):
    leaves, build = flatten(it, tree)
    return build([rule(leaf) for leaf in leaves])


def _reduction(kind: str):
    @special(f"lax.{kind}")
    def reduce(it, x, axis_name):
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
def _psum(it, x, axis_name):
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
def _pmean(it, x, axis_name):
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
def _all_gather(it, x, axis_name, axis=0, tiled=False):
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
