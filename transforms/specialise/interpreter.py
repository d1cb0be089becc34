"""Reads a function once over abstract values: static Python runs now, the rest becomes Core."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager

import gast
import numpy as np

from broadax.runtime import raised
from broadax.runtime.errors import BroadaxError, Loc, StaticNeeded, UnsupportedError
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.statements import Var
from broadax.transforms.source import loc_of
from broadax.transforms.specialise import rolled, stacked
from broadax.transforms.specialise.arrays import outdated, settle_name
from broadax.transforms.specialise.enlarged import Enlarged
from broadax.transforms.specialise.liveness import liveness
from broadax.transforms.specialise.shared import Shared
from broadax.transforms.specialise.store import Store
from broadax.transforms.specialise.syntax import constructs
from broadax.transforms.specialise.values import (
    Array,
    Closure,
    DictValue,
    Frame,
    Instance,
    ListValue,
    Method,
    Record,
    Rolled,
    Stacked,
)

EXPRESSIONS: dict[type, Callable] = {}
STATEMENTS: dict[type, Callable] = {}
MAX_DEPTH = 200


def expression(*kinds: type):
    """Register `rule(it, node, frame) -> value` for kinds of expression nodes."""
    return lambda rule: [EXPRESSIONS.__setitem__(kind, rule) for kind in kinds] and rule


def statement(*kinds: type):
    """Register `rule(it, node, frame) -> None` for kinds of statement nodes."""
    return lambda rule: [STATEMENTS.__setitem__(kind, rule) for kind in kinds] and rule


class Interpreter:
    """The state of one specialisation.

    Attributes:
        builder: into which Core is emitted now; `builders` holds those around it, too.
        store: the slots of every record.
        inputs: the hidden inputs (globals, closure variables) met so far; see `hidden.Inputs`.
        frames: the calls that are open, innermost last.
        differentiating: how many derivatives will be taken of what is read now.
        rules: the functions whose own derivative rules are being read.
        chosen: records that may be one or another.
        listed: boxes and containers that are items of rolled lists.
        outdated: those whose list has been changed since, so that they differ from its item.
        assumed: the names of arrays whose sizes are taken to agree, which is checked when the code runs.
        enlarged: arrays made of a number, since they are arrays on another path.
        origins: copies of items of rolled lists, made in this turn or before the loop → where they come from.
        shared: which lists in rows may hold an object that stands in another place, too.
        lookups: places of subscripts of lists whose index is data: a table is looked up (`lookup.py`).
        axes: name → size of the vmap axes around.
        writes_reach_caller: under `jit` alone, a write to an argument is one to the caller's array.
        masked: under vmap, examples that part ways go on together (`vmap/masks.py`), not one by one.
    """

    def __init__(
        self,
        builder: Builder,
        inputs,
        writes_reach_caller: bool = False,
        lookups=frozenset(),
        masked: bool = False,
    ):
        self.builder, self.inputs, self.lookups, self.masked = builder, inputs, lookups, masked
        self.builders = [builder]
        self.store = Store()
        self.frames: list[Frame] = []
        self.loc: Loc | None = None
        self.writes_reach_caller = writes_reach_caller
        self.chosen: list[Record] = []
        self.listed: set[Record] = set()
        self.outdated: set[Record] = set()
        self.origins: dict[Record, tuple] = {}
        self.enlarged: dict[Var, Enlarged] = {}
        self.assumed: list[str] = []
        self.shared = Shared()
        self.in_branch = 0
        self.differentiating = 0
        self.rules: list = []
        self.axes: dict = {}
        self.marked: dict = {}  # variable → what checkpoint_name calls it
        self.deepest: Loc | None = None  # where a RecursionError was met

    # ── walking ───────────────────────────────────────────────────────────────────────────────────

    def eval(self, node, frame: Frame):
        """The value of an expression."""
        rule = EXPRESSIONS.get(type(node))
        with self.placed(node, frame):
            if rule is None:
                raise unsupported(node, frame)
            return rule(self, node, frame)

    def exec(self, node, frame: Frame) -> None:
        """Run one statement."""
        rule = STATEMENTS.get(type(node))
        with self.placed(node, frame):
            if rule is None:
                raise unsupported(node, frame)
            frame.stmt, outer = node, frame.stmt
            try:
                rule(self, node, frame)
            finally:
                frame.stmt = outer

    def truth(self, node, frame: Frame):
        """The truth of an expression; that it has none is an error at this expression."""
        with self.placed(node, frame):
            return self.condition(node, frame)

    @contextmanager
    def placed(self, node, frame: Frame):
        """Errors raised inside without a place get this node's; broadax's own functions have no places."""
        saved, builder = self.loc, self.builder
        emitted = builder.loc
        if not frame.source.library:
            self.loc = loc_of(node, frame.source.file, frame.title)
        builder.loc = self.loc or emitted
        try:
            yield
        except BroadaxError as error:
            error.at(self.loc)
            if isinstance(error, StaticNeeded) and error.sources is None:
                error.sources = self.inputs.sources(self, error.atom)
            raise
        except BranchDies:
            raise
        except RecursionError:
            self.deepest = self.deepest or self.loc
            raise
        except Exception as error:
            if hasattr(error, "broadax_loc"):
                raise
            raise raised.fault(error, self.loc) from error
        finally:
            self.loc, builder.loc = saved, emitted

    # ── names ─────────────────────────────────────────────────────────────────────────────────────

    def items(self, container: ListValue | DictValue):
        """The contents of a list or dict now, one by one."""
        found = self.list_items(container)
        if isinstance(found, Rolled):
            return tuple(rolled.item(self, found, k) for k in range(self.turns(found.length)))
        return found

    def list_items(self, container: ListValue | DictValue):
        """The contents of a list or dict now; those of a list that has grown in a loop, or grows, as rows."""
        found = self.held(container)
        if isinstance(found, Stacked):
            rest, found = stacked.look(self, found)
            self.store.set(container, "items", rest)
        return found

    def held(self, container: ListValue | DictValue):
        """The contents of a list or dict as they are kept: a tuple, a dict, `Rolled` or `Stacked`.

        Raises:
            LoopConflict: it is an item of such a list, and was changed there.
        """
        if self.outdated and not self.outdated.isdisjoint((container, *container.may_be)):
            raise outdated(self, "this list")
        return settle_name(self, self.store.get(container, "items"), "the list")

    @contextmanager
    def building(self, builder: Builder):
        """Emit into another builder inside (the body of a function to be transformed)."""
        saved, self.builder = self.builder, builder
        builder.loc = saved.loc
        self.builders.append(builder)
        try:
            with builder.current():
                yield builder
        finally:
            self.builder = saved
            self.builders.pop()

    def hidden_constant(self, value: np.ndarray):
        """An array that the reading itself has met (a global's element): a hidden input."""
        return self.inputs.constant(self, value)

    # ── aliases ───────────────────────────────────────────────────────────────────────────────────

    def reachable(self) -> set[Record]:
        """Every array's box and every container that is reached by a name still to be read."""
        found: set[Record] = set()
        seen: set[int] = set(map(id, self.frames))
        stack: list = [self.inputs.boxes(), *(v for frame in self.frames for v in _still_read(frame))]
        while stack:
            value = stack.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            if isinstance(value, (ListValue, DictValue, Instance)):
                found.add(value)
            if isinstance(value, Array):
                found.add(value.box)
            elif isinstance(value, (Frame, ListValue, Instance)):
                stack.extend(value.slots.values())
                stack.append(getattr(value, "parent", None))
            elif isinstance(value, DictValue):
                stack.extend(value.slots["items"].values())
            elif isinstance(value, (tuple, list)):
                stack.extend(value)
            elif isinstance(value, Closure):
                stack.append(value.frame)
            elif isinstance(value, Method):
                stack.append(value.owner)
        return found


def _still_read(frame: Frame) -> list:
    """The values of a frame that its function may still read, and the frame around it."""
    values = [frame.parent]
    if not isinstance(frame.node, gast.FunctionDef) or frame.stmt is None:
        return [*values, *frame.slots.values()]
    names = liveness(frame.node).read_from(frame.stmt)
    return [*values, *(v for name, v in frame.slots.items() if name in names or name.startswith("%"))]


class BranchDies(Exception):
    """The branch being read ends by raising; what follows it is read without it."""


def static_call(function, *args, **kwargs):
    """Run Python now, with static values; what it raises is the user's error, not broadax's."""
    try:
        return function(*args, **kwargs)
    except (BroadaxError, BranchDies):
        raise
    except Exception as error:
        raise raised.familiar(error) from None


def truth_atom(it: Interpreter, value) -> Var:
    """A boolean scalar from a run-time scalar."""
    if value.dtype.kind == "b":
        return value
    return it.builder.apply("not_equal", value, value.dtype.type(0).item())


def unsupported(node, frame: Frame) -> UnsupportedError:
    """The error for a construct without a rule; with it, all others in the function that holds it."""
    source = frame.source
    found = constructs(source, (*EXPRESSIONS, *STATEMENTS)) or [(node, "this Python construct", "")]
    errors = [UnsupportedError(f"{what} is not supported", source.loc(n), way) for n, what, way in found]
    errors[0].others = errors[1:]
    return errors[0]


def is_nested_function(node) -> bool:
    return isinstance(node, (gast.FunctionDef, gast.Lambda, gast.AsyncFunctionDef))
