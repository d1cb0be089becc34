"""Operations on small arrays as operations on their elements, which NumPy arrays of atoms hold."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from broadax.transforms.core.avals import BOOL, Aval, StackAval
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit, Op, Var
from broadax.transforms.primitives import registry
from broadax.transforms.primitives.index_shapes import indexed_shape, subscript_of

MOST = 4  # elements of a small array
FOLDS = {"sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum"}
FOLDS |= {"all": "logical_and", "any": "logical_or"}
PASSED_ON = frozenset({"copy", "same", "stop_gradient"})
STACKS = frozenset({"stack_new", "stack_push", "stack_copy", "stack_pop"})


def is_small(atom) -> bool:
    """Is it an array of a fixed, small number of elements, or a stack of such?"""
    if not isinstance(atom, Var):
        return False
    aval = atom.aval.item if isinstance(atom.aval, StackAval) else atom.aval
    return bool(aval.shape) and _is_fixed(aval.shape) and 0 < np.prod(aval.shape) <= MOST


def _is_fixed(shape) -> bool:
    return all(isinstance(dim, int) for dim in shape)


def element_aval(var: Var) -> Aval | StackAval:
    """The type of an element of a small array, or of the stack of such elements."""
    if isinstance(var.aval, StackAval):
        return StackAval(Aval(var.aval.item.dtype))
    return Aval(var.dtype)


def shape_of(var: Var) -> tuple:
    return var.aval.item.shape if isinstance(var.aval, StackAval) else var.shape


class Rules:
    """The rules; what they compute is emitted through `emit`.

    Args:
        names: makes the names of new variables.
        emit: takes a statement.
        elements: gives the elements of an array, as an array of atoms.
    """

    def __init__(self, names, emit, elements):
        self.names, self.emit, self.elements = names, emit, elements

    def take_apart(self, op: Op) -> list[np.ndarray] | None:
        """The elements of each result of an operation that `can` be taken apart.

        For an update of a large array by a small one: None, what it gives has been emitted.
        """
        self.like = op
        name = op.prim.name
        if name in STACKS:
            return self._stack(op)
        if name == "index" and not is_small(op.args[0]):
            return [self._read(op)]
        if name in ("at_set", "at_add") and not is_small(op.args[0]):
            return self._written(op)
        if op.prim.kind == "elementwise" or name == "convert":
            return [self._pointwise(op)]
        return [RULES[name](self, op)]

    # ── emitting ──────────────────────────────────────────────────────────────────────────────────

    def scalar(self, name: str, *args, base: str = "", **params):
        """The result of an operation on scalars."""
        prim = registry.get(name)
        aval = prim.infer(*(a.aval for a in args), **params)
        if name != "size":
            aval = replace(aval, weak=False)
        out = Var(self.names.fresh(base or name), aval, base or name)
        self.emit(
            Op((out,), prim, args, params, loc=self.like.loc, note=self.like.note, again=self.like.again)
        )
        return out

    def cast(self, atom, dtype):
        """A scalar as an element of an array of a dtype; a Python number becomes NumPy's."""
        if atom.dtype == dtype and not atom.aval.weak:
            return atom
        if isinstance(atom, Lit):
            return Lit(np.dtype(dtype).type(atom.value))
        return self.scalar("convert", atom, dtype=np.dtype(dtype))

    def array(self, atom) -> np.ndarray:
        """The elements of an operand; a scalar is an array without axes."""
        if is_small(atom):
            return self.elements(atom)
        held = np.empty((), object)
        held[()] = atom
        return held

    # ── elementwise ───────────────────────────────────────────────────────────────────────────────

    def _pointwise(self, op: Op) -> np.ndarray:
        operands = [np.broadcast_to(self.array(a), op.out.shape) for a in op.args]
        found = np.empty(op.out.shape, object)
        for place in np.ndindex(*op.out.shape):
            found[place] = self.scalar(
                op.prim.name, *(x[place] for x in operands), base=op.out.base, **op.params
            )
        return found

    # ── moving ────────────────────────────────────────────────────────────────────────────────────

    def _filled(self, op: Op) -> np.ndarray:
        value = Lit(op.out.dtype.type(0))
        return np.broadcast_to(self.array(value), op.out.shape)

    def _constant(self, op: Op) -> np.ndarray:
        found = np.empty(op.out.shape, object)
        values = op.prim.impl(**op.params)
        for place in np.ndindex(*found.shape):
            found[place] = Lit(values[place])
        return found

    def _spread(self, op: Op) -> np.ndarray:
        return np.broadcast_to(self._cast_all(self.array(op.args[0]), op.out.dtype), op.out.shape)

    def _reshaped(self, op: Op) -> np.ndarray:
        return self.array(op.args[0]).reshape(op.out.shape)

    def _transposed(self, op: Op) -> np.ndarray:
        return self.array(op.args[0]).transpose(op.params["axes"])

    def _same(self, op: Op) -> np.ndarray:
        return self.array(op.args[0])

    def _joined(self, op: Op) -> np.ndarray:
        join = getattr(np, op.prim.name)
        found = join([self.array(a) for a in op.args], axis=op.params["axis"])
        return self._cast_all(found, op.out.dtype)

    def _cast_all(self, array: np.ndarray, dtype) -> np.ndarray:
        found = np.empty(array.shape, object)
        for place in np.ndindex(*array.shape):
            found[place] = self.cast(array[place], dtype)
        return found

    def _part(self, op: Op) -> np.ndarray:
        found = self.array(op.args[0])[_subscript(op, op.args[1:])]
        return found if op.out.shape else self.array(found)

    def _updated(self, op: Op) -> np.ndarray:
        array, value = self.array(op.args[0]).copy(), self._cast_all(self.array(op.args[1]), op.out.dtype)
        subscript = _subscript(op, op.args[2:])
        old = array[subscript]
        old = old if isinstance(old, np.ndarray) else self.array(old)
        new = np.broadcast_to(_fitting(value, old.shape), old.shape)
        if op.prim.name == "at_add":
            new = self._added(old, new)
        array[subscript] = new if new.shape else new[()]
        return array

    def _added(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        found = np.empty(a.shape, object)
        for place in np.ndindex(*a.shape):
            found[place] = self.scalar("add", a[place], b[place])
        return found

    # ── reductions and products ───────────────────────────────────────────────────────────────────

    def _reduced(self, op: Op) -> np.ndarray:
        x, axes = self.array(op.args[0]), op.params["axes"]
        kept = [k for k in range(x.ndim) if k not in axes]
        lines = x.transpose(*kept, *axes).reshape(*(x.shape[k] for k in kept), -1)
        found = np.empty(lines.shape[:-1], object)
        for place in np.ndindex(*found.shape):
            first, *others = (self.cast(e, op.out.dtype) for e in lines[place])
            for other in others:
                first = self.scalar(FOLDS[op.prim.name], first, other)
            found[place] = first
        return found.reshape(op.out.shape)

    def _product(self, op: Op) -> np.ndarray:
        """The product of vectors and matrices, each element's terms added in order."""
        a, b = (self._cast_all(self.array(x), op.out.dtype) for x in op.args)
        rows = a if a.ndim == 2 else a[None]
        columns = b.T if b.ndim == 2 else b[None]
        found = np.empty((len(rows), len(columns)), object)
        for i, j in np.ndindex(*found.shape):
            terms = [self.scalar("multiply", x, y) for x, y in zip(rows[i], columns[j], strict=True)]
            found[i, j] = terms[0]
            for term in terms[1:]:
                found[i, j] = self.scalar("add", found[i, j], term)
        return found.reshape(op.out.shape)

    # ── elements of large arrays ──────────────────────────────────────────────────────────────────

    def _read(self, op: Op) -> np.ndarray:
        params = {k: v for k, v in op.params.items() if k != "spec"}
        found = np.empty(op.out.shape, object)
        for place in np.ndindex(*op.out.shape):
            idx = self._place(op, op.args[1:], place)
            found[place] = self.scalar(
                "index", op.args[0], *idx, base=op.out.base, spec=_points(idx), **params
            )
        return found

    def _written(self, op: Op) -> None:
        array, value, *index = op.args
        params = {k: v for k, v in op.params.items() if k != "spec"}
        part = indexed_shape(op.params["spec"], ())
        values = np.broadcast_to(_fitting(self.array(value), part), part)
        places = list(np.ndindex(*part))
        for place in places:
            last = place == places[-1]
            out = op.out if last else Var(self.names.fresh(op.out.base), array.aval, op.out.base)
            idx = self._place(op, index, place)
            element = self.cast(values[place], array.dtype)
            self.emit(
                Op(
                    (out,),
                    op.prim,
                    (array, element, *idx),
                    {"spec": _points(idx), **params},
                    loc=op.loc,
                    note=op.note,
                    again=op.again,
                )
            )
            array = out

    def _place(self, op: Op, index, place: tuple) -> tuple:
        """The index operands that select an element of the part of a large array."""
        rest, found = iter(place), []
        for entry in op.params["spec"]:
            if entry[0] == "new":
                next(rest)
            elif entry[0] == "index":
                found.append(index[entry[1]])
            else:
                found.append(self._size(entry[1] + next(rest) * entry[3]))
        return tuple(found)

    def _size(self, dim):
        return self.scalar("size", value=dim) if isinstance(dim, Size) else Lit(int(dim))

    # ── stacks ────────────────────────────────────────────────────────────────────────────────────

    def _stack(self, op: Op) -> list[np.ndarray]:
        name, stack = op.prim.name, op.outs[0]
        shape = shape_of(stack)
        found = [np.empty(shape, object) for _ in op.outs]
        values = self.array(op.args[1]) if name == "stack_push" else None
        before = self.elements(op.args[0]) if op.args else None
        for place in np.ndindex(*shape):
            outs = tuple(Var(self.names.fresh(v.base), element_aval(v), v.base) for v in op.outs)
            args = () if before is None else (before[place],)
            args += () if values is None else (self.cast(values[place], stack.aval.item.dtype),)
            params = op.params
            for key in ("item", "spare"):
                if params.get(key) is not None:
                    params = {**params, key: outs[0].aval.item}
            self.emit(Op(outs, op.prim, args, params, loc=op.loc, note=op.note, again=op.again))
            for array, out in zip(found, outs, strict=True):
                array[place] = out
        return found


RULES = {
    **dict.fromkeys(("zeros", "empty"), Rules._filled),
    **dict.fromkeys(("iota", "eye"), Rules._constant),
    **dict.fromkeys(("full", "broadcast_to"), Rules._spread),
    **dict.fromkeys(("stack", "concatenate"), Rules._joined),
    **dict.fromkeys(("at_set", "at_add"), Rules._updated),
    **dict.fromkeys(FOLDS, Rules._reduced),
    **dict.fromkeys(PASSED_ON, Rules._same),
    "reshape": Rules._reshaped,
    "transpose": Rules._transposed,
    "index": Rules._part,
    "matmul": Rules._product,
}


def can(op: Op) -> bool:
    """Can the operation be computed on elements, all its arrays but perhaps one large one being small?"""
    name = op.prim.name
    if name in STACKS:
        return is_small(op.outs[0])
    arrays = [a for a in op.args if a.shape != ()]
    if len(op.outs) > 1 or isinstance(op.out.aval, StackAval):
        return False
    if name == "index":
        return _can_index(op)
    if name in ("at_set", "at_add"):
        return _can_update(op)
    if not all(map(is_small, [*arrays, *([op.out] if op.out.shape else [])])) or not (arrays or op.out.shape):
        return False
    if name in ("all", "any"):
        return op.args[0].dtype == BOOL
    if name == "matmul":
        return all(a.ndim <= 2 for a in op.args)
    return op.prim.kind == "elementwise" or name == "convert" or name in RULES


def _can_index(op: Op) -> bool:
    if is_small(op.args[0]):
        return (op.out.shape == () or is_small(op.out)) and _is_static(op, op.args[1:])
    return is_small(op.out) and all(a.shape == () for a in op.args[1:])


def _can_update(op: Op) -> bool:
    array, value, *index = op.args
    if is_small(array):
        return _is_static(op, index) and (value.shape == () or is_small(value))
    if not is_small(value) or any(a.shape for a in index):
        return False
    part = indexed_shape(op.params["spec"], ())
    return _is_fixed(part) and 0 < np.prod(part) <= MOST


def _is_static(op: Op, index) -> bool:
    """Are all indices known, and in range?"""
    array = op.args[0]
    axes = itertools.count()
    for entry in op.params["spec"]:
        if entry[0] == "new":
            continue
        dim = array.shape[next(axes)]
        if entry[0] == "index":
            atom = index[entry[1]]
            if not isinstance(atom, Lit) or not -dim <= atom.value < dim:
                return False
        elif not _is_fixed(entry[1:]):
            return False
    return True


def _subscript(op: Op, index) -> tuple:
    return subscript_of(op.params["spec"], [int(a.value) for a in index])


def _points(idx) -> tuple:
    return tuple(("index", k) for k in range(len(idx)))


def _fitting(value: np.ndarray, part: tuple) -> np.ndarray:
    """A value without leading axes of length 1 that the part written to does not have."""
    extra = value.ndim - len(part)
    return value.reshape(value.shape[extra:]) if extra > 0 else value
