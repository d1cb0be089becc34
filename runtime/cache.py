"""The disk cache: generated modules, by the hash of what they depend on, for the next process to find."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path


def folder(part: str = "") -> Path:
    """The cache's folder, made where it is missing, readable by this user only.

    `BROADAX_CACHE_DIR` overrides its place. A place that can't be written to, or that belongs to
    someone else, is replaced by a temporary folder of this process.
    """
    global _fallback
    root = os.environ.get("BROADAX_CACHE_DIR")
    if root is None:
        from platformdirs import user_cache_dir

        root = user_cache_dir("broadax")
    path = Path(root) / part
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and path.stat().st_uid != os.getuid() or not os.access(path, os.W_OK):
            raise PermissionError(path)
    except OSError:
        if _fallback is None:
            _fallback = tempfile.mkdtemp(prefix="broadax-")
        path = Path(_fallback) / part
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


_fallback: str | None = None


def fingerprint(text: str, *packages: str) -> str:
    """The hash of a text, the versions of packages, of Python, and of the kind of machine."""
    parts = [text, sys.version, platform.machine(), *(f"{p} {version(p)}" for p in packages)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def write(path: Path, text: str) -> None:
    """Put a text into a file in one step: a reader sees all of it or nothing."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load_module(part: str, text: str, names: dict | None = None, sources: tuple = (), machine: str = ""):
    """Import a generated module from the cache, where it is written if it is not there yet.

    Args:
        part: the folder inside the cache, `"numba"`.
        names: what else its globals contain.
        sources: files on whose contents the compiled code depends.
        machine: what else it depends on.
    """
    depends = machine + "".join(Path(source).read_text(encoding="utf-8") for source in sources)
    path = folder(part) / f"b{fingerprint(text + depends, 'numba', 'numpy', 'llvmlite')}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write(path, text)
    spec = importlib.util.spec_from_file_location(f"broadax_generated_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    module.__dict__.update(names or {})
    sys.modules[spec.name] = module  # Numba finds it by name when it loads machine code
    spec.loader.exec_module(module)
    return module
