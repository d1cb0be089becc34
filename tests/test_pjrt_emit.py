"""The StableHLO that is written: names, places, and NumPy's meaning at the edges, on PJRT's CPU plugin."""

import math

import numpy as np
import pytest

import broadax as bx
from broadax import backends
from broadax.backends.pjrt.bounds import Bounds
from broadax.backends.pjrt.emit import module_text
from broadax.backends.pjrt.types import literal, tensor_type
from broadax.backends.pjrt.writer import Writer
from broadax.runtime.errors import BackendError
from broadax.runtime.trees import flatten
from broadax.transforms.core.statements import While, statements

MISSING = backends.why_not("pjrt")
needs_pjrt = pytest.mark.skipif(bool(MISSING), reason=MISSING)
nan, inf = np.nan, np.inf
VECTOR = np.arange(5.0)
NUMBERS = np.array([3.0, nan, -0.0, 0.0, -inf, inf, nan, -1.5])
INTS = np.array([7, -7, 7, -7, 5, 0, -(2**63)], np.int64)
DIVISORS = np.array([2, 2, -2, -2, 0, 3, -1], np.int64)


def core(function, *args):
    """The Core function that a backend of exact sizes gets."""
    program = bx.jit(function).program
    leaves, spec = flatten((args, {}))
    return program._lowered(leaves, spec, "pjrt")[1]


def outcome(function, args, backend):
    """The results as arrays, or the error's class, message and line."""
    copies = [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]
    try:
        with np.errstate(all="ignore"):
            found = bx.jit(function, backend=backend)(*copies)
            return [np.asarray(x) for x in (found if isinstance(found, tuple) else (found,))]
    except Exception as error:
        place = getattr(error, "loc", None) or getattr(error, "broadax_loc", None)
        return type(error), str(error).split("\n")[0], place and place.line


# ── text ──────────────────────────────────────────────────────────────────────────────────────────


def settled(rate, start):
    level = start
    while level > 1.0:
        level = level * rate
    return level


def test_text_has_the_names_and_places_of_the_user():
    text = module_text(core(settled, 0.5, 9.0)).text
    line = settled.__code__.co_firstlineno + 3
    assert "func.func public @main(%rate: tensor<f64>, %start: tensor<f64>) -> (tensor<f64>)" in text
    place = f'loc("test_pjrt_emit.py":{line}:16)'
    assert f"%level_1 = stablehlo.multiply %level, %rate : tensor<f64> {place}" in text
    assert "%level_2 = stablehlo.while(%level = %start) : tensor<f64>" in text
    assert text == module_text(core(settled, 0.5, 9.0)).text


def test_literals():
    assert [literal(v, np.float64) for v in (1, -2.5, 1e300, 1e-7)] == ["1.0", "-2.5", "1.0e+300", "1.0e-07"]
    assert literal(inf, np.float32) == "0x7F800000"
    assert literal(-inf, np.float64) == "0xFFF0000000000000"
    assert literal(True, bool) == "true"
    assert literal(255, np.uint8) == "255"
    assert literal(1 - 2j, np.complex64) == "(1.0, -2.0)"
    assert tensor_type(np.complex128, (2, 3)) == "tensor<2x3xcomplex<f64>>"
    with pytest.raises(BackendError, match="has no float128"):
        tensor_type(np.longdouble)


def test_names_of_values_are_ascii_and_unique():
    w = Writer()
    assert [w.fresh(n) for n in ("x", "x", "σ", "2x")] == ["x", "x.1", "u3c3", "_2x"]
    assert w.fresh("x", part=True) == "x.2"
    assert w.fresh("y", part=True) == "y.1"


# ── values at the edges ───────────────────────────────────────────────────────────────────────────


def extremes(x):
    return np.max(x), np.min(x), np.argmax(x), np.argmin(x), np.maximum(x, x[::-1]), np.minimum(x, x[::-1])


def ordered(x):
    return np.argsort(x, kind="stable"), np.searchsorted(np.sort(x), x), np.sort(x)[-1]


def of_numbers(x):
    return np.fmax(x, 1.0), np.fmin(x, 1.0), np.sign(x), np.signbit(x), np.copysign(1.0, x)


def rounded(x):
    return np.rint(x), np.trunc(x), np.floor(x), np.ceil(x), x.astype(bool), np.isfinite(x)


def divided(a, b):
    return a // b, a % b, np.fmod(a, b)


def wrapped(a):
    return a * a + a, a << 1, a >> 1, ~a


def shifted(a, b):
    return a << b, a >> b


def lexicographic(x):
    return np.max(x), np.min(x), x < x[::-1], np.argsort(x, kind="stable"), x == x[0], np.abs(x) > 2


def of_nothing(x):
    none = x[:0]
    return np.sum(none), np.prod(none), none + 1, np.concatenate([none, x]), np.sort(none), np.cumsum(none)


def multiplied(a, b):
    return a @ b


def last_write_stays(x, i, w):
    x[i] = w
    return x


def added_at(x, i, w):
    np.add.at(x, i, w)
    return x


def read_at(x, i):
    return x[i]


def triangles(x):
    return np.tril(x, -1), np.triu(x, 1), np.tril(x, -2)


def powers(a, b):
    return a**b


COLUMN = NUMBERS[:, None] + 0 * np.zeros(8)
VALUES = [
    (extremes, NUMBERS),
    (extremes, np.array([1.0, 3.0, 3.0], np.float32)),
    (extremes, np.array([-inf, -inf])),
    (extremes, np.array([200, 3, 3], np.uint8)),
    (extremes, np.array([False, True, True])),
    (ordered, NUMBERS),
    (ordered, np.array([2**63 + 5, 1, 2**64 - 1], np.uint64)),
    (ordered, np.array([5, -3, 5, -128], np.int8)),
    (of_numbers, NUMBERS),
    (rounded, np.array([-0.0, 0.5, 1.5, 2.5, -0.5, nan, inf, -2.7])),
    (divided, INTS, DIVISORS),
    (divided, INTS.astype(np.int8), DIVISORS.astype(np.int8)),
    (divided, INTS.astype(np.uint8), DIVISORS.astype(np.uint8)),
    (divided, COLUMN, COLUMN.T.copy()),
    (wrapped, np.array([2**62, 5 - 2**63])),
    (wrapped, np.array([200, 100], np.uint8)),
    (shifted, np.array([1, -8, 5]), np.array([3, 70, 63])),
    (shifted, np.array([200, 8], np.uint8), np.array([9, 1], np.uint8)),
    (lexicographic, np.array([1 + 2j, 3 - 1j, 3 + 5j, 1 + 1j])),
    (of_nothing, VECTOR),
    (multiplied, np.array([[True, False], [True, True]]), np.array([[True, True], [False, True]])),
    (multiplied, np.array([[1, 2], [3, 4]], np.int8), np.array([[100, 2], [3, 4]], np.int8)),
    (multiplied, np.ones((3, 0)), np.ones((0, 2))),
    (last_write_stays, VECTOR, np.array([1, 1, 1, 2]), np.array([1.0, 2.0, 3.0, 4.0])),
    (added_at, VECTOR, np.array([1, 1, -1, 2]), np.array([1.0, 2.0, 3.0, 4.0])),
    (read_at, VECTOR, np.array([0, -1, 2])),
    (read_at, VECTOR, -5),
    (triangles, np.ones((1, 1))),  # StableHLO's folder took the constant -1 for a large unsigned number
    (powers, np.array([2, 3, -2]), np.array([3, 0, 5])),
]


@needs_pjrt
@pytest.mark.parametrize("case", VALUES, ids=lambda case: f"{case[0].__name__}-{case[1].dtype}")
def test_edges_are_those_of_numpy(case):
    function, *args = case
    want, have = (outcome(function, args, b) for b in ("numpy", "pjrt"))
    assert len(have) == len(want)
    for h, w in zip(have, want, strict=True):
        assert h.dtype == w.dtype
        np.testing.assert_array_equal(h, w)
        if w.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(h) | np.isnan(h), np.signbit(w) | np.isnan(w))


def two_writes_to_rows(x, i, j, w):
    x[i, j] = w
    return x


@needs_pjrt
def test_the_last_of_several_writes_stays_and_the_text_says_so():
    """A device may write in any order: each place is written once."""
    i, j, w = np.array([0, 1, 0, 1]), np.array([2, 2, -1, 0]), np.array([1.0, 2.0, 3.0, 4.0])
    want, have = (outcome(two_writes_to_rows, (np.zeros((2, 3)), i, j, w), b) for b in ("numpy", "pjrt"))
    np.testing.assert_array_equal(have, want)
    text = module_text(core(two_writes_to_rows, np.zeros((2, 3)), i, j, w)).text
    assert text.count('"stablehlo.scatter"') == 2
    assert "stablehlo.maximum" in text


EIGH = [
    *(np.random.default_rng(n).normal(size=(n, n)) for n in (1, 2, 3, 6, 7)),
    np.random.default_rng(0).normal(size=(2, 5, 5)),
    np.random.default_rng(0).normal(size=(4, 4)) + 1j * np.random.default_rng(1).normal(size=(4, 4)),
    np.ones((4, 4)),
    np.zeros((3, 3)),
]


@needs_pjrt
@pytest.mark.parametrize("a", EIGH, ids=lambda a: f"{a.shape}{a.dtype}")
def test_eigh_by_rotations(a):
    a = a + np.swapaxes(a, -1, -2).conj()
    values, vectors = outcome(np.linalg.eigh, (a,), "pjrt")
    np.testing.assert_allclose(values, np.linalg.eigvalsh(a), rtol=0, atol=1e-13)
    adjoint = np.swapaxes(vectors, -1, -2).conj()
    np.testing.assert_allclose(adjoint @ vectors, np.broadcast_to(np.eye(a.shape[-1]), a.shape), atol=1e-14)
    np.testing.assert_allclose(vectors * values[..., None, :] @ adjoint, a, rtol=0, atol=1e-13)


# ── errors ────────────────────────────────────────────────────────────────────────────────────────


def written(x, i):
    x[i] = 7.0
    return x


def past_the_end(x):
    total = 0.0
    for k in range(7):
        total += x[k]
    return total


def searched(x):
    k = 0
    while x[k] < 10:
        k += 1
    return k


def stopped(x, n):
    total = 0.0
    for k in range(n):
        if x[k] > 2.5:
            raise ValueError(f"too big: {x[k]} at {k}")
        total += x[k]
    return total


def asserted(x, n):
    assert n < 3, f"n is {n}"
    return x * n


def first_of_two(x, i):
    y = x[i]
    if i > 3:
        raise KeyError("later")
    return y


def root(a):
    return math.sqrt(a) + math.log(a)


def grown(a):
    return math.exp(a)


def whole(a):
    return int(a)


def inverse(a):
    return np.linalg.inv(a)


def factor(a):
    return np.linalg.cholesky(a)


def quotient(a, b):
    return a // b


ERRORS = [
    (read_at, VECTOR, 5),
    (read_at, VECTOR, -6),
    (read_at, VECTOR, np.array([0, 7, 9, -9])),
    (read_at, np.ones((3, 4)), np.array([5], np.int8)),
    (written, VECTOR, 5),
    (written, VECTOR, np.array([1, 1, 9])),
    (past_the_end, VECTOR),
    (searched, VECTOR),
    (stopped, VECTOR, 5),
    (asserted, VECTOR, 5),
    (first_of_two, VECTOR, 7),
    (root, -1.0),
    (grown, 1000.0),
    (whole, nan),
    (whole, -inf),
    (inverse, np.array([[1.0, 2.0], [2.0, 4.0]])),
    (factor, np.array([[1.0, 2.0], [2.0, 1.0]])),
    (quotient, 5, 0),
    (powers, np.array([2, 3]), np.array([3, -1])),
]


@needs_pjrt
@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case[0].__name__)
def test_errors_are_those_of_the_numpy_backend(case):
    function, *args = case
    want, have = (outcome(function, args, b) for b in ("numpy", "pjrt"))
    assert isinstance(want, tuple)
    assert have == want


@needs_pjrt
def test_checks_that_hold_change_nothing():
    for function, *args in (
        (stopped, VECTOR, 3),
        (asserted, VECTOR, 2),
        (searched, VECTOR * 5),
        (whole, 3.7),
    ):
        want, have = (outcome(function, args, b) for b in ("numpy", "pjrt"))
        assert [x.tolist() for x in have] == [x.tolist() for x in want]


def summed(x):
    total = 0.0
    for k in range(len(x)):
        total += x[k] * x[-1 - k]
    return total


def test_indices_that_are_in_range_for_certain_are_not_checked():
    assert not module_text(core(summed, VECTOR)).checks
    assert module_text(core(past_the_end, VECTOR)).checks


def test_an_index_is_checked_once():
    """The gradient reads and adds at the places that the function read, which were in range."""

    def picked(x, places):
        return np.sum(x[places] ** 2) + (np.sum(x[places]) if x[0] > 0 else 0.0)

    assert len(module_text(core(bx.value_and_grad(picked), VECTOR, np.array([0, 3]))).checks) == 1

    def in_a_branch(x, places):
        total = np.sum(x[places]) if x[0] > 0 else 0.0
        return total + np.sum(x[places])

    assert len(module_text(core(in_a_branch, VECTOR, np.array([0, 3]))).checks) == 2


def test_a_message_shows_arrays_by_their_type():
    def refused(x):
        if np.sum(x) > 0:
            raise ValueError(f"bad: {x}")
        return x

    checks = module_text(core(refused, VECTOR)).checks
    assert "<array of float64 and shape (5,)>" in str(checks[1].exception(np.zeros(2, np.int64)))


# ── what is refused before anything runs ──────────────────────────────────────────────────────────


def shown(x):
    print(x)
    return x


def selected(x):
    return x[x > 0]


def test_what_no_device_does_is_said_with_a_way_out():
    for function, message in ((shown, "can't print"), (selected, "a size that only running tells")):
        with pytest.raises(BackendError, match=message) as error:
            module_text(core(function, VECTOR))
        assert error.value.loc.line > function.__code__.co_firstlineno
        assert "backend=" in error.value.instead


# ── stacks ────────────────────────────────────────────────────────────────────────────────────────


def broken(x):
    total, k = 0.0, 0
    while total < 3.0 and k < len(x):
        total += x[k] * x[k]
        k += 1
    return total


def counted_down(x, n):
    while n > 2:
        x = np.sin(x)
        n -= 3
    return x


def halved(x):
    while x > 1.0:
        x = x * x * 0.3
    return x


def trips(function, *args):
    made = core(function, *args)
    (loop,) = (s for s in statements(made.body) if isinstance(s, While))
    return Bounds(made).turns(loop)


def test_turns_of_a_while_are_bounded_by_what_counts_in_its_condition():
    assert trips(broken, VECTOR) == 5
    assert trips(halved, 2.0) == math.inf
    assert trips(lambda x: counted_down(x, 11), 2.0) == 3


@needs_pjrt
def test_reverse_of_a_while_whose_turns_are_bounded():
    for function in (broken, lambda x: counted_down(np.sum(x), 11)):
        want, have = (bx.grad(function, backend=b)(VECTOR * 0.7) for b in ("numpy", "pjrt"))
        np.testing.assert_allclose(np.asarray(have), want, rtol=1e-13)


def test_reverse_of_a_while_without_a_bound_names_the_loop():
    with pytest.raises(BackendError, match="nothing bounds the number of turns") as error:
        module_text(core(bx.grad(halved), 2.0))
    assert error.value.loc.line == halved.__code__.co_firstlineno + 1
    assert "a counter in its condition" in error.value.instead
