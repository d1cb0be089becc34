"""`pure_callback`, `eval_shape` and `ShapeDtypeStruct` in functions that are read."""

from __future__ import annotations

import functools

import numpy as np

from broadax.runtime.callbacks import CallOut, check_method, undeclared
from broadax.runtime.errors import TypeMismatchError
from broadax.runtime.trees import flatten as flatten_python
from broadax.transforms.building import rebuilder
from broadax.transforms.composed import function_name
from broadax.transforms.core.avals import Aval
from broadax.transforms.functions.arguments import dims
from broadax.transforms.functions.static import dtype_of
from broadax.transforms.specialise.arrays import fresh, is_data, read
from broadax.transforms.specialise.builtin_calls import handler
from broadax.transforms.specialise.hosted import hosted
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.results import face_of
from broadax.transforms.specialise.transformed import Inner, special
from broadax.transforms.specialise.trees import children
from broadax.transforms.specialise.values import Closure, DictValue
from broadax.transforms.specs import ShapeDtypeStruct


@handler(ShapeDtypeStruct)
def _struct(it: Interpreter, shape, dtype):
    with it.builder.current():
        made = ShapeDtypeStruct((), dtype_of(dtype))
        made.shape = dims(it.plain(shape))
    return made


def struct_leaves(it: Interpreter, tree, what: str) -> tuple[list[Aval], object]:
    """The types that a tree of structs, arrays and numbers declares, and what builds the tree from values.

    Raises:
        TypeMismatchError: something in it has no shape and dtype; `what` makes the error.
    """
    if isinstance(tree, ShapeDtypeStruct):
        return [Aval(tree.dtype, tuple(tree.shape))], lambda values: values[0]
    if is_data(tree) or isinstance(tree, np.ndarray):
        return [read(it, tree).aval], lambda values: values[0]
    parts, make = children(it, tree)
    if parts is None:
        if what == "pure_callback" or tree is not None and not isinstance(tree, (str, bytes)):
            raise undeclared(tree, it.loc)
        return [], lambda values: tree
    own = [struct_leaves(it, part, what) for part in parts]

    def build(values):
        made, start = [], 0
        for avals, inner in own:
            made.append(inner(values[start : start + len(avals)]))
            start += len(avals)
        return make(tuple(made))

    return [a for avals, _ in own for a in avals], build


@special("eval_shape")
def _eval_shape(it: Interpreter, function, *args, **kwargs):
    avals, build = struct_leaves(it, (args, DictValue(it.store, kwargs)), "eval_shape")

    def run(values):
        given, named = build(values)
        return it.call(function, given, it.items(named))

    inner = Inner(it, [None] * len(avals), avals, run, names=["x"] * len(avals))
    return inner.rebuild([_struct_of(r.aval) for r in inner.results])


def _struct_of(aval: Aval) -> ShapeDtypeStruct:
    made = ShapeDtypeStruct((), aval.dtype)
    made.shape = aval.shape
    return made


@special("pure_callback")
def _pure_callback(it: Interpreter, function, declared, *args, sharding=None, vmap_method=None, **kwargs):
    check_method(vmap_method, it.loc)
    avals, build = struct_leaves(it, declared, "pure_callback")
    if not avals:
        raise TypeMismatchError("pure_callback: result_shape_dtypes declares no array", it.loc)
    atoms: list = []
    places = face_of(it, args, atoms), face_of(it, DictValue(it.store, kwargs), atoms)
    held: list = []
    with it.builder.current():
        stand = [fresh(it, it.builder.var("y", a)) for a in avals]
    result = face_of(it, build(stand), held)
    both = [rebuilder(place) for place in places]
    order, structure = flatten_python(rebuilder(result)(list(range(len(avals)))))
    target = CallOut(
        hosted(it, function),
        it.builder.names.fresh(_name(function)),
        vmap_method,
        lambda flat: (both[0](flat), both[1](flat)),
        (*places, result),
        structure,
        tuple(order),
        it.loc,
    )
    prim = "callback_each" if vmap_method == "sequential" else "pure_callback"
    shapes, dtypes = tuple(a.shape for a in avals), tuple(a.dtype for a in avals)
    base = f"{target.name}_value"
    found = it.builder.apply(prim, *atoms, base=base, call=target, shapes=shapes, dtypes=dtypes)
    return build([fresh(it, y) for y in (found if isinstance(found, tuple) else (found,))])


def _name(function) -> str:
    function = function.func if isinstance(function, functools.partial) else function
    name = function.name if isinstance(function, Closure) else function_name(function)
    return name if name.isidentifier() and name != "f" else "callback"
