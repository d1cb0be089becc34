"""What a suite wants of its rows, and which rows miss it.

A suite may state, each as a name of its module:

- `TARGET`: the ratio that each case may have at most; `TARGETS`: the same for single cases, by name;
- `AGAINST`: names of the contenders to the fastest of which the ratio is taken; without it, it is what the
  suite's `ratio(row)` gives;
- `REASONS`: for cases that miss their target, by name: why, and what would be needed.
"""

from __future__ import annotations

from benchmarks.versus import ratio_to


def most(suite, case: str) -> float | None:
    """The target of a case, None where it has none."""
    return getattr(suite, "TARGETS", {}).get(case, getattr(suite, "TARGET", None))


def ratio(suite, row) -> float | None:
    """What is compared with the target; None where the peer can't compute the case."""
    against = getattr(suite, "AGAINST", ())
    return ratio_to(row, against) if against else suite.ratio(row)


def ratios(suite, rows: list[tuple[str, object]]) -> list[tuple[str, float]]:
    """The ratios of rows, each with its case, as far as there are any: what is plotted."""
    if not hasattr(suite, "AGAINST") and not hasattr(suite, "ratio"):
        return []
    found = ((case, ratio(suite, row)) for case, row in rows)
    return [(case, value) for case, value in found if value is not None]


def columns(suite) -> list[str]:
    """The columns that a suite's targets add to its table."""
    if not hasattr(suite, "TARGET") and not hasattr(suite, "TARGETS"):
        return []
    against = getattr(suite, "AGAINST", ())
    return [*([f"÷ {' or '.join(against)}"] if against else []), "target"]


def cells(suite, case: str, row) -> list[str]:
    """The cells of these columns."""
    if not columns(suite):
        return []
    value = ratio(suite, row)
    first = ["–" if value is None else f"{value:.2f}"] if getattr(suite, "AGAINST", ()) else []
    return [*first, shown(value, most(suite, case))]


def shown(value: float | None, limit: float | None) -> str:
    """A target, and whether a value misses it."""
    if value is None or limit is None:
        return "–"
    return f"≤ {limit:g}, missed" if value > limit else f"≤ {limit:g}"


def verdict(suite, rows: list[tuple[str, object]]) -> str:
    """Which of the rows, each with its case, miss their targets, with the reasons that the suite gives."""
    judged = [(case, ratio(suite, row), most(suite, case)) for case, row in rows if columns(suite)]
    judged = [(case, value, limit) for case, value, limit in judged if None not in (value, limit)]
    if not judged:
        return ""
    missed = [(case, value, limit) for case, value, limit in judged if value > limit]
    met = f"{len(judged) - len(missed)} of {len(judged)} rows with a target meet it"
    if not missed:
        return met + "."
    reasons = getattr(suite, "REASONS", {})
    lines = [met + "; the others:", ""]
    for case, value, limit in missed:
        lines.append(f"- {case}: {value:.2f}, not {limit:g}. {reasons.get(case, '')}".rstrip())
    return "\n".join(lines)
