"""What the functions that people call have in common: marks for the compiler, errors for keywords."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable

from broadax.runtime.errors import TypeMismatchError


def composer(function: Callable) -> Callable:
    """A function that makes a transform, wherever it is called."""
    return special("compose")(function)


def special(kind: str) -> Callable:
    """A function that the compiler itself carries out where it is met in code that is read."""

    def mark(function: Callable) -> Callable:
        allowed = inspect.signature(function).parameters

        @functools.wraps(function)
        def checked(*args, **kwargs):
            check_keywords(function.__name__, allowed, kwargs)
            if not args and not kwargs and next(iter(allowed.values())).default is inspect.Parameter.empty:
                raise TypeMismatchError(f"{function.__name__} needs a function as its first argument")
            return function(*args, **kwargs)

        checked.__broadax__ = kind
        return checked

    return mark


def check_keywords(name: str, allowed, kwargs: dict) -> None:
    """
    Raises:
        TypeMismatchError: a keyword is not allowed; names those that are.
    """
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in allowed.values()):
        return
    names = [n for n, p in allowed.items() if p.kind is not inspect.Parameter.VAR_POSITIONAL]
    for key in kwargs:
        if key not in names:
            close = difflib.get_close_matches(key, names, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise TypeMismatchError(
                f"{name}() got an unexpected keyword argument '{key}'",
                instead=f"{hint}{name} takes {', '.join(names)}",
            )
