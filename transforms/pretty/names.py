"""Names: the user's, with the single-assignment versions of one variable put back under one name.

Variables may share a name where their lifetimes do not meet. Those that hand their value on are tried first
(an update and its array, a loop's carries, the results of branches), then versions of the same user
variable. What can't share gets a number.
"""

from __future__ import annotations

import keyword

from broadax.transforms.core.statements import Block, For, If, Op, Var, While, blocks, statements
from broadax.transforms.facts.lifetimes import Lifetimes, merged, overlap
from broadax.transforms.facts.storage import IN_PLACE
from broadax.transforms.pretty.inline import Plan
from broadax.transforms.pretty.suggest import suggestion

# Names that generated code itself uses.
RESERVED = frozenset({
    *keyword.kwlist, "np", "math", "special", "abs", "bool", "complex", "float", "int", "len", "max", "min",
    "pow", "print", "range", "reversed", "round", "str", "enumerate", "zip", "namedtuple", "dataclass",
    "cofactors",
})  # fmt: skip


class Group:
    """Variables that share a name."""

    __slots__ = ("members", "intervals", "first")

    def __init__(self, var: Var, intervals: list):
        self.members = [var]
        self.intervals = intervals
        self.first = intervals[0][0]


class Names:
    """Assigns a name to every variable that is not nested.

    Args:
        taken: names that the text uses for something else.
    """

    def __init__(self, plan: Plan, lifetimes: Lifetimes, taken=()):
        self.plan, self.lifetimes = plan, lifetimes
        self.fixed = plan.given
        self.groups = {v: Group(v, r) for v, r in lifetimes.intervals.items() if v not in plan.nested}
        self.tied: list[tuple[Var, Var]] = []
        self.handed: list[tuple[Var, Var]] = []
        self._pairs(plan.function.body)
        for a, b in self.tied:
            self._merge(a, b, force=True)
        for alike in (True, False):  # versions of one variable before all others
            for a, b in self.handed:
                if (a.base == getattr(b, "base", "")) is alike:
                    self._merge(a, b)
        self._same_base()
        self.names = self._choose(set(taken))

    def __getitem__(self, var: Var) -> str:
        return self.names[var]

    def get(self, var: Var) -> str | None:
        return self.names.get(var)

    # ── sharing ───────────────────────────────────────────────────────────────────────────────────

    def _pairs(self, block: Block) -> None:
        """Collect the pairs that would like one name, inner loops first."""
        for stmt in block.stmts:
            for inner in blocks(stmt):
                self._pairs(inner)
            match stmt:
                case Op() if stmt.prim.name in IN_PLACE:
                    self.tied.append((stmt.args[0], stmt.outs[0]))
                case If():
                    self.handed += [*zip(stmt.outs, stmt.then.results), *zip(stmt.outs, stmt.orelse.results)]
                case For() | While():
                    self.handed += [
                        *zip(stmt.carries, stmt.body.results),
                        *zip(stmt.carries, stmt.init),
                        *zip(stmt.carries, stmt.outs),
                    ]

    def _merge(self, a, b, force: bool = False) -> bool:
        left, right = self.groups.get(a), self.groups.get(b)
        if left is None or right is None or left is right:
            return False
        if not force and (overlap(left.intervals, right.intervals) or self._differ(left, right)):
            return False
        if len(left.members) < len(right.members):
            left, right = right, left
        left.members += right.members
        left.intervals = merged([*left.intervals, *right.intervals])
        left.first = min(left.first, right.first)
        for var in right.members:
            self.groups[var] = left
        return True

    def _differ(self, left: Group, right: Group) -> bool:
        """Has the user two names for them?"""
        names = {name for group in (left, right) if (name := self.own_name(group))}
        return len(names) > 1

    def _ordered(self) -> list[Group]:
        found = {id(g): g for g in self.groups.values()}
        return sorted(found.values(), key=lambda g: (g.first, g.members[0].name))

    def _same_base(self) -> None:
        """Let groups with the same best name share it where they can."""
        by_name: dict[str, list[Group]] = {}
        for group in self._ordered():
            name = self.best_name(group)
            for other in by_name.setdefault(name, []):
                if self._merge(other.members[0], group.members[0]):
                    break
            else:
                by_name[name].append(group)

    def shuffled(self) -> list[Var]:
        """Values that get another name only because their own is still taken when they are made."""
        return [
            r
            for stmt in statements(self.plan.function.body)
            if isinstance(stmt, (For, While))
            for c, r in zip(stmt.carries, stmt.body.results, strict=True)
            if r in self.plan.definition
            and c in self.groups
            and r in self.groups
            and r.base == c.base
            and self.groups[r] is not self.groups[c]
            and self.plan.count[r] == 1
        ]

    # ── choosing ──────────────────────────────────────────────────────────────────────────────────

    def best_name(self, group: Group) -> str:
        """A given name, else the user's earliest, else one that says what the value is."""
        return self.own_name(group) or suggestion(self.plan, self._first(group))

    def own_name(self, group: Group) -> str:
        """The name that the function's face or the user gave, or nothing."""
        for var in group.members:
            if var in self.fixed:
                return self.fixed[var]
        members = sorted(group.members, key=lambda v: self.lifetimes.home[v][1])
        return next((v.base for v in members if not self.plan.is_temporary(v)), "")

    def _first(self, group: Group) -> Var:
        return min(group.members, key=lambda v: self.lifetimes.home[v][1])

    def _choose(self, taken: set[str]) -> dict[Var, str]:
        names: dict[Var, str] = {}
        groups = self._ordered()
        groups.sort(
            key=lambda g: 0 if any(v in self.fixed for v in g.members) else 1 if self.own_name(g) else 2
        )
        for group in groups:
            base = self.best_name(group)
            given = any(v in self.fixed for v in group.members)
            name, k = base, 0
            while name in taken and not (given and k == 0):
                k += 1
                name = f"{base}_{k}" if base not in RESERVED or k > 1 else f"{base}_"
            taken.add(name)
            for var in group.members:
                names[var] = name
        return names
