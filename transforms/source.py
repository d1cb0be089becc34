"""Finds the source of a function: its node in the tree of its whole file, so that places are true."""

from __future__ import annotations

import ast
import linecache
import types
from dataclasses import dataclass
from functools import lru_cache

import gast

from broadax.runtime.errors import Loc, SourceError
from broadax.transforms.matching import Matches


@dataclass(frozen=True, eq=False)
class Source:
    """The node of a function (`FunctionDef` or `Lambda`) and the file that it stands in."""

    node: gast.AST
    file: str
    name: str
    library: bool = False  # broadax's own, read in place of NumPy's: it has no places to show

    def loc(self, node=None) -> Loc:
        """The place of a node of this file."""
        return loc_of(node or self.node, self.file, self.name)


def loc_of(node, file: str, function: str = "") -> Loc:
    """The span of a node; the node must come from the parser (or copy its place)."""
    return Loc(file, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, function)


@lru_cache(maxsize=64)
def _parse(text: str) -> tuple:
    """Every function node of a file, as Python's parser gives them."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return tuple(node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds))


def source_of(function: types.FunctionType) -> Source:
    """The source of a Python function: def, lambda, method, nested or decorated.

    Raises:
        SourceError: there is no source (typed at a plain prompt, made by `exec`), or it has
            changed since the function was defined.
    """
    code = function.__code__
    key = code.co_filename, code  # equal code objects may stand in two files
    found = _CACHE.get(key)
    if found is None:
        found = _CACHE[key] = _find(function)
    return found


_CACHE: dict[tuple, Source] = {}


def _find(function: types.FunctionType) -> Source:
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    name = function.__qualname__
    if not lines:
        raise SourceError(
            f"the source of {name} can't be found ({code.co_filename})",
            instead="define the function in a file or a notebook cell, not through exec or a plain prompt",
        )
    try:
        nodes = _parse("".join(lines))
    except SyntaxError as error:
        raise SourceError(f"{code.co_filename} can't be parsed: {error}") from error
    nodes = [n for n in nodes if _could_be(n, code)]
    if code.co_name == "<lambda>" and len(nodes) > 1:
        nodes = _by_columns(nodes, code) or nodes
    if not nodes:
        raise SourceError(
            f"{name} is not at line {code.co_firstlineno} of {code.co_filename}",
            instead="reload the module: its file has changed since it was imported",
        )
    library = function.__globals__.get("__name__", "").startswith("broadax.")
    return Source(Matches().visit(gast.ast_to_gast(nodes[0])), code.co_filename, name, library)


def _could_be(node, code: types.CodeType) -> bool:
    """Does the node start where the code object does, with its name and number of parameters?"""
    if isinstance(node, ast.Lambda):
        if code.co_name != "<lambda>" or node.lineno != code.co_firstlineno:
            return False
    else:
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        if node.name != code.co_name or code.co_firstlineno not in (first, node.lineno):
            return False
    a = node.args
    return (
        len(a.args) + len(a.posonlyargs) == code.co_argcount and len(a.kwonlyargs) == code.co_kwonlyargcount
    )


def _by_columns(nodes, code: types.CodeType) -> list:
    """Of several lambdas on one line, those whose body holds all of the code's positions."""
    places = [p for p in code.co_positions() if None not in p and p[3] > p[2] and (p[0], p[2]) != (p[1], 0)]
    if not places:
        return []
    first = min((p[0], p[2]) for p in places)
    last = max((p[1], p[3]) for p in places)

    def span(node):
        body = node.body
        return (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)

    fits = [n for n in nodes if span(n)[0] <= first and last <= span(n)[1]]
    return sorted(fits, key=lambda n: (-span(n)[0][0], -span(n)[0][1]))
