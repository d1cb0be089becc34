"""How each operation prints: the template of its declaration, with holes for operands and for sizes.

Holes below `SIZES` are operands, those above are the sizes that the text mentions, in order.
"""

from __future__ import annotations

from dataclasses import dataclass

from broadax.transforms.core import Op, size_vars
from broadax.transforms.pretty.expressions import Template, hole, template
from broadax.transforms.primitives import registry
from broadax.transforms.sizes import Size

SIZES = 1000


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
    sizes = _Sizes()
    holes = [hole(k) for k in range(len(op.args))]
    text = op.prim.numpy
    python = getattr(op.prim, "python", None)
    if python and op.out.aval.weak:
        text = python
    if callable(text):
        text = text(holes, op.params, op.out, sizes)
    else:
        text = text.format(*holes)
    return Form(template(text), tuple(sizes.found))


def place_of(op: Op) -> Form:
    """The place that an `at_set` or `at_add` writes: `x[i, 1:]`; operand 0 is the array, from 2 on the indices."""
    from broadax.transforms.primitives.index import subscript_text

    sizes = _Sizes()
    holes = [hole(k) for k in range(len(op.args))]
    subscript = subscript_text(op.params["spec"], holes[2:], op.args[0].shape, sizes)
    return Form(template(f"{holes[0]}[{subscript.strip('[]')}]" if not subscript.startswith("[") else
                         f"{holes[0]}{subscript}"), tuple(sizes.found))


def name_form(text: str) -> Form:
    """The form of an operation written out by hand, with holes for its operands."""
    return Form(template(text), ())


def get(name: str):
    """A primitive by name."""
    return registry.get(name)
