"""The ratios of a suite as bars on a logarithmic scale, for the terminal."""

from __future__ import annotations

import math

from rich.console import Group
from rich.text import Text


def bars(ratios: list[tuple[str, float]], width: int) -> Group:
    """A line a case: its name, its ratio, and a bar from 1, which is marked, to the ratio.

    Args:
        ratios: of each case; positive numbers.
        width: of the lines, in characters; a long name is cut off.
    """
    names = min(max(len(name) for name, _ in ratios), width // 2)
    logs = [0.0, *(math.log(ratio) for _, ratio in ratios)]
    low, high = min(logs), max(logs)
    room = max(width - names - 12, 8)

    def place(log: float) -> int:
        return round((log - low) / (high - low or 1.0) * (room - 1))

    lines = []
    for (name, ratio), log in zip(ratios, logs[1:]):
        one, end = place(0.0), place(log)
        cells = ["━" if min(one, end) <= k <= max(one, end) else " " for k in range(room)]
        cells[one] = "┃"
        head = f"{name[:names]:{names}}  {ratio:8.3g}  "
        lines.append(Text(head, no_wrap=True).append("".join(cells), "green" if ratio <= 1 else "red"))
    return Group(*lines)
