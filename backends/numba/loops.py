"""Writes loop nests: allocations, loops, temporaries at the depth where they belong, stores."""

from __future__ import annotations

from collections import Counter

from broadax.backends.numba.accumulators import Accumulating
from broadax.backends.numba.expressions import Expressions, tidy
from broadax.backends.numba.gathers import GatherWriter
from broadax.backends.numba.names import readable
from broadax.backends.numba.reductions import rule_of
from broadax.backends.planner import rows
from broadax.backends.planner.flat import flat_arrays, flat_loops
from broadax.backends.planner.gathers import Gather
from broadax.backends.planner.items import Item
from broadax.backends.planner.joined_rows import joined_arrays, levels
from broadax.backends.planner.kinds import cost
from broadax.backends.planner.nests import Level, items_in
from broadax.backends.planner.nodes import Node, walk
from broadax.transforms.core.statements import Var

ZEROS = frozenset({"0", "0.0", "False"})
COMPUTED = frozenset({"prim", "convert", "arithmetic", "select", "wrap", "around"})


class LoopWriter(Accumulating):
    """Writes the nests of one function through its statement writer.

    Args:
        writer: has `line(text, depth, loc)`, `names`, `expressions`, `ranges`.
    """

    def __init__(self, writer):
        self.writer = writer
        self.expressions: Expressions = writer.expressions
        self.names = writer.names
        self.allocated: set = set()
        self.joined: dict[Level, dict] = {}  # of the nest that is being written

    # ── one nest ──────────────────────────────────────────────────────────────────────────────────

    def write(self, content, depth: int) -> tuple | None:
        """Write a nest, or an item without loops; gives what `GatherWriter.write` gives of a gather."""
        saved, self.joined = dict(self.expressions.held), {}
        if isinstance(content, Gather):
            split = GatherWriter(self, content).write(depth)
            self.expressions.held = saved
            return split
        items = list(items_in(content))
        self._check_lengths(items, depth)
        self.count(items)
        for item in items:
            self._allocate(item, depth)
        arrays = flat_arrays(content)
        if arrays:
            self._flat(content, items, arrays, depth)
        else:
            self._join_rows(content, depth)
            self._child(content, (), depth)
        self.expressions.held = saved
        return None

    def _join_rows(self, content, depth: int) -> None:
        """Say which loops of a nest stand for two, and make the views of arrays that these read and write."""
        views: dict[str, str] = {}
        for level in levels(content):
            arrays = joined_arrays(level, self.expressions.narrow)
            if arrays:
                pair = level.loop, level.children[0].content.loop
                kept = [v for v in arrays if not self._only_in_registers(v, content)]
                self.joined[level] = self.rows_of(kept, pair, views, depth)

    def rows_of(self, arrays: list[Var], pair: tuple, views: dict[str, str], depth: int) -> dict:
        """What `Expressions.joined` says of arrays in a loop for a pair of loops; writes their views."""
        for var in arrays:
            array = self.names[var]
            if array not in views:
                views[array] = self._view(var, "rows", depth)
        return {v: (views[self.names[v]], *pair) for v in arrays}

    def _only_in_registers(self, var: Var, content) -> bool:
        """Is an array made in a nest, and read there alone, without memory?"""
        return any(x.out is var and x.kind != "update" and not x.stored for x in items_in(content))

    def _view(self, var: Var, kind: str, depth: int) -> str:
        """Write the view of an array with one axis ('flat'), or whose last two are one ('rows'): its name."""
        array = self.names[var]
        view = self.names.fresh(f"{array}_{kind}")
        if self.expressions.standalone:
            *others, rows, columns = var.shape
            shape = [self.expressions.dim(d) for d in (*others, rows * columns)] if kind == "rows" else ["-1"]
            self.writer.line(f"{view} = {array}.reshape({', '.join(shape)})", depth)
        else:
            self.writer.line(f"{view} = fast.{kind}({array})", depth)
        self.names.memory[view] = self.names.memory.get(array)
        return view

    def _flat(self, content, items: list[Item], arrays: list, depth: int) -> None:
        """Write a nest over whole arrays as one loop."""
        views: dict[str, str] = {}  # one for each array: LLVM could not tell that two are the same
        for var in arrays:
            if self._only_in_registers(var, content):
                continue
            array = self.names[var]
            if array not in views:
                views[array] = self._view(var, "flat", depth)
            self.expressions.flat[var] = views[array]
        self.temporaries(content, (), depth)
        reduced = [item for item in items if item.kind == "reduce"]
        for item in reduced:
            self.begin(item, depth)
        loops, length = flat_loops(content), 1
        for loop in loops:
            length = length * loop.extent
            self.expressions.loop_names[loop] = ""
        name = self.expressions.loop_names[loops[-1]] = self.writer.index_name(0)
        self.writer.line(f"for {name} in range({self.expressions.dim(length)}):", depth)
        for item in items:
            self.temporaries(item, tuple(loops), depth + 1)
            self.item(item, depth + 1)
        self.expressions.flat = {}
        self.expressions.held = {}
        for item in reduced:
            self.end(item, depth)

    def count(self, items: list[Item]) -> None:
        """How often each node is read in this nest, and from how deep."""
        self.uses: Counter = Counter()
        self.depth_of_use: dict[Node, int] = {}
        self.finished = {}
        seen: set = set()
        for item in items:
            if item.kind in ("map", "reduce", "arg") and item.out.ndim:
                self.finished[item] = self.expressions.elements.value(item.out, item.index)
            loops = {loop: k + 1 for k, loop in enumerate(item.loops)}
            for root in item.roots:
                self._use(root, len(loops))
                for node in walk(root, seen):
                    level = max((loops[x] for x in node.loops), default=0)
                    for arg in node.args:
                        self._use(arg, level)

    def _use(self, node: Node, depth: int) -> None:
        self.uses[node] += 1
        self.depth_of_use[node] = max(depth, self.depth_of_use.get(node, 0))

    def _check_lengths(self, items: list[Item], depth: int) -> None:
        """A maximum over nothing is an error."""
        for item in items:
            if item.op.prim.name not in ("max", "min", "argmax", "argmin"):
                continue
            lengths = [item.space[k] for k in item.reduced]
            doubtful = [n for n in lengths if not self.writer.ranges.nonnegative(n - 1)]
            for n in doubtful:
                self.writer.line(f"if {self.expressions.dim(n)} == 0:", depth, item.op.loc)
                what = item.op.prim.name
                text = (
                    f"attempt to get {what} of an empty sequence"
                    if what.startswith("arg")
                    else f"zero-size array to reduction operation {what}imum which has no identity"
                )
                self.writer.line(f'raise ValueError("{text}")', depth + 1)

    def _allocate(self, item: Item, depth: int) -> None:
        out = item.out
        if item.kind in ("scalar", "update") or not out.ndim or out in self.allocated:
            return
        if item.kind != "piece" and not item.stored:
            return
        if item.kind == "piece":
            self.allocated.add(out)
        start = None
        if item.kind == "reduce" and not item.in_register:
            start = rule_of(item, scalar=False).start
        self.new_array(out, depth, start, item.op.loc)

    def new_array(self, var: Var, depth: int, start: str | None = None, loc=None) -> None:
        """Make a variable a new array, blank or filled with `start`; in a loop, it may reuse its memory."""
        name, shape = self.names[var], self._shape(var)
        zero = start in ZEROS | {f"np.{var.dtype.name}(0)", f"np.{var.dtype.name}(0.0)"}
        if self.reused(var, loc):
            zero = False
        else:
            self.writer.line(f"{name} = {self._new_text(var, zero)}", depth, loc)
        if start is None or zero:
            return
        indices = [self.writer.index_name(k) for k in range(len(shape))]
        for k, dim in enumerate(shape):
            self.writer.line(f"for {indices[k]} in range({self.expressions.dim(dim)}):", depth + k, loc)
        self.writer.line(f"{name}[{', '.join(indices)}] = {start}", depth + len(shape), loc)

    def reused(self, var: Var, loc=None) -> bool:
        """Is a new array allocated in front of the loop, so that each turn uses the same memory?"""
        loop = self.writer.buffers.before(var)
        if loop is None or loop not in self.writer.before:
            return False
        self.writer.allocate(loop, lambda: f"{self.names[var]} = {self._new_text(var, False)}", loc)
        return True

    def _new_text(self, var: Var, zero: bool) -> str:
        return self.array_text("zeros" if zero else "empty", self._shape(var), var.dtype)

    def _shape(self, var: Var) -> tuple:
        """The axes of a variable that its memory has."""
        return tuple(var.shape[k] for k in self.expressions.narrow.get(var, range(var.ndim)))

    def array_text(self, function: str, shape, dtype) -> str:
        """The text of a new array, `function` being 'empty' or 'zeros'."""
        dims = ", ".join(self.expressions.dim(d) for d in shape)
        dims = dims if len(shape) == 1 else f"({dims})"
        return (
            f"{self.expressions.module}.{function}({dims}, np.{'bool_' if dtype.kind == 'b' else dtype.name})"
        )

    # ── levels ────────────────────────────────────────────────────────────────────────────────────

    def _child(self, content, path: tuple, depth: int) -> None:
        self.temporaries(content, path, depth)
        if isinstance(content, Level):
            self._level(content, path, depth)
        else:
            self.item(content, depth)

    def _level(self, level: Level, path: tuple, depth: int) -> None:
        reduced = [
            x
            for x in items_in(level)
            if x.kind in ("reduce", "arg") and x.in_register and x.complete == len(path)
        ]
        for item in reduced:
            self.begin(item, depth)
        name = self.expressions.loop_names[level.loop] = self.writer.index_name(len(path))
        outside, extent, path = dict(self.expressions.held), level.extent, (*path, level.loop)
        self.expressions.joined = self.joined.get(level, {})
        if self.expressions.joined:
            (level,) = (child.content for child in level.children)
            self.expressions.loop_names[level.loop], path = name, (*path, level.loop)
            extent = extent * level.extent
        self.writer.line(f"for {name} in range({self.expressions.dim(extent)}):", depth)
        if not self.expressions.joined:
            self._mark(level, path[:-1], depth + 1)
        for child in level.children:
            self._child(child.content, path, depth + 1)
        self.expressions.held, self.expressions.joined = outside, {}
        for item in reduced:
            self.end(item, depth)

    def _mark(self, level: Level, path: tuple, depth: int) -> None:
        """Say how the elements of a row are computed as vectors, where LLVM's own way is not the fastest."""
        if self.expressions.standalone:
            return
        singles = rows.sums_singles(level)
        if path and rows.is_short_row(level, self.writer.plan.storage):
            self.writer.line("fast.masked_singles()" if singles else "fast.masked()", depth)
        elif singles and rows.is_long_row(level):
            self.writer.line("fast.singles()", depth)

    def temporaries(self, content, path: tuple, depth: int) -> None:
        """Name the values that the content reads repeatedly, or that do not change in its loops."""
        level = len(path)
        seen: set = set()
        for item in items_in(content):
            loops = {loop: k + 1 for k, loop in enumerate(item.loops)}
            for root in item.roots:
                for node in walk(root, seen):
                    own = max((loops[x] for x in node.loops), default=0)
                    if own == level and node not in self.expressions.held and self._wants_name(node, own):
                        self._hold(node, path, depth)

    def _wants_name(self, node: Node, own: int) -> bool:
        hoisted = own < self.depth_of_use[node]
        if node.op == "load":
            return hoisted or self.uses[node] > 2
        if node.op not in COMPUTED:
            return False
        if self.uses[node] > 1 and (node.op != "convert" or node.args[0].op != "scalar"):
            return True
        return hoisted and (
            own > 0
            or node.op == "wrap"
            or any(n.op in ("load", "wrap") or n.op == "prim" and cost(n.data) > 3 for n in walk(node))
        )

    def _hold(self, node: Node, path: tuple, depth: int) -> None:
        text = tidy(self.expressions.text(node))
        name = self.writer.names.fresh(self._temporary(node, path))
        self.writer.line(f"{name} = {text}", depth)
        self.expressions.held[node] = name

    def _temporary(self, node: Node, path: tuple) -> str:
        base = readable(node.base or "value")
        loops = dict.fromkeys(self.expressions.loop_names[loop] for loop in path)
        return f"{base}_{''.join(loops)}" if path else base

    # ── items ─────────────────────────────────────────────────────────────────────────────────────

    def item(self, item: Item, depth: int) -> None:
        match item.kind:
            case "scalar":
                self._assign(self.names[item.out], item, depth)
            case "map":
                self._map(item, depth)
            case "reduce" | "arg":
                self.accumulate(item, depth)
            case "update" | "piece":
                sign = "+=" if item.op.prim.name == "at_add" else "="
                place = self.expressions.place(item.out, item.index)
                self.writer.line(f"{place} {sign} {self._value(item)}", depth, item.op.loc)

    def _value(self, item: Item) -> str:
        return tidy(self.expressions.text(item.root))

    def _assign(self, name: str, item: Item, depth: int) -> None:
        self.writer.line(f"{name} = {self._value(item)}", depth, item.op.loc)

    def _map(self, item: Item, depth: int) -> None:
        node, text = self.finished[item], self._value(item)
        if self.uses[node]:
            name = text
            if not text.isidentifier():
                name = self.names.fresh(self.scalar_name(item))
                self.writer.line(f"{name} = {text}", depth, item.op.loc)
            self.expressions.held[node] = text = name
        if item.stored:
            place = self.expressions.place(item.out, item.index)
            self.writer.line(f"{place} = {text}", depth, item.op.loc)

    def scalar_name(self, item: Item) -> str:
        kept = [self.expressions.loop_names[x] for x in item.loops[: item.complete]]
        base = readable(item.out.base)
        return f"{base}_{''.join(kept)}" if kept else base
