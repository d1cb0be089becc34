"""A transform of a function as people hold it: called, read, used as a method."""

from __future__ import annotations

import functools
import inspect

from broadax.direct import MISS
from broadax.runtime.errors import InvalidValueError, TypeMismatchError
from broadax.runtime.trees import Const
from broadax.transforms.composed import Composed


class Transformed(Composed):
    """A transform of a function: call it, or read what it generates with `source`."""

    def __init__(self, kind: str, function, options: dict, backend: str | None = None):
        if not callable(function) and not isinstance(function, Composed) and not _is_read(function):
            raise TypeMismatchError(f"{kind} needs a function, got a {type(function).__name__}")
        super().__init__(kind, function, options)
        numbers, names = (as_tuple(options.get(f"static_{n}", ())) for n in ("argnums", "argnames"))
        if numbers or names:
            _check_static(self.innermost, numbers, names)
        if hasattr(self.innermost, "__name__"):
            functools.update_wrapper(self, self.innermost, updated=())
        self.backend = backend or getattr(function, "backend", None)

    @functools.cached_property
    def program(self):
        """The versions made so far; what compiles is imported when the first one is asked for."""
        from broadax.compiled import Program

        return Program(self)

    def __call__(self, *args, **kwargs):
        program = self.program
        program.last = args, kwargs
        for direct in program.direct:
            result = direct(args, kwargs)
            if result is not MISS:
                return result
        return program(*self.with_static(args, kwargs))

    def __get__(self, owner, cls=None):
        """As a method: the owner is the first argument, and static."""
        return self if owner is None else functools.partial(self, owner)

    def source(self, *args, stage: str = "python", **kwargs) -> str:
        """The generated source.

        Args:
            args, kwargs: arguments of a call, or specs such as "f32[n, 784]", "f64", and trees of
                these; without any, those of the last call, or float64 scalars.
            stage: "python" (readable NumPy, self-contained), "core", "numba", or "stablehlo", for which all
                sizes are numbers.

        Raises:
            SpecError: a spec that can't be read.
        """
        args, kwargs = self.with_static(args, kwargs)
        return self.program.source(args, kwargs, stage)

    def cost(self, *args, **kwargs):
        """What a call with these arguments costs: `flops`, `bytes_read`, `bytes_written`, `bytes_saved` for
        the reverse sweep, and the `copies` that updates made necessary, with the reason.

        The code is run to count: by the reference interpreter, with the trip counts that the arguments
        give. Operations count one by one, as if nothing was fused.
        """
        args, kwargs = self.with_static(args, kwargs)
        return self.program.cost(args, kwargs)

    @property
    def compilations(self) -> list:
        """The compiled versions, each with the reason for which it was made."""
        return self.program.compilations

    def with_static(self, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        """Arguments with those wrapped that are named static."""
        numbers = as_tuple(self.options.get("static_argnums", ()))
        names = as_tuple(self.options.get("static_argnames", ()))
        if not numbers and not names:
            return args, kwargs
        if names:
            numbers = (*numbers, *_positions(self.innermost, names))
        fixed = {n % len(args) if -len(args) <= n < len(args) else -1 for n in numbers} if args else set()
        args = tuple(_static(a, k) if k in fixed else a for k, a in enumerate(args))
        return args, {k: _static(v, k) if k in names else v for k, v in kwargs.items()}


def _is_read(function) -> bool:
    """Is it a function as `specialise` holds it, which is met while code is read?"""
    from broadax.transforms.specialise.values import Closure, Host, Method

    return isinstance(function, (Closure, Host, Method))


def _static(value, which) -> Const:
    """A static argument.

    Raises:
        InvalidValueError: it can't be hashed, hence not be part of compiled code.
    """
    try:
        hash(value)
    except TypeError:
        what = f"the static argument {which} is a {type(value).__name__}, which can't be hashed"
        raise InvalidValueError(what, instead="pass a tuple, or do not name it static") from None
    return Const(value)


def _check_static(function, numbers: tuple, names: tuple) -> None:
    """Are these arguments of the function?

    Raises:
        TypeMismatchError: not ints, or not strings.
        InvalidValueError: the function has no such argument.
    """
    if not all(isinstance(n, int) for n in numbers) or not all(isinstance(n, str) for n in names):
        raise TypeMismatchError("static_argnums are ints and static_argnames strings, or sequences of them")
    try:
        given = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return
    kinds = {p.kind for p in given}
    if inspect.Parameter.VAR_POSITIONAL not in kinds:
        count = sum(p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD) for p in given)
        for number in numbers:
            if not -count <= number < count:
                what = f"static_argnums {number}: the function takes {count} positional arguments"
                raise InvalidValueError(what)
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        for name in names:
            if all(p.name != name for p in given):
                raise InvalidValueError(f"static_argnames {name!r}: the function has no such argument")


def as_tuple(value) -> tuple:
    """One thing or several as a tuple; None is nothing."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, (tuple, list, set, frozenset)) else (value,)


def _positions(function, names) -> tuple:
    try:
        given = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()
    return tuple(given.index(n) for n in names if n in given)
