"""Growing stacks: what a `while` saves for the reverse sweep. Each version of a stack is used once.

A pop with `spare`, the type of an item, gives zero where the stack is empty.

A stack is `mirrored` where the turns that take the items off are those that put them on, in reverse.
"""

from __future__ import annotations

import numpy as np

from broadax.transforms.core.avals import StackAval
from broadax.transforms.primitives.registry import constant

WHY_NOT = {
    "derivative": "the engines push and pop tangents and cotangents on stacks of their own",
    "batch": "the engine pushes and pops the items of all examples together",
    "numpy": "they print as statements on a list",
}


def _new_infer(item, mirrored=False):
    return StackAval(item)


def _pop(stack, spare=None):
    return (None, np.zeros(spare.shape, spare.dtype)) if stack is None and spare is not None else stack


# The reference never changes a stack: a stack is None, or a pair of the stack before and an item.
constant("stack_new", infer=_new_infer, impl=lambda item, mirrored=False: None, why_not=WHY_NOT)
constant("stack_push", infer=lambda s, x: s, impl=lambda s, x: (s, x), why_not=WHY_NOT)
constant("stack_copy", infer=lambda s: s, impl=lambda s: s, why_not=WHY_NOT, numpy="{0}.copy()")
constant("stack_pop", infer=lambda s, spare=None: (s, s.item), impl=_pop, why_not=WHY_NOT)
