"""What README.md and docs/ show is what broadax writes and what the examples say.

A block between `<!-- NAME -->` and `<!-- end -->` is filled from here; `pytest --update-golden
tests/test_docs.py` writes it anew.
"""

import inspect
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import broadax as bx

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "examples"))
import gradients  # noqa: E402

SPECS = {
    "logistic_loss": "f64[d], f64[n, d], f64[n]",
    "network_loss": "[(f64[4, 8], f64[8]), (f64[8, 2], f64[2])], f64[n, 4], f64[n, 2]",
    "huber": "float, float",
    "smooth": "f64[n], float, int",
    "sqrt": "float",
    "pair_energy": "f64[n, 3], f64[n]",
}
BLOCK = re.compile(r"(<!-- (\w+): (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def written(name: str) -> str:
    return bx.grad(getattr(gradients, name)).source(SPECS[name]).rstrip("\n")


def block(kind: str, name: str) -> str:
    """The text of a block: `function`, `gradient` or both one after the other."""
    parts = []
    if kind in ("function", "both"):
        parts.append(f"```python\n{inspect.getsource(getattr(gradients, name)).rstrip()}\n```\n")
    if kind == "both":
        parts.append(f"`bx.grad({name}).source({SPECS[name]!r})`:\n")
    if kind in ("gradient", "both"):
        parts.append(f"```python\n{written(name)}\n```\n")
    return "\n".join(parts)


def filled(text: str) -> str:
    return BLOCK.sub(lambda m: m[1] + block(m[2], m[3]) + m[4], text)


@pytest.mark.parametrize("page", ["README.md", "docs/gradients.md"])
def test_pages_show_what_is_written(page, request):
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    now = filled(text)
    if request.config.getoption("--update-golden", False):
        path.write_text(now, encoding="utf-8")
    else:
        assert now == text, "pytest --update-golden tests/test_docs.py writes the page anew"


def test_every_telling_function_is_shown():
    shown = {m[3] for m in BLOCK.finditer((ROOT / "docs/gradients.md").read_text(encoding="utf-8"))}
    assert shown == set(SPECS)


ARGUMENTS = {
    "logistic_loss": lambda r: (r.normal(size=3), r.normal(size=(5, 3)), np.array([0.0, 1, 1, 0, 1])),
    "network_loss": lambda r: (
        [(r.normal(size=(4, 8)), r.normal(size=8)), (r.normal(size=(8, 2)), r.normal(size=2))],
        r.normal(size=(5, 4)),
        r.normal(size=(5, 2)),
    ),
    "huber": lambda r: (-1.7, 0.8),
    "smooth": lambda r: (r.normal(size=9), 0.2, 4),
    "sqrt": lambda r: (7.0,),
    "pair_energy": lambda r: (r.normal(size=(6, 3)), r.normal(size=6)),
}


@pytest.mark.parametrize("name", SPECS)
def test_the_text_is_right(name):
    """The shown text runs by itself and agrees with a central difference."""
    scope: dict = {}
    exec(written(name), scope)
    rng = np.random.default_rng(0)
    first, *rest = ARGUMENTS[name](rng)
    function, step = getattr(gradients, name), 1e-6
    gradient = scope[f"grad_{name}"](first, *rest)
    if name == "network_loss":
        along = sum(np.sum(g) for pair in gradient for g in pair)
        moved = lambda t: [(w + t, b + t) for w, b in first]
    else:
        direction = rng.normal(size=np.shape(first))
        along, moved = np.sum(gradient * direction), lambda t: first + t * direction
    slope = (function(moved(step), *rest) - function(moved(-step), *rest)) / (2 * step)
    assert along == pytest.approx(slope, rel=1e-6)


def test_code_blocks_of_the_readme_run():
    """Each `python` block that is no generated text runs, in one process after the other."""
    text = BLOCK.sub("", (ROOT / "README.md").read_text(encoding="utf-8"))
    scope: dict = {"__name__": "readme"}
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL)):
        path = ROOT / "build" / f"readme_{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(code, encoding="utf-8")
        exec(compile(code, str(path), "exec"), scope)
