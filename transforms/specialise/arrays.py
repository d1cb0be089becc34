"""Reads and writes of arrays with NumPy's aliasing: a write through a view is a write to its base."""

from __future__ import annotations

import numpy as np

from broadax.runtime.dtypes import kind_of
from broadax.runtime.errors import ReadOnlyError, StructureError, TypeMismatchError, UnsupportedError
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit, Op, Var
from broadax.transforms.specialise.layout import is_reshaped_view
from broadax.transforms.specialise.values import NUMBERS, Array, Box, Conflict, Maybe, Record, View

LoopConflict = StructureError
# Operations that make views → the parameter that says which.
PARAMETER = {"index": "spec", "reshape": "shape", "transpose": "axes", "broadcast_to": "shape"}
VIEWS = (*PARAMETER, "real", "imag")


def is_data(value) -> bool:
    """Does the value exist (or may it exist) at run time: an array, a scalar, a number, a size?"""
    return isinstance(value, (Var, Array, Size, *NUMBERS))


def is_runtime(value) -> bool:
    """Is it known only at run time?"""
    return isinstance(value, (Var, Array))


def read(it, value):
    """The Core atom that holds a value's contents now."""
    if isinstance(value, Array):
        return _read_array(it, value)
    if isinstance(value, np.ndarray):
        return it.hidden_constant(value)
    return it.builder.atom(value)


def _read_array(it, array: Array) -> Var:
    view = array.view
    if it.outdated and not it.outdated.isdisjoint((array.box, *array.box.may_be)):
        raise outdated(it, array.box.name or "this array")
    if view is None:
        return it.store.get(array.box, "value")
    base = read(it, view.base)
    if base is view.made_from:
        return view.made
    return _view_of(it, base, view)


def outdated(it, what: str) -> LoopConflict:
    """The error for what was put into a list of rows, or taken out of it, before the list was changed."""
    return LoopConflict(
        f"{what} is also an item of a list that grows in a loop, and was changed there",
        it.loc,
        "take it out of the list again, as in row = rows[i]",
    )


def _view_of(it, base, view: View):
    if view.kind == "index":
        return it.builder.apply("index", base, *view.idx, spec=view.spec, base=base.base)
    return it.builder.apply(view.kind, base, **{PARAMETER[view.kind]: view.spec} if view.spec else {})


def fresh(it, atom, name: str = ""):
    """A value for a new Core result: a reference to new memory, or the scalar itself."""
    if not isinstance(atom, Var) or not isinstance(atom.aval, Aval) or atom.shape == ():
        return atom.value if isinstance(atom, Lit) else atom
    return Array(Box(it.store, atom, name), atom.aval)


def result_value(it, atom, of: Array | None = None):
    """A value for a Core result that may be a view of the array `of`, as NumPy would have it.

    The chain of reshapes, transposes and subscripts (integer arrays in one pick a diagonal) from `of`'s atom
    to the result tells.
    """
    if of is None or not isinstance(atom, Var) or atom.shape == ():
        return fresh(it, atom)
    chain = _chain(it, atom, read(it, of))
    while chain is None and of.view is not None:  # a view of a view may be one of the base
        of = of.view.base
        chain = _chain(it, atom, read(it, of))
    if chain is None:
        return fresh(it, atom)
    for op in chain:
        if op.prim.name == "reshape" and not is_reshaped_view(of, op.out.shape):
            return fresh(it, atom)
        of = view_by(of, op)
    return of


def view_by(base: Array, op: Op) -> Array:
    """The view of `base` that a statement has made."""
    kind = op.prim.name
    spec = op.params[PARAMETER[kind]] if kind in PARAMETER else ()
    return Array(base.box, op.out.aval, View(base, kind, spec, op.args[1:], op.args[0], op.out))


def _chain(it, atom, source) -> list[Op] | None:
    """The view-making statements that lead from `source` to `atom`, or None."""
    made = {s.outs[0]: s for s in it.builder.open[-1] if isinstance(s, Op)}
    chain: list[Op] = []
    while atom is not source:
        op = made.get(atom)
        if op is None or op.prim.name not in VIEWS:
            return None
        chain.append(op)
        atom = op.args[0]
    return chain[::-1]


def check_writable(it, array: Array) -> None:
    """Refuse writes to what NumPy makes read-only: diagonals, and what has been broadcast.

    Raises:
        ReadOnlyError: in NumPy's words.
    """
    while array.view is not None:
        if array.view.kind == "broadcast_to" or any(a.shape for a in array.view.idx):
            raise ReadOnlyError("assignment destination is read-only", it.loc, "take a copy: x.copy()")
        array = array.view.base


def write(it, array: Array, value) -> None:
    """Make `value` (an atom of the array's type) the array's contents; its base's too, if it is a view."""
    check_writable(it, array)
    view = array.view
    if view is None:
        it.inputs.check_own(it, array.box)
        check_alias(it, array.box, array.box.name)
        it.store.set(array.box, "value", value)
        it.store.set(array.box, "written", True)
        return
    base = read(it, view.base)
    if view.kind == "index":
        new = it.builder.apply("at_set", base, value, *view.idx, spec=view.spec, base=base.base)
    elif view.kind == "reshape":
        new = it.builder.apply("reshape", value, shape=base.shape)
    elif view.kind in ("real", "imag"):
        new = _with_part(it, base, view.kind, value)
    else:
        inverse = tuple(int(k) for k in np.argsort(view.spec))
        new = it.builder.apply("transpose", value, axes=inverse)
    write(it, view.base, new)


def _with_part(it, base, part: str, value):
    """A complex array with another real or imaginary part."""
    parts = {p: value if p == part else it.builder.apply(p, base) for p in ("real", "imag")}
    unit = Lit(base.dtype.type(1j))
    imaginary = it.builder.apply("multiply", parts["imag"], unit)
    return it.builder.apply("add", parts["real"], imaginary, base=base.base)


def check_alias(it, record: Record, name: str, what: str = "array", copy: str = "{}.copy()") -> None:
    """Raise where a write might have to be seen through another name, or might not.

    Args:
        name: what the user calls the array or container; may be empty.
        what: what it is.
        copy: how a copy of it is written.
    """
    title, called = name or f"this {what}", name or "x"
    if it.listed and not it.listed.isdisjoint((record, *record.may_be)):
        through_list = "write to it through its list, as in rows[i][j] = v"
        raise LoopConflict(
            f"{title} is written, and is also an item of a list that grows in a loop",
            it.loc,
            through_list
            if record in it.origins
            else f"put a copy into the list: append({copy.format(called)})",
        )
    if not record.may_be and not it.chosen:
        return
    others = set(record.may_be) | {other for other in it.chosen if record in other.may_be}
    if not others:
        return
    alive, outside = it.reachable(), it.writes_reach_caller
    clash = [r for r in others if r in alive or outside and getattr(r, "param", None) is not None]
    if clash and not (record.may_be and record not in alive):
        other = getattr(clash[0], "name", "")
        raise UnsupportedError(
            f"{title} is written, but it is one {what} or another depending on data"
            + (f" (it may be {other})" if other else ""),
            it.loc,
            f"take a copy where it is chosen: {called} = {copy.format(called)}",
        )


def cast_into(it, atom, dtype, what: str = "the array"):
    """`atom` as it is stored into an array of `dtype`; in-place casts follow NumPy's 'same_kind'."""
    if atom.dtype == dtype:
        return atom
    if isinstance(atom, Lit) and not (atom.dtype.kind == "c" and np.dtype(dtype).kind != "c"):
        return (
            it.builder.promote(atom, dtype)
            if atom.dtype.kind in "biu" or kind_of(dtype) in "fc"
            else Lit(np.dtype(dtype).type(atom.value))
        )
    if atom.dtype.kind == "c" and kind_of(dtype) in "biuf":
        raise TypeMismatchError(
            f"a complex value can't be stored in {what} of {np.dtype(dtype).name}", it.loc
        )
    return it.builder.apply("convert", atom, dtype=np.dtype(dtype))


SIGNS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "floor_divide": "//",
    "remainder": "%",
    "power": "**",
    "matmul": "@",
    "bitwise_and": "&",
    "bitwise_or": "|",
    "bitwise_xor": "^",
    "left_shift": "<<",
    "right_shift": ">>",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
}


def check_inplace_cast(it, have, want, operator: str) -> None:
    """NumPy refuses `x += y` where the result's kind does not fit x."""
    if not np.can_cast(have, want, "same_kind"):
        raise TypeMismatchError(
            f"Cannot cast ufunc '{operator}' output from dtype('{have}') to dtype('{want}') "
            "with casting rule 'same_kind'",
            it.loc,
            f"write x = x {SIGNS.get(operator, operator)} y, which makes a new array of {have}",
        )


def settle_name(it, value, name: str):
    """The value of a name that is read: bound for certain (checked when it runs), or an error."""
    if isinstance(value, Maybe):
        unbound = f"cannot access local variable '{name}' where it is not associated with a value"
        error, what = (TypeError, f"{name} is None here") if value.none else (UnboundLocalError, unbound)
        it.builder.check(it.builder.atom(value.bound), error, (what,))
        return value.value
    if isinstance(value, Conflict):
        error = LoopConflict(value.why, value.loc or it.loc, value.instead)
        raise error.during(f"left so by {value.made}") if value.made else error
    return value
