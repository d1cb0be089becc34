"""Arrays on a device: what compiled programs take and give; immutable, and perhaps still being computed."""

from __future__ import annotations

import operator

import numpy as np

from broadax.runtime.errors import BackendError, ReadOnlyError, TypeMismatchError
from broadax.runtime.pjrt.operators import Operators


class DeviceArray(Operators):
    """An array on a device, as `jax.Array`: `np.asarray(x)` waits for it and copies it to the host.

    Attributes:
        type: dtype, shape, weakness and device, one object for all arrays of the same type.
        pointer: the buffer; None once it was deleted or given away.
        shared: None, or once other code was given its memory the buffer, which then lives as long as this
            object, and is not given to results.
        pending: checks of the programs that computed it which have not been looked at, or None.
    """

    __slots__ = ("type", "pointer", "pending", "shared", "_host", "__weakref__")
    __hash__ = None

    def __init__(self, pointer: int, type_, pending=None):
        self.pointer, self.type, self.pending, self._host = pointer, type_, pending, None
        self.shared = None

    def __del__(self):
        try:
            if self.pointer or self.shared:
                self.type.device.client.boundary.destroy(self.pointer or self.shared)
        except AttributeError:  # the interpreter ends
            pass

    # ── what it is ────────────────────────────────────────────────────────────────────────────────

    @property
    def dtype(self) -> np.dtype:
        return self.type.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return self.type.shape

    @property
    def ndim(self) -> int:
        return len(self.type.shape)

    @property
    def size(self) -> int:
        return self.type.size

    @property
    def nbytes(self) -> int:
        return self.type.nbytes

    @property
    def itemsize(self) -> int:
        return self.type.dtype.itemsize

    @property
    def weak_type(self) -> bool:
        """Does it promote as a Python number?"""
        return self.type.weak

    @property
    def device(self):
        return self.type.device

    def devices(self) -> set:
        return {self.type.device}

    def __len__(self) -> int:
        if not self.shape:
            raise TypeMismatchError("len() of unsized object")
        return self.shape[0]

    def __repr__(self) -> str:
        if self.pointer is None:
            return f"DeviceArray({self.type}, deleted)"
        body = np.array2string(np.asarray(self), separator=", ", prefix="DeviceArray(")
        return f"DeviceArray({body}, dtype={self.dtype}{', weak_type=True' if self.weak_type else ''})"

    # ── waiting, freeing ──────────────────────────────────────────────────────────────────────────

    def live(self) -> int:
        """The buffer.

        Raises:
            BackendError: it was deleted or donated.
        """
        if self.pointer is None:
            raise BackendError(
                f"the array {self.type} has been deleted or donated", instead="use the result in its place"
            )
        return self.pointer

    def block_until_ready(self) -> DeviceArray:
        """Wait until it is computed; gives the array.

        Raises:
            BackendError, OutOfMemoryError: what was to compute it has failed.
            Exception: a check of the program has failed (an index out of range, …).
        """
        boundary = self.type.device.client.boundary
        boundary.wait(boundary.ready_event(self.live()), self.type)
        if self.pending is not None:
            self.settle()
        return self

    def is_ready(self) -> bool:
        """Is it computed?"""
        return self.type.device.client.boundary.is_ready(self.live())

    def settle(self) -> None:
        """Look at what the programs that computed it have checked; raises the first that failed."""
        if self.pending is not None:
            self.pending.settle()
            self.pending = None

    def delete(self) -> None:
        """Free its memory; it can't be used afterwards."""
        pointer, self.pointer, self._host = self.pointer, None, None
        if pointer and not self.shared:
            self.type.device.client.boundary.destroy(pointer)

    def is_deleted(self) -> bool:
        return self.pointer is None

    # ── the host's view ───────────────────────────────────────────────────────────────────────────

    def host(self) -> np.ndarray:
        """The values as a read-only NumPy array, copied once.

        Raises:
            BackendError, OutOfMemoryError, Exception: as `block_until_ready`.
        """
        if self._host is None:
            pointer, out = self.live(), np.empty(self.type.shape, self.type.dtype)
            self.type.device.client.boundary.fetch(pointer, out.ctypes.data, self.type)
            self.settle()
            out.flags.writeable = False
            self._host = out
        return self._host

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        found = self.host()
        if dtype is not None and found.dtype != dtype:
            return found.astype(dtype)
        return found.copy() if copy else found

    def number(self):
        """An array without axes as NumPy's scalar or, where weak, Python's number."""
        value = self.host()[()]
        return value.item() if self.type.weak else value

    def item(self, *where):
        return self.host().item(*where)

    def astype(self, dtype) -> DeviceArray:
        """The array in another dtype; converted by the host."""
        return self.type.device.client.put(self.host().astype(dtype), self.type.device)

    def tolist(self):
        return self.host().tolist()

    def __float__(self) -> float:
        return float(self.host())

    def __int__(self) -> int:
        return int(self.host())

    def __complex__(self) -> complex:
        return complex(self.host())

    def __bool__(self) -> bool:
        return bool(self.host())

    def __index__(self) -> int:
        return operator.index(self.host()[()] if not self.shape else self.host())

    def __format__(self, spec: str) -> str:
        return format(self.host()[()] if not self.shape else self.host(), spec)

    def __reduce__(self):
        return _put_again, (np.array(self.host()), self.type.weak)

    def __iter__(self):
        return (self[k] for k in range(len(self)))

    def __getitem__(self, key) -> DeviceArray:
        """A part of it, on the same device; taken by the host."""
        return self.type.device.client.put(np.asarray(self.host()[key]), self.type.device)

    def __setitem__(self, key, value):
        raise ReadOnlyError(
            "an array on a device can't be written to", instead="write in a function that is compiled"
        )

    # ── sharing memory ────────────────────────────────────────────────────────────────────────────

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        """A capsule for `from_dlpack` of other libraries: the same memory, once it is computed.

        Raises:
            BufferError: the plugin does not show its memory, or a copy or another device is asked for.
        """
        if copy or dl_device is not None and tuple(dl_device) != self.__dlpack_device__():
            raise BufferError("only the memory itself can be shared")
        self.block_until_ready()
        self.shared = self.live()
        return self.type.device.client.export(self)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.type.device.dlpack


def _put_again(value: np.ndarray, weak: bool):
    from broadax.runtime.pjrt.clients import default_device

    device = default_device()
    return device.client.put(value, device, weak)
