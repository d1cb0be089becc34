"""Collectives over a vmapped axis, against what NumPy gives of the whole batch."""

import numpy as np
import pytest

import broadax as bx
from broadax.runtime.errors import UnsupportedError
from broadax.test_util import check_grads

X = np.random.default_rng(0).normal(size=(6, 5))
SOME = X[[5, 0, 0, 0, 0, 0]] * np.array([1, 0, 0, 1, 0, 0])[:, None]
lax = bx.lax


@pytest.fixture(params=["numpy", "numba"])
def backend(request):
    with bx.backend(request.param):
        yield request.param


def over(f, **options):
    return bx.vmap(f, axis_name="i", **options)


EACH = {
    "psum": (lambda x: lax.psum(x * x, "i"), np.tile(np.sum(X * X, 0), (6, 1))),
    "pmean": (lambda x: x - lax.pmean(x, "i"), X - X.mean(0)),
    "pmax": (lambda x: x / lax.pmax(np.abs(x), axis_name="i"), X / np.abs(X).max(0)),
    "pmin": (lambda x: lax.pmin(x, "i") + x, X.min(0) + X),
    "psum of one": (lambda x: x * lax.psum(1, "i"), X * 6),
    "psum of a size": (lambda x: np.zeros(lax.psum(1, "i")) + x[0], np.tile(X[:, :1], (1, 6))),
    "axis_index": (lambda x: x * lax.axis_index("i"), X * np.arange(6.0)[:, None]),
    "axis_size": (lambda x: x * lax.axis_size("i"), X * 6),
    "all_gather": (lambda x: lax.all_gather(x, "i") * x[0], X[None] * X[:, :1, None]),
    "all_gather, axis": (lambda x: lax.all_gather(x, "i", axis=1) * x[0], X.T[None] * X[:, :1, None]),
    "all_gather, tiled": (lambda x: lax.all_gather(x, "i", tiled=True) * x[0], X.ravel() * X[:, :1]),
    "ppermute": (lambda x: lax.ppermute(x, "i", [(k, (k + 1) % 6) for k in range(6)]), np.roll(X, 1, 0)),
    "ppermute, some": (lambda x: lax.ppermute(x, "i", [(0, 3), (5, 0)]), SOME),
    "pshuffle": (lambda x: lax.pshuffle(x, "i", [5, 4, 3, 2, 1, 0]), X[::-1]),
    "a tree": (lambda x: lax.psum({"a": x, "b": (x[0],)}, "i")["b"][0] + x, X[:, 0].sum() + X),
    "booleans": (lambda x: x * lax.psum(x[0] > 0, "i"), X * np.sum(X[:, 0] > 0)),
}  # fmt: skip


@pytest.mark.parametrize("name", EACH)
def test_each(name, backend):
    f, want = EACH[name]
    np.testing.assert_allclose(over(f)(X), want)


def test_results_that_are_the_same_for_all(backend):
    total, own = over(lambda x: (lax.psum(x, "i"), x), out_axes=(None, 0))(X)
    np.testing.assert_allclose(total, X.sum(0))
    np.testing.assert_allclose(own, X)


def test_names_and_nests(backend):
    def f(x):
        return lax.psum(x, "i"), lax.psum(x, "j"), lax.psum(x, ("i", "j")), lax.axis_index(("i", "j"))

    a, b, c, k = bx.vmap(bx.vmap(f, axis_name="j"), axis_name="i")(X)
    np.testing.assert_allclose(a, np.tile(X.sum(0), (6, 1)))
    np.testing.assert_allclose(b, np.tile(X.sum(1)[:, None], (1, 5)))
    np.testing.assert_allclose(c, np.full((6, 5), X.sum()))
    np.testing.assert_array_equal(k, np.arange(30).reshape(6, 5))


def test_foreign_axes(backend):
    """A vmap of another name maps the collectives."""
    gathered = over(bx.vmap(lambda x: lax.all_gather(x, "i") * x))(X)
    np.testing.assert_allclose(gathered, X.T[None] * X[:, :, None])
    shifted = over(bx.vmap(lambda x: lax.ppermute(x, "i", [(0, 1)])))(X)
    np.testing.assert_allclose(shifted[1], X[0])


def test_derivatives_of_the_batch(backend):
    def normalised(x):
        centred = x - lax.pmean(x, "i")
        return np.sin(centred) / np.sqrt(lax.pmean(centred * centred, "i") + 0.1)

    f = lambda x: np.sum(over(normalised)(x) ** 3)
    plain = lambda x: np.sum((np.sin(x - x.mean(0)) / np.sqrt(((x - x.mean(0)) ** 2).mean(0) + 0.1)) ** 3)
    np.testing.assert_allclose(bx.grad(f)(X), bx.grad(plain)(X), rtol=1e-10)


def test_derivatives_inside():
    """The cotangents of all examples meet: psum is its own transpose, all_gather's is a sum of parts."""
    with bx.backend("numpy"):
        inside = over(bx.grad(lambda x: np.sum(lax.psum(x * x, "i"))))(X)
        np.testing.assert_allclose(inside, 2 * X * 6)
        gathered = over(bx.grad(lambda x: np.sum(lax.all_gather(x, "i") ** 2)))(X)
        np.testing.assert_allclose(gathered, 2 * X * 6)
        handed = over(bx.grad(lambda x: np.sum(np.sin(lax.pshuffle(x, "i", [1, 2, 3, 4, 5, 0])) * x)))(X)
        after, before = np.roll(X, -1, 0), np.roll(X, 1, 0)
        np.testing.assert_allclose(handed, np.sin(after) + np.cos(X) * before)
        along = over(lambda x: bx.jvp(lambda x: lax.pmean(x * x, "i"), (x,), (x,))[1])(X)
        np.testing.assert_allclose(along[0], 2 * (X * X).mean(0))
        check_grads(lambda x: over(lambda x: lax.psum(np.sin(x), "i") * x)(x), (X[:3, :2],), 2)
        with pytest.raises(UnsupportedError, match="pmax has no derivative"):
            over(bx.grad(lambda x: np.sum(lax.pmax(x, "i"))))(X)


def test_in_loops_and_custom_rules(backend):
    def ring(x, n):
        for _ in range(n):
            x = 0.5 * x + 0.5 * lax.ppermute(x, "i", [(k, (k + 1) % 6) for k in range(6)])
        return x

    want = X
    for _ in range(4):
        want = 0.5 * want + 0.5 * np.roll(want, 1, 0)
    np.testing.assert_allclose(over(ring, in_axes=(0, None))(X, 4), want)

    @bx.custom_jvp
    def total(x):
        return lax.psum(x, "i")

    total.defjvp(lambda primals, tangents: (total(primals[0]), 10 * tangents[0]))
    np.testing.assert_allclose(bx.grad(lambda x: np.sum(over(total)(x)))(X), np.full((6, 5), 10.0))


def test_axis_size(backend):
    np.testing.assert_array_equal(bx.vmap(lambda: 2.0, axis_size=3)(), [2, 2, 2])
    same = bx.vmap(lambda x: x + lax.axis_index("i"), None, axis_name="i", axis_size=3)(1.0)
    np.testing.assert_array_equal(same, [1, 2, 3])
    assert bx.vmap(np.sum, axis_size=6, spmd_axis_name="devices")(X).shape == (6,)
    with pytest.raises(TypeError, match="inconsistent sizes"):
        bx.vmap(np.sum, axis_size=5)(X)


def test_errors():
    with pytest.raises(NameError, match="unbound axis name: i"):
        bx.jit(lambda x: lax.psum(x, "i"))(1.0)
    with pytest.raises(NameError, match="unbound axis name: j"):
        over(lambda x: lax.psum(x, "j"))(X)
    with pytest.raises(NameError, match="unbound axis name"):
        lax.psum(1.0, "i")

    def chooses(x):
        return lax.psum(np.exp(x), "i") if x[0] > 0 else x

    with pytest.raises(UnsupportedError, match="psum where the control flow"):
        over(chooses)(X)


# ── exchanges ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_all_to_all_pswapaxes_and_psum_scatter(backend):
    x = np.cos(np.arange(4.0 * 4 * 3 * 5)).reshape(4, 4, 3, 5)
    y = np.cos(np.arange(3.0 * 6 * 5)).reshape(3, 6, 5)
    named = lambda f, v: bx.vmap(f, axis_name="i", backend=backend)(v)
    split = [np.stack([x[j][i] for j in range(4)], axis=1) for i in range(4)]
    np.testing.assert_allclose(named(lambda v: bx.lax.all_to_all(v, "i", 0, 1), x), split)
    tiled = [np.concatenate([y[j][2 * i : 2 * i + 2] for j in range(3)], axis=1) for i in range(3)]
    exchange = lambda v: bx.lax.all_to_all(v, "i", 0, 1, tiled=True)
    np.testing.assert_allclose(named(exchange, y), tiled)
    np.testing.assert_allclose(named(lambda v: bx.lax.pswapaxes(v, "i", 0), x), np.swapaxes(x, 0, 1))
    np.testing.assert_allclose(named(lambda v: bx.lax.psum_scatter(v, "i"), x), x.sum(0))
    scattered = named(lambda v: bx.lax.psum_scatter(v, "i", tiled=True), y)
    np.testing.assert_allclose(scattered, y.sum(0).reshape(3, 2, 5))
    loss = lambda z: np.sum(bx.vmap(exchange, axis_name="i")(z) ** 2)
    np.testing.assert_allclose(bx.grad(loss, backend=backend)(y), 2 * y)


def test_what_collectives_refuse():
    with pytest.raises(NotImplementedError, match="a vmap has no groups"):
        bx.vmap(lambda v: bx.lax.psum(v, "i", axis_index_groups=[[0, 1]]), axis_name="i")(np.ones(2))
    with pytest.raises(TypeError, match="axis 0 has 3 entries, the mapped axis 2"):
        bx.vmap(lambda v: bx.lax.all_to_all(v, "i", 0, 0), axis_name="i")(np.ones((2, 3)))
