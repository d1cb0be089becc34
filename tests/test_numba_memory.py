"""What the Numba backend's code does with memory: parts of arrays read where they are, plain indices."""

from __future__ import annotations

import re

import numba
import numpy as np
import pytest
from programs.pool import load_all

import broadax as bx
from broadax.runtime import kernels

BLOCKS = {
    "columns": lambda a, x, i: x[:6] @ a[:6, i:],
    "rows": lambda a, x, i: a[i:, 1:7] @ x[1:7],
    "transposed": lambda a, x, i: a[i:, 1:7].T @ x[i : a.shape[0]],
    "a row": lambda a, x, i: a[-2] @ a[:, i:].T[: 8 - i, :8].T,
    "both": lambda a, x, i: a[i:, 2:5] @ a[i + 1 :, 3:6].T,
    "from the left": lambda a, x, i: a[:, :i].T @ a[:, i:],
    "nothing": lambda a, x, i: a[:, i:i] @ x[i:i],
    "one column": lambda a, x, i: a[:, i : i + 1] @ a[i : i + 1, :2],
    "of three axes": lambda a, x, i: a.reshape(2, 4, 8)[1, 1:, 2:] @ x[2:8],
    "of three axes, between": lambda a, x, i: a.reshape(2, 4, 8)[:, -2, 2:] @ x[2:8],
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128])
@pytest.mark.parametrize("name", BLOCKS)
def test_products_read_parts_of_arrays_where_they_are(name, dtype):
    function, rng = BLOCKS[name], np.random.default_rng(0)
    a, x = rng.random((8, 8)).astype(dtype), rng.random(9).astype(dtype)
    compiled = bx.jit(function, backend="numba")
    for i in (3, 0, 2):
        np.testing.assert_allclose(compiled(a, x, i), function(a, x, i), rtol=1e-5)
    text = compiled.source(a, x, 3, stage="numba")
    assert "fast.block(" in text and "for j in" not in text and "fast.empty" not in text


@pytest.mark.parametrize(
    "function",
    [
        lambda a, x: a[:, ::2] @ x[:4],
        lambda a, x: a[::-1] @ x[:8],
        lambda a, x: a.reshape(2, 2, 2, 8)[:, :, 1, 3] @ x[:2],
        lambda a, x: a[:, 3] @ a,
        lambda a, x: a[:, None, 0] @ x[:1],
        lambda a, x: (2 * a)[3] @ a,
    ],
)
def test_what_blas_cannot_read_is_put_in_a_row(function):
    rng = np.random.default_rng(0)
    a, x = rng.random((8, 8)), rng.random(9)
    np.testing.assert_allclose(bx.jit(function, backend="numba")(a, x), function(a, x))


def test_a_part_that_is_written_after_it_was_taken_is_a_copy():
    def f(a, x):
        part = a[2:, 1:].copy()
        a[3:, 2:] = 7.0
        return part @ x[:7] + a[2:, 1:] @ x[:7]

    rng = np.random.default_rng(0)
    a, x = rng.random((8, 8)), rng.random(9)
    np.testing.assert_allclose(bx.jit(f, backend="numba")(a.copy(), x), f(a.copy(), x))


def test_correlation_copies_no_block_of_columns():
    program = load_all()["statistics.correlation"]
    args = program.draw(4)
    for function in (
        bx.jit(program.function, backend="numba"),
        bx.grad(_total(program), argnums=1, backend="numba"),
    ):
        text = function.source(*args, stage="numba")
        assert len(re.findall(r"fast\.block\(ratio, \(0, (?:i|start) \+ 1\)", text)) == 1
        assert not re.search(r"item\w* = fast\.empty\(\(", text)


def _total(program):
    def total(*args):
        return np.sum(program.function(*args)[0])

    return total


def test_a_loop_that_runs_down_uses_vector_registers():
    def f(x, y):
        for i in range(x.shape[0] - 1, -1, -1):
            for j in range(x.shape[0]):
                for k in range(x.shape[1] - i - 1):
                    x[j, i + k + 1] += y[j] * y[k]

    compiled = numba.njit("(float64[:, ::1], float64[::1])", **kernels.generated)(f)
    (text,) = compiled.inspect_llvm().values()
    assert re.search(r"fadd <\d+ x double>", text)


def test_an_index_of_data_that_counts_from_the_end():
    def f(x, k):
        x[k] = 2.0 * x[k[::-1]]
        return np.take(x, k, mode="clip") + x[k], np.take(x, k, mode="wrap")

    x, k = np.arange(6.0), np.array([-1, 2, -6])
    for got, want in zip(bx.jit(f, backend="numba")(x.copy(), k), f(x.copy(), k)):
        np.testing.assert_array_equal(got, want)


def test_a_reverse_sweep_over_jacobi_takes_what_it_overwrites_in_one_pass():
    program = load_all()["stencils.jacobi_2d"]
    args = program.draw(16)
    gradient = bx.grad(lambda n, a, b: (program.function(n, a, b), np.sum(a))[1], argnums=1, backend="numba")
    text = gradient.source(*args, stage="numba")
    assert "fast.copy(item" not in text and not re.search(r"^ +item\w* = fast.empty", text, re.M)


def test_a_result_is_computed_in_the_memory_of_the_argument_it_belongs_to():
    program = load_all()["linear_algebra.gemver"]
    text = bx.jit(program.function, backend="numba").source(*program.draw(4), stage="numba")
    assert "empty((" not in text  # no second matrix


def test_an_argument_is_written_after_all_that_may_raise():
    def function(x, i):
        doubled = 2.0 * x
        picked = doubled[i] + np.sum(doubled)
        x[:] = doubled
        return picked

    for backend in ("numba", "numpy"):
        x = np.arange(4.0)
        assert bx.jit(function, backend=backend)(x, 2) == 4.0 + 12.0
        np.testing.assert_array_equal(x, 2 * np.arange(4.0))
        with pytest.raises(IndexError):
            bx.jit(function, backend=backend)(x, 9)
        np.testing.assert_array_equal(x, 2 * np.arange(4.0))
