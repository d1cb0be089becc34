"""A transform and what it is applied to: the light object behind `grad(f)`, `vmap(f)`, `jit(f)`."""

from __future__ import annotations

from broadax.runtime.errors import InvalidValueError


def check_max_turns(most) -> None:
    """
    Raises:
        InvalidValueError: neither None nor a positive int.
    """
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        raise InvalidValueError(f"max_turns is a positive int, not {most!r}")


class Composed:
    """`kind` applied to `function` with `options`; read, never run, by the compiler.

    Attributes:
        kind: 'jit', 'grad', 'value_and_grad', 'jacfwd', 'jacrev', 'hessian' or 'vmap'.
        function: what it is applied to: a function, or another composed one.
        options: the transform's arguments: `argnums`, `has_aux`, `max_turns`, `in_axes`, …
    """

    def __init__(self, kind: str, function, options: dict):
        self.kind, self.function, self.options = kind, function, options

    @property
    def innermost(self):
        """The user's function under all transforms."""
        inner = self.function
        return inner.innermost if isinstance(inner, Composed) else inner

    @property
    def name(self) -> str:
        """`vmap_grad_loss`: the name of the generated function."""
        inner = self.function.name if isinstance(self.function, Composed) else function_name(self.function)
        return inner if self.kind in ("jit", "value") else f"{self.kind}_{inner}"


def function_name(function) -> str:
    """A function's name as an identifier; lambdas and objects get one."""
    name = getattr(function, "__name__", None) or getattr(function, "name", None) or type(function).__name__
    return name if name.isidentifier() else "f"
