"""Data-dependent `if`: both branches are read, and what they leave behind is joined."""

from __future__ import annotations

import contextlib
import warnings
from functools import partial

import gast
import numpy as np

from broadax.runtime import raised
from broadax.runtime.errors import InvalidValueError, TypeMismatchError, UnsupportedError
from broadax.transforms.core.sizes import Size, at_least
from broadax.transforms.core.statements import Block, If, Lit, Var, definitions
from broadax.transforms.specialise import merge
from broadax.transforms.specialise.arrays import read, settle_name
from broadax.transforms.specialise.growth import make_room
from broadax.transforms.specialise.interpreter import BranchDies, Interpreter, statement, truth_atom
from broadax.transforms.specialise.joins import in_scope, join_place, read_slot, settle
from broadax.transforms.specialise.later import LATER, raise_later
from broadax.transforms.specialise.liveness import liveness
from broadax.transforms.specialise.messages import effect_message, known_now, message_parts, text_now
from broadax.transforms.specialise.sized import sized
from broadax.transforms.specialise.values import (
    UNDEFINED,
    Array,
    DictValue,
    Instance,
    ListValue,
    Method,
    Text,
)

FLAGS = ("%returned", "%break", "%continue")


# ── statements in order, and what interrupts them ─────────────────────────────────────────────────


def run_block(it: Interpreter, stmts, frame) -> None:
    """Run statements; after one that may have ended the block when it runs, the rest is conditional."""
    for k, stmt in enumerate(stmts):
        rest = stmts[k + 1 :]
        if isinstance(stmt, gast.If) and rest and (always_leaves(stmt.body) or always_leaves(stmt.orelse)):
            # `if c: return a` and the rest: the rest is what the other branch goes on with.
            body = stmt.body if always_leaves(stmt.body) else [*stmt.body, *rest]
            orelse = stmt.orelse if always_leaves(stmt.orelse) else [*stmt.orelse, *rest]
            whole = gast.copy_location(gast.If(stmt.test, body, orelse), stmt)
            whole.last = rest[-1]
            it.exec(whole, frame)
            return
        it.exec(stmt, frame)
        state = interrupted(it, frame)
        if state is True:
            return
        if state is not False:
            if rest:
                go_on = it.builder.apply("logical_not", state)
                then, orelse = partial(_goes_on, it, rest, frame), partial(_stays_left, it, frame)
                branch(it, go_on, then, orelse, _unread(frame, rest[-1]))
            return


def _unread(frame, stmt):
    """Says of a place whether it is a name of the frame that nothing reads when a statement has ended."""
    if not isinstance(frame.node, gast.FunctionDef):
        return None
    read = liveness(frame.node).joined_after(stmt)
    return lambda record, slot: record is frame and slot not in read and not slot.startswith("%")


def _goes_on(it: Interpreter, rest, frame) -> None:
    """The branch in which the block has not been left: no flag is set."""
    for flag in FLAGS:
        if it.store.get(frame, flag) not in (False, UNDEFINED):
            it.store.set(frame, flag, False)
    run_block(it, rest, frame)


def _stays_left(it: Interpreter, frame) -> None:
    """The branch in which the block has been left: if only one flag can tell, it is known to be set."""
    asked = [flag for flag in FLAGS if it.store.get(frame, flag) is not False]
    if len(asked) == 1:
        it.store.set(frame, asked[0], True)


def always_leaves(stmts) -> bool:
    """Does a block end by return, break, continue or raise on every path?"""
    if not stmts:
        return False
    last = stmts[-1]
    if isinstance(last, (gast.Return, gast.Break, gast.Continue, gast.Raise)):
        return True
    return isinstance(last, gast.If) and always_leaves(last.body) and always_leaves(last.orelse)


def interrupted(it: Interpreter, frame, flags=FLAGS):
    """Has the block been left: True, False, or a boolean scalar."""
    found = []
    for flag in flags:
        value = it.store.get(frame, flag)
        if value is True:
            return True
        if value is not UNDEFINED and value is not False:
            found.append(value)
    if not found:
        return False
    state = found[0]
    for other in found[1:]:
        state = it.builder.apply("logical_or", state, other)
    return state


@statement(gast.Return)
def _return(it, node, frame):
    from broadax.transforms.specialise.deferred import defer

    if defer(it, node, frame):
        return
    value = None if node.value is None else it.eval(node.value, frame)
    it.store.set(frame, "%value", value)
    it.store.set(frame, "%returned", True)


@statement(gast.Break)
def _break(it, node, frame):
    it.store.set(frame, "%break", True)


@statement(gast.Continue)
def _continue(it, node, frame):
    it.store.set(frame, "%continue", True)


@statement(gast.If)
def _if(it, node, frame):
    test = it.truth(node.test, frame)
    if isinstance(test, bool):
        run_block(it, node.body if test else node.orelse, frame)
    else:
        then, orelse = (partial(run_block, it, stmts, frame) for stmts in (node.body, node.orelse))
        branch(it, test, then, orelse, _unread(frame, getattr(node, "last", node)))


# ── truth ─────────────────────────────────────────────────────────────────────────────────────────


def truth(it: Interpreter, value) -> bool | Var:
    """The truth of a value: a bool where it is known now, else a boolean scalar.

    Raises:
        TypeMismatchError: an array of several elements has no truth value.
    """
    value = settle_name(it, value, "this condition")
    if isinstance(value, Var):
        if it.inputs.is_flag(value):
            return bool(it.inputs.fix(value))
        return truth_atom(it, value)
    if isinstance(value, Array):
        if any(d != 1 for d in value.aval.shape):
            raise InvalidValueError(
                "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()",
                it.loc,
            )
        return truth_atom(it, it.builder.apply("reshape", read(it, value), shape=()))
    if isinstance(value, Size):
        known = at_least(value, 1)
        return truth_atom(it, it.builder.atom(value)) if known is None else known
    if isinstance(value, ListValue) and not isinstance(it.held(value), tuple):
        return truth(it, it.held(value).length)
    if isinstance(value, (ListValue, DictValue)):
        return bool(it.items(value))
    if isinstance(value, Instance):
        name = next((name for name in ("__bool__", "__len__") if hasattr(value.cls, name)), None)
        return truth(it, it.call(Method(getattr(value.cls, name), value), (), {})) if name else True
    return bool(value)


CHEAP = {
    "less",
    "less_equal",
    "greater",
    "greater_equal",
    "equal",
    "not_equal",
    "logical_and",
    "logical_or",
    "logical_not",
    "add",
    "subtract",
    "multiply",
    "negative",
    "absolute",
    "convert",
    "isnan",
    "isfinite",
    "isinf",
    "size",
    "square",
    "minimum",
    "maximum",
}


def plain_boolean(it: Interpreter, run):
    """The right side of and/or, if it is a boolean that can be computed whether or not it is asked."""
    names = dict(it.builder.names.count)
    try:
        with it.builder.block() as stmts, it.store.branch() as changes:
            value = run()
    except LATER:
        value = None
    if isinstance(value, bool):
        value = it.builder.atom(value)
    scalar = isinstance(value, (Var, Lit)) and value.shape == () and value.dtype.kind == "b"
    if (
        changes
        or not scalar
        or any(getattr(s, "prim", None) is None or s.prim.name not in CHEAP for s in stmts)
    ):
        it.inputs.rewind(names)
        return None
    for stmt in stmts:
        it.builder.add(stmt)
    return value


# ── branches ──────────────────────────────────────────────────────────────────────────────────────


class Side:
    """One branch that has been read: its statements, its changes, its value, whether it raises."""

    def __init__(self, it: Interpreter, run):
        self.dead, self.value = False, None
        it.in_branch += 1
        it.shared.settle()
        try:
            with it.builder.block() as self.stmts, it.store.branch() as self.changes:
                try:
                    self.value = run()
                except BranchDies:
                    self.dead = True
                except LATER as error:
                    raise_later(it, error)
                    self.dead = True
        finally:
            it.in_branch -= 1
            it.shared.settle()

    def block(self, it: Interpreter, slots, k: int) -> Block:
        """The branch as a block that yields the slots."""
        with it.builder.reopen(self.stmts), it.store.replay(self.changes):
            results = tuple(read_slot(it, slot, k) for slot in slots)
        return Block(tuple(self.stmts), results)


def branch(it: Interpreter, cond: Var, then, orelse, unread=None):
    """Read both branches, emit the `If`, and leave the joined state; gives the joined value.

    Args:
        unread: of which places (record, slot) nothing is read afterwards.
    """
    names = dict(it.builder.names.count)
    sides = (Side(it, then), Side(it, orelse))
    if any(side.dead for side in sides):
        return _after_raise(it, cond, sides)
    places = dict.fromkeys([*sides[0].changes, *sides[1].changes])
    lists = {p: (it.store.get(*p), *(s.changes.get(p, it.store.get(*p)) for s in sides)) for p in places}
    stmts = [*sides[0].stmts, *sides[1].stmts]
    inside = set(definitions(Block(tuple(stmts))))
    if make_room(it, lists, inside):
        it.inputs.rewind(names)
        return branch(it, cond, then, orelse, unread)
    templates = {}
    for record, slot in places:
        if unread is not None and unread(record, slot):
            templates[record, slot] = merge.Keep(UNDEFINED)
            continue
        now = it.store.get(record, slot)
        values = [side.changes.get((record, slot), now) for side in sides]
        with it.store.joining(sides[0].changes, sides[1].changes):
            template = sized(it, join_place(it, (record, slot), *values), stmts, inside)
            templates[record, slot] = in_scope(template, inside)
    with it.store.joining(sides[0].changes, sides[1].changes):
        value = merge.join(it.store, sides[0].value, sides[1].value)
        value = in_scope(sized(it, value, stmts, inside), inside)
    slots = [s for t in (*templates.values(), value) for s in merge.slots(t)]
    outs = tuple(it.builder.var(slot.base or "value", slot.aval) for slot in slots)
    blocks = [side.block(it, slots, k) for k, side in enumerate(sides)]
    it.builder.add(If(outs, cond, *blocks, loc=it.builder.loc, note=it.builder.note))
    named = dict(zip(slots, outs, strict=True))
    return settle(it, templates, value, named.__getitem__)


def _after_raise(it: Interpreter, cond, sides):
    """One branch raises: it becomes an `If` of its own, and the other goes on unconditionally."""
    blocks = [Block(tuple(side.stmts)) if side.dead else Block() for side in sides]
    it.builder.add(If((), cond, *blocks, loc=it.builder.loc))
    alive = [side for side in sides if not side.dead]
    if not alive:
        raise BranchDies
    for stmt in alive[0].stmts:
        it.builder.add(stmt)
    for (record, slot), value in alive[0].changes.items():
        it.store.set(record, slot, value)
    return alive[0].value


# Contexts that change no value: they are entered by nobody.
QUIET = (np.errstate, np.printoptions, warnings.catch_warnings, contextlib.nullcontext)


@statement(gast.With)
def _with(it: Interpreter, node, frame):
    for item in node.items:
        made = item.context_expr
        manager = it.eval(made.func, frame) if isinstance(made, gast.Call) else None
        if manager not in QUIET or item.optional_vars is not None:
            raise UnsupportedError(
                "a with statement of this kind is not supported",
                it.loc,
                "do this before the call, and pass its result as an argument",
            )
    run_block(it, node.body, frame)


@statement(gast.Raise)
def _raise(it, node, frame):
    error, message = exception_of(it, node.exc, frame)
    if not it.in_branch and (all(map(known_now, message)) or len(it.builders) > 1):
        _raise_now(it, error, message, frame)
    message, args = effect_message(it, message)
    it.builder.effect("raise", args, error=error, message=message, own=not frame.source.library)
    raise BranchDies


def _raise_now(it: Interpreter, error: type, message: tuple, frame) -> None:
    """Raise what will be raised whenever the code runs: the user's error as it is, a library's as ours."""
    text = text_now(message)
    made = error(text) if text else error()
    raise raised.familiar(made, it.loc) if frame.source.library else raised.own(made, it.loc)


def exception_of(it: Interpreter, node, frame) -> tuple[type, tuple]:
    """The class and the message parts of `raise E("…", x)`."""
    if node is None:
        raise UnsupportedError("a bare raise is not supported", it.loc)
    args = []
    if isinstance(node, gast.Call):
        args = [it.eval(arg, frame) for arg in node.args]
        node = node.func
    error = it.eval(node, frame)
    if not (isinstance(error, type) and issubclass(error, BaseException)):
        if isinstance(error, Text):
            what = "raising an error that was made before is not supported"
            raise UnsupportedError(what, it.loc, "raise ErrorClass(message)")
        raise TypeMismatchError("exceptions must derive from BaseException", it.loc)
    return error, tuple(part for arg in args for part in message_parts(arg))


@statement(gast.Assert)
def _assert(it, node, frame):
    test = it.truth(node.test, frame)
    if test is True:
        return
    message = message_parts(it.eval(node.msg, frame)) if node.msg is not None else ()
    if test is False:
        _raise_now(it, AssertionError, message, frame)
    message, args = effect_message(it, message, first=1)
    it.builder.check(test, AssertionError, message, args, not frame.source.library)
