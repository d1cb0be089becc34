"""One element of a value as a scalar expression: follows the values that are computed where they are read."""

from __future__ import annotations

from broadax.backends.planner.access import aligned, operand_index, subscript_index
from broadax.backends.planner.kinds import kind
from broadax.backends.planner.nodes import Chosen, Node, dim_loops, index_nodes
from broadax.transforms.core.avals import INT, Aval
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit, Op, Var

BOOL_AVAL, INT_AVAL = Aval(bool, ()), Aval(INT, (), weak=True)


def union(nodes) -> frozenset:
    return frozenset().union(*(n.loops for n in nodes))


class Elements:
    """Builds the expression of an element; equal elements are one node.

    Args:
        definition: variable → the operation that defines it.
        inlined: the variables that have no memory or name: they are computed where they are read.
        ranges: proofs about indices (a `Ranges`).
    """

    def __init__(self, definition: dict, inlined: set, ranges):
        self.definition, self.inlined, self.ranges = definition, inlined, ranges
        self.memo: dict = {}
        self.memo_index: dict = {}

    def value(self, atom, index: tuple = ()) -> Node:
        """Element `index` of an operand; scalars have index ()."""
        if isinstance(atom, Lit):
            return Node("lit", (), atom.aval, atom)
        key = (atom, index)
        if key not in self.memo:
            self.memo[key] = self._value(atom, index)
        return self.memo[key]

    def _value(self, var: Var, index: tuple) -> Node:
        if var in self.inlined:
            return self.expand(self.definition[var], index)
        if var.shape == ():
            return Node("scalar", (), var.aval, var)
        loops = frozenset().union(*map(dim_loops, index))
        return Node("load", index_nodes(index), var.aval.with_shape(()), (var, index), var.base, loops)

    def expand(self, op: Op, index: tuple) -> Node:
        """Element `index` of an operation's result, computed from its operands."""
        name = op.prim.name
        special = getattr(self, f"_{name}", None)
        if special is not None:
            return special(op, index)
        if op.prim.kind == "elementwise" or name in ("convert", "copy"):
            args = tuple(self.value(a, aligned(index, a.shape)) for a in op.args)
            if name == "copy":
                return args[0]
            return Node(
                "convert" if name == "convert" else "prim",
                args,
                op.out.aval.with_shape(()),
                op,
                op.out.base,
                union(args),
            )
        if kind(op) == "view":
            return self.value(op.args[0], operand_index(op, index))
        raise TypeError(f"{name} is not computed element by element")

    # ── creation ──────────────────────────────────────────────────────────────────────────────────

    def _constant(self, op: Op, number) -> Node:
        dtype = op.out.dtype
        return Node("lit", (), Aval(dtype), Lit(dtype.type(number), Aval(dtype)))

    def _zeros(self, op: Op, index) -> Node:
        return self._constant(op, 0)

    def _full(self, op: Op, index) -> Node:
        return self.value(op.args[0])

    def position(self, dim, dtype=None) -> Node:
        """An index as a value."""
        node = Node("position", index_nodes((dim,)), INT_AVAL, dim, loops=dim_loops(dim))
        if dtype is None or dtype == INT:
            return node
        return Node("convert", (node,), Aval(dtype), loops=node.loops)

    def _iota(self, op: Op, index) -> Node:
        return self.position(index[0], op.out.dtype)

    def _size(self, op: Op, index) -> Node:
        return self.position(op.params["value"])

    def _arange(self, op: Op, index) -> Node:
        aval = Aval(op.out.dtype)
        start, step = (self.cast(self.value(a), aval) for a in op.args)
        position = self.position(index[0], op.out.dtype)
        return self.product("add", start, self.product("multiply", step, position))

    def cast(self, node: Node, aval: Aval) -> Node:
        """A node in another dtype."""
        if node.aval.dtype == aval.dtype:
            return node
        return Node("convert", (node,), aval, None, node.base, node.loops)

    def product(self, name: str, a: Node, b: Node) -> Node:
        """`a + b`, `a - b` or `a * b` (by the name of the operation) of nodes of one dtype."""
        return Node("arithmetic", (a, b), Aval(a.aval.dtype), name, "", a.loops | b.loops)

    def test(self, relation: str, dim) -> Node:
        """`dim relation 0` as a boolean."""
        return Node("test", index_nodes((dim,)), BOOL_AVAL, (relation, dim), loops=dim_loops(dim))

    def select(self, cond: Node, then: Node, orelse: Node) -> Node:
        args = (cond, then, orelse)
        return Node("select", args, then.aval, None, then.base, union(args))

    def _eye(self, op: Op, index) -> Node:
        i, j = index
        test = self.test("==", j - i - op.params.get("k", 0))
        return self.select(test, self._constant(op, 1), self._constant(op, 0))

    def _triangle(self, op: Op, index, relation: str) -> Node:
        *_, i, j = index
        test = self.test(relation, j - i - op.params.get("k", 0))
        return self.select(test, self.value(op.args[0], index), self._constant(op, 0))

    def _tril(self, op: Op, index) -> Node:
        return self._triangle(op, index, "<=")

    def _triu(self, op: Op, index) -> Node:
        return self._triangle(op, index, ">=")

    def _where(self, op: Op, index) -> Node:
        return self.select(*(self.value(a, aligned(index, a.shape)) for a in op.args))

    # ── indexing ──────────────────────────────────────────────────────────────────────────────────

    def _index(self, op: Op, index) -> Node:
        x, *operands = op.args
        return self.value(x, self.subscript(x.shape, op, operands, index))

    def subscript(self, shape, op: Op, operands, index) -> tuple:
        """The index into an array of this shape of element `index` of its subscript."""
        checked = op.params.get("checked", False)

        def choose(k, axis, inner):
            return self.choose(operands[k], inner, shape[axis], checked, op.loc)

        return subscript_index(op.params["spec"], operands, index, choose)

    def choose(self, atom, index, extent, checked: bool, loc=None):
        """The index that an operand gives: wrapped and checked where it isn't proved to be inside."""
        if atom.shape == ():
            if self.ranges.inside(atom, extent):
                return self.dim_of(atom)
            if self.ranges.negative(atom, extent):
                return self.dim_of(atom) + extent
        node = self.value(atom, index)
        if (
            node.op == "position"
            and self.ranges.nonnegative(node.data)
            and self.ranges.nonnegative(extent - 1 - node.data)
        ):
            return node.data
        if node.aval.dtype.kind == "u":
            node = self.cast(node, INT_AVAL)
        if checked:  # it is in range, but may count from the end
            around = Node("around", (node,), INT_AVAL, extent, node.base, node.loops)
            return self.chosen_index(around, (node, extent))
        base = atom.base if isinstance(atom, Var) else "k"
        wrapped = Node("wrap", (node,), INT_AVAL, extent, base, node.loops, loc)
        return self.chosen_index(wrapped, (self.value(atom, index), extent))

    def dim_of(self, atom):
        """An integer scalar as a dimension over the scalars that have names."""
        if isinstance(atom, Lit):
            return int(atom.value)
        if atom not in self.inlined:
            return Size.of(atom)
        op = self.definition[atom]
        match op.prim.name:
            case "add":
                return self.dim_of(op.args[0]) + self.dim_of(op.args[1])
            case "subtract":
                return self.dim_of(op.args[0]) - self.dim_of(op.args[1])
            case "multiply":
                return self.dim_of(op.args[0]) * self.dim_of(op.args[1])
            case "negative":
                return -self.dim_of(op.args[0])
            case "size":
                return op.params["value"]
        return self.chosen_index(self.value(atom), atom)

    def chosen_index(self, node: Node, key):
        """A node as an index."""
        if key not in self.memo_index:
            self.memo_index[key] = Size.of(Chosen(f"?{len(self.memo_index)}", node))
        return self.memo_index[key]
