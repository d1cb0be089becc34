"""All turns of a loop at once: what a turn computes gets an axis of turns, what it adds up is summed."""

from __future__ import annotations

from broadax.backends.rewrites.turns import Access, Point, Turns
from broadax.transforms.core.avals import INDEX
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.expression import apply
from broadax.transforms.core.statements import Block, Function, Lit, Op, Var, uses
from broadax.transforms.primitives import registry
from broadax.transforms.vmap import operands
from broadax.transforms.vmap.engine import Engine

LETTERS = "abcdefghij"


class AllTurns(Engine):
    """Emits the body of a loop for all its turns.

    Args:
        turns: of a loop whose turns do not meet.
    """

    def __init__(self, builder: Builder, turns: Turns):
        self.turns, self.loop = turns, turns.loop
        self.made = {s.out: s for s in self.loop.body.stmts}
        self.read = [op.out for op, a in turns.accesses.items() if a.kind == "index" and a.turning]
        plain = [s for s in self.loop.body.stmts if s not in turns.accesses and s not in turns.sums]
        body = Block(tuple(plain), ())
        one = Function("turn", (self.loop.index, *self.read), (), body, builder.guards, builder.names)
        super().__init__(builder, one, (), (), turns.count)

    def _bind(self, function: Function, args, axes) -> set:
        return set(function.params)  # what stands for them is read in its place among the updates

    def possible(self) -> bool:
        """Is each sum one of elements and rows, or one of products, and is nothing set in each turn?"""
        still = [(op, a.kind) for op, a in self.turns.accesses.items() if a.kind != "index" and not a.turning]
        if any(kind == "at_set" for _, kind in still):  # of an empty part, else the turns would meet
            return False
        added = [op.args[1] for op, _ in still]
        return all(self.batched(v) and (v.ndim < 2 or self._is_product(v)) for v in added)

    def run(self) -> tuple:
        """Append the statements; what stands for the loop's results."""
        self.rename.map.update(zip(self.loop.carries, self.loop.init, strict=True))
        if self.loop.index in self._data():
            first = self.builder.size_value(self.turns.first)
            iota = apply("iota", size=self.turns.count, dtype=INDEX)
            self.rename.map[self.loop.index] = apply("add", iota, first)
        for op in self.loop.body.stmts:
            with self.builder.at(op.loc, op.note):
                self._op(op)
        return self.rename.atoms(self.loop.body.results)

    def _data(self) -> set:
        """What the body reads other than to find an element."""
        read: set = set(self.loop.body.results)
        for op in self.loop.body.stmts:
            access = self.turns.accesses.get(op)
            read.update(uses(op) if access is None else op.args[1:2] if access.kind != "index" else ())
        return read

    def _op(self, op: Op) -> None:
        access = self.turns.accesses.get(op)
        if op in self.turns.sums:
            carry = self.turns.sums[op]
            value = next(a for a in op.args if a is not carry)
            total = self.summed(value) if self.batched(value) else self.times(value)
            self.rename.map[op.out] = self._python(
                apply(op.prim.name, self.rename.atom(carry), total, base=op.out.base), op.out
            )
        elif access is None:
            self.stmt(op)
        elif access.kind == "index":
            self.rename.map[op.out] = self._read(access)
        else:
            self.rename.map[op.out] = self._update(access)

    def _python(self, new, var: Var):
        """A sum as a Python number, where it was one."""
        if new.aval.weak or not var.aval.weak:
            return new
        return self.builder.emit(registry.get("convert"), (new,), {"dtype": new.dtype}, var.base, weak=True)

    # ── reading and writing ───────────────────────────────────────────────────────────────────────

    def _place(self, access: Access) -> tuple:
        """Of the elements for all turns: subscript, index operands, which axis is that of the turns."""
        op = access.op
        chosen = op.args[1:] if access.kind == "index" else op.args[2:]
        spec, kept, position, axis = [], [], 0, -1
        for entry in op.params["spec"]:
            turning = None
            if entry[0] == "index":
                turning = chosen[entry[1]]
            if entry[0] != "new":
                axis += 1
            if turning is not None and access.turning == [axis]:
                point: Point = access.axes[axis]
                position = sum(e[0] != "index" for e in spec)
                start = point.slope * self.turns.first + point.offset
                spec.append(("slice", start, self.turns.count, point.slope))
            elif turning is not None:
                spec.append(("index", len(kept)))
                kept.append(turning)
            else:
                spec.append(self.rename.value(entry))
        return tuple(spec), self.rename.atoms(tuple(kept)), position

    def _read(self, access: Access):
        op = access.op
        spec, chosen, position = self._place(access)
        part = apply("index", self.rename.atom(op.args[0]), *chosen, spec=spec, base=op.out.base)
        return operands.move_axis(part, position, 0) if access.turning else part

    def _update(self, access: Access):
        op, value = access.op, access.op.args[1]
        spec, chosen, position = self._place(access)
        ndim = sum(entry[0] != "index" for entry in spec)
        if not access.turning:
            new = self.summed(value)
        elif self.batched(value):
            new = operands.move_axis(operands.expand(self.rename.atom(value), ndim), 0, position)
        else:
            new = self._beside(self.rename.atom(value), ndim - 1 - position)
        array = self.rename.atom(op.args[0])
        return apply(access.kind, array, new, *chosen, spec=spec, base=op.out.base)

    def _beside(self, value, after: int):
        """A value that is the same in each turn, with an axis of length 1 in front of its last `after`."""
        if value.ndim <= after:
            return value
        axes = [operands.all_of(n) for n in value.shape]
        axes.insert(value.ndim - after, ("new",))
        return apply("index", value, spec=tuple(axes))

    # ── sums over the turns ───────────────────────────────────────────────────────────────────────

    def summed(self, value):
        """The sum over the turns of a value that differs between them."""
        op = self.made.get(value)
        if op is not None and op.prim.name == "negative":
            return apply("negative", self.summed(op.args[0]))
        if self._is_product(value):
            a, b = op.args
            if not self.batched(a) or not self.batched(b):
                same, other = (b, a) if self.batched(a) else (a, b)
                return apply("multiply", self.rename.atom(same), self.summed(other))
            return self._contracted(value, a, b)
        return apply("sum", self.rename.atom(value), axes=(0,), keepdims=False)

    def _is_product(self, value) -> bool:
        """Is it a product of two factors whose sum is a contraction?"""
        op = self.made.get(value)
        if op is None or op.prim.name == "negative":
            return op is not None and self._is_product(op.args[0])
        if op.prim.name != "multiply" or value.dtype.kind not in "fc":
            return False
        a, b = op.args
        if not self.batched(a) or not self.batched(b):
            return self.batched(a) != self.batched(b) and self._is_product(a if self.batched(a) else b)
        return all(n == m or n == 1 for x in (a, b) for n, m in zip(x.shape[::-1], value.shape[::-1]))

    def _contracted(self, value, a, b):
        """The sum over the turns of `a * b`."""
        (x, left), (y, right) = self._factor(a, value), self._factor(b, value)
        letters = LETTERS[: value.ndim]
        if left + right == letters and max(len(left), len(right)) < 2:
            return apply("matmul", operands.move_axis(x, 0, 1) if left else x, y)
        if right + left == letters and max(len(left), len(right)) < 2:
            return apply("matmul", operands.move_axis(y, 0, 1) if right else y, x)
        return apply("einsum", x, y, subscripts=f"t{left},t{right}->{letters}")

    def _factor(self, atom, value):
        """A factor without axes of length 1, and the letters of its axes behind that of the turns."""
        letters = LETTERS[: value.ndim][value.ndim - atom.ndim :]
        wide = [n != 1 or m == 1 for n, m in zip(atom.shape, value.shape[value.ndim - atom.ndim :])]
        array = self.rename.atom(atom)
        if not all(wide):
            axes = [operands.all_of(array.shape[0])]
            axes += [operands.all_of(n) if kept else ("index", 0) for n, kept in zip(atom.shape, wide)]
            array = apply("index", array, Lit(0), spec=tuple(axes), checked=True)
        return array, "".join(c for c, kept in zip(letters, wide) if kept)

    def times(self, value):
        """A value as often as there are turns."""
        count = self.builder.promote(self.builder.size_value(self.turns.count), value.dtype)
        return apply("multiply", self.rename.atom(value), count)
