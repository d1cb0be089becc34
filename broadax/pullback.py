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
    value, aux, residuals, *part = transform_once("vjp_parts", fun, has_aux)(*primals)
    _, structure = flatten(value)
    if part:
        residuals = _kept(residuals, (primals, value))
    else:
        primals, reverse = _now(primals), transform_once("pull", fun, has_aux)
    like = _now((value,))[0]

    def vjp_fun(cotangent):
        """The cotangents of the primals, as a tuple."""
        _, given = flatten(cotangent)
        if given != structure:
            raise TypeMismatchError(f"the cotangent has the structure {given}, the value {structure}")
        return part[0](residuals, cotangent, like) if part else reverse(primals, cotangent)

    vjp_fun.source = part[0].source if part else reverse.source
    return (value, vjp_fun, aux) if has_aux else (value, vjp_fun)


def split_jvp(fun, primals: tuple, has_aux: bool):
    """The value and a function of tangents; see `broadax.linearize`."""
    value, aux, residuals, *part = transform_once("jvp_parts", fun, has_aux)(*primals)
    primals = _now(primals)
    if part:
        residuals = _kept(residuals, (primals, value))
    else:
        push = transform_once("push", fun, has_aux)
    _, structure = flatten(primals)

    def f_jvp(*tangents):
        """The tangent of the value."""
        if len(tangents) != len(primals):
            raise TypeMismatchError(
                f"the linearized function takes {len(primals)} tangents, got {len(tangents)}"
            )
        _, given = flatten(tangents)
        if given != structure:
            raise TypeMismatchError(f"the tangents have the structure {given}, the primals {structure}")
        return part[0](residuals, tangents, primals) if part else push(primals, tangents)

    f_jvp.source = part[0].source if part else push.source
    return (value, f_jvp, aux) if has_aux else (value, f_jvp)


def _kept(residuals: tuple, others: tuple) -> tuple:
    """The residuals; those that share memory with what the caller may write to are copied."""
    arrays = [leaf for leaf in flatten(others)[0] if isinstance(leaf, np.ndarray) and leaf.ndim]
    return tuple(
        r.copy() if isinstance(r, np.ndarray) and any(np.may_share_memory(r, a) for a in arrays) else r
        for r in residuals
    )


def transposed(fun, primals: tuple):
    """A function of the cotangent; see `broadax.linear_transpose`."""
    leaves, spec = flatten(primals)
    zeros = [np.zeros(leaf.shape, leaf.dtype) if isinstance(leaf, SHAPED) else leaf for leaf in leaves]
    primals, transpose = unflatten(spec, zeros), transform_once("transpose", fun, False)

    def transposed_fun(cotangent):
        """The cotangents of the arguments, as a tuple."""
        return transpose(primals, cotangent)

    return transposed_fun
