"""Lines of generated code before they are laid out."""

from __future__ import annotations

from dataclasses import dataclass

from broadax.runtime.errors import Loc


@dataclass(frozen=True)
class Line:
    """One line (or one statement that is still to be wrapped).

    Attributes:
        note: not empty for statements that compute a derivative.
        parts: `(text, place)` of the expressions in it, which may come from other lines of the user's.
        own: it raises what the user's code raises.
    """

    depth: int
    text: str
    loc: Loc | None = None
    note: str = ""
    parts: tuple = ()
    own: bool = False
