"""The clients that are started in this process, and the device where arrays go by default."""

from __future__ import annotations

import atexit
import os
from contextlib import contextmanager
from contextvars import ContextVar

from broadax.runtime.errors import InvalidValueError
from broadax.runtime.pjrt import plugins
from broadax.runtime.pjrt.boundary import located
from broadax.runtime.pjrt.client import Client, Device, refuse_forked

_clients: dict = {}
_first: dict[None, Device] = {}  # the first device of the default plugin, once it is known
_default: ContextVar = ContextVar("device", default=None)


def client(name: str | None = None) -> Client:
    """The client of a plugin, by kind or path; without a name, of the default one. Started once in a process.

    Raises:
        BackendError: see `plugins.load`; or the plugin can't be started here.
    """
    plugin = plugins.load(name or plugins.default())
    found = _clients.get(plugin.path)
    if found is None:
        if not _clients:
            atexit.register(_close_all)
            os.register_at_fork(after_in_child=_fork_all)
        found = _clients[plugin.path] = Client(plugin)
    if found.boundary.closed:
        refuse_forked()
    return found


def default_device() -> Device:
    """The device that `using` chose, else the first one of the default plugin."""
    found = _default.get() or _first.get(None)
    if found is None:
        found = _first[None] = client().default
    return found


@contextmanager
def using(device: Device):
    """Arrays go to a device by default: `with broadax.default_device(d): …`.

    Raises:
        InvalidValueError: it is no device.
    """
    if not isinstance(device, Device):
        raise InvalidValueError(f"{device!r} is no device", instead='one of broadax.devices("pjrt")')
    token = _default.set(device)
    try:
        yield device
    finally:
        _default.reset(token)


def topology(name: str, plugin: str = "tpu"):
    """Devices that need not be here, such as `"v5e:2x2x1"`: `topology(name).compile(text)` gives bytes.

    Raises:
        BackendError: the plugin is not installed, or knows no such topology.
    """
    from pypjrt import Topology
    from pypjrt.errors import PjrtError

    loaded = plugins.load(plugin)
    try:
        loaded.initialize()
        return Topology.create(loaded, name)
    except PjrtError as error:
        raise located(error, f"describe {name}") from error


def _close_all() -> None:
    for one in _clients.values():
        one.close()


def _fork_all() -> None:
    for one in _clients.values():
        one.forked()
