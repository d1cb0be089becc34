"""The commands of the command line, one module each; `broadax/cli.py` lists them."""

from __future__ import annotations


class CommandError(Exception):
    """What was asked can't be done; the message is the one line that people see (exit code 2)."""
