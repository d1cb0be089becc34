"""The one family of errors: what is wrong, where (file, line, column, caret) and what to write instead."""

from __future__ import annotations

import linecache
from dataclasses import dataclass


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
        end = self.end_col if self.end_line == self.line and self.end_col else self.col + 1
        end = max(self.col + 1, min(end, len(text)))
        shift = len(text) - len(text.lstrip())
        marks = " " * (self.col - shift) + "^" * (end - self.col)
        return f"    {text.strip()}\n    {marks}"


class BroadaxError(Exception):
    """Base of every error that broadax raises on purpose.

    Args:
        what: one sentence, what is wrong.
        loc: where in the user's source.
        instead: what to write instead, a sentence or a line of code.
    """

    def __init__(self, what: str, loc: Loc | None = None, instead: str = ""):
        super().__init__(what)
        self.what, self.loc, self.instead = what, loc, instead
        self.chain: list[str] = []

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
            where = f"  {self.loc.file}:{self.loc.line}:{self.loc.col + 1}"
            lines.append(where + (f", in {self.loc.function}" if self.loc.function else ""))
            caret = self.loc.caret()
            if caret:
                lines.append(caret)
        if self.instead:
            lines.append(f"  instead: {self.instead}")
        lines.extend(f"  {link}" for link in self.chain)
        return "\n".join(lines)


class UnsupportedError(BroadaxError, NotImplementedError):
    """Valid Python that broadax does not compile."""


class TypeMismatchError(BroadaxError, TypeError):
    """Values whose types or structure do not fit: two branches, a loop's carry, an argument."""


class ShapeError(BroadaxError, ValueError):
    """Shapes that do not fit; the sentence is NumPy's where NumPy has one."""


class OutOfRangeError(BroadaxError, IndexError):
    """An index known to be out of range while the function is read."""


class UnboundError(BroadaxError, NameError):
    """A name that is not bound where it is read."""


class SourceError(BroadaxError, OSError):
    """A function whose source can't be found."""


class SpecError(BroadaxError, ValueError):
    """A type spec such as `f64[n, 3]` that can't be read."""


class BackendError(BroadaxError, RuntimeError):
    """A backend that is not installed or can't do what is asked."""


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
