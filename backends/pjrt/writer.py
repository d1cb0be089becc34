"""Writes StableHLO: lines, regions, names and places.

A line is kept as text and values until the end, so that the value which a rule returns can still be
given the user's name.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from broadax.backends.pjrt.types import literal
from broadax.backends.pjrt.values import Value
from broadax.runtime.errors import Loc


class Writer:
    """The text of one function.

    Attributes:
        loc, base: the user's place and name of what is being written.
        failed: the value that says which check failed (`effects.py`), or None before the first.
    """

    def __init__(self):
        self.lines: list[tuple] = []
        self.constants: dict[tuple, Value] = {}
        self.loc: Loc | None = None
        self.base = "v"
        self.depth = 2
        self.failed: Value | None = None
        self.taken: set[str] = set()
        self.numbers: dict[str, int] = {}
        self.statement = 0

    # ── names ─────────────────────────────────────────────────────────────────────────────────────

    def fresh(self, base: str, part: bool = False) -> str:
        """A name that no value has: `x`, `x.1`, `x.2`; that of a part of x has a number in any case."""
        base = identifier(base)
        k = self.numbers.get(base, 0)
        name = f"{base}.{k}" if part else base
        while not k or name in self.taken:
            if not part and name not in self.taken:
                break
            k += 1
            name = f"{base}.{k}"
        self.numbers[base] = k
        self.taken.add(name)
        return name

    def new(self, dtype, shape=(), name: str = "") -> Value:
        """A value that no line defines yet: a result, or a region's argument."""
        return Value(self, dtype, shape, self.fresh(name or self.base, not name), self.statement)

    # ── lines ─────────────────────────────────────────────────────────────────────────────────────

    def line(self, *parts) -> None:
        """One line: texts, and values, whose names are filled in at the end."""
        self.lines.append(("  " * self.depth, *parts))

    def place(self) -> str:
        if self.loc is None:
            return ""
        file = Path(self.loc.file).name.replace("\\", "/").replace('"', "'")
        return f' loc("{file}":{self.loc.line}:{self.loc.col})'

    def define(self, outs, *parts) -> None:
        """`%a, %b = parts`, with the place."""
        names = [p for out in outs for p in (", ", out)][1:]
        self.line(*names, " = ", *parts, self.place())

    def same(self, op: str, *xs: Value) -> Value:
        """An operation whose operands and result have one type."""
        x = xs[0]
        out = self.new(x.dtype, x.shape)
        self.define((out,), f"stablehlo.{op} ", *listed(xs), f" : {x.type}")
        return out

    def op(self, op: str, *xs: Value, dtype=None, shape=None, before: str = "", after: str = "") -> Value:
        """An operation with a function type: `stablehlo.op before %x, %y after : (types) -> type`."""
        out = self.new(dtype or xs[0].dtype, xs[0].shape if shape is None else shape)
        name = op if "." in op else f"stablehlo.{op}"
        types = f"({', '.join(x.type for x in xs)}) -> {out.type}"
        self.define((out,), f"{name} {before}", *listed(xs), f"{after} : {types}")
        return out

    def chlo(self, op: str, *xs: Value) -> Value:
        """An operation of CHLO, which XLA's compilers expand."""
        out = self.new(xs[0].dtype, xs[0].shape)
        types = ", ".join(x.type for x in xs)
        self.define((out,), f"chlo.{op} ", *listed(xs), f" : {types} -> {out.type}")
        return out

    @contextmanager
    def region(self):
        """The lines written inside go to a list of their own, one step deeper."""
        saved, self.lines = self.lines, []
        self.depth += 1
        try:
            yield self.lines
        finally:
            self.lines = saved
            self.depth -= 1

    # ── constants ─────────────────────────────────────────────────────────────────────────────────

    def const(self, value, dtype, shape=()) -> Value:
        """A number, or an array full of it; defined once, at the head of the function."""
        text = literal(value, dtype)
        key = text, np.dtype(dtype), tuple(shape)
        if key not in self.constants:
            short = text if len(text) < 12 else "k"
            name = "c" + re.sub(r"[^A-Za-z0-9.]", "_", short.replace("-", "m").replace(", ", "_"))
            self.constants[key] = Value(self, dtype, shape, self.fresh(name), -1)
        return self.constants[key]

    def constant_lines(self) -> list[tuple]:
        return [
            ("    ", value, f" = stablehlo.constant dense<{text}> : {value.type}")
            for (text, _, _), value in self.constants.items()
        ]

    # ── shared steps ──────────────────────────────────────────────────────────────────────────────

    def select(self, mask: Value, a, b) -> Value:
        """Where the mask is true a, else b; one of them may be a number."""
        a = a if isinstance(a, Value) else b.like(a)
        b = b if isinstance(b, Value) else a.like(b)
        out = self.new(a.dtype, a.shape)
        self.define((out,), "stablehlo.select ", *listed((mask, a, b)), f" : {mask.type}, {out.type}")
        return out

    def spread(self, x: Value, shape, axes) -> Value:
        """x in a shape of which its axes are `axes`; axes of length 1 are repeated."""
        shape, axes = tuple(shape), tuple(axes)
        if x.shape == shape and axes == tuple(range(len(shape))):
            return x
        return self.op("broadcast_in_dim", x, shape=shape, after=f", dims = {list(axes)}")

    def broadcast(self, x: Value, shape) -> Value:
        """x in a shape as NumPy broadcasts it."""
        shape = tuple(shape)
        if x.shape == shape:
            return x
        return self.spread(x, shape, range(len(shape) - x.ndim, len(shape)))

    def iota(self, dtype, shape, axis: int) -> Value:
        """Along an axis 0, 1, 2, …"""
        if not all(shape):
            return self.const(0, dtype, shape)
        out = self.new(dtype, shape)
        self.define((out,), f"stablehlo.iota dim = {axis} : {out.type}")
        return out

    def transpose(self, x: Value, axes) -> Value:
        axes = list(axes)
        if axes == list(range(x.ndim)):
            return x
        return self.op("transpose", x, shape=[x.shape[k] for k in axes], after=f", dims = {axes}")

    def slice(self, x: Value, bounds) -> Value:
        """Static slices: `(start, stop, step)` of each axis, with positive steps."""
        if all((a, b, s) == (0, d, 1) for (a, b, s), d in zip(bounds, x.shape, strict=True)):
            return x
        text = ", ".join(f"{a}:{b}" + (f":{s}" if s != 1 else "") for a, b, s in bounds)
        shape = [max(0, -(-(b - a) // s)) for a, b, s in bounds]
        return self.op("slice", x, shape=shape, after=f" [{text}]")

    def concatenate(self, xs, axis: int) -> Value:
        xs = list(xs)
        if len(xs) == 1:
            return xs[0]
        shape = list(xs[0].shape)
        shape[axis] = sum(x.shape[axis] for x in xs)
        return self.op("concatenate", *xs, shape=shape, after=f", dim = {axis}")

    def reverse(self, x: Value, axes) -> Value:
        axes = list(axes)
        if not axes:
            return x
        out = self.new(x.dtype, x.shape)
        self.define((out,), "stablehlo.reverse ", x, f", dims = {axes} : {x.type}")
        return out

    def reduce(self, op: str, x: Value, start, axes) -> Value:
        """A reduction by an operation that has a name: `add`, `maximum`, …"""
        axes = sorted(axes)
        if not axes:
            return x
        shape = [d for k, d in enumerate(x.shape) if k not in axes]
        first = self.const(start, x.dtype)
        out = self.new(x.dtype, shape)
        head = (
            "stablehlo.reduce(",
            x,
            " init: ",
            first,
            f") applies stablehlo.{op} across dimensions = {axes}",
        )
        self.define((out,), *head, f" : ({x.type}, {first.type}) -> {out.type}")
        return out

    def all(self, x: Value) -> Value:
        """Is every element true? A scalar."""
        return self.reduce("and", x, True, range(x.ndim))


def listed(xs) -> list:
    """Values with commas between them."""
    return [part for x in xs for part in (", ", x)][1:]


def rendered(line: tuple) -> str:
    return "".join(f"%{part.name}" if isinstance(part, Value) else part for part in line)


def identifier(name: str) -> str:
    """A name as MLIR writes it: ASCII, not a number alone."""
    text = re.sub(r"[^A-Za-z0-9_.$]", lambda m: f"u{ord(m[0]):x}", name)
    return text if not text[:1].isdigit() else f"_{text}"
