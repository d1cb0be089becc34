"""SSA values with Python's operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from broadax.backends.pjrt.types import BOOL, tensor_type

if TYPE_CHECKING:
    from broadax.backends.pjrt.writer import Writer

COMPARED = {"i": "SIGNED", "u": "UNSIGNED", "b": "UNSIGNED"}


class Value:
    """One SSA value: a tensor of known dtype and shape. Operators want operands of one type, or numbers."""

    __slots__ = ("writer", "name", "dtype", "shape", "owner")

    def __init__(self, writer: Writer, dtype, shape=(), name: str = "", owner: int = 0):
        self.writer, self.dtype, self.shape = writer, np.dtype(dtype), tuple(shape)
        self.name, self.owner = name, owner

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def type(self) -> str:
        return tensor_type(self.dtype, self.shape)

    def _with(self, op: str, other, back: bool = False):
        other = other if isinstance(other, Value) else self.like(other)
        left, right = (other, self) if back else (self, other)
        return self.writer.same(op, left, right)

    def like(self, number) -> Value:
        """A number in this value's type."""
        return self.writer.const(number, self.dtype, self.shape)

    def __add__(self, other):
        return self._with("add", other)

    def __sub__(self, other):
        return self._with("subtract", other)

    def __mul__(self, other):
        return self._with("multiply", other)

    def __truediv__(self, other):
        return self._with("divide", other)

    def __radd__(self, other):
        return self._with("add", other, True)

    def __rsub__(self, other):
        return self._with("subtract", other, True)

    def __rmul__(self, other):
        return self._with("multiply", other, True)

    def __rtruediv__(self, other):
        return self._with("divide", other, True)

    def __and__(self, other):
        return self._with("and", other)

    def __or__(self, other):
        return self._with("or", other)

    def __xor__(self, other):
        return self._with("xor", other)

    def __neg__(self):
        return self.writer.same("negate", self)

    def __invert__(self):
        return self.writer.same("not", self)

    def compare(self, direction: str, other) -> Value:
        """`EQ`, `NE`, `LT`, `LE`, `GT` or `GE`, element by element."""
        other = other if isinstance(other, Value) else self.like(other)
        # Without the kind StableHLO's folder takes signed constants for unsigned ones.
        kind = COMPARED.get(self.dtype.kind, "FLOAT")
        return self.writer.op("compare", self, other, dtype=BOOL, before=f"{direction}, ", after=f", {kind}")

    def __lt__(self, other):
        return self.compare("LT", other)

    def __le__(self, other):
        return self.compare("LE", other)

    def __gt__(self, other):
        return self.compare("GT", other)

    def __ge__(self, other):
        return self.compare("GE", other)

    def equals(self, other) -> Value:
        return self.compare("EQ", other)

    def differs(self, other) -> Value:
        return self.compare("NE", other)

    def convert(self, dtype) -> Value:
        """The elements in another dtype, as StableHLO converts."""
        return self if self.dtype == np.dtype(dtype) else self.writer.op("convert", self, dtype=dtype)

    def reshape(self, *shape) -> Value:
        return self if self.shape == shape else self.writer.op("reshape", self, shape=shape)
