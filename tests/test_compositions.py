"""The pool of samples under every composition of transforms, to third order.

Each sample becomes a smooth scalar function; F is its derivative along a fixed direction by forward mode, R
by reverse mode. F and R in any order must give the same, and what differences give; so must each of them
over and under vmap.
"""

import itertools

import numpy as np
import pytest
from samples.pool import leaves, load_all, map_tree
from test_samples import differentiable, loss_of, moved, only, random_direction

import broadax as bx

BATCH = 3
SAMPLES = [s for s in load_all().values() if s.order > 1]
ORDERS = [word for k in (1, 2, 3) for word in itertools.product("FR", repeat=k)]


def inner(a, b):
    """The inner product of two trees."""
    if isinstance(a, (tuple, list)):
        return sum([inner(x, y) for x, y in zip(a, b)])
    if isinstance(a, dict):
        return sum([inner(a[k], b[k]) for k in a])
    return np.sum(a * b)


def forward(f, direction):
    return lambda *xs: bx.jvp(f, xs, direction)[1]


def reverse(f, direction):
    return lambda *xs: inner(bx.grad(f, argnums=tuple(range(len(xs))))(*xs), direction)


def composed(f, word, direction):
    for letter in word:
        f = {"F": forward, "R": reverse}[letter](f, direction)
    return f


def case(sample):
    """The scalar function of the differentiated arguments, these, and a direction."""
    args = sample.draw("f64")
    numbers = differentiable(sample, args)
    primals = tuple(args[i] for i in numbers)
    # An eighth, so that third derivatives of what the pool holds stay moderate.
    direction = map_tree(lambda d: d * 0.125, random_direction(args, numbers))
    return only(loss_of(sample.function), args, numbers), primals, direction


def plain_trees(sample) -> bool:
    """Does `inner` know the trees that the sample takes?"""
    known = (tuple, list, dict, float, np.ndarray, np.floating)
    nested = lambda v: [v, *(w for x in v for w in nested(x))] if isinstance(v, (tuple, list)) else [v]
    return all(isinstance(v, known) for v in nested(case(sample)[1]))


def close(have, want, sample, what):
    tolerance = 1e-6 * sample.loosen
    assert abs(have - want) <= tolerance * max(1.0, abs(want)), f"{what}: {have}, not {want}"


def agree(sample, words, backend):
    f, primals, direction = case(sample)
    numbers = tuple(range(len(primals)))
    place = lambda t: sample.fresh(moved(primals, direction, numbers, t))
    step = 1e-3
    found = {}
    with bx.backend(backend):
        for word in words:
            g = bx.jit(composed(f, word, direction))
            found[word] = float(g(*place(0.0)))
            lower = found.get(word[:-1] or None)
            first = found[("F",) * len(word)] if ("F",) * len(word) in found else found[word]
            close(found[word], first, sample, f"{sample.name} {''.join(word)}")
            assert lower is None or np.isfinite(lower)
            if set(word) == {"F"}:
                below = bx.jit(composed(f, word[:-1], direction))
                at = lambda t, below=below: float(below(*place(t)))
                difference = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
                close(found[word], difference, sample, f"{sample.name} {''.join(word)} against a difference")


PLAIN = [s for s in SAMPLES if plain_trees(s)]


def some(samples, chosen: int):
    """A test for these samples: one of every `chosen`, all with --everything."""
    marks = lambda k: [pytest.mark.everything] if k % chosen else []
    params = [pytest.param(s, id=s.name, marks=marks(k)) for k, s in enumerate(samples)]
    return pytest.mark.parametrize("sample", params)


@some(PLAIN, 3)
def test_orders(sample):
    agree(sample, [word for word in ORDERS if len(word) < 3], "numpy")


@some(PLAIN, 12)
def test_third_order(sample):
    agree(sample, [("F",), ("F", "F"), *(word for word in ORDERS if len(word) == 3)], "numpy")


@some(PLAIN, 90)
def test_orders_compiled(sample):
    agree(sample, [("F",), ("R",), ("F", "R"), ("R", "R"), ("F", "R", "F")], "numba")


# ── with vmap, over and under ─────────────────────────────────────────────────────────────────────

BATCHED = [s for s in SAMPLES if s.vmappable and plain_trees(s)]


@some(BATCHED, 6)
def test_with_vmap(sample):
    """vmap(D f), and D of the sum of vmap(f), for D of first and second order."""
    f, primals, direction = case(sample)
    numbers = tuple(range(len(primals)))
    scales = (0.0, 0.01, -0.02)
    examples = [moved(primals, direction, numbers, t) for t in scales]
    stack = lambda trees: map_tree(lambda *xs: np.stack([np.asarray(x) for x in xs]), *trees)
    batch, directions = stack(examples), stack([direction] * BATCH)
    total = lambda *xs: np.sum(bx.vmap(f)(*xs))
    with bx.backend("numpy"):
        for word in (("F",), ("R",), ("F", "R"), ("R", "F"), ("R", "R")):
            d = composed(f, word, direction)
            want = [float(d(*sample.fresh(e))) for e in examples]
            over = bx.vmap(d)(*sample.fresh(batch))
            np.testing.assert_allclose(over, want, rtol=1e-7 * sample.loosen, atol=1e-9)
            under = float(composed(total, word, directions)(*sample.fresh(batch)))
            close(under, sum(want), sample, f"{sample.name} {''.join(word)} of vmap")


@some(PLAIN, 6)
def test_hessian(sample):
    """jacfwd(jacrev), whole, along the direction on both sides."""
    f, primals, direction = case(sample)
    numbers = tuple(range(len(primals)))
    if sum(np.size(x) for x in leaves(primals)) > 40:
        pytest.skip("large")
    with bx.backend("numpy"):
        rows = bx.jacfwd(bx.jacrev(f, numbers), numbers)(*sample.fresh(primals))
        have = 0.0
        parts = leaves(direction)
        flat = leaves(rows)
        for i, a in enumerate(parts):
            for k, b in enumerate(parts):
                block = np.asarray(flat[i * len(parts) + k])
                have += float(
                    np.tensordot(np.asarray(a), np.tensordot(block, np.asarray(b), np.ndim(b)), np.ndim(a))
                )
        want = float(composed(f, "FF", direction)(*sample.fresh(primals)))
    close(have, want, sample, sample.name)


def test_how_many():
    assert len(PLAIN) >= 100
