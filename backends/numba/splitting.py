"""Loops that may run on several threads: their text as a function of a range, which `fast.split` calls."""

from __future__ import annotations

import re

from broadax.backends.numba.places import Placed
from broadax.backends.planner.flat import flat_arrays, flat_loops
from broadax.backends.planner.gathers import Gather
from broadax.backends.planner.independent import independent, work
from broadax.backends.planner.nests import items_in
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Effect, For, Lit, Op, Var, While, statements

INDENT = "    "
GRAIN = 64  # elements: a part of a loop without inner loops is whole vectors
# Work at the first call, in quarters of a nanosecond, from which on another call may be worth threads.
FEWEST = 400_000
HEAD = re.compile(r"for (\w+) in range\((.*)\):(  #.*)?")
TURNS, STATEMENT = 10, 8  # guessed: of a `while` in a batch, and the work of a statement
# What may raise, calls Python or BLAS (which has threads of its own).
SERIAL = re.compile(
    r"raise |objmode|call_out|np\.linalg|fast\.(dot|solve|take|cofactor|shift_count|whole|domain|in_\w+|"
    r"divide|remainder|floor_divide|int_power|fourier|order_by|reordered)\b"
)


class Splitting:
    """A part of `Writer`, of whose attributes it needs most.

    Attributes:
        ends: what the ends of a part are called.
    """

    ends: tuple = ()

    def nest(self, content, depth: int) -> None:
        """Write a nest; for several threads, where its turns are independent and there is work for them."""
        start = len(self.lines)
        rows = self.loops.write(content, depth)
        if not self.splitting or not independent(content):
            return
        if isinstance(content, Gather):
            if rows is not None:
                start, low, count, loops = rows
                self._split(start, depth, count, work(content, loops), low=low)
            return
        made = dict.fromkeys(item.out for item in items_in(content) if item.out in self.plan.narrow)
        count, turn = content.extent, work(content, {content.loop})
        if flat_arrays(content):
            loops = flat_loops(content)
            turn = work(content, set(loops))
            for loop in loops[1:]:
                count = count * loop.extent
        elif content in self.loops.joined:
            inner = content.children[0].content
            count, turn = count * inner.extent, work(content, {content.loop, inner.loop})
        self._split(start, depth, count, turn, own=[self.names[v] for v in made])

    def batch(self, loop: For, start: int, depth: int) -> None:
        """Split a loop over the examples of a batch, which has been written, where that is of use."""
        inside = list(statements(loop.body))
        if not (self.splitting and loop.parallel and any(isinstance(s, While) for s in inside)):
            return
        stacks = (isinstance(v.aval, StackAval) for s in inside if isinstance(s, Op) for v in s.outs)
        known = isinstance(loop.lo, Lit) and loop.lo.value == 0 and isinstance(loop.step, Lit)
        if any(isinstance(s, Effect) for s in inside) or any(stacks) or not known:
            return
        step, end = int(loop.step.value), loop.hi
        length = Size.of(end) if isinstance(end, Var) else int(end.value)
        self._split(start, depth, -(-length // step), len(inside) * STATEMENT * TURNS * step, step)

    def _split(self, start: int, depth: int, count, turn, step: int = 1, own=(), low=0) -> None:
        """Make the loop that ends the lines a function.

        Args:
            turn: the work of one of its `count` turns, which begin at `low`.
            own: arrays that every turn uses anew: each thread makes its own.
        """
        expected = sizes.hint(count * turn)
        if expected is None or expected < FEWEST:
            return
        head = next((k for k in range(start, len(self.lines)) if self.lines[k].startswith(_for(depth))), None)
        found = head is not None and HEAD.fullmatch(self.lines[head].strip())
        body = self.lines[head + 1 :] if found else []
        news = [k for k in range(start, head or 0) if self.lines[k].split(" = ")[0].strip() in own]
        if not body or not all(_may_split(line, depth) for line in body) or len(news) != len(own):
            return
        self.ends = first, last = self.ends or (self.names.fresh("first"), self.names.fresh("last"))
        ends = f"{first}, {last}"
        if low != 0:
            text = self.expressions.dim(low)
            ends = f"{first} + {text}, {last} + {text}"
        if step != 1:
            end = found[2].split(", ")[1]
            ends = f"{first} * {step}, min({last} * {step}, {end}), {step}"
        text = f"{INDENT}for {found[1]} in range({ends}):{found[3] or ''}"
        made = [_moved(self.lines[k], depth - 1) for k in news]
        whole = [*made, Placed(text, self.latest), *(_moved(line, depth - 1) for line in body)]
        name, inputs, _ = self.outlined.function(whole, set(), (first, last))
        given = f"({', '.join(inputs[2:])}{',' if len(inputs) == 3 else ''})"
        single = not any(line.lstrip().startswith(("for ", "while ")) for line in body)
        grain = GRAIN if single else 1
        amounts = f"{self.expressions.dim(count)}, {self.expressions.dim(turn)}, {grain}"
        del self.lines[head:]
        for k in reversed(news):
            del self.lines[k]
        self.line(f"fast.split({name}, {amounts}, {given})", depth, self.latest)


def _for(depth: int) -> str:
    return f"{INDENT * depth}for "


def _may_split(line: str, depth: int) -> bool:
    """Is the line inside the loop, and can what it says run on another thread?"""
    return line.startswith(INDENT * (depth + 1)) and not SERIAL.search(line)


def _moved(line: str, depth: int) -> str:
    """A line so many levels further out."""
    text = line[len(INDENT) * depth :]
    return Placed(text, line.loc, line.own) if isinstance(line, Placed) else text
