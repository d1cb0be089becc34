"""Loops over batches in blocks of examples, on Numba: values, and which loops run so."""

import re

import numpy as np
import pytest

import broadax as bx
from broadax.transforms.vmap import drain, lanes

A = np.linspace(-30.0, 30.0, 150)
IN_BLOCKS = re.compile(rf"range\(.*, {lanes.LANES}\):")


def root(a):
    """The root of x³ + x = a by Newton's method."""
    x = a
    while abs(x * x * x + x - a) > 1e-12 * (1 + abs(a)):
        x = x - (x * x * x + x - a) / (3 * x * x + 1)
    return x


def collatz(n):
    k = 0
    while n != 1 and k < 200:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        k += 1
    return k


def escape(c):
    z, k = c, 0
    while k < 50 and z.real * z.real + z.imag * z.imag < 4:
        z, k = z * z + c, k + 1
    return k


def two_loops(a):
    x, k = a, 0
    while x > 1:
        x = x / 2
        k = k + 1
    y = x
    while y < 3.0 + k:
        if y < 1:
            y = y * 0.5 + 2
        else:
            y = y + 0.25
    return y, k


def bisect(a):
    lo, hi = 0.0, 40.0
    for _ in range(60):
        mid = (lo + hi) / 2
        if mid * mid > abs(a):
            hi = mid
        else:
            lo = mid
        if hi - lo < 1e-9:
            break
    return lo


def in_turns(a):
    """Newton's method in each turn of a loop that all examples share."""
    x = 1.0 + abs(a)
    for t in range(3):
        while x * x - abs(a) - t > 1e-9 * x:
            x = 0.5 * (x + (abs(a) + t) / x)
    return x


def julia(z):
    """Branches, constants, conjugates and absolute values of complex numbers."""
    c, k, seen = 0.3 - 0.4j, 0, 0.0
    while k < 30 and abs(z) < 3:
        if z.imag > 0:
            w = -z.conjugate()
        else:
            w = np.where(z.real < 0.1, z, 2 * z)
        z = w * z - z + c
        seen = seen + abs(w - z) * (w != z)
        k += 1
    return k, seen, z.real


def bailing(z):
    """A root of z³ = 1: complex division is no matter of parts."""
    k = 0
    while k < 40 and abs(z * z * z - 1) > 1e-8:
        z = z - (z * z * z - 1) / (3 * z * z)
        k += 1
    return k


COMPLEX = A * 0.05 + 0.2j * np.cos(A)
CASES = {
    root: A,
    collatz: np.arange(1, 151),
    escape: COMPLEX,
    julia: COMPLEX.astype(np.complex64),
    bailing: COMPLEX + 0.1,
    two_loops: A,
    bisect: A,
    in_turns: A,
}


def text(function, x):
    return bx.vmap(function).source(x, stage="numba")


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 8 examples; the last 4 of each go on one by one."""
    monkeypatch.setattr(lanes, "LANES", 8)
    monkeypatch.setattr(drain, "FEW", 2)


@pytest.mark.parametrize("size", [0, 1, 2, 7, 8, 9, 150])
@pytest.mark.parametrize("function", CASES, ids=lambda f: f.__name__)
def test_values(function, size, small_blocks):
    x = CASES[function][:size]
    have, want = bx.vmap(function, backend="numba")(x), bx.vmap(function, backend="numpy")(x)
    for h, w in zip(*(v if isinstance(v, tuple) else (v,) for v in (have, want)), strict=True):
        assert h.dtype == w.dtype
        np.testing.assert_allclose(h, w, rtol=1e-5 if w.dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("function", CASES, ids=lambda f: f.__name__)
def test_a_batch_of_whiles_runs_in_blocks(function):
    assert IN_BLOCKS.search(text(function, CASES[function]))


def test_no_turn_of_a_block_takes_memory():
    """The carries are written over; the loop over the lanes is one."""
    turns = text(root, A).partition("while True:")[2].partition("for lane in")[0]
    assert "empty" not in turns
    assert turns.count("for i in range(lanes)") == 2  # one counts the active ones


def test_a_long_example_does_not_hold_up_its_block():
    """What few examples of a block have left, they do alone."""
    assert "if active[lane]:" in text(root, A)


@pytest.mark.parametrize("function, apart", [(escape, True), (julia, True), (bailing, False)])
def test_complex_numbers_go_by_parts(function, apart):
    """Arrays of complex numbers, whose parts take turns, would keep the lanes out of vector registers."""
    turns = text(function, CASES[function]).partition("while True:")[2].partition("for lane in")[0]
    assert ("_re" in turns and "_im" in turns) is apart


def raising(a):
    while a > 1:
        if a > 100:
            raise ValueError("too large")
        a = a / 2
    return a


def nested(a):
    k = 0
    while a > 1:
        b = a
        while b > 0.5:
            b, k = b - 0.3, k + 1
        a = a / 2
    return k


def looks_up(a):
    k = 0
    while k < 3 and TABLE[k] < a:
        k += 1
    return k


def counts_down(n):
    """Python's numbers divide, and raise where the divisor is zero."""
    k, total = 5, 0.0
    while k > n:
        total, k = total + 1 / k, k - 1
    return total


TABLE = np.array([0.0, 1.0, 2.0])


@pytest.mark.parametrize("function", [raising, nested, looks_up, counts_down], ids=lambda f: f.__name__)
def test_what_stays_a_loop_over_the_examples(function):
    x = np.arange(1, 6)
    assert not IN_BLOCKS.search(text(function, x if function is counts_down else A))


def test_what_a_loop_computes_by_elements_it_writes_over():
    def f(x, a):
        for _ in range(5):
            x = np.sin(x) * a + x
        return x

    source = bx.jit(f).source(A, A, stage="numba")
    assert source.count("empty") == 0 and source.count("copy") == 1
    np.testing.assert_allclose(bx.jit(f, backend="numba")(A, A), f(A, A))


@pytest.mark.parametrize("shift", [-1, 1])
def test_what_reads_other_elements_it_does_not_write_over(shift):
    def f(x):
        for _ in range(4):
            x = np.roll(x, shift) * 0.5 + x
        return x

    np.testing.assert_allclose(bx.jit(f, backend="numba")(A), f(A))


def test_two_carries_of_one_turn():
    """The second reads the first as it was before the turn."""

    def f(x, y):
        for _ in range(3):
            x, y = x * 0.5 + y, x - y * 0.25
        return x, y

    for have, want in zip(bx.jit(f, backend="numba")(A, A[::-1].copy()), f(A, A[::-1])):
        np.testing.assert_allclose(have, want)


def test_carries_that_change_places():
    def f(x, y):
        for _ in range(3):
            x, y = y, x * 0.5 + y
        return x, y

    for have, want in zip(bx.jit(f, backend="numba")(A, A[::-1].copy()), f(A, A[::-1])):
        np.testing.assert_allclose(have, want)
