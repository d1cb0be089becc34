"""Cuts a block into statements for the whole batch and groups that run one example at a time."""

from __future__ import annotations

from dataclasses import dataclass

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import Block, Effect, Op, Stmt, Var, all_uses, blocks, statements
from broadax.transforms.vmap.activity import Activity
from broadax.transforms.vmap.collectives import is_collective


@dataclass(frozen=True)
class Group:
    """Consecutive statements for one loop over the examples.

    Attributes:
        shared: those that are the same for all examples, to be done once, before the loop.
        stmts: those of the loop's body.
        outs: what the loop's body defines and later statements read.
    """

    shared: list[Stmt]
    stmts: list[Stmt]
    outs: list[Var]


def plan(block: Block, activity: Activity) -> list[Stmt | Group]:
    """The statements of a block in order, with those that go example by example grouped.

    A group reaches from the first to the last reader of what can't leave the loop (a stack, an
    array whose size differs between examples). Groups join where only scalar work lies between, and
    take in scalar work at their ends where that saves an array of the batch's size.

    Raises:
        UnsupportedError: an array whose size differs between examples leaves the block.
    """
    stmts = block.stmts
    spans = _spans(block, activity)
    if not spans:
        return list(stmts)
    out: list[Stmt | Group] = []
    at = 0
    for first, last in spans:
        out.extend(stmts[at:first])
        out.append(_group(block, first, last, activity))
        at = last + 1
    return out + list(stmts[at:])


def _spans(block: Block, activity: Activity) -> list[tuple[int, int]]:
    regions = [i for i, s in enumerate(block.stmts) if s in activity.regions]
    if not regions:
        return []
    last_use = {v: i for i, s in enumerate(block.stmts) for v in all_uses(s)}
    spans: list[tuple[int, int]] = []
    for i in regions:
        stmt = block.stmts[i]
        glued = [v for v in stmt.outs if activity.glued(v)]
        for var in glued:
            if var in block.results:
                raise _leaves(var, stmt)
        span = (i, max([i, *(last_use.get(v, i) for v in glued)]))
        while spans and (
            span[0] <= spans[-1][1] or _light(block.stmts[spans[-1][1] + 1 : span[0]], activity)
        ):
            first, last = spans.pop()
            span = (first, max(last, span[1]))
        spans.append(span)
    return _Ends(block, activity).extended(spans)


class _Ends:
    """Takes scalar work before and after a group into it, where no more arrays then leave the loop."""

    def __init__(self, block: Block, activity: Activity):
        self.block, self.activity = block, activity
        self.last_use = {v: i for i, stmt in enumerate(block.stmts) for v in all_uses(stmt)}
        self.last_use.update((v, len(block.stmts)) for v in block.results if isinstance(v, Var))

    def extended(self, spans) -> list[tuple[int, int]]:
        out, end = [], 0
        for k, (first, last) in enumerate(spans):
            stop = spans[k + 1][0] if k + 1 < len(spans) else len(self.block.stmts)
            first = self._first(first, last, end)
            last = self._last(first, last, stop)
            out.append((first, last))
            end = last + 1
        return out

    def _first(self, first: int, last: int, end: int) -> int:
        """From where on what comes before a group is read by it alone."""
        for i in self._reach(range(first - 1, end - 1, -1)):
            if any(self.last_use.get(v, -1) > last for v in self.block.stmts[i].outs):
                break
            first = i
        return first

    def _last(self, first: int, last: int, stop: int) -> int:
        """How far a group may reach so that no more variables leave it than now."""
        touched = filter(self.activity.touched, self.block.stmts[first : last + 1])
        alive = {v for s in touched for v in s.outs if self.last_use.get(v, -1) > last}
        most = len(alive)
        for i in self._reach(range(last + 1, stop)):
            alive = {v for v in (*alive, *self.block.stmts[i].outs) if self.last_use.get(v, -1) > i}
            if len(alive) <= most:
                last, most = i, len(alive)
        return last

    def _reach(self, places):
        """The scalar work that can be reached, passing over what is the same for all examples."""
        for i in places:
            stmt = self.block.stmts[i]
            if self.activity.touched(stmt):
                if not _scalar_work(stmt):
                    return
                yield i
            elif not _quiet(stmt):
                return


def _leaves(var: Var, stmt: Stmt) -> UnsupportedError:
    return UnsupportedError(
        f"the size of `{var.base}` differs between the examples of a vmap, and an array has one size for all",
        stmt.loc,
        "reduce it to a fixed size inside the function, or mask a full-sized array with np.where",
    )


def _light(stmts, activity: Activity) -> bool:
    """Is this work between two groups as well done inside one loop?"""
    return all(_scalar_work(s) if activity.touched(s) else _quiet(s) for s in stmts)


def _scalar_work(stmt: Stmt) -> bool:
    """One scalar out of scalars, or one element of an array."""
    if (
        not isinstance(stmt, Op)
        or is_collective(stmt)
        or any(isinstance(v.aval, StackAval) or v.shape for v in stmt.outs)
    ):
        return False
    return stmt.prim.name == "index" or all(not a.shape for a in stmt.args)


def _quiet(stmt: Stmt) -> bool:
    """Without output of its own, so that it may run before what stands before it."""
    inner = (s for block in blocks(stmt) for s in statements(block))
    return not any(isinstance(s, Effect) and s.kind != "check" for s in (stmt, *inner))


def _group(block: Block, first: int, last: int, activity: Activity) -> Group:
    run = block.stmts[first : last + 1]
    shared = [s for s in run if not activity.touched(s) and _quiet(s)]
    stmts = [s for s in run if s not in shared]
    later = {v for s in block.stmts[last + 1 :] for v in all_uses(s)} | set(block.results)
    return Group(shared, stmts, [v for s in stmts for v in s.outs if v in later])
