"""What the reverse sweep of a `while` saves: rows of an array, as many as the loops around can need.

A stack is two values: its rows, and how many of them are in use.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from broadax.backends.pjrt.bounds import Bounds
from broadax.backends.pjrt.places import Window, cut
from broadax.backends.pjrt.table import emits
from broadax.backends.pjrt.types import INT
from broadax.backends.pjrt.updates import put
from broadax.backends.pjrt.values import Value
from broadax.runtime.errors import BackendError
from broadax.transforms.core.avals import StackAval
from broadax.transforms.core.statements import For, Function, If, Op, Var, While, statements

SAVED = "the reverse sweep of this loop saves values of each turn, and nothing bounds the number of turns"
GROWN = "a list grows in this loop, and nothing bounds the number of turns"
INSTEAD = (
    'a counter in its condition, `while … and k < 100`; a `for` over a range with a break; or backend="numba"'
)
INSTEAD_OF_SAVING = f"grad(f, max_turns=100), the same for value_and_grad, jacrev, hessian and vjp; {INSTEAD}"


@dataclass(frozen=True)
class Stack:
    """`rows`: [capacity, …]; `count`: how many are in use."""

    rows: Value
    count: Value


class Capacities:
    """How many items the stacks of a function can hold.

    Stacks that may be the same one, since one becomes the other, have one capacity: for each `push` the
    product of the turns of the loops between it and the place where the stack is made.
    """

    def __init__(self, function: Function, bounds: Bounds):
        self.bounds, self.parents = bounds, {}
        bounds.pushed = self.pushed
        for stmt in statements(function.body):
            self._join(stmt)

    def of(self, var: Var, loc) -> int:
        """
        Raises:
            BackendError: the number of turns has no bound.
        """
        mine = [op for op in self.bounds.around if self._root(op.outs[0]) is self._root(var)]
        made = [self.bounds.around[op] for op in mine if op.prim.name == "stack_new"]
        total = 0
        for op in mine:
            if op.prim.name == "stack_push":
                loops = self.bounds.around[op]
                inner = loops[min(_shared(loops, other) for other in made) :]
                saved = any(op.params.get("mirrored") for op in mine)
                total += math.prod(self._turns(loop, loc, saved) for loop in inner)
        return max(1, int(total))

    def _turns(self, loop, loc, saved: bool) -> float:
        turns = self.bounds.turns(loop)
        if not math.isfinite(turns):
            what, instead = (SAVED, INSTEAD_OF_SAVING) if saved else (GROWN, INSTEAD)
            raise BackendError(what, loop.loc or loc, instead)
        return turns

    def pushed(self, var: Var) -> list:
        """What is ever pushed on a stack."""
        ops = [op for op in self.bounds.around if op.prim.name == "stack_push"]
        return [op.args[1] for op in ops if self._root(op.outs[0]) is self._root(var)]

    def _join(self, stmt) -> None:
        """Variables that stand for one stack."""
        match stmt:
            case Op() if isinstance(stmt.outs[0].aval, StackAval) and stmt.args:
                self._same(stmt.outs[0], stmt.args[0])
            case If():
                self._all(stmt.outs, stmt.then.results, stmt.orelse.results)
            case For() | While():
                self._all(stmt.outs, stmt.carries, stmt.init, stmt.body.results)

    def _all(self, *rows) -> None:
        for first, *others in zip(*rows, strict=True):
            if isinstance(first.aval, StackAval):
                for other in others:
                    self._same(first, other)

    def _root(self, var: Var) -> Var:
        while var in self.parents:
            var = self.parents[var]
        return var

    def _same(self, a: Var, b: Var) -> None:
        a, b = self._root(a), self._root(b)
        if a is not b:
            self.parents[a] = b


def _shared(loops: tuple, others: tuple) -> int:
    """How many of the outermost loops are the same."""
    pairs = zip(loops, others, strict=False)
    return next((k for k, (a, b) in enumerate(pairs) if a is not b), min(len(loops), len(others)))


def at_row(w, stack: Stack, place: Value) -> list[Window]:
    rows = stack.rows
    return [Window(place, 1, 1, 1), *(Window(0, dim, 1, dim) for dim in rows.shape[1:])]


@emits("stack_new")
def new(emitter, op):
    w, item = emitter.writer, op.out.aval.item
    capacity = emitter.capacities.of(op.out, emitter.loc)
    return Stack(w.const(0, item.dtype, (capacity, *item.shape)), w.const(0, INT))


@emits("stack_push")
def push(emitter, op, stack, x):
    w = emitter.writer
    rows = put(w, stack.rows, x.reshape(1, *x.shape), at_row(w, stack, stack.count), False)
    return Stack(rows, stack.count + 1)


@emits("stack_pop")
def pop(emitter, op, stack):
    w, count = emitter.writer, stack.count - 1
    if op.params.get("spare") is None:
        item = cut(w, stack.rows, at_row(w, stack, count))
        return Stack(stack.rows, count), item.reshape(*item.shape[1:])
    some = stack.count > 0
    count = w.select(some, count, 0)
    item = cut(w, stack.rows, at_row(w, stack, count))
    item = item.reshape(*item.shape[1:])
    return Stack(stack.rows, count), w.select(w.broadcast(some, item.shape), item, 0)


@emits("stack_copy")
def copy(emitter, op, stack):
    return stack
