"""What generated code says to LLVM: which arrays share no memory, and which rows are computed under masks."""

from __future__ import annotations

import re

import numba
import numpy as np
import pytest

import broadax as bx
from broadax.runtime import kernels, lowering

RNG = np.random.default_rng(0)


def spread(x, y):
    y[1:-1, 1:-1] = x[2:, 1:-1] + x[:-2, 1:-1] - 2.0 * x[1:-1, 2:] * x[1:-1, :-2]
    return y


def added(x, y):
    y[1:, 1:] += x[1:, :-1]
    return y


def strided(x, y):
    y[1:, 1:] = x.T[1:, 1:] + x[0, 0]
    return y


def called(x, y):
    y[1:, 1:] = np.sin(x[:-1, :-1])
    return y


def exponentials(x, y):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True) + np.arctan2(x, y)


def square(n):
    return RNG.normal(size=(n, n)), RNG.normal(size=(n, n))


@pytest.mark.parametrize("n", [3, 4, 7, 8, 9, 10, 11, 18, 19, 34, 130])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, bool])
def test_rows_of_any_length(n, dtype):
    """One version serves all lengths; what stands beside the rows is not written."""
    function = spread if dtype is not bool else spread_flags
    compiled = bx.jit(function, backend="numba")
    first = [(a * 50).astype(dtype) for a in square(23)]
    compiled(*first)
    x, y = [(a * 50).astype(dtype) for a in square(n)]
    expected = function(x, y.copy())
    np.testing.assert_array_equal(compiled(x, y), expected)


@pytest.mark.parametrize("first", [8, 23, 2000])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sums_and_functions_of_rows_of_any_length(first, dtype):
    compiled = bx.jit(exponentials, backend="numba")
    compiled(*(RNG.normal(size=(2, 3, first)).astype(dtype)))
    for n in (2, 7, 8, 15, 16, 17, 31, 33, 100, 2001):
        x, y = RNG.normal(size=(2, 3, n)).astype(dtype)
        np.testing.assert_allclose(
            compiled(x, y), exponentials(x, y), rtol=1e-5 if x.itemsize == 4 else 1e-12
        )


def spread_flags(x, y):
    y[1:-1, 1:-1] = x[2:, 1:-1] | x[:-2, 1:-1] & ~x[1:-1, 2:]
    return y


def test_short_rows_are_computed_under_masks():
    """Not those that are read where they are written, columns, long rows, and cheap sums."""
    masks = {f.__name__: _masks(f, 23) for f in (spread, added, strided, called, exponentials)}
    assert masks == {"spread": 1, "added": 0, "strided": 0, "called": 1, "exponentials": 3}
    assert _masks(spread, 300) == 0


def test_what_is_added_up_in_float64_does_not_halve_vectors():
    assert [_masks(exponentials, n, np.float32, "masked_singles") for n in (8, 23, 300)] == [0, 1, 0]
    assert [_masks(exponentials, n, np.float32, "singles") for n in (23, 300, 2000)] == [0, 0, 1]
    assert _masks(exponentials, 23, np.float64, "masked_singles") == 0


def _masks(function, n: int, dtype=np.float64, mark: str = "masked") -> int:
    args = [a.astype(dtype) for a in square(n)]
    return bx.jit(function, backend="numba").source(*args, stage="numba").count(f"fast.{mark}()")


@pytest.mark.skipif(not lowering._has_masks(), reason="this machine has no masks")
def test_a_masked_row_has_no_loop_over_single_elements():
    """No product of two single numbers is left, but there is one without the mask."""
    single = re.compile(r" fmul double ")
    assert not single.search(_llvm(spread, 23))
    assert single.search(_llvm(spread, 23, lambda text: text.replace("fast.masked()", "pass")))


def test_arrays_that_share_no_memory_are_not_compared():
    assert "found.conflict" not in _llvm(spread, 300)
    assert "found.conflict" in _llvm(spread, 300, lambda text: re.sub(r"@fast.apart.*\n", "", text))


def _llvm(function, n: int, change=str) -> str:
    """The function in LLVM's language after its passes."""
    args = square(n)
    text = change(bx.jit(function, backend="numba").source(*args, stage="numba"))
    module: dict = {}
    exec(text.replace("**fast.options", "**fast.generated"), module)
    return next(iter(module[function.__name__].inspect_llvm().values()))


def views(x, n):
    """`top` is a part of x, `other` has memory of its own."""
    other = x * 2.0
    top = x[:3]
    for k in range(n):
        other[k % 4, 0] += top[k % 3, 1] + x[(k + 1) % 4, 2]
        x[k % 4, 1] = other[0, 0] - top[0, 0]
    return x, other


def test_views_stay_with_their_bases():
    x = RNG.normal(size=(4, 5))
    compiled = bx.jit(views, backend="numba")
    for got, expected in zip(compiled(x.copy(), 9), views(x.copy(), 9), strict=True):
        np.testing.assert_allclose(got, expected)
    assert '@fast.apart("' in compiled.source(x, 9, stage="numba")


def test_a_name_says_which_memory_it_is_in():
    """Arrays of one group may share memory: a store to one is seen in the other."""

    @numba.njit(**kernels.generated)
    @kernels.apart("a b", "c")
    def swapped(a, b, c, n):
        total = 0.0
        for i in range(n):
            a[i] = c[i] + 1.0
            total += b[i]
        return total

    a, c = np.zeros(40), np.arange(40.0)
    assert swapped(a, a, c, 40) == 820.0
