"""Numbers as text, and operands as a person would write them: `2 * x`, not `np.float32(2.0) * x`.

Core says which dtype every operand has. Written code leaves most of that to NumPy's promotion; here is
decided where it may: an operand is written plainly only if NumPy then computes with the same dtypes.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from broadax.runtime.dtypes import BFLOAT16
from broadax.transforms.core.statements import Lit, Op, Var
from broadax.transforms.pretty.expressions import ATOM, NUMBER, UNARY, Text
from broadax.transforms.primitives import registry

# Integral floats up to here are written without the point, where that means the same.
BIGGEST_PLAIN = 10**6


def number_text(value) -> Text:
    """A Python number or a NumPy scalar as an expression of exactly that value and type."""
    if isinstance(value, np.bool_):
        return Text("np.True_" if value else "np.False_")
    if isinstance(value, np.generic):
        module = "ml_dtypes" if value.dtype == BFLOAT16 else "np"
        return Text(f"{module}.{value.dtype.name}({number_text(short(value)).text})")
    if isinstance(value, complex):
        plain = math.isfinite(value.real) and math.isfinite(value.imag) and math.copysign(1, value.real) > 0
        return Text(
            repr(value)
            if plain
            else f"complex({value.real!r}, {value.imag!r})".replace("nan", "np.nan").replace("inf", "np.inf")
        )
    if isinstance(value, float) and not math.isfinite(value):
        return Text("np.nan") if value != value else Text("np.inf") if value > 0 else Text("-np.inf", UNARY)
    text = repr(value)
    return Text(text, UNARY if text.startswith("-") else ATOM if isinstance(value, bool) else NUMBER)


def short(value: np.generic):
    """The Python number with the fewest digits that converts to this scalar."""
    if value.dtype.kind == "f" and value.dtype.itemsize < 8 and np.isfinite(value):
        return float(str(value))
    return value.item()


@lru_cache(maxsize=4096)
def _types(prim, avals: tuple) -> tuple:
    dtypes, result, weak = registry.elementwise_types(prim, avals)
    return tuple(dtypes), result, weak


def same_meaning(prim, atoms, want, python: bool = False) -> bool:
    """Does NumPy, given these operands, compute with the same dtypes as with `want`?

    Args:
        python: the result may also be a Python number.
    """
    try:
        have, wanted = (_types(prim, tuple(map(_any_size, side))) for side in (atoms, want))
    except TypeError:
        return False
    return have[:2] == wanted[:2] and (have[2] == wanted[2] or python and have[2])


def _any_size(atom):
    """The type with a fixed shape, so that the answer can be remembered for all shapes."""
    return atom.aval if atom.shape == () else atom.aval.with_shape((2,))


def plain_operands(op: Op, source, in_doubt, python: bool = False) -> tuple:
    """The operands of an elementwise operation as written: without casts that NumPy makes, literals short.

    Args:
        source: `source(var)` is the operand of the implicit cast that defines the variable, else None.
        in_doubt: `in_doubt(atom)`: may a scalar that is typed as NumPy's be a Python number?
        python: the result may be a Python number.
    """
    atoms = list(op.args)
    for k, atom in enumerate(atoms):
        inner = source(atom) if isinstance(atom, Var) else None
        if inner is not None:
            trial = [*atoms[:k], inner, *atoms[k + 1 :]]
            # Python's booleans alone count as ints for its operators, as booleans for NumPy's functions.
            booleans = all(a.dtype.kind == "b" for a in trial) and op.args[k].dtype.kind != "b"
            weakest = [Lit(0, replace(a.aval, weak=True)) if in_doubt(a) else a for a in trial]
            if not booleans and all(same_meaning(op.prim, t, op.args, python) for t in (trial, weakest)):
                atoms = trial
    for k, atom in enumerate(atoms):
        if isinstance(atom, Lit):
            for candidate in _spellings(atom):
                trial = [*atoms[:k], candidate, *atoms[k + 1 :]]
                if same_meaning(op.prim, trial, op.args, python):
                    atoms = trial
                    break
    return tuple(atoms)


def _spellings(lit: Lit):
    """Shorter literals of the same value, the shortest first."""
    value = short(lit.value) if isinstance(lit.value, np.generic) else lit.value
    if isinstance(value, bool):
        if not lit.aval.weak:
            yield Lit(value)
        return
    whole = isinstance(value, float) and value.is_integer() and abs(value) <= BIGGEST_PLAIN
    if whole and repr(value) != "-0.0":
        yield Lit(int(value))
    if not lit.aval.weak:
        yield Lit(value)
