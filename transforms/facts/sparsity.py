"""Which elements of a function's results depend on which elements of an argument, at given values.

Core is run by the reference interpreter's rules with a set beside each value: for each element the inputs
that it depends on differentiably, as the bits of a Python int. What an operation is not known to keep apart
counts as dependence of everything on everything, so the pattern may be too large, never too small.
"""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.evaluate import _effect, _read, _typed, static
from broadax.transforms.core.statements import Block, Effect, For, Function, If, Lit, Op, While
from broadax.transforms.jvp.tangents import differentiable, flows
from broadax.transforms.primitives import registry

# Operations that only move elements: they move the sets in the same way.
MOVES = frozenset(("index", "reshape", "transpose", "broadcast_to", "copy", "concatenate", "stack", "at_set"))
SAME = frozenset(("convert", "stack_copy"))


def pattern(function: Function, args, number: int) -> list[list[int]]:
    """For each result and each of its elements the set of elements of argument `number` that it depends on.

    Args:
        args: the flat arguments of a lowered function without stacks.
    """
    run = _Run()
    run.env.update(zip(function.params, args, strict=True))
    for var, param, axis in function.sizes:
        run.env[var] = int(run.env[param].shape[axis])
    x = function.params[number]
    bits = np.array([1 << k for k in range(np.size(args[number]))], dtype=object)
    run.sets[x] = bits.reshape(np.shape(args[number]))
    run.block(function.body)
    return [np.ravel(run.set_of(r)).tolist() for r in function.body.results]


class _Run:
    """The values and the sets of the variables."""

    def __init__(self):
        self.env: dict = {}
        self.sets: dict = {}

    def set_of(self, atom):
        """The sets of an atom's elements."""
        if not isinstance(atom, Lit) and atom in self.sets:
            return self.sets[atom]
        return _plain(np.zeros(np.shape(_read(atom, self.env)), dtype=object))

    def bind(self, targets, atoms) -> None:
        pairs = [(t, _read(a, self.env), self.set_of(a)) for t, a in zip(targets, atoms, strict=True)]
        for target, value, sets in pairs:
            self.env[target], self.sets[target] = value, sets

    def block(self, block: Block) -> None:
        for stmt in block.stmts:
            self.stmt(stmt)

    def stmt(self, stmt) -> None:
        match stmt:
            case Op():
                self.op(stmt)
            case If():
                side = stmt.then if _read(stmt.cond, self.env) else stmt.orelse
                self.block(side)
                self.bind(stmt.outs, side.results)
            case For():
                lo, hi, step = (int(_read(a, self.env)) for a in (stmt.lo, stmt.hi, stmt.step))
                self.bind(stmt.carries, stmt.init)
                for i in range(lo, hi, step):
                    self.env[stmt.index] = i
                    self.block(stmt.body)
                    self.bind(stmt.carries, stmt.body.results)
                self.bind(stmt.outs, stmt.carries)
            case While():
                self.bind(stmt.carries, stmt.init)
                while self.block(stmt.cond) or _read(stmt.cond.results[0], self.env):
                    self.block(stmt.body)
                    self.bind(stmt.carries, stmt.body.results)
                self.bind(stmt.outs, stmt.carries)
            case Effect():
                _effect(stmt, [_read(a, self.env) for a in stmt.args])

    def op(self, op: Op) -> None:
        params = {k: static(v, self.env) for k, v in op.params.items()}
        args = [_read(a, self.env) for a in op.args]
        value = op.prim.impl(*args, **params)
        values = value if len(op.outs) > 1 else (value,)
        for var, x in zip(op.outs, values, strict=True):
            self.env[var] = _typed(x, var.aval)
        ways = [k for k in flows(op) if op.args[k] in self.sets and np.any(self.sets[op.args[k]] != 0)]
        if ways:
            sets = self._moved(op, params, args, ways)
            for var in op.outs:
                if differentiable(var.aval):
                    shape = np.shape(self.env[var])
                    self.sets[var] = _plain(np.array(np.broadcast_to(sets, shape), dtype=object))

    def _moved(self, op: Op, params: dict, args: list, ways: list[int]):
        name, given = op.prim.name, [self.set_of(a) for a in op.args]
        if op.prim.kind == "elementwise" or name in SAME:
            out = given[ways[0]]
            for k in ways[1:]:
                out = np.bitwise_or(out, given[k])
            return out
        if name in MOVES:
            moving = flows_of_moves(op)
            return op.prim.impl(*(given[k] if k in moving else a for k, a in enumerate(args)), **params)
        if name == "at_add" and all(np.ndim(a) == 0 for a in args[2:]):
            part = registry.get("index").impl(given[0], *args[2:], **params)
            both = np.bitwise_or(part, given[1])
            return registry.get("at_set").impl(given[0], both, *args[2:], **params)
        if name == "sum":
            return np.bitwise_or.reduce(given[0], axis=params["axes"], keepdims=params["keepdims"])
        union = 0
        for k in ways:
            union |= np.bitwise_or.reduce(np.ravel(given[k]).astype(object))
        return union


def _plain(sets: np.ndarray):
    """The sets of an array's elements, or the one of a number as an int."""
    return sets if sets.ndim else sets.item()


def flows_of_moves(op: Op) -> tuple[int, ...]:
    """The operands of a moving operation whose elements move; the others say where to."""
    if op.prim.name in ("concatenate", "stack"):
        return tuple(range(len(op.args)))
    return (0, 1) if op.prim.name == "at_set" else (0,)


def colours(rows: list[int], count: int) -> list[int]:
    """A colour for each column, so that no row has two columns of one colour; greedy, in order."""
    taken: dict[int, int] = {}  # colour → the rows that it meets
    by_column = [0] * count
    for r, row in enumerate(rows):
        while row:
            low = row & -row
            by_column[low.bit_length() - 1] |= 1 << r
            row ^= low
    found = []
    for column in by_column:
        colour = next((c for c, met in taken.items() if not met & column), len(taken))
        taken[colour] = taken.get(colour, 0) | column
        found.append(colour)
    return found
