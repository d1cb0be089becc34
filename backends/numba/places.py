"""Where in the user's source an error came from that compiled code raised."""

from __future__ import annotations

import traceback

import numpy as np

from broadax.runtime import raised
from broadax.runtime.errors import BroadaxError, Loc
from broadax.transforms.core.statements import Function, Op, statements
from broadax.transforms.facts.storage import IN_PLACE, Storage


class Placed(str):
    """A line of generated code that knows the user's place of what it may raise, and whose error it is."""

    loc: Loc | None
    own: bool

    def __new__(cls, text: str, loc: Loc | None, own: bool = False):
        line = super().__new__(cls, text)
        line.loc, line.own = loc, own
        return line


def line_places(first: int, blocks: list[list[str]]) -> dict[int, Placed]:
    """Line number → line; the first block starts at line `first`, two blank lines are between blocks."""
    found: dict[int, Placed] = {}
    for lines in blocks:
        found.update({first + k: line for k, line in enumerate(lines) if isinstance(line, Placed)})
        first += len(lines) + 2
    return found


def first_writes(function: Function, params) -> dict[int, Loc | None]:
    """For these flat parameters the place of the first update of their memory."""
    storage, found = Storage(function), {}
    for stmt in statements(function.body):
        if isinstance(stmt, Op) and stmt.prim.name in IN_PLACE:
            found.setdefault(storage.of(stmt.args[0]), stmt.loc)
    return {k: found.get(storage.of(function.params[k])) for k in params}


def located(error: Exception, file: str, places: dict[int, Placed]) -> Exception:
    """The error with its message filled in, as one of the family, at the user's line.

    What the user's code raises keeps its class. Compiled code raises a template and values.
    """
    args = error.args
    if len(args) > 1 and isinstance(args[0], str) and "{" in args[0]:
        error.args = (args[0].format(*args[1:]),)
    frames = traceback.extract_tb(error.__traceback__)
    line = next((places[f.lineno] for f in frames if f.filename == file and f.lineno in places), None)
    if line is not None and line.own:
        return raised.own(error, line.loc)
    if line is not None:
        return raised.familiar(error, line.loc)
    return _in_a_helper(error, frames, places)


def _in_a_helper(error: Exception, frames, places: dict[int, Placed]) -> Exception:
    """An error from a function that the generated code calls: at the line that calls it, if only one does."""
    called = "np.linalg." if isinstance(error, np.linalg.LinAlgError) else f"{frames[-1].name}("
    found = dict.fromkeys(line.loc for line in places.values() if called in line and line.loc is not None)
    if len(found) == 1:
        return raised.familiar(error, *found)
    error = raised.familiar(error)
    if found and isinstance(error, BroadaxError):
        error.during(f"at one of {', '.join(map(str, found))}")
    return error
