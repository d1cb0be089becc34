"""Collectives over an axis that `vmap(…, axis_name="i")` names, as in `jax.lax`.

They have a meaning only inside such a vmap. Values may be trees; a name may be a tuple of names.
"""

from __future__ import annotations


def _outside(name):
    names = name if isinstance(name, tuple) else (name,)
    raise NameError(
        f"unbound axis name: {names[0]}. The collectives have a meaning inside a vmap that names it"
    )


def psum(x, axis_name):
    """The sum of x over the examples."""
    _outside(axis_name)


def pmean(x, axis_name):
    """The mean of x over the examples."""
    _outside(axis_name)


def pmax(x, axis_name):
    """The largest x of the examples; it has no derivative."""
    _outside(axis_name)


def pmin(x, axis_name):
    """The smallest x of the examples; it has no derivative."""
    _outside(axis_name)


def all_gather(x, axis_name, *, axis: int = 0, tiled: bool = False):
    """The x of all examples, along a new axis; with `tiled` put together along an axis of x."""
    _outside(axis_name)


def ppermute(x, axis_name, perm):
    """x handed on: `perm` is a list of pairs (source, target); who gets nothing has zeros."""
    _outside(axis_name)


def pshuffle(x, axis_name, perm):
    """The x of example `perm[k]`, in example k."""
    _outside(axis_name)


def axis_index(axis_name):
    """The number of the example."""
    _outside(axis_name)


def axis_size(axis_name) -> int:
    """The number of examples."""
    _outside(axis_name)


for _function in (psum, pmean, pmax, pmin, all_gather, ppermute, pshuffle, axis_index, axis_size):
    _function.__broadax__ = f"lax.{_function.__name__}"
