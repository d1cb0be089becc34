"""`broadax cache info | clear`: what the disk cache holds."""

from __future__ import annotations

from broadax.runtime import cache


def info() -> int:
    """Print where the cache is, and how much it holds."""
    files = cache.contents()
    size = sum(file.stat().st_size for file in files)
    print(f"{cache.root()}")
    print(f"{_counted(sum(file.suffix == '.py' for file in files))}, {_megabytes(size)}")
    return 0


def clear() -> int:
    """Empty the cache, and print how much it held."""
    modules, size = cache.clear()
    print(f"removed {_counted(modules)}, {_megabytes(size)}")
    return 0


def _counted(modules: int) -> str:
    return f"{modules} compiled function{'' if modules == 1 else 's'}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
