"""Compiled programs: called with arrays on a device, they give arrays on it at once, computed or not."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable

from broadax.runtime.errors import BackendError, InvalidValueError
from broadax.runtime.pjrt.array import DeviceArray
from broadax.runtime.pjrt.boundary import Frame, raised
from broadax.runtime.pjrt.types import DTYPES, array_type


class Executable:
    """A compiled program.

    Attributes:
        avals: `(dtype, shape)` of each result.
        weak: for each result, whether it is a Python number to those who promote.
        donated: the arguments whose memory the results may take; they are deleted.
    """

    def __init__(self, client, handle, donated: tuple[int, ...] = ()):
        self.client, self.handle, self.donated = client, handle, donated
        self.avals = _results(client.plugin, handle)
        self.weak = (False,) * len(self.avals)
        self.types: dict = {}
        self.frames: dict[int, list[Frame]] = {}
        self.execute = client.plugin.fn("PJRT_LoadedExecutable_Execute")

    def __del__(self):
        try:
            if not self.client.boundary.closed:
                self.handle.close()
        except AttributeError:  # the interpreter ends
            pass

    def __call__(self, *args: DeviceArray) -> list[DeviceArray]:
        """The results, one array each.

        Raises:
            BackendError: an argument was deleted, or is on a device of another client.
            OutOfMemoryError: there is no room for the results (where that is known already).
        """
        device = args[0].type.device if args else self.client.default
        return [DeviceArray(p, t) for p, t in zip(self.run(args, device), self.result_types(device))]

    def run(self, args: tuple[DeviceArray, ...], device) -> tuple[int, ...]:
        """The results' buffers; the arguments are all on the device."""
        given = args
        if self.donated:
            args = self._own(args)
        free = self.frames.get(len(args))
        if free is None:
            free = self.frames[len(args)] = []
        try:
            frame = free.pop()
        except IndexError:
            frame = Frame(self.client.plugin, self.handle.address, len(args), len(self.avals))
        try:
            frame.pack(frame.inputs, 0, *[a.pointer for a in args])
        except struct.error:
            for a in args:
                a.live()
            raise
        frame.args.execute_device = device.pointer
        error = self.execute(frame.reference)
        if error:
            raise raised(self.client.plugin, error, "run a program")
        found = frame.unpack(frame.outputs)
        free.append(frame)
        for k in self.donated:
            given[k].delete()
            args[k].delete()
        return found

    def _own(self, args) -> list[DeviceArray]:
        """The arguments with copies of those to be donated whose memory other code sees, too."""
        move = self.client.boundary.copy
        return [
            DeviceArray(move(a.live(), a.type.device), a.type) if k in self.donated and a.shared else a
            for k, a in enumerate(args)
        ]

    def result_types(self, device) -> tuple:
        types = self.types.get(device)
        if types is None:
            types = tuple(array_type(*aval, weak, device) for aval, weak in zip(self.avals, self.weak))
            self.types[device] = types
        return types


class Pending:
    """Checks that programs made while they ran, to be looked at when a result is fetched.

    Attributes:
        flags: `(array, failure)`: an array whose first element is 0 or the number of the check that failed,
            and a function from its values to the exception.
    """

    __slots__ = ("flags",)

    def __init__(self, flags: list[tuple[DeviceArray, Callable]]):
        self.flags = flags

    def settle(self) -> None:
        """Wait for the flags; raises for the first check that failed."""
        for flag, failure in self.flags:
            if _failed(flag):
                raise failure(flag.host())
        self.flags = []

    def unsettled(self) -> list:
        """The flags that are not computed yet, or tell of a failure."""
        self.flags = [pair for pair in self.flags if not pair[0].is_ready() or _failed(pair[0])]
        return self.flags


def _failed(flag: DeviceArray) -> bool:
    return flag.type.device.client.boundary.first(flag.live(), flag.type) != 0


def joined(own: tuple | None, args) -> Pending | None:
    """What the results of a program owe: its own flag, and what its arguments still owe."""
    owed = {id(a.pending): a.pending for a in args if a.pending is not None} if args else None
    if not owed:
        return None if own is None else Pending([own])
    flags = {id(flag): (flag, errors) for p in owed.values() for flag, errors in p.unsettled()}
    return Pending([*flags.values(), *((own,) if own else ())]) if flags or own else None


def _results(plugin, handle) -> tuple:
    """`(dtype, shape)` of each result of a loaded executable.

    Raises:
        BackendError: a result is of a type that NumPy does not have.
    """
    codes = handle.output_types()
    unknown = [c for c in codes if c not in DTYPES]
    if unknown:
        raise BackendError(f"a program gives an array of PJRT's type {unknown[0]}, which NumPy does not have")
    args = plugin.args("PJRT_Executable_OutputDimensions_Args", executable=handle._executable())
    plugin.call("PJRT_Executable_OutputDimensions", args)
    ranks = ctypes.cast(args.dim_sizes, ctypes.POINTER(ctypes.c_size_t))
    dims = ctypes.cast(args.dims, ctypes.POINTER(ctypes.c_int64))
    shapes, at = [], 0
    for k in range(len(codes)):
        shapes.append(tuple(dims[at + i] for i in range(ranks[k])))
        at += ranks[k]
    return tuple((DTYPES[code], shape) for code, shape in zip(codes, shapes))


def device_of(args):
    """The device on which a call is made, that of its arrays; None where none is on a device.

    Raises:
        InvalidValueError: there are several.
    """
    found = {a.type.device: None for a in args if type(a) is DeviceArray}
    if len(found) > 1:
        names = " and ".join(map(str, found))
        raise InvalidValueError(
            f"the arguments are on several devices: {names}", instead="broadax.device_put(x, device)"
        )
    return next(iter(found), None)
