"""Abstract values: dtype and shape, with scalars as shape `()` and Python scalars marked weak."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from broadax.runtime.dtypes import BFLOAT16, kind_of
from broadax.runtime.errors import ShapeError, TypeMismatchError
from broadax.runtime.pjrt.array import DeviceArray
from broadax.transforms.core import sizes

SHORT = {"f": "float", "c": "complex", "i": "int", "u": "uint"}
BOOL, INT, FLOAT = np.dtype(bool), np.dtype(np.int64), np.dtype(np.float64)


@dataclass(frozen=True)
class Aval:
    """The type of an array or scalar: `f64[n, 3]`, `f32[]`; weak marks a Python scalar (NEP 50)."""

    dtype: np.dtype
    shape: tuple = ()
    weak: bool = False

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self):
        """The number of elements, an int or a `Size`."""
        return sizes.product(self.shape)

    @property
    def differentiable(self) -> bool:
        return kind_of(self.dtype) in "fc"

    def with_shape(self, shape) -> Aval:
        return replace(self, shape=tuple(shape), weak=self.weak and not shape)

    def with_dtype(self, dtype, weak: bool = False) -> Aval:
        return replace(self, dtype=np.dtype(dtype), weak=weak)

    def __str__(self) -> str:
        return f"{dtype_name(self.dtype)}[{', '.join(str(d) for d in self.shape)}]"


# What sizes, counts and the indices of loops are: Python ints.
INDEX = Aval(INT, (), weak=True)


@dataclass(frozen=True)
class StackAval:
    """A growing stack whose items have the type `item`; what a `while` saves for the reverse sweep."""

    item: Aval
    weak: bool = False
    differentiable: bool = False
    shape: ClassVar[None] = None  # neither a scalar nor an array

    def __str__(self) -> str:
        return f"stack({self.item})"


def dtype_name(dtype) -> str:
    """`f32`, `i64`, `c128`, `bool`, `bf16`, …"""
    dtype = np.dtype(dtype)
    if dtype == BFLOAT16:
        return "bf16"
    return "bool" if dtype == BOOL else f"{dtype.kind}{dtype.itemsize * 8}"


def aval_of(value) -> Aval:
    """The type of a Python or NumPy value, with its sizes as ints.

    Raises:
        TypeError: the value is neither a number nor an array of numbers.
    """
    if isinstance(value, bool):
        return Aval(BOOL, (), weak=True)
    if isinstance(value, (int, float, complex)) and not isinstance(value, np.generic):
        return Aval(np.result_type(type(value)), (), weak=True)
    if isinstance(value, (np.ndarray, np.generic)) and kind_of(value.dtype) in "biufc":
        return Aval(value.dtype, value.shape)
    if type(value) is DeviceArray:
        return Aval(value.dtype, value.shape, value.weak_type)
    raise TypeMismatchError(f"a {type(value).__name__} is not an array or a number")


_PYTHON = {"b": bool, "i": int, "u": int, "f": float, "c": complex}


def python_type(dtype) -> type:
    """The Python number type that a weak scalar of this dtype is: bool, int, float or complex."""
    return _PYTHON[kind_of(dtype)]


def promote(*avals: Aval) -> tuple[np.dtype, bool]:
    """NumPy's result type (NEP 50) and whether the result is still weak (a Python scalar)."""
    if all(a.weak for a in avals):
        return np.result_type(*(a.dtype for a in avals)), True
    return np.result_type(*(python_type(a.dtype)() if a.weak else a.dtype for a in avals)), False


def broadcast(*shapes) -> tuple:
    """NumPy's broadcasting of shapes with symbolic dimensions.

    Two sizes that come from data and can't be compared now are taken to be equal (the caller
    checks them when the code runs; see `unproved`).

    Raises:
        ShapeError: in NumPy's words, where two dimensions differ and neither is 1.
    """
    ndim = max((len(s) for s in shapes), default=0)
    out = []
    for axis in range(-ndim, 0):
        dims = [s[axis] for s in shapes if len(s) >= -axis]
        result = 1
        for dim in dims:
            if dim == 1:
                continue
            if result == 1:
                result = dim
            elif sizes.same(result, dim) is False:
                listed = " ".join(shape_text(s) for s in shapes)
                raise ShapeError(f"operands could not be broadcast together with shapes {listed}")
            elif isinstance(dim, int):
                result = dim
        out.append(result)
    return tuple(out)


def shape_text(shape) -> str:
    """A shape as NumPy prints it: `(3,2)`."""
    return f"({','.join(map(shown, shape))}{',' if len(shape) == 1 else ''})"


def shown(dim) -> str:
    """A size as NumPy would print it: its value at this call, or its name where it comes from data."""
    value = sizes.hint(dim)
    return str(dim) if value is None else str(value)
