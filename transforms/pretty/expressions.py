"""Pieces of Python text that know how tightly they bind, and templates that put them together.

How an operation prints is a text with operands in it (`np.sin({0})`, `{0} + {1}`). Python's own parser tells
where such a text needs parentheses around an operand; nobody has to say so in the declaration.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

# How tightly an expression binds, loosest first.
TUPLE, TERNARY, OR, AND, NOT, COMPARE, BITOR, BITXOR, BITAND, SHIFT = range(10)
SUM, MATMUL, PRODUCT, UNARY, POWER, NUMBER, ATOM = range(10, 17)

_BINARY = {
    ast.Add: SUM, ast.Sub: SUM, ast.Mult: PRODUCT, ast.Div: PRODUCT, ast.FloorDiv: PRODUCT, ast.Mod: PRODUCT,
    ast.MatMult: MATMUL, ast.Pow: POWER, ast.BitOr: BITOR, ast.BitXor: BITXOR, ast.BitAnd: BITAND,
    ast.LShift: SHIFT, ast.RShift: SHIFT,
}  # fmt: skip


@dataclass(frozen=True)
class Text:
    """An expression as text, and the rank of its outermost operation."""

    text: str
    rank: int = ATOM

    def at(self, need: int, also: int = -1) -> str:
        """The text for a place that wants at least this rank (or exactly `also`)."""
        return self.text if self.rank >= need or self.rank == also else f"({self.text})"


@dataclass(frozen=True)
class Template:
    """A text with numbered holes: `pieces` are strings and `(hole, need, also)`."""

    pieces: tuple
    rank: int

    @property
    def holes(self) -> list[int]:
        """The numbers of the holes, in order, repeated as they occur."""
        return [p[0] for p in self.pieces if not isinstance(p, str)]

    def fill(self, texts) -> Text:
        """The expression with `texts[hole]` in each hole."""
        if len(self.pieces) == 3 and self.pieces[0] == self.pieces[2] == "":
            return texts[self.pieces[1][0]]
        parts = [p if isinstance(p, str) else texts[p[0]].at(p[1], p[2]) for p in self.pieces]
        return Text("".join(parts), self.rank)


def hole(k: int) -> str:
    """The name that stands for operand k in a text that is about to become a template."""
    return f"_{k}_"


_HOLE = re.compile(r"\b_(\d+)_\b")


@lru_cache(maxsize=4096)
def template(text: str) -> Template:
    """The template of an expression in which the names `_0_`, `_1_`, … are holes."""
    tree = ast.parse(text, mode="eval").body
    if text.startswith("(") and not isinstance(tree, ast.Tuple) and tree.col_offset:
        return template(text[tree.col_offset : tree.end_col_offset])
    found: list[tuple] = []
    _collect(tree, TERNARY, -1, found)
    pieces: list = []
    end = 0
    for start, stop, k, need, also in sorted(found):
        pieces += [text[end:start], (k, need, also)]
        end = stop
    return Template((*pieces, text[end:]), _rank(tree))


@lru_cache(maxsize=4096)
def parsed(text: str) -> Text:
    """A text from elsewhere, with its rank; parentheses around all of it are left out."""
    tree = ast.parse(text, mode="eval").body
    if text.startswith("(") and not isinstance(tree, ast.Tuple) and tree.col_offset:
        text = text[tree.col_offset : tree.end_col_offset]
    return Text(text, _rank(tree))


def _rank(node) -> int:
    match node:
        case ast.Tuple():
            return TUPLE
        case ast.IfExp():
            return TERNARY
        case ast.BoolOp():
            return OR if isinstance(node.op, ast.Or) else AND
        case ast.UnaryOp():
            return NOT if isinstance(node.op, ast.Not) else UNARY
        case ast.Compare():
            return COMPARE
        case ast.BinOp():
            return _BINARY[type(node.op)]
        case ast.Constant():
            return NUMBER if isinstance(node.value, (int, float, complex)) else ATOM
    return ATOM


def _collect(node, need: int, also: int, found: list) -> None:
    """Find the holes below `node`, which stands in a place that wants rank `need`."""
    if isinstance(node, ast.Name):
        match = _HOLE.fullmatch(node.id)
        if match:
            found.append((node.col_offset, node.end_col_offset, int(match[1]), need, also))
        return
    for child, child_need, child_also in _places(node):
        _collect(child, child_need, child_also, found)


def _places(node):
    """The children of an expression with the rank that each place wants."""
    match node:
        case ast.BinOp():
            rank = _rank(node)
            yield from _operands(node, rank)
        case ast.UnaryOp():
            yield node.operand, (NOT if isinstance(node.op, ast.Not) else UNARY), -1
        case ast.BoolOp():
            for k, value in enumerate(node.values):
                yield value, _rank(node) + (k > 0), -1
        case ast.Compare():
            for child in (node.left, *node.comparators):
                yield child, BITOR, -1
        case ast.IfExp():
            yield node.body, OR, -1
            yield node.test, OR, -1
            yield node.orelse, TERNARY, -1
        case ast.Attribute() | ast.Subscript():
            yield node.value, ATOM, -1
            if isinstance(node, ast.Subscript):
                yield node.slice, TERNARY, -1
        case _:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, (ast.expr, ast.keyword)):
                    yield child, TERNARY, -1


def _operands(node: ast.BinOp, rank: int):
    if rank == POWER:  # -x ** 2 is -(x ** 2); on the right a sign may stand
        yield node.left, NUMBER, -1
        yield node.right, UNARY, -1
    elif rank == MATMUL:  # a * b @ c is legal but hard to read
        yield node.left, UNARY, MATMUL
        yield node.right, UNARY, -1
    elif rank == PRODUCT and isinstance(node.op, ast.Div):
        yield node.left, rank, MATMUL
        yield node.right, rank + 1, -1
    elif rank == PRODUCT and isinstance(node.op, (ast.FloorDiv, ast.Mod)):
        yield node.left, UNARY, -1
        yield node.right, UNARY, -1
    else:
        yield node.left, rank, -1
        yield node.right, rank + 1, -1
