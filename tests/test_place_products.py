"""Products that are only stored in, or added to, an array are put there by BLAS."""

from __future__ import annotations

import numpy as np
import pytest

import broadax as bx


def arrays(n):
    r = np.random.default_rng(n)
    return r.standard_normal((n, n)), r.standard_normal((n, n)), r.standard_normal((n, n))


def stored(a, b, out):
    out[:] = a @ b.T


def added(a, b, out):
    out += a.T @ b


def added_to_a_part(a, b, out):
    out[1:, 2:-1] += a[1:, :3] @ b[:3, 2:-1]


def added_in_a_loop(a, b, out):
    for k in range(5):
        out += np.sin(a * k) @ b


def added_nothing(a, b, out):
    for k in range(3):
        out[:k] += a[:k, :k] @ b[:k]


def overwritten(a, b, out):
    out[:] = out @ b


def overwritten_by_the_transpose_s(a, b, out):
    out[:] = out @ b.T


def of_three_axes(a, b, out):
    n = out.shape[0]
    out[:] = (out.reshape(1, n, n) @ b).reshape(n, n)


PLACED = {
    stored: "dot_into", added: "dot_onto", added_to_a_part: "dot_onto", added_in_a_loop: "dot_onto",
    added_nothing: "dot_onto", overwritten: "dot_over", overwritten_by_the_transpose_s: "dot_over",
    of_three_axes: "dot_over",
}  # fmt: skip


def check(function) -> str:
    """The function gives what NumPy does; the generated source."""
    compiled = bx.jit(function, backend="numba")
    for n in (5, 33, 700 if function in (overwritten, stored) else 40):
        want, got = arrays(n), arrays(n)
        function(*want)
        compiled(*got)
        for g, w in zip(got, want, strict=True):
            np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-9)
    return compiled.source(*arrays(9), stage="numba")


@pytest.mark.parametrize("function", PLACED, ids=lambda f: f.__name__)
def test_blas_puts_it_there(function):
    source = check(function)
    assert source.count("fast.dot") == source.count(f"fast.{PLACED[function]}(") == 1, source


def read_again(a, b, out):
    product = a @ b
    out += product
    out[0] = product[1]


def of_the_array_itself(a, b, out):
    out += out @ b


def the_array_on_the_right(a, b, out):
    out[:] = b @ out


def its_transpose(a, b, out):
    out[:] = out.T @ b


def other_rows(a, b, out):
    out[:] = out[::-1] @ b


def operand_changed_between(a, b, out):
    product = a @ b
    a[0, 0] = 7.0
    out += product


def rows_of_another_kind(a, b, out):
    out[:] = (a @ b)[0]


@pytest.mark.parametrize(
    "function",
    [
        read_again, of_the_array_itself, the_array_on_the_right, its_transpose, other_rows,
        operand_changed_between, rows_of_another_kind,
    ],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_products_with_memory_of_their_own(function):
    source = check(function)
    assert not any(name in source for name in ("dot_onto", "dot_over")), source


def test_a_gradient_adds_its_products_where_they_belong():
    def loss(w, x):
        total = 0.0
        for t in range(x.shape[0]):
            total += np.sum(np.tanh(x[t] @ w) ** 2)
        return total

    r = np.random.default_rng(0)
    args = r.standard_normal((12, 9)), r.standard_normal((4, 150, 12))
    compiled = bx.grad(loss, backend="numba")
    np.testing.assert_allclose(compiled(*args), bx.grad(loss, backend="numpy")(*args), rtol=1e-10)
    assert "fast.dot_onto(" in compiled.source(*args, stage="numba")
