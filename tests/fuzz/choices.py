"""Where random choices come from: a hypothesis draw (shrinkable) or a seeded generator (fast)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st


class Choices:
    """Choices made of bounded integers alone; 0 is always the simplest one.

    Args:
        integer: `integer(lo, hi)` gives an int of that closed range.
    """

    def __init__(self, integer: Callable[[int, int], int]):
        self.integer = integer

    @classmethod
    def drawn(cls, draw) -> Choices:
        """Choices of a hypothesis strategy."""
        return cls(lambda lo, hi: draw(st.integers(lo, hi)))

    @classmethod
    def seeded(cls, seed: int) -> Choices:
        """Choices decided by a seed."""
        return cls(random.Random(seed).randint)

    def pick(self, options: Sequence) -> Any:
        """One of several options, the first being the simplest."""
        return options[self.integer(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self.integer(0, 99) >= 100 - percent

    def weighted(self, options: Sequence[tuple[int, Any]]) -> Any:
        """One of `(weight, option)`."""
        at = self.integer(0, sum(weight for weight, _ in options) - 1)
        for weight, option in options:
            if at < weight:
                return option
            at -= weight
        raise AssertionError("weights must be positive")
