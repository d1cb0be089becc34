"""Runs suites: `python -m benchmarks [suite …] [--only PART] [--no-write]`."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

if __name__ == "__main__":
    from benchmarks import one_core  # noqa: F401

import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import (  # noqa: E402
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # the pool of programs

from benchmarks import plot, report, suites, targets  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    """Run suites; 1 if a case failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "suites", nargs="*", metavar="suite", help=f"of {', '.join(suites.NAMES)}; default: all"
    )
    parser.add_argument("--only", nargs="*", default=[], help="parts of cases' names")
    parser.add_argument("--no-write", action="store_true", help="show the table, leave RESULTS.md as it is")
    options = parser.parse_args(arguments)
    for name in options.suites:
        if name not in suites.NAMES:
            parser.error(f"there is no suite {name!r}")
    warnings.simplefilter("ignore")
    failed = False
    for name in options.suites or suites.NAMES:
        text, errors, ratios = run(name, options.only)
        print(text)
        if ratios:
            _show(name, ratios)
        if not options.no_write and not options.only:
            report.write(name, text)
        for case, error in errors:
            print(f"{case}: {type(error).__name__}: {error}", file=sys.stderr)
        failed = failed or bool(errors)
    return int(failed)


def run(name: str, only: list[str] = ()) -> tuple[str, list, list[tuple[str, float]]]:
    """A suite's section, the errors of cases that could not be timed, and the ratios of the others."""
    suite = suites.load(name)
    wanted = [c for c in suite.cases() if not only or any(part in c for part in only)]
    found, errors = [], []
    with _progress() as progress, np.errstate(all="ignore"):
        task = progress.add_task(name, total=len(wanted), case="")
        for case in wanted:
            progress.update(task, case=case)
            try:
                found.append((case, suite.measure(case)))
            except Exception as error:
                errors.append((case, error))
            progress.advance(task)
    return _section(name, suite, found, errors), errors, targets.ratios(suite, found)


def _section(name: str, suite, found: list[tuple], errors: list[tuple]) -> str:
    """The text about rows, each with its case, and about the cases that failed."""
    columns = [*suite.COLUMNS, *targets.columns(suite)]
    rows = [[*suite.cells(row), *targets.cells(suite, case, row)] for case, row in found]
    lines = [f"- {case}: {type(error).__name__}" for case, error in errors]
    parts = [suite.summary([row for _, row in found]), targets.verdict(suite, found)]
    parts += ["Not timed:", "\n".join(lines)] if lines else []
    about = " ".join(suite.__doc__.split("\n\n")[0].split())
    below = "\n\n".join(part for part in parts if part)
    return report.section(name, about, f"python -m benchmarks {name}", report.table(columns, rows), below)


def _show(name: str, ratios: list[tuple[str, float]]) -> None:
    """The plot of ratios, beside the progress bar: what is printed stays Markdown."""
    console = Console(stderr=True)
    console.print(f"{name}: ratios, on a logarithmic scale")
    console.print(plot.bars(ratios, console.width))


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TextColumn("{task.fields[case]}"), console=Console(stderr=True))


if __name__ == "__main__":
    sys.exit(main())
