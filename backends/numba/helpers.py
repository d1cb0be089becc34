"""The helper functions that generated code calls: as `fast.name`, or by their text in a standalone module."""

from __future__ import annotations

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path

HELPERS = frozenset(
    {
        "take",
        "plus",
        "times",
        "maximum",
        "minimum",
        "divide",
        "floor_divide",
        "remainder",
        "int_power",
        "int_fmod",
        "remainder_float",
        "digamma",
        "trigamma",
        "float_keys",
        "int_keys",
        "order_by",
        "reordered",
        "fourier",
        "domain",
        "in_range",
        "in_power",
        "whole",
        "shift_count",
    }
)
INTRINSICS = frozenset({"plus", "times", "maximum", "minimum"})
EXTENSION_IMPORTS = frozenset({"maximum", "minimum"})  # those that write LLVM types


@cache
def _texts() -> dict[str, str]:
    """Name → source of each function of `runtime.kernel_sources`, read without importing it."""
    text = Path(find_spec("broadax.runtime.kernel_sources").origin).read_text(encoding="utf-8")
    lines = text.splitlines()
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = "\n".join(lines[node.decorator_list[0].lineno - 1 : node.end_lineno])
    return found


def helper_texts(used) -> list[str]:
    """The texts of these helpers, in the order of their file."""
    return [text for name, text in _texts().items() if name in used]
