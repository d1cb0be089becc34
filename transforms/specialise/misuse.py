"""Calls that a function does not take: in the words of the function that the user called."""

from __future__ import annotations

import difflib
import importlib
import inspect
import re

import numpy as np

from broadax.runtime import raised
from broadax.runtime.errors import BroadaxError, TypeMismatchError, UnsupportedError
from broadax.transforms.specialise.interpreter import BranchDies

UFUNC = ("out", "where", "axes", "axis", "keepdims", "casting", "order", "dtype", "subok", "signature")
# What a rule over static arguments raises because of them, mostly by asking NumPy.
OF_THE_USER = (TypeError, ValueError, IndexError, ArithmeticError, StopIteration, NotImplementedError)


def called(name: str, rule, args: tuple, kwargs: dict, own: int = 0):
    """Call a rule for the function `name`; what is wrong with its arguments is the user's error.

    Args:
        own: leading arguments of the rule that the user did not write.

    Raises:
        BroadaxError: of the class that Python or NumPy raise.
    """
    try:
        return rule(*args, **kwargs)
    except (BroadaxError, BranchDies, RecursionError):
        raise
    except OF_THE_USER as error:
        if isinstance(error, TypeError) and error.__traceback__.tb_next is None:
            raise _misfit(str(error), name, rule, own) from None
        raise raised.familiar(error) from error


def check_keywords(name: str, function, kwargs: dict) -> None:
    """Refuse keywords that a Python function has no parameter for.

    Raises:
        UnsupportedError: NumPy's function of this name has it.
        TypeMismatchError: it has not.
    """
    known = inspect.signature(function).parameters.values()
    names = {p.name for p in known if p.kind is not p.POSITIONAL_ONLY}
    if any(p.kind is p.VAR_KEYWORD for p in known):
        return
    for key in kwargs:
        if key not in names:
            raise _unknown_keyword(name, key, function)


def suggestion(word: str, known) -> str:
    """`did you mean sum?`, where a known name is close to the word; else empty."""
    close = difflib.get_close_matches(word, [k for k in known if not k.startswith("_")], n=1)
    return f"did you mean {close[0]}?" if close else ""


def _misfit(text: str, name: str, rule, own: int) -> BroadaxError:
    """The error for `rule() takes 2 positional arguments but 3 were given` and the like."""
    words = re.sub(r"^[\w.<>]+\(\) ", "", text)
    keyword = re.search(r"unexpected keyword argument '(\w+)'", words)
    if keyword:
        return _unknown_keyword(name, keyword[1], rule)
    if own and words.startswith("takes"):
        words = re.sub(r"\d+", lambda m: str(int(m[0]) - own), words)
    return TypeMismatchError(f"{name}() {words}")


def _unknown_keyword(name: str, key: str, rule) -> BroadaxError:
    if key in _parameters(name):
        return UnsupportedError(f"the argument {key}= of {name} is not supported")
    what = f"{name}() got an unexpected keyword argument '{key}'"
    return TypeMismatchError(what, instead=suggestion(key, inspect.signature(rule).parameters))


def _parameters(name: str) -> tuple:
    """The keywords that the real function of this name takes."""
    module, _, attribute = name.rpartition(".")
    try:
        function = getattr(importlib.import_module(module), attribute)
        return UFUNC if isinstance(function, np.ufunc) else tuple(inspect.signature(function).parameters)
    except (ImportError, AttributeError, ValueError, TypeError):
        return ()
