"""What is run by default, and golden files: what people will read, compared as text."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser):
    parser.addoption(
        "--everything", action="store_true", help="run what takes long, too (Numba on every sample)"
    )
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing"
    )


def pytest_configure(config):
    config.addinivalue_line("markers", "everything: runs only with --everything, since it takes long")
    # The same random programs in every run, so that a change is judged by what it changes.
    hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
    hypothesis.settings.load_profile("default" if config.getoption("--everything") else "repeatable")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--everything"):
        return
    long = [item for item in items if item.get_closest_marker("everything")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("everything")]


@pytest.fixture
def golden(request):
    """`golden("pretty/heat.txt", text)` compares a text with its golden file, or writes it."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            return
        assert path.exists(), f"{path} is missing; run pytest --update-golden"
        assert text == path.read_text(), f"{name} has changed; look at it, then run pytest --update-golden"

    return check
