"""The linear functions that `vjp` and `linearize` give: called from Python, and met in code that is read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from broadax.runtime.errors import TypeMismatchError
from broadax.runtime.trees import flatten, unflatten


class LinearMap:
    """A function of (co)tangents.

    Attributes:
        part: the linear part of a derivative in two (`broadax/linear.py`), or None.
        residuals: what it reads of the forward sweep.
        whole: where there is no part, the transform that gives the result for primals and (co)tangent.
        primals: its first argument.
        like: what the (co)tangent belongs to; of tangents, a tuple.
        source: `source(stage="python")`, the text of what is called.
    """

    def __init__(self, name: str, what: str, part, residuals: tuple, whole, primals: tuple, like):
        self.__name__ = self.__qualname__ = name
        self.__doc__ = f"A linear function of {what}."
        self.what, self.part, self.residuals = what, part, residuals
        self.whole, self.primals, self.like = whole, primals, like
        self.structure = flatten(like)[1]
        self.source: Callable = (part or whole).source

    def argument(self, args: tuple):
        """The (co)tangent as `like` is.

        Raises:
            TypeMismatchError: the number of arguments is wrong.
        """
        if self.what == "tangents":
            if len(args) != len(self.like):
                raise TypeMismatchError(
                    f"the linearized function takes {len(self.like)} tangents, got {len(args)}"
                )
            return args
        if len(args) != 1:
            raise TypeMismatchError(f"the function that vjp gives takes one cotangent, got {len(args)}")
        return args[0]

    def __call__(self, *args):
        given = self.argument(args)
        _, structure = flatten(given)
        if structure != self.structure:
            kinds = ("tangents", "primals") if self.what == "tangents" else ("cotangent", "value")
            verb = "have" if self.what == "tangents" else "has"
            raise TypeMismatchError(
                f"the {kinds[0]} {verb} the structure {structure}, the {kinds[1]} {self.structure}"
            )
        if self.part is not None:
            return self.part(self.residuals, given, self.like)
        return self.whole(self.primals, given)


def now(tree):
    """A tree as it is at this moment: what its owner writes to its arrays later is not seen."""
    leaves, spec = flatten(tree)
    return unflatten(spec, [leaf.copy() if isinstance(leaf, np.ndarray) else leaf for leaf in leaves])
