"""Finds the function that `FILE.py:FUNC` names."""

from __future__ import annotations

import difflib
import importlib.util
import os
import re
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from broadax.commands import CommandError


def load_function(target: str):
    """The function of a target such as `model.py:loss` or `model.py:Network.loss`.

    Raises:
        CommandError: the target is not FILE.py:FUNC, the file can't be read or run, or it has no
            such function.
    """
    file, colon, name = target.rpartition(":")
    if not colon or not file or not name or "/" in name or "\\" in name:
        raise CommandError(f"{target!r} names no function; write FILE.py:FUNC, such as model.py:loss")
    found = load_module(file)
    path = file
    for part in name.split("."):
        if not hasattr(found, part):
            raise CommandError(f"{path} has no {part!r}{_suggestion(part, found)}")
        found, path = getattr(found, part), f"{path}:{part}" if path == file else f"{path}.{part}"
    if not callable(found):
        raise CommandError(f"{target} is no function; its type is {type(found).__name__}")
    return found


def load_module(file: str) -> ModuleType:
    """A Python file, run once under a private module name with its folder on `sys.path`.

    Raises:
        CommandError: there is no such file, it is no Python file, or running it raises.
    """
    path = Path(file)
    if path.is_dir():
        raise CommandError(f"{file} is a folder, not a Python file")
    if not path.is_file():
        raise CommandError(f"there is no file {file}")
    path = path.resolve()
    name = "_broadax_" + re.sub(r"\W", "_", path.stem)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CommandError(f"{file} is not a Python file (.py)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _on_path(str(path.parent)):
            spec.loader.exec_module(module)
    except SyntaxError as error:
        raise CommandError(f"{file}:{error.lineno}: SyntaxError: {error.msg}") from error
    except (Exception, SystemExit) as error:
        raise CommandError(f"{file}{_line_in(error, str(path))}: {_short(error)}") from error
    return module


@contextmanager
def _on_path(folder: str):
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def _line_in(error: BaseException, file: str) -> str:
    """`:12`, the line of the file at which it raised; empty if it raised elsewhere."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if os.path.realpath(frame.filename) == file]
    return f":{lines[-1]}" if lines else ""


def _short(error: BaseException) -> str:
    text = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _suggestion(name: str, owner) -> str:
    names = [n for n in dir(owner) if not n.startswith("_") and callable(getattr(owner, n, None))]
    here = getattr(owner, "__name__", "")
    own = [n for n in names if getattr(getattr(owner, n), "__module__", None) == here]
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; it has {', '.join(own[:8])}" if own else ""
