"""Abstract values: what a name can hold while a function is read.

Static Python objects stand for themselves (numbers and strings, `None`, modules, functions, classes),
as do tuples, named tuples, slices and sizes. A scalar that exists at run time is its Core variable.
Everything that can be written to is a `Record`, whose slots change only through the `Store`.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from broadax.runtime.errors import Loc
from broadax.runtime.trees import NUMBERS  # noqa: F401
from broadax.transforms.core.avals import Aval, python_type
from broadax.transforms.core.float0 import FLOAT0, Float0  # noqa: F401
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Var


class Record:
    """An object with identity and mutable slots.

    Attributes:
        may_be: other records that this may be (it was chosen in a branch).
    """

    __slots__ = ("slots", "serial", "may_be")

    def __init__(self, store, **slots):
        self.slots: dict[str, Any] = slots
        self.may_be: tuple[Record, ...] = ()
        self.serial = store.next_serial()


class Box(Record):
    """The memory of one array; slot `value` is the Core variable that holds its contents now.

    Attributes:
        name: what the user calls it.
        param: the flat parameter whose memory this is, or None.
        layout: of an argument that is not in C order without gaps, see `dispatch.layout_of`.
    """

    __slots__ = ("name", "param", "layout")

    def __init__(self, store, value: Var, name: str = "", param: int | None = None):
        super().__init__(store, value=value, written=False)
        self.name, self.param, self.layout = name, param, None


@dataclass(frozen=True, eq=False)
class View:
    """How an array is a view of another one; `kind` is one of `arrays.VIEWS`, `spec` its parameter."""

    base: Array
    kind: str
    spec: tuple = ()
    idx: tuple = ()
    # The base's value and the view's own when the view was made: valid until the base is written.
    made_from: Var | None = None
    made: Var | None = None


class Array:
    """A reference to an array: to all of a box, or to a view of another array."""

    __slots__ = ("box", "view", "aval")

    def __init__(self, box: Box, aval, view: View | None = None):
        self.box, self.aval, self.view = box, aval, view

    @property
    def ndim(self) -> int:
        return len(self.aval.shape)

    def __repr__(self) -> str:
        return f"Array({self.aval})"


class Flat(Array):
    """`x.flat`: a view of all elements as one axis, of which the parts are copies."""

    __slots__ = ()


@functools.cache
def bounded_deque(most: int) -> type:
    """The class of `deque(maxlen=most)`, for which it is told apart from others."""
    return type("deque", (collections.deque,), {"most": most})


class ListValue(Record):
    """A list; slot `items` is a tuple, `Rolled` where the list has grown in a loop, or `Stacked` inside one.

    `name`: what the user calls it first. `cls`: `list`, or `collections.deque`.
    """

    __slots__ = ("name", "cls")

    def __init__(self, store, items, name: str = "", cls: type = list):
        self.name, self.cls = name, cls
        super().__init__(store, items=items if isinstance(items, (Rolled, Stacked)) else tuple(items))


@dataclass(frozen=True, eq=False)
class Kind:
    """What the items of a rolled list have in common.

    Attributes:
        example: one item, for its structure.
        avals: the types of an item's leaves.
        build: leaves → an item.
    """

    example: object
    avals: tuple[Aval, ...]
    build: Callable


@dataclass(frozen=True, eq=False)
class Stacked:
    """The items of a list while it grows in a loop whose turns are not counted: a stack for each leaf.

    Attributes:
        length: the number of items, an int or a size.
        last: the leaves of the last item, where they are known.
        front: where the first item is taken out, the stacks of the first `ahead` items, the first on top.
    """

    kind: Kind
    stacks: tuple[Var, ...]
    length: int | Size
    last: tuple | None = None
    front: tuple[Var, ...] = ()
    ahead: int | Size = 0


@dataclass(frozen=True, eq=False)
class Rolled:
    """The items of a list as rows: leaf number j of item k is `buffers[j][k]`, for k < length.

    Attributes:
        buffers: one array for each leaf of an item, its first axis the list.
        length: the number of items, an int or a size.
        room: how many more items are sure to have a place.
    """

    kind: Kind
    buffers: tuple[Var, ...]
    length: int | Size
    room: int | Size = 0

    @property
    def capacity(self) -> int | Size:
        return self.buffers[0].shape[0]


class DictValue(Record):
    """A dict with static keys; slot `items` is a dict that is replaced, never changed."""

    __slots__ = ()

    def __init__(self, store, items):
        super().__init__(store, items=dict(items))


class Instance(Record):
    """An object of a user's class (a dataclass, say); its slots are its attributes."""

    __slots__ = ("cls",)

    def __init__(self, store, cls: type, attributes: dict):
        super().__init__(store, **attributes)
        self.cls = cls


class Frame(Record):
    """The local names of one call.

    Attributes:
        source: where the function stands.
        globals: the module's names; parent: the frame that a nested function closes over;
        cells: names that a real function closes over.
        local_names: names the function assigns, hence its own.
        node: the tree of the function; stmt: the statement that is being read.
        title: what messages call the function.
        hook: of a generator, what a yield does; stops: may that end the generator?
        deferred: for each loop around, the returns that are evaluated after it.
    """

    __slots__ = (
        "source", "globals", "parent", "cells", "local_names", "nonlocals", "node", "stmt", "title", "hook",
        "stops", "deferred",
    )  # fmt: skip

    def __init__(self, store, source, globals_, parent=None, cells=None, local_names=frozenset()):
        super().__init__(store)
        self.source, self.globals, self.parent = source, globals_, parent
        self.cells, self.local_names = cells or {}, local_names
        self.nonlocals: set[str] = set()
        self.node = self.stmt = self.hook = None
        self.stops = False
        self.deferred: list[dict] = []
        self.title = parent.title if parent is not None else source.name


@dataclass(frozen=True, eq=False)
class Closure:
    """A function defined inside the function that is being read."""

    node: Any
    frame: Frame
    name: str
    defaults: tuple = ()
    kw_defaults: tuple = ()
    source: Any = None


class Generator(Record):
    """A call of a generator function: `run(hook)` reads its body, `hook(value, frame)` is what a yield does.

    Slot `used`: whether it has been run; it can be run once.
    """

    __slots__ = ("run", "name")

    def __init__(self, store, run: Callable, name: str):
        super().__init__(store, used=False)
        self.run, self.name = run, name


class Iterator(Record):
    """An iterator over a source; slot `taken`: how many of the items it has given."""

    __slots__ = ("source",)

    def __init__(self, store, source):
        super().__init__(store, taken=0)
        self.source = source

    def begin(self, it):
        """How many items it has given where a loop over it begins; how many afterwards is not known.

        Raises:
            StructureError: a loop has run over it before.
        """
        taken = self.place(it)
        why = "where an iterator goes on after a loop over it is not known"
        it.store.set(self, "taken", Conflict(why, instead="make it anew, or make a list: list(...)"))
        return taken

    def place(self, it):
        """How many items it has given."""
        from broadax.transforms.specialise.arrays import settle_name

        return settle_name(it, it.store.get(self, "taken"), "an iterator")


@dataclass(frozen=True, eq=False)
class Method:
    """A function with its first argument: a method of an instance, or of an array (an entry)."""

    function: Any
    owner: Any


@dataclass(frozen=True, eq=False)
class Host:
    """A callable that the compiler itself supplies: `call(interpreter, args, kwargs)`."""

    name: str
    call: Any


@dataclass(frozen=True, eq=False)
class RangeValue:
    """`range(lo, hi, step)` with a bound that is not a static int."""

    lo: Any
    hi: Any
    step: int


@dataclass(frozen=True, eq=False)
class Iteration:
    """What gives items once: `zip`, `enumerate`, `reversed`, `product`, `ndenumerate` of others, `count`.

    Its items are made when it is run; those of the kind `items` have been. What a name is bound to is an
    `Iterator` over it, which knows how many items have been taken.
    """

    kind: str
    sources: tuple
    start: Any = 0


def given(items: tuple) -> Iteration:
    """What gives items that have been made."""
    return Iteration("items", (items,))


@dataclass(frozen=True, eq=False)
class Text:
    """A string with parts known only at run time: for messages. Parts are strings and atoms."""

    parts: tuple


@dataclass(frozen=True, eq=False)
class Formatted:
    """A run-time part of a text, with its conversion and format: `!r`, `:.2f`."""

    value: Any
    suffix: str


class _Undefined:
    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = _Undefined()


def type_name(value) -> str:
    """What Python calls the type of a value, for messages."""
    if isinstance(value, Var):
        return python_type(value.dtype).__name__ if value.aval.weak else f"numpy.{value.dtype.name}"
    if isinstance(value, (Instance, ListValue)):
        return value.cls.__name__
    if isinstance(value, Iterator):
        return type_name(value.source) if isinstance(value.source, Iteration) else "iterator"
    if isinstance(value, Iteration):
        return "iterator" if value.kind == "items" else value.kind
    return _TYPE_NAMES.get(type(value)) or type(value).__name__


_TYPE_NAMES = {
    Array: "numpy.ndarray",
    DictValue: "dict",
    Closure: "function",
    Method: "method",
    Host: "function",
    RangeValue: "range",
    Text: "str",
    Size: "int",
}


@dataclass(frozen=True, eq=False)
class Maybe:
    """A value that is bound only if the boolean scalar `bound` is true when the code runs.

    `none`: else the name is not unbound, but None.
    """

    value: Any
    bound: Any
    none: bool = False


@dataclass(frozen=True, eq=False)
class Conflict:
    """What two branches or turns left behind where they can't be reconciled; an error when read."""

    why: str
    loc: Loc | None = None
    instead: str = ""
    made: Loc | None = None  # the statement that left it
