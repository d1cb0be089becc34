"""The disk cache: generated modules, by the hash of what they depend on, for the next process to find."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

PARTS = ("numba", "pjrt")
MODULES = (".py", ".pjrt")  # files that stand for one compiled function each


def folder(part: str = "") -> Path:
    """The cache's folder, made where it is missing, readable by this user only.

    `BROADAX_CACHE_DIR` overrides its place. A place that can't be written to, or that someone else owns or
    can write to, is replaced by a temporary folder of this process.
    """
    global _fallback
    path = root() / part
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(path):
            raise PermissionError(path)
    except OSError:
        if _fallback is None:
            _fallback = tempfile.mkdtemp(prefix="broadax-")
        path = Path(_fallback) / part
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


_fallback: str | None = None


def _is_ours(path: Path) -> bool:
    """Can this user write to a folder, and nobody else? What is loaded from it is run."""
    facts = path.stat()
    private = not hasattr(os, "getuid") or facts.st_uid == os.getuid() and not facts.st_mode & 0o022
    return private and os.access(path, os.W_OK)


def root() -> Path:
    """Where the cache is, made or not."""
    chosen = os.environ.get("BROADAX_CACHE_DIR")
    if chosen is None:
        from platformdirs import user_cache_dir

        chosen = user_cache_dir("broadax")
    return Path(chosen)


def contents() -> list[Path]:
    """The files of the cache: generated modules and their machine code."""
    return [p for part in PARTS for p in (root() / part).rglob("b*") if p.is_file()]


def clear() -> tuple[int, int]:
    """Remove them; gives how many functions and bytes there were. What a process has loaded, it keeps."""
    modules = size = 0
    for path in contents():
        try:
            size += path.stat().st_size
            path.unlink()
        except FileNotFoundError:  # another process was faster
            continue
        modules += path.suffix in MODULES
    return modules, size


@lru_cache
def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)


@lru_cache
def _text(path: Path) -> str:
    """A file of ours, as it was when this process read it first."""
    return path.read_text(encoding="utf-8")


def fingerprint(text: str, *packages: str) -> str:
    """The hash of a text, the versions of packages, of Python, and of the kind of machine."""
    parts = [text, sys.version, platform.machine(), *(f"{p} {_version(p)}" for p in packages)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def write(path: Path, content: str | bytes) -> None:
    """Put a text or bytes into a file in one step: a reader sees all of it or nothing."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
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
    depends = machine + "".join(map(_text, sources))
    path = folder(part) / f"b{fingerprint(text + depends, 'numba', 'numpy', 'llvmlite')}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write(path, text)
    known = _sums_hold(path)
    if not known:
        _forget(path)
    spec = importlib.util.spec_from_file_location(f"broadax_generated_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    module.__dict__.update(names or {})
    sys.modules[spec.name] = module  # Numba finds it by name when it loads machine code
    spec.loader.exec_module(module)
    if not known:
        write(path.with_suffix(".sums"), "".join(f"{_sum(p)} {p.name}\n" for p in _machine_code(path)))
    return module


# ── machine code ──────────────────────────────────────────────────────────────────────────────────


def _machine_code(path: Path) -> list[Path]:
    """The files in which Numba keeps a module's machine code and its index."""
    folder = path.parent / "__pycache__"
    if not folder.is_dir():
        return []
    names = (entry.name for entry in os.scandir(folder))
    return sorted(folder / n for n in names if n.startswith(f"{path.stem}.") and n.endswith((".nbc", ".nbi")))


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sums_hold(path: Path) -> bool:
    """Is a module's machine code what was written? Damaged code would crash, not raise."""
    try:
        lines = path.with_suffix(".sums").read_text(encoding="utf-8").splitlines()
        pairs = [line.split(" ", 1) for line in lines]
        return bool(pairs) and all(_sum(path.parent / "__pycache__" / name) == found for found, name in pairs)
    except (OSError, ValueError):
        return False


def _forget(path: Path) -> None:
    """Remove a module's machine code: it is compiled again."""
    for file in (path.with_suffix(".sums"), *_machine_code(path)):
        file.unlink(missing_ok=True)
