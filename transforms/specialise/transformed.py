"""Transforms met while a function is read: the inner function is read, transformed, emitted in place."""

from __future__ import annotations

import os
import types

from broadax.runtime.errors import BroadaxError, SourceError, UnsupportedError
from broadax.transforms.composed import Composed, function_name
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.statements import Block, Function, Var
from broadax.transforms.source import source_of
from broadax.transforms.specialise.arrays import fresh, read
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.misuse import called
from broadax.transforms.specialise.trees import flatten
from broadax.transforms.specialise.values import Array, Box, Closure, DictValue, ListValue

HANDLERS: dict = {}
SPECIAL: dict = {}


def handles(*kinds: str):
    """Register `rule(it, composed, args, kwargs)` for kinds of transform."""
    return lambda rule: [HANDLERS.__setitem__(kind, rule) for kind in kinds] and rule


def call_composed(it: Interpreter, composed: Composed, args: tuple, kwargs: dict):
    """Call `grad(f)` and the like with abstract arguments."""
    try:
        return HANDLERS[composed.kind](it, composed, args, kwargs)
    except BroadaxError as error:
        error.at(definition(composed))
        if composed.kind not in ("jit", "value"):
            verb = "batching" if composed.kind == "vmap" else "differentiating"
            error.during(f"while {verb} {function_name(composed.innermost)}{place_of(composed.innermost)}")
        raise


def definition(callee):
    """The place of a function, or of the one that is transformed; None where there is no source."""
    function = callee.innermost if isinstance(callee, Composed) else callee
    try:
        return source_of(function).loc() if isinstance(function, types.FunctionType) else None
    except SourceError:
        return None


def place_of(function) -> str:
    """` (model.py:12)`, where a function is defined; empty where it has no file."""
    code = getattr(function, "__code__", None)
    if isinstance(function, Closure):
        return f" ({os.path.basename(function.source.file)}:{function.node.lineno})"
    return f" ({os.path.basename(code.co_filename)}:{code.co_firstlineno})" if code else ""


@handles("jit", "value")
def _jit(it, composed, args, kwargs):
    return it.call(composed.function, args, kwargs)


def special(name: str):
    """Register `rule(it, *args, **kwargs)` for a function of broadax that is called, not composed."""
    return lambda rule: SPECIAL.__setitem__(name, rule) or rule


def call_special(it: Interpreter, kind: str, callee, args: tuple, kwargs: dict):
    """Call one of broadax's own functions inside a function that is read."""
    if kind == "compose":
        static = {
            k: it.plain(v) if isinstance(v, (ListValue, DictValue)) else it.static_index(v, k)
            for k, v in kwargs.items()
        }
        return callee(*(it.plain(a) if isinstance(a, ListValue) else a for a in args), **static)
    return called(callee.__name__, SPECIAL[kind], (it, *args), kwargs, own=1)


class Inner:
    """A function of flat leaves, read into Core of its own.

    Args:
        values, avals: the leaves outside, and their types inside.
        run: reads the function, given the values of its parameters.
        names: names for the parameters, where they are not those of `values`.

    Attributes:
        function: Core; it may read variables of the function around it.
        rebuild: from atoms of its results to the abstract result.
        values: the result's leaves as they were read (their types).
    """

    def __init__(self, it: Interpreter, values, avals, run, names=()):
        builder = Builder(it.builder.names, it.builder.guards)
        named = names or map(leaf_name, values)
        params = tuple(builder.var(n, a) for n, a in zip(named, avals, strict=True))
        for param, value in () if names else zip(params, values, strict=True):
            outer = it.store.get(value.box, "value") if isinstance(value, Array) else value
            if isinstance(outer, Var) and outer in it.inputs.unnamed:
                it.inputs.unnamed[param] = (outer, *it.inputs.unnamed[outer])
        with it.building(builder), it.store.branch() as changes:
            result = run([_as_value(it, p) for p in params])
            flat, self.rebuild = flatten(it, result)
            atoms = [read(it, leaf) for leaf in flat]
        if changes:
            record, slot = next(iter(changes))
            name = getattr(record, "name", "") or slot
            raise UnsupportedError(
                f"the function that is transformed writes to {name}, which it does not own",
                it.loc,
                "return the new value, or pass the array as an argument",
            )
        body = Block(tuple(builder.open[0]), tuple(atoms))
        self.function = Function("inner", params, (), body, builder.guards, builder.names)

    @property
    def results(self) -> tuple:
        return self.function.body.results

    def value(self, it: Interpreter, atoms):
        """The abstract result with these atoms in its leaves."""
        return self.rebuild([fresh(it, atom) for atom in atoms])


def _as_value(it: Interpreter, var: Var):
    return Array(Box(it.store, var, var.base), var.aval) if var.shape else var


def leaf_name(value) -> str:
    """The name by which a leaf is known."""
    if isinstance(value, Array):
        return value.box.name or it_name(value)
    return value.base if isinstance(value, Var) else "x"


def it_name(array: Array) -> str:
    var = array.box.slots.get("value")
    return var.base if isinstance(var, Var) else "x"
