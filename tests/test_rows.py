"""Rows of lists are copies: changes of rows that stand in another place, too, are refused."""

from __future__ import annotations

import numpy as np
import pytest

import broadax as bx
from broadax.runtime.errors import BroadaxError

REFUSED, RIGHT = [], []


def refused(function):
    """Enter a program whose change would have to be seen in two places."""
    REFUSED.append(function)


def right(function):
    """Enter a program that runs."""
    RIGHT.append(function)


@refused
def row_of_another_place(x, n, k):
    rows = [x * i for i in range(n)]
    rows[k] = rows[k + 1]
    rows[k][0] = 9.0
    return rows[k], rows[k + 1]


@refused
def array_put_into_two_places(x, n, k):
    rows = [x * i for i in range(n)]
    y = x * 5
    rows[k] = y
    rows[k + 1] = y
    rows[k][0] = 9.0
    return rows[k], rows[k + 1]


@refused
def one_array_in_every_place(x, n, k):
    rows = [x for i in range(n)]
    rows[k][0] = 9.0
    return rows[k], rows[k + 1]


@refused
def one_list_appended_at_each_turn(x, n, k):
    rows = []
    y = [0.0, 1.0]
    for _ in range(n):
        rows.append(y)
    rows[k][0] = 9.0
    return rows[k], rows[k + 1]


@refused
def list_of_another_place(x, n, k):
    rows = [[1.0 * i, 2.0] for i in range(n)]
    rows[k] = rows[k + 1]
    rows[k][0] += 1.0
    return rows[k][0], rows[k + 1][0]


@refused
def sum_of_lists(x, n, k):
    rows = [x * i for i in range(n)]
    both = rows + [x * 7]
    both[k][0] = 9.0
    return rows[k], both[k]


@refused
def slice_of_rows(x, n, k):
    rows = [x * i for i in range(n)]
    part = rows[1:]
    part[k][0] = 9.0
    return rows[k + 1], part[k]


@refused
def list_of_a_list(x, n, k):
    rows = [x * i for i in range(n)]
    other = list(rows)
    other[k][0] = 9.0
    return rows[k], other[k]


@refused
def list_of_the_items_of_another(x, n, k):
    rows = [x * i for i in range(n)]
    other = [row for row in rows if row is not None]
    other[k][0] = 9.0
    return rows[k], other[k]


@right
def rows_that_change_places(x, n, k):
    rows = [x * i for i in range(n)]
    rows[k], rows[k + 1] = rows[k + 1], rows[k]
    rows[k][0] = 9.0
    return rows[k], rows[k + 1]


@right
def elimination(x, n, k):
    A = [[float(i * j % 5 + (i == j)) for j in range(n)] for i in range(n)]
    for c in range(n):
        p = c
        for r in range(c, n):
            if abs(A[r][c]) > abs(A[p][c]):
                p = r
        A[c], A[p] = A[p], A[c]
        for r in range(c + 1, n):
            m = A[r][c] / A[c][c]
            for j in range(n):
                A[r][j] -= m * A[c][j]
    return A[0], A[-1]


@right
def elimination_by_a_third_name(x, n, k):
    A = [[float(i * j % 5 + (i == j)) for j in range(n)] for i in range(n)]
    for c in range(n):
        p = c
        for r in range(c, n):
            if abs(A[r][c]) > abs(A[p][c]):
                p = r
        if p != c:
            t = A[c]
            A[c] = A[p]
            A[p] = t
        for r in range(c + 1, n):
            m = A[r][c] / A[c][c]
            for j in range(n):
                A[r][j] -= m * A[c][j]
    return A[0], A[-1]


@right
def row_given_to_the_place_before(x, n, k):
    rows = [x * i for i in range(n)]
    for i in range(n - 1):
        rows[i + 1][0] += 1.0
        rows[i] = rows[i + 1]
    return rows[0], rows[1], rows[2]


@right
def new_rows(x, n, k):
    rows = [x * i for i in range(n)]
    rows[k] = x * 5
    rows[k][0] = 3.0
    rows.append(x + 1)
    rows[-1][0] = 4.0
    return rows[0], rows[k], rows[-1]


@pytest.mark.parametrize("function", REFUSED)
def test_a_change_that_another_place_should_see(function):
    with pytest.raises(BroadaxError, match="second place") as info:
        bx.jit(function, backend="numpy")(np.ones(2), 4, 1)
    assert info.value.loc is not None


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("function", RIGHT)
def test_changes_of_rows(function, backend):
    want = function(np.ones(2), 4, 1)
    for a, b in zip(bx.jit(function, backend=backend)(np.ones(2), 4, 1), want, strict=True):
        np.testing.assert_allclose(a, b)
