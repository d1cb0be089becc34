"""`if`, `for` and `while` as StableHLO's; a failed check is one more value that they give.

A region reads values from around it as they are.
"""

from __future__ import annotations

import numpy as np

from broadax.backends.pjrt.room import fit
from broadax.backends.pjrt.types import BOOL
from broadax.backends.pjrt.values import Value
from broadax.backends.pjrt.writer import listed
from broadax.transforms.core.statements import For, If, Lit, Var, While


def write_if(emitter, stmt: If) -> None:
    """An `if`; without results and checks nothing is left of it."""
    w, before = emitter.writer, emitter.writer.failed
    cond = emitter.read(stmt.cond)
    branches = []
    for block in (stmt.then, stmt.orelse):
        w.failed = before
        with w.region() as lines:
            branches.append([lines, flat(emitter.block(block)), None])
        branches[-1][2] = w.failed
    failed = any(end is not before for _, _, end in branches)
    outs = flat([emitter.argument(v) for v in stmt.outs])
    w.failed = before
    if failed:
        outs.append(w.new(*emitter.checks.type, "failed"))
        for branch in branches:
            branch[1].append(branch[2] if branch[2] is not None else emitter.checks.none())
        w.failed = outs[-1]
    if not outs:
        return
    names = listed(outs)
    w.line(*names, ' = "stablehlo.if"(', cond, ") ({")
    for k, (lines, results, _) in enumerate(branches):
        w.lines.extend(lines)
        results = _fitted(w, results, outs)
        _return(w, results)
        end = f"}}) : (tensor<i1>) -> ({', '.join(o.type for o in outs)}){w.place()}"
        w.line("}, {" if k == 0 else end)


def flat(values) -> list[Value]:
    """Values with those of stacks one after the other."""
    return [v for x in values for v in ([x] if isinstance(x, Value) else [x.rows, x.count])]


def _fitted(w, values, like) -> list[Value]:
    """Values with as much room as others have."""
    return [fit(w, v, a.shape) for v, a in zip(values, like, strict=True)]


def _return(w, results) -> None:
    types = ", ".join(r.type for r in results)
    w.depth += 1
    w.line("stablehlo.return ", *listed(results), f" : {types}")
    w.depth -= 1


def write_for(emitter, stmt: For) -> None:
    """A counted loop: the index is the first value that is carried."""
    w = emitter.writer
    lo, hi, step = (emitter.read(a).convert(np.int64) for a in (stmt.lo, stmt.hi, stmt.step))

    def cond(values):
        if isinstance(stmt.step, Lit):
            return values[0] < hi if stmt.step.value > 0 else values[0] > hi
        return w.select(step > 0, values[0] < hi, values[0] > hi)

    def body(values):
        return [values[0] + step, *emitter.block(stmt.body)]

    init = [lo, *map(emitter.read, stmt.init)]
    _bind(emitter, stmt.outs, loop(emitter, (stmt.index, *stmt.carries), init, cond, body)[1:])


def write_while(emitter, stmt: While) -> None:
    """A loop whose condition is a region; if that has checks, each turn asks it at its end."""
    w, init = emitter.writer, [emitter.read(a) for a in stmt.init]

    def ask(values) -> Value:
        for var, value in zip(stmt.carries, values, strict=False):
            emitter.declare(var, value)
        return emitter.block(stmt.cond)[0]

    if not _has_checks(emitter, stmt):
        found = loop(emitter, stmt.carries, init, ask, lambda values: emitter.block(stmt.body))
    else:

        def body(values):
            results = emitter.block(stmt.body)
            return [*results, ask(results)]

        carries = (*stmt.carries, w.new(BOOL))
        found = loop(emitter, carries, [*init, ask(init)], lambda values: values[-1], body)
    _bind(emitter, stmt.outs, found[: len(stmt.outs)])


def _bind(emitter, outs, values) -> None:
    """The values after a loop get the names of its results."""
    for var, value in zip(outs, values, strict=True):
        if isinstance(value, Value):
            value.name = emitter.writer.fresh(var.name)
        emitter.declare(var, value)


def _has_checks(emitter, stmt: While) -> bool:
    """Has the condition checks? It is written once for that, and forgotten."""
    w = emitter.writer
    saved = dict(emitter.values), w.failed, set(w.taken), dict(w.constants), dict(emitter.checks.found)
    mark = w.failed = w.new(*emitter.checks.type)
    with w.region():
        for var in stmt.carries:
            emitter.argument(var)
        emitter.block(stmt.cond)
    found = w.failed is not mark
    emitter.values, w.failed, w.taken, w.constants, emitter.checks.found = saved
    return found


def loop(emitter, carries, init, cond, body) -> list:
    """A `stablehlo.while` over carries, which are variables or bare values; the values after it.

    `cond(values)` and `body(values)` are called inside its regions. With checks it ends when one failed.
    """
    w, before = emitter.writer, emitter.writer.failed
    arguments = [emitter.argument(c) if isinstance(c, Var) else c for c in carries]
    own = w.failed = w.new(*emitter.checks.type, "failed")
    with w.region() as turn:
        results = body(arguments)
        results = _fitted(w, flat(results), flat(arguments))
    end, w.failed = w.failed, own
    for var, value in zip(carries, arguments, strict=True):
        if isinstance(var, Var):
            emitter.declare(var, value)
    with w.region() as question:
        answer = cond(arguments)
        if end is not own:
            answer = answer & emitter.checks.fine()
    w.failed = before
    takes = flat(arguments)
    init = _fitted(w, flat(init), takes)
    if end is not own:
        takes, results = [*takes, own], [*results, end]
        init = [*init, before if before is not None else emitter.checks.none()]
    after = [w.new(a.dtype, a.shape, a.name) for a in takes]
    _write_loop(w, after, takes, init, (question, [answer]), (turn, results))
    if end is not own:
        w.failed = after[-1]
    return _as_before(arguments, after)


def _as_before(arguments, after) -> list:
    """Flat values as values and stacks, as the arguments are."""
    given = iter(after)
    return [next(given) if isinstance(a, Value) else type(a)(next(given), next(given)) for a in arguments]


def _write_loop(w, after, arguments, init, question, turn) -> None:
    pairs = [part for a, v in zip(arguments, init, strict=True) for part in (", ", a, " = ", v)][1:]
    types = ", ".join(a.type for a in arguments)
    w.line(*listed(after), " = stablehlo.while(", *pairs, f") : {types}")
    for word, (lines, results) in (("cond {", question), ("} do {", turn)):
        w.line(word)
        w.lines.extend(lines)
        _return(w, results)
    w.line(f"}}{w.place()}")
