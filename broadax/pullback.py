"""`vjp` and `jvp` called from Python, outside any compiled function."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from broadax.runtime.trees import flatten, unflatten
from broadax.transformed import Transformed


def transform_once(kind: str, fun, has_aux: bool) -> Transformed:
    """The transform of a function, the same object each time, so that it is compiled once."""
    try:
        return _cached(kind, fun, has_aux)
    except TypeError:  # a callable that can't be hashed
        return Transformed(kind, fun, {"has_aux": has_aux})


@lru_cache(maxsize=512)
def _cached(kind: str, fun, has_aux: bool) -> Transformed:
    return Transformed(kind, fun, {"has_aux": has_aux})


def split_vjp(fun, primals: tuple, has_aux: bool):
    """The value and a function of its cotangent; see `broadax.vjp`."""
    # The primals of this moment: what the caller writes to them later is not seen.
    leaves, spec = flatten(primals)
    primals = unflatten(spec, [leaf.copy() if isinstance(leaf, np.ndarray) else leaf for leaf in leaves])
    result = transform_once("value", fun, False)(*primals)
    value, aux = result if has_aux else (result, None)
    _, structure = flatten(value)
    reverse = transform_once("pull", fun, has_aux)

    def vjp_fun(cotangent):
        """The cotangents of the primals, as a tuple."""
        leaves, given = flatten(cotangent)
        if given != structure:
            raise TypeError(f"the cotangent has the structure {given}, the value {structure}")
        return reverse(tuple(primals), unflatten(given, leaves))

    return (value, vjp_fun, aux) if has_aux else (value, vjp_fun)
