"""The cotangents at hand while a block is reversed.

Variables are those of the original function. A variable that the block reads from outside has its
cotangent so far brought in (`demand`), so that an update of one element updates the whole in place.
"""

from __future__ import annotations

from broadax.transforms.core.statements import Var
from broadax.transforms.jvp.tangents import Named, add, fit, zeros


class Cotangents:
    """Cotangents of one block's variables; None is zero.

    Args:
        sweep: the reverse sweep that this belongs to.
        own: the variables that the block defines.
        parent: the cotangents of the block around it; None for the function's own block.
    """

    def __init__(self, sweep, own: set, parent: Cotangents | None = None):
        self.sweep, self.own, self.parent = sweep, own, parent
        self.values: dict[Var, object] = {}
        self.named: Named | None = None  # what the operation that is being reversed has emitted
        self.taken: dict[Var, object] = {}

    def get(self, var: Var):
        """The cotangent so far."""
        if var not in self.values and var not in self.own:
            self.values[var] = self.taken[var] = self.demand(var)
        return self.values.get(var)

    def demand(self, var: Var):
        """Bring in the cotangent so far of a variable from outside."""
        return self.parent.get(var) if self.parent is not None else None

    def set(self, var: Var, value) -> None:
        self.get(var)
        self.values[var] = value

    def add(self, var: Var, value) -> None:
        """Add a contribution, summed over the axes along which `var` was broadcast."""
        if value is None:
            return
        builder = self.sweep.builder
        named = self.named or Named(builder)
        value = fit(builder, value, self.sweep.aval(var))
        self.set(var, named(add(builder, self.get(var), value), f"d_{var.base}"))

    def pop(self, var: Var):
        """The cotangent of a variable whose definition is being reversed."""
        return self.values.pop(var, None)

    def full(self, var: Var):
        """The cotangent so far, as zeros where there is none."""
        value = self.get(var)
        return zeros(self.sweep.builder, self.sweep.aval(var)) if value is None else value


class TurnCotangents(Cotangents):
    """Cotangents in a loop's body: what is brought in from outside is carried from turn to turn."""

    def demand(self, var: Var):
        return self.sweep.builder.var(f"d_{var.base}", self.sweep.aval(var))


class EntryCotangents(Cotangents):
    """Cotangents around an outermost loop or branch, reversed before they are known.

    Args:
        nonzero: the variables that will have a cotangent by then.
    """

    def __init__(self, sweep, nonzero):
        super().__init__(sweep, set())
        self.nonzero = nonzero

    def demand(self, var: Var):
        return self.sweep.builder.var(f"d_{var.base}", self.sweep.aval(var)) if var in self.nonzero else None
