"""The tables that say what NumPy's, math's and Python's functions mean; looked up by the object called.

`intrinsic` enters a function that emits primitives while the user's code is read; `library` one
that is plain Python over NumPy, read as if the user had written it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from broadax.runtime.errors import UnsupportedError


@dataclass(frozen=True, eq=False)
class Entry:
    """What one function means.

    Attributes:
        kind: 'intrinsic' (`call` emits primitives and returns atoms, sequences of atoms or static
            objects), 'library' (`call` is Python source to be read by the front end) or 'refused'
            (like 'intrinsic', but `call` only raises an error that says what to write instead).
        name: the qualified name, `numpy.sum`, for messages.
        call: the function.
        view: NumPy's result may be a view of the first argument; 'contiguous': only where that is contiguous.
        updates: the function writes to its first argument and returns None; `call` returns the new
            contents of that argument (same shape and dtype).
    """

    kind: str
    name: str
    call: Callable
    view: bool | str = False
    updates: bool = False

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"


INTRINSICS: dict[object, Entry] = {}
LIBRARY: dict[object, Entry] = {}
METHODS: dict[str, Entry] = {}
ATTRIBUTES: dict[str, Entry] = {}
SUBSCRIPTS: dict[int, Entry] = {}  # by id of the object: `np.mgrid[0:n]` is `call(slice(0, n))`
# Functions of packages that may not be imported, by qualified name; moved into the tables above
# when their package is found in `sys.modules`.
_PENDING: dict[str, Entry] = {}


def qualified(target, fallback: str = "") -> str:
    """`numpy.linalg.norm` for the function object; the name under which people know it."""
    if isinstance(target, str):
        return target
    if isinstance(target, np.ufunc):
        return f"numpy.{target.__name__}"
    owner = getattr(target, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"numpy.{owner.__name__}.{target.__name__}"
    module = getattr(target, "__module__", None) or "builtins"
    module = {"_operator": "operator"}.get(module, module)
    return f"{module}.{getattr(target, '__name__', fallback)}".removeprefix("builtins.")


def _enter(kind: str, targets, methods, call, view: bool | str, updates: bool) -> None:
    table = LIBRARY if kind == "library" else INTRINSICS
    for target in targets:
        entry = Entry(kind, qualified(target, call.__name__), call, view, updates)
        place, key = (_PENDING, target) if isinstance(target, str) else (table, target)
        if key in place:
            raise ValueError(f"{entry.name} is entered twice")
        place[key] = entry
    for method in methods:
        if method in METHODS:
            raise ValueError(f"ndarray.{method} is entered twice")
        METHODS[method] = Entry(kind, f"numpy.ndarray.{method}", call, view, updates)


def intrinsic(*targets, methods=(), view: bool | str = False, updates: bool = False) -> Callable:
    """Enter a function that emits primitives into the current builder.

    Args:
        targets: the functions that it stands for: objects, or qualified names (`scipy.special.erf`)
            of packages that need not be installed.
        methods: names of array methods that it stands for, the array being the first argument.
        view, updates: see `Entry`.
    """

    def enter(call):
        _enter("intrinsic", targets, methods, call, view, updates)
        return call

    return enter


def library(*targets, methods=()) -> Callable:
    """Enter a function in plain Python over NumPy, which the front end reads as user code."""

    def enter(call):
        _enter("library", targets, methods, call, False, False)
        return call

    return enter


def subscripted(target) -> Callable:
    """Enter what `target[key]` means: a function of the key (a slice, a value or a tuple of them)."""

    def enter(call):
        SUBSCRIPTS[id(target)] = Entry("intrinsic", f"numpy.{call.__name__}", call)
        return call

    return enter


def helper(call: Callable) -> Callable:
    """Enter a function that library functions call: the front end reads it too."""
    return library(call)(call)


def refused(*targets, instead: str = "", methods=()) -> None:
    """Enter functions that are known and not supported, with what to write instead."""
    for target in targets:
        _enter("refused", (target,), (), _refusal(qualified(target), instead), False, False)
    for method in methods:
        METHODS[method] = Entry("refused", f"numpy.ndarray.{method}", _refusal(f"ndarray.{method}", instead))


def _refusal(name: str, instead: str) -> Callable:
    def call(*args, **options):
        unsupported(f"{name} is not supported", instead)

    call.__name__ = name.rpartition(".")[2]
    return call


def attribute(*names: str, view: bool = False) -> Callable:
    """Enter a function of one array that gives the value of an array attribute."""

    def enter(call):
        for name in names:
            ATTRIBUTES[name] = Entry("intrinsic", f"numpy.ndarray.{name}", call, view)
        return call

    return enter


def _resolve_pending() -> bool:
    """Enter functions whose package has been imported since; says whether there were any."""
    found = []
    for name in _PENDING:
        module, _, attr = name.rpartition(".")
        if module in sys.modules and hasattr(sys.modules[module], attr):
            found.append((name, getattr(sys.modules[module], attr)))
    for name, target in found:
        entry = _PENDING.pop(name)
        (LIBRARY if entry.kind == "library" else INTRINSICS).setdefault(target, entry)
    return bool(found)


def entries() -> list[Entry]:
    """Every entry there is."""
    tables = (INTRINSICS, LIBRARY, METHODS, ATTRIBUTES, SUBSCRIPTS, _PENDING)
    return [entry for table in tables for entry in table.values()]


def _look(obj) -> Entry | None:
    try:
        return INTRINSICS.get(obj) or LIBRARY.get(obj)
    except TypeError:  # unhashable
        return None


def find(obj) -> Entry | None:
    """What a called object means, or None where this package does not define it.

    Takes any object: functions, ufuncs and their methods (`np.add.outer`), dtype constructors
    (`np.float32`), unbound methods (`np.ndarray.sum`).
    """
    entry = _look(obj)
    if entry is not None:
        return entry
    owner = getattr(obj, "__objclass__", None)
    if owner is not None and isinstance(owner, type) and issubclass(owner, (np.ndarray, np.generic)):
        return METHODS.get(obj.__name__)
    if _PENDING and _resolve_pending():
        return _look(obj)
    return None


def unsupported(what: str, instead: str = ""):
    """Refuse, while the user's code is read; library functions call it too.

    Raises:
        UnsupportedError: always.
    """
    raise UnsupportedError(what, instead=instead)


@intrinsic(unsupported)
def _unsupported(what, instead=""):
    unsupported(what, instead)
