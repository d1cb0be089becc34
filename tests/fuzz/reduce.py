"""Makes a failing program small: drops statements and replaces expressions while it fails alike."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

from fuzz.program import Program, altered

BLOCKS = ("body", "orelse")


def reduced(program: Program, fails: Callable[[Program], bool], most: int = 1500) -> Program:
    """A smaller program for which `fails` holds; at most so many are tried."""
    tried = {program.text}
    again = True
    while again:
        again = False
        for text in candidates(program.text):
            if text in tried or len(tried) > most:
                continue
            tried.add(text)
            smaller = altered(program, text)
            try:
                found = fails(smaller)
            except Exception:
                found = False
            if found:
                program, again = smaller, True
                break
    return program


def candidates(text: str) -> Iterator[str]:
    """Smaller texts, those that drop most first."""
    tree = ast.parse(text)
    nodes = list(ast.walk(tree))
    places = [
        (k, field)
        for k, n in enumerate(nodes)
        for field in BLOCKS
        if isinstance(getattr(n, field, None), list)
    ]
    for k, field in places:
        block = getattr(nodes[k], field)
        for width in (4, 2, 1):
            for at in range(len(block) - width, -1, -1):
                yield from _edit(tree, k, lambda n: _cut(n, field, at, width, []))  # noqa: B023
        for at, stmt in enumerate(block):
            for inner in BLOCKS:
                if isinstance(getattr(stmt, inner, None), list) and getattr(stmt, inner):
                    yield from _edit(
                        tree,
                        k,
                        lambda n: _cut(n, field, at, 1, getattr(getattr(n, field)[at], inner)),  # noqa: B023
                    )
    yield from _expressions(tree, nodes)


def _cut(node, field: str, at: int, width: int, instead: list) -> None:
    block = getattr(node, field)
    block[at : at + width] = copy.deepcopy(instead)
    if not block and field == "body" and not isinstance(node, ast.Module):
        block.append(ast.Pass())


def _edit(tree, k: int, change) -> Iterator[str]:
    new = copy.deepcopy(tree)
    change(list(ast.walk(new))[k])
    try:
        text = ast.unparse(ast.fix_missing_locations(new))
        ast.parse(text)
    except Exception:
        return
    if "def program" in text:
        yield text


def _expressions(tree, nodes: list) -> Iterator[str]:
    """Each expression replaced by one of its parts, or by a number; lists made shorter."""
    for k, node in enumerate(nodes):
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.expr) and not isinstance(getattr(value, "ctx", None), ast.Store):
                for part in [*_parts(value), *_literals(value)]:
                    yield from _edit(tree, k, lambda n: setattr(n, field, copy.deepcopy(part)))  # noqa: B023
            elif isinstance(value, list) and value and isinstance(value[0], ast.expr):
                for at, item in enumerate(value):
                    for part in [*_parts(item), *_literals(item)]:
                        yield from _edit(tree, k, _replacing(field, at, part))
                    if len(value) > 1 and not isinstance(node, (ast.Compare, ast.BoolOp)):
                        yield from _edit(tree, k, lambda n: getattr(n, field).pop(at))  # noqa: B023


def _replacing(field: str, at: int, part) -> Callable:
    return lambda node: getattr(node, field).__setitem__(at, copy.deepcopy(part))


def _parts(value) -> list:
    return [n for n in ast.iter_child_nodes(value) if isinstance(n, ast.expr)]


def _literals(value) -> list:
    if isinstance(value, (ast.Constant, ast.Name)):
        return []
    return [ast.Constant(1.0), ast.Constant(1)]
