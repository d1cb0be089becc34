"""The derivatives by, and of, integers: zeros of a dtype of their own, as in JAX."""

from __future__ import annotations

import numpy as np

FLOAT0 = np.dtype([("float0", np.void, 0)])


class Float0:
    """The derivative by, or of, an integer or boolean: zeros of JAX's dtype float0. (Not a tree.)"""

    __slots__ = ("shape",)
    dtype = FLOAT0

    def __init__(self, shape: tuple):
        self.shape = shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def array(self) -> np.ndarray:
        """What the caller gets."""
        return np.zeros(self.shape, FLOAT0)
