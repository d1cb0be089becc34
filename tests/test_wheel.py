"""The wheel holds every module, and works where the repository is not."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = {"broadax": "broadax", "transforms": "broadax/transforms", "backends": "broadax/backends"}
LAYERS["runtime"] = "broadax/runtime"

SMOKE = """
import numpy as np
import broadax as bx
import os
assert os.path.dirname(bx.__file__).startswith({folder!r}), bx.__file__

def f(x):
    s = 0.0
    for v in x:
        s += v * np.sin(v)
    return s

open("made.py", "w").write(bx.grad(f).source("f64[n]"))
x = np.linspace(0.0, 1.0, 5)
want = np.sin(x) + x * np.cos(x)
import made
functions = [v for k, v in vars(made).items() if callable(v) and not k.startswith("_")]
for g in (bx.grad(f, backend="numpy"), *functions):
    np.testing.assert_allclose(g(x), want, rtol=1e-12)
print("ok")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel built from a copy of the tree, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    tree.mkdir()
    for name in LAYERS:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(folder), str(tree)]
    # First with what is installed, which needs no network; then as people build it.
    made = subprocess.run([*command, "--no-build-isolation"], capture_output=True, text=True)
    if made.returncode:
        made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode and "No matching distribution found for setuptools" in made.stderr:
        pytest.skip("building a wheel needs setuptools, which is neither installed nor within reach")
    assert made.returncode == 0, made.stderr
    return next(folder.glob("broadax-*.whl"))


@pytest.mark.slow
def test_every_module_is_inside(wheel):
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    for name, place in LAYERS.items():
        for path in (ROOT / name).rglob("*.py"):
            assert f"{place}/{path.relative_to(ROOT / name)}" in inside
    assert {n.split("/")[0].split("-")[0] for n in inside} == {"broadax"}
    assert [n for n in inside if n.endswith("LICENSE")]
    assert [n for n in inside if n.endswith("entry_points.txt")]


@pytest.mark.slow
def test_runs_away_from_the_repository(wheel, tmp_path):
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (tmp_path / "smoke.py").write_text(SMOKE.format(folder=str(site)))
    run = subprocess.run(
        [sys.executable, "smoke.py"], cwd=tmp_path, env=_with_path(site), capture_output=True, text=True
    )
    assert run.stdout.strip() == "ok", run.stderr


def _with_path(site: Path) -> dict:
    return os.environ | {"PYTHONPATH": str(site)}
