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


def spread_flags(x, y):
    y[1:-1, 1:-1] = x[2:, 1:-1] | x[:-2, 1:-1] & ~x[1:-1, 2:]
    return y


def test_short_rows_are_computed_under_masks():
    """Not those that are read where they are written, columns, long rows, and what calls functions."""
    masks = {f.__name__: _masks(f, 23) for f in (spread, added, strided, called)}
    assert masks == {"spread": 1, "added": 0, "strided": 0, "called": 0}
    assert _masks(spread, 300) == 0


def _masks(function, n: int) -> int:
    return bx.jit(function, backend="numba").source(*square(n), stage="numba").count("fast.masked()")


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
