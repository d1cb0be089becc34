"""The table of mistakes: each a function that is wrong in the line marked `# here`."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass

import broadax as bx

MISTAKES: list[Mistake] = []


@dataclass(frozen=True)
class Mistake:
    """A wrong function, how it is called, and what must be said about it.

    Attributes:
        error: the class that CPython or NumPy raise (NotImplementedError: that broadax does not read it).
        text: a part of the message.
        spot: the part of the marked line over the carets; empty for the head of the function.
        run: the running code raises it; it is tried on both backends.
    """

    function: Callable
    error: type
    text: str
    arguments: tuple
    spot: str = ""
    transform: Callable = bx.jit
    run: bool = False


def mistake(error: type, text: str, *arguments, **options) -> Callable:
    """Enter a function in the table."""

    def enter(function):
        MISTAKES.append(Mistake(function, error, text, arguments, **options))
        return function

    return enter


# What the mistakes are about.


class Wrong(Exception):
    """An error of the user's."""


@dataclass
class Point:
    x: float
    y: float

    def bad(self):
        return self.x + undefined_in_a_method  # noqa: F821


@dataclass(frozen=True)
class Frozen:
    x: float


class Plain:
    def __init__(self, x):
        self.x = x


NT = namedtuple("NT", "a b")
