"""Names in generated Numba source: the user's, shared where an array or a loop's carry is handed on."""

from __future__ import annotations

import keyword
import re

from broadax.backends.numba.helpers import HELPERS
from broadax.transforms.core.statements import Block, For, If, Op, Var, While, blocks, definitions
from broadax.transforms.facts.lifetimes import Lifetimes, merged, overlap
from broadax.transforms.facts.storage import IN_PLACE, is_array
from broadax.transforms.pretty.suggest import COMPARISONS, NAMES

RESERVED = frozenset(
    {
        *keyword.kwlist,
        *HELPERS,
        "np",
        "math",
        "njit",
        "objmode",
        "intrinsic",
        "ir",
        "range",
        "float",
        "int",
        "bool",
        "complex",
        "min",
        "max",
        "abs",
        "print",
        "len",
        "inlined",
        "fast",
        "options",
        "nested",
        "call_out",
    }
)
INDICES = "ijklmnpq"
WRITTEN = re.compile(r"^ *\w+\[.*\] [^=]?= ", re.MULTILINE)


class Group:
    """Variables under one name."""

    __slots__ = ("members", "intervals")

    def __init__(self, var: Var, intervals: list):
        self.members, self.intervals = [var], intervals


class Names:
    """One name for every variable that has one, and fresh names for temporaries.

    Args:
        plan: says what is inlined (it has no name) and what each statement reads.

    Attributes:
        memory: name of an array → its class of those that may share memory (`Storage`).
    """

    def __init__(self, plan):
        self.plan, function = plan, plan.function
        lifetimes = Lifetimes(function, plan.reads, plan.named, plan.shown)
        self.groups = {v: Group(v, r) for v, r in lifetimes.intervals.items()}
        self.params = set(function.params)
        self._block(function.body)
        self.taken = set(RESERVED)
        self.names: dict[Var, str] = {}
        self.memory: dict[str, Var] = {}
        order = [*function.params, *(v for v, _, _ in function.sizes), *definitions(function.body)]
        for var in order:
            if var in self.groups and var not in self.names:
                self._choose(self.groups[var])
        free = [letter for letter in INDICES if letter not in self.taken]
        self.indices = free + [f"i{k}" for k in range(8)]
        self.taken.update(self.indices)

    def __getitem__(self, var: Var) -> str:
        if var not in self.names:
            self._name(var, self.fresh(readable(var.base)))
        return self.names[var]

    def fresh(self, base: str) -> str:
        """A name that nothing else has."""
        name, k = base, 0
        while name in self.taken:
            k += 1
            name = f"{base}_{k}"
        self.taken.add(name)
        return name

    def _choose(self, group: Group) -> None:
        first = next((v for v in group.members if v in self.params), group.members[0])
        name = self.fresh(first.base if first in self.params else readable(first.base))
        for var in group.members:
            self._name(var, name)

    def _name(self, var: Var, name: str) -> None:
        self.names[var] = name
        if is_array(var):
            self.memory[name] = self.plan.storage.of(var)

    def apart(self, lines: list[str]) -> list[list[str]]:
        """The arrays whose elements these lines read or write, those that may share memory together.

        Empty where no element is written, or all may share memory.
        """
        text = "\n".join(lines)
        found = dict.fromkeys(re.findall(r"\b(\w+)\[", text))
        groups: dict[Var, list[str]] = {}
        for name in found:
            if self.memory.get(name) is not None:
                groups.setdefault(self.memory[name], []).append(name)
        return list(groups.values()) if len(groups) > 1 and WRITTEN.search(text) else []

    # ── sharing ───────────────────────────────────────────────────────────────────────────────────

    def _block(self, block: Block) -> None:
        for stmt in block.stmts:
            for inner in blocks(stmt):
                self._block(inner)
            match stmt:
                case Op() if stmt.prim.name in IN_PLACE:
                    self._share(stmt.args[0], stmt.outs[0], tied=True)
                case If():
                    for out, a, b in zip(stmt.outs, stmt.then.results, stmt.orelse.results, strict=True):
                        self._hand(out, a)
                        self._hand(out, b)
                case For() | While():
                    rows = zip(stmt.carries, stmt.outs, stmt.body.results, stmt.init, strict=True)
                    for carry, out, result, init in rows:
                        self._hand(carry, out)
                        self._hand(carry, result)
                        self._hand(carry, init)

    def _hand(self, var: Var, atom) -> None:
        """Share a name where values are handed over; nests may be computed earlier than they stand."""
        group = self.groups.get(atom) if isinstance(atom, Var) else None
        if group is not None and not any(map(self._computed, group.members)):
            self._share(var, atom)

    def _computed(self, var: Var) -> bool:
        """Is it new memory, filled by a nest that may read what the name stood for before?"""
        op = self.plan.inlining.definition.get(var)
        return op is not None and not self.plan.is_in_place(op)

    def _share(self, a, b, tied: bool = False) -> None:
        left, right = self.groups.get(a), self.groups.get(b)
        if left is None or right is None or left is right:
            return
        two_params = sum(any(v in self.params for v in g.members) for g in (left, right)) == 2
        if not tied and (overlap(left.intervals, right.intervals) or two_params):
            return
        left.members += right.members
        left.intervals = merged([*left.intervals, *right.intervals])
        for var in right.members:
            self.groups[var] = left


def readable(base: str) -> str:
    """A name for what is called after its operation; the user's names, and `d_`, `t_` in front, stay."""
    prefix = ""
    while base[:2] in ("d_", "t_"):
        prefix, base = prefix + base[:2], base[2:]
    if base in COMPARISONS:
        base = "mask"
    base = prefix + NAMES.get(base, base)
    return base if base.isidentifier() else "value"
