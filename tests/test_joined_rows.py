"""Loops over rows that are taken whole run as one: values at all sizes, and which nests they are."""

from __future__ import annotations

import linecache
import random
from unittest import mock

import numpy as np
import pytest
from fuzz import unjitted

import broadax as bx
from broadax.backends.numba import run, splitting


@pytest.fixture
def by_cpython():
    """The modules of the Numba backend run by CPython, which checks indices."""
    with mock.patch.object(run, "_load", unjitted.load), mock.patch.object(splitting, "FEWEST", 0):
        yield


def differences(x):
    return x[1:] - x[:-1]


def second_differences(x, y):
    y[1:-1] += x[2:] - 2.0 * x[1:-1] + x[:-2]
    return y


def energy(x, y):
    d = x[1:] - y[:-1]
    return np.sum(d * d)


def blurred(image):
    inner = image[1:-1, 1:-1]
    return 0.5 * inner + 0.25 * (image[:-2, 1:-1] + image[2:, 1:-1])


def spread(x, y):
    """A loop over parts of rows beside one over rows."""
    z = np.concatenate([x[1:], 2.0 * y])
    z[:, 1:] += z[:, :-1] * y[0, 0]
    return z


def norms(x):
    return np.sqrt(np.sum((x[1:] - x[:-1]) ** 2, axis=1))


def parts_of_rows(x):
    return x[1:, 1:] - x[:-1, 1:]


def far(x):
    return x[2::2] - x[:-2:2]


def transposed(x):
    return x[1:].T + x[:-1].T


def chain_gradient(x, y):
    return bx.grad(energy)(x, y)


def blur_gradient(image):
    return bx.grad(lambda image: np.sum(blurred(image) ** 2))(image)


def pushed(x, y):
    """Updates that lie apart for few rows."""
    y[3:] += x[:-3] * 2.0
    y[:-3] -= x[3:]
    y[1:-1] += 0.5
    return y


POINTS, IMAGE = np.random.default_rng(0).random((40, 3)), np.random.default_rng(1).random((12, 10, 3))
JOINED = {
    differences: (POINTS,),
    second_differences: (POINTS, POINTS[::-1].copy()),
    energy: (POINTS, POINTS[::-1].copy()),
    blurred: (IMAGE,),
    spread: (POINTS, POINTS[::-1].copy()),
    chain_gradient: (POINTS, POINTS[::-1].copy()),
    blur_gradient: (IMAGE,),
    pushed: (POINTS, POINTS[::-1].copy()),
}
APART = {norms: (POINTS,), parts_of_rows: (POINTS,), far: (POINTS,), transposed: (POINTS,)}


@pytest.mark.parametrize("function", [*JOINED, *APART], ids=lambda f: f.__name__)
def test_which_loops_are_joined(function, by_cpython):
    args = (JOINED | APART)[function]
    compiled = bx.jit(function, backend="numba")
    assert ("fast.rows" in compiled.source(*args, stage="numba")) is (function in JOINED)
    for n in (40, 12, 5, 4, 3):
        given = [a[:n] for a in args]
        want = function(*(a.copy() for a in given))
        np.testing.assert_allclose(compiled(*(a.copy() for a in given)), want, rtol=1e-12)


def test_long_rows_stay(by_cpython):
    text = bx.jit(differences, backend="numba").source(np.ones((40, 400)), stage="numba")
    assert "fast.rows" not in text


@pytest.mark.parametrize("function", JOINED, ids=lambda f: f.__name__)
def test_compiled(function):
    args = JOINED[function]
    want = function(*(a.copy() for a in args))
    got = bx.jit(function, backend="numba")(*(a.copy() for a in args))
    np.testing.assert_allclose(got, want, rtol=1e-12)


def drawn(seed: int) -> str:
    """The text of a random function of two arrays of the same shape, most of whose parts are whole rows."""
    choose = random.Random(seed)
    axes = choose.choice((1, 2))  # in front of the rows

    def part(cut: int = 2) -> str:
        spans = []
        for _ in range(axes):
            low = choose.randint(0, cut)
            spans.append(f"{low or ''}:{low - cut or ''}")
        return ", ".join(spans) if choose.random() < 0.8 else ", ".join([*spans, ":"])

    def value() -> str:
        a, b = (choose.choice((f"x[{part()}]", f"y[{part()}]", "t")) for _ in range(2))
        form = choose.choice(("{0} - {1}", "2.0 * {0}", "{0} * {1} + 0.5", "np.maximum({0}, {1})"))
        return form.format(a, b)

    lines = [f"t = x[{part()}] + 1.0"]
    for _ in range(choose.randint(2, 5)):
        target = choose.choice((f"y[{part()}]", f"x[{part()}]", "t", "s"))
        if target == "s":
            lines.append(f"s += np.sum({value()})")
        elif target == "t":
            lines.append(f"t = {value()}")
        else:
            lines.append(f"{target} {choose.choice(('=', '+='))} {value()}")
    body = "\n    ".join(["s = 0.0", *lines, "return s, t"])
    return f"import numpy as np\n\n\ndef program{axes}(x, y):\n    {body}\n"


@pytest.mark.parametrize("block", range(6))
def test_random_programs_have_the_values_of_numpy_at_every_size(block, by_cpython):
    joined = 0
    for seed in range(20 * block, 20 * block + 20):
        text, name = drawn(seed), f"<rows {seed}>"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        module: dict = {}
        exec(compile(text, name, "exec"), module)
        axes = 1 if "program1" in module else 2
        function = module[f"program{axes}"]
        compiled = bx.jit(function, backend="numba")
        rng = np.random.default_rng(seed)
        for n in (9, 2, 3, 4, 6):
            args = rng.random((2, *(n + k for k in range(axes)), 3))
            joined += "fast.rows" in compiled.source(*args, stage="numba")
            want, got = args.copy(), args.copy()
            for g, w in zip(compiled(*got), function(*want)):
                np.testing.assert_allclose(g, w, rtol=1e-11, atol=1e-12, err_msg=text)
            np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-12, err_msg=text)
    assert joined > 20
