"""Clients: a plugin that has been started, its devices, and what is put on or compiled for them."""

from __future__ import annotations

import weakref

import numpy as np

from broadax.runtime.errors import BackendError
from broadax.runtime.pjrt import disk, plugins
from broadax.runtime.pjrt.array import DeviceArray
from broadax.runtime.pjrt.boundary import Boundary, Call, address_of, located
from broadax.runtime.pjrt.executable import Executable
from broadax.runtime.pjrt.types import array_type


class Device:
    """A device: `cpu:0`.

    Attributes:
        platform: "cpu", "tpu", …
        kind: what the plugin calls such devices.
        dlpack: device type and number, as DLPack has them.
    """

    def __init__(self, client: Client, handle, number: int):
        self.client, self.pointer, self.number = client, handle.address, number
        self.id, self.kind = handle.id, handle.kind
        self.dlpack = (1, 0) if self.platform == "cpu" else (2, number)

    @property
    def platform(self) -> str:
        return self.client.platform

    device_kind = property(lambda self: self.kind)

    def memory_stats(self) -> dict[str, int] | None:
        """Bytes in use, and what else the plugin tells; None where it tells nothing."""
        from pypjrt import Device as Handle
        from pypjrt.errors import PjrtError

        try:
            return Handle(self.client.plugin, self.pointer).memory_stats()
        except PjrtError:
            return None

    def __repr__(self) -> str:
        return f"{self.platform}:{self.id}"


class Client:
    """A started plugin.

    Attributes:
        devices: its devices; the first one is where arrays go by default.
        compiled: how many programs were compiled, and not found in the disk cache.
    """

    def __init__(self, plugin):
        from pypjrt import Client as Started
        from pypjrt.client import Device as Handle

        plugins.check_hardware(plugin)
        self.plugin = plugin
        try:
            self.started = Started.create(plugin)
        except Exception as error:
            raise located(error, f"start ({plugin.path.name})") from error
        self.platform = self.started.platform_name
        self.boundary = Boundary(plugin, self.started.address)
        handles = [Handle(plugin, pointer) for pointer in self.started._addressable()]
        self.devices = [Device(self, handle, k) for k, handle in enumerate(handles)]
        if not self.devices:
            raise BackendError(f"{plugin.path.name} finds no device on this machine")
        self.compiled = 0
        self.programs: weakref.WeakSet = weakref.WeakSet()
        self.key = disk.machine(self)

    @property
    def default(self) -> Device:
        return self.devices[0]

    # ── arrays ────────────────────────────────────────────────────────────────────────────────────

    def put(self, value: np.ndarray, device: Device | None = None, weak: bool = False) -> DeviceArray:
        """A copy of a host array on a device.

        Raises:
            TypeMismatchError: a dtype that devices do not have.
            OutOfMemoryError: it does not fit.
        """
        if not value.flags.c_contiguous:
            value = np.array(value, order="C")
        type_ = array_type(value.dtype, value.shape, weak, device or self.default)
        return DeviceArray(self.boundary.put(address_of(value), type_), type_)

    def move(self, array: DeviceArray, device: Device) -> DeviceArray:
        """The array on another device; the same object where it is there already."""
        if array.type.device is device:
            return array
        if array.type.device.client is not self:
            return self.put(array.host(), device, array.type.weak)
        type_ = array_type(array.dtype, array.shape, array.type.weak, device)
        return DeviceArray(self.boundary.copy(array.live(), device), type_, array.pending)

    def export(self, array: DeviceArray):
        """A DLPack capsule of an array's memory, which keeps the array.

        Raises:
            BufferError: the plugin does not show its memory, or DLPack has no such dtype.
        """
        from pypjrt import dlpack
        from pypjrt.client import Buffer
        from pypjrt.errors import PjrtError

        class Lent(Buffer):
            """The array's buffer, which the array frees."""

            def close(self):
                self.array = None

            def __del__(self):
                self.array = None

        buffer = Lent(self.plugin, array.live())
        buffer.array = array
        try:
            return dlpack.buffer_to_dlpack(buffer)
        except PjrtError as error:
            raise BufferError(str(error)) from error

    # ── programs ──────────────────────────────────────────────────────────────────────────────────

    def compile(self, text: str, donated: tuple[int, ...] = ()) -> Executable:
        """Compile StableHLO, or take it from the disk cache.

        Raises:
            BackendError: the text is wrong, or the plugin does not do what it asks for.
        """
        from pypjrt import CompileOptions
        from pypjrt.errors import PjrtError

        options = CompileOptions(compile_portable_executable=True)
        path = disk.path_of(text, options.encode(self.plugin.abi), self.key)
        handle = disk.load(self, path)
        if handle is None:
            try:
                handle = self.started.compile(text, options=options)
            except PjrtError as error:
                raise located(error, "compile a program") from error
            self.compiled += 1
            disk.store(handle, path)
        made = Executable(self, handle, donated)
        self.programs.add(made)
        return made

    def forked(self) -> None:
        """Have every call raise: the plugin's threads are not in a process that was forked."""
        self.boundary.closed = True
        for call in vars(self.boundary).values():
            if isinstance(call, Call):
                call.function = refuse_forked
        for program in self.programs:
            program.execute = refuse_forked

    def close(self) -> None:
        """Free everything; arrays that are left can't be used any more."""
        if self.boundary.closed:
            return
        from pypjrt.client import State
        from pypjrt.dlpack import live_exports

        self.boundary.closed = True
        if live_exports():  # what was exported refers to the client to the very end
            self.started._state = State.CLOSED
        else:
            self.started.close()

    def __repr__(self) -> str:
        return f"Client({self.platform}, {len(self.devices)} devices)"


def refuse_forked(*args):
    raise BackendError(
        "devices were used before this process was forked, and can't be used in it",
        instead='multiprocessing.get_context("spawn"), or use devices in the new processes only',
    )
