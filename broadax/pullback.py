"""`vjp` and `jvp` called from Python, outside any compiled function."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from broadax.runtime.errors import TypeMismatchError
from broadax.runtime.trees import flatten, unflatten
from broadax.transformed import Transformed
from broadax.transforms.specs import ShapeDtypeStruct

SHAPED = (np.ndarray, ShapeDtypeStruct)


def transform_once(kind: str, fun, has_aux: bool) -> Transformed:
    """The transform of a function, the same object each time, so that it is compiled once."""
    try:
        return _cached(kind, fun, has_aux)
    except TypeError:  # a callable that can't be hashed
        return Transformed(kind, fun, {"has_aux": has_aux})


@lru_cache(maxsize=512)
def _cached(kind: str, fun, has_aux: bool) -> Transformed:
    return Transformed(kind, fun, {"has_aux": has_aux})


def _now(primals: tuple) -> tuple:
    """The primals of this moment: what the caller writes to them later is not seen."""
    leaves, spec = flatten(primals)
    return unflatten(spec, [leaf.copy() if isinstance(leaf, np.ndarray) else leaf for leaf in leaves])


def split_vjp(fun, primals: tuple, has_aux: bool):
    """The value and a function of its cotangent; see `broadax.vjp`."""
    primals = _now(primals)
    result = transform_once("value", fun, False)(*primals)
    value, aux = result if has_aux else (result, None)
    _, structure = flatten(value)
    reverse = transform_once("pull", fun, has_aux)

    def vjp_fun(cotangent):
        """The cotangents of the primals, as a tuple."""
        leaves, given = flatten(cotangent)
        if given != structure:
            raise TypeMismatchError(f"the cotangent has the structure {given}, the value {structure}")
        return reverse(tuple(primals), unflatten(given, leaves))

    return (value, vjp_fun, aux) if has_aux else (value, vjp_fun)


def split_jvp(fun, primals: tuple, has_aux: bool):
    """The value and a function of tangents; see `broadax.linearize`."""
    primals = _now(primals)
    result = transform_once("value", fun, False)(*primals)
    value, aux = result if has_aux else (result, None)
    push = transform_once("push", fun, has_aux)

    def f_jvp(*tangents):
        """The tangent of the value."""
        if len(tangents) != len(primals):
            raise TypeMismatchError(
                f"the linearized function takes {len(primals)} tangents, got {len(tangents)}"
            )
        return push(primals, tangents)

    return (value, f_jvp, aux) if has_aux else (value, f_jvp)


def transposed(fun, primals: tuple):
    """A function of the cotangent; see `broadax.linear_transpose`."""
    leaves, spec = flatten(primals)
    zeros = [np.zeros(leaf.shape, leaf.dtype) if isinstance(leaf, SHAPED) else leaf for leaf in leaves]
    primals, transpose = unflatten(spec, zeros), transform_once("transpose", fun, False)

    def transposed_fun(cotangent):
        """The cotangents of the arguments, as a tuple."""
        return transpose(primals, cotangent)

    return transposed_fun
