"""Once all derivatives have been taken, what was hidden from them is read as it is."""

from __future__ import annotations

from broadax.transforms.core.statements import Function, Op
from broadax.transforms.simplify.rewrite import Rewrite


def end_derivatives(function: Function) -> Function:
    """A function without `stop_gradient`."""
    return _End(function).run()


class _End(Rewrite):
    def op(self, op: Op) -> Op | None:
        if op.prim.name != "stop_gradient":
            return op
        self.substitute(op.out, op.args[0])
        return None
