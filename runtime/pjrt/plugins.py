"""Finds PJRT plugins, the shared libraries that drive devices, by name or path, and loads them."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from broadax.runtime.errors import BackendError

NAMES = ("tpu", "cuda", "cpu")  # in the order in which a default is looked for
INSTALL = {
    "cpu": "pip install 'broadax[pjrt]'",
    "tpu": "pip install 'broadax[tpu]'",
    "cuda": "pip install pypjrt 'jax-cuda12-plugin[with-cuda]'",
}
# Where the packages put their libraries: package, pattern.
_PLACES = {
    "cpu": (("xla_plugins", "*cpu*/*cpu*.so"), ("jax_plugins", "*cpu*/*.so")),
    "tpu": (("libtpu", "libtpu*.so"),),
    "cuda": (("jax_plugins", "xla_cuda*/xla_cuda_plugin.so"),),
}
_NO_TPU = {
    "TPU_SKIP_MDS_QUERY": "1",
    "TPU_ACCELERATOR_TYPE": "v5litepod-4",
    "TPU_WORKER_HOSTNAMES": "localhost",
    "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",
}
_GOOGLE = "0x1ae0"  # PCI vendor of TPUs


def why_not() -> str:
    """Why no plugin can be loaded here; empty if one can, as far as what is installed tells."""
    if importlib.util.find_spec("pypjrt") is None:
        return f"pypjrt is not installed ({INSTALL['cpu']})"
    if os.environ.get("BROADAX_PJRT_PLUGIN") or any(_installed(name) for name in NAMES):
        return ""
    return f"no PJRT plugin is installed ({INSTALL['cpu']}; for a TPU {INSTALL['tpu']})"


def default() -> str:
    """What BROADAX_PJRT_PLUGIN says, else the first kind whose plugin and hardware are here, else "cpu"."""
    chosen = os.environ.get("BROADAX_PJRT_PLUGIN")
    return chosen or next((n for n in NAMES if _installed(n) and not _missing_hardware(n)), "cpu")


def find(name: str) -> Path:
    """The plugin of a kind ("cpu", "tpu", "cuda") or at a path.

    Raises:
        BackendError: there is none.
    """
    if name in NAMES:
        found = _installed(name)
        if found is None:
            raise BackendError(f"no PJRT plugin for {name} is installed", instead=INSTALL[name])
        return found
    path = Path(name).expanduser()
    if not path.is_file():
        kinds = ", ".join(NAMES)
        what = f"there is no PJRT plugin at {name}" if os.sep in name else f"there is no PJRT plugin {name!r}"
        raise BackendError(what, instead=f"one of {kinds}, or the path of a plugin's shared library")
    return path


def load(name: str):
    """The loaded plugin (`pypjrt.Plugin`), one for each library in a process.

    Raises:
        BackendError: pypjrt or the plugin is not installed, or the file is no plugin that it can speak to.
    """
    if importlib.util.find_spec("pypjrt") is None:
        raise BackendError("the backend pjrt needs pypjrt, which is not installed", instead=INSTALL["cpu"])
    path = find(name).resolve()
    if path.name.startswith("libtpu") and _missing_hardware("tpu"):
        # Without them libtpu asks the network for minutes what machine this is, and serves one process only.
        for key, value in _NO_TPU.items():
            os.environ.setdefault(key, value)
    return _loaded(path)


@lru_cache
def _loaded(path: Path):
    from pypjrt import Plugin, _abi, errors

    try:
        return Plugin(path)
    except AttributeError as error:
        what = f"{path} is a shared library, but no PJRT plugin: it has no function GetPjrtApi"
        raise BackendError(what) from error
    except OSError as error:
        raise BackendError(f"{path} can't be loaded: {error}") from error
    except (_abi.IncompatiblePlugin, errors.PjrtError) as error:
        what = f"{path} is a PJRT plugin of another version: {error}"
        raise BackendError(what, instead="install versions of pypjrt and of the plugin that fit") from error


def check_hardware(plugin) -> None:
    """Refuse to start a TPU's plugin where there is none: libtpu would wait for one.

    Raises:
        BackendError: the machine has no such device.
    """
    reason = _missing_hardware("tpu") if plugin.platform_hint == "tpu" else ""
    if reason:
        raise BackendError(reason, instead='compile for one without having it: broadax.topology("v5e:2x2x1")')


def _missing_hardware(name: str) -> str:
    """Why a kind of device is surely not here; empty if it may be."""
    if name == "cuda" and not Path("/dev/nvidiactl").exists():
        return "this machine has no NVIDIA GPU"
    if name == "tpu" and not os.environ.get("TPU_NAME") and _GOOGLE not in set(_vendors()):
        return "this machine has no TPU"
    return ""


def _vendors() -> Iterator[str]:
    """The vendors of the devices on the PCI bus."""
    for file in Path("/sys/bus/pci/devices").glob("*/vendor"):
        try:
            yield file.read_text(encoding="ascii").strip()
        except OSError:
            continue


def _installed(name: str) -> Path | None:
    """Where the plugin of a kind is, or None."""
    for package, pattern in _PLACES[name]:
        spec = importlib.util.find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            for path in sorted(Path(folder).glob(pattern)):
                return path
    return None
