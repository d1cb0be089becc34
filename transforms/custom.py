"""Functions that come with a derivative of their own: what `custom_jvp` and `custom_vjp` hold."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable

from broadax.transforms.composed import function_name
from broadax.transforms.policies import Policy, check_policy


class CustomFunction:
    """A function and the rule for its derivative; called from Python, it is the function.

    Attributes:
        function: the function itself.
        nondiff_argnums: the positions of arguments that are handed to the rule as they are.
    """

    kind = ""
    __broadax__ = "compose"  # made where a function is read, too

    def __init__(self, function: Callable, nondiff_argnums=()):
        functools.update_wrapper(self, function, updated=())
        self.function = function
        numbers = (nondiff_argnums,) if isinstance(nondiff_argnums, int) else tuple(nondiff_argnums)
        self.nondiff_argnums = tuple(sorted(numbers))

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
        bound.apply_defaults()
        if bound.kwargs:
            given = ", ".join(bound.kwargs)
            raise TypeError(f"{self.name}: keyword arguments could not be resolved to positions: {given}")
        return bound.args


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
