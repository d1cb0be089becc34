"""Operators on atoms, so that rules are written as mathematics: `1 - y * y`.

Using an operator emits a Core statement into the builder that is current.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar

_builder: ContextVar = ContextVar("builder")


def current():
    """The builder into which rules emit."""
    return _builder.get()


@contextmanager
def building(builder):
    """Make `builder` current inside."""
    token = _builder.set(builder)
    try:
        yield builder
    finally:
        _builder.reset(token)


def apply(name: str, *args, **params):
    """Emit one primitive by name into the current builder; numbers become literals."""
    return current().apply(name, *args, **params)


def _binary(name: str):
    return lambda self, other: apply(name, self, other)


def _reflected(name: str):
    return lambda self, other: apply(name, other, self)


class Expression:
    """What variables and literals have in common: NumPy's operators. `==` stays identity."""

    __slots__ = ()

    __add__, __radd__ = _binary("add"), _reflected("add")
    __sub__, __rsub__ = _binary("subtract"), _reflected("subtract")
    __mul__, __rmul__ = _binary("multiply"), _reflected("multiply")
    __truediv__, __rtruediv__ = _binary("divide"), _reflected("divide")
    __floordiv__, __rfloordiv__ = _binary("floor_divide"), _reflected("floor_divide")
    __mod__, __rmod__ = _binary("remainder"), _reflected("remainder")
    __pow__, __rpow__ = _binary("power"), _reflected("power")
    __matmul__, __rmatmul__ = _binary("matmul"), _reflected("matmul")
    __lt__, __gt__ = _binary("less"), _binary("greater")
    __le__, __ge__ = _binary("less_equal"), _binary("greater_equal")

    def __neg__(self):
        return apply("negative", self)
