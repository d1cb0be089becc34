"""Random programs under `jit`, `grad`, `jvp` and `vmap`, and those in which something was once found.

`python -m fuzz` (in tests/) runs many more; see its docstring.
"""

from __future__ import annotations

import collections
import copy

import hypothesis
import numpy as np
import pytest

import broadax as bx
from fuzz import unjitted
from fuzz.check import run
from fuzz.compare import same
from fuzz.found import FOUND, SLOPES
from fuzz.program import Program, numbered, programs
from fuzz.reduce import reduced

COUNT = 140
ON_NUMBA = 3
IN_NESTS = 12
MOST_UNSUPPORTED = 0.03  # of all programs

# What may be unsupported; each is in the page of errors or says what to write instead.
KNOWN = (
    "is written, but it is one array or another depending on data",
    "has a size that depends on data",
    "the types of what this loop carries do not settle",
    "the index of a list must be known when the function is read",
    "a list grows in a branch by a number of items that is known only in the branch",
)

seen: collections.Counter = collections.Counter()


def settings(count: int):
    return hypothesis.settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
    )


def check(program, checks: tuple) -> None:
    outcome = run(program, checks)
    program.forget()
    seen["programs"] += 1
    seen.update(outcome.done)
    failure = outcome.failure
    if failure is None:
        return
    if not failure.unsupported:
        pytest.fail(f"{failure.kind}\n\n{program.shown()}\n\n{failure.text}", pytrace=False)
    assert any(text in failure.text for text in KNOWN), f"{failure.text}\n\n{program.shown()}"
    seen["unsupported"] += 1


def test_random_programs():
    seen.clear()

    @settings(COUNT)
    @hypothesis.given(programs())
    def each(program):
        check(program, ("value", "derivatives", "vmap"))

    each()
    print(dict(seen))
    assert seen["unsupported"] <= MOST_UNSUPPORTED * seen["programs"]
    # The programs are such that the checks have something to check.
    assert seen["value"] > 0.9 * seen["programs"]
    assert seen["derivatives"] > 0.25 * seen["programs"]
    assert seen["vmap"] > 0.4 * seen["programs"]


@pytest.mark.parametrize("number", range(ON_NUMBA))
def test_random_programs_on_numba(number):
    check(numbered(number), ("numba",))


@pytest.mark.parametrize("number", range(100, 100 + IN_NESTS))
def test_random_programs_in_loop_nests(number):
    check(numbered(number), ("nests",))


IDS = [function.__name__ for function, _ in FOUND]


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize(("function", "arguments"), FOUND, ids=IDS)
def test_found(function, arguments, backend):
    theirs, ours = copy.deepcopy(arguments), copy.deepcopy(arguments)
    want = function(*theirs)
    got = bx.jit(function, backend=backend)(*ours)
    same(got, want, function.__name__, 1e-12)
    same(ours, theirs, f"{function.__name__}, arguments", 1e-12)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize(("function", "arguments"), SLOPES, ids=[f.__name__ for f, _ in SLOPES])
def test_found_slopes(function, arguments, backend):
    (x,) = arguments
    step = 1e-5
    want = [(function(x + step * e) - function(x - step * e)) / (2 * step) for e in np.eye(len(x))]
    for derivative in (bx.grad, bx.jacfwd):
        got = derivative(function, backend=backend)(x.copy())
        np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-8)


# ── the fuzzer itself ─────────────────────────────────────────────────────────────────────────────


def test_programs_run():
    """Nearly all programs run to their end under CPython, and a number gives the same one again."""
    raised = 0
    for number in range(300):
        program = numbered(number)
        assert program.text == numbered(number).text
        try:
            program.function(*program.args())
        except Exception:
            raised += 1
        program.forget()
    assert raised < 9


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (lambda f: lambda *args: (f(*args), 0), "structure"),
        (lambda f: lambda *args: f(*copy.deepcopy(args)), "arguments"),
        (lambda f: lambda *args: np.nextafter(f(*args), 9.0) + 1e-6, "value"),
        (lambda f: lambda *args: np.float32(f(*args)), "dtype"),
    ],
)
def test_what_is_wrong_is_found(monkeypatch, wrong, kind):
    text = "def program(x):\n    x[0] = x[1] * 2\n    return np.sum(x)"
    program = Program(text, (("x", "f", (3,), "float64"),), 0, "plain")
    assert run(program, ("value",)).failure is None
    monkeypatch.setattr(bx, "jit", lambda function, backend: wrong(function))
    assert kind in run(program, ("value",)).failure.kind


def test_wrong_loop_nests_are_found(monkeypatch):
    text = "def program(x):\n    y = np.sin(x)\n    return y, y + 1"
    program = Program(text, (("x", "f", (3,), "float64"),), 0, "plain")
    assert run(program, ("nests",)).failure is None
    monkeypatch.setattr(unjitted.FAST, "sin", np.cos)
    assert "f value" in run(program, ("nests",)).failure.kind


def test_memory_that_is_never_written_shows():
    text = "from broadax.runtime import kernels as fast\n\n\ndef f(n):\n    return (fast.empty(n, float),)\n"
    (x,) = unjitted.load(text, "f", {})(3)
    assert np.isnan(x).all()


def test_reduction_keeps_what_fails():
    program = next(p for p in map(numbered, range(100)) if p.text.count("\n") > 12 and "np.tanh" in p.text)
    small = reduced(program, lambda p: "np.tanh" in p.text)
    assert "np.tanh" in small.text
    assert small.text.count("\n") <= 2
