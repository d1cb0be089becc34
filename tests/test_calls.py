"""Calls of compiled functions: which ones straight code serves; what the others get is the same as before."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
from programs.checks import same
from programs.pool import load_all

import broadax as bx
from broadax.runtime.dispatch import Dispatcher
from broadax.runtime.errors import BroadaxError, InvalidValueError

BACKENDS = ("numpy", "numba")
Pair = namedtuple("Pair", "left right")


@dataclass
class Model:
    w: np.ndarray
    b: float


@pytest.fixture
def general(monkeypatch):
    """The number of calls that took the general way, as a list."""
    calls = []
    call = Dispatcher.__call__
    monkeypatch.setattr(Dispatcher, "__call__", lambda self, *args: calls.append(1) or call(self, *args))
    return calls


def nested(p):
    return {"sum": p["a"][0] + p["a"][1] * p["m"].b, "pair": Pair(p["m"].w + 1, (p["a"][0], 3, None, "text"))}


def tree(scale: float, n: int = 6) -> dict:
    x = np.arange(1.0, n + 1) * scale
    return {"m": Model(x.reshape(2, n // 2), 2.0 * scale), "a": [x, x * x]}


def norm(x, scale=2.0, *, power=2):
    return np.sum(np.abs(x) ** power) * scale


TABLE = np.arange(5.0)
FACTOR = 3.0


def reads_globals(x):
    return x * FACTOR + np.sum(TABLE)


def write(a, b):
    a[1:] = b[:-1] + a[:-1]


# ── what straight code serves ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "function, first, second",
    [
        (nested, ((tree(1.0),), {}), ((tree(2.0),), {})),
        (nested, ((tree(1.0, 12),), {}), ((tree(2.0, 14),), {})),
        (norm, ((np.ones(7),), {}), ((np.arange(9.0),), {})),
        (norm, ((np.ones(7),), {"scale": 2.0, "power": 3}), ((np.ones(8),), {"scale": 1.0, "power": 3})),
        (norm, ((1.5,), {}), ((2.5,), {})),
        (
            lambda x, y: x @ y,
            ((np.ones((6, 7)), np.ones((7, 8))), {}),
            ((np.ones((5, 9)), np.ones((9, 5))), {}),
        ),
        (lambda x: (), ((1.0,), {}), ((2.0,), {})),
        (lambda: 2.0, ((), {}), ((), {})),
        (lambda x, f: f(x), ((np.ones(6), np.sin), {}), ((np.zeros(6), np.sin), {})),
        (lambda x, s: x if s == "a" else -x, ((np.ones(6), "a"), {}), ((np.zeros(6), "a"), {})),
        (lambda x: [x.real, x.imag], ((np.ones(6) * 1j,), {}), ((np.ones(9) * 2j,), {})),
        (lambda x: x + 1, ((np.float32(2),), {}), ((np.float32(3),), {})),
        (
            lambda m: Model(m.w * m.b, m.b + 1),
            ((Model(np.ones(5), 2.0),), {}),
            ((Model(np.ones(6), 3.0),), {}),
        ),
    ],
    ids=range(13),
)
def test_a_second_call_is_straight(general, backend, function, first, second):
    jitted = bx.jit(function, backend=backend)
    for args, kwargs in (first, second, first):
        got, want = jitted(*args, **kwargs), function(*args, **kwargs)
        assert type(got) is type(want)
        assert repr(got) == repr(want)
    assert len(general) == 1
    assert len(jitted.compilations) == 1


def test_every_program_is_called_straight(general):
    """The results and written arguments of a second call are those of the first one."""
    for program in load_all().values():
        if program.error:
            continue
        jitted = bx.jit(program.function, backend="numpy")
        with np.errstate(all="ignore"):
            first, again = program.draw(), program.draw()
            want = jitted(*first)
            before = len(general)
            same(jitted(*again), want)
        same(again, first)
        assert len(general) == before, program.name


# ── what it leaves to the general way ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "function, first, second",
    [
        (norm, (np.ones(7),), (np.ones(7, np.float32),)),
        (norm, (np.ones(7),), (np.ones((7, 5)),)),
        (norm, (np.ones(7),), (np.ones(3),)),
        (norm, (np.ones(3),), (np.ones(4),)),
        (norm, (np.ones(7),), (2.0,)),
        (norm, (2.0,), (2,)),
        (norm, (2.0,), (np.float64(2),)),
        (norm, (2.0,), (np.array(2.0),)),
        (norm, (np.ones(7), 2.0), (np.ones(7), 2)),
        (norm, (np.ones(7),), (np.ones(7), 3.0)),
        (norm, (np.ones(7),), (np.ones(7).view(np.ndarray).astype(">f8").astype("<f8"),)),
        (lambda p: [2 * x for x in p], ([1.0, 2.0],), ([1.0, 2.0, 3.0],)),
        (lambda p: 2 * p[0], ([1.0, 2.0],), ((1.0, 2.0),)),
        (lambda p: p["a"] - p["b"], ({"a": 1.0, "b": 5.0},), ({"b": 1.0, "a": 5.0},)),
        (lambda p: p["a"], ({"a": 1.0, "b": 5.0},), ({"a": 1.0, "c": 5.0},)),
        (lambda x, f: f(x), (np.ones(6), np.sin), (np.ones(6), np.cos)),
        (lambda x, s: x if s == "a" else -x, (np.ones(6), "a"), (np.ones(6), "b")),
        (lambda x, s: x if s is None else -x, (np.ones(6), None), (np.ones(6), "b")),
        (lambda a, b: a + b, (np.ones(6), np.ones(6)), (np.ones((6, 6)), np.ones(6))),
        (lambda x, n: np.sum(x, axis=n), (np.ones((6, 7)), 0), (np.ones((6, 7)), 1)),
        (lambda x: x.reshape(2, -1), (np.arange(12.0),), (np.arange(14.0),)),
    ],
    ids=range(21),
)
def test_other_types_structures_and_values(backend, function, first, second):
    jitted = bx.jit(function, backend=backend)
    for args in (first, second, first, second, second, first):
        got, want = jitted(*args), function(*args)
        assert np.shape(got) == np.shape(want)
        if isinstance(want, (float, np.ndarray, np.generic)):
            assert np.asarray(got).dtype == np.asarray(want).dtype
        np.testing.assert_allclose(got, want, rtol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_hidden_inputs_are_read_anew(general, backend, monkeypatch):
    jitted = bx.jit(reads_globals, backend=backend)
    assert jitted(2.0) == 16.0
    TABLE[0] = 10.0
    try:
        assert jitted(2.0) == 26.0
        assert len(general) == 1
    finally:
        TABLE[0] = 0.0
    for name, value, want in (
        ("FACTOR", 5.0, 20.0),
        ("FACTOR", 5, 20.0),
        ("TABLE", np.arange(6.0), 21.0),
        ("TABLE", np.ones((5, 2), np.float32), 16.0),
    ):
        with monkeypatch.context() as patch:
            patch.setitem(globals(), name, value)
            assert jitted(2.0) == want
        assert jitted(2.0) == 16.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_function_that_is_replaced(backend):
    def inner(x):
        return x + 1

    def outer(x):
        return inner(x)

    jitted = bx.jit(outer, backend=backend)
    assert jitted(1.0) == jitted(1.0) == 2.0
    first = inner

    def inner(x):
        return x + 10

    assert jitted(1.0) == jitted(1.0) == 11.0
    inner = first
    assert jitted(1.0) == 2.0


def test_guards_are_checked():
    def pad(x, n):
        return x[:n] + x[-n:]

    jitted = bx.jit(pad, backend="numba")
    for x, n in ((np.arange(9.0), 3), (np.arange(9.0), 5), (np.arange(12.0), 6), (np.arange(9.0), 1)):
        np.testing.assert_array_equal(jitted(x, n), pad(x, n))
        np.testing.assert_array_equal(jitted(x, n), pad(x, n))


@pytest.mark.parametrize("backend", BACKENDS)
def test_strides_and_read_only_arrays(backend):
    jitted = bx.jit(lambda x: np.cumsum(x, axis=0), backend=backend)
    x = np.arange(48.0).reshape(6, 8)
    frozen = x.copy()
    frozen.flags.writeable = False
    for a in (x, x.T, x[::2], x[:, ::-1], frozen, x[5:], np.matrix(x), x):
        np.testing.assert_array_equal(jitted(a), np.cumsum(np.asarray(a), axis=0))


@pytest.mark.parametrize("backend", BACKENDS)
def test_writes_reach_the_caller(general, backend):
    jitted = bx.jit(write, backend=backend)
    for make in (lambda: np.arange(9.0), lambda: np.arange(18.0)[::2], lambda: np.arange(9.0)[::-1]):
        ours, theirs, b = make(), make(), np.ones(9)
        jitted(ours, b)
        write(theirs, b)
        np.testing.assert_array_equal(ours, theirs)
    frozen = np.arange(9.0)
    frozen.flags.writeable = False
    for _ in range(2):
        with pytest.raises(ValueError, match="read-only"):
            jitted(frozen, np.ones(9))
    assert len(general) == 3  # one for each layout; what is read-only has that of the first


@pytest.mark.parametrize("backend", BACKENDS)
def test_written_arrays_that_share_memory_are_refused(backend):
    """Compiled code takes arrays for separate: `write(a, a)` gave what NumPy does not."""
    jitted = bx.jit(write, backend=backend)
    for _ in range(2):
        a = np.arange(9.0)
        with pytest.raises(InvalidValueError, match="a and b share memory, and a is written"):
            jitted(a, a)
        whole = np.arange(10.0)
        with pytest.raises(InvalidValueError, match="pass a copy of b"):
            jitted(whole[1:], whole[:-1])
        np.testing.assert_array_equal(whole, np.arange(10.0))
        pairs = np.arange(18.0).reshape(9, 2)
        want = pairs.copy()
        write(want[:, 0], want[:, 1])
        jitted(pairs[:, 0], pairs[:, 1])
        np.testing.assert_array_equal(pairs, want)


@pytest.mark.parametrize("backend", BACKENDS)
def test_errors_of_straight_calls_carry_their_place(backend):
    def pick(x, k):
        return x[k]

    jitted = bx.jit(pick, backend=backend)
    assert jitted(np.arange(6.0), 2) == jitted(np.arange(6.0), 2) == 2.0
    with pytest.raises(IndexError) as caught:
        jitted(np.arange(6.0), 9)
    assert isinstance(caught.value, BroadaxError)
    assert caught.value.loc.file == __file__


def test_static_arguments():
    def power(x, n, mode):
        return x**n if mode == "up" else -(x**n)

    jitted = bx.jit(power, backend="numba", static_argnums=(1,), static_argnames=("mode",))
    for n, mode in ((2, "up"), (3, "up"), (2, "down"), (2, "up"), (2.0, "up"), (2, "up")):
        for _ in range(2):
            np.testing.assert_allclose(jitted(np.arange(6.0), n, mode=mode), power(np.arange(6.0), n, mode))
    assert len(jitted.compilations) == 4


def test_the_backend_may_change_between_calls(general, monkeypatch):
    jitted = bx.jit(lambda x: x + 1)
    assert [jitted(1.0), jitted(1.0)] == [2.0, 2.0]
    with bx.backend("numpy"):
        assert [jitted(1.0), jitted(1.0)] == [2.0, 2.0]
    monkeypatch.setenv("BROADAX_BACKEND", "numpy")
    assert jitted(1.0) == 2.0
    monkeypatch.delenv("BROADAX_BACKEND")
    assert jitted(1.0) == 2.0
    assert [c.backend for c in jitted.compilations] == ["numba", "numpy"]


def test_the_source_is_that_of_the_last_call():
    jitted = bx.jit(lambda x: x + 1)
    jitted(np.ones(6))
    jitted(np.ones((6, 6)))
    jitted(np.ones(6))
    assert jitted.source() == jitted.source(np.ones(6))


def test_other_containers_take_the_general_way(general):
    """What straight code does not take apart is served as before."""
    jitted = bx.jit(lambda x: x + 1)
    for _ in range(2):
        assert jitted(np.array(1.0)) == 2.0
    assert len(general) == 2
