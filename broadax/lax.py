"""Collectives over an axis that `vmap(…, axis_name="i")` names, as in `jax.lax`.

They have a meaning only inside such a vmap. Values may be trees; a name may be a tuple of names.
`axis_index_groups` must be None, as for every vmap in JAX.
"""

from __future__ import annotations


def _outside(name):
    names = name if isinstance(name, tuple) else (name,)
    raise NameError(
        f"unbound axis name: {names[0]}. The collectives have a meaning inside a vmap that names it"
    )


def psum(x, axis_name, *, axis_index_groups=None):
    """The sum of x over the examples."""
    _outside(axis_name)


def pmean(x, axis_name, *, axis_index_groups=None):
    """The mean of x over the examples."""
    _outside(axis_name)


def pmax(x, axis_name, *, axis_index_groups=None):
    """The largest x of the examples; it has no derivative."""
    _outside(axis_name)


def pmin(x, axis_name, *, axis_index_groups=None):
    """The smallest x of the examples; it has no derivative."""
    _outside(axis_name)


def all_gather(x, axis_name, *, axis_index_groups=None, axis: int = 0, tiled: bool = False):
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


def all_to_all(
    x, axis_name, split_axis: int, concat_axis: int, *, axis_index_groups=None, tiled: bool = False
):
    """Part k along `split_axis` goes to example k; what arrives is put together along `concat_axis`.

    `split_axis` has the size of the mapped axis and is removed; with `tiled` it has a multiple of it and
    stays, and the parts are concatenated instead of stacked.
    """
    _outside(axis_name)


def pswapaxes(x, axis_name, axis: int, *, axis_index_groups=None):
    """The mapped axis exchanged with an axis of x."""
    _outside(axis_name)


def psum_scatter(x, axis_name, *, scatter_dimension: int = 0, axis_index_groups=None, tiled: bool = False):
    """Part k of the sum over the examples, in example k; `tiled` as for `all_to_all`."""
    _outside(axis_name)


def stop_gradient(x):
    """`x`, counted as a constant by every derivative; meaningful anywhere."""
    return x


stop_gradient.__broadax__ = "stop_gradient"
_ALL = (
    psum, pmean, pmax, pmin, all_gather, all_to_all, ppermute, pshuffle, psum_scatter, pswapaxes, axis_index,
    axis_size,
)  # fmt: skip
for _function in _ALL:
    _function.__broadax__ = f"lax.{_function.__name__}"
