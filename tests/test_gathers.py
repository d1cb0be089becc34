"""Updates of shifted slices in one nest: values at all sizes, also where bounds cross, and how many nests."""

from __future__ import annotations

import importlib.util
import re
from unittest import mock

import numpy as np
import pytest
from fuzz import unjitted
from programs.pool import load_all

import broadax as bx
from broadax.backends.numba import run, splitting
from broadax.backends.planner import schedule

# Large ones first: what is compiled for these must be right for small ones, too.
SIZES = {1: (20, *range(10)), 2: (14, 0, 1, 2, 3, 4, 5, 6, 9), 3: (11, 1, 3, 5, 7)}
DTYPES = ("float64", "float32", "complex128")


class Checked(np.ndarray):
    """An array that takes no index from its end."""

    def __getitem__(self, key):
        assert all(k >= 0 for k in _integers(key)), key
        return super().__getitem__(key)

    def __setitem__(self, key, value):
        assert all(k >= 0 for k in _integers(key)), key
        super().__setitem__(key, value)


def _integers(key):
    return [k for k in (key if isinstance(key, tuple) else (key,)) if isinstance(k, (int, np.integer))]


def _load(text, name, errors):
    entry = unjitted.load(text, name, errors)

    def call(*args):
        return entry(*(a.view(Checked) if isinstance(a, np.ndarray) else a for a in args))

    call.py_func = entry.py_func
    return call


@pytest.fixture
def by_cpython():
    """The modules of the Numba backend run by CPython, indices checked; gives the gathers that were made."""
    made = []

    def gather(*args):
        found = planned(*args)
        made.extend([] if found is None else [found])
        return found

    planned = schedule.gather
    with (
        mock.patch.object(run, "_load", _load),
        mock.patch.object(splitting, "FEWEST", 0),
        mock.patch.object(schedule, "gather", gather),
    ):
        yield made


def drawn(rng: np.random.Generator, name: str) -> tuple[str, int]:
    """The text of a random function that updates slices of y from x, z and parts of them, and y's rank."""
    ndim, widths = int(rng.integers(1, 4)), [int(rng.integers(0, 5)) for _ in range(3)]
    unequal, lines = rng.random() < 0.4, []
    part = ", ".join(_slice(rng, w) for w in widths[:ndim])
    for k in range(int(rng.integers(2, 7))):
        own = [int(rng.integers(0, w + 1)) for w in widths[:ndim]] if unequal else widths[:ndim]
        cut = lambda own=own: ", ".join(_slice(rng, w) for w in own)  # noqa: E731
        values = [f"x[{cut()}]", f"-2.0 * x[{cut()}]", f"x[{cut()}] * z[{cut()}] - 0.5 * x[{cut()}]", "0.25"]
        if own == widths[:ndim]:
            values += ["t", f"0.5 * t - x[{cut()}]", "t - t", "np.exp(t)"]
        sign = "=" if not k and rng.random() < 0.4 else "-=" if rng.random() < 0.3 else "+="
        lines.append(f"    y[{cut()}] {sign} {values[rng.integers(len(values))]}")
    if rng.random() < 0.4:
        lines = [line.replace(" y[", " new[") for line in lines]
        lines = ["    new = np.zeros_like(y)", *lines, "    y *= 2.0", "    y += new"]
    if rng.random() < 0.5:
        lines.insert(0, f"    t = 0.2 * z[{part}]\n    z[{part}] = 0.0")
    else:
        lines.insert(0, f"    t = x[{part}]")
    return f"def {name}(x, y, z):\n" + "\n".join(lines) + "\n", ndim


def _slice(rng, width: int) -> str:
    start = int(rng.integers(0, width + 1))
    return f"{start or ''}:{-(width - start) or ''}"


def of_a_row(text: str, last: bool) -> str:
    """The text of a function that updates each row, or each column, of y as the other updates y."""
    head, *lines = text.splitlines()
    taken = [re.sub(r"\by\[(.*?)\]", r"y[\1, k]" if last else r"y[k, \1]", line) for line in lines]
    loop = f"    for k in range(y.shape[{-1 if last else 0}]):"
    return "\n".join([head, loop, *(f"    {line}" for line in taken), ""])


@pytest.mark.parametrize("seed", range(12))
def test_random_updates_have_the_values_of_numpy_at_every_size(seed, tmp_path, by_cpython):
    rng = np.random.default_rng(seed)
    texts = [drawn(rng, f"f{k}") for k in range(8)]
    for (text, ndim), function in zip(texts, _loaded(tmp_path, seed, [text for text, _ in texts])):
        _compare(rng, function, text, ndim, lambda shape: shape)
    assert by_cpython


@pytest.mark.parametrize("seed", range(6))
def test_random_updates_of_rows_and_columns(seed, tmp_path, by_cpython):
    rng = np.random.default_rng(100 + seed)
    texts = [drawn(rng, f"f{k}") for k in range(16)]
    texts = [(text, ndim) for text, ndim in texts if ndim < 3 and "new" not in text]
    texts = [(of_a_row(text, k % 2), ndim) for k, (text, ndim) in enumerate(texts)]
    functions = _loaded(tmp_path, f"rows{seed}", [text for text, _ in texts])
    for k, ((text, ndim), function) in enumerate(zip(texts, functions)):
        _compare(rng, function, text, ndim, lambda shape, k=k: (*shape, 3) if k % 2 else (3, *shape))
    assert by_cpython


def _loaded(folder, name, texts: list[str]) -> list:
    """The functions f0, f1, …, of these texts, from a file."""
    path = folder / "drawn.py"
    path.write_text("import numpy as np\n\n\n" + "\n\n".join(texts))
    spec = importlib.util.spec_from_file_location(f"drawn{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [found for found in vars(module).values() if hasattr(found, "__code__")]


def _compare(rng, function, text: str, ndim: int, written) -> None:
    """Compare with CPython at all sizes; `written(shape)`: the shape of y for that of x and z."""
    dtype, compiled = DTYPES[int(rng.integers(3))], bx.jit(function, backend="numba")
    for n in SIZES[ndim]:
        shape = tuple(n + int(rng.integers(0, 2)) for _ in range(ndim))
        args = [rng.standard_normal(s).astype(dtype) for s in (shape, written(shape), shape)]
        want, got = [a.copy() for a in args], [a.copy() for a in args]
        function(*want)
        compiled(*got)
        for g, w in zip(got, want):
            error = 1e-5 if dtype == "float32" else 1e-12
            np.testing.assert_allclose(g, w, rtol=error, atol=error, err_msg=f"{shape} {dtype}\n{text}")


def reads_itself(x, y):
    y[1:] += 2.0 * x[:-1]
    y[:-1] += y[1:]
    y[1:] += 3.0 * y[:-1]


def test_updates_that_read_what_they_write_stay_apart(by_cpython):
    x, y = np.arange(7.0), np.linspace(0, 1, 7)
    want = y.copy()
    reads_itself(x, want)
    bx.jit(reads_itself, backend="numba")(x, y)
    np.testing.assert_allclose(y, want)
    assert not by_cpython


def cancels(x, y):
    y[:-1] += x[:-1] - x[:-1]
    y[1:] += x[:-1]


def test_what_cancels_is_nan_where_it_is_infinite(by_cpython):
    x, y = np.array([1.0, np.inf, 2.0, 3.0, 4.0, 5.0]), np.zeros(6)
    with np.errstate(invalid="ignore"):
        bx.jit(cancels, backend="numba")(x, y)
    np.testing.assert_array_equal(y, [0, np.nan, np.inf, 2, 3, 4])
    assert by_cpython


def gradient_of(name: str):
    """The gradient of the sum of what a program of the pool writes, and arguments."""
    program = load_all()[name]
    args = program.draw(2)

    def loss(*args):
        program.function(*args)
        return sum([np.sum(3.0 * x) for x in args if isinstance(x, np.ndarray)])

    return bx.grad(loss, argnums=program.main, backend="numba"), args


@pytest.mark.parametrize(
    ("name", "gathers"), [("stencils.jacobi_1d", 2), ("stencils.jacobi_2d", 2), ("stencils.heat_3d", 2)]
)
def test_the_gradient_of_a_stencil_makes_no_array_in_its_loop(name, gathers, by_cpython):
    gradient, args = gradient_of(name)
    gradient(*args)
    assert len(by_cpython) == gathers
    text = gradient.source(*args, stage="numba")
    assert text.count("fast.empty") == 2, text  # the cotangents of the two arrays


def far_apart(x, y):
    y[:-4, :-4] += x[:-4, :-4]
    y[4:, 4:] += 2.0 * x[4:, 4:]


def test_bounds_that_cross_in_a_later_call_leave_the_updates_apart(by_cpython):
    compiled = bx.jit(far_apart, backend="numba")
    for n, m in [(20, 20), (7, 20), (20, 7), (5, 5), (6, 8), (8, 8)]:
        x, y = np.random.default_rng(n).random((2, n, m))
        want = y.copy()
        far_apart(x, want)
        compiled(x, y)
        np.testing.assert_allclose(y, want)
    assert len(by_cpython) == 1
    assert "stop" in compiled.source(np.ones((20, 20)), np.ones((20, 20)), stage="numba")


def of_two_parts(x, y):
    new = np.zeros(len(x) + len(y))
    new[: len(x)] += x
    new[len(x) :] += y
    return new


def test_updates_that_meet_nowhere_stay_apart(by_cpython):
    x, y = np.arange(7.0), np.arange(9.0)
    np.testing.assert_array_equal(bx.jit(of_two_parts, backend="numba")(x, y), [*x, *y])
    assert not by_cpython
