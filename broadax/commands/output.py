"""Shows generated source, highlighted in a terminal and plain in a pipe, or writes it to a file."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from broadax.commands import CommandError


def show(source: str) -> None:
    """Print Python source; colours only where a person looks at it (and not with NO_COLOR)."""
    source = source.rstrip("\n")
    if not sys.stdout.isatty():
        print(source)
        return
    from rich.console import Console
    from rich.syntax import Syntax

    text = Syntax(source, "python", theme="ansi_dark", background_color="default").highlight(source)
    text.rstrip()
    Console().print(text, soft_wrap=True)


def write(source: str, file: str, force: bool = False) -> None:
    """Write source to a file in one step: the file is there whole or not at all.

    Raises:
        CommandError: the file exists (and not force), or can't be written.
    """
    path = Path(file)
    refusal = CommandError(f"{file} exists; --force writes over it")
    if path.is_dir():
        raise CommandError(f"{file} is a folder, not a file")
    if path.exists() and not force:
        raise refusal
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    except OSError as error:
        raise CommandError(f"{file} can't be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(source.rstrip("\n") + "\n")
        os.chmod(temporary, 0o666 & ~_umask())
        _move(temporary, path, force, refusal)
    except OSError as error:
        raise CommandError(f"{file} can't be written: {error.strerror}") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def _move(temporary: str, path: Path, force: bool, refusal: CommandError) -> None:
    """Rename, or link where a file that appeared meanwhile must not be lost."""
    if force:
        os.replace(temporary, path)
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise refusal from None
    except OSError:  # a file system without hard links
        if path.exists():
            raise refusal from None
        os.replace(temporary, path)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
