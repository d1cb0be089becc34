"""What a reversed block reads from the forward sweep.

A reversed block is first written as if every variable of its forward block were still there. `resolve`
then looks at what it really reads, and puts in front of it statements that compute those variables again
from the loop's index, from what lies outside, and from each other; where that is not possible or not
cheap, the variable is saved by the forward sweep.
"""

from __future__ import annotations

from broadax.transforms import sizes
from broadax.transforms.avals import StackAval
from broadax.transforms.core import Block, Lit, Op, Var, free, size_vars
from broadax.transforms.facts.live import prune
from broadax.transforms.rebuild import Rename
from broadax.transforms.sizes import Size
from broadax.transforms.vjp.regions import Region
from broadax.transforms.vjp.saving import Save, load

# Operations that only look at their operand, or make a constant.
VIEWS = {"index", "reshape", "transpose", "broadcast_to", "copy", "stop_gradient", "convert", "size",
         "zeros", "empty", "full", "iota", "arange", "eye"}
# Operations so cheap that saving their operand is no worse than saving their result.
ARITHMETIC = {"add", "subtract", "multiply", "negative", "positive", "absolute", "sign", "square", "where",
              "maximum", "minimum", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
              "logical_and", "logical_or", "logical_xor", "logical_not", "floor_divide", "remainder",
              "isnan", "isinf", "isfinite", "signbit", "real", "imag", "conjugate"}
SIZE_OPS = {"add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b,
            "negative": lambda a: -a, "positive": lambda a: a, "convert": lambda a: a}


class Residuals:
    """The variables of the forward sweep that the reverse sweep needs.

    Attributes:
        saves: variable of the copy → how it is saved.
        expected: scalars of outer regions that a reversed inner block reads.
    """

    def __init__(self, sweep):
        self.sweep, self.copy = sweep, sweep.copy
        self.saves: dict[Var, Save] = {}
        self.expected: set[Var] = set()

    def take(self, block: Block) -> list[Save]:
        """The saves that a finished reverse block reads."""
        read = set(free(block))
        return [save for save in self.saves.values() if save.symbol in read]

    def resolve(self, region: Region, block: Block, mapping: dict) -> Block:
        """The block with what it reads of its forward region computed again or loaded in front of it.

        Args:
            mapping: what already stands for a variable of the region: the reversed loop's index.
        """
        block, builder = prune(block), self.sweep.builder
        read = set(free(block))
        wanted = [v for v in region.defs if v in read and v not in mapping]
        for var in wanted:
            self._plan(var, region)
        made = dict(mapping)
        with builder.block() as prelude:
            for var in wanted:
                self._make(var, region, made)
        if not made:
            return block
        rest = Rename(made).block(block)
        return Block((*prelude, *rest.stmts), rest.results)

    # ── recompute or save ─────────────────────────────────────────────────────────────────────────

    def _plan(self, var: Var, region: Region) -> None:
        """Decide what to save so that a variable of the region can be had in the reverse sweep."""
        if self._available(var, region):
            return
        leaves = self._leaves(var, region)
        target = next(iter(leaves)) if len(leaves) == 1 else var
        if self.copy.home[target] is region:
            self.saves[target] = Save.choose(self, target, region)
        else:
            self.expected.add(target)

    def _available(self, var: Var, region: Region) -> bool:
        """Can a variable be had in the reverse of the region without saving more?"""
        home = self.copy.home.get(var)
        if home is None or home.root or var in self.saves or (var in self.expected and home is not region):
            return True
        if home.loops and var is home.loops[-1].index:
            return True
        if len(home.loops) < len(region.loops) and not _bulky(var):
            return True  # saved once for all turns of the inner loop
        op = home.defs[var]
        return self._cheap(op, home) and all(self._available(v, region) for v in _reads(op))

    def _cheap(self, op, home: Region) -> bool:
        """Is an operation one to repeat in the reverse sweep?"""
        if not isinstance(op, Op):
            return False
        if op.prim.name in VIEWS:
            return True
        if op.prim.kind not in ("elementwise",) or op.prim.name in ("erf", "erfc", "lgamma", "digamma"):
            return False
        # Outside loops a save is only one more name.
        return bool(home.loops) or (op.prim.name in ARITHMETIC and not _bulky(op.out))

    def _leaves(self, var: Var, region: Region) -> set[Var]:
        """What would have to be saved to recompute a variable by arithmetic; itself where that is no gain."""
        if self._available(var, region):
            return set()
        home = self.copy.home[var]
        op = home.defs[var]
        if not self._cheap(op, home) or op.prim.name not in ARITHMETIC | VIEWS:
            return {var}
        leaves = set().union(*(self._leaves(v, region) for v in _reads(op)))
        return leaves if all(leaf.shape in ((), var.shape) for leaf in leaves) else {var}

    # ── emitting ──────────────────────────────────────────────────────────────────────────────────

    def _make(self, var: Var, region: Region, made: dict):
        """Emit what gives a variable in the reverse sweep; variables of outer regions stay as they are."""
        if var in made or self.copy.home.get(var) is not region:
            return made.get(var, var)
        save = self.saves.get(var)
        if save is not None:
            made[var] = load(self, save, region, lambda v: self._make(v, region, made))
            return made[var]
        op = region.defs[var]
        for read in _reads(op):
            self._make(read, region, made)
        rename = Rename(made, self.sweep.builder.names)
        self.sweep.builder.add(rename.stmt(op))
        made.update((out, rename.map[out]) for out in op.outs)
        return made[var]

    # ── sizes ─────────────────────────────────────────────────────────────────────────────────────

    def dim(self, atom) -> int | Size:
        """An integer scalar as a dimension, in variables of the outermost block where possible."""
        if isinstance(atom, Lit):
            return int(atom.value)
        outer = self._outer_value(atom)
        return Size.of(atom) if outer is None else outer

    def outer_dim(self, dim):
        """A dimension in variables known before the outermost loop; None where there is no such."""
        return sizes.substitute(dim, self._outer_value)

    def _outer_value(self, var: Var):
        home = self.copy.home.get(var)
        op = None if home is None else home.defs[var]
        if isinstance(op, Op) and op.prim.name == "size":
            return self.outer_dim(op.params["value"])
        if home is None or home.root:
            return Size.of(var)
        if isinstance(op, Op) and op.prim.name in SIZE_OPS and all(a.dtype.kind in "iu" for a in op.args):
            parts = [int(a.value) if isinstance(a, Lit) else self._outer_value(a) for a in op.args]
            return None if None in parts else SIZE_OPS[op.prim.name](*parts)
        return None


def _bulky(var: Var) -> bool:
    """Is it more than a scalar?"""
    return isinstance(var.aval, StackAval) or bool(var.shape)


def _reads(op: Op) -> list[Var]:
    """The variables that an operation reads, in sizes too."""
    read = [a for a in op.args if isinstance(a, Var)]
    read += size_vars(op.params)
    for out in op.outs:
        read += size_vars(out.aval)
    return read
