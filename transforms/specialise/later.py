"""Errors that Python would raise in a branch: raised when the code runs and takes the branch."""

from __future__ import annotations

import builtins

from broadax.runtime.errors import (
    BroadaxError,
    DivisionError,
    MissingKeyError,
    OutOfRangeError,
    ReadOnlyError,
    ShapeError,
    UnboundError,
)
from broadax.transforms.specialise.interpreter import Interpreter

# What surely is an error of the user's, and of Python or NumPy, too.
LATER = (UnboundError, OutOfRangeError, MissingKeyError, DivisionError, ShapeError, ReadOnlyError)


def raise_later(it: Interpreter, error: BroadaxError) -> None:
    """End the branch that is being read with this error."""
    with it.builder.at(error.loc):
        it.builder.effect("raise", (), error=python_class(error), message=(error.what,))


def python_class(error: BroadaxError) -> type:
    """The class that Python raises, of which a member of the family is, too."""
    return next(cls for cls in type(error).__mro__ if getattr(builtins, cls.__name__, None) is cls)
