"""The disk cache: whose it is, what is loaded from it, and the commands that show and empty it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from broadax.cli import main
from broadax.runtime import cache

PROGRAM = """
import sys
import numpy as np
import broadax as bx

f = bx.jit(lambda x: np.sum(np.sin(x) * x), backend="numba")
print(float(f(np.arange(6.0))))
generated = [m for m in sys.modules.values() if m.__name__.startswith("broadax_generated")]
entries = [v for m in generated for v in vars(m).values() if hasattr(v, "stats")]
print(sum(sum(v.stats.cache_hits.values()) for v in entries))
print(generated[0].__file__)
"""


def start(folder):
    file = folder / "program.py"
    file.write_text(PROGRAM)
    environment = os.environ | {"BROADAX_CACHE_DIR": str(folder / "cache")}
    return subprocess.Popen([sys.executable, file], env=environment, stdout=subprocess.PIPE, text=True)


def finish(process) -> tuple[float, int, str]:
    out, _ = process.communicate()
    assert process.returncode == 0
    value, hits, path = out.split()
    return float(value), int(hits), path


def machine_code(folder):
    return sorted((folder / "cache").rglob("*.nb[ic]"))


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:-9] + bytes(9)])
def test_damaged_machine_code_is_compiled_again(tmp_path, suffix, damage):
    value, hits, _ = finish(start(tmp_path))
    assert hits == 0
    (file,) = [p for p in machine_code(tmp_path) if p.suffix == suffix]
    file.write_bytes(damage(file.read_bytes()))
    assert finish(start(tmp_path))[:2] == (value, 0)
    assert finish(start(tmp_path))[:2] == (value, 1)


def test_machine_code_without_sums_is_not_loaded(tmp_path):
    value, *_ = finish(start(tmp_path))
    (file,) = (tmp_path / "cache").rglob("*.sums")
    file.unlink()
    assert finish(start(tmp_path))[:2] == (value, 0)


def test_many_processes_at_once(tmp_path):
    found = [finish(p) for p in [start(tmp_path) for _ in range(4)]]
    assert len(set(found)) <= 2  # they differ in whether they found the code
    assert len({value for value, *_ in found}) == 1
    assert finish(start(tmp_path))[0] == found[0][0]
    assert not list((tmp_path / "cache").rglob("*.tmp"))


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes are those of POSIX")
def test_a_folder_that_others_can_write_to_is_not_used(tmp_path):
    """Whoever can write there could have code of his run."""
    (tmp_path / "cache" / "numba").mkdir(parents=True)
    os.chmod(tmp_path / "cache" / "numba", 0o777)
    *_, path = finish(start(tmp_path))
    assert not path.startswith(str(tmp_path))
    assert machine_code(tmp_path) == []


def test_new_folders_are_private(tmp_path, monkeypatch):
    monkeypatch.setenv("BROADAX_CACHE_DIR", str(tmp_path / "cache"))
    assert cache.folder("numba").stat().st_mode & 0o077 == 0


def test_an_address_depends_on_source_versions_and_machine(monkeypatch):
    found = {cache.fingerprint("a", "numba"), cache.fingerprint("b", "numba")}
    monkeypatch.setattr(cache, "_version", lambda package: "0.0")
    found.add(cache.fingerprint("a", "numba"))
    monkeypatch.setattr(cache.platform, "machine", lambda: "other")
    found.add(cache.fingerprint("a", "numba"))
    assert len(found) == 4


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "b0.py"
    cache.write(path, "old")

    def fail(*_):
        raise OSError("no space")

    monkeypatch.setattr(cache.os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        cache.write(path, "new")
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def run(*arguments) -> int:
    with pytest.raises(SystemExit) as exit_:
        main(list(arguments))
    return exit_.value.code


def test_the_commands(tmp_path, monkeypatch, capsys):
    finish(start(tmp_path))
    monkeypatch.setenv("BROADAX_CACHE_DIR", str(tmp_path / "cache"))
    assert run("cache", "info") == 0
    where, what = capsys.readouterr().out.splitlines()
    assert where == str(tmp_path / "cache")
    assert what.startswith("1 compiled function, ")
    (tmp_path / "cache" / "notes.txt").write_text("not ours")
    assert run("cache", "clear") == 0
    assert capsys.readouterr().out.startswith("removed 1 compiled function, ")
    assert cache.contents() == []
    assert (tmp_path / "cache" / "notes.txt").exists()
    assert run("cache", "info") == 0
    assert "0 compiled functions, 0.0 MB" in capsys.readouterr().out
