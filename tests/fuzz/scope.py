"""What is known of each name while a program is written: kind, shape, size of its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from fuzz.choices import Choices

LARGE = 100.0  # numbers that are kept are smaller than about this


@dataclass(frozen=True)
class Value:
    """An expression or name of which this is known.

    Attributes:
        kind: 'b', 'i', 'f', or 'n' for a number that is an int or a float depending on data.
        shape: `()` for scalars.
        size: about how large the numbers are.
        span: for an int of which it is known, the least and the greatest value.
    """

    text: str
    kind: str
    shape: tuple[int, ...] = ()
    size: float = LARGE
    span: tuple[int, int] | None = None
    writable: bool = True

    @property
    def count(self) -> int:
        total = 1
        for n in self.shape:
            total *= n
        return total


@dataclass(frozen=True)
class Group:
    """A name that holds a tuple, list or dict; `items` are values whose texts index it."""

    text: str
    form: str
    items: tuple[Value, ...]


@dataclass(frozen=True)
class Callee:
    """A function: the kinds and shapes of its parameters, and of its result (None: it writes)."""

    text: str
    params: tuple[Value, ...]
    result: Value | None


@dataclass
class Writer:
    """The state of one program that is being written.

    Attributes:
        loops: how many loops are open; `turns`: how often the innermost block may run.
        fixed: names that hold their kind, since a loop is open that carries them.
        frozen: names that may not be bound anew (loop counters, guards of a while).
        returns: the types that `return` gives (None: at the end, everything).
        careful: what is written here may be run in a loop.
        mixed: some number is an int or a float depending on data.
    """

    choose: Choices
    names: dict[str, Value | Group | Callee] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    indent: int = 1
    loops: int = 0
    turns: int = 1
    branches: int = 0
    budget: int = 12
    fixed: frozenset = frozenset()
    frozen: frozenset = frozenset()
    returns: tuple[Value, ...] | None = None
    counts: dict[str, int] = field(default_factory=dict)
    functions: int = 0
    nested: bool = False
    mixed: bool = False
    careful: bool = False

    # ── text ──────────────────────────────────────────────────────────────────────────────────────

    def line(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)

    def fresh(self, base: str) -> str:
        """A name not used yet."""
        self.counts[base] = self.counts.get(base, -1) + 1
        return f"{base}{self.counts[base]}"

    # ── names ─────────────────────────────────────────────────────────────────────────────────────

    def bind(self, name: str, value: Value | Group | Callee) -> None:
        self.mixed |= getattr(value, "kind", "") == "n"
        before = self.names.get(name)
        if isinstance(before, Value) and isinstance(value, Value) and before.kind != value.kind:
            self.mixed |= any(isinstance(v, Callee) for v in self.names.values())  # they may read it
        self.names[name] = replace(value, text=name)

    def scalars(self, kinds: str) -> list[Value]:
        return [v for v in self.values() if v.shape == () and v.kind in kinds]

    def arrays(self, kinds: str = "fib", writable: bool = False) -> list[Value]:
        return [v for v in self.values() if v.shape and v.kind in kinds and (v.writable or not writable)]

    def values(self) -> list[Value]:
        """Names and the items of containers."""
        found = []
        for v in self.names.values():
            if isinstance(v, Value):
                found.append(v)
            elif isinstance(v, Group):
                found.extend(v.items)
        return found

    def groups(self, *forms: str) -> list[Group]:
        return [v for v in self.names.values() if isinstance(v, Group) and v.form in forms]

    def callees(self, writes: bool) -> list[Callee]:
        return [v for v in self.names.values() if isinstance(v, Callee) and (v.result is None) == writes]

    @contextmanager
    def block(self, turns: int = 1, loop: bool = False) -> Iterator[None]:
        """Write an inner block; afterwards only names from before remain, as the caller joins them."""
        saved = self.names, self.loops, self.turns, self.fixed
        self.names = dict(self.names)
        self.indent += 1
        self.loops += loop
        self.turns *= turns
        if loop:
            self.fixed = frozenset(self.names)
        start = len(self.lines)
        try:
            yield
            if len(self.lines) == start:
                self.line("pass")
        finally:
            self.indent -= 1
            self.names, self.loops, self.turns, self.fixed = saved


def joined(a: Value, b: Value) -> Value | None:
    """What is known of a name that holds one or the other; None where nothing is."""
    if a == b:
        return a
    if not isinstance(a, Value) or not isinstance(b, Value) or a.shape != b.shape:
        return None
    kind = a.kind
    if a.kind != b.kind:
        if a.shape or not {a.kind, b.kind} <= set("ifn"):
            return None
        kind = "n"
    same = a.span is not None and b.span is not None
    span = (min(a.span[0], b.span[0]), max(a.span[1], b.span[1])) if same else None
    return Value(a.text, kind, a.shape, max(a.size, b.size), span, writable=False)
