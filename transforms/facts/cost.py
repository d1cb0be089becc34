"""What a lowered function costs, counted while it runs: operations, memory traffic, saves, copies.

Counts are of Core's operations one by one: a backend that fuses them moves less memory. Trip counts and
branches are those of the arguments at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.statements import Function, Op, Var, definitions, statements
from broadax.transforms.facts.ownership import Ownership
from broadax.transforms.facts.storage import view_source
from broadax.transforms.primitives import registry

MOVES = frozenset((
    "index", "reshape", "transpose", "broadcast_to", "copy", "convert", "stop_gradient", "concatenate",
    "stack", "zeros", "empty", "full", "iota", "eye", "size", "at_set", "tril", "triu", "sort", "argsort",
    "where", "stack_new", "stack_push", "stack_pop", "stack_copy",
))  # fmt: skip
TRANSCENDENTAL = frozenset((
    "exp", "expm1", "log", "log1p", "log2", "log10", "exp2", "sin", "cos", "tan", "arcsin", "arccos",
    "arctan", "arctan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "sqrt", "cbrt", "power",
    "hypot", "erf", "erfc", "lgamma", "digamma", "logaddexp", "logaddexp2",
))  # fmt: skip
UPDATES = ("at_set", "at_add")
# Of an n × n matrix: Golub and Van Loan, Matrix Computations (eigh: with vectors, QR iteration).
CUBIC = {
    "inv": 2.0,
    "det": 2 / 3,
    "cofactor": 8 / 3,
    "slogdet": 2 / 3,
    "cholesky": 1 / 3,
    "eigh": 9.0,
    "qr": 4.0,
    "svd": 22.0,
    "pinv": 24.0,
}


@dataclass
class Copy:
    """A copy that an update made necessary.

    Attributes:
        name: the array's name; where: the user's file and line.
        why: what kept the update from being done in place.
        times, bytes: how often it was made, and how much was copied in all.
    """

    name: str
    where: str
    why: str
    times: int = 0
    bytes: int = 0


@dataclass
class Cost:
    """What one call costs.

    Attributes:
        flops: arithmetic on array elements and numbers; a product and a sum are two.
        transcendentals: how many of these are functions such as exp.
        bytes_read, bytes_written: of arrays, each operation by itself; views and updates in place move
            only what is read and written.
        bytes_saved: what loops of the forward sweep store for the reverse sweep.
        copies: those that updates made necessary.
    """

    flops: int = 0
    transcendentals: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    bytes_saved: int = 0
    copies: list[Copy] = field(default_factory=list)


def cost_of(before: Function, after: Function, args) -> Cost:
    """The cost of a call.

    Args:
        before, after: the function without and with the copies that make updates in place possible.
        args: its flat arguments.
    """
    count = _Counter(before, after)
    with np.errstate(all="ignore"):
        evaluate(after, *args, watch=count)
    return count.finish()


class _Counter:
    def __init__(self, before: Function, after: Function):
        self.cost = Cost()
        known = set(definitions(before.body))
        self.facts = Ownership(before)
        self.inserted = {
            s: Copy(s.args[0].base, str(s.loc or ""), self.facts.why_copied(s.args[0]))
            for s in statements(after.body)
            if isinstance(s, Op) and s.prim.name == "copy" and s.out not in known
        }
        self.rooms: dict[Var, int] = {}  # what each array or stack for saved values holds at most

    def __call__(self, op: Op, params: dict, args: list, values: list) -> None:
        name, cost = op.prim.name, self.cost
        flops = _flops(op, params, args, values)
        cost.flops += flops
        cost.transcendentals += flops if name in TRANSCENDENTAL else 0
        if name in UPDATES:
            part = _touched(params, args)
            cost.bytes_read += _bytes(args[1]) + (part if name == "at_add" else 0)
            cost.bytes_written += part
        elif view_source(op) is None and name != "empty":
            cost.bytes_read += _bytes(values[0]) if name == "index" else sum(map(_bytes, args))
            cost.bytes_written += sum(map(_bytes, values))
        if op in self.inserted:
            self.inserted[op].times += 1
            self.inserted[op].bytes += _bytes(values[0])
        self._saved(op, args, values)

    def _saved(self, op: Op, args: list, values: list) -> None:
        """Arrays and stacks that reverse mode has named."""
        name = op.prim.name
        if name == "empty" and op.out.base.startswith("saved_"):
            self.rooms[op.out] = max(self.rooms.get(op.out, 0), _bytes(values[0]))
        elif name == "stack_push":
            self.rooms[op.out] = self.rooms.get(op.out, 0) + np.asarray(args[1]).nbytes

    def finish(self) -> Cost:
        self.cost.bytes_saved = sum(self.rooms.values())
        self.cost.copies = [copy for copy in self.inserted.values() if copy.times]
        return self.cost


def _bytes(value) -> int:
    """The size of an array; numbers stay in registers."""
    return value.nbytes if isinstance(value, np.ndarray) and value.ndim else 0


def _touched(params: dict, args: list) -> int:
    """The bytes of the part of an array that an update goes to."""
    return np.asarray(registry.get("index").impl(args[0], *args[2:], **params)).nbytes


def _flops(op: Op, params: dict, args: list, values: list) -> int:
    name = op.prim.name
    if name in MOVES:
        return 0
    sizes = [np.size(a) for a in args]
    size = sum(map(np.size, values))
    if name == "at_add":
        return _touched(params, args) // args[0].itemsize
    if op.prim.kind == "elementwise":
        return size
    if name == "matmul":
        return 2 * size * np.shape(args[0])[-1]
    if name == "einsum":
        return _contraction(params["subscripts"], args)
    if name == "solve":
        n = np.shape(args[0])[-1]
        if params.get("triangle"):
            return n * sizes[1]
        return int(sizes[0] // max(n, 1) ** 2 * 2 / 3 * n**3) + 2 * n * sizes[1]
    if name in CUBIC:
        n = np.shape(args[0])[-1]
        return int(CUBIC[name] * sizes[0] * n)
    return max(sizes, default=0) if op.prim.kind != "constant" else 0


def _contraction(subscripts: str, args: list) -> int:
    """Of an einsum: two operations for each combination of its indices where it has two operands."""
    letters: dict = {}
    for part, arg in zip(subscripts.partition("->")[0].split(","), args, strict=False):
        letters.update(zip(part, np.shape(arg), strict=False))
    return int(np.prod(list(letters.values()))) * (2 if len(args) > 1 else 1)
