"""Python text of the nodes of a loop body."""

from __future__ import annotations

import ast

from broadax.backends.numba.scalars import DOMAIN, RANGE, cast, has_vector_form, literal, scalar_text
from broadax.backends.planner.nodes import Chosen, Loop, Node, dim_atoms
from broadax.transforms.core.sizes import Size, size_text

# Python's numbers raise errors where NumPy's give NaN or infinity.
SHIFTS = frozenset({"left_shift", "right_shift"})
RAISING = frozenset({"divide", "floor_divide", "remainder", "power", "square", *SHIFTS, *DOMAIN, *RANGE})


def tidy(text: str) -> str:
    """An expression without the parentheses it does not need."""
    return ast.unparse(ast.parse(text, mode="eval"))


class Expressions:
    """Writes nodes and dimensions as Python text.

    Args:
        standalone: import nothing of broadax?

    Attributes:
        held: node → the temporary that holds its value here.
        helpers: the helper functions whose text the module has to contain.
        narrow: array → its axes in memory, where these are not all of them.
        flat: array → the name of its view with one axis, in a loop over that.
        joined: array → the name of its view whose last two axes are one, and the loops over these, in a loop
            that stands for both.
        failing: the places of what may raise an error in the text written since the last line.
        module: where array functions come from: `fast` or `np`.
    """

    def __init__(self, names, elements, standalone: bool = False):
        self.names, self.elements, self.standalone = names, elements, standalone
        self.module = "np" if standalone else "fast"
        self.held: dict[Node, str] = {}
        self.loop_names: dict[Loop, str] = {}
        self.helpers: set[str] = set()
        self.failing: list = []
        self.narrow: dict = {}
        self.flat: dict = {}
        self.joined: dict = {}

    def use(self, helper: str) -> str:
        """The text by which a helper function is called."""
        if not self.standalone:
            return f"fast.{helper}"
        self.helpers.add(helper)
        return helper

    def atom(self, atom, index: tuple = ()) -> str:
        """An operand as an expression."""
        return tidy(self.text(self.elements.value(atom, index)))

    def dim(self, dim) -> str:
        """A dimension or an index."""
        return size_text(dim, self._dim_atom)

    def _dim_atom(self, atom) -> str:
        if isinstance(atom, Loop):
            return self.loop_names[atom]
        if isinstance(atom, Chosen):
            return self.text(atom.node)
        return self.names[atom]

    def place(self, array, index: tuple) -> str:
        """An element of an array variable."""
        loops = [a for dim in index for a in dim_atoms(dim) if isinstance(a, Loop)]
        if loops and array in self.flat:
            return f"{self.flat[array]}[{self.loop_names[loops[-1]]}]"
        if array in self.joined and self.joined[array][-1] in loops:
            return self._in_rows(array, index)
        index = [index[k] for k in self.narrow.get(array, range(array.ndim))]
        return f"{self.names[array]}[{', '.join(tidy(self.dim(d)) for d in index)}]"

    def _in_rows(self, array, index: tuple) -> str:
        view, outer, inner = self.joined[array]
        *others, row, _ = index
        index = (*others, (row - Size.of(outer)) * array.shape[-1] + Size.of(inner))
        return f"{view}[{', '.join(tidy(self.dim(d)) for d in index)}]"

    def text(self, node: Node) -> str:
        """A node, in parentheses where it is an operator expression."""
        if node in self.held:
            return self.held[node]
        return getattr(self, f"_{node.op}")(node)

    def _lit(self, node: Node) -> str:
        text = literal(node.data.value, node.aval.dtype)
        return f"({text})" if text.startswith("-") else text

    def _scalar(self, node: Node) -> str:
        return self.names[node.data]

    def _position(self, node: Node) -> str:
        text = self.dim(node.data)
        return text if text.isalnum() else f"({text})"

    def _load(self, node: Node) -> str:
        array, index = node.data
        return self.place(array, index)

    def _prim(self, node: Node) -> str:
        args = [self.text(a) for a in node.args]
        if node.data.prim.name in RAISING and node.data.out.aval.weak:
            self.failing.append(node.data.loc)
        if not self.standalone and node.loops and has_vector_form(node.data):
            return f"fast.{node.data.prim.name}({', '.join(args)})"
        return scalar_text(node.data, args, self.use)

    def _convert(self, node: Node) -> str:
        source, op = node.args[0].aval.dtype, node.data
        if op is not None and op.out.aval.weak and source.kind == "f" and node.aval.dtype.kind == "i":
            self.failing.append(op.loc)
            return f"{self.use('whole')}({self.text(node.args[0])})"
        return cast(self.text(node.args[0]), node.args[0].aval, node.aval.dtype)

    def _arithmetic(self, node: Node) -> str:
        sign = {"add": "+", "subtract": "-", "multiply": "*"}[node.data]
        text = f"({self.text(node.args[0])} {sign} {self.text(node.args[1])})"
        dtype = node.aval.dtype
        return f"np.{dtype.name}({text})" if dtype.kind in "iu" and dtype.itemsize < 8 else text

    def _test(self, node: Node) -> str:
        relation, dim = node.data
        return f"({self.dim(dim)} {relation} 0)"

    def _select(self, node: Node) -> str:
        cond, then, orelse = (self.text(a) for a in node.args)
        return f"({then} if {cond} else {orelse})"

    def _around(self, node: Node) -> str:
        index = self.text(node.args[0])
        return index if self.standalone else f"fast.around({index}, {self.dim(node.data)})"

    def _wrap(self, node: Node) -> str:
        self.failing.append(node.loc)
        return f"{self.use('take')}({self.text(node.args[0])}, {self.dim(node.data)})"
