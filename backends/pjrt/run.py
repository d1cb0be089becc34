"""From a Core function to one that runs on devices: StableHLO, compiled by the plugin where it is called."""

from __future__ import annotations

import numpy as np

from broadax.backends.pjrt.donation import with_donated
from broadax.backends.pjrt.emit import module_text
from broadax.runtime.errors import BackendError
from broadax.runtime.pjrt.array import DeviceArray
from broadax.runtime.pjrt.clients import default_device
from broadax.runtime.pjrt.executable import Executable, device_of, joined
from broadax.transforms.core.statements import Function


class Compiled:
    """A function of flat inputs: arrays on a device, NumPy's arrays and scalars, Python's numbers.

    Attributes:
        text: its StableHLO.
        executables: the compiled program of each client on which it was called.
        kept: the last number that each scalar input was, and the array it was put into.
        last: of the last call the device, what runs its program, and the types of its results.
    """

    def __init__(self, function: Function, donated: tuple[int, ...] = ()):
        emitted = module_text(function, function.name)
        self.text = with_donated(emitted.text, function, donated)
        self.failure = emitted.failure if emitted.checks else None
        self.donated, self.name = donated, function.name
        self.dtypes = tuple(p.dtype for p in function.params)
        self.weak = tuple(a.aval.weak for a in function.body.results)
        self.executables: dict = {}
        self.kept: dict = {}
        self.last: tuple = (None, None, ())

    def __call__(self, *args) -> tuple[DeviceArray, ...]:
        """The results, perhaps still being computed.

        Raises:
            InvalidValueError: the arguments are on several devices.
            BackendError: an argument was donated; the plugin can't compile the program.
            OutOfMemoryError: the device has no room.
        """
        for a in args:
            if type(a) is not DeviceArray:
                args = self.placed(args)
                break
        device, run, types = self.last
        for a in args:
            if a.type.device is not device or a.pending is not None:
                return self.general(args)
        if device is None or not args:
            return self.general(args)
        found = run(args, device)
        if self.failure is None:
            return tuple(map(DeviceArray, found, types))
        return self.owing(found, types, ())

    def general(self, args) -> tuple[DeviceArray, ...]:
        """A first call, or one on another device, or with arrays that owe checks."""
        device = device_of(args) or default_device()
        executable = self.executables.get(device.client) or self.compiled(device.client)
        types = executable.result_types(device)
        self.last = device, executable.run, types
        return self.owing(executable.run(args, device), types, args)

    def owing(self, found, types, args) -> tuple[DeviceArray, ...]:
        """The results, which owe the checks of the program and of its arguments."""
        own = None
        if self.failure is not None:
            *found, flag = found
            own = DeviceArray(flag, types[-1]), self.failure
        pending = joined(own, args)
        if pending is not None and not found:
            pending.settle()  # nothing will be fetched
        return tuple([DeviceArray(p, t, pending) for p, t in zip(found, types)])

    def compiled(self, client) -> Executable:
        """The program for a client."""
        try:
            made = client.compile(self.text, self.donated)
        except BackendError as error:
            raise error.during(f"while compiling {self.name}") from error.__cause__
        made.weak = self.weak + (False,) * (len(made.avals) - len(self.weak))
        self.executables[client] = made
        return made

    def placed(self, args) -> list[DeviceArray]:
        """The inputs with those of the host put on the device of the others, or on the default one."""
        device = device_of(args) or default_device()
        return [a if type(a) is DeviceArray else self.put(k, a, device) for k, a in enumerate(args)]

    def put(self, number: int, value, device) -> DeviceArray:
        """A host value on the device; the same number is put there once."""
        if isinstance(value, np.ndarray):
            return device.client.put(value, device)
        last = self.kept.get(number)
        if last is not None and last[0] is value and last[1].type.device is device:
            return last[1]
        made = device.client.put(np.asarray(value, self.dtypes[number]), device)
        if number not in self.donated:
            self.kept[number] = value, made
        return made
