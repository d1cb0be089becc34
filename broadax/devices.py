"""Devices and arrays on them, as people name them; the names and meanings are JAX's."""

from __future__ import annotations

import operator

import numpy as np

from broadax.api import jit
from broadax.runtime.errors import InvalidValueError, TypeMismatchError
from broadax.runtime.pjrt import operators
from broadax.runtime.pjrt.array import DeviceArray
from broadax.runtime.pjrt.client import Device
from broadax.runtime.pjrt.clients import client, topology
from broadax.runtime.pjrt.clients import default_device as _default_device
from broadax.runtime.pjrt.clients import using as default_device
from broadax.runtime.trees import flatten, is_data, unflatten

__all__ = [
    "DeviceArray", "block_until_ready", "default_device", "device_count", "device_get", "device_put",
    "devices", "topology",
]  # fmt: skip


def devices(backend: str | None = None) -> list[Device]:
    """The devices of a plugin.

    Args:
        backend: "cpu", "tpu", "cuda" or the path of a plugin; "pjrt" or None for the default one, which
            the environment variable BROADAX_PJRT_PLUGIN names.

    Raises:
        BackendError: the plugin is not installed, or can't be started here.
    """
    return list(client(None if backend == "pjrt" else backend).devices)


def device_count(backend: str | None = None) -> int:
    """The number of devices of a plugin."""
    return len(devices(backend))


def device_put(x, device: Device | None = None):
    """A tree of arrays and numbers with each put on a device.

    Args:
        x: arrays on a device already stay where they are if no device is given.
        device: by default the first one of the default plugin (see `default_device`).

    Raises:
        TypeMismatchError: a leaf is no array and no number.
        OutOfMemoryError: it does not fit.
    """
    if device is not None and not isinstance(device, Device):
        raise InvalidValueError(f"{device!r} is no device", instead='one of broadax.devices("pjrt")')
    leaves, spec = flatten(x)
    return unflatten(spec, [_put(leaf, device) for leaf in leaves])


def _put(leaf, device: Device | None) -> DeviceArray:
    if isinstance(leaf, DeviceArray):
        return leaf if device is None else device.client.move(leaf, device)
    device = device or _default_device()
    if isinstance(leaf, (bool, int, float, complex)) and not isinstance(leaf, np.generic):
        return device.client.put(np.asarray(leaf), device, weak=True)
    if not isinstance(leaf, np.ndarray) and hasattr(leaf, "__dlpack__") and not is_data(leaf):
        leaf = np.from_dlpack(leaf)
    if not isinstance(leaf, (np.ndarray, np.generic)):
        raise TypeMismatchError(f"a {type(leaf).__name__} is not an array or a number")
    return device.client.put(np.asarray(leaf), device)


def device_get(x):
    """A tree with NumPy's arrays in place of those on devices."""
    leaves, spec = flatten(x)
    return unflatten(spec, [np.asarray(leaf) if isinstance(leaf, DeviceArray) else leaf for leaf in leaves])


def block_until_ready(x):
    """Wait until all arrays of a tree are computed; gives the tree.

    Raises:
        BroadaxError: what was to compute one has failed, or a check of the program has.
    """
    if type(x) is DeviceArray:
        return x.block_until_ready()
    for leaf in flatten(x)[0]:
        if isinstance(leaf, DeviceArray):
            leaf.block_until_ready()
    return x


_compiled: dict = {}


def _compute(name: str, *args, **kwargs):
    """An operator of Python or a function of NumPy, on the device of its arguments."""
    found = _compiled.get(name)
    if found is None:
        function = getattr(operator if name in operators.OPERATORS else np, name)
        found = _compiled[name] = jit(function, backend="pjrt")
    return found(*args, **kwargs)


operators.use(_compute)
