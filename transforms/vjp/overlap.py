"""Do two operations touch the same elements of an array? Compares ranges of indices, axis by axis."""

from __future__ import annotations

from dataclasses import dataclass

from broadax.transforms.core import sizes
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Op, Var
from broadax.transforms.vjp.bounds import int_of
from broadax.transforms.vjp.regions import SCALAR, Copy, Loop, Region

LATER = Var("later", SCALAR)  # how many turns later: 1 or more


@dataclass(frozen=True)
class Touched:
    """The elements of an array that an operation reads or writes.

    Attributes:
        axes: for each axis the ranges (lowest, highest index) that it touches; None if unknown. They are
            polynomials in the loops' indices.
        loops: the loops around the operation, outermost first.
    """

    axes: tuple
    loops: tuple[Loop, ...]


def touched(copy: Copy, idx, params: dict, home: Region) -> Touched:
    """What a subscript with index operands `idx` touches."""
    entries = [entry for entry in params["spec"] if entry[0] != "new"]
    return Touched(tuple(_ranges(copy, entry, idx) for entry in entries), home.loops)


def _ranges(copy: Copy, entry: tuple, idx) -> list | None:
    bounds = copy.bounds
    if entry[0] == "index":
        places = _places(copy, idx[entry[1]])
        return places and [(bounds.value(place),) * 2 for place in places]
    _, start, size, step = entry
    start, size = bounds.dim(start), bounds.dim(size)
    last = start + (size - 1) * step
    return [(start, last) if step > 0 else (last, start)]


def _places(copy: Copy, index) -> list | None:
    """The scalars that an index operand consists of."""
    if not index.shape:
        return [index]
    home = copy.home.get(index)
    op = None if home is None else home.defs[index]
    if isinstance(op, Op) and op.prim.name == "stack" and not op.args[0].shape:
        return list(op.args)
    return None


def apart(copy: Copy, read: Touched, write: Touched, shared: tuple[Loop, ...], later: bool) -> bool:
    """Is it certain that an update touches no element that was read?

    Args:
        shared: the loops whose turn is the same for both, outermost first.
        later: of the last of them, the update's turn is a later one.
    """
    step = int_of(shared[-1].step)
    if later and not step:
        return False

    def postponed(dim):
        """What belongs to the update, in terms of the turn of what was read."""
        index = shared[-1].index
        moved = Size.of(index) + Size.of(LATER) * step
        return sizes.substitute(dim, lambda v: moved if v is index else Size.of(v)) if later else dim

    return any(
        reads is not None
        and writes is not None
        and all(_separate(copy, r, w, read, write, shared, postponed) for r in reads for w in writes)
        for reads, writes in zip(read.axes, write.axes, strict=True)
    )


def _separate(copy: Copy, r, w, read: Touched, write: Touched, shared, postponed) -> bool:
    """Does a range of indices that is read lie before, or behind, one that is written?"""
    least, most = copy.bounds.least, copy.bounds.most
    if not (_surely(copy, least(r[0], read.loops), 0) and _surely(copy, least(w[0], write.loops), 0)):
        return False  # a negative index counts from the end
    inner = [[loop for loop in t.loops if loop not in shared] for t in (read, write)]
    first, last = least(r[0], inner[0]), most(r[1], inner[0])
    start, end = least(w[0], inner[1]), most(w[1], inner[1])
    gaps = []
    if start is not None and last is not None:
        gaps.append(postponed(start) - last)
    if end is not None and first is not None:
        gaps.append(first - postponed(end))
    return any(_surely(copy, least(_soonest(gap), shared), 1) for gap in gaps)


def _soonest(gap):
    """A gap one turn later, if it only grows from then on; None if it may shrink."""
    if not isinstance(gap, Size) or LATER not in set(sizes.atoms_of(gap)):
        return gap
    coef = gap.terms.get((LATER,), 0)
    rest = gap - Size.of(LATER) * coef
    if coef < 0 or isinstance(rest, Size) and LATER in set(sizes.atoms_of(rest)):
        return None
    return rest + coef


def _surely(copy: Copy, value, bound: int) -> bool:
    """Is a value at least so much: always, or for the sizes of this call, which is guarded then?"""
    value = None if value is None else copy.outer_dim(value)
    if value is None or isinstance(value, int):
        return value is not None and value >= bound
    hint = sizes.hint(value)
    return hint is not None and hint >= bound and bool(sizes.at_least(value, bound))
