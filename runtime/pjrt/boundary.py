"""Calls of PJRT's C API that happen in every step of a program: their argument structures are made once.

`pypjrt` finds the functions and the layouts of structures, and makes the calls that happen once. Its own way
of running a program waits for the results and takes some 200 µs; this takes a few.
"""

from __future__ import annotations

import ctypes
import struct

from broadax.runtime.errors import BackendError, OutOfMemoryError


def raised(plugin, error: int, doing: str) -> BackendError:
    """The exception for a `PJRT_Error`, which is freed."""
    return located(plugin._to_exception(error), doing)


def located(error, doing: str) -> BackendError:
    """Our exception for one of pypjrt's."""
    from pypjrt import errors

    text = str(error).partition("\n")[0] if not isinstance(error, errors.PjrtError) else error.message
    if isinstance(error, errors.ResourceExhausted):
        what = f"the device has not enough memory to {doing}: {text}"
        return OutOfMemoryError(what, instead="free arrays that are no longer needed (`x.delete()`, `del x`)")
    return BackendError(f"the device failed to {doing}: {text}")


class Call:
    """A C function with argument structures that are used again.

    A structure is taken from `free` for the time of a call, since other threads run meanwhile.
    """

    def __init__(self, plugin, name: str):
        self.plugin, self.name = plugin, name
        self.function = plugin.fn(name)
        self.free: list = []

    def take(self):
        """An argument structure and a reference to it; put it back into `free` after use."""
        try:
            return self.free.pop()
        except IndexError:
            return self.make()

    def make(self):
        made = self.plugin.args(f"{self.name}_Args")
        return made, ctypes.byref(made)


def address_of(x) -> int:
    """The address of a NumPy array in C order."""
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(x))  # a quarter of the time of the other
    except (TypeError, ValueError):  # read-only, empty, or of a dtype that the buffer protocol does not have
        return x.ctypes.data


class Boundary:
    """The calls of one plugin that arrays make."""

    def __init__(self, plugin, client: int):
        self.plugin, self.client = plugin, client
        self.closed = False
        for name in (
            "Buffer_Destroy", "Buffer_ReadyEvent", "Buffer_ToHostBuffer", "Buffer_CopyToDevice",
            "Buffer_OpaqueDeviceMemoryDataPointer", "Event_Await", "Event_IsReady", "Event_Destroy",
            "Client_BufferFromHostBuffer",
        ):  # fmt: skip
            setattr(self, name.lower(), Call(plugin, f"PJRT_{name}"))

    # ── arrays ────────────────────────────────────────────────────────────────────────────────────

    def put(self, address: int, type_) -> int:
        """A buffer with a copy of host memory in C order; the copy is made before this returns.

        Raises:
            OutOfMemoryError, BackendError: the device can't take it.
        """
        call = self.client_bufferfromhostbuffer
        try:
            taken = type_.uploads.pop()
        except IndexError:
            taken = call.make()
            args = taken[0]
            args.client, args.type, args.device = self.client, type_.code, type_.device.pointer
            args.dims, args.num_dims = ctypes.addressof(type_.dims), len(type_.shape)
            args.host_buffer_semantics = self.plugin.abi.PJRT_HostBufferSemantics_kImmutableOnlyDuringCall
        args = taken[0]
        args.data = address
        error = call.function(taken[1])
        if error:
            raise raised(self.plugin, error, f"hold an array {type_}")
        event, buffer = args.done_with_host_buffer, args.buffer
        type_.uploads.append(taken)
        if event:
            self.destroy_event(event)
        return buffer

    def fetch(self, buffer: int, address: int, type_) -> None:
        """Copy a buffer to host memory in C order, once it is computed.

        Raises:
            BackendError: what was to compute it has failed.
        """
        if type_.device.platform == "cpu":
            # The plugin's own copy is made by another thread, to which changing over takes ten times as long.
            self.wait(self.ready_event(buffer), type_)
            ctypes.memmove(address, self.memory(buffer), type_.nbytes)
            return
        abi = self.plugin.abi
        layout = abi.PJRT_Buffer_MemoryLayout(struct_size=abi.PJRT_Buffer_MemoryLayout_STRUCT_SIZE)
        layout.type = abi.PJRT_Buffer_MemoryLayout_Type_Tiled
        layout.tiled.struct_size = abi.PJRT_Buffer_MemoryLayout_Tiled_STRUCT_SIZE
        layout.tiled.minor_to_major = ctypes.addressof(type_.order)
        layout.tiled.minor_to_major_size = len(type_.shape)
        taken = self.buffer_tohostbuffer.take()
        args, reference = taken
        args.src, args.dst, args.dst_size = buffer, address, type_.nbytes
        args.host_layout = ctypes.addressof(layout)
        error = self.buffer_tohostbuffer.function(reference)
        if error:
            raise raised(self.plugin, error, f"give an array {type_}")
        event = args.event
        self.buffer_tohostbuffer.free.append(taken)
        if event:
            self.wait(event, type_)

    def first(self, buffer: int, type_) -> int:
        """The first of a buffer's 64-bit integers, once it is computed.

        Raises:
            BackendError: what was to compute it has failed.
        """
        if type_.device.platform == "cpu":
            self.wait(self.ready_event(buffer), type_)
            return ctypes.c_int64.from_address(self.memory(buffer)).value
        out = (ctypes.c_int64 * type_.size)()
        self.fetch(buffer, ctypes.addressof(out), type_)
        return out[0]

    def memory(self, buffer: int) -> int:
        """The address of a computed buffer."""
        taken = self.buffer_opaquedevicememorydatapointer.take()
        taken[0].buffer = buffer
        error = self.buffer_opaquedevicememorydatapointer.function(taken[1])
        if error:
            raise raised(self.plugin, error, "show an array's memory")
        address = taken[0].device_memory_ptr
        self.buffer_opaquedevicememorydatapointer.free.append(taken)
        return address or 0

    def copy(self, buffer: int, device) -> int:
        """A copy of a buffer on another device of the same client."""
        taken = self.buffer_copytodevice.take()
        args, reference = taken
        args.buffer, args.dst_device = buffer, device.pointer
        error = self.buffer_copytodevice.function(reference)
        if error:
            raise raised(self.plugin, error, f"copy an array to {device}")
        made = args.dst_buffer
        self.buffer_copytodevice.free.append(taken)
        return made

    def destroy(self, buffer: int) -> None:
        """Free a buffer once what still computes with it is done."""
        if self.closed:
            return
        taken = self.buffer_destroy.take()
        taken[0].buffer = buffer
        self.buffer_destroy.function(taken[1])
        self.buffer_destroy.free.append(taken)

    # ── events ────────────────────────────────────────────────────────────────────────────────────

    def ready_event(self, buffer: int) -> int:
        taken = self.buffer_readyevent.take()
        taken[0].buffer = buffer
        error = self.buffer_readyevent.function(taken[1])
        if error:
            raise raised(self.plugin, error, "say whether an array is computed")
        event = taken[0].event
        self.buffer_readyevent.free.append(taken)
        return event

    def is_ready(self, buffer: int) -> bool:
        """Is a buffer computed (or has that failed)?"""
        event = self.ready_event(buffer)
        ready = self._happened(event)
        self.destroy_event(event)
        return ready

    def _happened(self, event: int) -> bool:
        taken = self.event_isready.take()
        taken[0].event = event
        error = self.event_isready.function(taken[1])
        ready = bool(taken[0].is_ready)
        self.event_isready.free.append(taken)
        if error:
            raise raised(self.plugin, error, "say whether an array is computed")
        return ready

    def wait(self, event: int, type_) -> None:
        """Wait until an array of a type is computed, and free the event that says so.

        Raises:
            BackendError, OutOfMemoryError: that has failed.
        """
        taken = self.event_await.take()
        taken[0].event = event
        error = self.event_await.function(taken[1])
        self.event_await.free.append(taken)
        self.destroy_event(event)
        if error:
            raise raised(self.plugin, error, f"compute an array {type_}")

    def destroy_event(self, event: int) -> None:
        taken = self.event_destroy.take()
        taken[0].event = event
        self.event_destroy.function(taken[1])
        self.event_destroy.free.append(taken)


class Frame:
    """The arguments of one execution: where the buffers that go in and come out are listed."""

    def __init__(self, plugin, executable: int, inputs: int, outputs: int):
        self.inputs = (ctypes.c_void_p * max(1, inputs))()
        self.outputs = (ctypes.c_void_p * max(1, outputs))()
        self.lists = (ctypes.c_void_p * 2)(ctypes.addressof(self.inputs), ctypes.addressof(self.outputs))
        self.options = plugin.args("PJRT_ExecuteOptions")
        self.args = plugin.args(
            "PJRT_LoadedExecutable_Execute_Args",
            executable=executable,
            options=ctypes.addressof(self.options),
            argument_lists=ctypes.addressof(self.lists),
            num_devices=1,
            num_args=inputs,
            output_lists=ctypes.addressof(self.lists) + ctypes.sizeof(ctypes.c_void_p),
        )
        self.reference = ctypes.byref(self.args)
        self.pack = struct.Struct(f"{inputs}P").pack_into
        self.unpack = struct.Struct(f"{outputs}P").unpack_from
