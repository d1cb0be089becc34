"""Writes the accumulators of reductions: where they begin, take a value, and hand over what they have."""

from __future__ import annotations

import numpy as np

from broadax.backends.numba.expressions import tidy
from broadax.backends.numba.reductions import extreme, extreme_rule, rule_of
from broadax.backends.numba.scalars import cast
from broadax.backends.planner.items import Item
from broadax.backends.planner.kinds import cost
from broadax.backends.planner.nodes import walk
from broadax.transforms.core.avals import Aval


class Accumulating:
    """The reductions of a writer of nests, which has `writer`, `expressions`, `names`, `finished`, `uses`."""

    def begin(self, item: Item, depth: int) -> None:
        """Start the accumulators before the first reduced loop."""
        if item.kind == "arg":
            self._begin_arg(item, depth)
            return
        rule = rule_of(item, scalar=True)
        if item.out.ndim == 0 and rule.dtype == item.out.dtype:
            item.accumulator = self.names[item.out]
        else:
            item.accumulator = self.names.fresh(self.scalar_name(item))
        self.writer.line(f"{item.accumulator} = {rule.start}", depth, item.op.loc)

    def _begin_arg(self, item: Item, depth: int) -> None:
        scalar = item.out.ndim == 0
        item.accumulator = self.names[item.out] if scalar else self.names.fresh(self.scalar_name(item))
        item.best = self.names.fresh(f"{item.accumulator}_best")
        largest = item.op.prim.name == "argmax"
        self.writer.line(f"{item.accumulator} = 0", depth, item.op.loc)
        self.writer.line(f"{item.best} = {extreme(item.root.aval.dtype, smallest=largest)}", depth)

    def accumulate(self, item: Item, depth: int) -> None:
        value = self.expressions.text(item.root)
        if not item.loops or not item.in_register or item.complete == len(item.loops):
            self._accumulate_in_memory(item, value, depth)
            return
        if item.kind == "arg":
            self._accumulate_arg(item, value, depth)
            return
        rule = rule_of(item, scalar=True)
        self.writer.line(rule.line(item.accumulator, value, self.expressions.use), depth, item.op.loc)

    def _accumulate_in_memory(self, item: Item, value: str, depth: int) -> None:
        """The accumulators are the elements of the result; or nothing is reduced, but axes of length 1."""
        if item.complete == len(item.loops):
            self._single(item, value, depth)
            return
        rule = rule_of(item, scalar=False)
        place = self.expressions.place(item.out, item.index)
        self.writer.line(rule.line(place, value, self.expressions.use), depth, item.op.loc)

    def _single(self, item: Item, value: str, depth: int) -> None:
        if item.kind == "arg":
            value = "0"
        elif item.op.prim.name in ("all", "any"):
            value = cast(value, item.root.aval, np.dtype(bool))
        else:
            value = cast(value, item.root.aval, item.out.dtype)
        self._finish(item, tidy(value), depth)

    def _accumulate_arg(self, item: Item, value: str, depth: int) -> None:
        largest = item.op.prim.name == "argmax"
        if self._is_searched(item):
            rule = extreme_rule("max" if largest else "min", item.root.aval.dtype)
            self.writer.line(rule.line(item.best, value, self.expressions.use), depth, item.op.loc)
            return
        if not value.isidentifier():
            name = self.names.fresh("value")
            self.writer.line(f"{name} = {tidy(value)}", depth, item.op.loc)
            value = name
        best, sign = item.best, ">" if largest else "<"
        better = f"{value} {sign} {best}"
        if item.root.aval.dtype.kind == "c":
            better = (
                f"{value}.real {sign} {best}.real or {value}.real == {best}.real and "
                f"{value}.imag {sign} {best}.imag"
            )
        nan = f" or ({value} != {value} and {best} == {best})" if item.root.aval.dtype.kind in "fc" else ""
        self.writer.line(f"if {better}{nan}:", depth)
        self.writer.line(f"{best} = {value}", depth + 1)
        self.writer.line(f"{item.accumulator} = {self.expressions.loop_names[item.loops[-1]]}", depth + 1)

    def _is_searched(self, item: Item) -> bool:
        """Is an argmax done in two passes, the extreme, then its place? Fast where values come cheap."""
        gone = {node for other, node in self.finished.items() if not other.stored}
        return _is_cheap(item) and gone.isdisjoint(walk(item.root))

    def _search(self, item: Item, depth: int) -> None:
        """Find the first place of the extreme, which is known now."""
        loop = item.loops[-1]
        name, best = self.expressions.loop_names[loop], item.best
        self.writer.line(f"for {name} in range({self.expressions.dim(loop.extent)}):", depth)
        value = self.expressions.text(item.root)
        if tidy(value) != value:
            held = self.names.fresh("value")
            self.writer.line(f"{held} = {tidy(value)}", depth + 1, item.op.loc)
            value = held
        nan = f" or {best} != {best} and {value} != {value}" if item.root.aval.dtype.kind == "f" else ""
        self.writer.line(f"if {value} == {best}{nan}:", depth + 1)
        self.writer.line(f"{item.accumulator} = {name}", depth + 2)
        self.writer.line("break", depth + 2)

    def end(self, item: Item, depth: int) -> None:
        """Hand the accumulator over after the last reduced loop."""
        value = item.accumulator
        if item.kind == "arg" and self._is_searched(item):
            self._search(item, depth)
        if item.kind == "reduce":
            rule = rule_of(item, scalar=True)
            value = cast(value, Aval(rule.dtype), item.out.dtype)
        if value != self.names[item.out]:
            self._finish(item, value, depth)

    def _finish(self, item: Item, value: str, depth: int) -> None:
        if item.out.ndim == 0:
            self.writer.line(f"{self.names[item.out]} = {value}", depth)
            return
        node = self.finished[item]
        if self.uses[node] and not value.isidentifier():
            name = self.names.fresh(self.scalar_name(item))
            self.writer.line(f"{name} = {value}", depth)
            value = name
        if self.uses[node]:
            self.expressions.held[node] = value
        if item.stored:
            self.writer.line(f"{self.expressions.place(item.out, item.index)} = {value}", depth)


def _is_cheap(item: Item) -> bool:
    """May the values of an argmax be computed twice?"""
    return (
        item.root.aval.dtype.kind in "iuf"
        and all(n.op != "prim" or cost(n.data) <= 1 for n in walk(item.root))
        and not any(n.op == "wrap" for n in walk(item.root))
    )
