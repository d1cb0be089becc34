"""The one family of errors: what is wrong, where (file, line, column, caret) and what to write instead."""

from __future__ import annotations

import linecache
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Loc:
    """A span of the user's source; lines count from 1, columns from 0, as in `ast`."""

    file: str
    line: int
    col: int = 0
    end_line: int | None = None
    end_col: int | None = None
    function: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def text(self) -> str:
        """The source line, without its newline; empty where the file can't be read."""
        return linecache.getline(self.file, self.line).rstrip("\n")

    def caret(self) -> str:
        """The source line with a caret line under the span; empty where there is no source."""
        text = self.text()
        if not text.strip():
            return ""
        start, end = self._span(text)
        shift = len(text) - len(text.lstrip())
        return f"    {text.strip()}\n    {' ' * (start - shift)}{'^' * (end - start)}"

    def marked(self) -> str:
        """The text over the caret line: the part of the line that the place is."""
        text = self.text()
        start, end = self._span(text)
        return text[start:end]

    def _span(self, text: str) -> tuple[int, int]:
        """First and last column in characters (`ast` counts bytes), within the first line."""
        line = text.encode()
        last = self.end_col if self.end_line == self.line and self.end_col else len(line)
        start, end = (len(line[:k].decode(errors="ignore")) for k in (self.col, last))
        return start, max(start + 1, end)

    def shown(self) -> str:
        """The place as errors show it: file, line, column, function; below it the line with its caret."""
        where = f"  {self.file}:{self.line}:{self._span(self.text())[0] + 1}"
        where += f", in {self.function}" if self.function else ""
        caret = self.caret()
        return f"{where}\n{caret}" if caret else where


class BroadaxError(Exception):
    """Base of every error that broadax raises on purpose.

    Args:
        what: one sentence, what is wrong.
        loc: where in the user's source.
        instead: what to write instead, a sentence or a line of code.

    Attributes:
        chain: through which calls and transforms the code came, innermost first.
        others: what else is wrong in the same function, each with its own place.
    """

    def __init__(self, what: str, loc: Loc | None = None, instead: str = ""):
        super().__init__(what)
        self.what, self.loc, self.instead = what, loc, instead
        self.chain: list[str] = []
        self.others: list[BroadaxError] = []

    def at(self, loc: Loc | None) -> BroadaxError:
        """Fill in the place, where the raiser did not know it."""
        if self.loc is None:
            self.loc = loc
        return self

    def during(self, doing: str) -> BroadaxError:
        """Add a link of the chain: `while differentiating f at model.py:12`."""
        if doing not in self.chain:
            self.chain.append(doing)
        return self

    def __str__(self) -> str:
        lines = [self.what]
        if self.loc is not None:
            lines.append(self.loc.shown())
        if self.instead:
            lines.append(f"  instead: {self.instead}")
        lines.extend(f"  {link}" for link in self.chain)
        lines.extend(f"also: {other}" for other in self.others)
        return "\n".join(lines)

    def __reduce__(self):
        return _restored, (type(self), self.what, self.loc, self.instead, self.chain, self.others)


def _restored(cls, what, loc, instead, chain, others) -> BroadaxError:
    error = cls(what, loc=loc, instead=instead)
    error.chain, error.others = chain, others
    return error


class UnsupportedError(BroadaxError, NotImplementedError):
    """Valid Python that broadax does not compile."""


class TypeMismatchError(BroadaxError, TypeError):
    """Values whose types or structure do not fit: two branches, a loop's carry, an argument."""


class InvalidValueError(BroadaxError, ValueError):
    """A value that a function does not take, or that has no truth value."""


class ReadOnlyError(InvalidValueError):
    """A write to an array that NumPy makes read-only."""


class StructureError(TypeMismatchError):
    """What two branches, or two turns of a loop, left behind has no common type, and is read."""


class ShapeError(InvalidValueError):
    """Shapes that do not fit; the sentence is NumPy's where NumPy has one."""


class TangentError(ShapeError, TypeMismatchError):
    """A (co)tangent whose shape is not that of what it belongs to (a ValueError in JAX)."""


class BatchError(ShapeError, TypeMismatchError):
    """An argument, a result or a tree of axes that `vmap` can't map (a ValueError in JAX)."""


class AxisError(ShapeError, np.exceptions.AxisError):
    """An axis that the array does not have."""


class LinAlgError(ShapeError, np.linalg.LinAlgError):
    """A matrix that a function of linear algebra does not take."""


class OutOfRangeError(BroadaxError, IndexError):
    """An index out of range, or something that is no index."""


class MissingKeyError(BroadaxError, KeyError):
    """A key that a dict does not have."""


class MissingAttributeError(BroadaxError, AttributeError):
    """An attribute that an object or a module does not have."""


class DivisionError(BroadaxError, ZeroDivisionError):
    """A division of Python numbers by zero."""


class UnboundError(BroadaxError, NameError):
    """A name that is not bound where it is read."""


class UnboundLocal(UnboundError, UnboundLocalError):
    """A local variable that is read before it has a value."""


class DepthError(UnsupportedError, RecursionError):
    """A recursion, or a nesting, that does not end while the function is read."""


class InternalError(BroadaxError, RuntimeError):
    """A fault of broadax, met while it read or compiled the user's code."""


class SourceError(BroadaxError, OSError):
    """A function whose source can't be found."""


class SpecError(BroadaxError, ValueError):
    """A type spec such as `f64[n, 3]` that can't be read."""


class BackendError(BroadaxError, RuntimeError):
    """A backend that is not installed or can't do what is asked."""


class OutOfMemoryError(BackendError, MemoryError):
    """A device has not enough memory for an array or a program's results."""


class StaticNeeded(BroadaxError, TypeError):
    """A value known only when the code runs stands where one is needed now (an axis, a tuple index).

    Loops answer it by unrolling, integer arguments by being fixed to this call's value; what is
    left reaches the user.
    """

    def __init__(self, what: str, atom=None, loc: Loc | None = None, instead: str = ""):
        super().__init__(what, loc, instead)
        self.atom = atom
        # The scalar inputs from which the value is computed, found where the error is raised.
        self.sources: list | None = None
        # The subscript of a list or tuple that could look its items up in a table.
        self.lookup: Loc | None = None
