"""The command line: `broadax grad model.py:loss --args 'f64[n], f64[n, 3]'`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from broadax.commands import CommandError, generate

app = typer.Typer(
    name="broadax",
    help="Reads a NumPy function and writes the source of its derivative or its batched version.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"broadax {version('broadax')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Reads a NumPy function and writes the source of its derivative or its batched version."""


@app.command()
def demo() -> None:
    """Show a function, its generated gradient, and its time against NumPy."""
    from broadax.commands.demo import run

    raise typer.Exit(run())


@app.command()
def info() -> None:
    """Show what is installed, and which backends work and why not."""
    from broadax.commands.info import run

    raise typer.Exit(run())


cache_app = typer.Typer(help="Show or empty the disk cache of compiled functions.", no_args_is_help=True)
app.add_typer(cache_app, name="cache")


@cache_app.command("info")
def _cache_info() -> None:
    """Show where the cache is, and how much it holds."""
    from broadax.commands.cached import info

    raise typer.Exit(info())


@cache_app.command("clear")
def _cache_clear() -> None:
    """Empty the cache; what is called next is compiled again."""
    from broadax.commands.cached import clear

    raise typer.Exit(clear())


generate.register(app)
# What is wrong with a command line: click's exception, wherever this version of typer keeps it.
UsageError = next(cls for cls in typer.BadParameter.__mro__ if cls.__name__ == "ClickException")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 a check failed, 2 wrong input (one line on stderr)."""
    from broadax.runtime.errors import BroadaxError

    try:
        code = app(arguments, standalone_mode=False)
    except CommandError as error:
        code = _fail(str(error))
    except BroadaxError as error:
        code = _fail(str(error))
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            sys.exit(2)
        code = _fail(error.format_message().replace("\n", " "))
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if not hasattr(error, "broadax_loc"):
            raise
        # What the function itself raises, whatever the data.
        code = _fail("\n".join([f"{type(error).__name__}: {error}", *error.__notes__]))
    sys.exit(code or 0)


def _fail(message: str) -> int:
    print(f"broadax: {message}", file=sys.stderr)
    return 2
