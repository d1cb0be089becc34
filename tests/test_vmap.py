"""vmap: each batched body against the same function on each example."""

import numpy as np
import pytest
from primitive_rows import KNOWN, ROWS

from broadax.runtime.errors import ShapeError, TypeMismatchError, UnsupportedError
from broadax.transforms import primitives  # noqa: F401  (declares them)
from broadax.transforms.core.avals import Aval, StackAval, aval_of
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.expression import apply
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Block, Effect, For, If, Op, Var, While, statements
from broadax.transforms.core.text import core_text
from broadax.transforms.core.verify import verify
from broadax.transforms.jvp import jvp_into
from broadax.transforms.primitives.registry import get
from broadax.transforms.vjp import vjp_into
from broadax.transforms.vmap import vmap_into

F64, I64, BOOL = np.dtype(np.float64), np.dtype(np.int64), np.dtype(bool)
RNG = np.random.default_rng(0)


# ── building ──────────────────────────────────────────────────────────────────────────────────────


def build(make, *avals, name="f"):
    """The Core function `make(builder, *params)`; sizes given as strings become size variables."""
    builder, size_vars, known = Builder(), [], {}
    params = []
    for k, aval in enumerate(avals):
        var = builder.var("xyzuvwpqrs"[k], aval)
        shape = list(aval.shape)
        for axis, dim in enumerate(shape):
            if isinstance(dim, str):
                text, hint = dim.split("=")
                if text not in known:
                    known[text] = builder.var(text, Aval(I64, (), weak=True), int(hint))
                    size_vars.append((known[text], var, axis))
                shape[axis] = Size.of(known[text])
        var.aval = aval.with_shape(shape)
        params.append(var)
    with builder.current():
        results = make(builder, *params)
        results = results if isinstance(results, tuple) else (results,)
        results = tuple(map(builder.atom, results))
    return verify(builder.finish(name, params, size_vars, results))


def if_(b, cond, then, orelse):
    branches = []
    for make in (then, orelse):
        with b.block() as stmts:
            results = make()
            results = results if isinstance(results, tuple) else (results,)
        branches.append(Block(tuple(stmts), tuple(map(b.atom, results))))
    vars_ = [
        next(r for r in pair if isinstance(r, Var) or pair[1] is r)
        for pair in zip(branches[0].results, branches[1].results)
    ]
    outs = tuple(b.var("r", v.aval) for v in vars_)
    b.add(If(outs, cond, *branches))
    return outs[0] if len(outs) == 1 else outs


def _carried(b, init):
    init = tuple(map(b.atom, init))
    return init, tuple(b.var("c", a.aval) for a in init), tuple(b.var("c", a.aval) for a in init)


def for_(b, lo, hi, init, body, step=1):
    init, carries, outs = _carried(b, init)
    index = b.var("i", Aval(I64, (), weak=True))
    with b.block() as stmts:
        results = body(index, *carries)
        results = results if isinstance(results, tuple) else (results,)
    block = Block(tuple(stmts), tuple(map(b.atom, results)))
    b.add(For(outs, index, b.atom(lo), b.atom(hi), b.atom(step), carries, init, block))
    return outs[0] if len(outs) == 1 else outs


def while_(b, init, cond, body):
    init, carries, outs = _carried(b, init)
    with b.block() as stmts:
        results = (cond(*carries),)
    test = Block(tuple(stmts), results)
    with b.block() as stmts:
        results = body(*carries)
        results = results if isinstance(results, tuple) else (results,)
    b.add(While(outs, carries, init, test, Block(tuple(stmts), tuple(map(b.atom, results)))))
    return outs[0] if len(outs) == 1 else outs


def item(x, *idx):
    return apply("index", x, *idx, spec=tuple(("index", k) for k in range(len(idx))))


def put(x, v, *idx):
    return apply("at_set", x, v, *idx, spec=tuple(("index", k) for k in range(len(idx))))


def vmap(function, avals, axes, size, out_axes=0, name="batched", masked=False):
    """A function of batched parameters of those types."""
    if out_axes is None or isinstance(out_axes, int):
        out_axes = (out_axes,) * len(function.body.results)
    builder = Builder(guards=function.guards)
    params = tuple(builder.var(p.base, a) for p, a in zip(function.params, avals))
    results = vmap_into(builder, function, params, axes, size, out_axes, masked=masked)
    return verify(builder.finish(name, params, (), results), after="vmap")


def each(function, args, axes):
    """The results of the function on each example, stacked."""
    args = [np.asarray(a) if ax is not None else a for a, ax in zip(args, axes)]
    size = next(a.shape[ax] for a, ax in zip(args, axes) if ax is not None)
    rows = [evaluate(function, *(_part(a, ax, k) for a, ax in zip(args, axes))) for k in range(size)]
    return tuple(np.stack([np.asarray(r[j]) for r in rows]) for j in range(len(rows[0])))


def _part(a, axis, k):
    return a if axis is None else np.moveaxis(a, axis, 0)[k]


def check(function, args, axes=None, out_axes=0, batched=None):
    """vmap, and vmap under masks, against the loop over examples; gives the batched function."""
    axes = axes or (0,) * len(args)
    args = [np.asarray(a) if ax is not None else a for a, ax in zip(args, axes)]
    size = next(a.shape[ax] for a, ax in zip(args, axes) if ax is not None)
    made = vmap(function, [aval_of(a) for a in args], axes, size, out_axes, masked=True)
    compare(made, function, args, axes, out_axes)
    batched = batched or vmap(function, [aval_of(a) for a in args], axes, size, out_axes)
    compare(batched, function, args, axes, out_axes)
    return batched


def compare(batched, function, args, axes, out_axes):
    """A batched function against the loop over examples."""
    have, want = evaluate(batched, *args), each(function, args, axes)
    outs = out_axes if isinstance(out_axes, tuple) else (out_axes,) * len(want)
    for h, w, ax, atom in zip(have, want, outs, function.body.results, strict=True):
        if ax is None:
            w = w[0]
        else:
            w = np.moveaxis(w, 0, ax)
            assert h.dtype == atom.dtype, core_text(batched)
        assert np.shape(h) == np.shape(w), core_text(batched)
        np.testing.assert_allclose(h, w, rtol=1e-12, atol=1e-12, err_msg=core_text(batched))


def arr(*shape):
    return RNG.normal(size=shape)


def f64(*shape):
    return Aval(F64, shape)


def loops(function):
    return [s for s in statements(function.body) if isinstance(s, For)]


# ── axes ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
@pytest.mark.parametrize("out", [0, 1, -1, -2])
def test_axes(axis, out):
    f = build(lambda b, x, y: x * y + 1.0, f64(2, 3), f64(3))
    x = np.moveaxis(arr(4, 2, 3), 0, axis)
    check(f, (x, arr(3)), (axis, None), out)
    check(f, (arr(2, 3), arr(3, 4)), (None, -1), out)


def test_axes_out_of_bounds():
    f = build(lambda b, x: x + 1.0, f64(3))
    with pytest.raises(ShapeError, match="in_axes 2 is out of bounds"):
        vmap(f, [f64(4, 3)], (2,), 4)
    with pytest.raises(ShapeError, match="out_axes -3 is out of bounds"):
        vmap(f, [f64(4, 3)], (0,), 4, -3)
    with pytest.raises(ShapeError, match="1 dimensions, 1 for each example"):
        vmap(f, [f64(4)], (0,), 4)


def test_out_axis_none():
    f = build(lambda b, x, y: (x + 1.0, apply("sin", y)), f64(3), f64(2))
    check(f, (arr(4, 3), arr(2)), (0, None), (1, None))
    with pytest.raises(TypeMismatchError, match="out_axes is None"):
        vmap(f, [f64(4, 3), f64(2)], (0, None), 4, (None, 0))


def test_unbatched_result_is_repeated():
    f = build(lambda b, x, y: (x, y, apply("sum", y, axes=(0,), keepdims=False), b.atom(3)), f64(), f64(2))
    check(f, (arr(4), arr(2)), (0, None), (0, 1, 0, 0))


def test_outer_variables_are_shared():
    outer = Builder()
    w = outer.var("w", f64(3))
    x = outer.var("x", f64(3))
    inner = Builder(names=outer.names)
    p = inner.var("p", f64(3))
    with inner.current():
        f = inner.finish("f", (p,), (), (p * w,))
    batch = outer.var("xs", f64(5, 3))
    results = vmap_into(outer, f, (batch,), (0,), 5, (0,))
    g = verify(outer.finish("g", (w, x, batch), (), results))
    a, c = arr(3), arr(5, 3)
    np.testing.assert_allclose(evaluate(g, a, a, c)[0], a * c)


# ── elementwise ───────────────────────────────────────────────────────────────────────────────────

SHAPES = [(), (3,), (2, 3), (2, 1), (1, 3)]


@pytest.mark.parametrize("left", SHAPES)
@pytest.mark.parametrize("right", SHAPES)
def test_ranks_align(left, right):
    f = build(lambda b, x, y: apply("subtract", x, y), f64(*left), f64(*right))
    check(f, (arr(4, *left), arr(4, *right)))
    check(f, (arr(4, *left), np.float64(2.0) if right == () else arr(*right)), (0, None))
    check(f, (np.float64(2.0) if left == () else arr(*left), arr(4, *right)), (None, 0))


def test_dtypes_stay():
    """A batched Python number becomes an array; the dtype of what is computed with it must not change."""

    def make(b, x, y):
        n = apply("convert", x, dtype=F64, weak=True)  # float(x)
        k = apply("convert", x, dtype=I64, weak=True)  # int(x)
        return n * y, y + k, n * 2, k * 2.5, apply("sqrt", k), apply("divide", k, 2)

    f = build(make, f64(), Aval(np.dtype(np.float32), (2,)))
    check(f, (np.array([1.5, 2.5, 3.5]), arr(3, 2).astype(np.float32)))
    check(f, (np.array([1.5, 2.5, 3.5]), arr(2).astype(np.float32)), (0, None))


def test_size_of_batched_value():
    def make(b, x):
        k = apply("convert", x, dtype=I64, weak=True)
        n = Size.of(k)
        return apply("size", value=2 * n * n - 3), apply("size", value=n // 2 + n % 3)

    check(build(make, f64()), (np.array([1.0, 4.0, 7.0]),))


# ── every primitive ───────────────────────────────────────────────────────────────────────────────


def row_case(row, flags):
    """The function that applies a row's primitive once, and arguments for it."""
    f = build(lambda b, *args: apply(row.name, *args, **row.given_params(KNOWN)), *row.avals(KNOWN))
    args = [o.draw(RNG, np.float64, (3,) if flag else ()) for o, flag in zip(row.operands, flags)]
    return f, args, tuple(0 if flag else None for flag in flags)


@pytest.mark.parametrize("row", [r for r in ROWS if r.operands], ids=str)
def test_primitives(row):
    count = len(row.operands)
    for flags in [(True,) * count, *((k == j for j in range(count)) for k in range(count) if count > 1)]:
        check(*row_case(row, tuple(flags)))


@pytest.mark.parametrize("name", ["matmul", "sort", "slogdet", "concatenate"])
def test_without_batch_rule(name, monkeypatch):
    monkeypatch.setattr(get(name), "batch", None)
    for row in (r for r in ROWS if r.name == name):
        f, args, axes = row_case(row, (True,) * len(row.operands))
        if f.params[0].dtype.kind == "f":
            assert len(loops(check(f, args, axes))) == 1


# ── control flow shared by the examples ───────────────────────────────────────────────────────────


def test_if_shared_condition():
    def make(b, x, y, z):
        return if_(b, z, lambda: (x * 2.0, y, apply("sin", y)), lambda: (y, y + 1.0, x))

    f = build(make, f64(3), f64(3), Aval(BOOL))
    for flag in (np.True_, np.False_):
        g = check(f, (arr(4, 3), arr(3), flag), (0, None, None))
    assert not loops(g)


def test_for_shared_bounds():
    def make(b, x, y):
        s, t, u = for_(
            b,
            0,
            5,
            (b.atom(0.0), y, b.atom(0)),
            lambda i, s, t, u: (s + apply("sum", x, axes=(0,), keepdims=False) * i, t + s, u + i),
        )
        return s, t, u

    f = build(make, f64(3), f64())
    g = check(f, (arr(4, 3), np.float64(2.0)), (0, None))
    assert len(loops(g)) == 1
    assert [c.ndim for c in loops(g)[0].carries] == [1, 1, 0]


def test_for_update():
    def make(b, x):
        y = apply("zeros", shape=(3,), dtype=F64)
        return for_(b, 0, 3, (y,), lambda i, y: put(y, item(x, i) * 2.0, i))

    f = build(make, f64(3))
    g = check(f, (arr(4, 3),))
    assert [s.prim.name for s in g.body.stmts if isinstance(s, Op)].count("broadcast_to") == 0


def test_while_shared_condition():
    def make(b, x):
        return while_(b, (b.atom(0), b.atom(1.0)), lambda k, s: k < 4, lambda k, s: (k + 1, s * x))

    f = build(make, f64())
    g = check(f, (arr(5),), out_axes=(None, 0))
    assert not loops(g)


def test_shared_loop_runs_once_for_all():
    def make(b, x):
        return while_(b, (x, b.atom(0)), lambda v, k: k < 3, lambda v, k: (apply("tanh", v), k + 1))[0]

    g = check(build(make, f64(2)), (arr(4, 2),))
    assert sum(isinstance(s, Op) and s.prim.name == "tanh" for s in statements(g.body)) == 1


# ── control flow that differs ─────────────────────────────────────────────────────────────────────


def newton(b, x):
    """The square root of x, and how many turns it took."""
    start = x * 0.5 + 1.0
    root, turns = while_(
        b,
        (start, b.atom(0)),
        lambda r, k: apply("absolute", r * r - x) > 1e-10,
        lambda r, k: ((r + x / r) * 0.5, k + 1),
    )
    return root, turns


def test_while_differs():
    g = check(build(newton, f64()), (np.array([0.1, 2.0, 9.0, 1e4]),))
    (loop,) = loops(g)
    assert loop.parallel
    _no_batch_sized_work(loop, 4)


def _no_batch_sized_work(loop, size):
    """Inside the loop over the examples nothing but its carries and their updates has the batch's size."""
    for stmt in statements(loop.body):
        for v in stmt.outs:
            if v.shape[:1] == (size,):
                assert stmt.prim.name == "at_set" and v in loop.body.results


def test_if_differs():
    def make(b, x, y):
        return if_(
            b,
            apply("sum", x, axes=(0,), keepdims=False) > 0.0,
            lambda: (apply("sin", x), y),
            lambda: (x * x, apply("exp", y)),
        )

    f = build(make, f64(3), f64())
    g = check(f, (arr(8, 3), arr(8)))
    assert len(loops(g)) == 1
    check(f, (arr(8, 3), np.float64(0.5)), (0, None))


def test_short_if_is_selected():
    def make(b, x, y):
        return if_(b, x > 0.0, lambda: (x, y), lambda: (x * 0.1, y + 1.0))

    f = build(make, f64(), f64(2))
    g = check(f, (arr(8), arr(8, 2)))
    assert not loops(g)
    check(f, (arr(8), arr(2)), (0, None))
    check(build(lambda b, x: if_(b, x > 0.0, lambda: 1, lambda: 2), f64()), (arr(4),))


def test_nested_selected_ifs():
    def make(b, x):
        return if_(b, x > 1.0, lambda: b.atom(1.0), lambda: if_(b, x < -1.0, lambda: b.atom(-1.0), lambda: x))

    assert not loops(check(build(make, f64()), (arr(9) * 2,)))


def test_for_bounds_differ():
    def make(b, x, y):
        n = apply("convert", x, dtype=I64, weak=True)
        return for_(b, 0, n, (y, b.atom(1.0)), lambda i, y, s: (y * s, s + item(y, 0)))

    f = build(make, f64(), f64(2))
    check(f, (np.array([0.0, 3.0, 1.0]), arr(3, 2)))
    check(f, (np.array([0.0, 3.0, 1.0]), arr(2)), (0, None))


def test_if_in_shared_loop():
    """The whole loop runs per example: a turn must not copy what the loop carries."""

    def make(b, x):
        y = apply("zeros", shape=(5,), dtype=F64)

        def body(i, y, s):
            v = item(x, i)
            return if_(b, v > 0.0, lambda: (put(y, apply("sqrt", v), i), s + v), lambda: (y, s * 0.5))

        return for_(b, 0, 5, (y, b.atom(0.0)), body)

    g = check(build(make, f64(5)), (arr(6, 5),))
    outer, inner = loops(g)
    assert outer.parallel and not inner.parallel
    _no_batch_sized_work(outer, 6)
    made = [s.prim.name for s in outer.body.stmts if isinstance(s, Op)]
    assert made.count("zeros") == 1  # each example's own: nothing is copied


def test_loop_with_shared_matrix_stays_batched():
    def make(b, x, y):
        def body(i, v):
            v = apply("matmul", y, v)
            return if_(b, item(v, 0) > 0.0, lambda: apply("tanh", v), lambda: v)

        return for_(b, 0, 3, (x,), body)

    g = check(build(make, f64(2), f64(2, 2)), (arr(4, 2), arr(2, 2)), (0, None))
    assert isinstance(next(s for s in g.body.stmts if isinstance(s, For)).body.stmts[0], Op)


def test_scalar_work_between_regions_joins_them():
    def make(b, x):
        root, turns = newton(b, x)
        root = root + 1.0
        return newton(b, root)[0] * root

    g = check(build(make, f64()), (np.array([0.1, 2.0, 9.0]),))
    assert len(loops(g)) == 1


def test_scalar_work_at_the_ends_is_taken_in():
    """What only feeds the loop, or only ends what comes out of it, needs no array for the whole batch."""

    def make(b, x, y):
        root, turns = newton(b, apply("exp", y) + item(x, 0))
        return root * item(x, 1), apply("sin", y)

    g = check(build(make, f64(2), f64()), (np.abs(arr(3, 2)), arr(3)))
    assert [s.prim.name for s in g.body.stmts if isinstance(s, Op)] == ["empty", "sin"]


def test_array_work_between_regions_is_batched():
    def make(b, x, y):
        root, _ = newton(b, x)
        v = apply("sin", y) * root
        w = apply("absolute", apply("sum", v, axes=(0,), keepdims=False))
        return newton(b, w + 1.0)[0]

    assert len(loops(check(build(make, f64(), f64(4)), (np.array([0.1, 2.0, 9.0]), arr(3, 4))))) == 2


def test_shared_work_leaves_the_loop():
    def make(b, x, y):
        root, _ = newton(b, x)
        w = apply("sin", y)
        s = apply("sum", w, axes=(0,), keepdims=False)
        return newton(b, root + apply("absolute", s))[0]

    g = check(build(make, f64(), f64(4)), (np.array([0.1, 2.0, 9.0]), arr(4)), (0, None))
    (loop,) = loops(g)
    assert not any(isinstance(s, Op) and s.prim.name == "sin" for s in statements(loop.body))


# ── sizes that differ ─────────────────────────────────────────────────────────────────────────────


def test_slice_start_differs():
    def make(b, x, y):
        k = apply("convert", y, dtype=I64, weak=True)
        return apply("index", x, spec=(("slice", Size.of(k), 2, 1),)) * 2.0

    f = build(make, f64(6), f64())
    check(f, (arr(4, 6), np.array([0.0, 3.0, 4.0, 1.0])))
    check(f, (arr(6), np.array([0.0, 3.0, 4.0, 1.0])), (None, 0))


def test_size_differs_inside():
    """np.sum(x[:k]): the slice has another size for each example and stays inside the loop."""

    def make(b, x, y):
        k = apply("convert", y, dtype=I64, weak=True)
        part = apply("index", x, spec=(("slice", 0, Size.of(k), 1),))
        return apply("sum", apply("sin", part), axes=(0,), keepdims=False)

    f = build(make, f64(6), f64())
    g = check(f, (arr(4, 6), np.array([0.0, 3.0, 4.0, 1.0])))
    assert len(loops(g)) == 1


def test_size_differs_outside():
    def make(b, x, y):
        k = apply("convert", y, dtype=I64, weak=True)
        return apply("index", x, spec=(("slice", 0, Size.of(k), 1),))

    f = build(make, f64(6), f64())
    with pytest.raises(UnsupportedError, match="one size for all"):
        vmap(f, [f64(4, 6), f64(4)], (0, 0), 4)


# ── stacks ────────────────────────────────────────────────────────────────────────────────────────


def stacked(b, x, turns):
    """Pushes turns values, then multiplies them while popping; None: as many as x needs to pass 10."""
    stack = apply("stack_new", item=f64())

    def more(s, v, k):
        return k < turns if turns else v < 10.0

    def push(s, v, k):
        return apply("stack_push", s, v), v * 2.0, k + 1

    stack, v, k = while_(b, (stack, x, b.atom(0)), more, push)

    def pop(s, p, k):
        s, top = apply("stack_pop", s)
        return s, p + top * k, k - 1

    return while_(b, (stack, v, k), lambda s, p, k: k > 0, pop)[1]


def test_stack_of_batches():
    g = check(build(lambda b, x: stacked(b, x, 3), f64()), (arr(4),))
    assert not loops(g)
    (new,) = [s for s in g.body.stmts if isinstance(s, Op) and s.prim.name == "stack_new"]
    assert new.out.aval.item.shape == (4,)


def test_stack_of_each_example():
    def make(b, x, y):
        z = apply("cos", y)
        return stacked(b, x, None) * z

    g = check(build(make, f64(), f64(2)), (np.abs(arr(4)) + 0.1, arr(4, 2)))
    (loop,) = loops(g)
    assert not any(isinstance(v.aval, StackAval) for v in loop.carries)


# ── effects ───────────────────────────────────────────────────────────────────────────────────────


def test_check_all_examples():
    def make(b, x):
        b.check(x > 0.0, ValueError, ("not positive: ", 1), (x,))
        b.check(x < 9.0, ValueError, ("too large",))
        return x + 1.0

    f = build(make, f64())
    g = check(f, (np.array([1.0, 2.0]),))
    assert not loops(g)
    with pytest.raises(ValueError, match="not positive: -2.0"):
        evaluate(vmap(f, [f64(3)], (0,), 3), np.array([1.0, -2.0, -3.0]))
    with pytest.raises(ValueError, match="too large"):
        evaluate(vmap(f, [f64(3)], (0,), 3), np.array([1.0, 2.0, 30.0]))


def test_print_in_order(capsys):
    def make(b, x):
        b.add(Effect((), "print", (x,), {"message": ("x = ", 0)}))
        y = x * 2.0
        b.add(Effect((), "print", (y,), {"message": ("y = ", 0)}))
        return y

    g = vmap(build(make, f64()), [f64(2)], (0,), 2)
    evaluate(g, np.array([1.0, 2.0]))
    assert capsys.readouterr().out.split("\n")[:4] == ["x = 1.0", "y = 2.0", "x = 2.0", "y = 4.0"]
    assert not loops(g)[0].parallel


def test_raise_in_a_branch():
    def make(b, x):
        def fail():
            b.add(Effect((), "raise", (x,), {"error": ValueError, "message": ("negative: ", 0)}))
            return x

        return if_(b, x < 0.0, fail, lambda: apply("sqrt", x))

    f = build(make, f64())
    check(f, (np.array([1.0, 4.0]),))
    with pytest.raises(ValueError, match="negative: -4.0"):
        evaluate(vmap(f, [f64(2)], (0,), 2), np.array([1.0, -4.0]))


# ── symbolic sizes ────────────────────────────────────────────────────────────────────────────────


def symbolic(function, axes, shapes):
    """vmap with every size of the batched arguments symbolic."""
    builder = Builder(guards=function.guards)
    params, size_vars, size = [], [], None
    for k, (p, axis, shape) in enumerate(zip(function.params, axes, shapes)):
        dims = [builder.var(f"n{k}{j}", Aval(I64, (), weak=True), d) for j, d in enumerate(shape)]
        var = builder.var(p.base, Aval(p.dtype, tuple(map(Size.of, dims))))
        size_vars += [(d, var, j) for j, d in enumerate(dims)]
        params.append(var)
        if axis is not None and size is None:
            size = var.shape[axis]
    results = vmap_into(builder, function, tuple(params), axes, size, (0,) * len(function.body.results))
    return verify(builder.finish("batched", params, size_vars, results), after="vmap")


def test_symbolic_sizes():
    def make(b, x, y):
        n = x.shape[0]
        z = apply("zeros", shape=(n,), dtype=F64)
        z = for_(b, 0, n, (z,), lambda i, z: put(z, item(x, i) * i, i))
        w = while_(b, (item(y, 0),), lambda s: s < 5.0, lambda s: s * 2.0 + 1.0)
        return apply("concatenate", z + y, x, axis=0), w * apply("size", value=n)

    f = build(make, f64("n=3"), f64("n=3"))
    g = symbolic(f, (0, 0), [(4, 3), (4, 3)])
    for shape in [(4, 3), (6, 5)]:
        args = [np.abs(arr(*shape)), np.abs(arr(*shape))]
        for have, want in zip(evaluate(g, *args), each(f, args, (0, 0))):
            np.testing.assert_allclose(have, want)


# ── vmap of vmap ──────────────────────────────────────────────────────────────────────────────────

PROGRAMS = {
    "newton": (lambda b, x: newton(b, x)[0], (), np.abs),
    "stack": (lambda b, x: stacked(b, x, None), (), lambda a: np.abs(a) + 0.1),
    "if": (lambda b, x: if_(b, x > 0.0, lambda: apply("sin", x), lambda: x * x), (), np.asarray),
    "loop": (
        lambda b, x: for_(
            b,
            0,
            4,
            (x,),
            lambda i, v: if_(b, item(v, 0) > 0.0, lambda: put(v, item(v, 1), 0), lambda: v * 0.5),
        ),
        (3,),
        np.asarray,
    ),
    "elementwise": (lambda b, x: apply("sin", x) * item(x, 0), (3,), np.asarray),
}


CASES = [(n, axes) for n in PROGRAMS for axes in [(0, 0), (1, 0), (0, -1)] if axes[0] <= len(PROGRAMS[n][1])]


@pytest.mark.parametrize("name,axes", CASES)
def test_nested(name, axes):
    make, shape, prepare = PROGRAMS[name]
    f = build(make, f64(*shape))
    sizes_, inner_axis, outer_axis = (2, 5), *axes
    inner_shape = list(shape)
    inner_shape.insert(inner_axis, sizes_[1])
    inner = vmap(f, [f64(*inner_shape)], (inner_axis,), sizes_[1])
    outer_shape = list(inner_shape)
    outer_shape.insert(outer_axis % (len(inner_shape) + 1), sizes_[0])
    check(inner, (prepare(arr(*outer_shape)),), (outer_axis,))


def test_three_deep():
    f = build(newton, f64())
    for depth in range(3):
        shape = (2, 3, 4)[2 - depth :]
        x = np.abs(arr(*shape))
        g = check(f, (x,))
        f = g
    assert len(loops(f)) == 3


# ── random programs ───────────────────────────────────────────────────────────────────────────────


class Program:
    """A random body over scalars, 3-vectors and small integers; loops and branches on any of them."""

    def __init__(self, builder, seed, params):
        self.b, self.rng, self.pools = builder, np.random.default_rng(seed), {"s": [], "v": [], "i": []}
        for p in params:
            self.pools["v" if p.shape else "i" if p.dtype == I64 else "s"].append(p)

    def pick(self, kind):
        pool = self.pools[kind]
        return pool[self.rng.integers(len(pool))]

    def inner(self, depth, *extra):
        """Some statements in a scope of their own; gives a scalar, a vector and an integer."""
        saved = {k: list(v) for k, v in self.pools.items()}
        for kind, atom in extra:
            self.pools[kind].append(atom)
        self.statements(depth)
        results = tuple(self.pools[k][-1 - self.rng.integers(2)] for k in "svi")
        self.pools = saved
        return results

    def statements(self, depth):
        kinds = ["scalar", "vector", "integer", "index", "update", "sum", "slice"]
        kinds += ["if", "for", "while"] * 2 if depth else []
        for _ in range(self.rng.integers(1, 5)):
            getattr(self, "_" + self.rng.choice(kinds))(depth)

    def _add(self, **atoms):
        for kind, atom in atoms.items():
            self.pools[kind].append(atom)

    def _scalar(self, depth):
        a = apply(self.rng.choice(["add", "maximum", "multiply"]), self.pick("s"), self.pick("s"))
        self._add(s=apply("sin", a))

    def _vector(self, depth):
        other = self.pick("sv"[self.rng.integers(2)])
        a = apply(self.rng.choice(["add", "minimum", "multiply"]), self.pick("v"), other)
        self._add(v=apply("cos", a))

    def _integer(self, depth):
        weak = bool(self.rng.integers(2))
        s = apply("convert", apply("absolute", self.pick("s")) * 5.0, dtype=I64, weak=weak)
        self._add(i=apply("remainder", s + self.pick("i"), 3))

    def _index(self, depth):
        self._add(s=item(self.pick("v"), self.pick("i")))

    def _update(self, depth):
        self._add(v=put(self.pick("v"), self.pick("s"), self.pick("i")))

    def _sum(self, depth):
        self._add(s=apply("sin", apply("sum", self.pick("v"), axes=(0,), keepdims=False)))

    def _slice(self, depth):
        """The sum of the first elements, as many as an integer says."""
        k = self.pick("i")
        if isinstance(k, Var):
            part = apply("index", self.pick("v"), spec=(("slice", 0, Size.of(k), 1),))
            self._add(s=apply("sin", apply("sum", part, axes=(0,), keepdims=False)))

    def _if(self, depth):
        cond = self.pick("s") > 0.1 if self.rng.integers(2) else self.pick("i") > 0
        s, v, i = if_(self.b, cond, *(lambda: self.typed(self.inner(depth - 1)),) * 2)
        self._add(s=s, v=v, i=i)

    def typed(self, results):
        s, v, i = results
        return s, v, apply("convert", i, dtype=I64, weak=True)

    def _for(self, depth):
        init = self.typed((self.pick("s"), self.pick("v"), self.pick("i")))
        s, v, i = for_(
            self.b,
            0,
            self.pick("i"),
            init,
            lambda k, s, v, i: self.typed(self.inner(depth - 1, ("i", k), ("s", s), ("v", v), ("i", i))),
        )
        self._add(s=s, v=v, i=i)

    def _while(self, depth):
        init = (*self.typed((self.pick("s"), self.pick("v"), self.pick("i"))), 0)
        other = self.pick("s")

        def more(s, v, i, k):
            short = apply("less", k, 3)
            return apply("logical_and", short, s < other) if data else short

        data = bool(self.rng.integers(2))
        s, v, i, _ = while_(
            self.b,
            init,
            more,
            lambda s, v, i, k: (*self.typed(self.inner(depth - 1, ("s", s), ("v", v), ("i", i))), k + 1),
        )
        self._add(s=s, v=v, i=i)


def random_function(seed):
    def make(b, x, y, z, u):
        program = Program(b, seed, (x, y, z, u))
        program._add(s=b.atom(0.5), i=b.atom(2), v=y + 1.0)
        program._integer(0)
        return program.inner(2)

    return build(make, f64(), f64(3), Aval(I64), f64(3))


@pytest.mark.parametrize("seed", range(60))
def test_random_programs(seed):
    f = random_function(seed)
    args = (arr(4), arr(4, 3), RNG.integers(0, 3, size=4), arr(4, 3))
    check(f, args)
    g = check(f, (args[0], arr(3), np.int64(2), args[3]), (0, None, None, 0))
    check(f, (np.float64(0.3), arr(3), np.int64(1), arr(3, 4)), (None, None, None, 1))
    check(g, (arr(2, 4), arr(2, 3), np.array([0, 2]), arr(4, 3)), (0, 0, 0, None))


# ── with derivatives ──────────────────────────────────────────────────────────────────────────────


def pullback(f, wrt, results=1):
    """The function of the parameters and cotangents of the first results; gives cotangents of `wrt`."""
    b = Builder(guards=f.guards)
    params = tuple(b.var(p.base, p.aval) for p in f.params)
    with b.current():
        _, pull = vjp_into(b, f, params, tuple(k in wrt for k in range(len(params))))
        cts = tuple(b.var("ct", r.aval) for r in f.body.results[:results])
        found = pull(b, (*cts, *[None] * (len(f.body.results) - results)))
        found = tuple(zero(params[k]) if found[k] is None else found[k] for k in wrt)
    return verify(b.finish("pulled", (*params, *cts), (), found), after="vjp")


def zero(like):
    return apply("zeros", shape=like.shape, dtype=F64) if like.shape else apply("multiply", like, 0.0)


def pushforward(f, wrt):
    """The function of the parameters and tangents of `wrt`; gives the tangents of the results."""
    b = Builder(guards=f.guards)
    params = tuple(b.var(p.base, p.aval) for p in f.params)
    ts = {k: b.var("t", params[k].aval) for k in wrt}
    with b.current():
        _, found = jvp_into(b, f, params, tuple(map(ts.get, range(len(params)))))
    found = [t for t in found if t is not None]
    return verify(b.finish("pushed", (*params, *ts.values()), (), found), after="jvp")


def agree(have, want):
    for h, w in zip(have, want, strict=True):
        np.testing.assert_allclose(h, w, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives(name):
    """vmap of vjp and of jvp, and vjp and jvp of vmap."""
    make, shape, prepare = PROGRAMS[name]
    f = build(make, f64(*shape))
    x, t, ct = prepare(arr(5, *shape)), arr(5, *shape), arr(5, *f.body.results[0].shape)
    batched = vmap(f, [f64(5, *shape)], (0,), 5)
    back, forth = pullback(f, (0,)), pushforward(f, (0,))
    check(back, (x, ct))
    check(forth, (x, t))
    agree(evaluate(pullback(batched, (0,)), x, ct), each(back, (x, ct), (0, 0)))
    agree(evaluate(pushforward(batched, (0,)), x, t), each(forth, (x, t), (0, 0)))


@pytest.mark.parametrize("seed", range(20))
def test_random_derivatives(seed):
    f = random_function(seed)
    args = (arr(4), arr(4, 3), RNG.integers(0, 3, size=4), arr(4, 3))
    cts, wrt = (arr(4), arr(4, 3)), (0, 1, 3)
    back = pullback(f, wrt, 2)
    check(back, (*args, *cts))
    check(back, (args[0], arr(3), np.int64(2), args[3], *cts), (0, None, None, 0, 0, 0))
    batched = vmap(f, [aval_of(a) for a in args], (0,) * 4, 4)
    agree(evaluate(pullback(batched, wrt, 2), *args, *cts), each(back, (*args, *cts), (0,) * 6))
    second = pushforward(back, (1,))
    check(second, (*args, *cts, arr(4, 3)))
    one = [a[0] for a in (*args, *cts)]
    check(second, (*one, np.eye(3)), (*[None] * 6, 0))  # a column of the Hessian each
