"""Errors that Python, NumPy or the user's own `raise` gave: as members of the family, with their place."""

from __future__ import annotations

import builtins
from functools import cache

import numpy as np

from broadax.runtime import errors
from broadax.runtime.errors import BroadaxError, InternalError, Loc

KNOWN = {
    IndexError: errors.OutOfRangeError,
    TypeError: errors.TypeMismatchError,
    ValueError: errors.InvalidValueError,
    KeyError: errors.MissingKeyError,
    AttributeError: errors.MissingAttributeError,
    ZeroDivisionError: errors.DivisionError,
    NameError: errors.UnboundError,
    UnboundLocalError: errors.UnboundLocal,
    NotImplementedError: errors.UnsupportedError,
    RecursionError: errors.DepthError,
    np.linalg.LinAlgError: errors.LinAlgError,
    np.exceptions.AxisError: errors.AxisError,
}


def familiar(error: Exception, loc: Loc | None = None, instead: str = "") -> Exception:
    """An error of Python or NumPy as one of the family that is of its class, too.

    An error of a class from elsewhere is returned as it is, with its place as a note.
    """
    if isinstance(error, BroadaxError):
        return error.at(loc)
    if _is_own(error):
        return error
    cls = _class(type(error))
    if cls is None:
        return own(error, loc)
    try:
        return cls(_text(error), loc=loc, instead=instead)
    except TypeError:  # a class that wants arguments of its own
        return own(error, loc)


def fault(error: Exception, loc: Loc | None = None, doing: str = "") -> BroadaxError:
    """An error that broadax did not mean to raise, as one of the family (and of its class)."""
    what = f"broadax failed here{doing and ' while ' + doing}: {type(error).__name__}: {_text(error)}"
    instead = "this is a fault of broadax, please report it; write this part differently"
    try:
        return _internal(type(error))(what, loc=loc, instead=instead)
    except TypeError:  # a class that wants arguments of its own
        return InternalError(what, loc=loc, instead=instead)


def own(error: Exception, loc: Loc | None) -> Exception:
    """An error that the user's code raises: it keeps its class, and gets its place as a note."""
    if loc is not None and not _is_own(error):
        error.broadax_loc = loc
        error.add_note(loc.shown())
    return error


def _is_own(error: Exception) -> bool:
    return hasattr(error, "broadax_loc")


def _text(error: Exception) -> str:
    if isinstance(error, KeyError) and len(error.args) == 1:
        return repr(error.args[0])
    return str(error) or type(error).__name__


@cache
def _class(cls: type) -> type | None:
    """The class of the family for a class of errors; None for classes of the user's modules."""
    if cls in KNOWN:
        return KNOWN[cls]
    if getattr(builtins, cls.__name__, None) is not cls and not cls.__module__.startswith("numpy"):
        return None
    public = next(c for c in cls.__mro__ if not c.__name__.startswith("_"))  # NumPy has private ones
    return KNOWN.get(public) or _joined(_nearest(public), public)


def _nearest(cls: type) -> type:
    return next((KNOWN[base] for base in cls.__mro__ if base in KNOWN), BroadaxError)


@cache
def _internal(cls: type) -> type:
    return InternalError if issubclass(InternalError, cls) else _joined(InternalError, cls)


@cache
def _joined(first: type, second: type) -> type:
    """A class of the family that is also of another class."""
    return type(second.__name__, (first, second), {"__module__": __name__, "__reduce__": _reduce})


def _reduce(error):
    first, second = type(error).__bases__
    return _rebuilt, (first, second, error.what, error.loc, error.instead, error.chain, error.others)


def _rebuilt(first, second, what, loc, instead, chain, others):
    error = _joined(first, second)(what, loc=loc, instead=instead)
    error.chain, error.others = chain, others
    return error
