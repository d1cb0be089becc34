"""What a function reads besides its arguments: hidden inputs, and static objects that must stay the same."""

from __future__ import annotations

import builtins
import difflib
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from broadax.runtime.errors import StaticNeeded, UnboundError, UnsupportedError
from broadax.runtime.pjrt.array import DeviceArray
from broadax.runtime.trees import is_data
from broadax.transforms.core.avals import Aval, aval_of
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Op, Var
from broadax.transforms.specialise.values import NUMBERS, Array, Box, DictValue, Frame, ListValue

# Modules whose numbers are constants; those of other modules are read anew at each call.
CONSTANT_MODULES = ("math", "numpy", "scipy", "sys", "cmath", "broadax")
SMALL = 4


@dataclass(eq=False)
class Input:
    """One flat input: its variable, its key, and for hidden ones how to read it at a call."""

    key: Any
    var: Var
    value: Any = None
    read: Callable | None = None


@dataclass(eq=False)
class Inputs:
    """The inputs of a specialisation.

    Attributes:
        fixed: keys of inputs to be taken at their present value.
        exact: are the sizes of hidden inputs numbers?
        flat: the inputs in order: arguments first, then hidden ones as they are met.
        sizes: `(variable, input variable, axis)` of each symbolic size.
        statics: `(read, value)`: objects whose identity a compiled version rests on.
        constants: `(read, value)`: numbers taken at the value that they had.
        unnamed: variables of tree leaves that have no name of the user's yet → those named with them.
    """

    names: Any
    fixed: set = field(default_factory=set)
    exact: bool = False
    flat: list[Input] = field(default_factory=list)
    sizes: list = field(default_factory=list)
    statics: list = field(default_factory=list)
    constants: list = field(default_factory=list)
    unnamed: dict = field(default_factory=dict)
    known: dict = field(default_factory=dict)
    foreign: dict = field(default_factory=dict)  # records that live outside the function → their names
    size_names: dict = field(default_factory=dict)

    # ── making inputs ─────────────────────────────────────────────────────────────────────────────

    def add(self, key, base: str, aval: Aval, dims, value=None, read=None) -> Var:
        """A new input of dtype and weakness as in `aval`; `dims` are ints or `(name, hint)`."""
        shape, named = [], []
        for axis, dim in enumerate(dims):
            if isinstance(dim, int):
                shape.append(dim)
                continue
            name, hint = dim
            size = self.size_names.get(name) if name else None
            if size is None:
                letter = name or self._letter()
                size = Var(self.names.fresh(letter), Aval(np.dtype(np.int64), (), True), letter, hint)
                named.append((size, axis))
                if name:
                    self.size_names[name] = size
            shape.append(Size.of(size))
        hint = int(value) if not shape and isinstance(value, (bool, int, np.integer, np.bool_)) else None
        var = Var(self.names.fresh(base), Aval(aval.dtype, tuple(shape), aval.weak), base, hint)
        self.flat.append(Input(key, var, value, read))
        self.sizes += [(size, var, axis) for size, axis in named]
        return var

    def _letter(self) -> str:
        return next((c for c in "nmklpqrs" if c not in self.names.count), "n")

    def rewind(self, names: dict) -> None:
        """Forget names given out since a snapshot, but for those of inputs."""
        taken = [v.name for v in (*(i.var for i in self.flat), *(s for s, _, _ in self.sizes))]
        self.names.count = names
        for name in taken:
            names[name] = max(names.get(name, 0), 1)

    # ── what static code reads ────────────────────────────────────────────────────────────────────

    def global_name(self, it, frame: Frame, name: str):
        """A module-level or built-in name.

        Raises:
            UnboundError: it is bound nowhere.
        """
        if name in frame.globals:
            space = frame.globals
            return self.meet(it, space[name], lambda: space[name], (id(space), name), name)
        if hasattr(builtins, name):
            return getattr(builtins, name)
        known = [*frame.local_names, *frame.globals, *dir(builtins)]
        close = difflib.get_close_matches(name, known, n=1)
        raise UnboundError(
            f"name '{name}' is not defined", it.loc, f"did you mean {close[0]}?" if close else ""
        )

    def cell(self, it, frame: Frame, name: str):
        """A variable of a closure."""
        cell = frame.cells[name]
        try:
            value = cell.cell_contents
        except ValueError:
            raise UnboundError(f"free variable '{name}' is not bound yet", it.loc) from None
        return self.meet(it, value, lambda: cell.cell_contents, (id(cell), name), name)

    def attribute(self, it, owner, name: str, value):
        """An attribute of a static object; `value` is what it is now."""
        if isinstance(owner, types.ModuleType) and owner.__name__.partition(".")[0] in CONSTANT_MODULES:
            return value
        if isinstance(owner, np.ufunc):
            return value
        return self.meet(it, value, lambda: getattr(owner, name), (id(owner), name), name)

    def meet(self, it, value, read: Callable, key, base: str):
        """The abstract value of a real object met in the code: data is an input, the rest is static."""
        if key in self.known:
            return self.known[key]
        met = self._meet(it, value, read, key, base)
        self.known[key] = met
        return met

    def _meet(self, it, value, read, key, base: str):
        if type(value) is DeviceArray and not value.shape:
            return self._data(it, value.number(), lambda: _number(read()), key, base)
        if isinstance(value, NUMBERS) or is_data(value):
            return self._data(it, value, read, key, base)
        if type(value) in (list, dict) or isinstance(value, tuple):
            return self._container(it, value, read, key, base)
        if not isinstance(value, types.ModuleType):
            self.statics.append((read, value))
        return value

    def _data(self, it, value, read, key, base: str):
        if key in self.fixed:
            self.constants.append((read, value))
            return value.item() if isinstance(value, np.generic) else value
        aval = aval_of(value)
        dims = [d if self.exact or d <= SMALL else (None, d) for d in aval.shape]
        var = self.add(key, base, aval, dims, value, read)
        if not aval.shape:
            return var
        box = Box(it.store, var, base)
        self.foreign[box] = base
        return Array(box, var.aval)

    def _container(self, it, value, read, key, base: str):
        keys = list(value) if isinstance(value, dict) else range(len(value))
        self.statics.append((lambda: _shape_of(read()), _shape_of(value)))

        def part(k):
            if isinstance(value, tuple) and isinstance(value[k], int):
                return self._fixed_item(value[k], lambda: read()[k])
            named = str(k).isidentifier() or isinstance(k, int)
            return self.meet(it, value[k], lambda: read()[k], (*key, k), f"{base}_{k}" if named else base)

        parts = {k: part(k) for k in keys}
        items = tuple(parts.values())
        if isinstance(value, (dict, list)):
            made = DictValue(it.store, parts) if isinstance(value, dict) else ListValue(it.store, items)
            self.foreign[made] = base
            return made
        return items if type(value) is tuple else tuple.__new__(type(value), items)

    def _fixed_item(self, value: int, read: Callable) -> int:
        """An int inside a tuple: a tuple does not change, so its ints may serve as sizes and indices."""
        self.constants.append((read, value))
        return value

    def constant(self, it, value: np.ndarray):
        """An array that the code holds by itself (a default, an item of a static object)."""
        key = ("constant", id(value))
        met = self.meet(it, value, lambda: value, key, "table")
        return it.store.get(met.box, "value")

    def check_own(self, it, record) -> None:
        """Refuse to write to what lives outside the function: nobody would see it.

        Raises:
            UnsupportedError: it is a global, or an object of a closure or a default.
        """
        if record in self.foreign:
            raise UnsupportedError(
                f"{self.foreign[record]} is written, but lives outside the function",
                it.loc,
                "pass it as an argument, or return the new value",
            )

    # ── questions ─────────────────────────────────────────────────────────────────────────────────

    def boxes(self) -> list:
        return [v for v in self.known.values() if isinstance(v, Array)]

    def find(self, var) -> Input | None:
        return next((i for i in self.flat if i.var is var), None)

    def is_flag(self, var) -> bool:
        """Is it a Python bool that the caller passed? Branches on it are taken when the code is read."""
        return isinstance(var, Var) and var.aval.weak and var.dtype.kind == "b" and self.find(var) is not None

    def fix(self, var):
        """Ask for an input to be taken at its present value: the reading starts again with it."""
        raise StaticNeeded(f"{var.name} is needed when the function is read", var)

    def is_input(self, it, atom) -> bool:
        return bool(self.sources(it, atom))

    def sources(self, it, atom) -> list[Input]:
        """The scalar inputs from which alone an atom is computed; empty if there is anything else."""
        made = {v: s for builder in it.builders for block in builder.open for s in block for v in s.outs}
        found, todo, seen = [], [atom], set()
        while todo:
            var = todo.pop()
            if not isinstance(var, Var) or var in seen:
                continue
            seen.add(var)
            source, stmt = self.find(var), made.get(var)
            if source is not None and not var.shape and source.value is not None:
                found.append(source)
            elif isinstance(stmt, Op):
                todo.extend(stmt.args)
            else:
                return []
        return found


def _shape_of(value):
    """What of a container's structure a compiled version rests on."""
    return (type(value), tuple(value)) if isinstance(value, dict) else (type(value), len(value))


def _number(value):
    """An array without axes on a device as a number; anything else as it is."""
    return value.number() if type(value) is DeviceArray and not value.shape else value
