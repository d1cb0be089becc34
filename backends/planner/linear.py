"""Sums of elements as linear forms: `0.2 * a + 0.2 * b - c` becomes `0.2 * (a + b) - c`."""

from __future__ import annotations

import numpy as np

from broadax.backends.planner.elements import Elements
from broadax.backends.planner.nodes import Node
from broadax.transforms.core.statements import Lit

Terms = list[tuple]


def total(roots: list[Node], elements: Elements) -> Node:
    """The sum of values of one dtype, with as few products by constants as there are different constants."""
    dtype = roots[0].aval.dtype
    by_size: dict = {}
    for factor, node in _merged([term for root in roots for term in _terms(root, dtype)]):
        size = abs(factor) if dtype.kind == "f" else factor
        by_size.setdefault(size, []).append((factor != size, node))
    terms = []
    for size, signed in by_size.items():
        negative = all(sign for sign, _ in signed)
        inner = _sum([(sign != negative, node) for sign, node in signed], elements)
        if size != 1:
            inner = elements.product("multiply", _constant(size, inner), inner)
        terms.append((negative, inner))
    if not terms:
        return _constant(0, roots[0])
    return _sum(terms, elements)


def _sum(terms: Terms, elements: Elements) -> Node:
    """The sum of nodes, those whose flag is set negated; one that is not comes first, if there is one."""
    terms = sorted(terms, key=lambda term: term[0])
    (negative, result), *rest = terms
    if negative:
        result = elements.product("multiply", _constant(-1, result), result)
    for negative, node in rest:
        result = elements.product("subtract" if negative else "add", result, node)
    return result


def _constant(value, like: Node) -> Node:
    dtype = like.aval.dtype
    return Node("lit", (), like.aval, Lit(dtype.type(value), like.aval))


def _merged(terms: Terms) -> Terms:
    """Terms with those of one node added up, unless they cancel: then infinity must stay NaN."""
    found: dict[Node, object] = {}
    apart: Terms = []
    for factor, node in terms:
        factor_now = found.get(node, 0) + factor
        if factor_now == 0:
            apart.append((factor, node))
        else:
            found[node] = factor_now
    return [*((factor, node) for node, factor in found.items()), *apart]


def _terms(root: Node, dtype: np.dtype) -> Terms:
    """A value as a sum of multiples of other values; of itself where it is none, or cancels."""
    if root.op == "lit" and root.data.value == 0:
        return []
    found = _linear(root, dtype)
    merged = _merged(found)
    return merged if len(merged) == len({node for _, node in merged}) else [(1, root)]


def _linear(node: Node, dtype: np.dtype) -> Terms:
    values = [a for a in node.args if not (a.op == "lit" and a.aval.weak)]
    if node.op != "prim" or any(a.aval.dtype != dtype for a in (node, *values)):
        return [(1, node)]
    name, args = node.data.prim.name, node.args
    if name in ("add", "subtract"):
        sign = 1 if name == "add" else -1
        return [*_linear(args[0], dtype), *_scaled(_linear(args[1], dtype), sign)]
    if name == "negative":
        return _scaled(_linear(args[0], dtype), -1)
    if name == "multiply":
        for constant, other in (args, args[::-1]):
            if constant.op == "lit" and _is_factor(constant.data.value):
                return _scaled(_linear(other, dtype), constant.data.value)
    return [(1, node)]


def _scaled(terms: Terms, factor) -> Terms:
    factor = factor.item() if isinstance(factor, np.generic) else factor
    return [(factor * own, node) for own, node in terms]


def _is_factor(value) -> bool:
    return bool(np.isfinite(value)) and value != 0
