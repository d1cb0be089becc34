"""The disk cache of compiled programs: one file each, with the sum of its contents, written in one step."""

from __future__ import annotations

import hashlib
import platform
from functools import lru_cache
from pathlib import Path

from broadax.runtime import cache

PART = "pjrt"
_SUM = 32  # bytes of the SHA-256 in front


def machine(client) -> str:
    """What, besides its text, a compiled program rests on: plugin, devices, this machine's processor."""
    file = client.plugin.path.stat()
    kinds = sorted({d.kind for d in client.devices})
    parts = (client.platform, *kinds, client.plugin.api_version, client.plugin.xla_version)
    return repr((*parts, client.plugin.path.name, file.st_size, file.st_mtime_ns, _processor()))


def path_of(text: str, options: bytes, key: str) -> Path:
    """Where a program is kept."""
    found = hashlib.sha256("\0".join((text, options.hex(), key)).encode()).hexdigest()[:32]
    return cache.folder(PART) / f"b{found}.pjrt"


def load(client, path: Path):
    """The program as pypjrt's executable; None where there is none that is whole and fits the plugin."""
    from pypjrt.errors import PjrtError

    try:
        data = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data[_SUM:]).digest() == data[:_SUM]:
        try:
            return client.started.deserialize_executable(data[_SUM:])
        except PjrtError:
            pass
    path.unlink(missing_ok=True)
    return None


def store(handle, path: Path) -> None:
    """Keep a compiled program, where the plugin can serialise it and the disk takes it."""
    from pypjrt.errors import PjrtError

    try:
        data = handle.serialize()
        cache.write(path, hashlib.sha256(data).digest() + data)
    except (PjrtError, OSError):
        return


@lru_cache
def _processor() -> str:
    """What machine code may use of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith(("flags", "Features")))
    except (OSError, StopIteration):
        return platform.processor()
