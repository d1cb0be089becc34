"""Which parts of a large function become functions of their own.

Numba's compile time grows faster than a function's length; forty equal layers need one function, not forty.
Calls are not free, however (each array is a dozen of words, and LLVM moves nothing out of a loop past them),
so a loop goes into one function whole where it is not too large for that.
"""

from __future__ import annotations

from broadax.backends.planner.nests import Level
from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import Block, Effect, For, If, Op, While, blocks, statements

MOST_HEAVY = 12  # nests and library calls in one function
LIGHT = frozenset({"zeros", "empty", "copy", "reshape"})


class Cutting:
    """Writes the steps of blocks; a part of `Writer`, of whose attributes it needs most."""

    def block(self, block: Block, depth: int) -> None:
        """Write the steps of a block; of a large function some of them as functions of their own."""
        steps = self.plan.steps[block]
        if not self.cutting:
            self._steps(steps, depth)
            return
        alone = block is self.plan.function.body
        for group in pieces(steps, [self._weight_to_cut(step.content) for step in steps], alone):
            if isinstance(group, list):
                self._outline(group, self._needed(block, group), depth)
            else:
                self._steps([group], depth)

    def _steps(self, steps: list, depth: int) -> None:
        for step in steps:
            saved = dict(self.expressions.held)
            self._step(step.content, depth)
            self.expressions.held = saved

    def weight(self, block: Block) -> int:
        """How many nests and library calls there are in a block."""
        return sum(self._weight_of(step.content) for step in self.plan.steps[block])

    def _weight_of(self, content) -> int:
        if isinstance(content, (For, While, If)):
            return sum(map(self.weight, blocks(content)))
        return int(_is_heavy(content))

    def _weight_to_cut(self, content) -> int:
        """The weight; that of what prints is too large for a function of its own."""
        return MOST_HEAVY + 1 if _prints(content) else self._weight_of(content)

    def _needed(self, block: Block, group: list) -> set[str]:
        """The names that a function of these steps gives back.

        Those of the scalars that they define, which may be sizes, and of the arrays that other steps, or the
        block's results, read.
        """
        read = set().union(*map(self.plan.named, block.results))
        for step in self.plan.steps[block]:
            if all(step is not own for own in group):
                read |= step.facts.reads
        defined = [v for step in group for v in step.facts.defines]
        return {self.names[v] for v in defined if v in read or getattr(v.aval, "shape", None) == ()}

    def _outline(self, group: list, needed: set[str], depth: int) -> None:
        """Write steps as a function of their own, and the call."""
        saved, self.lines, self.cutting = self.lines, [], False
        self._steps(group, 1)
        body, self.lines, self.cutting = self.lines, saved, True
        self.line(self.outlined.call(body, needed), depth, self.loc)


def pieces(steps: list, weights: list[int], alone: bool):
    """Steps as they are, and lists of steps that become a function each, in order.

    Args:
        weights: for each step, the nests and library calls in it.
        alone: does each step become a function by itself? Equal ones are found so; inside of loops
            neighbours share one, since calls cost more there.
    """
    group: list = []
    total = 0
    for step, weight in zip(steps, weights, strict=True):
        if group and (alone or total + weight > MOST_HEAVY):
            yield from _closed(group)
            group, total = [], 0
        if weight > MOST_HEAVY or not weight and not group:
            yield step
        else:
            group.append((step, weight))
            total += weight
    yield from _closed(group)


def _closed(group: list):
    """The group without the light steps at its end, and these."""
    last = max((k for k, (_, weight) in enumerate(group) if weight), default=-1)
    if last >= 0:
        yield [step for step, _ in group[: last + 1]]
    for step, _ in group[last + 1 :]:
        yield step


def _is_heavy(content) -> bool:
    """Does the step cost much to compile?"""
    if isinstance(content, Op):
        light = content.prim.name in LIGHT or isinstance(content.outs[0].aval, StackAval)
        return not light and content.outs[0].ndim > 0
    return isinstance(content, Level)


def _prints(content) -> bool:
    """Does a statement print, or one inside it?"""
    inner = blocks(content) if isinstance(content, (For, While, If)) else ()
    found = [content, *(s for block in inner for s in statements(block))]
    return any(isinstance(s, Effect) and s.kind == "print" for s in found)
