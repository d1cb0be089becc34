"""Products of few rows are computed some rows at a time, where BLAS then needs not to pack its operands."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from broadax.runtime import kernels as fast
from broadax.runtime import small_products
from broadax.runtime.small_products import set_unpacked

SIZES = [(40, 12, 10), (37, 12, 10), (8, 30, 31), (33, 256, 10), (9, 300, 8), (100, 3, 40), (1, 50, 50)]


@njit
def put(a, b, out):
    fast.dot_into(a, b, out)
    return fast.dot(a, b)


@njit
def add(a, b, out):
    fast.dot_onto(a, b, out)


@pytest.fixture(params=[0, 2000, 30_000])
def most(request):
    set_unpacked(request.param)
    yield request.param
    set_unpacked(small_products.without_packing())


def layouts(matrix):
    """The matrix by rows, by columns, and as a part of a larger one each way."""
    larger = np.zeros((matrix.shape[0] + 3, matrix.shape[1] + 2), matrix.dtype)
    larger[2:-1, 1:-1] = matrix
    yield from (matrix, np.asfortranarray(matrix), larger[2:-1, 1:-1], np.asfortranarray(larger)[2:-1, 1:-1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_layout_and_limit(most, size, dtype):
    m, k, n = size
    r = np.random.default_rng(m)
    a, b = r.standard_normal((m, k)).astype(dtype), r.standard_normal((k, n)).astype(dtype)
    want, tolerance = a.astype(np.complex128) @ b, 1e-3 if dtype != np.float64 else 1e-11
    for x in layouts(a):
        for y in layouts(b):
            out, room = np.full((m, n), np.nan, dtype), np.ones((m + 2, n + 3), dtype)
            np.testing.assert_allclose(put(x, y, out), want, atol=tolerance)
            np.testing.assert_allclose(out, want, atol=tolerance)
            add(x, y, room[1:-1, 2:-1])
            np.testing.assert_allclose(room[1:-1, 2:-1], want + 1, atol=tolerance)
            room[1:-1, 2:-1] = 1
            assert np.all(room == 1)


def test_blas_with_several_threads_divides_products_itself(monkeypatch):
    monkeypatch.setattr(small_products, "get_host_cpu_features", lambda: "+avx2,+avx512vl")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    assert small_products.without_packing() == 0
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    assert small_products.without_packing() == small_products.MOST
    monkeypatch.setattr(small_products, "get_host_cpu_features", lambda: "+avx2")
    assert small_products.without_packing() == 0
