"""Decides how the reverse sweep gets a value of the forward sweep: by computing it again, or from a save.

The choice is between saving a value itself, saving a value from which it is cheaply computed, and, of an
array that is updated in place, saving what each update overwrites: the reverse sweep then takes the
updates back, and reads the array as it was.
"""

from __future__ import annotations

from broadax.transforms import sizes
from broadax.transforms.avals import StackAval
from broadax.transforms.core import Op, Var, size_vars
from broadax.transforms.vjp.regions import Region
from broadax.transforms.vjp.restoring import Restoring
from broadax.transforms.vjp.saving import Save, trip_count

# Operations that only look at their operand, or make a constant.
VIEWS = {"index", "reshape", "transpose", "broadcast_to", "copy", "stop_gradient", "convert", "size",
         "zeros", "empty", "full", "iota", "arange", "eye"}
# Operations so cheap that saving their operand is no worse than saving their result.
ARITHMETIC = {"add", "subtract", "multiply", "negative", "positive", "absolute", "sign", "square", "where",
              "maximum", "minimum", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
              "logical_and", "logical_or", "logical_xor", "logical_not", "floor_divide", "remainder",
              "isnan", "isinf", "isfinite", "signbit", "real", "imag", "conjugate"}
COSTLY = {"erf", "erfc", "lgamma", "digamma"}


class Planner:
    """The decisions.

    Attributes:
        saves: variable of the copy → how it is saved.
        expected: variables of outer regions that a reversed inner block reads.
        known: variables that a reversed loop carries.
        restoring: the arrays whose updates are taken back.
    """

    def __init__(self, sweep):
        self.sweep, self.copy = sweep, sweep.copy
        self.saves: dict[Var, Save] = {}
        self.expected: set[Var] = set()
        self.known: set[Var] = set()
        self.restoring = Restoring(self)

    def decide(self, region: Region, wanted: list[Var]) -> None:
        """Make every wanted variable of a region available."""
        self._consider_arrays(region, [v for v in wanted if not self.available(v, region)])
        for var in wanted:
            if self.available(var, region):
                continue
            leaves = self._leaves(var, region)
            self._keep(next(iter(leaves)) if len(leaves) == 1 else var, region)

    def _keep(self, var: Var, region: Region) -> None:
        if self.copy.home[var] is region:
            self.saves[var] = Save.choose(self, var, region)
        else:
            self.expected.add(var)

    # ── what can be had ───────────────────────────────────────────────────────────────────────────

    def available(self, var: Var, region: Region) -> bool:
        """Can a variable be had in the reverse of the region without saving more?"""
        home = self.copy.home.get(var)
        if home is None or home.root or var in self.saves or var in self.known or self.restoring.has(var):
            return True
        if var in self.expected and home is not region:
            return True
        if home.loops and var is home.loops[-1].index:
            return True
        if len(home.loops) < len(region.loops) and not _bulky(var):
            return True  # saved once for all turns of the inner loop
        op = home.defs[var]
        return self._cheap(op, home) and all(self.available(v, region) for v in reads(op))

    def _cheap(self, op, home: Region) -> bool:
        """Is an operation one to repeat in the reverse sweep?"""
        if not isinstance(op, Op):
            return False
        if op.prim.name in VIEWS:
            return True
        if op.prim.kind != "elementwise" or op.prim.name in COSTLY:
            return False
        # Outside loops a save is only one more name.
        return bool(home.loops) or (op.prim.name in ARITHMETIC and not _bulky(op.out))

    def _leaves(self, var: Var, region: Region, arrays: bool = False) -> set[Var]:
        """What would have to be saved to recompute a variable by arithmetic; itself where that is no gain.

        Args:
            arrays: also name arrays of which only a part is read.
        """
        if self.available(var, region):
            return set()
        home = self.copy.home[var]
        op = home.defs[var]
        if not self._cheap(op, home) or (op.prim.name not in ARITHMETIC | VIEWS and not arrays):
            return {var}
        leaves = set().union(*(self._leaves(v, region, arrays) for v in reads(op)))
        return leaves if arrays or all(leaf.shape in ((), var.shape) for leaf in leaves) else {var}

    # ── whole arrays instead of what is read of them ──────────────────────────────────────────────

    def _consider_arrays(self, region: Region, lost: list[Var]) -> None:
        """Save an array, or restore it, where that takes less room than what is read of it."""
        readers: dict[Var, set[Var]] = {}
        for var in lost:
            leaves = self._leaves(var, region, arrays=True)
            leaf = next(iter(leaves))
            if len(leaves) == 1 and leaf.shape:
                readers.setdefault(leaf, set()).update(self._leaves(var, region))
        for array, targets in readers.items():
            parts = self._room([v.shape for v in targets], self.copy.home[array], region)
            updates = self.restoring.updates(array)
            taken_back = None if updates is None else self._room(map(self.restoring.overwritten, updates))
            if taken_back is not None and (parts is None or taken_back < parts):
                self.restoring.request(array)
                continue
            whole = self._room([array.shape])
            if None not in (whole, parts) and whole <= parts:
                self._keep(array, region)

    def _room(self, shapes, outer: Region | None = None, inner: Region | None = None) -> int | None:
        """The number of elements of values, for all turns of the loops between; None if unknown."""
        count = sum(map(sizes.product, shapes))
        for loop in inner.loops[len(outer.loops):] if inner else ():
            trips = trip_count(self.copy, loop)
            if trips is None:
                return None
            count = count * trips
        return sizes.hint(count)


def _bulky(var: Var) -> bool:
    """Is it more than a scalar?"""
    return isinstance(var.aval, StackAval) or bool(var.shape)


def reads(op: Op) -> list[Var]:
    """The variables that an operation reads, in sizes too."""
    read = [a for a in op.args if isinstance(a, Var)]
    read += size_vars(op.params)
    for out in op.outs:
        read += size_vars(out.aval)
    return read
