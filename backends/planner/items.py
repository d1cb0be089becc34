"""Items: what one loop nest computes (an array, a reduction, an update) and the space it runs over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from broadax.backends.planner.access import aligned, subscript_shape
from broadax.backends.planner.elements import Elements
from broadax.backends.planner.kinds import einsum_letters, kind
from broadax.backends.planner.nodes import Loop, Node, dim_atoms, index_nodes, loads
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Op, Var


@dataclass(eq=False)
class Item:
    """One value or update, and the loops in which it is computed.

    Attributes:
        kind: 'map', 'reduce', 'arg' (argmax, argmin), 'update', 'piece' (part of a concatenation), 'scalar'.
        out: the variable it defines (of an update or a piece: the array it writes into).
        space: the length of each axis of the iteration space.
        reduced: the axes of the space that are reduced.
        piece: which operand a piece copies, and where it goes.
        axes: axis → its loop, None for axes of length 1.
        loops: the loops in order, outermost first.
        root, index: after `bind`: the value of one element, and where it goes.
        accumulator, best: of a reduction that is being written: the names of its accumulators.
        stored: does the result need memory (or is it only read in the same turn of the nest)?
    """

    kind: str
    op: Op
    out: Var
    space: tuple
    reduced: tuple = ()
    piece: tuple = ()
    axes: tuple = ()
    loops: list = field(default_factory=list)
    root: Node | None = None
    index: tuple = ()
    stored: bool = False
    accumulator: str = ""
    best: str = ""

    def __post_init__(self):
        self.axes = tuple(
            None if d == 1 and isinstance(d, int) else Loop(f"{self.out.name}:{k}", d)
            for k, d in enumerate(self.space)
        )
        self.loops = [loop for loop in self.axes if loop is not None]

    @staticmethod
    def update(op: Op) -> Item:
        """The item of an `at_set` or `at_add`."""
        space = subscript_shape(op.args[0].shape, op.params["spec"], op.args[2:])
        return Item("update", op, op.out, space)

    @property
    def roots(self) -> tuple:
        """The nodes that it needs: its value, and what its target's index is computed from."""
        return (self.root, *index_nodes(self.index))

    def is_reduced(self, loop: Loop) -> bool:
        return any(self.axes[k] is loop for k in self.reduced)

    @property
    def at(self) -> tuple:
        """The place in the space, as an index."""
        return tuple(0 if loop is None else Size.of(loop) for loop in self.axes)

    @property
    def complete(self) -> int:
        """How many of its loops, from the outside, run once per finished result."""
        return next((k for k, loop in enumerate(self.loops) if self.is_reduced(loop)), len(self.loops))

    @property
    def in_register(self) -> bool:
        """Is the result of a reduction accumulated in a scalar (its reduced loops are the innermost)?"""
        return all(self.is_reduced(loop) for loop in self.loops[self.complete :])

    def bind(self, elements: Elements, loops: dict) -> None:
        """Compute `root` and `index`, with `loops` in place of its own."""
        self.axes = tuple(loops.get(loop, loop) for loop in self.axes)
        self.loops = [loops.get(loop, loop) for loop in self.loops]
        at, op = self.at, self.op
        match self.kind:
            case "map" | "scalar":
                self.root, self.index = elements.expand(op, at), at
            case "reduce" | "arg" if op.prim.name in ("einsum", "matmul"):
                self.root, self.index = _terms(op, elements, at)
            case "reduce" | "arg":
                self.root, self.index = elements.value(op.args[0], at), _kept(op, at)
            case "update":
                x, value, *operands = op.args
                wide = (0,) * (value.ndim - len(at)) + at
                self.root = elements.cast(elements.value(value, aligned(wide, value.shape)), x.aval)
                self.index = elements.subscript(x.shape, op, operands, at)
            case "piece":
                operand, axis, offset = self.piece
                new = op.prim.name == "stack"
                self.root = elements.value(op.args[operand], at)
                self.index = (
                    (*at[:axis], offset, *at[axis:])
                    if new
                    else (*at[:axis], at[axis] + offset, *at[axis + 1 :])
                )

    def choose_order(self) -> None:
        """Order the loops so that the innermost runs along memory for most loads and the store."""
        if len(self.loops) < 2 or self.kind == "update" and index_nodes(self.index):
            return
        # What depends on most loops is read most; what is the same for a row or a column hardly counts.
        indices = (*(n.data[1] for root in self.roots for n in loads(root)), self.index)
        found = [_moving(index) for index in indices]
        most = max(len(set().union(*moving)) for moving in found)
        votes = dict.fromkeys(self.loops, 0)
        for moving in found:
            if moving and len(set().union(*moving)) == most:
                for loop in moving[-1]:
                    votes[loop] += 1
        kept = [loop for loop in self.loops if not self.is_reduced(loop)]
        reduced = [loop for loop in self.loops if self.is_reduced(loop)]
        last = max(reversed(self.loops), key=votes.get)
        if self.kind == "arg":
            last = reduced[-1]
        if self.is_reduced(last):
            self.loops = [*kept, *(loop for loop in reduced if loop is not last), last]
        else:
            self.loops = [*(loop for loop in self.loops if loop is not last), last]


def _moving(index) -> list[list[Loop]]:
    """The loops on which each dimension of an index depends, where there are any."""
    return [loops for dim in index if (loops := [a for a in dim_atoms(dim) if isinstance(a, Loop)])]


def _kept(op: Op, at: tuple) -> tuple:
    """Where the result of a reduction of element `at` goes."""
    axes = reduced_axes(op)
    if op.params.get("keepdims"):
        return tuple(0 if k in axes else i for k, i in enumerate(at))
    return tuple(i for k, i in enumerate(at) if k not in axes)


def reduced_axes(op: Op) -> tuple:
    """The axes of the operand that a reduction removes."""
    ndim = op.args[0].ndim
    axes = op.params["axes"] if "axes" in op.params else (op.params["axis"],)
    return tuple(a % ndim for a in axes)


def _letters(op: Op) -> tuple[list[str], str]:
    """The letters of a contraction; of `matmul` as of an einsum."""
    if op.prim.name == "einsum":
        return einsum_letters(op)
    a, b = op.args
    batch = "uvwxyz"[: max(a.ndim, b.ndim, 2) - 2]
    left = "k" if a.ndim == 1 else batch[len(batch) - a.ndim + 2 :] + "ik"
    right = "k" if b.ndim == 1 else batch[len(batch) - b.ndim + 2 :] + "kj"
    return [left, right], batch + ("i" if a.ndim > 1 else "") + ("j" if b.ndim > 1 else "")


def _contraction_space(op: Op) -> tuple[str, dict]:
    operands, result = _letters(op)
    lengths: dict = {}
    for letters, atom in zip(operands, op.args, strict=True):
        for letter, dim in zip(letters, atom.shape, strict=True):
            if lengths.get(letter, 1) == 1:
                lengths[letter] = dim
    order = result + "".join(c for c in lengths if c not in result)
    return order, lengths


def _terms(op: Op, elements: Elements, at: tuple):
    operands, result = _letters(op)
    order, _ = _contraction_space(op)
    where = dict(zip(order, at, strict=True))
    nodes = [
        elements.cast(elements.value(a, aligned(tuple(where[c] for c in letters), a.shape)), op.out.aval)
        for letters, a in zip(operands, op.args, strict=True)
    ]
    root = nodes[0] if len(nodes) == 1 else elements.product("multiply", *nodes)
    return root, tuple(where[c] for c in result)


def items_of(op: Op) -> list[Item]:
    """The items of an operation that is computed in loops."""
    match kind(op):
        case "update":
            return [Item.update(op)]
        case "reduce":
            arg = op.prim.name.startswith("arg")
            return [Item("arg" if arg else "reduce", op, op.out, op.args[0].shape, reduced_axes(op))]
        case "contract":
            order, lengths = _contraction_space(op)
            reduced = tuple(range(op.out.ndim, len(order)))
            return [Item("reduce", op, op.out, tuple(lengths[c] for c in order), reduced)]
        case "pieces":
            return _pieces(op)
    return [Item("map" if op.out.shape else "scalar", op, op.out, op.out.shape)]


def _pieces(op: Op) -> list[Item]:
    axis = op.params["axis"] % op.out.ndim
    items, offset = [], 0
    for k, operand in enumerate(op.args):
        items.append(Item("piece", op, op.out, operand.shape, piece=(k, axis, offset)))
        offset = offset + (1 if op.prim.name == "stack" else operand.shape[axis])
    return items


def with_copies(op: Op, copies: dict[Var, Var]) -> Op:
    """An update that reads copies of some arrays."""
    return replace(op, args=(op.args[0], *(copies.get(a, a) for a in op.args[1:])))
