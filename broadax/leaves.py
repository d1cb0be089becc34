"""The leaves of a call's arguments: what kind they are of, where they are, and their abstract values."""

from __future__ import annotations

import inspect

import numpy as np

from broadax.runtime.dispatch import SMALL, layout_of
from broadax.runtime.errors import ReadOnlyError, SpecError, TypeMismatchError
from broadax.runtime.pjrt.array import DeviceArray
from broadax.runtime.trees import Const, flatten, is_data, unflatten
from broadax.transforms.core.avals import aval_of
from broadax.transforms.core.statements import Function, Op, Var, definitions, size_vars, statements
from broadax.transforms.specialise.entry import Abstract, Specialised
from broadax.transforms.specialise.transformed import definition
from broadax.transforms.specialise.values import FLOAT0, Float0
from broadax.transforms.specs import ArraySpec


def place_of(leaves: list) -> str:
    """Where the data of a call is: "device", "array" (NumPy's), or "" if there is no array."""
    found = ""
    for leaf in leaves:
        if type(leaf) is DeviceArray:
            return "device"
        if isinstance(leaf, np.ndarray) and leaf.ndim:
            found = "array"
    return found


def on_host(leaf):
    """A leaf as backends of the host take it: the values of an array on a device."""
    if type(leaf) is not DeviceArray:
        return leaf
    return leaf.host() if leaf.shape else leaf.number()


def static_leaf(leaf):
    """The value of a leaf that is no data."""
    if isinstance(leaf, np.ndarray) and leaf.dtype == FLOAT0:
        return Float0(leaf.shape)
    return leaf.value if isinstance(leaf, Const) else leaf


def abstract_leaf(leaf, sizes: dict[str, int], exact: bool = False) -> Abstract | None:
    """The type of one argument leaf; None for a static one.

    Args:
        sizes: the sizes that stand for names in specs.
        exact: all sizes are numbers.

    Raises:
        SpecError: a name for a size where sizes are numbers.
        TypeMismatchError: an array of a dtype that functions do not take.
    """
    if isinstance(leaf, ArraySpec):
        named = next((d for d in leaf.dims if not isinstance(d, int)), None)
        if exact and named is not None:
            what = f"{leaf}: sizes are numbers in code for devices, and {named} is none"
            raise SpecError(what, instead="write a number, as in f64[128]")
        dims = tuple(d if isinstance(d, int) else (d, sizes[d]) for d in leaf.dims)
        return Abstract(leaf.dtype, dims, leaf.weak)
    if isinstance(leaf, np.ndarray) and not is_data(leaf) and leaf.dtype != FLOAT0:
        raise TypeMismatchError(
            f"an argument is an array of dtype {leaf.dtype}; arrays hold numbers or bools"
        )
    if isinstance(leaf, Const) or not is_data(leaf):
        return None
    aval = aval_of(leaf)
    dims = tuple(d if exact or d <= SMALL else (None, d) for d in aval.shape)
    layout = layout_of(leaf) if aval.shape and isinstance(leaf, np.ndarray) else None
    # What is being computed on a device is waited for only where its value may be asked for.
    hidden = aval.shape or type(leaf) is DeviceArray and aval.dtype.kind not in "biu"
    value = None if hidden else leaf[()] if isinstance(leaf, np.ndarray) else on_host(leaf)
    return Abstract(aval.dtype, dims, aval.weak, value, layout)


def inputs_of_sizes(made: Specialised, function: Function) -> set:
    """The keys of the scalar inputs from which alone sizes in the code are computed.

    Args:
        function: `made.function`, simplified.
    """
    keys = [("leaf", number) for number in made.leaves] + [i.key for i in made.hidden]
    key_of = dict(zip(function.params, keys, strict=True))
    makers = {v: s for s in statements(function.body) if isinstance(s, Op) for v in s.outs}
    found = set()
    for var in definitions(function.body):
        for atom in size_vars(var.aval):
            found |= {key_of[p] for p in _sources(atom, makers, key_of) or ()}
    return found


def _sources(atom: Var, makers: dict, inputs) -> set | None:
    """The scalar inputs from which alone a variable is computed; None if there is anything else."""
    found, todo = set(), [atom]
    while todo:
        var = todo.pop()
        if var in inputs and not var.shape:
            found.add(var)
        elif var in makers:
            todo += [a for a in makers[var].args if isinstance(a, Var)]
            todo += size_vars(makers[var].params)
        else:
            return None
    return found


def donated_leaves(composed, args: tuple, kwargs: dict) -> set[int]:
    """The numbers of the leaves of the arguments that `jit` was told to be donated."""
    numbers, names = getattr(composed, "donated", ((), ()))
    if not numbers and not names:
        return set()
    given = list(inspect.signature(composed.innermost).parameters)
    wanted = {n % len(args) for n in numbers if -len(args) <= n < len(args)} if args else set()
    wanted |= {given.index(n) for n in names if n in given}
    marks = tuple(_marked(arg, k in wanted) for k, arg in enumerate(args))
    named = {name: _marked(arg, name in names) for name, arg in kwargs.items()}
    return {k for k, mark in enumerate(flatten((marks, named))[0]) if mark}


def _marked(tree, mark: bool):
    leaves, spec = flatten(tree)
    return unflatten(spec, [mark] * len(leaves))


def refuse_writes(composed, made: Specialised, here: set[int]) -> None:
    """Refuse functions that write to arguments on a device.

    Args:
        here: the numbers of the flat inputs that are on one.

    Raises:
        ReadOnlyError: one of them is written.
    """
    for param in made.interface.mutated:
        if param in here:
            name = made.function.params[param].base
            raise ReadOnlyError(
                f"{name} is written, but is an array on a device, which can't be changed",
                definition(composed),
                f"begin with {name} = {name}.copy() and return it, or pass a NumPy array",
            )
