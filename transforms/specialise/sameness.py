"""When two abstract values are one: what both sides of a branch hold, or a turn's start and end."""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit
from broadax.transforms.specialise.values import NUMBERS, Array, Closure, Method, View


def same_view(a: View | None, b: View | None) -> bool:
    """Are two views of one box the same part of it?"""
    if a is None or b is None:
        return a is b
    alike = a.kind == b.kind and a.spec == b.spec and len(a.idx) == len(b.idx)
    return alike and all(map(same_value, a.idx, b.idx)) and same_value(a.base, b.base)


def lasting(value):
    """What both sides hold, as it may be used after them: a view without what was computed on one side."""
    if not isinstance(value, Array) or value.view is None:
        return value
    view = replace(value.view, base=lasting(value.view.base), made_from=None, made=None)
    return Array(value.box, value.aval, view)


def same_value(a, b) -> bool:
    """Are two abstract values the same, so that nothing has to be decided when the code runs?"""
    if a is b:
        return True
    if isinstance(a, Array) and isinstance(b, Array):
        return a.box is b.box and same_view(a.view, b.view)
    if type(a) is not type(b):
        return False
    if isinstance(a, Lit):
        return a.aval == b.aval and same_value(a.value, b.value)
    if isinstance(a, (str, bytes, Size, *NUMBERS)):
        # 0.0 and -0.0 are equal, yet not the same; so is NaN in the other direction.
        return a == b and repr(a) == repr(b)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same_value, a, b))
    if isinstance(a, Closure):
        pairs = ((a.defaults, b.defaults), (a.kw_defaults, b.kw_defaults))
        return a.node is b.node and a.frame is b.frame and all(same_value(x, y) for x, y in pairs)
    if isinstance(a, Method):
        return a.function is b.function and same_value(a.owner, b.owner)
    if isinstance(a, slice):
        return all(map(same_value, (a.start, a.stop, a.step), (b.start, b.stop, b.step)))
    return False
