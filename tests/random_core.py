"""Random Core programs: straight lines, branches, loops, views and updates, with the user's names reused."""

from __future__ import annotations

import random

import numpy as np

from broadax.transforms.core.avals import Aval
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Block, For, Function, If, Lit, Var, While

FLOAT, INT, BOOL = np.dtype(float), np.dtype(np.int64), np.dtype(bool)
NAMES = ("x", "y", "u", "v", "total", "row", "")


class Program:
    """Builds one program; every value is bounded, so that results can be compared.

    Args:
        seed: decides everything.
        size: how many statements, about.
    """

    def __init__(self, seed: int, size: int = 14):
        self.random = random.Random(seed)
        self.builder = Builder()
        self.left = size
        self.n = self.builder.var("n", Aval(INT, (), True), 4)
        n = Size.of(self.n)
        self.vector, self.matrix, self.scalar = Aval(FLOAT, (n,)), Aval(FLOAT, (n, 3)), Aval(FLOAT)
        self.half, self.python = Aval(np.dtype(np.float32), (n,)), Aval(FLOAT, (), True)
        self.types = (self.scalar, self.vector, self.matrix, self.half, self.python)
        self.params = [
            self.builder.var(name, aval)
            for name, aval in (
                ("a", self.vector),
                ("b", self.vector),
                ("m", self.matrix),
                ("s", self.scalar),
                ("h", self.half),
                ("p", self.python),
            )
        ]
        self.scope: list[Var] = list(self.params)
        self.indices: list = [Lit(0), Lit(1), Lit(-1)]

    def build(self, mutates: bool = False) -> Function:
        with self.builder.current():
            self.statements(depth=0)
            results = self.random.sample(self.scope, min(4, len(self.scope)))
            if mutates:
                results[0] = self.pick(self.vector)
        return self.builder.finish("program", self.params, [(self.n, self.params[0], 0)], results)

    def inputs(self) -> list:
        """Arguments for the parameters."""
        values = np.random.default_rng(self.random.randrange(1000))
        return [
            values.normal(size=4),
            values.normal(size=4),
            values.normal(size=(4, 3)),
            np.float64(values.normal()),
            values.normal(size=4).astype(np.float32),
            float(values.normal()),
        ]

    # ── statements ────────────────────────────────────────────────────────────────────────────────

    def statements(self, depth: int, limit: int = 8) -> None:
        for _ in range(self.random.randint(1, limit)):
            if self.left <= 0:
                return
            self.left -= 1
            kinds = [self.elementwise] * 4 + [self.update] * 4 + [self.view] * 2 + [self.reduction]
            kinds += [self.creation, self.conversion, self.effect]
            if depth < 3:
                kinds += [self.branch, self.counted, self.conditional, self.stacked]
            self.random.choice(kinds)(depth)

    def name(self) -> str:
        return self.random.choice(NAMES)

    def apply(self, prim: str, *args, **params) -> Var:
        out = self.builder.apply(prim, *args, base=self.name(), **params)
        if isinstance(out, Var) and out.aval in self.types:
            self.scope.append(out)
        return out

    def pick(self, aval: Aval) -> Var:
        """A value of that type, recent ones more often."""
        found = [v for v in self.scope if v.aval == aval]
        return found[max(self.random.randrange(len(found)), self.random.randrange(len(found)))]

    def elementwise(self, depth: int) -> None:
        aval = self.random.choice(self.types)
        a, b = self.pick(aval), self.pick(self.random.choice((aval, self.scalar)))
        match self.random.randrange(8):
            case 0:
                self.apply("add", self.builder.apply("sin", a), b)
            case 1:
                self.apply("tanh", self.builder.apply("subtract", a, b))
            case 2:
                self.apply(
                    "multiply", self.builder.apply("tanh", a), self.random.choice((b, Lit(2.0), Lit(-1.0)))
                )
            case 3:
                self.apply("sin", self.builder.apply("multiply", a, a))
            case 4:
                self.apply("subtract", b, self.builder.apply("negative", self.builder.apply("sin", a)))
            case 5:
                self.apply("where", self.builder.apply("less", a, b), a, b)
            case 6:
                self.apply(
                    "divide", a, self.builder.apply("add", self.builder.apply("multiply", b, b), Lit(1.0))
                )
            case 7:
                self.apply("tanh", self.builder.apply("add", a, a))

    def creation(self, depth: int) -> None:
        n = Size.of(self.n)
        match self.random.randrange(4):
            case 0:
                self.apply("zeros", shape=self.random.choice(((n,), (n, 3))), dtype=FLOAT)
            case 1:
                value = self.random.choice((Lit(1.0), Lit(np.float64(0.5)), self.pick(self.scalar)))
                self.apply("full", value, shape=(n,))
            case 2:
                self.apply("broadcast_to", self.pick(self.vector), shape=(3, n))
                self.apply(
                    "transpose",
                    self.builder.apply("broadcast_to", self.pick(self.vector), shape=(3, n)),
                    axes=(1, 0),
                )
            case 3:
                x = self.apply("zeros", shape=(n,), dtype=FLOAT)
                whole = (("slice", 0, n, 1),)
                self.apply("at_add", x, self.pick(self.vector), spec=whole)

    def conversion(self, depth: int) -> None:
        match self.random.randrange(5):
            case 0:
                self.apply("convert", self.pick(self.vector), dtype=np.float32)
            case 1:
                self.apply(
                    "add", self.pick(self.half), self.pick(self.random.choice((self.vector, self.python)))
                )
            case 2:
                self.apply("convert", self.pick(self.scalar), dtype=FLOAT, weak=True)
            case 3:
                count = self.builder.apply("size", value=Size.of(self.n) + 1)
                self.apply("divide", self.pick(self.random.choice((self.scalar, self.python))), count)
            case 4:
                self.apply("where", self.condition(), self.pick(self.scalar), Lit(np.float64(0.25)))

    def effect(self, depth: int) -> None:
        inside = self.builder.apply(
            "less_equal", self.builder.apply("absolute", self.pick(self.scalar)), Lit(1e9)
        )
        self.builder.check(inside, ValueError, ("too large: ", 1), (self.pick(self.scalar),))

    def reduction(self, depth: int) -> None:
        if self.random.random() < 0.5:
            self.apply("tanh", self.builder.apply("sum", self.pick(self.vector), axes=(0,), keepdims=False))
        else:
            self.apply("tanh", self.builder.apply("sum", self.pick(self.matrix), axes=(1,), keepdims=False))

    def view(self, depth: int) -> None:
        n = Size.of(self.n)
        match self.random.randrange(5):
            case 0:
                self.apply(
                    "index", self.pick(self.vector), self.random.choice(self.indices), spec=(("index", 0),)
                )
            case 1:
                spec = (("slice", 0, n, 1), ("index", 0))
                self.apply("index", self.pick(self.matrix), Lit(self.random.randrange(3)), spec=spec)
            case 2:
                self.apply("index", self.pick(self.vector), spec=(("slice", n - 1, n, -1),))
            case 3:
                turned = self.builder.apply("transpose", self.pick(self.matrix), axes=(1, 0))
                self.apply(
                    "index", turned, Lit(self.random.randrange(3)), spec=(("index", 0), ("slice", 0, n, 1))
                )
            case 4:
                flat = self.builder.apply("reshape", self.pick(self.matrix), shape=(n * 3,))
                self.apply("index", flat, spec=(("slice", 1, n, 2),))

    def update(self, depth: int) -> None:
        n = Size.of(self.n)
        prim = self.random.choice(("at_set", "at_add"))
        index = self.random.choice(self.indices)
        match self.random.randrange(7):
            case 6:
                places = self.builder.apply("iota", size=n, dtype=INT)
                places = self.builder.apply("floor_divide", places, Lit(2))
                self.apply(prim, self.pick(self.vector), self.pick(self.scalar), places, spec=(("index", 0),))
            case 0 | 1:
                self.apply(prim, self.pick(self.vector), self.pick(self.scalar), index, spec=(("index", 0),))
            case 2:
                part = self.builder.apply("index", self.pick(self.vector), spec=(("slice", 0, n - 1, 1),))
                self.apply(prim, self.pick(self.vector), part, spec=(("slice", 1, n - 1, 1),))
            case 3:
                column = (("slice", 0, n, 1), ("index", 0))
                self.apply(prim, self.pick(self.matrix), self.pick(self.vector), Lit(1), spec=column)
            case 4:
                x = self.pick(self.vector)
                old = self.builder.apply("index", x, index, spec=(("index", 0),))
                new = self.builder.apply("tanh", self.builder.apply("multiply", old, self.pick(self.scalar)))
                self.apply("at_set", x, new, index, spec=(("index", 0),))
            case 5:
                x, place = self.pick(self.matrix), (("index", 0), ("slice", 0, 3, 1))
                row = self.builder.apply("index", x, index, spec=place)
                row = self.builder.apply(prim, row, self.pick(self.scalar), Lit(1), spec=(("index", 0),))
                self.apply("at_set", x, row, index, spec=place)

    # ── control flow ──────────────────────────────────────────────────────────────────────────────

    def inner(self, depth: int, bound=(), index=None) -> tuple[list, list]:
        """Statements of an inner block: gives them and the scope at their end."""
        saved, indices = list(self.scope), self.indices
        self.scope += [v for v in bound if v.aval in self.types]
        if index is not None:
            self.indices = [*self.indices, index, index]
        with self.builder.block() as stmts:
            if index is not None and self.random.random() < 0.5:
                self.apply("index", self.pick(self.vector), index, spec=(("index", 0),))
                self.apply("index", self.random.choice(self.params[:2]), index, spec=(("index", 0),))
            self.statements(depth + 1, 5)
        found, self.scope, self.indices = self.scope, saved, indices
        return stmts, found

    def yielded(self, scope: list, avals) -> tuple:
        saved, self.scope = self.scope, scope
        values = tuple(self.pick(a) for a in avals)
        self.scope = saved
        return values

    def outs(self, avals) -> tuple:
        made = tuple(self.builder.var(self.name() or "value", a) for a in avals)
        self.scope += made
        return made

    def condition(self) -> Var:
        return self.builder.apply("less", self.pick(self.scalar), self.pick(self.scalar))

    def branch(self, depth: int) -> None:
        avals = self.random.choices(self.types, k=self.random.randint(1, 3))
        cond = self.condition()
        sides = []
        for _ in range(2):
            stmts, scope = self.inner(depth)
            sides.append(Block(tuple(stmts), self.yielded(scope, avals)))
        self.builder.add(If(self.outs(avals), cond, *sides))

    def counted(self, depth: int) -> None:
        avals = self.random.choices(self.types, k=self.random.randint(1, 3))
        init = tuple(self.pick(a) for a in avals)
        carries = tuple(self.builder.var(self.name() or "value", a) for a in avals)
        index = self.builder.var("i", Aval(INT, (), True))
        stmts, scope = self.inner(depth, carries, index)
        body = Block(tuple(stmts), self.yielded(scope + list(carries) * 2, avals))
        last = self.builder.apply("subtract", self.n, Lit(1))
        bounds = self.random.choice(
            (
                (Lit(0), self.n, Lit(1)),
                (last, Lit(-1), Lit(-1)),
                (Lit(1), self.n, Lit(2)),
                (Lit(0), Lit(1), Lit(1)),
            )
        )
        self.builder.add(For(self.outs(avals), index, *bounds, carries, init, body))

    def conditional(self, depth: int) -> None:
        avals = self.random.choices(self.types, k=self.random.randint(1, 2))
        init = (*(self.pick(a) for a in avals), Lit(0))
        count = self.builder.var("k", Aval(INT, (), True))
        carries = (*(self.builder.var(self.name() or "value", a) for a in avals), count)
        with self.builder.block() as tests:
            more = self.builder.apply("less", count, Lit(self.random.randrange(4)))
        stmts, scope = self.inner(depth, carries, count)
        with self.builder.block() as extra:
            step = self.builder.apply("add", count, Lit(1))
        body = Block((*stmts, *extra), (*self.yielded(scope + list(carries[:-1]), avals), step))
        outs = (*self.outs(avals), self.builder.var("k", count.aval))
        self.builder.add(While(outs, carries, init, Block(tuple(tests), (more,)), body))

    def stacked(self, depth: int) -> None:
        """A loop that pushes, and one that pops, as reverse sweeps do."""
        item = self.random.choice((self.vector, self.scalar))
        other = self.random.choice(self.types)
        empty = self.builder.apply("stack_new", item=item, base="saved")
        init = (empty, self.pick(item), self.pick(other))
        carries = tuple(self.builder.var(b, a.aval) for b, a in zip(("saved", "v", "u"), init, strict=True))
        stmts, scope = self.inner(depth, carries[1:])
        with self.builder.block() as extra:
            pushed = self.builder.apply("stack_push", carries[0], carries[1], base="saved")
        results = (pushed, *self.yielded(scope, (item, other)))
        full, *_ = outs = (self.builder.var("saved", empty.aval), *self.outs((item, other)))
        index = self.builder.var("i", Aval(INT, (), True))
        body = Block((*stmts, *extra), results)
        self.builder.add(For(outs, index, Lit(0), Lit(3), Lit(1), carries, init, body))
        self.unstack(depth, full, item)

    def unstack(self, depth: int, full: Var, item: Aval) -> None:
        init = (full, self.pick(item))
        carries = tuple(self.builder.var(b, a.aval) for b, a in zip(("saved", "x"), init, strict=True))
        with self.builder.block() as first:
            rest, value = self.builder.apply("stack_pop", carries[0], base="saved")
        stmts, scope = self.inner(depth, (carries[1], value))
        index = self.builder.var("i", Aval(INT, (), True))
        body = Block((*first, *stmts), (rest, *self.yielded([*scope, value], (item,))))
        outs = (self.builder.var("saved", full.aval), *self.outs((item,)))
        self.builder.add(For(outs, index, Lit(0), Lit(3), Lit(1), carries, init, body))
