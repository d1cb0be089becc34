"""What a function does besides computing: checks, raised errors, prints."""

from __future__ import annotations

import json

from broadax.transforms.core.statements import Effect, suffix_of
from broadax.transforms.pretty.lines import Line
from broadax.transforms.pretty.values import Values


class Effects(Values):
    """Writes effects; `errors` collects the exception classes that the text names."""

    def __init__(self, *args):
        super().__init__(*args)
        self.errors: dict[type, None] = {}

    def effect(self, stmt: Effect, depth: int) -> list[Line]:
        """`print(…)`, `raise E(…)`, `if not c: raise E(…)`, `assert c, …`."""
        message = self.message(stmt.params["message"], stmt.args)
        if stmt.kind == "print":
            end = f"end={_quoted(stmt.params['end'])}" if "end" in stmt.params else ""
            return [Line(depth, f"print({', '.join(t for t in (message, end) if t)})")]
        error = stmt.params["error"]
        self.errors.setdefault(error)
        raised = f"{error_name(error)}({message})"
        own = stmt.params.get("own", False)
        if stmt.kind == "raise":
            return [Line(depth, f"raise {raised}", own=own)]
        if error is AssertionError:
            text = f"assert {self.text(stmt.args[0]).text}"
            return [Line(depth, f"{text}, {message}" if message else text, own=own)]
        return [
            Line(depth, f"if {self.negated(stmt.args[0])}:", stmt.loc),
            Line(depth + 1, f"raise {raised}", own=own),
        ]

    def message(self, parts: tuple, atoms) -> str:
        """A message as a string literal or an f-string; empty for no message."""
        if not any(isinstance(p, int) for p in parts):
            text = "".join(parts)
            return _quoted(text) if text else ""
        if len(parts) == 1 and not suffix_of(parts[0]):
            return f"str({self.text(atoms[parts[0]]).text})"
        pieces = [
            "{" + self.text(atoms[p]).text + suffix_of(p) + "}"
            if isinstance(p, int)
            else _quoted(p)[1:-1].replace("{", "{{").replace("}", "}}")
            for p in parts
        ]
        return f'f"{"".join(pieces)}"'


def error_name(error: type) -> str:
    """An exception class as generated code calls it."""
    return "np.linalg.LinAlgError" if error.__module__.startswith("numpy.") else error.__name__


def _quoted(text: str) -> str:
    """A string literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)
