"""`vjp` and `jvp` called from Python, outside any compiled function."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from broadax.runtime.pjrt.array import DeviceArray
from broadax.runtime.trees import flatten, unflatten
from broadax.transformed import Transformed
from broadax.transforms.linear_map import LinearMap, now
from broadax.transforms.specs import ShapeDtypeStruct

SHAPED = (np.ndarray, DeviceArray, ShapeDtypeStruct)


def transform_once(kind: str, fun, has_aux: bool, max_turns: int | None = None) -> Transformed:
    """The transform of a function, the same object each time, so that it is compiled once."""
    try:
        return _cached(kind, fun, has_aux, max_turns)
    except TypeError:  # a callable that can't be hashed
        return _made(kind, fun, has_aux, max_turns)


def _made(kind: str, fun, has_aux: bool, max_turns: int | None) -> Transformed:
    more = {} if max_turns is None else {"max_turns": max_turns}
    return Transformed(kind, fun, {"has_aux": has_aux} | more)


_cached = lru_cache(maxsize=512)(_made)


def split_vjp(fun, primals: tuple, has_aux: bool, max_turns: int | None = None):
    """The value and a function of its cotangent; see `broadax.vjp`."""
    value, aux, residuals, *part = transform_once("vjp_parts", fun, has_aux, max_turns)(*primals)
    like = now(value)
    if part:
        pull = LinearMap(
            "vjp_fun", "the cotangent", part[0], _kept(residuals, (primals, value)), None, (), like
        )
    else:
        whole = transform_once("pull", fun, has_aux, max_turns)
        pull = LinearMap("vjp_fun", "the cotangent", None, (), whole, now(primals), like)
    return (value, pull, aux) if has_aux else (value, pull)


def split_jvp(fun, primals: tuple, has_aux: bool):
    """The value and a function of tangents; see `broadax.linearize`."""
    value, aux, residuals, *part = transform_once("jvp_parts", fun, has_aux)(*primals)
    like = now(primals)
    if part:
        push = LinearMap("f_jvp", "tangents", part[0], _kept(residuals, (primals, value)), None, (), like)
    else:
        push = LinearMap("f_jvp", "tangents", None, (), transform_once("push", fun, has_aux), like, like)
    return (value, push, aux) if has_aux else (value, push)


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
