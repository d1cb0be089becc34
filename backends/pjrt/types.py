"""MLIR's names of types, and literals, for the dtypes and shapes of Core."""

from __future__ import annotations

import math

import numpy as np

from broadax.runtime.errors import BackendError

ELEMENTS = {
    "bool": "i1",
    "float16": "f16",
    "bfloat16": "bf16",
    "float32": "f32",
    "float64": "f64",
    "complex64": "complex<f32>",
    "complex128": "complex<f64>",
    **{f"int{bits}": f"i{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"ui{bits}" for bits in (8, 16, 32, 64)},
}
BOOL, INT, NUMBER = np.dtype(bool), np.dtype(np.int64), np.dtype(np.int32)


def element_type(dtype) -> str:
    """`f64`, `i1`, `complex<f32>`.

    Raises:
        BackendError: StableHLO has no such type.
    """
    name = np.dtype(dtype).name
    if name not in ELEMENTS:
        raise BackendError(f"the PJRT backend has no {name}", instead="float32 or float64")
    return ELEMENTS[name]


def tensor_type(dtype, shape=()) -> str:
    """`tensor<4x3xf64>`, `tensor<i64>`."""
    return f"tensor<{''.join(f'{d}x' for d in shape)}{element_type(dtype)}>"


def is_float(dtype) -> bool:
    """Is it a real floating type, ml_dtypes' included?"""
    return np.dtype(dtype).kind == "f" or np.dtype(dtype).name == "bfloat16"


def real_of(dtype) -> np.dtype:
    """The dtype of the parts of complex numbers; a real dtype as it is."""
    dtype = np.dtype(dtype)
    return np.empty(0, dtype).real.dtype if dtype.kind == "c" else dtype


def bits_of(dtype) -> np.dtype:
    """The signed integers as wide as a real dtype."""
    return np.dtype(f"int{np.dtype(dtype).itemsize * 8}")


def literal(value, dtype) -> str:
    """A number inside `dense<…>`: `2.0`, `-1`, `true`, `(1.0, 0.0)`, the bits of what has no digits."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return "true" if value else "false"
    if dtype.kind == "c":
        part = real_of(dtype)
        value = dtype.type(value)
        return f"({literal(value.real, part)}, {literal(value.imag, part)})"
    if not is_float(dtype):
        return str(int(dtype.type(value)))
    number = dtype.type(value)
    if not math.isfinite(number):
        bits = np.array(number).view(f"uint{dtype.itemsize * 8}")
        return f"0x{int(bits):0{dtype.itemsize * 2}X}"
    text = repr(float(number)) if dtype.itemsize != 4 else str(number)
    mantissa, _, exponent = text.partition("e")
    mantissa = mantissa if "." in mantissa else mantissa + ".0"
    return mantissa + (f"e{exponent}" if exponent else "")
