"""Multiples of matrices are not made for products with vectors alone."""

from __future__ import annotations

import numpy as np
import pytest
from test_take_apart import core_of

import broadax as bx
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.statements import Op, statements
from broadax.transforms.core.verify import verify
from broadax.transforms.simplify.scale_products import scale_products

A, X, Y = np.arange(12.0).reshape(3, 4) - 5.5, np.linspace(1, 2, 4), np.linspace(-1, 1, 3)


def right(a, x, y):
    return (2.5 * a) @ x


def left(a, x, y):
    return y @ (a / x[0])


def turned(a, x, y):
    return (a * y[1]).T @ y


def twice(a, x, y):
    scaled = -a
    return scaled @ x, y @ scaled, scaled.T @ y


def kept(a, x, y):
    scaled = 3.0 * a
    return scaled @ x, scaled


def of_matrices(a, x, y):
    return (3.0 * a) @ a.T


def divided_by_it(a, x, y):
    return (2.0 / a) @ x


def by_rows(a, x, y):
    return (x * a) @ x


def scaled_matrices(function) -> int:
    """How many operations on elements of matrices are left; the values stay what they are."""
    before = core_of(bx.jit(function), A, X, Y)[0]
    after = verify(scale_products(before), after="scale_products")
    for got, want in zip(evaluate(after, A, X, Y), evaluate(before, A, X, Y), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-13)
    read = {a for s in statements(after.body) for a in getattr(s, "args", ())} | {*after.body.results}
    ops = [s for s in statements(after.body) if isinstance(s, Op) and s.out in read]
    return sum(s.prim.kind == "elementwise" and s.out.ndim == 2 for s in ops)


@pytest.mark.parametrize("function", [right, left, turned, twice], ids=lambda f: f.__name__)
def test_the_product_is_scaled(function):
    assert scaled_matrices(function) == 0
    got, want = bx.jit(function, backend="numba")(A, X, Y), function(A, X, Y)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-13)


@pytest.mark.parametrize("function", [kept, of_matrices, divided_by_it, by_rows], ids=lambda f: f.__name__)
def test_the_matrix_is_scaled(function):
    assert scaled_matrices(function) == 1
