"""A transform of a function as people hold it: called, read, used as a method."""

from __future__ import annotations

import functools
import inspect

from broadax.compiled import Program
from broadax.runtime.errors import TypeMismatchError
from broadax.runtime.trees import Const
from broadax.transforms.composed import Composed
from broadax.transforms.specialise.values import Closure, Host, Method


class Transformed(Composed):
    """A transform of a function: call it, or read what it generates with `source`."""

    def __init__(self, kind: str, function, options: dict, backend: str | None = None):
        if not callable(function) and not isinstance(function, (Closure, Host, Method, Composed)):
            raise TypeMismatchError(f"{kind} needs a function, got a {type(function).__name__}")
        super().__init__(kind, function, options)
        if hasattr(self.innermost, "__name__"):
            functools.update_wrapper(self, self.innermost, updated=())
        self.backend = backend or getattr(function, "backend", None)
        self.program = Program(self)

    def __call__(self, *args, **kwargs):
        args, kwargs = self._with_static(args, kwargs)
        return self.program(args, kwargs)

    def __get__(self, owner, cls=None):
        """As a method: the owner is the first argument, and static."""
        return self if owner is None else functools.partial(self, owner)

    def source(self, *args, stage: str = "python", **kwargs) -> str:
        """The generated source.

        Args:
            args, kwargs: arguments of a call, or specs such as "f32[n, 784]", "f64", and trees of
                these; without any, those of the last call, or float64 scalars.
            stage: "python" (readable NumPy, self-contained), "core" or "numba".

        Raises:
            SpecError: a spec that can't be read.
        """
        args, kwargs = self._with_static(args, kwargs)
        return self.program.source(args, kwargs, stage)

    @property
    def compilations(self) -> list:
        """The compiled versions, each with the reason for which it was made."""
        return self.program.compilations

    def _with_static(self, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        """Arguments with those wrapped that are named static."""
        numbers = _as_tuple(self.options.get("static_argnums", ()))
        names = _as_tuple(self.options.get("static_argnames", ()))
        if not numbers and not names:
            return args, kwargs
        if names:
            numbers = (*numbers, *_positions(self.innermost, names))
        fixed = {n % len(args) if -len(args) <= n < len(args) else -1 for n in numbers} if args else set()
        args = tuple(Const(a) if k in fixed else a for k, a in enumerate(args))
        return args, {k: Const(v) if k in names else v for k, v in kwargs.items()}


def _as_tuple(value) -> tuple:
    if value is None:
        return ()
    return (value,) if isinstance(value, (int, str)) else tuple(value)


def _positions(function, names) -> tuple:
    try:
        given = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()
    return tuple(given.index(n) for n in names if n in given)
