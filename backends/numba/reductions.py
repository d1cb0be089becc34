"""Reductions in loops: what an accumulator starts with, how it takes a value, how it ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from broadax.backends.numba.expressions import tidy
from broadax.backends.numba.scalars import literal
from broadax.backends.planner.items import Item

SUMS = frozenset({"sum", "einsum", "matmul"})


@dataclass(frozen=True)
class Rule:
    """How one reduction is done.

    Attributes:
        start: the accumulator's first value, as text.
        dtype: the accumulator's dtype.
        helper: the helper function that combines, or ''.
        form: text with {acc}, {value}, {helper}: the new accumulator; or just the sign of `acc += value`.
    """

    start: str
    dtype: np.dtype
    form: str
    helper: str = ""

    def line(self, accumulator: str, value: str, use) -> str:
        """The statement that takes one value; `use(name)` is the text by which a helper is called."""
        if len(self.form) == 1:
            return f"{accumulator} {self.form}= {tidy(value)}"
        helper = use(self.helper) if self.helper else ""
        return f"{accumulator} = {tidy(self.form.format(acc=accumulator, value=value, helper=helper))}"


def rule_of(item: Item, scalar: bool) -> Rule:
    """The rule of a reduction.

    Args:
        scalar: is the accumulator a scalar? Sums of float32 are then accumulated in float64.
    """
    name, out, taken = item.op.prim.name, item.out.dtype, item.root.aval.dtype
    if name in SUMS or name == "prod":
        return _sum_rule(name, out, scalar)
    if name in ("all", "any"):
        value = "{value}" if taken.kind == "b" else "({value} != 0)"
        return Rule(str(name == "all"), np.dtype(bool), f"{{acc}} {'&' if name == 'all' else '|'} {value}")
    return extreme_rule(name, out)


def _sum_rule(name: str, out: np.dtype, scalar: bool) -> Rule:
    product = name == "prod"
    sign, helper = ("*", "times") if product else ("+", "plus")
    dtype = out
    if scalar and not product and out == np.float32:
        dtype = np.dtype(np.float64)
    elif scalar and out == np.complex64:
        dtype = np.dtype(np.complex128)
    if out.kind == "f" and scalar:
        value = "np.float64({value})" if dtype != out else "{value}"
        return Rule(literal(int(product), dtype), dtype, f"{{helper}}({{acc}}, {value})", helper)
    return Rule(literal(int(product), dtype), dtype, sign)


def extreme_rule(name: str, out: np.dtype) -> Rule:
    """The rule of 'max' or 'min'."""
    largest = name == "max"
    start = extreme(out, smallest=largest)
    helper = "maximum" if largest else "minimum"
    if out.kind == "f":
        return Rule(start, out, "{helper}({acc}, {value})", helper)
    if out.kind == "b":
        return Rule(start, out, "|" if largest else "&")
    if out.kind == "c":
        better = _complex_order(">" if largest else "<")
        return Rule(start, out, f"{{value}} if {better} else {{acc}}")
    return Rule(start, out, f"{'max' if largest else 'min'}({{acc}}, {{value}})")


def _complex_order(sign: str) -> str:
    return (
        f"{{value}}.real {sign} {{acc}}.real or {{value}}.real == {{acc}}.real and "
        f"{{value}}.imag {sign} {{acc}}.imag or {{value}} != {{value}}"
    )


def extreme(dtype: np.dtype, smallest: bool) -> str:
    """The least or greatest value of a dtype, as text."""
    if dtype.kind == "f":
        return literal(-np.inf if smallest else np.inf, dtype)
    if dtype.kind == "c":
        value = -np.inf if smallest else np.inf
        return literal(complex(value, value), dtype)
    if dtype.kind == "b":
        return str(not smallest)
    info = np.iinfo(dtype)
    return literal(info.min if smallest else info.max, dtype)
