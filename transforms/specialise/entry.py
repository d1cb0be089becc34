"""The way in: a callable and the types of its arguments → a Core function and its interface."""

from __future__ import annotations

import functools
import inspect
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, is_dataclass
from typing import Any

import gast
import numpy as np

import broadax.transforms.functions  # noqa: F401  (declares what NumPy's functions mean)
from broadax.runtime.errors import BroadaxError, DepthError, StaticNeeded
from broadax.runtime.raised import fault
from broadax.transforms import interface as face
from broadax.transforms.composed import Composed, function_name
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.statements import Function, Var
from broadax.transforms.functions import registry
from broadax.transforms.specialise import (  # noqa: F401
    attributes,
    batching,
    callbacks,
    calls,
    collectives,
    expressions,
    gradients,
    heaps,
    hidden,
    iterator_calls,
    jacobians,
    split,
    static,
)
from broadax.transforms.specialise.caller import Caller
from broadax.transforms.specialise.control import truth
from broadax.transforms.specialise.enlarged import settle_enlarged
from broadax.transforms.specialise.hidden import Inputs
from broadax.transforms.specialise.interpreter import BranchDies, Interpreter
from broadax.transforms.specialise.loops import _known_count, run_sequence
from broadax.transforms.specialise.ranges import Ranges
from broadax.transforms.specialise.results import face_of
from broadax.transforms.specialise.transformed import definition
from broadax.transforms.specialise.values import (
    Array,
    Box,
    Closure,
    DictValue,
    Host,
    Instance,
    ListValue,
    Method,
)

MAX_RESTARTS = 64
RECURSION = 12_000


@dataclass(frozen=True)
class Abstract:
    """One argument leaf; a dimension is an int or `(name or None, hint)`, `value` is a scalar's.

    `layout`: see `Box`.
    """

    dtype: np.dtype
    dims: tuple = ()
    weak: bool = False
    value: Any = None
    layout: tuple | None = None


@dataclass(frozen=True, eq=False)
class Specialised:
    """One version of a function.

    Attributes:
        function: its Core; parameters are the data leaves of the arguments, then the hidden inputs.
        interface: how it meets its caller.
        leaves: for each flat parameter that is an argument, the number of the argument leaf.
        hidden: for the other parameters, how to read them at a call, and their types.
        statics: `(read, value)`: static objects that must be the same at a call.
        constants: `(read, value)`: numbers that were taken at their value.
        fixed: argument leaves that were taken at their value.
        linear: of a derivative in two parts, the other one.
    """

    function: Function
    interface: face.Interface
    leaves: tuple
    hidden: tuple
    statics: tuple
    constants: tuple
    fixed: dict = field(default_factory=dict)
    linear: split.Linear | None = None


class Reader(Interpreter):
    """The interpreter with everything that its rules call on it."""

    def __init__(self, builder, inputs, writes_reach_caller, lookups, masked):
        super().__init__(builder, inputs, writes_reach_caller, lookups, masked)
        self.ranges = Ranges()
        self.linear: split.Linear | None = None

    def call(self, callee, args, kwargs):
        return calls.call(self, callee, tuple(args), kwargs)

    def attribute(self, owner, name):
        return attributes.attribute(self, owner, name)

    def subscript(self, owner, key):
        return attributes.get_item(self, owner, key)

    def truth_of(self, value):
        return truth(self, value)

    def condition(self, node, frame):
        return expressions.condition(self, node, frame)

    def static_index(self, value, what):
        return static.static_index(self, value, what)

    def plain(self, value):
        return static.plain(self, value)

    def known(self, value, key):
        """A real object met in the code (a default, a field of a partial)."""
        if isinstance(value, (Array, Var, ListValue, DictValue, Instance, Closure, Method, Host)):
            return value
        if isinstance(value, hidden.NUMBERS):
            return value  # a default can't change between calls: it is part of the function
        return self.inputs.meet(self, value, lambda: value, key, "table")

    def each(self, sequence, turn) -> None:
        """Run `turn(item)` for the items of a sequence, in a loop where they are many or not counted."""
        run_sequence(self, sequence, turn, self.frames[-1], gast.Pass())

    def turns(self, count) -> int:
        """The number of turns of a loop that is written out."""
        turns = _known_count(count) if not isinstance(count, Var) else None
        if turns is None:
            raise StaticNeeded(
                "the number of items must be known when the function is read",
                count,
                self.loc,
                "fill an array in a loop instead of building a list",
            )
        return turns

    def numpy_function(self, name: str):
        return registry.find(getattr(np, name))


def specialise(
    callee,
    args,
    kwargs,
    leaves: list[Abstract | None],
    name: str = "",
    exact: bool = False,
    fixed=(),
    masked: bool = False,
) -> Specialised:
    """Read a callable for arguments of given types.

    Args:
        callee: a function, a composed transform, any callable.
        args, kwargs: trees whose data leaves are ints, numbers of `leaves`, wrapped in `Slot`.
        leaves: the types of the data leaves.
        exact: the sizes of hidden inputs are numbers, too.
        fixed: keys of inputs to take at their value from the start.
        masked: under vmap, examples that part ways go on together (`vmap/masks.py`), not one by one.

    Raises:
        BroadaxError: what is not supported, where, and what to write instead.
    """
    # Reading recurses with the user's nesting: expressions, branches, calls.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION))
    given, fixed, lookups = fixed, set(fixed), set()
    for _ in range(MAX_RESTARTS):
        builder = Builder()
        inputs = Inputs(builder.names, fixed, exact)
        it = Reader(builder, inputs, _writes_reach_caller(callee), lookups, masked)
        try:
            return _read(it, callee, args, kwargs, leaves, name)
        except StaticNeeded as error:
            found = {i.key for i in error.sources or ()} - fixed
            if not found and (error.lookup is None or error.lookup in lookups):
                raise
            fixed |= found
            if not found:
                lookups.add(error.lookup)
                fixed = set(given)  # what was fixed to unroll loops over this place may have been so in vain
        except RecursionError as error:
            if isinstance(error, BroadaxError):
                raise
            what = f"{function_name(callee)} is nested too deeply to be read"
            raise DepthError(what, it.deepest, "write a recursion as a loop") from None
        except Exception as error:
            if isinstance(error, BroadaxError) or hasattr(error, "broadax_loc"):
                raise
            raise fault(error, None, f"it read {function_name(callee)}") from error
    raise StaticNeeded("too many arguments have to be known when the function is read")


def _writes_reach_caller(callee) -> bool:
    while isinstance(callee, Composed):
        if callee.kind != "jit":
            return False
        callee = callee.function
    return True


@dataclass(frozen=True)
class Slot:
    """A place in the argument trees for leaf number `number`."""

    number: int


def _read(it: Reader, callee, args, kwargs, leaves, name: str) -> Specialised:
    with it.builder.current():
        params, values = [], []
        names = parameter_names(callee, len(args))
        for label, arg in [*zip(names, args, strict=True), *kwargs.items()]:
            value, tree = _enter(it, arg, label, leaves)
            values.append(value)
            params.append(face.Parameter(label, tree, "positional" if len(params) < len(args) else "keyword"))
        given = tuple(values[: len(args)])
        caller = Caller(it, values if it.writes_reach_caller else ())
        try:
            result = it.call(callee, given, dict(zip(kwargs, values[len(args) :], strict=True)))
        except BranchDies:
            result = None  # it always raises
        except StaticNeeded as error:
            if error.sources is None:  # a function of NumPy is called without a line of the user's
                error.sources = it.inputs.sources(it, error.atom)
            raise
        atoms: list = []
        with _placed_at(callee):
            tree = face_of(it, result, atoms)
            changes = caller.changes(atoms)
        mutated = {}
        for index, box in caller.written():
            mutated[index] = len(atoms)
            atoms.append(it.store.get(box, "value"))
    return _finish(it, callee, name, params, tree, atoms, mutated, changes)


@contextmanager
def _placed_at(callee):
    """Errors without a place get that of the function."""
    try:
        yield
    except BroadaxError as error:
        raise error.at(definition(callee)) from error.__cause__


def _finish(it: Reader, callee, name, params, tree, atoms, mutated, changes) -> Specialised:
    flat = it.inputs.flat
    hidden_inputs = [i for i in flat if i.read is not None]
    own = [i for i in flat if i.read is None]
    # Hidden inputs come after the arguments, whenever they were met.
    order = {i.var: k for k, i in enumerate([*own, *hidden_inputs])}
    params += [face.Parameter(i.var.name, face.Leaf(order[i.var]), "hidden", i.value) for i in hidden_inputs]
    base = callee.innermost if isinstance(callee, Composed) else callee
    title = name or (callee.name if isinstance(callee, Composed) else function_name(callee))
    function = it.builder.finish(
        title, [*(i.var for i in own), *(i.var for i in hidden_inputs)], it.inputs.sizes, atoms
    )
    function = settle_enlarged(function, it.enlarged)
    doc = _doc(callee, base)
    interface = face.Interface(title, tuple(params), tree, mutated, doc, changes)
    keys = {i.key[1]: None for i in own}
    fixed = {key[1]: None for key in it.inputs.fixed if isinstance(key, tuple) and key[0] == "leaf"}
    return Specialised(
        function,
        interface,
        tuple(keys),
        tuple(hidden_inputs),
        tuple(it.inputs.statics),
        tuple(it.inputs.constants),
        fixed,
        it.linear,
    )


def _doc(callee, base) -> str:
    code = getattr(base, "__code__", None)
    where = f" ({code.co_filename.rpartition('/')[2]}:{code.co_firstlineno})" if code else ""
    words = []
    while isinstance(callee, Composed):
        if callee.kind != "jit":
            words.append(callee.kind)
        callee = callee.function
    what = f"{' of '.join(words)} of {function_name(base)}" if words else function_name(base)
    return f"{what}{where}"


def _enter(it: Reader, arg, label: str, leaves, named: bool = True):
    """An argument tree as an abstract value and as a tree of flat parameters."""
    if isinstance(arg, Slot):
        return _enter_leaf(it, arg.number, label, leaves[arg.number], named)
    if isinstance(arg, tuple):
        labels = getattr(arg, "_fields", None) or [f"{label}_{k}" for k in range(len(arg))]
        pairs = [_enter(it, v, name, leaves, False) for name, v in zip(labels, arg, strict=True)]
        kids, trees = tuple(v for v, _ in pairs), tuple(t for _, t in pairs)
        if type(arg) is tuple:
            return kids, face.Node("tuple", trees)
        return tuple.__new__(type(arg), kids), face.Node("namedtuple", trees, arg._fields, type(arg))
    if isinstance(arg, list):
        pairs = [_enter(it, v, f"{label}_{k}", leaves, False) for k, v in enumerate(arg)]
        return ListValue(it.store, [v for v, _ in pairs]), face.Node("list", tuple(t for _, t in pairs))
    if isinstance(arg, dict):
        pairs = {
            k: _enter(it, v, k if str(k).isidentifier() else f"{label}_{k}", leaves) for k, v in arg.items()
        }
        value = DictValue(it.store, {k: v for k, (v, _) in pairs.items()})
        return value, face.Node("dict", tuple(t for _, t in pairs.values()), tuple(pairs))
    if is_dataclass(arg) and not isinstance(arg, type):
        pairs = {k: _enter(it, v, k, leaves) for k, v in vars(arg).items()}
        instance = Instance(it.store, type(arg), {k: v for k, (v, _) in pairs.items()})
        return instance, face.Node("dataclass", tuple(t for _, t in pairs.values()), tuple(pairs), type(arg))
    return arg, face.Static(arg)


def _enter_leaf(it: Reader, number: int, label: str, leaf: Abstract, named: bool = True):
    key = ("leaf", number)
    if key in it.inputs.fixed:
        return leaf.value, face.Static(leaf.value)
    label = label if label.isidentifier() else f"arg_{number}"
    var = it.inputs.add(key, label, Aval(leaf.dtype, (), leaf.weak), leaf.dims, leaf.value)
    if not named:
        it.inputs.unnamed[var] = ()  # takes the name that the user's code binds it to
    index = len(it.inputs.flat) - 1
    if not var.shape:
        return var, face.Leaf(index)
    box = Box(it.store, var, label, index)
    box.layout = leaf.layout
    return Array(box, var.aval), face.Leaf(index)


def parameter_names(callee, count: int) -> list[str]:
    """Names for `count` positional arguments: those of the user's function."""
    base = callee.innermost if isinstance(callee, Composed) else callee
    if isinstance(base, functools.partial):
        skip, base = len(base.args), base.func
    else:
        skip = 0
    try:
        given = list(inspect.signature(base).parameters.values())[skip:]
    except (TypeError, ValueError):
        given = []
    names: list[str] = []
    for parameter in given:
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}_{k}" for k in range(count - len(names))]
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names.append(parameter.name)
    return (names + [f"arg_{k}" for k in range(len(names), count)])[:count]
