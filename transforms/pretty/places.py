"""Where in the user's source an error came from that a generated module raised under CPython."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

from broadax.runtime import raised
from broadax.runtime.errors import Loc
from broadax.transforms.pretty.lines import Line

# What a generated module never raises but by a fault of the generator.
FAULTS = (NameError, AttributeError, SyntaxError, KeyError)


def located(error: Exception, file: str, text: str, places: dict[int, Line]) -> Exception:
    """The error as one of the family (what the user's code raises keeps its class), at the user's line.

    Args:
        file, text: the generated module; places: its line → what that line comes from.
    """
    found = next(_positions(error.__traceback__, file), None)
    line = places.get(found[0]) if found else None
    if line is None:
        return raised.familiar(error)
    if line.own:
        return raised.own(error, line.loc)
    if isinstance(error, FAULTS) and not line.text.startswith("raise "):
        return raised.fault(error, line.loc, "it ran the generated code")
    return raised.familiar(error, _part(line, found, text))


def _positions(traceback: TracebackType | None, file: str) -> Iterator[tuple]:
    """`(line, last line, column, last column)` of the instructions of a file that were being run."""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == file:
            place = list(code.co_positions())[traceback.tb_lasti // 2]
            yield (traceback.tb_lineno, *place[1:])
        traceback = traceback.tb_next


def _part(line: Line, found: tuple, text: str) -> Loc | None:
    """The place of the expression that failed, if the line holds more than one."""
    first, last, start, end = found
    if None in found:
        return line.loc
    lines = text.split("\n")[first - 1 : last]
    lines[-1] = lines[-1].encode()[:end].decode()
    lines[0] = lines[0].encode()[start:].decode()
    failed = _bare("".join(lines))
    places = [loc for part, loc in line.parts if loc is not None and _bare(part) == failed]
    return line.loc if line.loc in places or not places else places[-1]


def _bare(text: str) -> str:
    return "".join(text.split())
