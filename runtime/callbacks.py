"""`pure_callback` at run time: a Python function called with NumPy values, its answer checked and copied."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from broadax.runtime.errors import BroadaxError, Loc, ShapeError, TypeMismatchError
from broadax.runtime.trees import flatten, unflatten

METHODS = ("sequential", "expand_dims", "broadcast_all")
_serial = itertools.count()
_known: weakref.WeakValueDictionary = weakref.WeakValueDictionary()


@dataclass(frozen=True, eq=False)
class CallOut:
    """What one `pure_callback` in a function that is read calls.

    Attributes:
        function: the Python function.
        name: by which generated code calls it.
        method: of `METHODS`, or None: a batch is refused.
        arguments: `arguments(flat)` gives `(args, kwargs)` from the flat operands.
        places: the trees of the arguments, of the keyword arguments and of the results, for printing.
        structure: of the results, whose leaf k is flat result `order[k]` (the keys of dicts are sorted).
        number: by which machine code, which may come from another process's cache, is told what to call.
    """

    function: Callable
    name: str
    method: str | None
    arguments: Callable
    places: tuple
    structure: object
    order: tuple
    loc: Loc | None = None
    number: int = field(default_factory=lambda: next(_serial))

    def __post_init__(self):
        _known[self.number] = self

    def __str__(self) -> str:
        return self.name

    def __call__(self, flat, shapes, dtypes) -> tuple:
        """The flat results.

        Raises:
            TypeMismatchError, ShapeError: they are not what was declared.
        """
        args, kwargs = self.arguments([_given(x) for x in flat])
        found = self.function(*args, **kwargs)
        types = tuple((shapes[k], np.dtype(dtypes[k])) for k in self.order)
        try:
            leaves = results_of(self.function, found, self.structure, types)
        except BroadaxError as error:
            raise error.at(self.loc) from None
        return tuple(leaves[self.order.index(k)] for k in range(len(leaves)))


def call(function: Callable, declared, args: tuple, kwargs: dict):
    """Call a Python function as `pure_callback` does; `declared` is a tree of things with shape and dtype."""
    leaves, structure = flatten(declared)
    types = []
    for leaf in leaves:
        if not hasattr(leaf, "shape") or not hasattr(leaf, "dtype"):
            raise undeclared(leaf)
        types.append((tuple(leaf.shape), np.dtype(leaf.dtype)))
    given, spec = flatten((args, kwargs))
    args, kwargs = unflatten(spec, [_given(x) for x in given])
    return unflatten(structure, results_of(function, function(*args, **kwargs), structure, types))


def undeclared(leaf, loc=None) -> TypeMismatchError:
    """The error for a result that is declared by something without shape and dtype."""
    return TypeMismatchError(
        "pure_callback: result_shape_dtypes must hold objects with a shape and a dtype, got a "
        f"{type(leaf).__name__}",
        loc,
        "write bx.ShapeDtypeStruct(shape, dtype)",
    )


def check_method(method, loc=None) -> None:
    """Raises: TypeMismatchError where it is no vmap_method."""
    if method is not None and method not in METHODS:
        raise TypeMismatchError(
            f"pure_callback: vmap_method must be None or one of {', '.join(map(repr, METHODS))}, "
            f"got {method!r}",
            loc,
        )


def _given(x):
    """An operand as the function gets it: a NumPy scalar, or an array that can't be written to."""
    if isinstance(x, np.ndarray) and x.ndim:
        view = x.view()
        view.flags.writeable = False
        return view
    return np.asarray(x)[()] if isinstance(x, (bool, int, float, complex, np.ndarray)) else x


def results_of(function, found, structure, types) -> tuple:
    """The leaves of an answer, with the declared types; arrays are copies.

    Raises:
        TypeMismatchError: another structure or dtype. ShapeError: another shape.
    """
    leaves, own = flatten(found)
    name = getattr(function, "__name__", type(function).__name__)
    if own != structure:
        what = f"pure_callback: {name} gave the structure {own}, but result_shape_dtypes has {structure}"
        raise TypeMismatchError(what)
    return tuple(_checked(name, x, *type_) for x, type_ in zip(leaves, types, strict=True))


def _checked(name: str, value, shape: tuple, dtype: np.dtype):
    found = np.asarray(value)
    if found.shape != tuple(shape):
        what = f"pure_callback: {name} gave an array of shape {found.shape}; declared is {tuple(shape)}"
        raise ShapeError(what)
    weak = type(value) in (bool, int, float, complex)
    if found.dtype != dtype and not (weak and np.can_cast(found.dtype, dtype, "same_kind")):
        what = f"pure_callback: {name} gave dtype {found.dtype}; declared is {dtype}"
        raise TypeMismatchError(what, instead=f"return np.asarray(…, dtype=np.{dtype})")
    return np.array(found, dtype=dtype, order="C") if shape else dtype.type(found[()])


def call_out(number: int, shapes: tuple, dtypes: tuple, *flat):
    """What machine code calls: the result, or a tuple of several."""
    found = _known[number](flat, shapes, dtypes)
    return found if len(found) != 1 else found[0]
