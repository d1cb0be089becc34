"""The text of operands and expressions: numbers, names, and what nests in their place."""

from __future__ import annotations

from broadax.transforms.core.sizes import Size, size_text
from broadax.transforms.core.statements import Lit, Op, Var
from broadax.transforms.pretty.expressions import ATOM, BITOR, NOT, Text, parsed
from broadax.transforms.pretty.literals import number_text
from broadax.transforms.pretty.names import Names
from broadax.transforms.pretty.templates import SIZES

OPPOSITE = {"equal": "!=", "not_equal": "==", "less": ">=", "less_equal": ">", "greater": "<=",
            "greater_equal": "<"}  # fmt: skip


class Values:
    """Writes expressions, given what nests where and what things are called."""

    def __init__(self, names: Names):
        self.names, self.plan, self.lifetimes = names, names.plan, names.lifetimes
        self.written: list[tuple] = []  # the text and the place of every expression so far

    def text(self, atom) -> Text:
        """An operand: a number, a name, or the expression nested there."""
        if isinstance(atom, Lit):
            return number_text(atom.value)
        if atom not in self.plan.nested:
            return Text(self.names[atom])
        if atom in self.plan.size_source:
            param, axis = self.plan.size_source[atom]
            return Text(f"{self.names[param]}.shape[{axis}]")
        return self.expression(self.plan.definition[atom])

    def expression(self, op: Op) -> Text:
        """The value of an operation; of an update, the place that it writes."""
        form, operands = self.plan.forms[op], self.plan.operands[op]
        texts = {
            k: self.size(form.sizes[k - SIZES]) if k >= SIZES else self.text(operands[k])
            for k in form.template.holes
        }
        text = form.template.fill(texts)
        self.written.append((text.text, op.loc))
        return text

    def size(self, dim) -> Text:
        """A size: `n`, `2 * n + 1`."""
        if not isinstance(dim, Size):
            return number_text(dim)
        return parsed(size_text(dim, lambda var: self.text(var).at(ATOM)))

    def negated(self, atom) -> str:
        """The opposite of a condition."""
        op = self.plan.definition.get(atom) if atom in self.plan.nested else None
        if op is not None and op.prim.name == "logical_not":
            return self.text(self.plan.operands[op][0]).text
        if op is not None and op.prim.name in OPPOSITE:
            left, right = self.plan.operands[op]
            exact = op.prim.name in ("equal", "not_equal") or all(a.dtype.kind in "biu" for a in op.args)
            if exact and not op.out.shape:
                sign = OPPOSITE[op.prim.name]
                return f"{self.text(left).at(BITOR)} {sign} {self.text(right).at(BITOR)}"
        return f"not {self.text(atom).at(NOT)}"

    def _is_named(self, atom, name: str) -> bool:
        """Is an operand written as just this name?"""
        return isinstance(atom, Var) and atom not in self.plan.nested and self.names[atom] == name

    def _mentions(self, atom, name: str) -> bool:
        """Does this name occur in the text of an operand?"""
        return any(self.names[v] == name for v in self.plan.leaves(atom))
