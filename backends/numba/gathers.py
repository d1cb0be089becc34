"""Writes gathers: the rows that all updates cover in one loop each, the others update by update."""

from __future__ import annotations

from broadax.backends.planner.gathers import Gather
from broadax.backends.planner.items import Item
from broadax.backends.planner.joined_rows import gathered_arrays


class Ends:
    """Where the updates of a gather begin and end along one axis.

    Attributes:
        first, last: around all of them.
        low, high: of what all of them cover, if they have something in common.
            Each is a dimension, or the name of a variable.
    """

    def __init__(self, spans: list[tuple], writer, depth: int):
        self.writer = writer
        lows, highs = zip(*spans, strict=True)
        self.first, self.last = self._extreme("min", lows, depth), self._extreme("max", highs, depth)
        self.low, self.high = self._extreme("max", lows, depth), self._extreme("min", highs, depth)

    def _extreme(self, function: str, dims, depth: int):
        """The least or greatest dimension; a name where that is to be seen when the code runs."""
        sign = 1 if function == "max" else -1
        known = self.writer.ranges.nonnegative
        kept: list = []
        for dim in dict.fromkeys(dims):
            if not any(known(sign * (other - dim)) for other in kept):
                kept = [other for other in kept if not known(sign * (dim - other))] + [dim]
        if len(kept) == 1:
            return kept[0]
        name = self.writer.names.fresh("least" if function == "min" else "most")
        texts = ", ".join(map(self.writer.expressions.dim, kept))
        self.writer.line(f"{name} = {function}({texts})", depth)
        return name

    def crossing(self, text) -> str:
        """The condition that the updates have no gap between them; '' where that is known."""
        plain = not isinstance(self.low, str) and not isinstance(self.high, str)
        if plain and self.writer.ranges.nonnegative(self.high - self.low):
            return ""
        return f"{text(self.low)} <= {text(self.high)}"


class GatherWriter:
    """Writes one gather through a `LoopWriter`."""

    def __init__(self, loops, content: Gather):
        self.loops, self.content = loops, content
        self.writer, self.expressions = loops.writer, loops.expressions
        self.items, self.boxes = list(content.boxes), dict(content.boxes)
        self.tail = 1  # how many loops the innermost one stands for
        self.names: list[str] = []

    def write(self, depth: int) -> tuple[int, object, object, set] | None:
        """Write the nest.

        Returns:
            Where the loop over what all updates cover begins, its first turn, their number, and the loops for
            which it stands; None where these are known only when the code runs.
        """
        for k, loop in enumerate(self.content.loops):
            self.names.append(self.writer.index_name(k))
            self.expressions.loop_names[loop] = self.names[k]
        self._join_rows(depth)
        written = self._write(depth)
        self.expressions.joined = {}
        return written

    def _join_rows(self, depth: int) -> None:
        """Let one loop stand for the last two where all updates are of whole rows."""
        arrays = gathered_arrays(self.content, self.expressions.narrow)
        if not arrays:
            return
        *_, outer, inner = self.content.loops
        self.tail = 2
        self.expressions.joined = self.loops.rows_of(arrays, (outer, inner), {}, depth)
        self.expressions.loop_names[inner] = self.names[len(self.content.loops) - 2]
        for item, (*others, rows, _) in self.content.boxes.items():
            self.boxes[item] = (*others, tuple(end * inner.extent for end in rows))

    def _write(self, depth: int) -> tuple | None:
        spans = zip(*self.boxes.values(), strict=True)
        self.ends = [Ends(list(span), self.writer, depth) for span in spans]
        doubts = [text for ends in self.ends if (text := ends.crossing(self.text))]
        low, stop, stands_for = self.ends[0].low, self.ends[0].high, set(self.content.loops[:1])
        if len(self.ends) == 1:
            start, stands_for = self._line(" and ".join(doubts), depth), set(self.content.loops)
            return None if doubts else self._split(start, low, stop, stands_for)
        if doubts:
            stop = self.writer.names.fresh("stop")
            high = self.text(self.ends[0].high)
            self.writer.line(f"{stop} = {high} if {' and '.join(doubts)} else {self.text(low)}", depth)
        self._borders(stop, bool(doubts), depth)
        return self._split(self._core(stop, depth), low, stop, stands_for)

    def _split(self, start: int, low, stop, loops: set) -> tuple | None:
        return None if isinstance(stop, str) or isinstance(low, str) else (start, low, stop - low, loops)

    def text(self, bound) -> str:
        return bound if isinstance(bound, str) else self.expressions.dim(bound)

    def _for(self, axis: int, low, high, depth: int) -> int:
        """Begin a loop along an axis."""
        low, high = self.text(low), self.text(high)
        bounds = high if low == "0" else f"{low}, {high}"
        self.writer.line(f"for {self.names[axis]} in range({bounds}):", depth)
        return depth + 1

    # ── what all updates cover ────────────────────────────────────────────────────────────────────

    def _core(self, stop, depth: int) -> int:
        """Write the rows; gives where their outermost loop begins."""
        whole, path, begins = self.content.whole, (), []
        self.loops.count([whole])
        for axis, ends in enumerate(self.ends[:-1]):
            self.loops.temporaries(whole, path, depth)
            begins.append(len(self.writer.lines))
            depth = self._for(axis, ends.low, ends.high if axis else stop, depth)
            path = (*path, self.content.loops[axis])
        self._along(whole, path, depth)
        return begins[0]

    def _along(self, whole: Item, path: tuple, depth: int) -> int:
        """The innermost loop, and around it what only some updates cover; where it begins."""
        axis, ends = len(self.ends) - 1, self.ends[-1]
        held = dict(self.expressions.held)
        for name, end in (("low", ends.low), ("high", ends.high)):
            for group in self._apart(axis, name == "high", end):
                first, last = self.boxes[group[0]][axis]
                low, high = (first, end) if name == "low" else (end, last)
                self._loop(self.content.sum_of(group), path, low, high, depth)
        self.expressions.held = held
        begin = len(self.writer.lines)
        self._loop(whole, path, ends.low, ends.high, depth)
        return begin

    def _apart(self, axis: int, at_end: bool, bound) -> list[list[Item]]:
        """The updates that begin before all cover the axis (or end after it), those with one end together.

        What is set comes first: nothing may have been added to it.
        """
        groups: dict = {}
        for item in self.items:
            end = self.boxes[item][axis][at_end]
            if isinstance(bound, str) or end != bound:
                groups.setdefault(end, []).append(item)
        return [*groups.values()]

    def _loop(self, item: Item, path: tuple, low, high, depth: int) -> None:
        """One innermost loop."""
        axis, held = len(self.ends) - 1, dict(self.expressions.held)
        self.loops.count([item])
        self.loops.temporaries(item, path, depth)
        inside = self._for(axis, low, high, depth)
        self.loops.temporaries(item, (*path, *self.content.loops[-self.tail :]), inside)
        self.loops.item(item, inside)
        self.expressions.held = held

    # ── the rest ──────────────────────────────────────────────────────────────────────────────────

    def _line(self, doubts: str, depth: int) -> int:
        """A gather over one axis; where the loop over what all updates cover begins."""
        inside = depth
        if doubts:
            self.writer.line(f"if {doubts}:", depth)
            inside = depth + 1
        begin = self._along(self.content.whole, (), inside)
        if doubts:
            self.writer.line("else:", depth)
            for item in self.items:
                self._loop(item, (), *self.boxes[item][0], inside)
        return begin

    def _borders(self, stop, crossing: bool, depth: int) -> None:
        """The rows that some updates do not cover, update by update."""
        parts = self._parts(stop)
        if not parts:
            return
        part = self.writer.names.fresh("part")
        if len(parts) > 1:
            self.writer.line(f"for {part} in range({len(parts)}):", depth)
            depth += 1
        for axis in range(len(self.ends) - 1):
            low, high = (self._chosen([p[axis][end] for p in parts], part) for end in (0, 1))
            depth = self._for(axis, low, high, depth)
        for item in self.items:
            *rows, span = self.boxes[item]
            if not crossing and all((e.low, e.high) == row for e, row in zip(self.ends, rows)):
                continue  # it covers no more rows than all do
            tests = [text for axis, row in enumerate(rows) if (text := self._test(axis, *row))]
            if tests:
                self.writer.line(f"if {' and '.join(tests)}:", depth)
            self._loop(item, tuple(self.content.loops[: -self.tail]), *span, depth + bool(tests))

    def _parts(self, stop) -> list[tuple]:
        """Blocks of rows that make up what is left: for each axis but the last its first and last index."""
        whole = [(ends.first, ends.last) for ends in self.ends[:-1]]
        inner = [(ends.low, ends.high if axis else stop) for axis, ends in enumerate(self.ends[:-1])]
        found = []
        for axis in range(len(whole)):
            (first, last), (low, high) = whole[axis], inner[axis]
            for span in ((first, low), (high, last)):
                if span[0] != span[1]:
                    found.append((*inner[:axis], span, *whole[axis + 1 :]))
        return found

    def _chosen(self, bounds: list, part: str):
        """The bound for the part that is being done."""
        if all(bound == bounds[0] for bound in bounds):
            return bounds[0]
        *first, last = map(self.text, bounds)
        cases = [f"{text} if {part} == {k} else " for k, text in enumerate(first) if text != last]
        return f"{''.join(cases)}{last}"

    def _test(self, axis: int, low, high) -> str:
        """The condition that a row is an update's; '' where it always is."""
        ends, name = self.ends[axis], self.names[axis]
        below = "" if low == ends.first else f"{self.text(low)} <= "
        above = "" if high == ends.last else f" < {self.text(high)}"
        return f"{below}{name}{above}" if below or above else ""
