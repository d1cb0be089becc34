"""Compiled code stays inside its arrays: wild indices, empty arrays, sizes that do not fit, negative sizes.

CPython running the same source says what must happen: the same value, or an error of the same class.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import broadax as bx
from broadax.runtime.errors import BroadaxError

BACKENDS = ("numpy", "numba")


def outcome(function, arguments):
    """`(value, arguments afterwards)`, or the class of the error and the error."""
    arguments = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
    try:
        with np.errstate(all="ignore"):
            return function(*arguments), arguments
    except Exception as error:
        return type(error), error


def agree(function, arguments, backend: str, compiled=None):
    want, after = outcome(function, arguments)
    compiled = compiled or bx.jit(function, backend=backend)
    got, ours = outcome(compiled, arguments)
    if isinstance(want, type):
        assert isinstance(got, type), f"{want.__name__} expected, got {got!r}"
        assert issubclass(got, want), ours
        assert isinstance(ours, BroadaxError)
        assert ours.loc is not None
        assert ours.loc.file == __file__
        return
    assert not isinstance(got, type), ours
    np.testing.assert_allclose(got, want, equal_nan=True)
    for x, y in zip(ours, after, strict=True):
        np.testing.assert_array_equal(x, y)


# ── indices ───────────────────────────────────────────────────────────────────────────────────────


def read_one(x, i):
    return x[i] * 2


def read_row(m, i):
    return m[i].sum()


def read_two(m, i, j):
    return m[i, j] + m[j % 3, i % 2]


def write_one(x, i):
    x[i] = 7.0
    return x.sum()


def add_one(x, i):
    x[i] += 7.0
    return x.sum()


def write_part(x, i, j):
    y = np.zeros(9)
    y[2:7][i] = x[j]
    return y


def read_view(x, i):
    y = x[1:-1]
    return y[i] - y[::2][i // 2]


def read_reversed(x, i):
    return x[::-1][i]


def read_slice(x, i, j):
    return x[i:j].sum() + x[j:].sum() - x[:i].sum() + x[i:j:2].size


def loop_to(x, i):
    total = 0.0
    for k in range(i):
        total += x[k]
    return total


def walk(x, i):
    total = 0.0
    k = 0
    while k < 3:
        total += x[k * i]
        k += 1
    return total


SCALAR = [
    (read_one, lambda x, m, i, j: (x, i)),
    (read_row, lambda x, m, i, j: (m, i)),
    (read_two, lambda x, m, i, j: (m, i, j)),
    (write_one, lambda x, m, i, j: (x, i)),
    (add_one, lambda x, m, i, j: (x, i)),
    (write_part, lambda x, m, i, j: (x, i, j)),
    (read_view, lambda x, m, i, j: (x, i)),
    (read_reversed, lambda x, m, i, j: (x, i)),
    (read_slice, lambda x, m, i, j: (x, i, j)),
    (loop_to, lambda x, m, i, j: (x, i)),
    (walk, lambda x, m, i, j: (x, i)),
]
X, M = np.arange(1.0, 8.0), np.arange(30.0).reshape(5, 6)
WILD = (-(2**62), -1000, -9, -8, -7, -6, -5, -2, -1, 0, 1, 2, 4, 5, 6, 7, 8, 50, 2**62)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("function", "arguments"), SCALAR, ids=[f.__name__ for f, _ in SCALAR])
def test_wild_indices(function, arguments, backend):
    compiled = bx.jit(function, backend=backend)
    for i in WILD:
        if function is loop_to and i > 100:
            continue  # CPython stops at the first index outside, too, but an error says it all
        for j in (-8, -1, 0, 6) if function in (read_two, write_part, read_slice) else (0,):
            agree(function, arguments(X, M, i, j), backend, compiled)


def gather(x, k):
    return x[k] + x[-k - 1]


def gather_rows(m, k):
    return m[k].sum(axis=1)


def scatter(x, k):
    x[k] = 3.0
    return x


def scatter_add(x, k):
    np.add.at(x, k, 2.0)
    return x


def take(x, k):
    return np.take(x, k)


def take_clipped(x, k):
    return np.take(x, k, mode="clip") + np.take(x, k, mode="wrap")


def nested(x, k):
    return x[k[k % 3]]


def count(x, k):
    return np.bincount(k).sum()


def repeated(x, k):
    return np.repeat(x[:3], k)


def sorted_by(x, k):
    return np.searchsorted(x, np.array([2.5, 6.5]), sorter=k)


ARRAY = [gather, gather_rows, scatter, scatter_add, take, take_clipped, nested, count, repeated, sorted_by]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("function", ARRAY)
def test_wild_index_arrays(function, backend):
    compiled = bx.jit(function, backend=backend)

    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(st.lists(st.integers(-9, 9), min_size=3, max_size=3))
    def run(indices):
        if function is sorted_by:
            indices = (indices + [0, 1, 2, 3])[:7]
            if any(not 0 <= k < 7 for k in indices):
                return  # NumPy itself does not look
        x = M if function is gather_rows else X
        agree(function, (x, np.array(indices)), backend, compiled)

    run()


# ── sizes: empty arrays, sizes from data that do not fit, negative ones ───────────────────────────


def chosen(x, a):
    """The elements above a: none, some or all."""
    return x[x > a]


SIZES = [
    lambda x, a, b: np.max(chosen(x, a)),
    lambda x, a, b: np.min(chosen(x, a)) + chosen(x, b).sum(),
    lambda x, a, b: np.argmax(chosen(x, a)),
    lambda x, a, b: np.argmin(chosen(x, b)),
    lambda x, a, b: chosen(x, a)[0],
    lambda x, a, b: chosen(x, a)[-2],
    lambda x, a, b: np.sort(chosen(x, a))[3],
    lambda x, a, b: np.cumsum(chosen(x, a))[-1],
    lambda x, a, b: np.diff(chosen(x, a)),
    lambda x, a, b: np.ptp(chosen(x, a)),
    lambda x, a, b: np.roll(chosen(x, a), 3),
    lambda x, a, b: np.stack([chosen(x, a), chosen(x, b)]),
    lambda x, a, b: np.concatenate([chosen(x, a)[None], chosen(x, b)[None]]),
    lambda x, a, b: np.concatenate([chosen(x, a), chosen(x, b)]),
    lambda x, a, b: chosen(x, a) @ chosen(x, b),
    lambda x, a, b: np.einsum("i,i->", chosen(x, a), chosen(x, b)),
    lambda x, a, b: np.outer(chosen(x, a), chosen(x, b)).T @ chosen(x, a),
    lambda x, a, b: chosen(x, a).reshape(2, 2),
    lambda x, a, b: np.where(chosen(x, a) > 2, chosen(x, a), 0.0),
    lambda x, a, b: np.pad(chosen(x, a), 2, mode="edge"),
    lambda x, a, b: np.tile(chosen(x, a), 2),
    lambda x, a, b: np.flatnonzero(chosen(x, a) > 3),
    lambda x, a, b: np.interp(x, chosen(x, a), chosen(x, a)),
    lambda x, a, b: np.zeros(int(x[0] - a)),
    lambda x, a, b: np.arange(int(x[0] - a)) + 0.5,
    lambda x, a, b: np.repeat(x, int(x[0] - a)),
    lambda x, a, b: np.pad(x, int(x[0] - a)),
    lambda x, a, b: np.linspace(0.0, 1.0, int(x[0] - a)),
    lambda x, a, b: np.full((2, int(x[0] - a)), 1.5),
    lambda x, a, b: np.trace(np.outer(chosen(x, a), chosen(x, b))),
]


def write_chosen(x, a, b):
    y = np.zeros(7)
    y[: int(b)] = chosen(x, a)
    return y


def write_at_chosen(x, a, b):
    y = np.zeros(7)
    y[np.flatnonzero(x > b)] = chosen(x, a)
    return y


def add_chosen(x, a, b):
    y = chosen(x, a).copy()
    y += chosen(x, b)
    return y


SIZES += [write_chosen, write_at_chosen, add_chosen]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("number", range(len(SIZES)))
def test_sizes_from_data(number, backend):
    function = SIZES[number]
    compiled = bx.jit(function, backend=backend)
    for a, b in ((0.0, 0.0), (3.0, 3.0), (3.0, 2.0), (9.0, 9.0), (9.0, 3.0), (2.0, 9.0)):
        try:
            agree(function, (X, a, b), backend, compiled)
        except AssertionError as error:
            # A size 1 from data is not stretched: NumPy gives a value, we say so.
            assert "sizes" in str(error) and 1 in (len(chosen(X, a)), len(chosen(X, b))), error


EMPTY = [
    lambda x: x.max(),
    lambda x: x.argmin(),
    lambda x: x.sum() + x.prod(),
    lambda x: np.sort(x),
    lambda x: x[0],
    lambda x: x[-1],
    lambda x: x[:5].size,
    lambda x: x.reshape(2, 3),
    lambda x: np.stack([x, np.ones(4)]),
    lambda x: x + np.ones(4),
    lambda x: x @ np.ones(4),
    lambda x: np.dot(x, x),
    lambda x: np.cumsum(x),
    lambda x: np.diff(x),
    lambda x: np.convolve(x, np.ones(2)),
    lambda x: np.linalg.norm(x),
    lambda x: np.clip(x, 0, 1),
    lambda x: np.any(x > 0),
    lambda x: np.outer(x, x).max(),
    lambda x: np.zeros((x.shape[0] - 1,)),
    lambda x: np.mean(x),
    lambda x: np.roll(x, 1),
    lambda x: np.take(x, np.array([0])),
    lambda x: np.take(x, np.array([0]), mode="clip"),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("number", range(len(EMPTY)))
def test_sizes_0_and_1(number, backend):
    compiled = bx.jit(EMPTY[number], backend=backend)
    for size in (0, 1):
        agree(EMPTY[number], (np.arange(size) + 0.5,), backend, compiled)


# ── derivatives and batches of them ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("backend", BACKENDS)
def test_derivatives_check_their_indices(backend):
    gradient = bx.grad(lambda x, i: x[i] ** 2, backend=backend)
    batched = bx.vmap(lambda x, i: x[i] * 2, in_axes=(None, 0), backend=backend)
    assert gradient(X, -1)[-1] == 2 * X[-1]
    for i in (7, -8, 2**62):
        with pytest.raises(IndexError, match="test_safety.py"):
            gradient(X, i)
        with pytest.raises(IndexError, match="test_safety.py"):
            batched(X, np.array([0, i, 1]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_nan_and_infinity_are_values(backend):
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -1.0])
    for function in (
        lambda x: np.sqrt(x) + np.log(x),
        lambda x: 1 / x,
        lambda x: x.max(),
        lambda x: np.nanmax(x),
        lambda x: np.sort(x),
        lambda x: np.argmax(x),
        lambda x: x // 1.0,
        lambda x: np.maximum(x, 0.0),
        lambda x: x**-1.0,
    ):
        agree(function, (x,), backend)


# ── Python's errors of numbers ────────────────────────────────────────────────────────────────────


def of_numbers(which, x, n):
    if which == 0:
        return x**n
    if which == 1:
        return (x - 1e200) ** 2
    if which == 2:
        return x**-1 + n
    if which == 3:
        return float(int(x))
    if which == 4:
        return float(math.floor(x) + round(x))
    if which == 5:
        return 1.0 * (3 << n)
    return 1.0 * (which >> n)


@pytest.mark.parametrize("backend", BACKENDS)
def test_numbers_raise_what_python_raises(backend):
    compiled = bx.jit(of_numbers, backend=backend)
    for which in range(7):
        for x in (0.0, -0.0, 2.5, -2.5, np.nan, np.inf, -np.inf, 1e18):
            for n in (-3, 0, 2):
                agree(of_numbers, (which, x, n), backend, compiled)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_number_of_more_than_64_bits(backend):
    agree(lambda x: x * 2**70, (np.arange(3),), backend)
    agree(lambda x: x * 2**70, (np.arange(3.0),), backend)


def written_twice(x, y):
    z = y + 1
    x[1] = z[0]
    x[0] += z[1]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_write_to_a_read_only_argument(backend):
    x = np.zeros(3)
    x.flags.writeable = False
    with pytest.raises(ValueError, match="assignment destination is read-only") as info:
        bx.jit(written_twice, backend=backend)(x, np.ones(3))
    assert info.value.loc.marked() == "x[1] = z[0]"
    assert not x.any()


# ── arguments that are not in C order ─────────────────────────────────────────────────────────────

LAYOUTS = {
    "C": lambda a: a.reshape(10, 12),
    "Fortran": lambda a: np.asfortranarray(a.reshape(10, 12)),
    "every third": lambda a: a[::3],
    "backwards": lambda a: a[::-1],
    "columns": lambda a: a.reshape(10, 12)[:, ::2],
    "the first columns": lambda a: a.reshape(10, 12)[:, :7],
    "rows": lambda a: a.reshape(10, 12)[::2],
    "one column": lambda a: a.reshape(10, 12)[:, 3:4],
    "Fortran, three axes": lambda a: np.asfortranarray(a.reshape(5, 4, 6)),
    "turned": lambda a: a.reshape(5, 4, 6).transpose(1, 0, 2),
}


def through_views(m):
    parts = m.ravel(), m.reshape(-1), m.T.reshape(-1), m.T.ravel(), m[1:].reshape(-1, 1)
    for k, part in enumerate(parts):
        part[k] = -7.0 - k
    return parts


@pytest.mark.parametrize("layout", LAYOUTS)
def test_which_reshapes_are_views_depends_on_the_layout(layout):
    compiled = bx.jit(through_views, backend="numpy")
    compiled(np.zeros((10, 12)))
    compiled(np.zeros(40))
    theirs, ours = (LAYOUTS[layout](np.arange(120.0)) for _ in range(2))
    for got, want in zip(compiled(ours), through_views(theirs), strict=True):
        np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(ours, theirs)


def test_which_reshapes_are_views_on_numba():
    theirs, ours = (LAYOUTS["Fortran"](np.arange(120.0)) for _ in range(2))
    bx.jit(through_views, backend="numba")(ours)
    through_views(theirs)
    np.testing.assert_array_equal(ours, theirs)


def neighbours(n, x):
    total = 0.0
    for i in range(1, n - 1):
        total += x[i - 1] * x[i + 1]
    return total


def test_a_count_that_fits_the_array_needs_no_check_in_the_loop():
    """That it fits is a guard: where it does not, another version checks each index."""
    f, x = bx.jit(neighbours, backend="numba"), np.arange(10.0)
    assert "fast.take" not in f.source(10, x, stage="numba")
    for n in (10, 7, 5):
        assert f(n, x) == neighbours(n, x)
    assert [c.guards for c in f.compilations] == [("m - n >= 0",)]
    with pytest.raises(IndexError, match="index 10 is out of bounds"):
        f(12, x)
    assert f(10, x) == neighbours(10, x)


def eliminated(n, A):
    for k in range(n):
        for i in range(k + 1, n):
            A[i][k] = A[i][k] / A[k][k]
            for j in range(k + 1, n):
                A[i][j] -= A[i][k] * A[k][j]
    return np.sum(A)


def test_the_reverse_of_a_triangular_loop_checks_no_index():
    """Where such a loop ends is a size of a scalar that is computed."""
    A = np.eye(12) * 12 + np.cos(np.arange(144.0)).reshape(12, 12)
    gradient = bx.grad(eliminated, argnums=1, backend="numba")
    assert "fast.take" not in gradient.source(12, A, stage="numba")
    want = bx.grad(eliminated, argnums=1, backend="numpy")
    for n in (12, 3, 2, 1, 0):
        np.testing.assert_allclose(gradient(n, A), want(n, A), rtol=1e-12)
    with pytest.raises(IndexError):
        gradient(13, A)
