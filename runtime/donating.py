"""Calls of code that overwrites arrays which the caller gave up."""

from __future__ import annotations

import numpy as np


class Donating:
    """A function of flat inputs that may overwrite some of them.

    An array that shares memory with another input, is read-only or a part of a larger array is copied before.

    Args:
        run: the compiled function.
        donated: the numbers of the inputs that it overwrites.
    """

    def __init__(self, run, donated: tuple[int, ...]):
        self.run, self.donated = run, donated

    def __call__(self, *args):
        given = list(args)
        shared = _shared(given)
        for k in self.donated:
            x = given[k]
            if k in shared or not (x.flags.writeable and _is_all(x)):
                given[k] = np.array(x)
        return self.run(*given)


def _is_all(x: np.ndarray) -> bool:
    """Is the array all that there is of its memory?"""
    return x.flags.owndata or not isinstance(x.base, np.ndarray)


def _shared(args: list) -> set[int]:
    """The numbers of arrays whose bounds in memory overlap those of others."""
    spans = sorted((*_bounds(x), k) for k, x in enumerate(args) if isinstance(x, np.ndarray) and x.size)
    found, last, end = set(), -1, 0
    for low, high, k in spans:
        if low < end:
            found |= {last, k}
        if high > end:
            last, end = k, high
    return found


def _bounds(x: np.ndarray) -> tuple[int, int]:
    if x.flags.c_contiguous:
        low = x.__array_interface__["data"][0]
        return low, low + x.nbytes
    return np.lib.array_utils.byte_bounds(x)
