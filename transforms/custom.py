"""Functions that come with a derivative of their own: what `custom_jvp` and `custom_vjp` hold."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable

from broadax.runtime.errors import InvalidValueError, UnsupportedError
from broadax.transforms.composed import function_name
from broadax.transforms.policies import Policy, check_policy


class CustomFunction:
    """A function and the rule for its derivative; called from Python, it is the function.

    Attributes:
        function: the function itself.
        nondiff_argnums: the positions of arguments that are handed to the rule as they are.

    Raises (when it is made):
        InvalidValueError: nondiff_argnames holds what is no argument.
    """

    kind = ""
    __broadax__ = "compose"  # made where a function is read, too

    def __init__(self, function: Callable, nondiff_argnums=(), nondiff_argnames=()):
        functools.update_wrapper(self, function, updated=())
        self.function = function
        numbers = (nondiff_argnums,) if isinstance(nondiff_argnums, int) else tuple(nondiff_argnums)
        names = (nondiff_argnames,) if isinstance(nondiff_argnames, str) else tuple(nondiff_argnames)
        known = _parameters(function) if names else []
        for name in names:
            if name not in known:
                raise InvalidValueError(f"nondiff_argnames: {self.name} has no argument {name!r}")
        self.nondiff_argnums = tuple(sorted({*numbers, *map(known.index, names)}))

    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)

    def __get__(self, owner, cls=None):
        return self if owner is None else functools.partial(self, owner)

    @property
    def name(self) -> str:
        return function_name(self.function)

    def positional(self, args: tuple, kwargs: dict) -> tuple:
        """The arguments of a call by position, defaults filled in.

        Raises:
            TypeError: they do not fit the signature; or keyword-only arguments are given.
        """
        bound = inspect.signature(self.function).bind(*args, **kwargs)
        if bound.kwargs:
            given = ", ".join(bound.kwargs)
            raise TypeError(f"{self.name}: keyword arguments could not be resolved to positions: {given}")
        bound.apply_defaults()
        return bound.args


def _parameters(function) -> list[str]:
    """The names of a function's positional parameters, also of one that is being read."""
    node = getattr(function, "node", None)
    if node is None:
        return list(inspect.signature(function).parameters)
    return [a.id for a in (*node.args.posonlyargs, *node.args.args)]


def no_symbolic_zeros(symbolic_zeros: bool) -> None:
    """
    Raises:
        UnsupportedError: symbolic zeros are asked for.
    """
    if symbolic_zeros:
        raise UnsupportedError(
            "symbolic_zeros=True: rules get arrays of zeros, which simplification removes",
            instead="leave it out; what the rule computes of zeros is not computed",
        )


class CustomJvp(CustomFunction):
    """`rule(*nondiff, primals, tangents) → (out, t_out)`, or one rule for each argument."""

    kind = "jvp"
    rule: Callable | None = None
    rules: tuple | None = None


class CustomVjp(CustomFunction):
    """`forward(*args) → (out, residuals)` and `backward(*nondiff, residuals, d_out) → d_args`."""

    kind = "vjp"
    forward: Callable | None = None
    backward: Callable | None = None


class Again(CustomFunction):
    """A function of which the reverse sweep keeps only the arguments, and what a policy says; the rest it
    computes again."""

    kind = "again"

    def __init__(self, function: Callable, policy: Policy | None = None):
        super().__init__(function)
        check_policy(policy)
        self.policy = policy
