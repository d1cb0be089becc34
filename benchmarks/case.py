"""What is timed: contenders that compute the same, and how one call of each is made."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Contender:
    """One way to compute a case's result.

    Attributes:
        call: a function of the arguments that gives the result once it is computed.
        args: the arguments.
        writes: may it write to them, or the places of those to which it writes: a call gets copies of these,
            which are not timed.
        result: takes from what `call` returned what is compared with the others.
    """

    call: Callable
    args: tuple
    writes: bool | tuple[int, ...] = False
    result: Callable = lambda out: out

    def arguments(self) -> tuple:
        if isinstance(self.writes, bool):
            return copy.deepcopy(self.args) if self.writes else self.args
        return tuple(copy.deepcopy(a) if k in self.writes else a for k, a in enumerate(self.args))


def changed(function: Callable, args: tuple) -> tuple[int, ...]:
    """The places of the arrays that a call changes."""
    given = copy.deepcopy(args)
    function(*given)
    pairs = enumerate(zip(args, given))
    return tuple(k for k, (a, b) in pairs if isinstance(a, np.ndarray) and a.tobytes() != b.tobytes())


@dataclass
class Case:
    """One row of a table.

    Attributes:
        contenders: by name; the first one's result is the one that the others must agree with.
        tolerance: of the agreement, relative to the largest number of a result's leaf.
        facts: further columns.
    """

    name: str
    contenders: dict[str, Contender]
    tolerance: float = 1e-9
    facts: dict = field(default_factory=dict)


class Disagreement(Exception):
    """Two contenders computed different results."""


def leaves(tree) -> list[np.ndarray]:
    """The arrays and numbers of a tree of tuples, lists, dicts and objects with fields."""
    if tree is None:
        return []
    if isinstance(tree, (tuple, list)):
        return [leaf for item in tree for leaf in leaves(item)]
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in leaves(tree[key])]
    if hasattr(tree, "__dataclass_fields__"):
        return leaves([getattr(tree, name) for name in tree.__dataclass_fields__])
    return [np.asarray(tree)]


def check_agreement(name: str, got, want, tolerance: float) -> None:
    """Compare results leaf by leaf.

    Raises:
        Disagreement: another number of leaves, another shape, or values that differ.
    """
    ours, theirs = leaves(got), leaves(want)
    if [x.shape for x in ours] != [x.shape for x in theirs]:
        raise Disagreement(f"{name}: shapes {[x.shape for x in ours]}, not {[x.shape for x in theirs]}")
    for a, b in zip(ours, theirs):
        scale = np.max(np.abs(b[np.isfinite(b)]), initial=0.0)
        if not np.allclose(a, b, rtol=tolerance, atol=tolerance * scale, equal_nan=True):
            raise Disagreement(f"{name}: differs by {np.max(np.abs(a - b))} where the largest is {scale}")
