"""docs/errors.md shows what is printed: each example is run, and its error compared with the page.

`pytest --update-golden tests/test_errors_page.py` writes the page anew.
"""

import re
import runpy
import traceback
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "errors.md"
EXAMPLE = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
HEAD = "import numpy as np\nimport broadax as bx\n\n\n"


def printed(code: str, folder: Path) -> str:
    """What Python prints last for the error that the code raises as model.py."""
    path = folder / "model.py"
    path.write_text(HEAD + code, encoding="utf-8")
    with pytest.raises(Exception) as caught:  # noqa: PT011
        runpy.run_path(str(path))
    lines = "".join(traceback.format_exception_only(caught.type, caught.value))
    return lines.replace(str(path), "model.py").replace("<string>", "model.py")


def test_the_page_shows_what_is_printed(tmp_path, request):
    text = PAGE.read_text(encoding="utf-8")
    count = 0

    def example(match) -> str:
        nonlocal count
        count += 1
        folder = tmp_path / str(count)
        folder.mkdir()
        return f"```python\n{match[1]}```\n\n```text\n{printed(match[1], folder)}```"

    now = EXAMPLE.sub(example, text)
    assert count > 20
    if request.config.getoption("--update-golden", False):
        PAGE.write_text(now, encoding="utf-8")
    else:
        assert now == text, "pytest --update-golden tests/test_errors_page.py writes the page anew"


def test_every_heading_has_its_anchor_once():
    anchors = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(anchors) == len(set(anchors))
