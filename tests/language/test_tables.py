"""Names for one list: what is written through one is seen through the others, or refused."""

import numpy as np
import pytest

import broadax as bx
from broadax.runtime.errors import BroadaxError
from tests.language.growing import SIGNS
from tests.language.tables import becomes_a_table_of_floats, langtons_ant
from tests.language.test_language import same


def one_row_many_times(x):
    row = [0.0] * len(x)
    rows = []
    for _ in range(len(x)):
        rows.append(row)
    rows[0][0] = x[0]
    return row[0] + rows[1][0]


def the_same_list_everywhere(x):
    d = [[0] * len(x)] * len(x)
    d[0][0] = 1
    return d[1][0]


def written_through_a_name(x):
    d = [[0.0] * len(x) for _ in range(len(x))]
    row = d[0]
    row[0] = x[0]
    return d[0][0]


def read_through_an_older_name(x):
    d = [[0.0] * len(x) for _ in range(len(x))]
    row = d[0]
    d[0][0] = x[0]
    return row[0]


def carried_to_the_next_turn(x):
    d = [[0.0] * len(x) for _ in range(len(x))]
    row = d[0]
    for i in range(1, len(x)):
        row[0] = x[i]
        row = d[i]
    return d[0][0] + d[1][0]


def chosen_in_a_loop(x):
    d = [[v] for v in x]
    row = d[0]
    for i in range(1, len(x)):
        row = d[i] if x[i] > 1 else row
    row[0] = 90.0
    return sum(r[0] for r in d)


def row_of_the_turn_before(x):
    n = len(x)
    d = [[0.0] * n for _ in range(n)]
    row = d[n - 1]
    total = 0.0
    for i in range(n - 2, -1, -1):
        d[i][0] = x[i]
        total += row[0]
        row = d[i - 1]
    return total


def a_list_or_another(x):
    p, q = [x[0], 2.0], [3.0, x[1]]
    r = p if x[0] > x[1] else q
    r[0] = 9.0
    return p[0] + q[0]


def a_list_or_another_is_read(x):
    p, q = [x[0], 2.0], [3.0, x[1]]
    r = p if x[0] > x[1] else q
    p[0], q[0] = 7.0, 9.0
    return r[0]


def a_dict_or_another(x):
    p, q = {"a": x[0]}, {"a": 2 * x[0]}
    if x[0] > 0:
        r = p
    else:
        r = q
    r["a"] = 5.0
    return p["a"]


class Cell:
    def __init__(self, value):
        self.value = value


def an_object_or_another(x):
    p, q = Cell(x[0]), Cell(2 * x[0])
    r = p
    for i in range(len(x)):
        if x[i] > 1:
            r = q
    r.value = 7.0
    return p.value + q.value


ALIASES = [
    one_row_many_times,
    the_same_list_everywhere,
    written_through_a_name,
    read_through_an_older_name,
    carried_to_the_next_turn,
    chosen_in_a_loop,
    row_of_the_turn_before,
    a_list_or_another,
    a_list_or_another_is_read,
    a_dict_or_another,
    an_object_or_another,
]


@pytest.mark.parametrize("function", ALIASES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [SIGNS, -SIGNS])
def test_names_for_one_list(function, x):
    try:
        got = bx.jit(function)(x)
    except BroadaxError as error:
        assert (
            "is also an item of a list" in str(error)
            or "or another depending on data" in str(error)
            or "may stand in a second place" in str(error)
            or ("all places of this list would hold the same object" in str(error))
        )
        assert "instead: " in str(error)
    else:
        same(got, function(x))


def test_a_name_that_no_longer_matters_is_no_obstacle():
    def f(x):
        p = [x, 1.0]
        if x > 0:
            p = [2 * x, 3.0]
        p[0] += 1.0
        return p[0] * p[1]

    for x in (1.5, -1.5):
        assert bx.jit(f)(x) == f(x)


def test_a_table_is_one_array():
    text = bx.jit(becomes_a_table_of_floats, backend="numpy").source(SIGNS)
    assert "rows[i, j] = x[i] * x[j]" in text and "IndexError" not in text


def lookup_out_of_range(x):
    return (1.0, 2.0)[int(x[0])]


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_lookup_is_checked(backend):
    f = bx.jit(lookup_out_of_range, backend=backend)
    assert f(np.array([-2.0])) == 1.0
    for index in (2.0, -3.0):
        with pytest.raises(IndexError, match="index out of range"):
            f(np.array([index]))


def writes_what_was_looked_up(x):
    rows = [x.copy(), 2 * x]
    row = rows[int(x[0])]
    row[0] = 7.0
    return rows[0]


def writes_what_it_was_looked_up_from(x):
    rows = [x.copy(), 2 * x]
    row = rows[int(x[0])]
    rows[0][0] = 7.0
    return row


@pytest.mark.parametrize("f", [writes_what_was_looked_up, writes_what_it_was_looked_up_from])
def test_a_write_that_an_item_would_share(f):
    with pytest.raises(BroadaxError, match="one array or another depending on data"):
        bx.jit(f)(np.ones(3))


def one_row_in_two_places(x):
    row = np.zeros(2)
    rows = [row, row]
    rows[int(x[0])][0] = 3.0
    return rows[1]


def test_one_object_in_two_places_of_a_list():
    with pytest.raises(BroadaxError, match="holds one object in two places"):
        bx.jit(one_row_in_two_places)(np.zeros(1))


def test_a_lookup_fixes_no_argument():
    f = bx.jit(langtons_ant)
    for n in (5, 6, 30):
        f(np.zeros((7, 7), dtype=np.int64), n)
    assert len(f.compilations) == 1


def half_of_none(x):
    best = None
    if x > 0:
        best = x
    return best / 2


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_what_may_be_none(backend):
    f = bx.jit(half_of_none, backend=backend)
    assert f(3.0) == 1.5
    with pytest.raises(TypeError, match="best is None here"):
        f(-3.0)
