"""`pure_callback`: Python functions called from compiled code, on both backends and under every transform."""

import functools
from collections import namedtuple

import numpy as np
import pytest

import broadax as bx
from broadax.runtime.errors import BroadaxError, UnsupportedError

CALLS = []
SCALE = 3.0
Pair = namedtuple("Pair", "low high")


@pytest.fixture(autouse=True, params=["numpy", "numba"])
def backend(request):
    CALLS.clear()
    with bx.backend(request.param):
        yield request.param


def host_sin(x):
    CALLS.append(np.shape(x))
    return np.sin(x)


def like(x):
    return bx.ShapeDtypeStruct(x.shape, x.dtype)


def sine(x):
    return bx.pure_callback(host_sin, like(x), x)


def close(have, want):
    np.testing.assert_allclose(have, want, rtol=1e-12, atol=1e-12)


X = np.linspace(0.1, 2.0, 6)


def test_values_and_sizes_of_other_calls():
    f = bx.jit(lambda x: 2 * sine(x) + x)
    close(f(X), 2 * np.sin(X) + X)
    longer = np.linspace(0, 1, 9)
    close(f(longer), 2 * np.sin(longer) + longer)
    assert CALLS == [(6,), (9,)] and len(f.compilations) == 1


def test_uncompiled_it_is_the_function_with_its_checks():
    close(sine(X), np.sin(X))
    with pytest.raises(ValueError, match=r"host_sin gave an array of shape \(6,\); declared is \(2,\)"):
        bx.pure_callback(host_sin, bx.ShapeDtypeStruct((2,), float), X)


def test_scalars_arrive_as_numpy_scalars():
    kinds = []

    def look(x, k):
        kinds.append((type(x), type(k)))
        return float(x) * k

    f = bx.jit(lambda x, k: bx.pure_callback(look, bx.ShapeDtypeStruct((), np.float64), x, k))
    result = f(1.5, 2)
    assert result == 3.0 and isinstance(result, np.float64)
    assert kinds == [(np.float64, np.int64)]


def test_trees_keywords_and_several_results():
    def host(pair, *, by, shift=0.0):
        return {"sum": pair[0] + pair[1]["b"] * by + shift, "n": np.int64(pair[0].size)}

    def f(a, b):
        shapes = {"sum": bx.ShapeDtypeStruct(a.shape, a.dtype), "n": bx.ShapeDtypeStruct((), np.int64)}
        found = bx.pure_callback(host, shapes, (a, {"b": b}), by=2.0)
        return found["sum"] * found["n"]

    close(bx.jit(f)(X, X**2), (X + 2 * X**2) * 6)


def test_named_tuples_go_in_and_out():
    def host(p):
        return Pair(p.low - 1, p.high + 1)

    def f(x):
        p = bx.pure_callback(host, Pair(like(x), like(x)), Pair(low=x, high=2 * x))
        return p.high - p.low

    close(bx.jit(f)(X), X + 2)


def test_lambdas_partials_and_closures_over_static_values():
    def f(x):
        power = 3
        first = bx.pure_callback(lambda v: v**power, like(x), x)
        second = bx.pure_callback(functools.partial(np.add, 1.0), like(x), x)
        return first + second

    close(bx.jit(f)(X), X**3 + X + 1)


def test_a_nested_function_that_closes_over_data_is_an_error():
    def f(x):
        y = x * 2

        def host(v):
            return v + y

        return bx.pure_callback(host, like(x), x)

    with pytest.raises(
        UnsupportedError, match="(?s)y is known only when the code runs.*pass it as an argument"
    ):
        bx.jit(f)(X)


def test_the_current_global_is_read_by_the_python_function():
    f = bx.jit(lambda x: bx.pure_callback(lambda v: v * SCALE, like(x), x))
    close(f(X), 3 * X)


# ── what it gives is checked ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "host, error, words",
    [
        (lambda x: x[:-1], ValueError, r"gave an array of shape \(5,\); declared is \(6,\)"),
        (lambda x: x.astype(np.float32), TypeError, "gave dtype float32; declared is float64"),
        (lambda x: (x, x), TypeError, "gave the structure"),
    ],
)
def test_wrong_answers(host, error, words):
    f = bx.jit(lambda x: bx.pure_callback(host, like(x), x) + 1)
    with pytest.raises(error, match=words) as info:
        f(X)
    assert isinstance(info.value, BroadaxError) and "test_callback.py" in str(info.value)


def test_its_own_errors_reach_the_caller():
    class Mine(Exception):
        pass

    def host(x):
        raise Mine("no luck")

    with pytest.raises(Mine, match="no luck"):
        bx.jit(lambda x: bx.pure_callback(host, like(x), x))(X)


def test_wrong_arguments():
    with pytest.raises(TypeError, match="vmap_method must be None or one of 'sequential'"):
        bx.jit(lambda x: bx.pure_callback(host_sin, like(x), x, vmap_method="parallel"))(X)
    with pytest.raises(TypeError, match="must hold objects with a shape and a dtype, got a str"):
        bx.jit(lambda x: bx.pure_callback(host_sin, "f64", x))(X)
    with pytest.raises(TypeError, match="calls a Python function, not a"):
        bx.jit(lambda x: bx.pure_callback(3, like(x), x))(X)


def test_arguments_can_not_be_written_and_results_are_copies():
    table = np.arange(6.0)

    def write(x):
        x[0] = 1
        return x

    def f(x):
        y = bx.pure_callback(lambda v: table, like(x), x)
        y[0] = 100.0
        return y + x

    close(bx.jit(f)(X), np.r_[100.0, 1:6] + X)
    assert table[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        bx.jit(lambda x: bx.pure_callback(write, like(x), x * 1))(X)


# ── vmap ──────────────────────────────────────────────────────────────────────────────────────────

XS = np.linspace(0, 1, 12).reshape(4, 3)


def scaled(method):
    def host(x, a):
        CALLS.append((x.shape, np.shape(a)))
        return np.sin(x) * (a if np.ndim(a) == 0 else np.reshape(a, (-1, 1)))

    return lambda x, a: bx.pure_callback(host, like(x), x, a, vmap_method=method) * 2


@pytest.mark.parametrize(
    "method, calls",
    [
        ("sequential", [((3,), ())] * 4),
        ("expand_dims", [((4, 3), (1,))]),
        ("broadcast_all", [((4, 3), (4,))]),
    ],
)
def test_vmap_methods(method, calls):
    close(bx.vmap(scaled(method), in_axes=(0, None))(XS, 1.5), 3 * np.sin(XS))
    assert calls == CALLS


def test_vmap_without_a_method_is_an_error():
    with pytest.raises(NotImplementedError, match="(?s)vmap_method is None.*'expand_dims'"):
        bx.vmap(sine)(XS)
    # what all examples share is called once
    close(bx.vmap(lambda x, s: x + sine(s), in_axes=(0, None))(XS, X[:3]), XS + np.sin(X[:3]))
    assert CALLS == [(3,)]


def test_vmap_of_vmap():
    def host(x):
        CALLS.append(x.shape)
        return np.cos(x)

    f = lambda x: bx.pure_callback(host, like(x), x, vmap_method="expand_dims")
    x = np.linspace(0, 1, 24).reshape(2, 3, 4)
    close(bx.vmap(bx.vmap(f))(x), np.cos(x))
    assert CALLS == [(2, 3, 4)]


def test_in_loops_branches_and_regions_of_a_batch():
    def f(x, n):
        total = x * 0.0
        for k in range(n):
            if x[0] > 0.5:
                total = total + bx.pure_callback(host_sin, like(x), x * k, vmap_method="sequential")
            else:
                total = total - x
        return total

    def want(x, n):
        return sum(np.sin(x * k) for k in range(n)) if x[0] > 0.5 else -n * x

    counts = np.array([1, 2, 3, 2])
    close(bx.jit(f)(X, 3), want(X, 3))
    CALLS.clear()
    close(bx.vmap(f)(XS, counts), [want(x, n) for x, n in zip(XS, counts, strict=True)])
    assert len(CALLS) == sum(n for x, n in zip(XS, counts, strict=True) if x[0] > 0.5)


def test_in_a_while_loop_that_it_decides():
    def halve(x):
        return x / 2

    def f(x):
        turns = 0
        while x > 0.1:
            x = bx.pure_callback(halve, bx.ShapeDtypeStruct((), np.float64), x, vmap_method="sequential")
            turns += 1
        return turns

    assert bx.jit(f)(10.0) == 7
    assert list(bx.vmap(f)(np.array([10.0, 0.3, 0.05]))) == [7, 2, 0]


# ── derivatives ───────────────────────────────────────────────────────────────────────────────────


def test_it_has_no_derivative():
    for transform in (bx.grad(lambda x: np.sum(sine(x))), lambda x: bx.jvp(sine, (x,), (x,))):
        with pytest.raises(
            UnsupportedError, match="(?s)pure_callback has no derivative.*custom_jvp or custom_vjp"
        ):
            transform(X)


def test_what_does_not_depend_on_it_is_differentiated():
    f = lambda x: np.sum(x * sine(bx.stop_gradient(x)))
    close(bx.grad(f)(X), np.sin(X))


@bx.custom_jvp
def smooth(x):
    return bx.pure_callback(host_sin, like(x), x, vmap_method="expand_dims")


@smooth.defjvp
def _smooth_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    return smooth(x), bx.pure_callback(np.cos, like(x), x, vmap_method="expand_dims") * t


@bx.custom_vjp
def reversed_only(x):
    return bx.pure_callback(host_sin, like(x), x, vmap_method="sequential")


def _forward(x):
    return reversed_only(x), x


def _backward(x, d):
    return (d * bx.pure_callback(np.cos, like(x), x, vmap_method="sequential"),)


reversed_only.defvjp(_forward, _backward)


@pytest.mark.parametrize("function", [smooth, reversed_only])
def test_with_a_rule_it_is_differentiated(function):
    f = lambda x: np.sum(function(x) ** 2)
    close(bx.grad(f)(X), 2 * np.sin(X) * np.cos(X))
    CALLS.clear()
    close(bx.vmap(bx.grad(f))(XS), np.sin(2 * XS))

    def looped(x):
        for _ in range(3):
            x = function(x)
        return np.sum(x)

    want = np.cos(X) * np.cos(np.sin(X)) * np.cos(np.sin(np.sin(X)))
    close(bx.grad(looped)(X), want)


def test_the_reverse_sweep_does_not_call_it_again():
    def f(x):
        total = 0.0
        for _ in range(5):
            x = smooth(x)
            total += np.sum(x * x)
        return total

    bx.grad(f)(X)
    assert len(CALLS) == 5


def test_jacobians_through_rules():
    close(bx.jacfwd(smooth)(X), np.diag(np.cos(X)))
    close(bx.jacrev(smooth)(X), np.diag(np.cos(X)))


# ── what is printed ───────────────────────────────────────────────────────────────────────────────


def test_source_shows_the_call():
    text = bx.jit(lambda x: 2 * sine(x)).source("f64[n]")
    assert "pure_callback(host_sin, ShapeDtypeStruct((x.shape[0],), 'float64'), x)" in text
    assert "from broadax import ShapeDtypeStruct, pure_callback" in text


def test_a_call_whose_result_is_not_used_is_left_out():
    f = bx.jit(lambda x: (sine(x), x + 1)[1])
    close(f(X), X + 1)
    assert CALLS == []


# ── eval_shape and ShapeDtypeStruct in code that is read ──────────────────────────────────────────


def test_eval_shape_inside_a_compiled_function():
    def f(x, w):
        out = bx.eval_shape(lambda a, b: {"y": a @ b}, x, w)["y"]
        return np.zeros(out.shape, out.dtype) + out.ndim + out.shape[0]

    x, w = np.ones((7, 5)), np.ones((5, 6), np.float32)
    have = bx.jit(f)(x, w)
    assert have.shape == (7, 6) and have.dtype == np.float64 and np.all(have == 9)


def test_eval_shape_declares_what_a_function_gives():
    def host(x):
        return np.outer(x, x)

    def f(x):
        return bx.pure_callback(host, bx.eval_shape(host, x), x).sum()

    close(bx.jit(f)(X), np.outer(X, X).sum())
