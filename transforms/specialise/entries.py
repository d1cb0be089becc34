"""Calls of the functions that the tables know: NumPy's, SciPy's, math's."""

from __future__ import annotations

import numpy as np

from broadax.runtime.dtypes import kind_of
from broadax.runtime.errors import ShapeError, TypeMismatchError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import shape_text
from broadax.transforms.core.statements import Lit, Var
from broadax.transforms.specialise.arrays import cast_into, fresh, read, result_value, write
from broadax.transforms.specialise.functions import call_python
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.layout import is_contiguous
from broadax.transforms.specialise.misuse import called, check_keywords
from broadax.transforms.specialise.values import Array, ListValue


def call_entry(it: Interpreter, entry, args: tuple, kwargs: dict):
    """Call an intrinsic (it emits primitives) or read a library function, into `out=` if there is one."""
    args, kwargs, out, where = _targets(it, entry, args, kwargs)
    if out is None:
        return _call(it, entry, args, kwargs)
    if where is not None:
        args = tuple(_harmless(it, a, where) for a in args)
    value = read(it, _call(it, entry, args, kwargs))
    return _into(it, entry, out, value, where)


def _call(it: Interpreter, entry, args: tuple, kwargs: dict):
    if entry.kind == "library":
        check_keywords(entry.name, entry.call, kwargs)
        return call_python(it, entry.call, args, kwargs, entry.name)
    plain = tuple(it.plain(a) for a in args)
    named = {k: it.plain(v) for k, v in kwargs.items()}
    result = called(entry.name, entry.call, plain, named)
    target = args[0] if args and isinstance(args[0], Array) else None
    if entry.updates:
        if target is None:
            raise TypeMismatchError(f"{entry.name} needs an array to write to", it.loc)
        write(it, target, result)
        return None
    if entry.view == "contiguous" and target is not None and not is_contiguous(target):
        target = None
    return to_value(it, result, target if entry.view else None)


def to_value(it: Interpreter, result, view_of: Array | None = None):
    """What an intrinsic gives, as an abstract value."""
    if isinstance(result, Lit):
        return result.value
    if isinstance(result, Var):
        return result_value(it, result, view_of)
    if isinstance(result, list):
        return ListValue(it.store, [to_value(it, r, view_of) for r in result])
    if type(result) is tuple:
        return tuple(to_value(it, r, view_of) for r in result)
    if isinstance(result, tuple):
        return tuple.__new__(type(result), [to_value(it, r, view_of) for r in result])
    return result


# ── out= and where= ───────────────────────────────────────────────────────────────────────────────


def _targets(it: Interpreter, entry, args: tuple, kwargs: dict) -> tuple:
    """The arguments without `out` (of a ufunc also by position) and `where`, and these two.

    Raises:
        TypeMismatchError: what is given for the output is no array.
    """
    kwargs = dict(kwargs)
    module, _, name = entry.name.rpartition(".")
    ufunc = getattr(np, name, None) if module == "numpy" else None
    ufunc = ufunc if isinstance(ufunc, np.ufunc) else None
    out = kwargs.get("out")
    if ufunc is not None and len(args) == ufunc.nin + 1 and ufunc.nout == 1:
        out, args = args[ufunc.nin], args[: ufunc.nin]
    if isinstance(out, tuple) and len(out) == 1:
        (out,) = out
    if not isinstance(out, Array):
        if ufunc is not None and out is not None:
            raise TypeMismatchError("return arrays must be of ArrayType", it.loc)
        return args, kwargs, None, None
    kwargs.pop("out", None)
    where = kwargs.pop("where", None) if ufunc is not None else None
    return args, kwargs, out, None if where is True else where


def _harmless(it: Interpreter, value, where):
    """An operand with a harmless number where its function is not asked for: no NaN, in derivatives too."""
    atom, mask = read(it, value), read(it, where)
    if kind_of(atom.dtype) not in "fc":
        return value
    return fresh(it, it.builder.apply("where", mask, atom, Lit(atom.dtype.type(0.5))))


def _into(it: Interpreter, entry, out: Array, value, where) -> Array:
    """Store a result in the array that was given for it."""
    if where is not None:
        value = it.builder.apply("where", read(it, where), value, read(it, out))
    have, want = value.aval.shape, out.aval.shape
    pairs = zip(have[::-1], want[::-1], strict=False)
    if len(have) > len(want) or not all(h == 1 or sizes.same(h, w) is not False for h, w in pairs):
        raise ShapeError(
            f"non-broadcastable output operand with shape {shape_text(want)} doesn't match "
            f"the shape {shape_text(have)} of the result",
            it.loc,
        )
    if not np.can_cast(value.dtype, out.aval.dtype, "same_kind"):
        raise TypeMismatchError(
            f"Cannot cast {entry.name.removeprefix('numpy.')} output from {value.dtype!r} "
            f"to {out.aval.dtype!r} with casting rule 'same_kind'",
            it.loc,
        )
    value = cast_into(it, value, out.aval.dtype)
    if have != want:
        value = it.builder.apply("broadcast_to", value, shape=want)
    write(it, out, value)
    return out
