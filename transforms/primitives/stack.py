"""Growing stacks: what a `while` saves for the reverse sweep. Each version of a stack is used once."""

from __future__ import annotations

from broadax.transforms.avals import StackAval
from broadax.transforms.primitives.registry import constant

WHY = {"partials": "the engines push and pop tangents and cotangents on stacks of their own"}
constant("stack_new", infer=lambda item: StackAval(item), impl=lambda item: [], why_not=WHY)
constant("stack_push", infer=lambda s, x: s, impl=lambda s, x: [*s, x], why_not=WHY)
constant("stack_pop", infer=lambda s: (s, s.item), impl=lambda s: (s[:-1], s[-1]), why_not=WHY)
