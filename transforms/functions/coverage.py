"""The list of what is covered."""

from __future__ import annotations

from broadax.transforms.functions import registry


def supported() -> list[str]:
    """Qualified names of every function, method and attribute that has a meaning, sorted."""
    names = {e.name for e in registry.entries() if e.kind != "refused"}
    return sorted(n for n in names if not n.startswith("broadax."))


def refused() -> list[str]:
    """Qualified names of the functions that are known but not supported, sorted."""
    return sorted({e.name for e in registry.entries() if e.kind == "refused"})
