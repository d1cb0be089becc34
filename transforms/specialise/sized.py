"""Arrays of other sizes on the two sides of a branch: rows of the larger number, and how many count.

if c > 0:                   y = np.empty(n)
    y = x[x > 0]            if c > 0: y[:k], count = x[x > 0], k
else:               as      else: y[:n], count = x, n
    y = x                   y = y[:count]
"""

from __future__ import annotations

from dataclasses import replace

from broadax.transforms.core import sizes
from broadax.transforms.core.avals import INDEX, Aval, promote
from broadax.transforms.core.sizes import Size, atoms_of
from broadax.transforms.core.statements import Block, If, Lit, Op, Stmt, Var, statements
from broadax.transforms.primitives.shape import whole
from broadax.transforms.specialise import merge
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.values import UNDEFINED, Array, Box, View


def sized(it: Interpreter, template, stmts: list[Stmt], inside: set):
    """A template of a branch in which arrays of other sizes on its sides have a size of their own.

    Args:
        stmts: the statements of both sides; `inside`: the variables that they define.
    """
    if isinstance(template, merge.Perhaps):
        value = sized(it, template.value, stmts, inside)
        return template if value is template.value else replace(template, value=value)
    if isinstance(template, merge.Tuple):
        children = tuple(sized(it, child, stmts, inside) for child in template.children)
        same = all(a is b for a, b in zip(children, template.children, strict=True))
        return template if same else merge.Tuple(children, template.make, template.sides)
    if not isinstance(template, merge.Slot) or template.kind != "array" and not template.rows:
        return template
    known = [side for side in template.sides if side is not UNDEFINED]
    if template.rows:
        return _with_room(it, template, known, stmts, inside)
    if not all(isinstance(side, Array) and side.ndim for side in known):
        return template
    rows = [side.aval.shape[0] for side in known]
    agree = len(rows) < 2 or sizes.same(*rows) is not None
    if agree and inside.isdisjoint(a for dim in rows for a in atoms_of(dim)):
        return template
    most = [_most(dim, _definitions(stmts), inside) for dim in rows]
    if None in most or any(side.aval.shape[1:] != template.aval.shape[1:] for side in known):
        return template
    return _rows(it, template, known, _larger(it, most[0], most[-1]))


def _with_room(it: Interpreter, slot: merge.Slot, known: list[Var], stmts: list, inside: set) -> merge.Slot:
    """Rows of a list, with as many places as there can be."""
    if inside.isdisjoint(atoms_of(slot.aval.shape[0])):
        return slot
    most = [_most(side.shape[0], _definitions(stmts), inside) for side in known]
    if None in most:
        return slot
    shape = (_larger(it, most[0], most[-1]), *slot.aval.shape[1:])
    return replace(slot, aval=replace(slot.aval, shape=shape))


def _definitions(stmts: list[Stmt]) -> dict[Var, Stmt]:
    return {v: s for s in statements(Block(tuple(stmts))) for v in s.outs}


def _rows(it: Interpreter, slot: merge.Slot, known: list[Array], most) -> merge.Tuple:
    inner = slot.aval.shape[1:]
    aval = Aval(promote(known[0].aval, known[-1].aval)[0], (most, *inner))
    owners = tuple(side.box for side in known)
    rows = tuple(side.aval.shape[0] if side is not UNDEFINED else UNDEFINED for side in slot.sides)

    def make(found):
        buffer, length = found
        length = Size.of(length) if isinstance(length, Var) else length
        box = merge.chosen(Box(it.store, buffer, slot.base), owners)
        shape = (length, *inner)
        return Array(box, Aval(aval.dtype, shape), View(Array(box, aval), "index", whole(shape)))

    parts = (
        merge.Slot(aval, slot.sides, "contents", slot.base, rows=True),
        merge.Slot(INDEX, rows, "scalar", "count"),
    )
    return merge.Tuple(parts, make)


def _larger(it: Interpreter, a, b):
    if it.ranges.nonnegative(a - b):
        return a
    return b if it.ranges.nonnegative(b - a) else sizes.size_op("max", a, b)


def _most(dim, made: dict, inside: set):
    """An upper bound of a size, in what is known before the branch; None if there is none to be seen."""
    if inside.isdisjoint(atoms_of(dim)):
        return dim
    total: int | Size = 0
    for factors, count in dim.terms.items():
        if inside.isdisjoint(a for f in factors for a in atoms_of(Size.of(f))):
            total += sizes.product(map(Size.of, factors)) * count
            continue
        bound = None
        if len(factors) == 1 and isinstance(factors[0], Var):
            bound = (_most_of if count > 0 else _least_of)(factors[0], made, inside)
        if bound is None:
            return None
        total += bound * count
    return total


def _least_of(atom, made: dict, inside: set):
    """A lower bound of a number."""
    if isinstance(atom, Lit):
        return int(atom.value)
    op = made.get(atom)
    if not isinstance(op, Op) or op.prim.name != "maximum":
        return None
    return next((int(a.value) for a in op.args if isinstance(a, Lit)), None)


def _most_of(atom, made: dict, inside: set):
    if isinstance(atom, Lit):
        return int(atom.value)
    if atom not in inside:
        return Size.of(atom)
    op = made.get(atom)
    if isinstance(op, If):
        sides = (block.results[op.outs.index(atom)] for block in (op.then, op.orelse))
        bounds = [_most_of(a, made, inside) for a in sides]
        return None if None in bounds else sizes.size_op("max", *bounds)
    name = op.prim.name if isinstance(op, Op) else ""
    if name == "sum":  # of a mask: at most all its elements
        source = made.get(op.args[0])
        is_count = (
            isinstance(source, Op) and source.prim.name == "convert" and source.args[0].dtype.kind == "b"
        )
        return sizes.product(source.args[0].shape) if is_count else None
    if name == "size":
        return _most(op.params["value"], made, inside)
    if name not in ("minimum", "maximum", "subtract", "add", "where"):
        return None
    bounds = [_most_of(a, made, inside) for a in op.args[-2:]]
    if name == "minimum":
        return next((b for b in reversed(bounds) if b is not None), None)
    if None in bounds:
        return None
    if name == "add":
        return bounds[0] + bounds[1]
    if name == "subtract":
        return bounds[0] - bounds[1] if isinstance(bounds[1], int) and isinstance(op.args[1], Lit) else None
    return sizes.size_op("max", *bounds)
