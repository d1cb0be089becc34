"""Symbolic sizes: polynomials over the integer scalars of a Core function, and the guards they need.

A dimension is an `int` or a `Size`. Rules are written as if sizes were ints; a question about a
size (`same(n, m)`, `at_least(n, 2)`) is answered with the hints (the values at the first call) and
recorded as a guard, so that a compiled version is used only where its answers hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

Dim = "int | Size"
OPS: dict[str, Callable[[int, int], int]] = {
    "floordiv": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "max": max,
    "min": min,
}


@dataclass(frozen=True)
class SizeOp:
    """A part of a size that is no polynomial: `floordiv`, `mod`, `max` or `min` of two sizes."""

    op: str
    left: int | Size
    right: int | Size

    @property
    def name(self) -> str:
        return f"{self.op}({self.left}, {self.right})"


class Size:
    """A polynomial with integer coefficients over Core variables and `SizeOp`s; never a constant.

    `terms` maps a monomial (a tuple of atoms, sorted by name) to its coefficient; the empty tuple
    is the constant term. Build them with Python's operators: `n + 1`, `n * m`, `n // 2`.
    """

    __slots__ = ("terms", "_hash")

    def __init__(self, terms: dict):
        self.terms = terms
        self._hash = hash(frozenset(terms.items()))

    @staticmethod
    def of(var) -> Size:
        """The size that is the value of one integer scalar variable."""
        return Size({(var,): 1})

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other) -> bool:
        """Structural equality; ask `same` where equality of values is meant."""
        return isinstance(other, Size) and self.terms == other.terms

    def __repr__(self) -> str:
        return size_text(self)

    def __add__(self, other):
        terms = dict(self.terms)
        for mono, coef in _terms(other).items():
            terms[mono] = terms.get(mono, 0) + coef
        return _normal(terms)

    def __mul__(self, other):
        terms: dict = {}
        for m1, c1 in self.terms.items():
            for m2, c2 in _terms(other).items():
                mono = tuple(sorted(m1 + m2, key=lambda a: a.name))
                terms[mono] = terms.get(mono, 0) + c1 * c2
        return _normal(terms)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (other * -1)

    def __rsub__(self, other):
        return (self * -1) + other

    def __floordiv__(self, other):
        return size_op("floordiv", self, other)

    def __rfloordiv__(self, other):
        return size_op("floordiv", other, self)

    def __mod__(self, other):
        return size_op("mod", self, other)

    def __rmod__(self, other):
        return size_op("mod", other, self)

    def __index__(self) -> int:
        raise TypeError(f"size {self} is known only when the code runs")


def _terms(size) -> dict:
    if isinstance(size, Size):
        return size.terms
    return {(): int(size)} if size else {}


def _normal(terms: dict):
    terms = {m: c for m, c in terms.items() if c}
    if not terms:
        return 0
    if set(terms) == {()}:
        return terms[()]
    return Size(terms)


def _exact_quotient(a, b):
    """`a / b` where b is an int, or one monomial that divides every term of a; else None."""
    if isinstance(b, int):
        if b and all(c % b == 0 for c in _terms(a).values()):
            return _normal({m: c // b for m, c in _terms(a).items()})
        return None
    if a == b:
        return 1
    if len(b.terms) != 1:
        return None
    (mono, coef), out = next(iter(b.terms.items())), {}
    for m, c in _terms(a).items():
        rest = list(m)
        for atom in mono:
            if atom not in rest:
                return None
            rest.remove(atom)
        if c % coef:
            return None
        out[tuple(rest)] = c // coef
    return _normal(out)


def size_op(op: str, a, b):
    """`floordiv`, `mod`, `max`, `min` of two dimensions; folds where both are ints or equal."""
    if isinstance(a, int) and isinstance(b, int):
        return OPS[op](a, b)
    if op in ("max", "min") and a == b:
        return a
    exact = _exact_quotient(a, b) if op in ("floordiv", "mod") else None
    if exact is not None:
        return exact if op == "floordiv" else 0
    return Size.of(SizeOp(op, a, b))


def atoms_of(dim) -> Iterator:
    """Every Core variable a dimension reads."""
    if isinstance(dim, Size):
        for mono in dim.terms:
            for atom in mono:
                if isinstance(atom, SizeOp):
                    yield from atoms_of(atom.left)
                    yield from atoms_of(atom.right)
                else:
                    yield atom


def evaluate(dim, value_of: Callable):
    """A dimension with each variable replaced by `value_of(var)` (ints, sizes; None gives None)."""
    if not isinstance(dim, Size):
        return dim
    total = 0
    for mono, coef in dim.terms.items():
        product = coef
        for atom in mono:
            if isinstance(atom, SizeOp):
                left, right = evaluate(atom.left, value_of), evaluate(atom.right, value_of)
                value = None if left is None or right is None else size_op(atom.op, left, right)
            else:
                value = value_of(atom)
            if value is None:
                return None
            product = product * value
        total = total + product
    return total


def hint(dim) -> int | None:
    """The value of a dimension at the first call; None for a size that comes from data."""
    return evaluate(dim, lambda var: var.hint)


def substitute(dim, mapping: Callable):
    """A dimension with `mapping(var)` (a dimension) in place of each variable."""
    return evaluate(dim, mapping)


def size_text(dim, name: Callable = lambda var: var.name) -> str:
    """The dimension as a Python expression: `2 * n + 1`, `n // 2`, `max(n, m)`."""
    if not isinstance(dim, Size):
        return str(dim)
    out = ""
    for mono, coef in sorted(dim.terms.items(), key=lambda t: (not t[0], -len(t[0]), t[1] < 0)):
        factors = [_atom_text(a, name) for a in mono]
        body = " * ".join(([str(abs(coef))] if abs(coef) != 1 or not mono else []) + factors)
        sign = "-" if coef < 0 else "+"
        out += f" {sign} {body}" if out else (f"-{body}" if coef < 0 else body)
    return out


def _atom_text(atom, name) -> str:
    if not isinstance(atom, SizeOp):
        return name(atom)
    left, right = size_text(atom.left, name), size_text(atom.right, name)
    if atom.op in ("max", "min"):
        return f"{atom.op}({left}, {right})"
    sign = {"floordiv": "//", "mod": "%"}[atom.op]
    left = f"({left})" if isinstance(atom.left, Size) and " " in left else left
    right = f"({right})" if " " in right else right
    return f"({left} {sign} {right})"


# ── guards ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Guard:
    """`dim == 0`, `dim != 0` or `dim >= 0`: an answer that was given, checked before each call."""

    dim: Size
    relation: str

    def __str__(self) -> str:
        return f"{self.dim} {self.relation} 0"

    def holds(self, value_of: Callable) -> bool:
        value = evaluate(self.dim, value_of)
        return {"==": value == 0, "!=": value != 0, ">=": value >= 0}[self.relation]


class Guards:
    """The guards of one specialisation, in the order in which they were needed."""

    def __init__(self):
        self.items: dict[Guard, None] = {}
        # Sizes that a type rule took to be equal and that only the running code can compare.
        self.assumed: list[tuple] = []

    def ask(self, dim, relation: str) -> bool | None:
        """Is `dim relation 0`? None where the hints can't tell (the size comes from data)."""
        value = dim if isinstance(dim, int) else hint(dim)
        if value is None:
            return None
        answer = {"==": value == 0, ">=": value >= 0}[relation]
        if not isinstance(dim, int):
            if answer:
                guard = Guard(dim, relation)
            else:
                guard = Guard(dim, "!=") if relation == "==" else Guard(-dim - 1, ">=")
            self.items.setdefault(guard)
        return answer


_current: ContextVar[Guards | None] = ContextVar("guards", default=None)


@contextmanager
def recording(guards: Guards):
    """Questions asked inside are recorded in `guards`."""
    token = _current.set(guards)
    try:
        yield guards
    finally:
        _current.reset(token)


def ask(dim, relation: str) -> bool | None:
    """Is `dim == 0` (or `>= 0`)? Recorded as a guard; None where the size comes from data."""
    guards = _current.get() or Guards()
    return guards.ask(dim, relation)


def same(a, b) -> bool | None:
    """Are two dimensions equal? Recorded as a guard; None where that is known only at run time."""
    if a == b:
        return True
    answer = ask(a - b, "==")
    guards = _current.get()
    if answer is None and guards is not None:
        guards.assumed.append((a, b))
    return answer


def at_least(a, b) -> bool | None:
    """Is `a >= b`? Recorded as a guard; None where that is known only at run time."""
    return ask(a - b, ">=")


def product(dims) -> int | Size:
    total = 1
    for dim in dims:
        total = total * dim
    return total


def settle(dim):
    """A new dimension as the rest of the compiler wants it: 0 and 1 are ints, a `Size` is >= 2.

    Recorded as a guard. A size that comes from data stays as it is and counts as neither.
    """
    if isinstance(dim, int):
        return dim
    value = hint(dim)
    if value is None or at_least(dim, 2):
        return dim
    same(dim, value)
    return value
