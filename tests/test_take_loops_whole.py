"""Loops over elements and columns that run as operations on whole arrays: values, which go, which stay."""

from __future__ import annotations

import itertools
import linecache
import random

import numpy as np
import pytest
from test_simplify import fresh
from test_take_apart import core_of

import broadax as bx
from broadax.backends.rewrites.take_loops_whole import take_loops_whole
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.statements import For, statements
from broadax.transforms.core.verify import verify
from broadax.transforms.simplify.accumulate_in_place import accumulate_in_place

RNG = np.random.default_rng(0)
A, B = RNG.random((5, 7)), RNG.random((5, 7))
U, V = RNG.random(5), RNG.random(7)


def loops(function) -> int:
    return sum(isinstance(s, For) for s in statements(function.body))


def taken(function, *args) -> int:
    """How many loops go; the values stay, for these arguments and what is written to them."""
    before, given = core_of(bx.jit(function), *args)
    before = accumulate_in_place(before)
    after = verify(take_loops_whole(before), after="take_loops_whole")
    want = evaluate(before, *fresh(given))
    for a, b in zip(evaluate(after, *fresh(given)), want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
        assert np.asarray(a).dtype == np.asarray(b).dtype
    return loops(before) - loops(after)


# ── what goes ─────────────────────────────────────────────────────────────────────────────────────


def columns_added(A, u):
    for j in range(A.shape[1]):
        u += A[:, j]
    return u


def products_added(A, B, u):
    for j in range(A.shape[1]):
        u += 2.0 * A[0, j] * B[:, j]
    return u


def outer_products(A, B):
    C = np.zeros((A.shape[0], B.shape[0]))
    for j in range(A.shape[1]):
        C -= A[:, j][:, None] * B[:, j] * 3.0
    return C


def scaled(A, v):
    for j in range(A.shape[1]):
        A[1:, j] *= v[j]
        A[:, j] += A[0, j] * j
    return A


def downwards(A, v):
    for j in range(len(v) - 1, 0, -1):
        v[j - 1] += A[:, j] @ A[:, j]
        A[1:-1, j] = v[-1]
    return A, v


def diagonal_blocks(A):
    for i in range(1, A.shape[0]):
        for j in range(i, A.shape[1]):
            A[i, j] -= A[i, :i] @ A[:i, j]
    return A


def mirrored(A):
    """Each turn writes an element twice where the two places are one."""
    for i in range(A.shape[0]):
        for j in range(A.shape[0]):
            A[i, j] = A[j, i] = A[:, i] @ A[:, i]
    return A


def reversed_columns(A, v):
    n = A.shape[1]
    for j in range(n):
        v[j] += A[1:, n - 1 - j] @ A[1:, n - 1 - j]
    return v


def a_number_too(A, v):
    total = 0.0
    for j in range(A.shape[1]):
        total += np.sum(A[:, j]) * v[j]
        v[j] = j
    return total, v


def complex_columns(A):
    Z = A + 1j * A[::-1]
    for j in range(A.shape[1]):
        Z[:, j] *= np.exp(1j * j)
    return Z


def sum_of_exponentials(x):
    total = 0.0
    for i in range(len(x)):
        total += np.exp(-x[i] * x[i])
    return total


def sines(x, y):
    for i in range(len(x)):
        t = np.sin(x[i])
        y[i] = t * t + i
    return y


def last_first(x):
    """A loop over elements that reads others than it writes."""
    for i in range(len(x) - 1):
        x[i] += x[-1]
    return x


def numbered(k):
    for i in range(len(k)):
        k[i] = i
    return k


def counted(x):
    n = 0
    for i in range(len(x)):
        n += i
        x[i] += i
    return n, x


GOES = {
    sum_of_exponentials: (V,),
    sines: (V, V + 1),
    last_first: (V,),
    numbered: (np.zeros(12, int),),
    counted: (np.arange(12.0),),
    columns_added: (A, U),
    products_added: (A, B, U),
    outer_products: (A, B),
    scaled: (A, V),
    downwards: (A, V),
    diagonal_blocks: (A,),
    reversed_columns: (A, V),
    a_number_too: (A, V),
    complex_columns: (A,),
}


@pytest.mark.parametrize("function", GOES, ids=lambda f: f.__name__)
def test_a_loop_over_columns_goes(function):
    assert taken(function, *fresh(GOES[function])) == 1


def product(A, B, C):
    """Of matrices, element by element."""
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            for k in range(A.shape[1]):
                C[i, j] += 2.0 * A[i, k] * B[k, j]
    return C


def column_by_column(A):
    B = np.zeros(A.shape)
    for j in range(A.shape[1]):
        for i in range(1, A.shape[0]):
            B[i, j] = A[i - 1, j] + A[i, j]
    return B


def test_loops_around_loops_go():
    left, right, into = RNG.random((5, 9)), RNG.random((9, 7)), RNG.random((5, 7))
    assert taken(product, left, right, into) == 2
    source = bx.jit(product, backend="numba").source(left, right, into, stage="numba")
    assert "fast.dot" in source
    np.testing.assert_allclose(
        bx.jit(product, backend="numba")(left, right, into.copy()), into + 2 * left @ right, rtol=1e-12
    )
    assert taken(column_by_column, A) == 2


def test_a_python_number_stays_one():
    n, x = bx.jit(counted, backend="numba")(np.arange(12.0))
    assert type(n) is int and n == 66 and x[3] == 6.0


@pytest.mark.parametrize("function", GOES, ids=lambda f: f.__name__)
def test_compiled(function):
    args = GOES[function]
    got = bx.jit(function, backend="numba")(*fresh(args))
    for a, b in zip(_tuple(got), _tuple(function(*fresh(args))), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    few = [x[..., :2] if x is not U else x for x in args]  # another number of turns, the same code
    for a, b in zip(_tuple(bx.jit(function)(*fresh(few))), _tuple(function(*fresh(few))), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def _tuple(value) -> tuple:
    return value if isinstance(value, tuple) else (value,)


def test_gradients_go_too():
    def loss(A):
        B = diagonal_blocks(A.copy())
        return np.sum(B * B)

    gradient = bx.grad(loss, backend="numba")
    assert "fast.dot(" in gradient.source(A, stage="numba")
    np.testing.assert_allclose(gradient(A), bx.grad(loss, backend="numpy")(A), rtol=1e-12)


# ── what must stay ────────────────────────────────────────────────────────────────────────────────


def recurrence(A):
    for j in range(1, A.shape[1]):
        A[:, j] += A[:, j - 1]
    return A


def last_one_wins(A, u):
    for j in range(A.shape[1]):
        u[:] = A[:, j]
    return u


def read_while_added(A, u):
    for j in range(A.shape[1]):
        u += A[:, j] * np.sum(u)
    return u


def transposed(A):
    for j in range(A.shape[0]):
        A[:, j] = A[j, : A.shape[0]]
    return A


def triangle(A):
    for j in range(A.shape[0]):
        A[:j, j] *= 2.0
    return A


def rows(A):
    for i in range(A.shape[0]):
        A[i] *= 2.0
    return A


def one_array_twice(A):
    B = A
    for j in range(A.shape[1]):
        A[:, j] = B[:, 0] + 1
    return A


def running_maximum(x):
    best = x[0]
    for i in range(len(x)):
        best = max(best, x[i])
        x[i] = best
    return x


def prefix(x):
    for i in range(1, len(x)):
        x[i] += x[i - 1]
    return x


def looked_up(x, k):
    for i in range(len(k)):
        x[k[i]] += 1.0
    return x


def looked_up_by_a_number_of_the_turn(x, v):
    for i in range(len(x)):
        x[i] += v[int(7 * x[i]) % 5]
    return x


def counted_on(x, v):
    """The index is carried."""
    k = 0
    for i in range(len(v)):
        k = (k + 3) % 5
        v[i] += x[k]
    return v


def few(x):
    for i in range(8):
        x[i] *= 2.0
    return x


def empty_part_set(A, u):
    """The second of two elements, up to the last, is none at all."""
    for j in range(A.shape[1]):
        t = 2.0 * u[1:-1]
        u[1:-1] = 0.0
        A[1:-1, j] += t
    return A


STAYS = {
    empty_part_set: (A[:2], U[:2]),
    running_maximum: (V,),
    prefix: (V,),
    looked_up: (V, np.array([1, 1, 2])),
    looked_up_by_a_number_of_the_turn: (V, V[:5]),
    counted_on: (V[:5], V),
    few: (np.arange(12.0),),
    recurrence: (A,),
    last_one_wins: (A, U),
    read_while_added: (A, U),
    transposed: (A,),
    triangle: (A,),
    rows: (A,),
    one_array_twice: (A,),
}


@pytest.mark.parametrize("function", STAYS, ids=lambda f: f.__name__)
def test_a_loop_that_stays(function):
    assert taken(function, *fresh(STAYS[function])) == 0


def test_the_same_element_under_two_names():
    taken(mirrored, A[:, :5].copy())


def checked(A, n):
    for j in range(n):
        A[:, j] += 1.0
    return A


def test_a_loop_past_the_end_is_an_error():
    function = bx.jit(checked, backend="numba")
    np.testing.assert_array_equal(function(A.copy(), 7), checked(A.copy(), 7))
    with pytest.raises(IndexError):
        function(A.copy(), 8)
    np.testing.assert_array_equal(function(A.copy(), 0), A)


# ── random loops ──────────────────────────────────────────────────────────────────────────────────


class Writer:
    """Writes a function of loops over columns, many of which depend on each other."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def text(self) -> str:
        pick = self.random.choice
        bounds = pick(("0, 5", "1, 4", "4, -1, -1", "i, 5", "0, i", "i - 1, -1, -1", "1, 5", "4, i - 1, -1"))
        body = [f"            {self.statement()}" for _ in range(self.random.randint(1, 3))]
        lines = ["def program(A, B, u):", "    s = 0.0", "    for i in range(1, 4):"]
        return "\n".join([*lines, f"        for j in range({bounds}):", *body, "    return A, B, u, s"])

    def span(self) -> str:
        return self.random.choice((":", "1:4", ":i", "i:", "i + 1:5"))

    def place(self, span: str) -> str:
        pick = self.random.choice
        column = pick(("j",) * 6 + ("j - 1", "4 - j", "i", "0"))
        return pick(
            (f"{pick('AB')}[{span}, {column}]",) * 4 + (f"{pick('AB')}[{column}, {span}]", f"u[{span}]")
        )

    def number(self) -> str:
        pick = self.random.choice
        span = self.span()
        products = (f"({self.place(span)} @ {self.place(span)})", f"np.sum({self.place(span)})")
        return pick(("A[i, j]", "B[j, i]", "u[j]", "0.5", "j", *products))

    def statement(self) -> str:
        pick, span = self.random.choice, self.span()
        if not self.random.randrange(4):
            return pick(("s += {}", "u[j] = {}", "u[j] -= {}", "A[i, j] = {}", "B[i, j] += {}")).format(
                self.number()
            )
        value = pick(("{0} * {1}", "{0} + {2}", "-{1} * {0}", "{0} * {2}")).format(
            self.place(span), self.number(), self.place(span)
        )
        return f"{self.place(span)} {pick(('=', '+=', '-='))} {value}"


class ElementWriter(Writer):
    """Writes loops over elements; what the innermost one does, others depend on."""

    def text(self) -> str:
        pick = self.random.choice
        bounds = pick(("0, 9", "1, 8", "8, -1, -1", "i, 9", "0, j", "j - 1, -1, -1", "1, 9", "8, i - 1, -1"))
        around = pick(("0, 9", "i, 9", "0, i", "8, 0, -1", "1, 9"))
        lines = ["def program(A, B, u):", "    s = 0.0", "    for i in range(1, 8):"]
        lines += [f"        for j in range({around}):", f"            for k in range({bounds}):"]
        lines += [f"                {self.element()}" for _ in range(self.random.randint(1, 2))]
        lines += [f"            {self.element('j')}" for _ in range(self.random.randint(0, 1))]
        return "\n".join([*lines, "    return A, B, u, s"])

    def index(self, own: str) -> str:
        return self.random.choice((own, own, own, "i", "j", f"{own} - 1", f"8 - {own}", "0"))

    def one(self, own: str) -> str:
        name = self.random.choice("ABAu")
        return f"u[{self.index(own)}]" if name == "u" else f"{name}[{self.index(own)}, {self.index(own)}]"

    def element(self, own: str = "k") -> str:
        pick = self.random.choice
        value = pick(("{0} * {1}", "{0}", "0.5 * {0} * {1}", "np.sin({0}) - {1}", f"{own} * {{0}}"))
        target = pick((self.one(own), self.one(own), "s"))
        sign = "+=" if target == "s" else pick(("=", "+=", "-=", "+="))
        return f"{target} {sign} {value.format(self.one(own), self.one(own))}"


_numbers = itertools.count()


def made(text: str):
    name = f"<loops {next(_numbers)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    module = {"np": np}
    exec(compile(text, name, "exec"), module)
    return module["program"]


SQUARE = 0.1 * RNG.random((9, 9)), 0.1 * RNG.random((9, 9)), 0.1 * RNG.random(9)


@pytest.mark.parametrize("block", range(4))
@pytest.mark.parametrize("writer", [Writer, ElementWriter])
def test_random_loops(writer, block):
    gone = 0
    for seed in range(50 * block, 50 * block + 50):
        args = (0.3 * A[:, :5], 0.3 * B[:, :5], 0.3 * U) if writer is Writer else SQUARE
        gone += taken(made(writer(seed).text()), *fresh(args))
    assert gone > 3
