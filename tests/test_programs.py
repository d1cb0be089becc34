"""Every numerical program of `programs/`, unmodified: values, written arguments, gradients, both backends.

The NumPy backend checks all of them. Compiling is what costs with Numba: there every fifth by default,
all with --everything.
"""

from __future__ import annotations

import numpy as np
import pytest
from programs.checks import check_gradient, loss_of, same
from programs.cost import elements
from programs.pool import Program, load_all

import broadax as bx
from broadax.runtime.errors import BroadaxError

POOL = load_all()
WORKING = [p for p in POOL.values() if not p.error]
REFUSED = [p for p in POOL.values() if p.error]
GROWTH = 1.5  # of the cost ratio from size 1 to size 4, where a copy per turn would make it 4 times as large
MOST = 12  # the cost of a gradient in costs of the function


def each(programs: list[Program], chosen: int = 1):
    """Run a test for these programs; for one of every `chosen`, for all with --everything."""
    params = [
        pytest.param(p, id=p.name, marks=[pytest.mark.everything] if k % chosen else [])
        for k, p in enumerate(programs)
    ]
    return pytest.mark.parametrize("program", params)


def check_value(program: Program, backend: str) -> None:
    theirs, ours = program.draw(), program.draw()
    with np.errstate(all="ignore"):
        want = program.function(*theirs)
        got = bx.jit(program.function, backend=backend)(*ours)
    same(got, want)
    same(ours, theirs)


def gradient_of(program: Program, backend: str):
    return bx.grad(loss_of(program), argnums=program.main, backend=backend)(*program.draw())


@each(WORKING)
def test_value(program):
    check_value(program, "numpy")


@each([p for p in WORKING if p.main is not None])
def test_gradient(program):
    check_gradient(program, gradient_of(program, "numpy"))


@each([p for p in WORKING if p.main is not None], chosen=3)
def test_gradient_costs_what_the_function_costs(program):
    """Elements that the gradient touches ÷ elements that the function touches: bounded, whatever the size."""
    small, large = (cost_ratio(loss_of(program), program.main, program.draw(scale)) for scale in (1, 4))
    assert large <= GROWTH * small
    assert large <= MOST


def cost_ratio(loss, main: int, args: tuple) -> float:
    gradient = bx.grad(loss, argnums=main, backend="numpy")
    return elements(gradient, args) / elements(bx.jit(loss, backend="numpy"), args)


@each(WORKING, chosen=5)
def test_numba(program):
    check_value(program, "numba")
    if program.main is not None:
        check_gradient(program, gradient_of(program, "numba"))


@each(REFUSED)
def test_unsupported(program):
    with pytest.raises(BroadaxError, match=program.error):
        bx.jit(program.function, backend="numpy")(*program.draw())


def test_what_the_table_says_of_writing():
    """A program is marked as writing exactly if it changes its arguments."""
    for program in POOL.values():
        before, after = program.draw(), program.draw()
        with np.errstate(all="ignore"):
            program.function(*after)
        kept = all(
            np.array_equal(a, b, equal_nan=True)
            for a, b in zip(before, after, strict=True)
            if isinstance(a, np.ndarray)
        )
        assert kept != program.writes, program.name


# ── what these programs have taught ───────────────────────────────────────────────────────────────


def slope(function, x, direction, step=1e-5):
    return (function(x + step * direction) - function(x - step * direction)) / (2 * step)


def check(function, x) -> None:
    """Value and gradient on the NumPy backend."""
    np.testing.assert_allclose(bx.jit(function, backend="numpy")(x.copy()), function(x.copy()), rtol=1e-12)
    direction = np.cos(np.arange(x.size)).reshape(x.shape)
    got = np.sum(bx.grad(function, backend="numpy")(x.copy()) * direction)
    np.testing.assert_allclose(got, slope(lambda x: function(x.copy()), x, direction), rtol=1e-6, atol=1e-9)


def test_update_between_two_loops_is_taken_back():
    """The update between two loops that carry an array is undone in the turn around both."""

    def f(u):
        n = len(u)
        p = np.zeros(n)
        total = 0.0
        for t in range(3):
            p[0] = 0.5 + t
            for j in range(1, n):
                p[j] = 1 / (p[j - 1] + 2)
                total += u[j] ** 2 * p[j - 1]
            p[0] = 0.25
            for j in range(1, n):
                p[j] = 1 / (p[j - 1] + 3)
                total += u[j] ** 3 * p[j - 1]
        return total

    check(f, np.linspace(0.5, 1.5, 7))


def test_scalar_spread_and_then_written():
    """A cotangent that starts as a spread scalar is an array of its own where it is added to."""

    def f(x):
        y = x.copy()
        for _ in range(3):
            y[:] = np.minimum(y, 1.5 * y[0]) + y[:, :1]
        return np.sum(y)

    check(f, np.arange(1.0, 26.0).reshape(5, 5))


def test_slices_of_a_fixed_length_in_a_loop():
    """`x[i : i + 3]` has length 3 where the loop says that it fits, and `x[i : i + 1]` has length 1."""

    def f(x):
        total = 0.0
        for i in range(len(x) - 2):
            total += np.sum(x[i : i + 3] * np.array([1.0, 2.0, 3.0]))
        for i in range(len(x)):
            total += np.sum(x * x[i : i + 1])
        return total

    check(f, np.linspace(0, 1, 6))
    assert "min(" not in bx.jit(f).source(np.zeros(6))


def test_slices_that_may_be_cut_short():
    def f(x):
        total = 0.0
        for i in range(len(x)):
            total += np.sum(x[i : i + 3]) + np.sum(x[i - 2 : i + 1]) ** 2
        return total

    check(f, np.linspace(0, 1, 6))


def test_unsigned_integers_stored():
    def f(n):
        out = np.zeros(n, dtype=np.uint8)
        out[0] = 1
        out[1:] = 7
        return out

    same(bx.jit(f, backend="numpy")(6), f(6))


def test_mask_among_other_subscripts():
    def f(x):
        y = x.copy()
        mask = np.triu(np.ones((5, 5), dtype=bool), 1)
        y[:, mask] = 2.0
        y[1, x[0, 0] < 0.3, 2] *= 3
        return np.sum(y**2) + np.sum(y[:, :, mask[0]] ** 3)

    check(f, np.linspace(0, 1, 75).reshape(3, 5, 5))

    def wrong(x):
        return x[:, np.ones(4, dtype=bool)]

    with pytest.raises(IndexError, match="boolean index did not match"):
        wrong(np.zeros((2, 5)))
    with pytest.raises(BroadaxError, match="boolean index did not match"):
        bx.jit(wrong)(np.zeros((2, 5)))


def test_function_made_anew_in_each_turn():
    """A lambda in a loop reads the loop's variables when it is called."""

    def f(x):
        total = 0.0
        for i in range(len(x)):
            g = lambda v, k=i: v * x[i] + k  # noqa: B023
            while total < i:
                total += g(1.5)
        return total * g(0.5)

    check(f, np.linspace(0.5, 1, 6))


def test_ndarray_is_empty():
    def f(x):
        y = np.ndarray((len(x), 2))
        y[:, 0] = x
        y[:, 1] = x**2
        return np.sum(y**2)

    check(f, np.linspace(0, 1, 6))


def test_element_of_a_row_costs_one_element():
    """The cotangent of `A[i][j]` is added to one element of A's."""

    def f(A):
        total = 0.0
        for i in range(len(A)):
            for j in range(A.shape[1]):
                total += A[i][j] ** 2 * A[i][0]
        return total

    check(f, np.linspace(0, 1, 30).reshape(5, 6))
    small, large = (cost_ratio(f, 0, (np.ones((n, n)),)) for n in (8, 32))
    assert large < 1.2 * small


def test_rows_on_a_stack_do_not_copy_their_array():
    """Rows that are saved before they are overwritten are copied, not the matrix that they are rows of."""

    def f(A):
        R = A.copy()
        for i in range(len(R) - 1, 0, -1):
            h = R[i, 0] ** 2 + R[i - 1, 0] ** 2
            if h == 0:
                continue
            upper = R[i - 1] * R[i, 0] + R[i] * R[i - 1, 0] / h
            R[i] = R[i - 1] * R[i]
            R[i - 1] = upper
        return np.sum(R)

    check(f, np.linspace(0.5, 1, 30).reshape(5, 6))
    small, large = (cost_ratio(f, 0, (np.ones((n, n)),)) for n in (8, 32))
    assert large < 1.2 * small


def test_argument_updated_by_augmented_assignment_in_a_loop():
    """`v += a` in a loop writes to the array that `v` is, an argument here, and leaves the name alone."""

    def f(x, v):
        v -= 1.0
        for _ in range(3):
            v += 0.5 * x
            x = x + v
            v *= 0.9
        return x

    theirs, ours = ([np.linspace(0, 1, 6), np.ones(6)] for _ in range(2))
    for backend in ("numpy", "numba"):
        theirs, ours = ([np.linspace(0, 1, 6), np.ones(6)] for _ in range(2))
        same(bx.jit(f, backend=backend)(*ours), f(*theirs))
        same(ours, theirs)


def test_what_is_computed_twice_is_saved_once():
    """The reverse sweep is written of a function in which equal expressions are one."""

    def f(A):
        total = 0.0
        for k in range(A.shape[1]):
            norm = A[:, k] @ A[:, k] + np.exp(A[:, k]) @ np.exp(A[:, k])
            A[:, k] *= norm
            total += np.exp(norm) * np.exp(norm)
        return total + np.sum(A)

    check(f, np.linspace(-0.5, 0.5, 30).reshape(6, 5))
    saved = [line for line in bx.grad(f).source(np.ones((6, 5))).splitlines() if "= np.empty" in line]
    assert len(saved) == 2  # the column before the update, and the norm


def test_columns_with_new_axes_are_reshaped():
    """The cotangent of `x[:, None]` is that of x in another shape: nothing is filled with zeros."""

    def f(x):
        return np.sum(np.exp(x[:, None] * x[None, :])) + np.sum(x[None, ::-1, None] ** 3)

    check(f, np.linspace(-0.5, 0.5, 6))
    assert "zeros" not in bx.grad(lambda x: np.sum(np.exp(x[:, None] * x))).source(np.ones(6))


def test_slice_step_from_data():
    """What is only written may have a step from data; a view can't (its elements have no fixed stride)."""

    def f(x):
        y = np.tile(x, (2, 1))
        p = 2
        while p < len(x):
            y[:, p * p :: p] *= x[0] + p
            y[0, 1:] += x[0]
            p += 1
        return np.sum(y**2)

    check(f, np.linspace(0.5, 1.0, 9))
    same(bx.jit(f, backend="numba")(np.linspace(0.5, 1.0, 9)), f(np.linspace(0.5, 1.0, 9)))

    def view(x):
        p = int(x[0])
        return np.sum(x[::p])

    with pytest.raises(BroadaxError, match="the step of a slice.*\n(.*\n)*.*np.arange"):
        bx.jit(view, backend="numpy")(np.full(6, 2.0))

    def backwards(x):
        x[:: int(x[0])] = 1.0

    with pytest.raises(ValueError, match="must be positive"):
        bx.jit(backwards, backend="numpy")(np.full(6, -2.0))


def test_names_of_a_turn_are_not_carried():
    """A name that each turn sets before it reads it may have held another size before the loop."""

    def f(x):
        total = 0.0
        part = x[x > 0.2]
        for q in range(3):
            part = x[x > 0.3 * q]
            total += np.sum(part**2)
        return total

    check(f, np.linspace(-0.55, 1, 9))

    def kept(x, n):
        last = x[0]
        for i in range(n):
            last = x[i] * 2
        return last

    for n in (0, 3):
        same(bx.jit(kept, backend="numpy")(np.arange(6.0), n), kept(np.arange(6.0), n))

    def by_closure(x):
        last = 0.0
        get = lambda: last
        for i in range(len(x)):
            last = x[i]
            last *= 2
        return get()

    same(bx.jit(by_closure, backend="numpy")(np.arange(6.0)), by_closure(np.arange(6.0)))


class Halves:
    """A class without an `__init__`."""

    factor = 0.5

    def of(self, x):
        return self.factor * x


def test_class_without_init():
    check(lambda x: np.sum(Halves().of(x) ** 2), np.linspace(0, 1, 6))
    with pytest.raises(BroadaxError, match=r"Halves\(\) takes no arguments"):
        bx.jit(lambda x: Halves(x).of(x), backend="numpy")(np.ones(2))


def test_range_as_subscript():
    """`x[range(n), y]` selects as an array of the range's numbers does."""

    def f(x):
        y = x.copy()
        y[range(3), [1, 0, 1]] *= 2
        return np.sum(y[range(2, -1, -1), [0, 0, 1]] ** 2) + np.sum(y[range(len(x))])

    check(f, np.linspace(0, 1, 6).reshape(3, 2))


def test_add_at_with_a_whole_axis():
    def f(x):
        y = np.zeros((2, 3))
        np.add.at(y, (slice(None), [0, 2, 2]), x**2)
        return np.sum(y**2)

    check(f, np.linspace(0, 1, 6).reshape(2, 3))


def test_attribute_that_differs_between_branches():
    """Reading it is an error where it is None."""

    def f(x):
        kept = Halves()
        kept.place = None
        if x[0] > 0:
            kept.place = 1
        return x[kept.place]

    compiled = bx.jit(f, backend="numpy")
    assert compiled(np.array([1.0, 3.0])) == 3.0
    with pytest.raises(TypeError, match="place is None here"):
        compiled(-np.ones(2))
