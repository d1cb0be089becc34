"""The time to a first result on the Numba backend, in CPU milliseconds, against JAX's.
One of 18 samples of the pool, the function and its gradient, and the networks. Each time is of a
process of its own, after a trivial function's first call: `cold` with an empty disk cache, `again` in the
next process, which finds the cache filled. JAX's is `jax.jit` of the same function with jax.numpy, where that
runs ("–": it does not, because of control flow on data or writes to arrays).
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks import targets
from benchmarks.first_call import NETWORK, differentiable
from benchmarks.stages import PARTS
from benchmarks.suites import networks

COLUMNS = ["case", "cold", "again", "JAX", "cold ÷ JAX", "again ÷ JAX"]
MOST = {"cold": 3.0, "again": 0.3, "import": 0.5}  # CPU time ÷ JAX's
EVERY = 18  # one of so many samples
ROOT = Path(__file__).parent.parent.parent


def cases() -> list[str]:
    from samples.pool import load_all

    found = []
    for sample in list(load_all().values())[::EVERY]:
        found.append(f"{sample.name}, function")
        if sample.order and differentiable(sample.draw("f64")):
            found.append(f"{sample.name}, gradient")
    return found + [NETWORK + name for name in networks.cases()]


def measure(name: str) -> tuple[str, dict]:
    """What the processes of a case found, by side; without "jax" where JAX can't run it.

    Raises:
        RuntimeError: broadax failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = {side: child("broadax", name, folder) for side in ("cold", "again")}
    for side, result in found.items():
        if isinstance(result, str):
            raise RuntimeError(f"{side}: {result}")
    found["jax"] = child("jax", name, "")
    return name, {side: result for side, result in found.items() if not isinstance(result, str)}


def child(side: str, case: str, folder: str) -> dict | str:
    """What a process says about a case, or the last line of its error."""
    environment = os.environ | {
        "BROADAX_CACHE_DIR": folder,
        "NUMBA_CACHE_DIR": folder,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
    }
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.first_call", side, case]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)
    lines = (done.stdout if not done.returncode else done.stderr).strip().splitlines()
    return json.loads(lines[-1]) if not done.returncode else (lines or ["no output"])[-1]


def cells(row: tuple[str, dict]) -> list[str]:
    name, found = row
    times = {side: result["first"][0] for side, result in found.items()}
    shown = [f"{times[side] * 1e3:.0f}" if side in times else "–" for side in ("cold", "again", "jax")]
    if "jax" not in times:
        return [name, *shown, "–", "–"]
    return [name, *shown, *(f"{times[side] / times['jax']:.2f}" for side in ("cold", "again"))]


def ratio(row: tuple[str, dict]) -> float | None:
    """The CPU time of the first call without a cache ÷ JAX's."""
    _, found = row
    return found["cold"]["first"][0] / found["jax"]["first"][0] if "jax" in found else None


def mean_ratio(rows: list, side: str, clock: int) -> float:
    """The geometric mean of a side's first call ÷ JAX's, by CPU (0) or by the clock (1)."""
    logs = [math.log(found[side]["first"][clock] / found["jax"]["first"][clock]) for _, found in rows]
    return math.exp(sum(logs) / len(logs))


def summary(rows: list) -> str:
    """The ratios of all cases together with their targets, which are of CPU time, and the parts' times."""
    both = [row for row in rows if "jax" in row[1]]
    lines = [f"{len(rows)} cases; JAX can't run {len(rows) - len(both)} of them.", ""]
    if both:
        lines += ["| broadax ÷ JAX | CPU | by the clock | target |", "| --- | --: | --: | --: |"]
        lines += [*_first_calls(both), *_before(both)]
    return "\n".join(lines) + "\n\n" + parts(rows)


def _first_calls(rows: list):
    """The lines of first calls: geometric means of the ratios."""
    for label, side in (("first call, cold", "cold"), ("first call, from the disk cache", "again")):
        means = [mean_ratio(rows, side, clock) for clock in (0, 1)]
        judged = targets.shown(means[0], MOST[side])
        yield f"| {label}, geometric mean | {' | '.join(f'{m:.2f}' for m in means)} | {judged} |"


def _before(rows: list):
    """The lines of what comes before a case's first call: medians of the times."""
    for label, what in (("import, after NumPy", "import"), ("a trivial function's first call", "start")):
        ours, theirs = (
            [median(found[side][what][clock] for _, found in rows) for clock in (0, 1)]
            for side in ("cold", "jax")
        )
        shown = (f"{a:.2f} s ÷ {b:.2f} s = {a / b:.2f}" for a, b in zip(ours, theirs))
        judged = targets.shown(ours[0] / theirs[0], MOST.get(what))
        yield f"| {label}, median | {' | '.join(shown)} | {judged} |"


def parts(rows: list) -> str:
    """Where the time of first calls goes, as a table."""
    lines = ["| mean, ms | cold | again |", "| --- | --: | --: |"]
    for part in PARTS:
        means = [
            sum(found[side]["stages"][part] for _, found in rows) / len(rows) for side in ("cold", "again")
        ]
        lines.append(f"| {part} | {' | '.join(f'{1e3 * m:.0f}' for m in means)} |")
    return "\n".join(lines)
