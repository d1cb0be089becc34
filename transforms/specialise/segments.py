"""`checkpoint`: functions and loops whose values are computed again in the reverse sweep.

A marked loop of n turns becomes a loop over segments, each a call that keeps only what it starts from:

    for i in range(n):          for k in range(segments):
        x = step(x, i)              x = call(k * m, x)    # for i in range(k * m, min((k + 1) * m, n)): …

The reverse sweep then has one state for each segment, and those of the turns of one segment at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from broadax.runtime.errors import TypeMismatchError, UnsupportedError
from broadax.transforms.composed import Composed
from broadax.transforms.core.avals import INDEX, INT
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.calls import Rule, closed, emit_call, part
from broadax.transforms.core.statements import Block, For, Lit, While
from broadax.transforms.custom import Again
from broadax.transforms.policies import check_loop_policy
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.transformed import special
from broadax.transforms.specialise.values import Closure, Host, Method


@dataclass(frozen=True, eq=False)
class Segmented:
    """What a marked loop runs over: in segments of `every` turns, or in `levels` of them."""

    sequence: Any
    every: Any = None
    levels: int = 2


@special("checkpoint")
def _checkpoint(it: Interpreter, subject=None, *, every=None, levels=None, policy=None, **options):
    if subject is None:
        more = {"every": every, "levels": levels, "policy": policy}
        return Host("checkpoint", lambda it, args, kwargs: _checkpoint(it, *args, **more))
    if isinstance(subject, (Closure, Method, Host, Composed)) or callable(subject):
        return Again(subject, policy)
    check_loop_policy(policy, it.loc)
    if every is not None and levels is not None:
        raise TypeMismatchError("checkpoint takes `every` or `levels`, not both", it.loc)
    levels = 2 if levels is None else it.static_index(levels, "levels")
    if levels < 1:
        raise TypeMismatchError(f"checkpoint: levels={levels}, but it counts from 1", it.loc)
    return Segmented(subject, every, levels)


def cut(it: Interpreter, marked: Segmented, since: int) -> None:
    """Cut the loop that was emitted after statement `since` into segments, if it will be reversed.

    Raises:
        UnsupportedError: the loop may be left early.
    """
    stmts = it.builder.open[-1]
    place = next((k for k in range(since, len(stmts)) if isinstance(stmts[k], (For, While))), None)
    if not it.differentiating or place is None:
        return
    loop = stmts[place]
    if not isinstance(loop, For):
        raise UnsupportedError(
            "a checkpointed loop with break or return",
            it.loc,
            "leave out checkpoint, or let the turns after the end do nothing",
        )
    rest = stmts[place + 1 :]
    del stmts[place:]
    with it.builder.at(loop.loc, loop.note):
        if marked.every is not None:
            _in_segments(it.builder, loop, it.builder.atom(marked.every), 1)
        else:
            _by_levels(it.builder, loop, marked.levels)
    stmts.extend(rest)


def _by_levels(builder: Builder, loop: For, levels: int) -> None:
    """Append a loop whose reverse keeps about `levels * n ** (1 / levels)` states of n turns."""
    if levels == 1:
        builder.add(loop)
    else:
        _in_segments(builder, loop, _root(builder, _turns(builder, loop), levels), levels - 1)


def _turns(builder: Builder, loop: For):
    """A loop's number of turns; not positive where it has none."""
    step = loop.step.value
    lo, hi = (loop.lo, loop.hi) if step > 0 else (loop.hi, loop.lo)
    if isinstance(lo, Lit) and isinstance(hi, Lit):
        return -((lo.value - hi.value) // abs(step))
    distance = builder.apply("subtract", hi, lo) if not (isinstance(lo, Lit) and lo.value == 0) else hi
    return distance if abs(step) == 1 else _divided_up(builder, distance, abs(step))


def _divided_up(builder: Builder, a, b, base: str = ""):
    """ceil(a / b) of integers."""
    if isinstance(a, int) and isinstance(b, int):
        return -(-a // b)
    more = builder.apply("add", a, b - 1 if isinstance(b, int) else builder.apply("subtract", b, 1))
    return builder.apply("floor_divide", more, b, base=base)


def _root(builder: Builder, turns, levels: int):
    """The length of the outermost segments: n ** ((levels - 1) / levels), rounded up."""
    power = (levels - 1) / levels
    if isinstance(turns, int):
        return max(1, math.ceil(max(turns, 0) ** power))
    some = builder.apply("convert", builder.apply("maximum", turns, 1), dtype="float64", weak=True)
    length = builder.apply("ceil", builder.apply("power", some, power))
    return builder.apply("convert", length, dtype=INT, weak=True, base="length")


def _in_segments(builder: Builder, loop: For, length, levels: int) -> None:
    """Append a loop over segments of `length` turns, each a call that is computed again in reverse."""
    length = length.value if isinstance(length, Lit) else length
    step = loop.step.value
    stride = length * step if isinstance(length, int) else builder.apply("multiply", length, step)
    stride = length if step == 1 else stride
    segments = _divided_up(builder, _turns(builder, loop), length, "segments")
    start = builder.var("start", INDEX)
    starts = tuple(builder.var(c.base, c.aval) for c in loop.carries)
    outs = tuple(builder.var(c.base, c.aval) for c in loop.carries)

    def turns(inner: Builder):
        end = inner.apply("add", start, stride)
        stop = inner.apply("minimum" if step > 0 else "maximum", end, loop.hi, base="stop")
        own = For(
            outs, loop.index, start, stop, loop.step, loop.carries, starts, loop.body,
            loc=loop.loc, note=loop.note,
        )  # fmt: skip
        _by_levels(inner, own, levels)
        return outs

    params, block = part(builder, (start, *starts), turns)
    (function,), outer = closed(builder, "segment", (params, block))
    rule = Rule("the loop's segment", "again", len(outer))
    index = builder.var("segment", INDEX)
    carries = tuple(builder.var(c.base, c.aval) for c in loop.carries)
    with builder.block() as stmts:
        first = builder.apply("multiply", index, stride, base="first")
        if not (isinstance(loop.lo, Lit) and loop.lo.value == 0):
            first = builder.apply("add", first, loop.lo, base="first")
        results = emit_call(builder, function, rule, (*outer, first, *carries), [c.base for c in carries])
    builder.add(
        For(
            loop.outs,
            index,
            Lit(0),
            builder.atom(segments),
            Lit(1),
            carries,
            loop.init,
            Block(tuple(stmts), results),
            loc=loop.loc,
            note=loop.note,
        )  # fmt: skip
    )
