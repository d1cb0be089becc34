"""Calls of the linear functions that `vjp` and `linearize` gave outside, in code that is read."""

from __future__ import annotations

from broadax.runtime.errors import TypeMismatchError
from broadax.transforms import interface as face
from broadax.transforms.core.float0 import Float0
from broadax.transforms.core.rebuild import inline
from broadax.transforms.linear_map import LinearMap
from broadax.transforms.specialise.arrays import fresh, is_data, read
from broadax.transforms.specialise.gradients import fitted
from broadax.transforms.specialise.interpreter import Interpreter
from broadax.transforms.specialise.trees import children
from broadax.transforms.specialise.values import DictValue, Instance, ListValue


def call_linear(it: Interpreter, function: LinearMap, args: tuple, kwargs: dict):
    """Put the body of a linear function in place; its residuals are hidden inputs.

    Raises:
        TypeMismatchError: the (co)tangent has another structure.
    """
    if kwargs:
        raise TypeMismatchError(f"{function.__name__} takes no keyword arguments", it.loc)
    given = function.argument(args)
    if function.part is None:
        primals = tuple(it.known(p, ("primal", id(function), k)) for k, p in enumerate(function.primals))
        return it.call(function.whole, (primals, given), {})
    linear = function.part.linear
    found: dict = {}
    _leaves(it, linear.given, given, found)
    residuals = [
        read(it, it.known(r, ("residual", id(function), k))) for k, r in enumerate(function.residuals)
    ]
    own = linear.function.params[len(residuals) :]
    cotangents = [fitted(it, found[k], p) for k, p in zip(linear.ways, own, strict=True)]
    atoms = inline(it.builder, linear.function, (*residuals, *cotangents))
    return _built(it, linear.interface.result, atoms)


def _leaves(it: Interpreter, tree: face.Tree, value, found: dict) -> None:
    """The leaves of an abstract value by the numbers that they have in a tree."""
    if isinstance(tree, face.Leaf):
        if not is_data(value) and not isinstance(value, Float0):
            raise _structure(it)
        found[tree.index] = value
    if not isinstance(tree, face.Node):
        return
    parts = None if is_data(value) else children(it, value)[0]
    if parts is None or len(parts) != len(tree.children):
        raise _structure(it)
    if tree.kind == "dict":
        items = it.items(value) if isinstance(value, DictValue) else {}
        if set(items) != set(tree.keys):
            raise _structure(it)
        parts = [items[key] for key in tree.keys]
    for child, part in zip(tree.children, parts, strict=True):
        _leaves(it, child, part, found)


def _structure(it: Interpreter) -> TypeMismatchError:
    what = "a (co)tangent must have the structure of what it belongs to"
    return TypeMismatchError(what, it.loc)


def _built(it: Interpreter, tree: face.Tree, atoms):
    """The abstract value of a tree of results."""
    if isinstance(tree, face.Leaf):
        return fresh(it, atoms[tree.index])
    if isinstance(tree, face.Static):
        return Float0(tree.value.shape) if _is_float0(tree.value) else tree.value
    parts = [_built(it, child, atoms) for child in tree.children]
    match tree.kind:
        case "list":
            return ListValue(it.store, parts)
        case "dict":
            return DictValue(it.store, dict(zip(tree.keys, parts, strict=True)))
        case "namedtuple":
            return tuple.__new__(tree.cls, parts)
        case "dataclass":
            return Instance(it.store, tree.cls, dict(zip(tree.keys, parts, strict=True)))
        case "rows":
            raise TypeMismatchError("a list that grew in a loop as the result of a linear function", it.loc)
    return tuple(parts)


def _is_float0(value) -> bool:
    return getattr(value, "dtype", None) == Float0.dtype
