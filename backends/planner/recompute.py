"""Arrays that one statement reads at several places (`f[1:] - f[:-1]`): computed there again, or kept?

To compute them again takes more arithmetic, but no pass over memory that writes them; and the elements that
they are computed from are mostly the same for neighbours. So both are counted, by loads and operations.
"""

from __future__ import annotations

from collections.abc import Callable

from broadax.backends.planner.elements import Elements
from broadax.backends.planner.items import items_of
from broadax.backends.planner.kinds import FREE, cost, kind
from broadax.backends.planner.nodes import Node, walk
from broadax.transforms.core.statements import Block, Op, Var

MORE = 1.2  # times the work without recomputation that is worth a pass over memory
MOST = 64  # loads and operations of one element: longer loops run out of registers
READERS = frozenset({"point", "update", "reduce"})
PLAIN = frozenset({"load", "lit", "scalar", "prim", "convert", "arithmetic", "select", "test", "position"})


class Recomputing:
    """Adds to `inlining.inlined` what is computed again, block by block.

    Args:
        inlining: the other decisions, which have been made (an `Inlining`).
        written: gives the memory that a statement writes.
    """

    def __init__(self, inlining, written: Callable):
        self.inlining, self.written = inlining, written
        self.users: dict[Var, list] = {}  # the statements of this block that read a variable

    def block(self, block: Block) -> None:
        """Decide for the values of a block, the last ones first."""
        values = [s.out for s in block.stmts if isinstance(s, Op) and len(s.outs) == 1 and self._may_be(s)]
        if not values:
            return
        self.users = {}
        for stmt in block.stmts:
            for var in {a for a in getattr(stmt, "args", ()) if isinstance(a, Var)}:
                self.users.setdefault(var, []).append(stmt)
        for var in reversed(values):
            if var not in self.inlining.inlined:
                self._decide(var, block)

    def _may_be(self, op: Op) -> bool:
        out, own = op.outs[0], self.inlining
        return bool(out.shape) and kind(op) == "point" and out not in own.kept and out not in own.repeated

    def _readers(self, var: Var) -> list:
        """The statements of the block with code of their own that read a value, maybe through others."""
        found: dict = {}
        rest = [var]
        while rest:
            for stmt in self.users.get(rest.pop(), ()):
                if len(stmt.outs) == 1 and stmt.outs[0] in self.inlining.inlined:
                    rest.append(stmt.outs[0])
                else:
                    found[stmt] = None
        return list(found)

    def _decide(self, var: Var, block: Block) -> None:
        readers = self._readers(var)
        if len(readers) != 1 or not isinstance(readers[0], Op) or kind(readers[0]) not in READERS:
            return
        if readers[0] in self.inlining.in_run:  # a gather, which has its own rule
            return
        reader, group = readers[0], self._with_own(var, block)
        now, then = self._nodes(reader, set()), self._nodes(reader, group)
        places = {n.data[1] for n in now if n.op == "load" and n.data[0] is var}
        if len(places) < 2 or not all(n.op in PLAIN for n in then) or self._is_written(group, reader, block):
            return
        own = self._nodes(self.inlining.definition[var], group - {var})
        more = _work(then)
        if more <= MOST and more <= MORE * (_work(now) + _work(own) + 1):
            self.inlining.inlined |= group

    def _with_own(self, var: Var, block: Block) -> set:
        """The value, and what is computed for it alone (several of its operations read that)."""
        group, rest = {var}, [var]
        while rest:
            op = self.inlining.definition[rest.pop()]
            for node in self._nodes(op, group):
                made = self.inlining.definition.get(node.data[0]) if node.op == "load" else None
                if made is None or node.data[0] in group or self.inlining.home[made.out][0] is not block:
                    continue
                if self._may_be(made) and self._readers(made.out) == [op]:
                    group.add(made.out)
                    rest.append(made.out)
        return group

    def _nodes(self, op: Op, more: set) -> list[Node]:
        """What one element of an operation's result is computed from, with more values computed again."""
        elements = Elements(self.inlining.definition, self.inlining.inlined | more, self.inlining.ranges)
        seen: set = set()
        found = []
        for item in items_of(op):
            item.bind(elements, {})
            found += [node for root in item.roots for node in walk(root, seen)]
        return found

    def _is_written(self, group: set, reader: Op, block: Block) -> bool:
        """May what the values are computed from be written before their reader has read all of it?"""
        storage, home = self.inlining.storage, self.inlining.home
        loads = [n for v in group for n in self._nodes(self.inlining.definition[v], group) if n.op == "load"]
        memory = {storage.of(n.data[0]) for n in loads}
        first = min(home[v][1] for v in group)
        between = block.stmts[first + 1 : block.stmts.index(reader) + 1]
        return any(memory & self.written(stmt) for stmt in between)


def _work(nodes: list[Node]) -> float:
    """Loads and operations."""
    total = 0.0
    for node in nodes:
        if node.op == "prim":
            total += 0 if node.data.prim.name in FREE else cost(node.data)
        total += node.op in ("load", "select", "arithmetic", "test")
    return total
