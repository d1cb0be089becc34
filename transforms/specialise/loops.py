"""Loops: a Core loop whose carried types are found by iterating to a fixed point, or unrolled turns."""

from __future__ import annotations

import gast

from broadax.runtime.errors import BroadaxError, StaticNeeded, UnsupportedError
from broadax.transforms.core import sizes
from broadax.transforms.core.avals import INDEX
from broadax.transforms.core.statements import Block, For, Lit, Var, While
from broadax.transforms.specialise import deferred, resizing
from broadax.transforms.specialise.arrays import LoopConflict, settle_name
from broadax.transforms.specialise.assign import assign
from broadax.transforms.specialise.control import (
    branch,
    interrupted,
    plain_boolean,
    run_block,
)
from broadax.transforms.specialise.fixed_point import finish, read_loop
from broadax.transforms.specialise.generators import is_generator, loop_over
from broadax.transforms.specialise.growth import UNCOUNTED, Trips, at_least_zero
from broadax.transforms.specialise.interpreter import BranchDies, Interpreter, statement
from broadax.transforms.specialise.iterate import Sequence, nested, opened, sequence_of
from broadax.transforms.specialise.liveness import liveness
from broadax.transforms.specialise.ranges import as_dim
from broadax.transforms.specialise.segments import Segmented, cut
from broadax.transforms.specialise.values import UNDEFINED, Array, Record

MAX_UNROLLED = 512
MAX_GUARDED = 64


def stored_places(it: Interpreter, node, frame) -> list:
    """Names that a loop's body assigns and that hold run-time values now; `x += y` keeps an array."""
    nodes = list(gast.walk(node))
    targets = [n for n in nodes if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store)]
    updated = {n.target for n in nodes if isinstance(n, gast.AugAssign)}
    names = dict.fromkeys(n.id for n in targets if n not in updated)
    found = [(frame, name) for name in names]
    found = [p for p in found if isinstance(it.store.get(*p), (Var, Array, tuple))]
    numbers = [(frame, n.id) for n in targets if n in updated and n.id not in names]
    return [*found, *dict.fromkeys(p for p in numbers if isinstance(it.store.get(*p), (Var, tuple)))]


# ── for ───────────────────────────────────────────────────────────────────────────────────────────


@statement(gast.For)
def _for(it: Interpreter, node, frame):
    resizing.as_lists(it, node, frame, _returning(_run_for))


def _run_for(it: Interpreter, node, frame) -> None:
    over, since = opened(it, it.eval(node.iter, frame)), len(it.builder.open[-1])
    if is_generator(over):
        loop_over(it, over, lambda item: _turn(it, item, node, frame), frame, _may_stop(node))
        _after_loop(it, node, frame)
        return
    with it.placed(node.iter, frame):
        loops = nested(it, over)
        if loops is None:
            loops = [sequence_of(it, over.sequence if isinstance(over, Segmented) else over)], None

    _run_nested(it, *loops, lambda item: _turn(it, item, node, frame), frame, node)
    if isinstance(over, Segmented):
        cut(it, over, since)
    _after_loop(it, node, frame, loops[0][0].count is None)


def _turn(it: Interpreter, item, node, frame) -> None:
    """One turn of a `for`."""
    assign(it, node.target, item, frame)
    run_block(it, node.body, frame)
    it.store.set(frame, "%continue", False)


def _run_nested(it: Interpreter, sequences: list, make, turn, frame, node, items: tuple = ()) -> None:
    """Run `turn(make(items))` for all combinations of the items of sequences."""
    if not sequences:
        turn(make(items) if make is not None else items[0])
        return
    first, *others = sequences
    run_sequence(
        it,
        first,
        lambda item: _run_nested(it, others, make, turn, frame, node, (*items, item)),
        frame,
        node,
    )


def run_sequence(it: Interpreter, sequence: Sequence, turn, frame, node) -> None:
    """Run `turn(item)` for each item: as a Core loop where that works, else turn by turn."""
    count = sequence.count
    if sequence.static or isinstance(count, int) and count <= 1:
        _unroll(it, sequence, turn, frame, 0)
        return
    if count is None and not (_may_stop(node) or frame.stops):
        raise UnsupportedError("a loop over an endless iterator that nothing leaves", it.loc)
    state = dict(it.builder.names.count), len(it.builder.open[-1])
    listed, outdated, shared = set(it.listed), set(it.outdated), it.shared.copy()
    _forget(it, node, frame)
    try:
        if _may_stop(node) or frame.stops:
            _while_loop(it, sequence, turn, frame, node)
        else:
            _for_loop(it, sequence, turn, frame, node)
    except BranchDies:  # every turn raises: only the first is ever begun
        it.inputs.rewind(state[0])
        del it.builder.open[-1][state[1] :]
        begun = count is None or it.builder.apply("greater", it.builder.atom(count), 0)
        _unless_false(it, begun, lambda: turn(sequence.item(0)))
    except (StaticNeeded, LoopConflict) as error:
        if isinstance(error, StaticNeeded) and error.sources:
            raise
        turns = _known_count(count)
        if turns is None:
            if isinstance(count, Var) and it.inputs.is_input(it, count):
                it.inputs.fix(count)  # read again, with the number of turns known
            raise
        it.inputs.rewind(state[0])
        del it.builder.open[-1][state[1] :]
        it.listed, it.outdated, it.shared = listed, outdated, shared
        try:
            _unroll(it, Sequence(turns, sequence.item, True), turn, frame, 0)
        except BroadaxError as second:
            raise second from error


def _forget(it: Interpreter, node, frame) -> None:
    """What a name that belongs to the turns held before the loop is not read again."""
    if not isinstance(node, (gast.For, gast.While)) or not isinstance(frame.node, gast.FunctionDef):
        return
    for name in liveness(frame.node).of_turns(node):
        if it.store.get(frame, name) is not UNDEFINED:
            it.store.set(frame, name, UNDEFINED)


def _known_count(count) -> int | None:
    """The number of turns, if they are few enough to be written out; guarded where it is a size."""
    if isinstance(count, int):
        return count if count <= MAX_UNROLLED else None
    value = sizes.hint(count)
    if value is None or value > MAX_GUARDED:
        return None
    sizes.same(count, value)
    return value


def _may_stop(node) -> bool:
    """Is there a break of this loop, or a return, in its body?"""
    return any(
        _leaves(stmt) for stmt in getattr(node, "body", ()) if not isinstance(node, gast.comprehension)
    )


def _leaves(node, inner: bool = False, breaks_only: bool = False) -> bool:
    if isinstance(node, gast.Return) and not breaks_only or isinstance(node, gast.Break) and not inner:
        return True
    if isinstance(node, (gast.FunctionDef, gast.Lambda)):
        return False
    inner = inner or isinstance(node, (gast.For, gast.While))
    return any(_leaves(child, inner, breaks_only) for child in gast.iter_child_nodes(node))


def _breaks(node) -> bool:
    """Is there a break of this loop?"""
    return any(_leaves(stmt, breaks_only=True) for stmt in node.body)


def _returning(run):
    """How a loop is run whose returns may have to be evaluated after it."""

    def run_returning(it, node, frame):
        deferred.run(it, node, frame, run, not _endless(node) or _breaks(node))

    return run_returning


def _endless(node) -> bool:
    """Is it a `while True`?"""
    return isinstance(node, gast.While) and isinstance(node.test, gast.Constant) and bool(node.test.value)


def _unroll(it: Interpreter, sequence: Sequence, turn, frame, k: int) -> None:
    """Run the turns from `k` on, one after the other."""
    while k < sequence.count:
        turn(sequence.item(k))
        k += 1
        stop = interrupted(it, frame, ("%returned", "%break"))
        if stop is True:
            return
        if stop is not False:
            go_on = it.builder.apply("logical_not", stop)
            branch(it, go_on, lambda: _unroll(it, sequence, turn, frame, k), lambda: None)  # noqa: B023
            return


def _for_loop(it: Interpreter, sequence: Sequence, turn, frame, node) -> None:
    lo, hi, step = (it.builder.atom(b) for b in sequence.bounds)
    index = it.builder.var(_index_name(node), INDEX)
    it.ranges.note(index, *sequence.bounds)

    def read_turn():
        turn(sequence.at(index))

    trips = Trips.of_range(it, index, *sequence.bounds)
    templates, last = read_loop(it, stored_places(it, node, frame), read_turn, trips)
    loc = it.builder.loc
    finish(
        it,
        templates,
        last,
        lambda outs, carries, init, body: For(
            outs, index, lo, hi, step, carries, init, body, loc=loc, note=it.builder.note
        ),
    )


def _index_name(node) -> str:
    target = getattr(node, "target", None)
    if isinstance(target, gast.Tuple) and target.elts:
        target = target.elts[0]
    return target.id if isinstance(target, gast.Name) and target.id != "_" else "i"


def _while_loop(it: Interpreter, sequence: Sequence, turn, frame, node) -> None:
    """A counted loop that may be left early: the count is carried beside the flags."""
    counter = Record(it.store, **{_index_name(node): 0})
    slot = next(iter(counter.slots))

    def test():
        k = it.store.get(counter, slot)
        more = sequence.count is None or it.builder.apply("less", k, it.builder.atom(sequence.count))
        return _unless(it, interrupted(it, frame, ("%returned", "%break")), lambda: more)

    def body():
        k = it.store.get(counter, slot)
        turn(sequence.item(k))
        it.store.set(counter, slot, it.builder.apply("add", k, 1))

    places = [*stored_places(it, node, frame), (counter, slot)]
    count = as_dim(sequence.count)
    bound = UNCOUNTED if count is None else Trips(at_least_zero(it, count))
    _emit_while(it, test, body, places, frame, bound)


class ConditionChanges(Exception):
    """To ask a loop's condition changes something."""


# ── while ─────────────────────────────────────────────────────────────────────────────────────────


@statement(gast.While)
def _while(it: Interpreter, node, frame):
    resizing.as_lists(it, node, frame, _returning(_run_while))


def _run_while(it: Interpreter, node, frame) -> None:
    def body():
        run_block(it, node.body, frame)
        it.store.set(frame, "%continue", False)

    def test():
        stop = interrupted(it, frame, ("%returned", "%break"))
        return _unless(it, stop, lambda: it.truth(node.test, frame))

    with it.builder.block(), it.store.branch() as changes:
        first = test()
    if changes:
        test, body = _asked_inside(it, node, frame, body)
        first = True
    if first is not False:
        _forget(it, node, frame)
        state = dict(it.builder.names.count), len(it.builder.open[-1])
        try:
            try:
                _emit_while(it, test, body, stored_places(it, node, frame), frame)
            except ConditionChanges:
                it.inputs.rewind(state[0])
                del it.builder.open[-1][state[1] :]
                test, body = _asked_inside(it, node, frame, body)
                _emit_while(it, test, body, stored_places(it, node, frame), frame)
        except BranchDies:
            it.inputs.rewind(state[0])
            del it.builder.open[-1][state[1] :]
            _unless_false(it, test(), body)
        except (StaticNeeded, LoopConflict) as error:
            if isinstance(error, StaticNeeded) and error.sources:
                raise
            it.inputs.rewind(state[0])
            del it.builder.open[-1][state[1] :]
            _unroll_while(it, test, body, error)
    _after_loop(it, node, frame)


def _asked_inside(it: Interpreter, node, frame, body) -> tuple:
    """Test and body of a loop whose condition changes something: a turn asks it, and leaves where it fails.

    Raises:
        UnsupportedError: the loop has an `else`.
    """
    if node.orelse:
        what = "the condition of a while with an else may not change anything"
        raise UnsupportedError(what, it.loc, "while True, and a break where it does not hold")

    def leave():
        it.store.set(frame, "%break", True)

    def turn():
        go_on = it.truth(node.test, frame)
        if isinstance(go_on, bool):
            (body if go_on else leave)()
        else:
            branch(it, go_on, body, leave)

    return lambda: _unless(it, interrupted(it, frame, ("%returned", "%break")), lambda: True), turn


def _unless_false(it: Interpreter, test, body) -> None:
    if test is True:
        body()
    elif test is not False:
        branch(it, test, body, lambda: None)


def _unless(it: Interpreter, stop, test):
    """`not stop and test()`, where `test` is not asked once the loop has been left."""
    if stop is False:
        return test()
    if stop is True:
        return False
    go_on = it.builder.apply("logical_not", stop)
    plain = plain_boolean(it, test)
    if plain is not None:
        return it.builder.apply("logical_and", go_on, plain)
    return branch(it, go_on, test, lambda: False)


def _emit_while(it: Interpreter, test, body, guess, frame, trips: Trips = UNCOUNTED) -> None:
    def read_turn():
        with it.builder.block() as stmts, it.store.branch() as changes:
            cond = test()
        if changes:  # so it does since a list that it reads grows in stacks
            raise ConditionChanges
        if cond is False:
            return tuple(stmts), Lit(False)
        for flag in ("%returned", "%break"):  # else there were no turn; loops inside need not ask
            if it.store.get(frame, flag) is not UNDEFINED:
                it.store.set(frame, flag, False)
        body()
        if cond is True:
            # True whatever is carried: the flags, if any, are asked in the next round.
            cond = Lit(True)
        return tuple(stmts), cond

    templates, last = read_loop(it, guess, read_turn, trips)
    stmts, cond = last.cond
    if isinstance(cond, Lit) and cond.value is True:
        raise StaticNeeded("this loop has no end that depends on data", None, it.loc)
    loc = it.builder.loc
    finish(
        it,
        templates,
        last,
        lambda outs, carries, init, block: While(
            outs, carries, init, Block(stmts, (cond,)), block, loc=loc, note=it.builder.note
        ),
    )


def _unroll_while(it: Interpreter, test, body, error) -> None:
    """Run a while whose condition is known at each turn."""
    for _ in range(MAX_UNROLLED):
        go_on = test()
        if go_on is False:
            return
        if go_on is not True:
            raise error
        body()
    raise UnsupportedError(
        f"this while was still running after {MAX_UNROLLED} turns known in advance",
        it.loc,
        "let its condition depend on run-time values",
    ) from error


def _after_loop(it: Interpreter, node, frame, endless: bool = False) -> None:
    """The else block of a loop, and the end of its flags."""
    endless = endless or _endless(node)
    if endless and not frame.deferred and not _breaks(node):
        it.store.set(frame, "%returned", True)  # it ends by returning, or not at all
    broke = settle_name(it, it.store.get(frame, "%break"), "break")
    it.store.set(frame, "%break", False)
    if not node.orelse or broke is True:
        return
    if broke is False:
        run_block(it, node.orelse, frame)
        return
    go_on = it.builder.apply("logical_not", broke)
    branch(it, go_on, lambda: run_block(it, node.orelse, frame), lambda: None)
