"""Python constructs that the interpreter has no rule for, found over a whole function."""

from __future__ import annotations

from collections.abc import Iterator

import gast

NAMES = {
    "Await": ("await", "call a plain function"),
    "Yield": ("yield", "return a list or an array"),
    "YieldFrom": ("yield from", "return a list or an array"),
    "AsyncWith": ("an async with statement", "do this before the call, and pass its result as an argument"),
    "AsyncFor": ("an async for", "a plain for"),
    "Try": ("try", "ask beforehand with an if whether it would fail: np.where(x == 0, 0, 1 / x)"),
    "TryStar": ("try with except*", "ask beforehand with an if"),
    "AsyncFunctionDef": ("an async function", "a plain function"),
    "ClassDef": ("a class definition inside a function", "define the class at the top of the module"),
    "Global": ("assigning to a global", "return the new value"),
    "Match": ("a match with patterns of this kind", "if and elif"),
    "Starred": ("this use of *", ""),
    "SetComp": ("a set comprehension", "a list comprehension"),
}
# Part of another construct, which has the rule.
PARTS = (gast.FormattedValue, gast.Starred)


def constructs(source, rules: tuple) -> list[tuple]:
    """`(node, what it is called, what to write instead)` of each construct without a rule, in order.

    Args:
        source: the function, with all that is nested in it.
        rules: the kinds of nodes that there are rules for.
    """
    known = frozenset(rules)
    found = [n for n in _nodes(source.node) if type(n) not in known and not isinstance(n, PARTS)]
    found.sort(key=lambda n: (n.lineno, n.col_offset))
    return [(n, *_named(n)) for n in found]


def _named(node) -> tuple[str, str]:
    name = type(node).__name__
    return NAMES.get(name, (f"this Python construct ({name})", ""))


def _nodes(function) -> Iterator:
    """The statements and expressions of a function; a construct without a rule counts as one."""
    todo = list(function.body) if isinstance(function.body, list) else [function.body]
    while todo:
        node = todo.pop()
        if isinstance(node, (gast.expr, gast.stmt)):
            yield node
        for name, value in gast.iter_fields(node):
            if name in ("annotation", "returns", "type_comment"):
                continue
            values = value if isinstance(value, list) else [value]
            todo += [v for v in values if isinstance(v, gast.AST)]
