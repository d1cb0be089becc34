"""Single operations as statements: assignments, `x += …`, updates of a part of an array, stacks."""

from __future__ import annotations

from broadax.transforms.core.statements import Lit, Op, Var
from broadax.transforms.facts.storage import is_array
from broadax.transforms.pretty.expressions import ATOM, TERNARY, Text
from broadax.transforms.pretty.layout import split
from broadax.transforms.pretty.names import Names
from broadax.transforms.pretty.operands import UPDATES
from broadax.transforms.pretty.values import Values
from broadax.transforms.primitives import registry

AUGMENTED = {"add": "+=", "subtract": "-=", "multiply": "*=", "divide": "/=", "matmul": "@="}
COMMUTATIVE = frozenset({"add", "multiply"})


class Statements(Values):
    """Writes the statements of single operations.

    Args:
        may_overwrite: `may_overwrite(op, var, name, moment, later)`: may the operation's result, called
            `name`, be put at that moment into the memory of its array operand, which nobody reads afterwards?
            `later` is read after it, though at the same position.
    """

    def __init__(self, names: Names, may_overwrite=lambda op, var, name, moment, later: False):
        super().__init__(names)
        self.may_overwrite = may_overwrite

    def operation(self, op: Op) -> str:
        """The line of an operation that is not nested."""
        name = op.prim.name
        if name in UPDATES:
            return self.update(op)
        if name == "stack_push":
            return f"{self.names[op.args[0]]}.append({self.text(op.args[1]).at(TERNARY)})"
        if name == "stack_pop":
            return self._targets(op.outs[1:]) + self.expression(op).text
        if len(op.outs) > 1:
            return self._targets(op.outs) + self.expression(op).text
        return self.assignment(op.out, op, self.expression(op), self.lifetimes.position[op])

    def _targets(self, outs) -> str:
        names = [self.names[v] if self.plan.count[v] else "_" for v in outs]
        return f"{', '.join(names)} = " if any(n != "_" for n in names) else ""

    def assignment(self, target: Var, op: Op | None, value: Text, position: int, later=frozenset()) -> str:
        """`x = value`, or `x += …` where that is what it amounts to.

        Args:
            later: what is read after it at the same position.
        """
        name = self.names[target]
        if op is not None and op.prim.name in AUGMENTED:
            left, right = self.plan.operands[op]
            pairs = [(left, right), (right, left)] if op.prim.name in COMMUTATIVE else [(left, right)]
            for one, other in pairs:
                if (
                    self._is_named(one, name)
                    and not self._mentions(other, name)
                    and one.aval == target.aval
                    and (not is_array(one) or self.may_overwrite(op, one, name, 2 * position + 1, later))
                ):
                    return f"{name} {AUGMENTED[op.prim.name]} {self.text(other).at(TERNARY)}"
        return f"{name} = {value.text}"

    # ── updates ───────────────────────────────────────────────────────────────────────────────────

    def update(self, op: Op) -> str:
        """`x[i] = v`, `x[i] += v`, or `np.add.at` where an index may repeat."""
        place = self.expression(op).text
        value = self.plan.operands[op][1]
        extra = len(value.shape) - _part_ndim(op)
        text = self.text(value).at(TERNARY)
        if extra > 0:  # axes of length 1 in front, which an update in place does not take
            text = f"{self.text(value).at(ATOM)}[{', '.join('0' * extra)}]"
        if op.prim.name == "at_add":
            if any(a.shape != () for a in op.args[2:]) and not op.params.get("distinct"):
                array = self.names[op.args[0]]
                return f"np.add.at({array}, {_subscript_argument(place[len(array) + 1 : -1])}, {text})"
            sign, text = ("+=", text) if extra > 0 else self._signed(value)
            return f"{place} {sign} {text}"
        augmented = self._read_and_write(op, value)
        if augmented is not None:
            sign, other = augmented
            return f"{place} {sign} {self.text(other).at(TERNARY)}"
        return f"{place} = {text}"

    def _signed(self, value) -> tuple[str, str]:
        """How a change is added: `-=` for what is minus something."""
        op = self.plan.definition.get(value) if value in self.plan.nested else None
        if op is not None and op.prim.name == "negative":
            return "-=", self.text(self.plan.operands[op][0]).at(TERNARY)
        text = self.text(value).at(TERNARY)
        if op is not None and op.prim.name in ("multiply", "divide"):
            first = self.plan.operands[op][0]
            if isinstance(first, Lit) and text.startswith("-") and text[1:2].isdigit():
                return "-=", text[1:]
        return "+=", text

    def _read_and_write(self, op: Op, value):
        """For `x[i] = x[i] + v`: the sign `+=` and v."""
        inner = self.plan.definition.get(value) if value in self.plan.nested else None
        if inner is None or inner.prim.name not in AUGMENTED or inner.prim.name == "matmul":
            return None
        if value.dtype != op.args[0].dtype or any(a.shape != () for a in op.args[2:]):
            return None
        left, right = self.plan.operands[inner]
        if self._reads_place(left, op):
            return AUGMENTED[inner.prim.name], right
        if inner.prim.name in COMMUTATIVE and self._reads_place(right, op):
            return AUGMENTED[inner.prim.name], left
        return None

    def _reads_place(self, atom, op: Op) -> bool:
        read = self.plan.definition.get(atom) if atom in self.plan.nested else None
        return (
            read is not None
            and read.prim.name == "index"
            and read.args[0] is op.args[0]
            and atom.shape == self.plan.definition[op.args[1]].out.shape
            and read.params["spec"] == op.params["spec"]
            and _same_atoms(read.args[1:], op.args[2:])
        )


def _part_ndim(op: Op) -> int:
    """The number of axes of the part that an update writes."""
    if not op.args[1].shape:
        return 0
    x, _, *indices = (a.aval for a in op.args)
    return registry.get("index").infer(x, *indices, spec=op.params["spec"]).ndim


def _subscript_argument(subscript: str) -> str:
    """A subscript as an argument of a function: `i`, `(i, j)`, `np.s_[1:, i]`."""
    items = split(subscript, (",",))
    if ":" in subscript:
        return f"np.s_[{subscript}]"
    return subscript if len(items) == 1 else f"({subscript})"


def _same_atoms(left, right) -> bool:
    return len(left) == len(right) and all(
        a is b or isinstance(a, Lit) and isinstance(b, Lit) and a.aval == b.aval and a.value == b.value
        for a, b in zip(left, right, strict=True)
    )
