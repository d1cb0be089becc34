"""The Numba backend against the reference evaluation, and what its generated source looks like."""

from __future__ import annotations

import math

import numpy as np
import pytest

import broadax as bx
import broadax.transforms.primitives  # noqa: F401
from broadax.backends import numba as backend
from broadax.runtime.errors import BackendError
from broadax.transforms.core.avals import FLOAT, INT, Aval, aval_of
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Block, For, If, Lit, While
from broadax.transforms.simplify import simplify
from broadax.transforms.simplify.insert_copies import insert_copies

F32, I32 = np.dtype(np.float32), np.dtype(np.int32)


class Case:
    """A function built from arguments: every different length of an array gets a size variable."""

    def __init__(self, *args):
        self.args, self.builder, self.sizes, self.vars = args, Builder(), [], {}
        self.params = [self.param(k, a) for k, a in enumerate(args)]

    def param(self, k, value):
        aval = aval_of(value)
        shape = []
        new = []
        for axis, n in enumerate(aval.shape):
            if n >= 2 and n not in self.vars:
                self.vars[n] = self.builder.var("nmkpqr"[len(self.vars)], Aval(INT, (), True), n)
                new.append((self.vars[n], axis))
            shape.append(Size.of(self.vars[n]) if n >= 2 else n)
        param = self.builder.var("xyzuvw"[k], aval.with_shape(shape) if shape else aval)
        self.sizes += [(var, param, axis) for var, axis in new]
        return param

    def run(self, build, same_types: bool = True, compare: bool = True):
        """Build with `build(apply, *params)`, compile, compare; gives the generated source."""
        with self.builder.current():
            outs = build(self.builder.apply, *self.params)
        outs = outs if isinstance(outs, tuple) else (outs,)
        outs = tuple(self.builder.atom(o) for o in outs)
        function = self.builder.finish("f", self.params, self.sizes, outs)
        self.function = insert_copies(simplify(function))
        self.compiled = backend.compile(self.function)
        if compare:
            self.check(function)
        return body_of(self.compiled.text)

    def check(self, function):
        with np.errstate(all="ignore"):
            want = evaluate(
                function, *(np.copy(a)[()] if isinstance(a, np.ndarray) else a for a in self.args)
            )
        got = self.compiled(*self.args)
        for k, (g, w) in enumerate(zip(got, want, strict=True)):
            tolerance = 2e-6 if np.asarray(w).dtype in (np.float32, np.complex64) else 1e-11
            assert np.asarray(g).dtype == np.asarray(w).dtype, k
            assert type(g) is type(w), k
            np.testing.assert_allclose(g, w, rtol=tolerance, atol=tolerance, err_msg=f"result {k}")


def body_of(text: str) -> str:
    """The text of the compiled function, without imports and helpers."""
    return text[text.rindex("\n@njit(") + 1 :]


def loops_in(text: str) -> int:
    return sum(line.lstrip().startswith("for ") for line in text.splitlines())


def full(x):
    return tuple(("slice", 0, d, 1) for d in x.shape)


rng = np.random.default_rng(3)


# ── the source ────────────────────────────────────────────────────────────────────────────────────


def test_a_sum_of_products_is_one_loop_without_arrays():
    text = Case(rng.random(50), rng.random(50), rng.random(50)).run(
        lambda A, x, y, z: A("sum", x + y * z, axes=(0,), keepdims=False)
    )
    assert loops_in(text) == 1
    assert ".empty" not in text and ".zeros" not in text


def test_softmax_shares_its_rows():
    def softmax(A, x):
        e = A("exp", x - A("max", x, axes=(1,), keepdims=True))
        return e / A("sum", e, axes=(1,), keepdims=True)

    text = Case(rng.normal(size=(5, 7))).run(softmax)
    assert text.count("for i in") == 1
    assert text.count("for j in") == 3


def test_reductions_of_the_same_data_take_one_pass():
    text = Case(rng.normal(size=20)).run(
        lambda A, x: tuple(A(name, x, axes=(0,), keepdims=False) for name in ("sum", "max", "min", "prod"))
    )
    assert loops_in(text) == 1


def test_source_is_the_same_twice_and_imports_little():
    def make():
        case = Case(rng.normal(size=(3, 4)))
        case.run(lambda A, x: A("sum", A("sin", x), axes=(1,), keepdims=False), compare=False)
        return backend.source(case.function, standalone=True)

    text = make()
    assert text == make()
    assert {line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))} <= {
        "math",
        "numpy",
        "numba",
        "llvmlite",
        "numba.extending",
    }


def test_a_standalone_module_runs_without_broadax(tmp_path):
    case = Case(rng.normal(size=(3, 4)), np.array([2, -1, 0]))

    def build(A, x, k):
        rows = A("index", x, k, spec=(("index", 0), ("slice", 0, x.shape[1], 1)))
        product = A("matmul", x, A("transpose", x, axes=(1, 0)))
        return (
            A("tanh", rows),
            product,
            A("max", x, axes=(0,), keepdims=False),
            A("prod", x, axes=(0,), keepdims=True),
        )

    case.run(build)
    text = backend.source(case.function, standalone=True)
    assert "broadax" not in text
    path = tmp_path / "alone.py"
    path.write_text(text)
    space = {}
    exec(compile(text.replace("cache=True", "cache=False"), str(path), "exec"), space)
    for a, b in zip(space["f"](*case.args), case.compiled(*case.args), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_gather_by_position_needs_no_check():
    def build(A, x, k):
        rows = A("iota", size=x.shape[0], dtype=INT)
        return A("index", x, rows, A("remainder", k, 4), spec=(("index", 0), ("index", 1)))

    text = Case(rng.normal(size=(3, 4)), np.array([2, 3, 0])).run(build)
    assert text.count("take(") == 1


def pairs_of_rows(state, x):
    for i in range(0, 4, 2):
        state[i], state[i + 1] = state[i] + x, state[i + 1] * x
    for i in range(3, -1, -3):
        state[i] += x
    return state


def test_the_last_turn_of_a_loop_with_a_step_is_known():
    state, x = np.arange(24.0).reshape(4, 6), np.ones(6)
    f = bx.jit(pairs_of_rows, backend="numba")
    assert "take(" not in f.source(state, x, stage="numba")
    np.testing.assert_array_equal(f(state.copy(), x), pairs_of_rows(state.copy(), x))


def gates(x, w):
    g = (np.concatenate([x, x, x]) * w).reshape(3, -1)
    return g[0] * np.tanh(g[1]) + g[2]


def test_sizes_that_are_found_equal_divide_without_rest():
    text = bx.jit(gates).source(np.ones(7), np.ones(21), stage="numba")
    assert "// 3" not in text and text.count("for j in") <= 2, text


def test_equal_layers_of_a_large_function_are_one_function():
    case = Case(rng.normal(size=(3, 4)), rng.normal(size=(4, 4)))

    def build(A, x, w):
        for k in range(14):
            x = A("tanh", A("matmul", x, w)) + float(k % 2)
        return A("sum", x, axes=(0,), keepdims=True), x

    case.run(build)
    text = case.compiled.text
    assert loops_in(text) < 12
    assert text.count("@njit(**fast.nested)") < 7
    text = backend.source(case.function, standalone=True)
    assert "fast." not in text and text.count("@njit(**nested)") < 7


# ── elementwise ───────────────────────────────────────────────────────────────────────────────────


def test_broadcasting_float64():
    def build(A, x, y, z):
        row = A("reshape", y, shape=(1, y.shape[0]))
        s = x * row + z
        t = A("where", A("less", s, 0.0), A("maximum", x, row), A("minimum", s, 1.0))
        column = A("index", x, spec=(("slice", 0, x.shape[0], 1), ("slice", 0, 1, 1)))
        outer = A("exp", column) * A("sin", row)
        return (
            s,
            t,
            outer,
            A("broadcast_to", y, shape=x.shape),
            A("power", x, 3),
            A("sign", x) - A("square", s),
        )

    Case(rng.normal(size=(4, 5)), rng.normal(size=5), 2.5).run(build)


def test_dtypes_stay():
    def build(A, x, k, b):
        return (
            x * 2.0 + 1,
            A("power", x, 2),
            A("sum", x, axes=(0,), keepdims=False),
            k * 3 - 1,
            k + x,
            A("floor_divide", k, 2),
            A("remainder", k, 3),
            A("left_shift", k, 40),
            A("logical_not", b),
            A("where", b, x, k),
            A("convert", x, dtype=INT),
            A("convert", b, dtype=F32),
            A("divide", k, 2),
            A("sum", b, axes=(0,), keepdims=False),
            A("max", k, axes=(0,), keepdims=True),
        )

    Case(rng.normal(size=6).astype(F32), np.arange(-3, 3, dtype=I32), rng.random(6) < 0.5).run(build)


def test_scalars_are_of_numpys_and_pythons_types():
    def build(A, x, y, k, w):
        return (
            A("sin", x),
            x + y,
            y * 2.0,
            k // 3,
            k % 3,
            A("divide", k, 4),
            w + 1.0,
            A("less", y, 1.0),
            A("logical_and", A("less", k, 3), A("less", w, 9.0)),
            A("convert", w, dtype=F32),
            A("maximum", w, 2.0),
        )

    Case(np.float64(0.3), np.float32(1.5), 7, 2.0).run(build)


def test_division_by_zero_is_an_error_for_python_numbers_only():
    case = Case(1.0, 0.0, 5, 0, np.arange(3), np.float64(0.0))
    case.run(lambda A, a, b, i, j, k, z: (A("divide", a, 2.0), A("floor_divide", k, 0), a / z))
    for name, left, right in (("divide", 0, 1), ("floor_divide", 2, 3), ("remainder", 2, 3)):
        case = Case(1.0, 0.0, 5, 0)
        case.run(lambda A, *xs, n=name, p=left, q=right: A(n, xs[p], xs[q]), compare=False)
        with pytest.raises(ZeroDivisionError):
            case.compiled(1.0, 0.0, 5, 0)


def test_pythons_math_raises_where_numpy_does_not():
    case = Case(2.0, 1.0, np.float64(2.0))
    case.run(lambda A, a, b, c: (A("sqrt", a), A("log", a), A("exp", b), A("sqrt", c), A("arctanh", a - 2.0)))
    assert np.isnan(case.compiled(2.0, 1.0, np.float64(-1.0))[3])
    assert np.isnan(case.compiled(np.nan, 1.0, np.float64(1.0))[0])
    assert case.compiled(2.0, np.inf, np.float64(1.0))[2] == np.inf
    for bad, error in (
        ((-1.0, 1.0), ValueError),
        ((0.0, 1.0), ValueError),
        ((2.0, 1e9), OverflowError),
        ((3.0, 1.0), ValueError),
    ):
        with pytest.raises(error):
            case.compiled(*bad, np.float64(1.0))


# ── reductions ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.bool_])
def test_reductions_over_all_axes(dtype):
    x = rng.normal(size=(3, 4, 5)) * 3
    x = (x > 0) if dtype == np.bool_ else x.astype(dtype)
    names = ("max", "min", "all", "any") if dtype == np.bool_ else ("sum", "prod", "max", "min", "all", "any")
    axes = [(0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2)]

    def build(A, x):
        found = [A(name, x, axes=a, keepdims=k % 2 == 0) for name in names for k, a in enumerate(axes)]
        return tuple(found) + tuple(A(n, x, axis=a) for n in ("argmax", "argmin") for a in range(3))

    Case(x).run(build)


def test_nan_and_infinity_in_reductions():
    x = np.array([[1.0, np.nan, 3.0], [np.inf, 2.0, -np.inf], [-np.inf, -np.inf, -np.inf]])
    Case(x).run(
        lambda A, x: (
            tuple(
                A(n, x, axes=a, keepdims=False)
                for n in ("max", "min", "sum", "any")
                for a in ((0,), (1,), (0, 1))
            )
            + tuple(A(n, x, axis=k) for n in ("argmax", "argmin") for k in (0, 1))
            + (A("maximum", x, 1.0), A("fmin", x, 0.0))
        )
    )


def test_sums_are_accurate():
    x = rng.random(200_001).astype(F32)
    case = Case(x)
    case.run(lambda A, x: A("sum", x, axes=(0,), keepdims=False), compare=False)
    exact = x.astype(np.float64).sum()
    assert abs(case.compiled(x)[0] - exact) / exact < 1e-6


def test_zero_sizes():
    def build(A, x):
        return (
            A("sum", x, axes=(0, 1), keepdims=False),
            A("exp", x),
            A("any", x, axes=(1,), keepdims=False),
            A("matmul", A("transpose", x, axes=(1, 0)), x),
            A("sum", x, axes=(0,), keepdims=False),
        )

    Case(np.ones((0, 4))).run(build)
    case = Case(np.ones(4))
    case.run(lambda A, x: A("max", x, axes=(0,), keepdims=False))
    with pytest.raises(ValueError, match="shapes"):  # a symbolic size is never 0
        case.compiled(np.ones(0))


def test_non_contiguous_and_read_only_arguments():
    case = Case(rng.normal(size=(4, 5)))
    case.run(lambda A, x: (A("sum", x, axes=(1,), keepdims=False), x * 2.0))
    base = rng.normal(size=(10, 8))
    for x in (base[::2, 1:6], np.asfortranarray(base[:5, :4]), base[:4, :5].T, base[::-1]):
        np.testing.assert_allclose(case.compiled(x)[0], x.sum(1))
    base.flags.writeable = False
    np.testing.assert_allclose(case.compiled(base)[1], base * 2)
    with pytest.raises(TypeError):
        case.compiled(base.astype(F32))


# ── shapes and indices ────────────────────────────────────────────────────────────────────────────


def test_views():
    def build(A, x, v):
        n, m = x.shape
        back = A("index", v, spec=(("slice", v.shape[0] - 1, v.shape[0], -1),))
        odd = A("index", v, spec=(("slice", 1, 3, 2),))
        turned = A("transpose", x, axes=(1, 0))
        flat = A("reshape", A("sin", x), shape=(n * m,))
        table = A("reshape", A("index", v, spec=(("slice", 0, 6, 1),)), shape=(2, 3))
        cross = A("index", turned, spec=(("slice", 1, m - 1, 1), ("new",), ("slice", 0, n, 1)))
        return (
            back,
            odd + 1.0,
            turned * 2.0,
            flat,
            table,
            cross,
            A("sum", turned, axes=(0,), keepdims=False),
            A("tril", x, k=0),
            A("triu", x * 2.0, k=1),
            A("reshape", turned, shape=(n * m,)),
            A("stop_gradient", v),
            A("index", x, Lit(1), spec=(("index", 0), ("slice", 0, m, 1))),
        )

    Case(rng.normal(size=(4, 5)), rng.normal(size=8)).run(build)


def test_creation():
    def build(A, x):
        n, m = x.shape
        return (
            A("zeros", shape=(n, 2), dtype=FLOAT),
            A("full", Lit(np.float32(2)), shape=(m,)),
            A("iota", size=n, dtype=INT),
            A("iota", size=m, dtype=F32) * np.float32(2),
            A("eye", n=n, m=m, k=1, dtype=FLOAT),
            A("arange", Lit(0.5), Lit(0.25), size=m, dtype=FLOAT),
            A("size", value=n * m),
            A("copy", x),
            x + A("eye", n=n, m=m, k=0, dtype=FLOAT),
            A("zeros", shape=(n, m), dtype=FLOAT) + x,
            A("stack", A("size", value=n), Lit(3), axis=0),
        )

    Case(rng.normal(size=(3, 4))).run(build)


def test_gathers():
    def build(A, x, v, k, j):
        n, m = x.shape
        rows = A("index", x, k, spec=(("index", 0), ("slice", 0, m, 1)))
        pairs = A("index", x, k, A("remainder", k, 2), spec=(("index", 0), ("index", 1)))
        columns = A("index", x, k, spec=(("slice", 0, n, 1), ("index", 0)))
        apart = A(
            "index",
            A("reshape", x, shape=(n, 1, m)),
            k,
            Lit(-1),
            spec=(("index", 0), ("slice", 0, 1, 1), ("index", 1)),
        )
        table = A(
            "index",
            v,
            A("reshape", k, shape=(k.shape[0], 1)) + A("reshape", k, shape=(1, k.shape[0])),
            spec=(("index", 0),),
        )
        taken = A("index", A("exp", v), k, spec=(("index", 0),))
        return (
            rows,
            pairs,
            columns,
            apart,
            table,
            taken,
            A("index", v, j, spec=(("index", 0),)),
            A("index", v, Lit(-2), spec=(("index", 0),)),
        )

    Case(rng.normal(size=(4, 5)), rng.normal(size=9), np.array([0, -1, 2, 2]), 3).run(build)


def test_joining():
    def build(A, x, y):
        return (
            A("concatenate", x, y * 2.0, x, axis=1),
            A("stack", x, A("sin", x), axis=0),
            A("stack", x, x, axis=2),
            A("concatenate", A("transpose", x, axes=(1, 0)), A("transpose", y, axes=(1, 0)), axis=0),
        )

    Case(rng.normal(size=(3, 4)), rng.normal(size=(3, 2))).run(build)


@pytest.mark.parametrize("index", [5, -6, 100])
def test_an_index_out_of_range_is_an_error(index):
    case = Case(np.arange(5.0), 2)
    case.run(
        lambda A, x, k: (A("index", x, k, spec=(("index", 0),)), A("at_set", x, 1.0, k, spec=(("index", 0),)))
    )
    with pytest.raises(IndexError, match=f"index {index} is out of bounds for axis of size 5"):
        case.compiled(np.arange(5.0), index)
    case = Case(np.arange(5.0), np.array([0, 1]))
    case.run(lambda A, x, k: A("at_add", x, 1.0, k, spec=(("index", 0),)))
    with pytest.raises(IndexError):
        case.compiled(np.arange(5.0), np.array([0, index]))


# ── updates ───────────────────────────────────────────────────────────────────────────────────────


def test_updates_that_read_what_they_write():
    def inner(x):
        return (("slice", 1, x.shape[0] - 2, 1),)

    def build(A, x):
        n = x.shape[0]
        left, right = (A("index", x, spec=(("slice", k, n - 2, 1),)) for k in (0, 2))
        middle = A("index", x, spec=inner(x))
        shifted = A("at_set", x, left + right, spec=inner(x))
        doubled = A("at_set", x, middle * 2.0, spec=inner(x))
        moved = A("at_set", x, A("index", x, spec=(("slice", 0, n - 1, 1),)), spec=(("slice", 1, n - 1, 1),))
        turned = A("at_set", x, x, spec=(("slice", n - 1, n, -1),))
        return (
            shifted,
            doubled,
            moved,
            turned,
            A("at_add", x, A("index", x, spec=(("slice", n - 1, n, -1),)), spec=full(x)),
        )

    Case(rng.normal(size=9)).run(build)


def test_updates_in_place():
    def build(A, x, v, k):
        n, m = x.shape
        once = A("at_set", x, v, Lit(1), spec=(("index", 0), ("slice", 0, m, 1)))
        grid = A("at_set", once, 7.0, spec=(("slice", 0, 2, 2), ("slice", m - 1, 2, -1)))
        many = A(
            "at_add",
            A("zeros", shape=(n,), dtype=FLOAT),
            A("index", v, k, spec=(("index", 0),)),
            k,
            spec=(("index", 0),),
        )
        cells = A("at_set", x, 0.0, k, k, spec=(("index", 0), ("index", 1)))
        return grid, many, cells, A("at_add", x, 1.0, k, spec=(("slice", 0, n, 1), ("index", 0)))

    Case(rng.normal(size=(4, 4)), rng.normal(size=4), np.array([1, 1, 3, 1])).run(build)


def test_a_mutated_argument_is_written():
    case = Case(np.zeros(5), 2.0)
    with case.builder.current():
        x, w = case.params
        out = case.builder.apply("at_set", x, w, spec=(("slice", 1, 2, 1),))
    function = case.builder.finish("f", case.params, case.sizes, (out,))
    compiled = backend.compile(insert_copies(simplify(function), {0: 0}), {0: 0})
    for x in (np.zeros(5), np.zeros(10)[::2]):
        compiled(x, 2.0)
        np.testing.assert_array_equal(x, [0, 2, 2, 0, 0])
    frozen = np.zeros(5)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        compiled(frozen, 2.0)


# ── control flow ──────────────────────────────────────────────────────────────────────────────────


def loop(builder, hi, init, body, lo=0, step=1):
    """Append a `for`; `body(index, *carries)` gives the next carries."""
    carries = tuple(builder.var(f"c{k}", a.aval) for k, a in enumerate(init))
    index = builder.var("i", Aval(INT, (), True))
    with builder.block() as stmts:
        results = body(index, *carries)
    outs = tuple(builder.var(f"o{k}", a.aval) for k, a in enumerate(init))
    bounds = (builder.atom(a) for a in (lo, hi, step))
    builder.add(For(outs, index, *bounds, carries, tuple(init), Block(tuple(stmts), tuple(results))))
    return outs


def at(x, *idx):
    return {"spec": tuple(("index", k) for k in range(len(idx)))}


def test_a_stencil_in_scalar_loops():
    case = Case(rng.normal(size=(6, 7)), rng.normal(size=(6, 7)))
    A, b = case.builder.apply, case.builder

    def build(_, u, v):
        def row(i, v1):
            def cell(j, v2):
                total = Lit(0.0)
                for di, dj in ((0, 1), (2, 1), (1, 0), (1, 2)):
                    total = total + A(
                        "index", u, i + (di - 1), j + (dj - 1), spec=(("index", 0), ("index", 1))
                    )
                return (A("at_set", v2, total * 0.25, i, j, spec=(("index", 0), ("index", 1))),)

            return loop(b, u.shape[1] - 1, (v1,), cell, lo=1)

        return loop(b, u.shape[0] - 1, (v,), row, lo=1)[0]

    text = case.run(build)
    assert "take(" not in text and ".empty" not in text


def test_loops_branches_and_whiles():
    case = Case(rng.normal(size=8), 3, 0.5)
    A, b = case.builder.apply, case.builder

    def build(_, x, k, w):
        def body(i, total, best, y):
            value = A("index", x, i, spec=(("index", 0),))
            with b.block() as yes:
                a = (value + total, value)
            with b.block() as no:
                c = (total, best * 1.0)
            outs = (b.var("t", total.aval), b.var("u", best.aval))
            b.add(If(outs, A("greater", value, best), Block(tuple(yes), a), Block(tuple(no), c)))
            y = A("at_add", y, outs[0], A("remainder", i, k), spec=(("index", 0),))
            return outs[0], outs[1], A("multiply", y, 0.5)

        zero = Lit(np.float64(0))
        total, best, y = loop(b, x.shape[0], (zero, zero, x), body)
        swapped = loop(b, k, (x, y), lambda i, p, q: (q, A("add", p, q)))
        down = loop(
            b,
            -1,
            (zero,),
            lambda i, s: (s * 2.0 + A("index", x, i, spec=(("index", 0),)),),
            lo=x.shape[0] - 1,
            step=-2,
        )[0]
        carries = (b.var("r", w.aval), b.var("count", Aval(INT, (), True)))
        with b.block() as test:
            more = A("less", carries[0], 10.0)
        with b.block() as inner:
            nxt = (carries[0] * 2.0, carries[1] + 1)
        outs = (b.var("r", w.aval), b.var("count", Aval(INT, (), True)))
        b.add(While(outs, carries, (w, Lit(0)), Block(tuple(test), (more,)), Block(tuple(inner), nxt)))
        return total, best, y, *swapped, down, *outs

    case.run(build)


def test_stacks():
    case = Case(rng.normal(size=(4, 3)), 4)
    A, b = case.builder.apply, case.builder

    def build(_, x, k):
        def save(i, s, t):
            row = A("index", x, i, spec=(("index", 0), ("slice", 0, x.shape[1], 1)))
            s = A("stack_push", s, A("sum", row, axes=(0,), keepdims=False))
            return s, A("stack_push", t, row)

        s, t = A("stack_new", item=Aval(FLOAT)), A("stack_new", item=Aval(FLOAT, (x.shape[1],)))
        s, t = loop(b, k, (s, t), save)

        def load(i, s, t, total, rows):
            s, value = A("stack_pop", s)
            t, row = A("stack_pop", t)
            return s, t, total * 2.0 + value, rows * 2.0 + row

        start = (s, t, Lit(np.float64(0)), A("zeros", shape=(x.shape[1],), dtype=FLOAT))
        return loop(b, k, start, load)[2:]

    case.run(build)


def test_effects(capfd):
    case = Case(np.float64(2.0), 3)

    def build(A, x, k):
        case.builder.check(A("less", x, 5.0), ValueError, ("x is too large at step ", 1), (k,))
        case.builder.effect("print", (x, k), message=("x = ", 0, " and {k} = ", 1))
        return x + 1.0

    case.run(build, compare=False)
    assert case.compiled(np.float64(2.0), 3) == (3.0,)
    assert capfd.readouterr().out == "x = 2.0 and {k} = 3\n"
    with pytest.raises(ValueError, match="^x is too large at step 7$"):
        case.compiled(np.float64(9.0), 7)


# ── products and linear algebra ───────────────────────────────────────────────────────────────────


def test_products():
    def build(A, x, y, v):
        n, m = x.shape
        turned = A("transpose", x, axes=(1, 0))
        batch = A("stack", x, x * 2.0, axis=0)
        return (
            A("matmul", x, turned),
            A("matmul", turned, x),
            A("matmul", x, v),
            A("matmul", v, v),
            A("matmul", v, turned),
            A("matmul", batch, y),
            A("matmul", batch, A("stack", y, y, axis=0)),
            A("matmul", x * 1.0, A("sin", y)),
            A("matmul", A("convert", x, dtype=INT), A("convert", y, dtype=INT)),
        )

    Case(rng.normal(size=(4, 5)) * 3, rng.normal(size=(5, 3)) * 3, rng.normal(size=5)).run(build)


def test_einsum():
    def build(A, x, y, t):
        terms = (
            ("ij,jk->ik", x, y),
            ("ij,jk->ki", x, y),
            ("ij->ji", x),
            ("ij->j", x),
            ("ij,ij->", x, x),
            ("ij,ij->i", x, x),
            ("aij,jk->aik", t, y),
            ("aij,aij->ij", t, t),
            ("ij,ak->aikj", x, y),
            (
                "aij,aj->ai",
                t,
                A("index", t, Lit(0), spec=(("slice", 0, 2, 1), ("index", 0), ("slice", 0, 5, 1))),
            ),
        )
        return tuple(A("einsum", *xs, subscripts=s) for s, *xs in terms)

    Case(rng.normal(size=(4, 5)), rng.normal(size=(5, 3)), rng.normal(size=(2, 4, 5))).run(build)


def test_linear_algebra():
    a = rng.normal(size=(4, 4))
    a = a @ a.T + np.eye(4)

    def build(A, a, v, b):
        sign, logdet = A("slogdet", a)
        w, q = A("eigh", a)
        batch = A("stack", a, a * 2.0, axis=0)
        back = A("matmul", q * w, A("transpose", q, axes=(1, 0)))
        return (
            A("solve", a, v),
            A("solve", a, b),
            A("inv", a),
            A("cholesky", a),
            A("det", a),
            sign,
            logdet,
            w,
            back,
            A("inv", batch),
            A("det", batch),
            A("solve", batch, A("stack", b, b, axis=0)),
            A("cholesky", batch),
        )

    case = Case(a, rng.normal(size=4), rng.normal(size=(4, 3)))
    case.run(build)
    with pytest.raises(np.linalg.LinAlgError):
        case.compiled(np.zeros((4, 4)), *case.args[1:])


def test_order_and_cumulation():
    x = rng.normal(size=(4, 5)).round(1)
    x[1, 2] = np.nan

    def build(A, x, v):
        return (
            A("sort", x, axis=1),
            A("sort", x, axis=0),
            A("argsort", v, axis=0),
            A("argsort", x, axis=1),
            A("cumsum", x, axis=0),
            A("cumsum", x, axis=1),
            A("cumprod", v, axis=0),
            A("searchsorted", A("sort", v, axis=0), v + 0.01, side="left"),
            A("searchsorted", A("sort", v, axis=0), v, side="right"),
            A("sort", v, axis=0),
        )

    Case(x, rng.integers(0, 4, 9) * 1.0).run(build)


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────


def test_what_numba_has_not_is_refused():
    with pytest.raises(BackendError, match="float16"):
        Case(np.ones(3, np.float16)).run(lambda A, x: A("copy", x))


def test_shapes_are_checked():
    case = Case(np.ones(4), np.ones(4))
    case.run(lambda A, x, y: x + y)
    with pytest.raises(ValueError, match="shapes"):
        case.compiled(np.ones(4), np.ones(3))


def test_an_update_elsewhere_stays_behind_the_nest_that_makes_its_array():
    def reversed_product(x):
        return np.sum(np.sin(x[::-1] * x + x[6::-2].sum()))

    x = np.linspace(-1.0, 2.0, 8)
    got = bx.grad(reversed_product, backend="numba")(x)
    np.testing.assert_allclose(got, bx.grad(reversed_product, backend="numpy")(x), rtol=1e-12)


def test_float_of_a_float32_is_a_float64():
    def total(x):
        return math.sqrt(x) + 0.5 / math.sqrt(x)

    run = bx.jit(total, backend="numba")
    assert run(np.float32(2.0)) == pytest.approx(total(np.float32(2.0)), rel=1e-14)


@pytest.mark.parametrize("size", [1, 5, 131])
def test_triangular_systems_are_solved_by_substitution(size):
    """The factor of a Cholesky decomposition, its transpose, and what tril and triu leave are triangular."""
    rng = np.random.default_rng(3)
    a = rng.normal(size=(size, size))
    a = a @ a.T + size * np.eye(size)

    def solutions(a, v, b):
        factor = np.linalg.cholesky(a)
        pair = np.stack([factor, 2 * factor])
        return (
            np.linalg.solve(factor, v),
            np.linalg.solve(factor.T, b),
            np.linalg.solve(-np.tril(a), b),
            np.linalg.solve(np.triu(a), v),
            np.linalg.solve(np.triu(a).T, b),
            np.linalg.solve(np.tril(a, 1), b),
            np.linalg.solve(np.tril(pair), np.stack([b, b])),
        )

    run = bx.jit(solutions, backend="numba")
    args = a, rng.normal(size=size), rng.normal(size=(size, 4))
    for got, want in zip(run(*args), solutions(*args), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)
    if size > 1:
        assert run.source(*args, stage="numba").count("solve_triangle") == 6


def test_a_singular_triangular_system_is_an_error():
    def solution(a, b):
        return np.linalg.solve(np.tril(a), b)

    run = bx.jit(solution, backend="numba")
    np.testing.assert_allclose(run(np.eye(3), np.ones((3, 2))), np.ones((3, 2)))
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix"):
        run(np.diag([1.0, 0.0, 1.0]), np.ones((3, 2)))


def test_the_inner_loop_runs_along_the_largest_operand():
    """Operands of a row outvoted the matrix, whose rows were then summed in memory, column by column."""

    def build(A, x):
        largest = A("max", x, axes=(1,), keepdims=True)
        total = A("sum", A("exp", A("subtract", x, largest)), axes=(1,), keepdims=False)
        return A("log", total)

    text = Case(rng.normal(size=(5, 6))).run(build)
    assert loops_in(text) == 3
    assert "total_i = 0.0" in text
    assert "[i, j]" in text
    assert "[j, i]" not in text


def test_large_arrays_ask_for_huge_pages():
    """Fresh memory of tens of megabytes took longer to map than to fill."""
    n = (1 << 19) + 77
    case = Case(np.linspace(0.0, 1.0, n))
    case.run(lambda A, x: A("exp", x))
    for k in (n, n + 1, 3):
        np.testing.assert_allclose(case.compiled(np.ones(k))[0], np.full(k, np.e), rtol=1e-15)


def test_a_batch_of_matrices_times_one_is_one_product():
    x, w = np.random.default_rng(0).random((3, 4, 5)), np.random.default_rng(1).random((5, 6))
    f = bx.jit(lambda x, w: x @ w, backend="numba")
    np.testing.assert_allclose(f(x, w), x @ w)
    assert "range(" not in body_of(f.source(x, w, stage="numba"))
    for y in (np.ones(5), np.ones((6, 5)).T, np.ones((5, 1))):
        np.testing.assert_allclose(f(x, y), x @ y)
        np.testing.assert_allclose(f(x[:0], y), x[:0] @ y)


def test_matrices_of_a_batch_are_transposed_by_the_product():
    q, k = np.random.default_rng(0).random((2, 3, 4, 5, 6))
    f = bx.jit(lambda q, k: (q @ np.swapaxes(k, -1, -2), np.swapaxes(q, -1, -2) @ k), backend="numba")
    for got, want in zip(f(q, k), f.__wrapped__(q, k)):
        np.testing.assert_allclose(got, want)
    assert body_of(f.source(q, k, stage="numba")).count("fast.empty") == 2


def test_what_is_read_in_the_same_turn_only_needs_no_axis_for_it():
    def layer_norm(x, scale):
        centred = x - np.mean(x, axis=-1, keepdims=True)
        return centred / np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + 1e-5) * scale

    x, scale = np.random.default_rng(0).standard_normal((2, 3, 7, 11))
    f = bx.jit(layer_norm, backend="numba")
    np.testing.assert_allclose(f(x, scale), layer_norm(x, scale))
    text = body_of(f.source(x, scale, stage="numba"))
    assert text.count("for i in range") == 1  # one nest: each row is read from memory once
    assert "centred = fast.empty(m, np.float64)" in text


def test_an_array_that_another_turn_reads_keeps_its_axes():
    def f(x):
        squares = x * x
        rows = np.sum(squares, axis=1)
        return squares[::-1] / rows[:, None] + np.flip(rows)[:, None]

    x = np.random.default_rng(0).random((5, 6))
    np.testing.assert_allclose(bx.jit(f, backend="numba")(x), f(x))


def test_a_value_that_was_written_into_an_array_is_read_there():
    def f(A, B):
        for _ in range(3):
            B[1:-1, 1:-1] = 0.25 * (A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
            A[1:-1, 1:-1] = 0.2 * (B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1])

    A, B = np.random.default_rng(0).random((2, 7, 8))
    want = A.copy(), B.copy()
    f(*want)
    compiled = bx.jit(f, backend="numba")
    assert "fast.empty" not in compiled.source(A, B, stage="numba")
    compiled(A, B)
    np.testing.assert_allclose((A, B), want)


def test_a_value_written_into_an_array_that_changes_before_it_is_read_again():
    def f(A, B):
        v = np.sin(A)
        B[1:-1] = v
        w = v + B[2:]
        B[2:4] = 0.0
        return w + 2 * v, np.sum(B)

    A, B = np.random.default_rng(0).random(6), np.random.default_rng(1).random(8)
    want = f(A, B.copy())
    for got, right in zip(bx.jit(f, backend="numba")(A, B.copy()), want):
        np.testing.assert_allclose(got, right)


def test_whole_arrays_are_run_over_by_one_loop():
    def f(x, y):
        z = np.exp(x) * y + 1
        return z, np.sum(z * x), np.max(x - y)

    x, y = np.random.default_rng(0).random((2, 5, 1, 7, 3))
    compiled = bx.jit(f, backend="numba")
    for got, want in zip(compiled(x, y), f(x, y)):
        np.testing.assert_allclose(got, want)
    assert body_of(compiled.source(x, y, stage="numba")).count("range(") == 1


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + x.T,
        lambda x: x + x[0],
        lambda x: x[::-1] * x,
        lambda x: x * np.arange(6),
        lambda x: x[:, :5] + x[:, 1:],
        lambda x: np.tril(x) * x,
        lambda x: x * x[2, 3] + np.sum(x),
        lambda x: np.where(x > 0.5, x, 0.0) / np.sum(x, axis=0),
    ],
)
def test_what_depends_on_the_place_keeps_its_loops(function):
    x = np.random.default_rng(0).random((6, 6))
    np.testing.assert_allclose(bx.jit(function, backend="numba")(x), function(x))


def test_a_view_that_is_copied_before_it_is_written_is_copied_once():
    def f(a, n):
        total = np.zeros(a.shape[1])
        for i in range(n - 1):
            row = a[i].copy()
            a[i] = 0.0
            a[i + 1] += 2.0 * row
            total += row * a[i + 1]
        return total

    a = np.random.default_rng(0).random((5, 7))
    want = f(a.copy(), 5)
    compiled = bx.jit(f, backend="numba")
    np.testing.assert_allclose(compiled(a.copy(), 5), want)
    assert body_of(compiled.source(a, 5, stage="numba")).count("fast.empty") <= 1
