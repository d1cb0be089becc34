"""Which rule writes which primitive: `@emits("add")`."""

from __future__ import annotations

from collections.abc import Callable

RULES: dict[str, Callable] = {}
# Primitives that have no rule, with the reason and the way out.
REFUSED: dict[str, tuple[str, str]] = {}


def emits(*names: str):
    """Register `rule(writer, op, *operands)`, which gives the operation's value (a tuple of several).

    Operands of elementwise primitives come broadcast to the result's shape.
    """

    def register(rule: Callable) -> Callable:
        for name in names:
            if name in RULES:
                raise ValueError(f"two rules write {name}")
            RULES[name] = rule
        return rule

    return register


def refuse(*names: str, why: str, instead: str) -> None:
    """These primitives can't run on a device."""
    REFUSED.update(dict.fromkeys(names, (why, instead)))
