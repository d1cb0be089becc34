"""Decides how the reverse sweep gets a value of the forward sweep: by computing it again, or from a save.

The choice is between saving a value itself, saving a value from which it is cheaply computed, and, of an
array that is updated in place, saving what each update overwrites: the reverse sweep then takes the
updates back, and reads the array as it was.
"""

from __future__ import annotations

from broadax.transforms.core import sizes
from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.sizes import atoms_of
from broadax.transforms.core.statements import Op, Var
from broadax.transforms.vjp.counters import Counters
from broadax.transforms.vjp.finished import Finished
from broadax.transforms.vjp.regions import Region, reads_of
from broadax.transforms.vjp.restoring import Restoring
from broadax.transforms.vjp.saving import Save, trip_count

# Operations that only look at their operand, or make a constant.
VIEWS = {
    "index",
    "reshape",
    "transpose",
    "broadcast_to",
    "copy",
    "stop_gradient",
    "same",
    "convert",
    "size",
    "zeros",
    "empty",
    "full",
    "iota",
    "arange",
    "eye",
}
# Operations so cheap that saving their operand is no worse than saving their result.
ARITHMETIC = {
    "add",
    "subtract",
    "multiply",
    "negative",
    "positive",
    "absolute",
    "sign",
    "square",
    "where",
    "maximum",
    "minimum",
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
    "logical_not",
    "floor_divide",
    "remainder",
    "isnan",
    "isinf",
    "isfinite",
    "signbit",
    "real",
    "imag",
    "conjugate",
}
COSTLY = {"erf", "erfc", "lgamma", "digamma"}
FEW = 8  # a product of vectors of this length is computed again


class Planner:
    """The decisions.

    Attributes:
        saves: variable of the copy → how it is saved.
        expected: variables of outer regions that a reversed inner block reads.
        known: variables that a reversed loop carries.
        restoring: the arrays whose updates are taken back.
        finished: what can be read of arrays when they are finished.
        counters: integers that are had from the number of the turn.
        state, answers: what `available` has answered, and how much had been decided then.
        asking: what it is being asked.
    """

    def __init__(self, sweep):
        self.sweep, self.copy = sweep, sweep.copy
        self.saves: dict[Var, Save] = {}
        self.expected: set[Var] = set()
        self.known: set[Var] = set()
        self.restoring = Restoring(self)
        self.finished = Finished(self)
        self.counters = Counters(sweep)
        self.state: tuple = ()
        self.answers: dict[tuple, dict[Var, bool]] = {}
        self.asking: set[tuple] = set()

    def decide(self, region: Region, wanted: list[Var]) -> None:
        """Make every wanted variable of a region available."""
        self.restoring.prepare(region)
        self._consider_arrays(region, [v for v in wanted if not self.available(v, region)])
        for var in wanted:
            if not self.available(var, region):
                leaves = self._leaves(region, [var])[var]
                self._keep(next(iter(leaves)) if len(leaves) == 1 else var, region)

    def _keep(self, var: Var, region: Region) -> None:
        if self.copy.home[var] is region:
            save = self.saves[var] = Save.choose(self, var, region)
            if save.kind == "items":  # how many there are is read, too
                self.decide(region, [v for dim in var.shape for v in atoms_of(dim)])
        else:
            self.expected.add(var)

    def save(self, var: Var, home: Region) -> None:
        """Keep a variable that is needed whatever else is decided; its size too, where a turn has it."""
        save = self.saves[var] = Save.choose(self, var, home)
        if save.kind == "items":
            for size in (v for dim in var.shape for v in atoms_of(dim)):
                if not self.available(size, home, restored=False):
                    self.save(size, self.copy.home[size])

    # ── what can be had ───────────────────────────────────────────────────────────────────────────

    def available(self, var: Var, region: Region, restored: bool = True) -> bool:
        """Can a variable be had in the reverse of the region without saving more?

        Args:
            restored: whether arrays that are restored in the region may be read for it.
        """
        known, home = self._known_answers(region, restored), self.copy.home.get(var)
        if var in known:
            return known[var]
        if (home, restored) not in self.asking:  # ask for all of them in order, so that no recursion is deep
            self.asking.add((home, restored))
            for earlier in () if home is None else list(home.defs):
                if earlier not in known:
                    known[earlier] = self._is_available(earlier, region, restored)
            self.asking.discard((home, restored))
        elif (var, restored) in self.asking:
            return False  # it would be computed from itself
        if var not in known:
            self.asking.add((var, restored))
            known[var] = self._is_available(var, region, restored)
            self.asking.discard((var, restored))
        return known[var]

    def _known_answers(self, region: Region, restored: bool) -> dict[Var, bool]:
        """What `available` has answered since the last decision."""
        state = len(self.saves), len(self.expected), len(self.known), len(self.restoring.loops)
        if state != self.state:
            self.state, self.answers = state, {}
        return self.answers.setdefault((region, restored), {})

    def _is_available(self, var: Var, region: Region, restored: bool) -> bool:
        home = self.copy.home.get(var)
        if home is None or home.root or var in self.saves or var in self.known:
            return True
        if self.restoring.has(var):
            return restored or home is not region.turn
        if var in self.expected and home is not region:
            return True
        if home.loops and var in (home.loops[-1].index, home.loops[-1].number):
            return True
        if len(home.loops) < len(region.loops) and not _bulky(var):
            return True  # saved once for all turns of the inner loop
        return self.recipe(var, region, restored) is not None

    def recipe(self, var: Var, region: Region, restored: bool = True) -> Op | None:
        """The operation by which the reverse sweep gets a variable from what is available."""
        home = self.copy.home[var]
        ways = [home.defs[var]] if self._cheap(home.defs[var], home) else []
        ways += [op for op in (self.counters.value(var), self.finished.reading(var)) if op is not None]
        for also_restored in (False, True) if restored else (False,):
            for op in ways:
                if all(self.available(v, region, also_restored) for v in reads_of(op)):
                    return op
        return None

    def _cheap(self, op, home: Region) -> bool:
        """Is an operation one to repeat in the reverse sweep?"""
        if not isinstance(op, Op):
            return False
        if op.prim.name in VIEWS:
            return True
        if home.loops and _small(op):
            return True
        if op.prim.kind != "elementwise" or op.prim.name in COSTLY:
            return False
        # Outside loops a save is only one more name.
        return bool(home.loops) or (op.prim.name in ARITHMETIC and not _bulky(op.out))

    def _leaves(self, region: Region, wanted: list[Var], arrays: bool = False) -> dict[Var, set[Var]]:
        """For each variable what would have to be saved to recompute it by arithmetic.

        That is the variable itself where there is no gain.

        Args:
            arrays: also name arrays of which only a part is read.
        """
        found: dict[Var, set[Var]] = {}
        pending = list(wanted)
        while pending:
            var = pending[-1]
            reads = [] if self.available(var, region) else self._descend(var, arrays)
            missing = [v for v in reads if v not in found]
            if missing:
                pending += missing
                continue
            pending.pop()
            leaves = set().union(*(found[v] for v in reads)) if reads else {var}
            if self.available(var, region):
                leaves = set()
            elif not arrays and any(leaf.shape not in ((), var.shape) for leaf in leaves):
                leaves = {var}
            found[var] = leaves
        return found

    def _descend(self, var: Var, arrays: bool) -> list[Var]:
        """The operands to save in place of a variable, if at all."""
        home = self.copy.home[var]
        op = home.defs[var]
        if not self._cheap(op, home) or (op.prim.name not in ARITHMETIC | VIEWS and not arrays):
            return []
        return reads_of(op)

    # ── whole arrays instead of what is read of them ──────────────────────────────────────────────

    def _consider_arrays(self, region: Region, lost: list[Var]) -> None:
        """Save an array, or restore it, where that takes less room than what is read of it."""
        readers: dict[Var, dict[Var, None]] = {}
        roots, targets = self._leaves(region, lost, arrays=True), self._leaves(region, lost)
        for var in lost:
            leaf = next(iter(roots[var]))
            if len(roots[var]) == 1 and leaf.shape:
                readers.setdefault(leaf, {}).update(dict.fromkeys(targets[var]))
        for array, targets in readers.items():
            parts = self._room([v.shape for v in targets], region, self.copy.home[array])
            nests = self.restoring.nests
            updates = nests.updates(array)
            taken_back = None if updates is None else self._room(map(nests.overwritten, updates), region)
            if taken_back is not None and (parts is None or taken_back < parts):
                self.restoring.request(array)
                continue
            whole = self._room([array.shape], self.copy.home[array])
            if None not in (whole, parts) and whole < parts:
                self._keep(array, region)

    def _room(self, shapes, region: Region, outer: Region | None = None) -> int | None:
        """The number of elements of values of a region, at most; None if unknown.

        Args:
            outer: count the values of all turns of the loops between this region and the other.
        """
        bounds, loops = self.sweep.bounds, region.loops
        known = [[bounds.outer(d, loops) for d in shape] for shape in shapes]
        between = range(len(outer.loops), len(loops)) if outer else ()
        trips = [trip_count(bounds, loops[k], loops[:k]) for k in between]
        if None in trips or any(None in shape for shape in known):
            return None
        return sizes.hint(sum(map(sizes.product, known)) * sizes.product(trips))


def _bulky(var: Var) -> bool:
    """Is it more than a scalar?"""
    return isinstance(var.aval, StackAval) or bool(var.shape)


def _small(op: Op) -> bool:
    """Does an operation put a few scalars together, or multiply and add a few?"""
    if op.prim.name == "stack":
        return not op.args[0].shape and len(op.args) <= FEW
    if op.prim.name != "matmul" or op.out.shape:
        return False
    return isinstance(op.args[0].shape[0], int) and op.args[0].shape[0] <= FEW
