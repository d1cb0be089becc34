"""The linear part of a derivative in two parts, compiled when it is first called."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from broadax import backends
from broadax.runtime.dtypes import kind_of
from broadax.runtime.errors import TangentError, TypeMismatchError
from broadax.runtime.pjrt.array import DeviceArray
from broadax.transforms import interface as face
from broadax.transforms.building import rebuilder
from broadax.transforms.core.avals import Aval, python_type
from broadax.transforms.core.statements import Function
from broadax.transforms.core.text import core_text
from broadax.transforms.pretty import python_source
from broadax.transforms.simplify.insert_copies import insert_copies
from broadax.transforms.specialise.split import Linear


class LinearPart:
    """A function of residuals and of (co)tangents.

    Attributes:
        compilations: how often it was compiled; each version of the forward part has one of its own.
    """

    def __init__(self, linear: Linear, backend: str):
        self.linear, self.backend, self.compilations = linear, backend, 0

    @cached_property
    def lowered(self) -> Function:
        function = self.linear.function
        return function if backends.is_exact(self.backend) else insert_copies(function, {})

    @cached_property
    def run(self) -> Callable:
        self.compilations += 1
        run, build = backends.get(self.backend).compile(self.lowered), rebuilder(self.linear.interface.result)
        return lambda *flat: build(run(*flat))

    def source(self, stage: str = "python") -> str:
        """Its text at a stage: "python", "core", "numba" or "stablehlo"."""
        if stage == "core":
            return core_text(self.lowered)
        if stage in ("numba", "stablehlo"):
            return backends.module("pjrt" if stage == "stablehlo" else "numba").source(self.lowered)
        return python_source(self.lowered, self.linear.interface)

    def __call__(self, residuals: tuple, given, like):
        """The result.

        Args:
            given: a (co)tangent, of which the structure has been compared with that of `like`.
            like: what it belongs to.

        Raises:
            TangentError, TypeMismatchError: a leaf does not fit.
        """
        found: dict[int, object] = {}
        _leaves(self.linear.given, given, found)
        wanted: dict[int, object] = {}
        _leaves(self.linear.given, like, wanted)
        flat = [
            _fitted(found[k], np.shape(wanted[k]), self.linear.avals[k])
            for k in sorted(found)
            if kind_of(self.linear.avals[k].dtype) in "fc"
        ]
        numbers = [k for k in sorted(found) if kind_of(self.linear.avals[k].dtype) in "fc"]
        leaves = dict(zip(numbers, flat, strict=True))
        return self.run(*residuals, *(leaves[k] for k in self.linear.ways))


def _leaves(tree: face.Tree, value, found: dict[int, object]) -> None:
    """The leaves of a value by the numbers that they have in a tree."""
    if isinstance(tree, face.Leaf):
        found[tree.index] = value
    if not isinstance(tree, face.Node):
        return
    if tree.kind == "rows":
        rows: list[dict] = [{} for _ in value]
        for row, item in zip(rows, value, strict=True):
            _leaves(tree.children[0], item, row)
        numbers = [leaf.index for leaf in face.leaves(tree)]
        found.update({k: np.array([row[k] for row in rows]) for k in numbers})
        return
    if tree.kind in ("tuple", "list", "namedtuple"):
        parts = list(value)
    elif tree.kind == "dict":
        parts = [value[key] for key in tree.keys]
    else:
        parts = [getattr(value, name) for name in tree.keys]
    for child, part in zip(tree.children, parts, strict=True):
        _leaves(child, part, found)


def _fitted(value, shape: tuple, aval: Aval):
    """A (co)tangent in the type of what it belongs to."""
    if type(value) is DeviceArray and value.shape == shape and value.dtype == aval.dtype:
        return value
    found = np.asarray(value)
    if found.shape != shape:
        raise TangentError(f"a (co)tangent of shape {found.shape} does not fit the value, of shape {shape}")
    if kind_of(found.dtype) not in "fc" or not np.can_cast(found.dtype, aval.dtype, "same_kind"):
        raise TypeMismatchError(f"a (co)tangent of dtype {found.dtype} for a value of dtype {aval.dtype}")
    if aval.shape:
        return np.ascontiguousarray(found, dtype=aval.dtype)
    return python_type(aval.dtype)(found[()]) if aval.weak else aval.dtype.type(found[()])
