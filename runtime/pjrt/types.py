"""Types of arrays on devices, one object each: arrays are of the same type if it is the same object."""

from __future__ import annotations

import ctypes
from functools import cache, cached_property

import ml_dtypes
import numpy as np

from broadax.runtime.errors import TypeMismatchError

# PJRT_Buffer_Type of each dtype.
_NAMES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32",
    "float64", ml_dtypes.bfloat16, "complex64", "complex128",
)  # fmt: skip
CODES = {np.dtype(name): code for code, name in enumerate(_NAMES, start=1)}
DTYPES = {code: dtype for dtype, code in CODES.items()}


class ArrayType:
    """A dtype, a shape and a device; `weak` marks what promotes as a Python number does.

    Attributes:
        code: the dtype as PJRT numbers it.
        dims: the shape in C.
        uploads: argument structures of `Boundary.put` for arrays of this type.
    """

    def __init__(self, dtype: np.dtype, shape: tuple[int, ...], weak: bool, device):
        if dtype not in CODES:
            raise TypeMismatchError(f"arrays of dtype {dtype} can't be on a device")
        self.dtype, self.shape, self.weak, self.device = dtype, shape, weak, device
        self.code = CODES[dtype]
        self.dims = (ctypes.c_int64 * max(1, len(shape)))(*shape)
        self.uploads: list = []
        self.size = int(np.prod(shape, dtype=np.int64))
        self.nbytes = self.size * dtype.itemsize

    @cached_property
    def order(self):
        """The axes from the innermost to the outermost of an array in C order, in C."""
        return (ctypes.c_int64 * max(1, len(self.shape)))(*range(len(self.shape) - 1, -1, -1))

    def __repr__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


@cache
def array_type(dtype: np.dtype, shape: tuple[int, ...], weak: bool, device) -> ArrayType:
    """The type; the same object for the same arguments.

    Raises:
        TypeMismatchError: a dtype that devices do not have.
    """
    return ArrayType(dtype, shape, weak, device)
