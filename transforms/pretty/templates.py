"""How each operation prints: the template of its declaration, with holes for operands and for sizes.

Holes below `SIZES` are operands, those above are the sizes that the text mentions, in order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from broadax.transforms.core.avals import python_type
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit, Op, size_vars
from broadax.transforms.pretty.expressions import Template, hole, template
from broadax.transforms.pretty.literals import number_text
from broadax.transforms.primitives import registry
from broadax.transforms.primitives.index import subscript_text

SIZES = 1000
# Logic on arrays of truth values as people write it.
LOGIC = {"logical_and": "{0} & {1}", "logical_or": "{0} | {1}", "logical_not": "~{0}"}


@dataclass(frozen=True)
class Form:
    """An operation's template, and the sizes that its holes from `SIZES` on stand for."""

    template: Template
    sizes: tuple

    def operand_holes(self) -> list[int]:
        return [k for k in self.template.holes if k < SIZES]

    def size_variables(self):
        for size in self.sizes:
            yield from size_vars(size)


class _Sizes:
    """The `text` argument of printing functions: a size becomes a hole."""

    def __init__(self):
        self.found: list[Size] = []

    def __call__(self, dim) -> str:
        if not isinstance(dim, Size):
            return str(dim)
        self.found.append(dim)
        return hole(SIZES + len(self.found) - 1)


def form_of(op: Op) -> Form:
    """The form of an operation with one result whose value is an expression."""
    if op.prim.name == "index":
        return place_of(op, 1)
    if op.prim.name == "reshape" and (subscript := unit_axes(op.args[0].shape, op.out.shape)):
        return Form(template(f"{hole(0)}[{subscript}]"), ())
    sizes = _Sizes()
    holes = [hole(k) for k in range(len(op.args))]
    if op.prim.name == "full" and isinstance(op.args[0], Lit):
        value = op.args[0].value
        if isinstance(value, (bool, np.bool_)):
            value = bool(value)
        holes = [number_text(value).text]  # that text tells `np.ones`
    text = _declared(op)
    text = text(holes, op.params, op.out, sizes) if callable(text) else text.format(*holes)
    if op.out.aval.weak and text.startswith(("np.", "special.")):
        text = f"{python_type(op.out.dtype).__name__}({text})"
    return Form(template(text), tuple(sizes.found))


def _declared(op: Op):
    """The text of the declaration that suits the operands: Python's for scalars, operators for masks."""
    name = op.prim.name
    if op.out.aval.weak and op.prim.python:
        return op.prim.python
    if name in LOGIC and all(a.dtype.kind == "b" for a in op.args):
        return LOGIC[name] if op.out.shape else op.prim.python
    return op.prim.python if name == "where" and op.out.shape == () else op.prim.numpy


def unit_axes(old: tuple, new: tuple) -> str:
    """The subscript that only adds or only drops axes of length 1, `:, None` or `:, 0`; else empty."""
    short, long, word = (old, new, "None") if len(old) < len(new) else (new, old, "0")
    items, rest = [], list(short)
    for k, dim in enumerate(long):
        if rest and dim == rest[0] and not (dim == 1 and len(long) - k > len(rest)):
            rest.pop(0)
            items.append(":")
        elif dim == 1:
            items.append(word)
        else:
            return ""
    while items and items[-1] == ":":
        items.pop()
    return ", ".join(items) if short and not rest and len(old) != len(new) else ""


def popped(op: Op) -> Form:
    """What `stack_pop` takes off: `ys.pop()`, or zero where an empty stack is to give that."""
    sizes, spare, text = _Sizes(), op.params.get("spare"), f"{hole(0)}.pop()"
    if spare is not None:
        params = {"shape": spare.shape, "dtype": spare.dtype}
        zero = registry.get("zeros").numpy((), params, spare, sizes) if spare.shape else _number(spare)
        text = f"{text} if {hole(0)} else {zero}"
    return Form(template(text), tuple(sizes.found))


def _number(aval) -> str:
    return number_text(python_type(aval.dtype)(0) if aval.weak else aval.dtype.type(0)).text


def place_of(op: Op, first: int = 2) -> Form:
    """The place in operand 0 that a subscript names, `x[i, 1:]`; indices are the operands from `first`."""
    sizes = _Sizes()
    holes = [hole(k) for k in range(len(op.args))]
    subscript = subscript_text(op.params["spec"], holes[first:], op.args[0].shape, sizes)
    return Form(template(f"{holes[0]}[{subscript}]"), tuple(sizes.found))
