"""What is known of loop indices and of sums and products with them: it decides questions about slices."""

from __future__ import annotations

from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size, atoms_of
from broadax.transforms.core.statements import Lit, Var


def as_dim(value):
    """An int, a size, or the size that an integer scalar is; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Size)):
        return value
    if isinstance(value, Lit) and isinstance(value.value, int):
        return value.value
    if isinstance(value, Var) and value.shape == () and value.dtype.kind in "iu":
        return Size.of(value)
    try:
        return value.__index__()
    except (AttributeError, TypeError):
        return None


MOST_TERMS = 8  # of a polynomial that is remembered: `x = x * x + 1` must not grow without end
POLYNOMIAL = {"add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b}


class Ranges:
    """First and last value of loop indices and remainders, as sizes; integer scalars as polynomials."""

    def __init__(self):
        self.bounds: dict[Var, tuple] = {}
        self.forms: dict[Var, Size] = {}

    def define(self, out, op: str, x, y) -> None:
        """Remember the integer scalar `out = op(x, y)` as a polynomial over loop indices and sizes."""
        a, b = self.polynomial(x), self.polynomial(y)
        if op in POLYNOMIAL and isinstance(out, Var) and a is not None and b is not None:
            form = POLYNOMIAL[op](a, b)
            if isinstance(form, Size) and len(form.terms) <= MOST_TERMS and max(map(len, form.terms)) <= 2:
                self.forms[out] = form
        if op == "remainder" and isinstance(out, Var) and isinstance(b, int) and b > 0 and a is not None:
            self.bounds[out] = (0, b - 1)

    def polynomial(self, value):
        """As `as_dim`, in terms of loop indices where these are known."""
        dim = as_dim(value)
        if not any(v in self.forms for v in atoms_of(dim)):
            return dim
        return sizes.substitute(dim, lambda v: self.forms.get(v, Size.of(v)))

    def note(self, index: Var, lo, hi, step) -> None:
        """Remember the index of `for index in range(lo, hi, step)`."""
        lo, hi = self.polynomial(lo), self.polynomial(hi)
        if lo is None or hi is None:
            return
        self.bounds[index] = (lo, hi - 1) if step > 0 else (hi + 1, lo)

    def least(self, dim):
        """A lower bound of a dimension in which no loop index is left; None where there is none."""
        for _ in range(16):
            var = next((v for v in atoms_of(dim) if v in self.bounds), None)
            if var is None:
                return dim
            dim = self._replace(dim, var)
            if dim is None:
                return None
        return None

    def greatest(self, dim, hidden: set):
        """An upper bound of a dimension in which no variable of `hidden` is left; None if there is none."""
        for _ in range(16):
            var = next((v for v in atoms_of(dim) if v in hidden), None)
            if var is None:
                return dim
            if var not in self.bounds:
                return None
            least = self._replace(-dim, var)
            if least is None:
                return None
            dim = -least
        return None

    def _replace(self, dim, var):
        """`dim` with `var` at the end of its range that makes it smallest; it must occur linearly."""
        coefs = [c for mono, c in dim.terms.items() if var in mono]
        if any(mono != (var,) for mono in dim.terms if var in mono) or len(coefs) != 1:
            return None
        if len([v for v in atoms_of(dim) if v is var]) != 1:
            return None
        lo, hi = self.bounds[var]
        return sizes.substitute(dim, lambda v: (lo if coefs[0] > 0 else hi) if v is var else Size.of(v))

    def nonnegative(self, dim) -> bool:
        """Is `dim >= 0` whenever the code runs? What the hints tell is recorded as a guard."""
        least = self.least(dim)
        if least is None:
            return False
        if isinstance(least, int):
            return least >= 0
        return sizes.hint(least) is not None and sizes.hint(least) >= 0 and bool(sizes.at_least(least, 0))
