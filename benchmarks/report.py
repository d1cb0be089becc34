"""benchmarks/RESULTS.md: a section for each suite, replaced when the suite is run again."""

from __future__ import annotations

import datetime
import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PATH = Path(__file__).parent / "RESULTS.md"
HEAD = """# Benchmarks

Each section is what `python -m benchmarks SUITE` wrote; times are the least of calls by turns.
"""
PACKAGES = ("numpy", "numba", "jax", "torch", "autograd")
NOTHING = "–"  # the cell of a contender that does not take part


def conditions(command: str) -> str:
    """Under which circumstances the times were taken."""
    return (
        f"`{command}`, {datetime.date.today()}, {_processor()}, {os.cpu_count()} cores, one used, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, {', '.join(_versions())}"
    )


def _versions():
    for package in PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            continue


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        return re.search(r"model name\s*: (.*)", text)[1]
    except (OSError, TypeError):
        return platform.machine()


def table(columns: list[str], rows: list[list[str]]) -> str:
    """A Markdown table of the columns that have an entry; all but the first are aligned to the right."""
    kept = [k for k in range(len(columns)) if not rows or any(row[k] != NOTHING for row in rows)]
    head = [columns, ["---"] + ["--:"] * (len(columns) - 1)]
    return "\n".join(f"| {' | '.join(cells[k] for k in kept)} |" for cells in [*head, *rows])


def section(name: str, about: str, command: str, body: str, summary: str) -> str:
    """The text of a suite's section."""
    return "\n\n".join([f"## {name}", about, conditions(command), body, summary]).strip() + "\n"


def replaced(text: str, name: str, new: str) -> str:
    """The page with a suite's section replaced, or added at the end."""
    head, *old = re.split(r"^(?=## )", text or HEAD, flags=re.M)
    kept = {part.split("\n", 1)[0][3:]: part.strip() + "\n" for part in old}
    kept[name] = new
    return "\n".join([head.strip() + "\n", *kept.values()])


def write(name: str, new: str) -> None:
    old = PATH.read_text(encoding="utf-8") if PATH.exists() else ""
    PATH.write_text(replaced(old, name, new), encoding="utf-8")
