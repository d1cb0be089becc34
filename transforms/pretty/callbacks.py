"""The Python functions that a generated module calls, and how it comes by them."""

from __future__ import annotations

import sys
from functools import reduce

from broadax.transforms.core.statements import Function, Op, statements
from broadax.transforms.primitives.callback import readable


def bound(function: Function) -> dict[str, object]:
    """Name in the generated text → what it must stand for."""
    found = {}
    for stmt in statements(function.body):
        if isinstance(stmt, Op) and stmt.prim.name in ("pure_callback", "callback_each"):
            target = stmt.params["call"]
            found[target.name] = target.function if readable(target) else target
    return found


def import_lines(called: dict[str, object]) -> list[str]:
    """Imports of what a module has under a name; of other functions, where they come from."""
    lines = []
    for name, value in called.items():
        module, title = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
        if _importable(module, title, value):
            lines.append(f"from {module} import {title}" + (f" as {name}" if name != title else ""))
        else:
            code = getattr(value, "__code__", None)
            place = f" ({code.co_filename.rpartition('/')[2]}:{code.co_firstlineno})" if code else ""
            lines.append(f"# {name}: {title or 'an object'}{place}, to be given by whoever runs this")
    return lines


def _importable(module, title: str, value) -> bool:
    if module is None or module == "__main__" or module not in sys.modules or not title.isidentifier():
        return False
    return reduce(lambda o, n: getattr(o, n, None), title.split("."), sys.modules[module]) is value
