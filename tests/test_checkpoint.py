"""checkpoint: the same values and derivatives, of which only the beginning is kept."""

import numpy as np
import pytest

import broadax as bx
from broadax.runtime.errors import UnsupportedError

X = np.linspace(0.1, 0.9, 5)


@pytest.fixture(params=["numpy", "numba"])
def backend(request):
    with bx.backend(request.param):
        yield request.param


class Counting:
    """NumPy, with the shapes of the arrays that `empty` makes written down."""

    def __init__(self):
        self.shapes = []

    def __getattr__(self, name):
        return getattr(np, name)

    def empty(self, shape, *args):
        self.shapes.append(shape if isinstance(shape, tuple) else (shape,))
        return np.empty(shape, *args)


def saved(function, *args) -> tuple:
    """The result of a gradient's source, and the leading sizes of the arrays that it saves into."""
    source = function.source(*args).replace("import numpy as np\n", "")
    counting = Counting()
    space = {"np": counting}
    exec(source, space)
    run = next(v for k, v in space.items() if k.startswith("grad_"))
    return run(*args), [shape[0] for shape in counting.shapes]


# ── functions ─────────────────────────────────────────────────────────────────────────────────────


def inner(x, w):
    return np.exp(np.sin(np.exp(x * w)) * x)


def test_values_and_derivatives(backend):
    again = bx.checkpoint(inner)
    assert again(0.5, 2.0) == inner(0.5, 2.0)
    for transform in (
        bx.jit, bx.grad, bx.jacfwd, bx.hessian, lambda f: bx.grad(bx.grad(f)),
        lambda f: bx.grad(bx.jacfwd(f)), lambda f: bx.grad(bx.grad(bx.grad(f))),
    ):  # fmt: skip
        np.testing.assert_allclose(transform(again)(0.5, 2.0), transform(inner)(0.5, 2.0), rtol=1e-10)
    for transform in (bx.vmap, lambda f: bx.vmap(bx.grad(f)), lambda f: bx.grad(total(bx.vmap(f)))):
        np.testing.assert_allclose(transform(again)(X, X + 1), transform(inner)(X, X + 1), rtol=1e-10)


def total(f):
    return lambda *args: np.sum(f(*args))


def test_what_is_closed_over_has_a_derivative(backend):
    def f(w):
        return np.sum(bx.checkpoint(lambda x: np.sin(x * w))(X))

    np.testing.assert_allclose(bx.grad(f)(2.0), np.sum(np.cos(X * 2) * X))


def test_decorator_inside_and_keywords(backend):
    def f(x):
        @bx.checkpoint
        def part(x, scale=2.0):
            return np.sin(x) * scale

        return np.sum(part(x, scale=3.0) + part(x))

    np.testing.assert_allclose(bx.grad(f)(X), 5 * np.cos(X))
    assert bx.remat is bx.checkpoint


def test_values_are_computed_again():
    """Both sines of the inner value are there: forward and reverse do not share them."""

    def f(again):
        part = (bx.checkpoint if again else lambda f: f)(lambda x: np.sin(np.cosh(x)))
        return bx.value_and_grad(lambda x: part(x) * 2)

    kept, again = (f(again).source("f64") for again in (False, True))
    assert kept.count("np.cosh") == 1
    assert again.count("np.cosh") == 2


def test_only_arguments_are_kept_in_a_loop(backend):
    def net(x, w, n, mark):
        for _ in range(n):
            x = mark(lambda x: np.tanh(w @ np.tanh(w @ x)))(x)
        return np.sum(x)

    again = bx.grad(lambda x, w, n: net(x, w, n, bx.checkpoint), (0, 1))
    plain = bx.grad(lambda x, w, n: net(x, w, n, lambda f: f), (0, 1))
    args = X, np.outer(X, X), 7
    for have, want in zip(again(*args), plain(*args), strict=True):
        np.testing.assert_allclose(have, want, rtol=1e-10)
    assert saved(again, *args)[1] == [7]
    assert saved(plain, *args)[1] == [7, 7]


P = bx.checkpoint_policies
W1, W2 = np.cos(np.arange(30.0)).reshape(6, 5), np.sin(np.arange(25.0)).reshape(5, 5)
V = np.linspace(-1, 1, 6)


def layer(x, w1, w2):
    h = bx.checkpoint_name(np.tanh(x @ w1), "hidden")
    return np.sin(np.exp(np.sin(h @ w2)))


# how often the source of the gradient has products, tanh and exp
POLICIES = [
    (None, (6, 2, 2)),
    (P.nothing_saveable, (6, 2, 2)),
    (P.everything_saveable, (4, 1, 1)),
    (P.dots_saveable, (4, 2, 2)),
    (P.dots_with_no_batch_dims_saveable, (4, 2, 2)),
    (P.save_only_these_names("hidden"), (5, 1, 2)),
    (P.save_only_these_names("other"), (6, 2, 2)),
    (P.save_any_names_but_these("other"), (5, 1, 2)),
    (P.save_any_names_but_these("hidden"), (6, 2, 2)),
    (P.save_anything_except_these_names("hidden"), (4, 2, 1)),
    (P.save_from_both_policies(P.dots_saveable, P.save_only_these_names("hidden")), (4, 1, 2)),
]


@pytest.mark.parametrize("policy, counts", POLICIES, ids=lambda v: str(v))
def test_policies(policy, counts, backend):
    def loss(x, w1, w2):
        return np.sum(bx.checkpoint(layer, policy=policy)(x, w1, w2) ** 2)

    def want(x, w1, w2):
        return np.sum(layer(x, w1, w2) ** 2)

    for have, right in zip(
        bx.grad(loss, (0, 1, 2))(V, W1, W2), bx.grad(want, (0, 1, 2))(V, W1, W2), strict=True
    ):
        np.testing.assert_allclose(have, right, rtol=1e-12)
    source = bx.grad(loss, (0, 1, 2)).source(V, W1, W2)
    assert tuple(map(source.count, ("@", "tanh(", "np.exp("))) == counts
    batch = np.stack([V, 2 * V, -V])
    have = bx.vmap(bx.grad(loss), in_axes=(0, None, None))(batch, W1, W2)
    np.testing.assert_allclose(have, [bx.grad(want)(v, W1, W2) for v in batch], rtol=1e-10)


def test_policies_in_loops_and_second_derivatives(backend):
    def network(step):
        def run(x):
            for _ in range(4):
                x = np.append(step(x, W1, W2), x[0])
            return np.sum(x)

        return run

    saving = network(bx.checkpoint(policy=P.dots_saveable)(layer))
    np.testing.assert_allclose(bx.grad(saving)(V), bx.grad(network(layer))(V), rtol=1e-10)
    np.testing.assert_allclose(bx.hessian(saving)(V), bx.hessian(network(layer))(V), rtol=1e-8, atol=1e-10)
    inside = lambda x: bx.grad(network(bx.checkpoint(policy=P.save_only_these_names("hidden"))(layer)))(x)
    np.testing.assert_allclose(bx.jit(inside)(V), bx.grad(network(layer))(V), rtol=1e-10)


def test_what_is_no_policy_is_refused():
    with pytest.raises(ValueError, match="(?s)is not a policy.*dots_saveable"):
        bx.checkpoint(inner, policy=lambda *args: True)
    with pytest.raises(NotImplementedError, match="no other memory"):
        P.offload_dot_with_no_batch_dims("device", "pinned_host")
    with pytest.raises(NotImplementedError, match="checkpoint of a loop takes no policy"):
        bx.checkpoint(range(3), policy=P.dots_saveable)
    with pytest.raises(ValueError, match="names of checkpoint_name are strings"):
        P.save_only_these_names(3)


# ── loops ─────────────────────────────────────────────────────────────────────────────────────────


def march(u, w, n, mark):
    """A nonlinear step in place, n times."""
    u = u.copy()
    for k in mark(range(n)):
        u[1:-1] += 0.1 * w * u[1:-1] * (u[2:] - u[:-2]) + 0.001 * k
    return np.sum(u * u)


MARKS = {
    "levels=2": lambda r: bx.checkpoint(r, levels=2),
    "levels=3": lambda r: bx.checkpoint(r, levels=3),
    "levels=1": lambda r: bx.checkpoint(r, levels=1),
    "every=4": lambda r: bx.checkpoint(r, every=4),
    "plain": bx.checkpoint,
}


@pytest.mark.parametrize("mark", MARKS)
def test_loops(mark, backend):
    marked = bx.grad(lambda u, w, n: march(u, w, n, MARKS[mark]), (0, 1))
    plain = bx.grad(lambda u, w, n: march(u, w, n, lambda r: r), (0, 1))
    for n in (0, 1, 2, 16, 23):
        for have, want in zip(marked(X, 0.5, n), plain(X, 0.5, n), strict=True):
            np.testing.assert_allclose(have, want, rtol=1e-10)
    assert len(marked.compilations) == 1


@pytest.mark.parametrize("bounds", [(2, 20, 3), (20, 2, -3), (5, 5, 1), (9, 3, 1), (10, -1, -1), (0, 19, 5)])
def test_ranges(bounds, backend):
    def f(x, lo, hi, mark):
        for k in mark(range(lo, hi, bounds[2])):
            x = np.sin(x + 0.1 * k) * 1.1
        return x

    marked = bx.grad(lambda x, lo, hi: f(x, lo, hi, lambda r: bx.checkpoint(r, every=2)))
    plain = bx.grad(lambda x, lo, hi: f(x, lo, hi, lambda r: r))
    assert marked(0.3, *bounds[:2]) == pytest.approx(plain(0.3, *bounds[:2]), rel=1e-12)


def test_sequences_and_nests(backend):
    def f(rows, mark):
        s = 0.0
        for k, row in mark(enumerate(rows)):
            for x in mark(row):
                s = np.sin(s + x * k)
        return s

    rows = np.outer(X, X + 1)
    marked, plain = (bx.grad(lambda r, m=m: f(r, m)) for m in (bx.checkpoint, lambda r: r))
    np.testing.assert_allclose(marked(rows), plain(rows), rtol=1e-10)


def test_higher_order():
    marked = lambda x: march(X * x, 0.5, 12, bx.checkpoint)
    plain = lambda x: march(X * x, 0.5, 12, lambda r: r)
    for transform in (
        bx.jacfwd, lambda f: bx.grad(bx.grad(f)), bx.hessian, lambda f: bx.grad(bx.jacfwd(f)),
    ):  # fmt: skip
        with bx.backend("numpy"):
            assert transform(marked)(1.3) == pytest.approx(transform(plain)(1.3), rel=1e-9)


def test_batches(backend):
    marked = lambda x: march(X * x, 0.5, 12, bx.checkpoint)
    plain = lambda x: march(X * x, 0.5, 12, lambda r: r)
    batch = np.array([1.3, 0.2, 2.0])
    np.testing.assert_allclose(bx.vmap(bx.grad(marked))(batch), bx.vmap(bx.grad(plain))(batch))
    over = lambda f: bx.grad(lambda xs: np.sum(bx.vmap(f)(xs)))
    np.testing.assert_allclose(over(marked)(batch), over(plain)(batch))


def test_a_loop_that_may_be_left():
    def f(x):
        for _ in bx.checkpoint(range(10)):
            x = x * 1.1
            if x > 2:
                break
        return x

    assert bx.jit(f)(1.0) == f(1.0)
    with pytest.raises(UnsupportedError, match="checkpointed loop with break"):
        bx.grad(f)(1.0)


def test_two_levels_save_less_than_250_states_of_10_000():
    def f(x, mark, n):
        for _ in mark(range(n)):
            x = x + 0.01 * np.sin(x) * x
        return np.sum(x)

    def states(mark, n):
        gradient, sizes = saved(bx.grad(lambda x, n: f(x, mark, n)), X, n)
        reference = bx.grad(lambda x, n: f(x, lambda r: r, n))(X, n)
        np.testing.assert_allclose(gradient, reference, rtol=1e-9)
        return sizes

    outer, *segments = states(bx.checkpoint, 10_000)
    assert outer + max(segments) < 250
    assert states(lambda r: r, 10_000) == [10_000]
    first, *rest = states(lambda r: bx.checkpoint(r, levels=3), 8_000)
    assert first == 20
    assert max(rest) == 20
    assert states(lambda r: bx.checkpoint(r, every=50), 1_000)[0] == 20
