"""The benchmarks: results are compared before they are timed, tables are complete."""

from __future__ import annotations

import importlib.util
import io
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import plot, report, suites, targets  # noqa: E402
from benchmarks.__main__ import main, run  # noqa: E402
from benchmarks.case import Case, Contender, Disagreement  # noqa: E402
from benchmarks.timing import seconds, shown  # noqa: E402
from broadax import backends  # noqa: E402


def test_contenders_must_agree():
    x = np.arange(3.0)
    case = Case("c", {"a": Contender(np.sum, (x,)), "b": Contender(lambda x: np.sum(x) + 1e-6, (x,))})
    with pytest.raises(Disagreement, match="c, b: differs"):
        seconds(case, budget=0)
    with pytest.raises(Disagreement, match="shapes"):
        seconds(Case("c", {"a": Contender(np.sum, (x,)), "b": Contender(np.sin, (x,))}), budget=0)


def test_contenders_are_called_by_turns_with_fresh_arguments():
    calls = []

    def contender(name):
        def call(x):
            calls.append((name, float(x[0])))
            x += 1
            return 0.0

        return Contender(call, (np.zeros(1),), writes=True)

    found = seconds(Case("c", {n: contender(n) for n in "ab"}), budget=0, least=3)
    assert set(found) == {"a", "b"}
    assert {value for _, value in calls} == {0.0}
    rounds = [sorted(name for name, _ in calls[-6:][k : k + 2]) for k in (0, 2, 4)]
    assert rounds == [["a", "b"]] * 3


@pytest.mark.parametrize("suite", ["derivatives", "inplace"])
def test_a_suite_of_programs(suite):
    text, errors, _ = run(suite, ["stencils.jacobi_1d"])
    assert not errors
    assert f"## {suite}" in text
    assert "| stencils.jacobi_1d |" in text
    assert f"python -m benchmarks {suite}" in text


def test_the_suite_of_turns():
    text, errors, _ = run("turns", ["newton_gradient"])
    assert not errors
    assert "| newton_gradient |" in text


def test_the_suite_of_objectives():
    text, errors, ratios = run("adbench", ["log-sum-exp", "hand"])
    assert not errors
    assert "| hand tracking |" in text
    assert "Geometric mean of the ratios" in text
    assert [name for name, _ in ratios] == ["hand tracking", "log-sum-exp"]


def test_networks_agree_with_their_peers():
    text, errors, _ = run("networks", ["LSTM"])
    assert not errors
    for peer, name in (("jax", "JAX"), ("torch", "PyTorch"), ("autograd", "autograd")):
        assert (f"| {name} |" in text) == (importlib.util.find_spec(peer) is not None)


@pytest.mark.skipif(bool(backends.why_not("pjrt")), reason=backends.why_not("pjrt"))
def test_the_suite_of_devices():
    text, errors, _ = run("pjrt", ["an array of 10"])
    assert not errors
    assert "| call: an array of 10 |" in text


def test_sections_are_replaced():
    page = report.replaced("", "one", "## one\n\nold\n")
    page = report.replaced(page, "two", "## two\n\ntext\n")
    page = report.replaced(page, "one", "## one\n\nnew\n")
    assert page.count("## one") == 1
    assert "old" not in page
    assert page.index("new") < page.index("## two")


def test_columns_without_an_entry_are_left_out():
    rows = [["a", "1", "–", "–"], ["b", "–", "–", "2"]]
    assert report.table(["case", "JAX", "Numba", "NumPy"], rows).splitlines() == [
        "| case | JAX | NumPy |",
        "| --- | --: | --: |",
        "| a | 1 | – |",
        "| b | – | 2 |",
    ]


def _suite(**names):
    from benchmarks import versus

    return types.SimpleNamespace(ratio=versus.ratio, **names)


def test_rows_that_miss_a_target_say_so_with_the_reason():
    fast = ("fast", {"broadax": 1.0, "JAX": 4.0, "NumPy": 0.5})
    slow = ("slow", {"broadax": 1.0, "JAX": 1.0, "NumPy": 4.0})
    alone = ("alone", {"broadax": 1.0, "NumPy": 4.0})
    rows = [(row[0], row) for row in (fast, slow, alone)]
    suite = _suite(AGAINST=("JAX",), TARGET=0.5, REASONS={"slow": "It copies twice."})
    assert targets.columns(suite) == ["÷ JAX", "target"]
    assert [targets.cells(suite, *row) for row in rows] == [
        ["0.25", "≤ 0.5"],
        ["1.00", "≤ 0.5, missed"],
        ["–", "–"],
    ]
    text = targets.verdict(suite, rows)
    assert text == "1 of 2 rows with a target meet it; the others:\n\n- slow: 1.00, not 0.5. It copies twice."


def test_targets_of_single_cases_are_taken_against_the_best_other():
    row = ("a", {"broadax": 1.0, "JAX": 4.0, "NumPy": 0.5})
    suite = _suite(TARGETS={"a": 2.0})
    assert targets.columns(suite) == ["target"]
    assert targets.cells(suite, "a", row) == ["≤ 2"]
    assert targets.cells(suite, "b", row) == ["–"]
    assert targets.verdict(suite, [("a", row), ("b", row)]) == "1 of 1 rows with a target meet it."
    assert targets.columns(_suite()) == targets.cells(_suite(), "a", row) == []
    assert targets.verdict(_suite(), [("a", row)]) == ""


@pytest.mark.parametrize("name", suites.NAMES)
def test_targets_and_reasons_are_of_cases_that_exist(name):
    suite = suites.load(name)
    known = set(suite.cases())
    if not known:
        pytest.skip("its cases need JAX")
    assert set(getattr(suite, "TARGETS", {})) <= known
    assert set(getattr(suite, "REASONS", {})) <= known


def test_ratios_are_drawn_as_bars_from_one():
    console = Console(width=41, record=True, file=io.StringIO())
    console.print(plot.bars([("half", 0.5), ("one", 1.0), ("a case of a long name", 2.0)], 41))
    half, one, two = (line.rstrip() for line in console.export_text().splitlines())
    mark = one.index("┃")
    assert half.index("┃") == two.index("┃") == mark
    assert half[mark - 1] == "━" and len(half) == mark + 1  # to the left, and as long
    assert two[mark + 1] == "━" and half.count("━") == two.count("━") > 1
    assert one.count("━") == 0 and " 1 " in one


def test_times_have_three_digits():
    assert [shown(t) for t in (1.5e-6, 23.46e-6, 0.1234, 2.0)] == ["1.50 µs", "23.5 µs", "123 ms", "2.00 s"]


def test_an_unknown_suite_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["nothing"])
    assert "no suite 'nothing'" in capsys.readouterr().err


def test_kernels_agree_with_their_jax_versions():
    pytest.importorskip("jax")
    for suite in ("kernels", "gradients"):
        text, errors, _ = run(suite, ["linear_algebra.lu", "syrk"])
        assert not errors
        assert "syrk |" in text
