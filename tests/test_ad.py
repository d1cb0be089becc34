"""Derivatives: jvp against differences, vjp against jvp, second order against both, and what is saved."""

import numpy as np
import pytest

from broadax.runtime.errors import UnsupportedError
from broadax.transforms import primitives  # noqa: F401  (declares them)
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.expression import apply
from broadax.transforms.core.rebuild import Rename
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Block, Effect, For, If, Lit, Op, Var, While, blocks, statements
from broadax.transforms.core.text import core_text
from broadax.transforms.core.verify import verify
from broadax.transforms.facts.live import prune
from broadax.transforms.jvp import jvp_into
from broadax.transforms.vjp import vjp_into

F64, F32, I64 = np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.int64)
SCALAR = Aval(F64, ())
WEAK = Aval(F64, (), weak=True)
INDEX = Aval(I64, (), weak=True)
RNG = np.random.default_rng(0)


# ── building ──────────────────────────────────────────────────────────────────────────────────────


def build(make, *avals, sizes=()):
    """The Core function `make(builder, *params)`.

    `sizes`: a pair `(name, hint)` for each size variable; an aval's shape names it by a string.
    """
    builder = Builder()
    named = {name: builder.var(name, INDEX, hint) for name, hint in sizes}
    params, size_vars = [], []
    for k, aval in enumerate(avals):
        shape = tuple(Size.of(named[d]) if isinstance(d, str) else d for d in aval.shape)
        var = builder.var("xyzuvw"[k], Aval(aval.dtype, shape, aval.weak))
        params.append(var)
        size_vars += [
            (named[d], var, axis)
            for axis, d in enumerate(aval.shape)
            if isinstance(d, str) and named[d] not in [s[0] for s in size_vars]
        ]
    with builder.current():
        results = make(builder, *params)
        results = tuple(map(builder.atom, results if isinstance(results, tuple) else (results,)))
    return verify(builder.finish("f", params, size_vars, results))


def block_of(b, make):
    with b.block() as stmts:
        results = make()
        results = tuple(map(b.atom, results if isinstance(results, tuple) else (results,)))
    return Block(tuple(stmts), results)


def for_(b, lo, hi, init, body, step=1, name="i"):
    """`for i in range(lo, hi, step)` with `carries = body(i, *carries)`; gives what is carried out."""
    init = tuple(map(b.atom, init))
    index = b.var(name, INDEX)
    carries = tuple(b.var("c", a.aval) for a in init)
    block = block_of(b, lambda: body(index, *carries))
    outs = tuple(b.var("c", a.aval) for a in init)
    b.add(For(outs, index, b.atom(lo), b.atom(hi), b.atom(step), carries, init, block))
    return outs if len(outs) > 1 else outs[0]


def while_(b, init, cond, body):
    init = tuple(map(b.atom, init))
    carries = tuple(b.var("c", a.aval) for a in init)
    test, block = block_of(b, lambda: cond(*carries)), block_of(b, lambda: body(*carries))
    outs = tuple(b.var("c", a.aval) for a in init)
    b.add(While(outs, carries, init, test, block))
    return outs if len(outs) > 1 else outs[0]


def if_(b, cond, then, orelse):
    blocks = [block_of(b, then), block_of(b, orelse)]
    outs = tuple(
        b.var("r", next(a.aval for a in pair if isinstance(a, Var) or a is pair[1]))
        for pair in zip(*(block.results for block in blocks))
    )
    b.add(If(outs, cond, *blocks))
    return outs if len(outs) > 1 else outs[0]


def at(x, *idx):
    return apply("index", x, *idx, spec=tuple(("index", k) for k in range(len(idx))))


def put(x, v, *idx):
    return apply("at_set", x, v, *idx, spec=tuple(("index", k) for k in range(len(idx))))


def bump(x, v, *idx):
    return apply("at_add", x, v, *idx, spec=tuple(("index", k) for k in range(len(idx))))


def part(x, start, size):
    return apply("index", x, spec=(("slice", start, size, 1),))


def total(x):
    return apply("sum", x, axes=tuple(range(x.ndim)), keepdims=False)


def zeros(*shape):
    return apply("zeros", shape=shape, dtype=F64)


def sin(x):
    return apply("sin", x)


# ── transforming ──────────────────────────────────────────────────────────────────────────────────


def again(function, emit):
    """A function of its own: parameters and results are what `emit(builder, function, params)` says."""
    builder = Builder(guards=function.guards)
    params, size_vars, known = [], [], {}
    for p in function.params:
        mine = [(v, axis) for v, q, axis in function.sizes if q is p]
        for v, _ in mine:
            known[v] = builder.var(v.base, v.aval, v.hint)
        var = builder.var(p.base, Rename(known).value(p.aval))
        size_vars += [(known[v], var, axis) for v, axis in mine]
        params.append(var)
    with builder.current():
        results = emit(builder, params)
    made = builder.finish("g", params, size_vars, results)
    verify(made)
    return made


def extra(builder, params, avals, names):
    """More parameters of given types."""
    added = [builder.var(n, a) for n, a in zip(names, avals)]
    params.extend(added)
    return added


def real(aval):
    return aval.dtype.kind in "fc"


def jvp_of(function):
    """(x…, t_x…) → (y…, t_y…), over the floating-point parameters and results."""

    def emit(builder, params):
        own = tuple(params)
        ways = [real(p.aval) for p in own]
        given = iter(
            extra(
                builder,
                params,
                [p.aval for p in own if real(p.aval)],
                [f"t_{p.base}" for p in own if real(p.aval)],
            )
        )
        outs, t_outs = jvp_into(builder, function, own, tuple(next(given) if w else None for w in ways))
        t_outs = [t if t is not None else full(builder, o.aval) for o, t in zip(outs, t_outs) if real(o.aval)]
        return (*outs, *t_outs)

    return again(function, emit)


def full(builder, aval):
    return Lit(0.0, aval) if not aval.shape else builder.apply("zeros", shape=aval.shape, dtype=aval.dtype)


def vjp_of(function, split=False):
    """(x…, d_y…) → (y…, d_x…), over the floating-point parameters and results."""

    def emit(builder, params):
        own = tuple(params)
        ways = tuple(real(p.aval) for p in own)
        outs, pullback = vjp_into(builder, function, own, ways)
        given = iter(
            extra(
                builder,
                params,
                [o.aval for o in outs if real(o.aval)],
                [f"d_y{k}" for k, o in enumerate(outs) if real(o.aval)],
            )
        )
        cts = tuple(next(given) if real(o.aval) else None for o in outs)
        grads = pullback(builder, cts)
        for p, g, w in zip(own, grads, ways):
            assert w or g is None
            assert g is None or (g.aval.dtype, g.ndim, g.aval.weak) == (p.dtype, p.ndim, p.aval.weak)
        return (*outs, *(full(builder, p.aval) if g is None else g for p, g, w in zip(own, grads, ways) if w))

    return again(function, emit)


# ── checking ──────────────────────────────────────────────────────────────────────────────────────


def draw(like):
    """A random direction of the same shape."""
    return [RNG.normal(size=np.shape(a)) if np.shape(a) else float(RNG.normal()) for a in like]


def is_real(a):
    return np.asarray(a).dtype.kind in "fc"


def moved(args, ts, eps):
    ts = iter(ts)
    return [a + eps * next(ts) if is_real(a) else a for a in args]


def check_jvp(function, args, tol=1e-6, eps=1e-6):
    made = jvp_of(function)
    ts = draw([a for a in args if is_real(a)])
    n = len(function.body.results)
    have = evaluate(made, *args, *ts)
    want = evaluate(function, *args)
    for h, w in zip(have, want):
        np.testing.assert_allclose(h, w, rtol=1e-12)
    up, down = (evaluate(function, *moved(args, ts, e)) for e in (eps, -eps))
    number = [(u - d) / (2 * eps) for u, d in zip(up, down) if is_real(u)]
    for h, w in zip(have[n:], number, strict=True):
        np.testing.assert_allclose(h, w, rtol=tol, atol=tol, err_msg=core_text(made))
    return made


def check_vjp(function, args, tol=1e-10):
    """<ct, jvp(t)> is <vjp(ct), t>."""
    forward, reverse = jvp_of(function), vjp_of(function)
    ts = draw([a for a in args if is_real(a)])
    n = len(function.body.results)
    out = evaluate(forward, *args, *ts)
    cts = draw(out[n:])
    back = evaluate(reverse, *args, *cts)
    for h, w in zip(back, out[:n], strict=False):
        np.testing.assert_allclose(h, w, rtol=1e-12)
    left = sum(np.sum(c * t) for c, t in zip(cts, out[n:], strict=True))
    right = sum(np.sum(d * t) for d, t in zip(back[n:], ts, strict=True))
    np.testing.assert_allclose(left, right, rtol=tol, atol=tol, err_msg=core_text(reverse))
    return reverse


def check(function, *args, second=True, tol=1e-6):
    """Both modes, and their four compositions."""
    check_jvp(function, args, tol)
    reverse = check_vjp(function, args)
    if second:
        out = evaluate(function, *args)
        ts, cts = draw([a for a in args if is_real(a)]), draw([o for o in out if is_real(o)])
        forward = jvp_of(function)
        check_jvp(forward, [*args, *ts], tol * 10)  # jvp of jvp
        check_vjp(forward, [*args, *ts])  # vjp of jvp
        check_jvp(reverse, [*args, *cts], tol * 10)  # jvp of vjp
        check_vjp(reverse, [*args, *cts])  # vjp of vjp
    return reverse


def count(function, name):
    """How many statements apply a primitive."""
    return sum(isinstance(s, Op) and s.prim.name == name for s in statements(prune(function.body)))


def saved_shapes(reverse):
    return [
        s.out.shape for s in statements(prune(reverse.body)) if isinstance(s, Op) and s.prim.name == "empty"
    ]


def inner_ops(function, depth=1):
    """The operations inside loops of at least that depth."""

    def walk(block, level):
        for s in block.stmts:
            if isinstance(s, Op) and level >= depth:
                yield s
            for b in blocks(s):
                yield from walk(b, level + isinstance(s, (For, While)))

    return list(walk(prune(function.body), 0))


def saves_nothing(reverse):
    return count(reverse, "empty") == 0 and count(reverse, "stack_new") == 0


def array(*shape):
    return RNG.normal(size=shape)


def vec(n):
    return Aval(F64, (n,))


# ── straight lines ────────────────────────────────────────────────────────────────────────────────


def test_scalar_chain():
    check(build(lambda b, x, y: sin(x * y) + apply("exp", x) / y, SCALAR, SCALAR), 0.3, 0.7)


def test_weak_scalars_keep_weak_cotangents():
    check(build(lambda b, x, y: total(y * x) + x * x, WEAK, vec(3)), 0.3, array(3))


def test_broadcasting_is_undone():
    f = build(lambda b, x, y, z: sin(x * y + z), Aval(F64, (3, 1)), Aval(F64, (4,)), SCALAR)
    check(f, array(3, 1), array(4), 0.4)


def test_matmul_and_a_variable_used_twice():
    f = build(lambda b, x, y: apply("tanh", x @ y) @ y, Aval(F64, (3, 3)), Aval(F64, (3, 3)))
    check(f, array(3, 3), array(3, 3))


def test_symbolic_sizes():
    f = build(lambda b, x, y: (total(sin(x * y)), x * total(y)), vec("n"), vec("n"), sizes=[("n", 4)])
    made = check(f, array(4), array(4))
    evaluate(made, array(6), array(6), 1.0, array(6))


def test_integers_and_constants_stay_out():
    def make(b, x, y):
        n = apply("convert", x, dtype=I64)
        dead = apply("stop_gradient", sin(x))
        return x * n * dead * y, n

    reverse = vjp_of(build(make, SCALAR, Aval(I64, ())))
    assert count(reverse, "cos") == 0


def test_no_multiplication_by_one():
    reverse = vjp_of(build(lambda b, x, y: x + y - x, SCALAR, SCALAR))
    assert count(reverse, "multiply") == 0


def test_mixed_precision_keeps_each_dtype():
    f = build(lambda b, x, y: apply("convert", x, dtype=F64) * y, Aval(F32, (3,)), vec(3))
    x, y = array(3).astype(np.float32), array(3)
    have = evaluate(vjp_of(f), x, y, np.ones(3))
    assert [h.dtype for h in have[1:]] == [F32, F64]
    np.testing.assert_allclose(have[1], y, rtol=1e-6)


def test_the_same_atom_for_two_parameters():
    f = build(lambda b, x, y: x * sin(y), SCALAR, SCALAR)
    g = build(lambda b, x: tuple(vjp_grad(b, f, (x, x), (True, False))), SCALAR)
    np.testing.assert_allclose(evaluate(g, 0.5)[0], np.sin(0.5))


def vjp_grad(b, function, primals, wrt):
    _, pullback = vjp_into(b, function, primals, wrt)
    return [g for g in pullback(b, (Lit(1.0),)) if g is not None]


def test_pullback_twice():
    f = build(lambda b, x: (for_(b, 0, 3, (x,), lambda i, c: sin(c)), x * x), SCALAR)

    def make(b, x):
        _, pullback = vjp_into(b, f, (x,), (True,))
        return (
            *pullback(b, (Lit(1.0), None)),
            *pullback(b, (None, Lit(1.0))),
            *pullback(b, (Lit(1.0), Lit(1.0))),
        )

    first, second, both = evaluate(build(make, SCALAR), 0.5)
    assert second == 1.0
    np.testing.assert_allclose(first + second, both)


def test_pullback_twice_copies_the_stacks():
    f = build(newton, SCALAR)

    def make(b, x):
        _, pullback = vjp_into(b, f, (x,), (True,))
        first = pullback(b, (Lit(1.0),))
        return (*first, *pullback(b, (Lit(2.0),)))

    made = build(make, SCALAR)
    first, second = evaluate(made, 2.0)
    np.testing.assert_allclose(2.0 * first, second)
    assert count(made, "stack_copy") == 2
    assert count(vjp_of(f), "stack_copy") == 0


def test_pullback_inside_a_loop_copies_the_stacks():
    f = build(newton, SCALAR)

    def make(b, x):
        _, pullback = vjp_into(b, f, (x,), (True,))
        return for_(b, 0, 3, (x,), lambda i, s: pullback(b, (s,))[0])

    np.testing.assert_allclose(
        evaluate(build(make, SCALAR), 2.0)[0], 2.0 * (0.5 / np.sqrt(2.0)) ** 3, rtol=1e-6
    )


# ── loops ─────────────────────────────────────────────────────────────────────────────────────────


def test_scalar_loop_saves_one_scalar_a_turn():
    reverse = check(
        build(lambda b, x, y: for_(b, 0, 5, (x,), lambda i, c: sin(c * y)), SCALAR, SCALAR), 0.4, 1.2
    )
    assert count(reverse, "empty") == 1
    assert saved_shapes(reverse) == [(5,)]


def heat(b, x, y):
    """Steps of the 1-D heat equation by scalar loops; y is the diffusivity."""

    def step(t, u):
        def cell(i, new):
            return put(new, at(u, i) + y * (at(u, i - 1) - 2.0 * at(u, i) + at(u, i + 1)), i)

        return for_(b, 1, b.size_value(x.shape[0] - 1), (u,), cell)

    return for_(b, 0, 3, (x,), step, name="t")


def test_heat_equation():
    check(build(heat, vec(6), SCALAR), array(6), 0.1)
    check(build(heat, vec("n"), SCALAR, sizes=[("n", 6)]), array(6), 0.1)


def stencil(b, x, y):
    """In place, with a constant coefficient."""

    def step(t, u):
        return for_(b, 1, 5, (u,), lambda i, u: put(u, at(u, i) + 0.1 * (at(u, i - 1) + at(u, i + 1)), i))

    return for_(b, 0, 3, (x,), step, name="t")


def test_linear_stencil_saves_nothing_and_stays_elementwise():
    reverse = check(build(stencil, vec(6), SCALAR), array(6), 0.1)
    assert saves_nothing(reverse)
    for op in inner_ops(reverse, 2):
        assert not op.out.shape or op.prim.name in ("at_set", "at_add"), op


def test_reading_an_array_in_a_loop_updates_its_cotangent():
    f = build(
        lambda b, x, y: for_(b, 0, 5, (0.0,), lambda i, s: s + sin(at(x, i)) * at(y, i)), vec(5), vec(5)
    )
    reverse = check(f, array(5), array(5))
    assert saves_nothing(reverse)
    assert all(not op.out.shape or op.prim.name == "at_add" for op in inner_ops(reverse))


def test_nonlinear_loop_saves_the_element_it_read():
    f = build(lambda b, x: for_(b, 1, 6, (x,), lambda i, u: put(u, sin(at(u, i - 1)) + at(u, i), i)), vec(6))
    reverse = check(f, array(6))
    assert saved_shapes(reverse) in ([], [(5,)])
    assert all(op.out.shape in ((), (5,), (6,)) for op in inner_ops(reverse))


def test_nested_loops_save_into_one_array():
    def make(b, x):
        def row(i, u):
            return for_(b, 1, 5, (u,), lambda j, u: put(u, at(u, j) * at(u, j - 1), j), name="j")

        return for_(b, 0, 3, (x,), row)

    reverse = check(build(make, vec(5)), array(5))
    assert saved_shapes(reverse) == [(3, 5)]  # what each update overwrites, found by the index


def test_triangular_loops():
    def make(b, x):
        def row(i, s):
            return for_(b, 0, i, (s,), lambda j, s: sin(s) * at(x, j) + at(x, i), name="j")

        return for_(b, 0, 4, (0.3,), row)

    reverse = check(build(make, vec(4)), array(4))
    assert saved_shapes(reverse) == [(4, 3)]  # room for the square


def test_triangular_linear_loops_save_nothing():
    def make(b, x, y):
        def row(i, s):
            return for_(b, 0, i + 1, (s,), lambda j, s: s + at(x, i) * at(y, j), name="j")

        return for_(b, 0, 4, (0.0,), row)

    assert saves_nothing(check(build(make, vec(4), vec(4)), array(4), array(4)))


def test_inner_loop_over_a_constant_written_inside():
    def make(b, x):
        def row(i, s):
            n = apply("size", value=x.shape[0] - 1)
            return for_(b, 1, n, (s,), lambda j, s: sin(s) + at(x, j), name="j")

        return for_(b, 0, 4, (0.0,), row)

    reverse = check(build(make, vec("n"), sizes=[("n", 5)]), array(5))
    assert count(reverse, "stack_new") == 0


def test_loop_with_if():
    def make(b, x, y):
        def turn(i, s):
            big = apply("greater", at(x, i), 0.0)
            return if_(b, big, lambda: sin(s) * at(x, i), lambda: s * y)

        return for_(b, 0, 6, (y,), turn)

    check(build(make, vec(6), SCALAR), array(6), 0.7)


def test_loop_with_if_that_updates_in_place():
    def make(b, x):
        def turn(i, u):
            odd = apply("equal", apply("remainder", i, 2), 1)
            return if_(b, odd, lambda: put(u, at(u, i - 1) * at(u, i), i), lambda: u)

        return for_(b, 0, 6, (x,), turn)

    reverse = check(build(make, vec(6)), array(6))
    assert all(op.out.shape in ((), (6,)) for op in inner_ops(reverse))


@pytest.mark.parametrize(
    "lo, hi, step", [(0, 0, 1), (3, 1, 1), (5, 0, -1), (5, -1, -2), (0, 7, 3), (1, 6, 2), (0, 5, -1)]
)
def test_bounds(lo, hi, step):
    f = build(
        lambda b, x: for_(
            b, lo, hi, (x, 0.2), lambda i, u, s: (put(u, sin(at(u, i)) * s, i), s + at(u, i)), step
        ),
        vec(7),
    )
    check(f, array(7))


def test_bounds_and_step_known_at_run_time():
    def make(b, x, y, z, u):
        return for_(b, y, z, (0.3,), lambda i, s: sin(s) + at(x, i), u)

    f = build(make, vec(7), INDEX, INDEX, INDEX)
    for bounds in ((0, 7, 1), (0, 7, 2), (6, 0, -1), (6, -1, -3), (4, 4, 1), (5, 2, 1)):
        check(f, array(7), *bounds, second=bounds[1] == 7)


def test_array_carry():
    f = build(
        lambda b, x, y: for_(b, 0, 4, (x,), lambda i, h: apply("tanh", y @ h)), vec(3), Aval(F64, (3, 3))
    )
    check(f, array(3), array(3, 3))


def test_array_carry_with_a_free_array():
    def make(b, x, y, z):
        return for_(
            b,
            0,
            4,
            (x,),
            lambda i, h: sin(h * y) + apply("index", z, i, spec=(("index", 0), ("slice", 0, 3, 1))),
        )

    check(build(make, vec(3), vec(3), Aval(F64, (4, 3))), array(3), array(3), array(4, 3))


def test_carries_that_become_active_later():
    def make(b, x):
        return for_(b, 0, 5, (0.5, 0.1, 0.2, 1.0), lambda i, p, q, r, s: (q, r * q, x * r, s))

    check(build(make, SCALAR), 0.9)


def test_inactive_carries_stay_out():
    def make(b, x):
        return for_(b, 0, 5, (x, 1.0, 0), lambda i, s, c, k: (s * c, sin(c), k + 1))[0]

    reverse = check(build(make, SCALAR), 0.9)
    (loop,) = [s for s in reverse.body.stmts if isinstance(s, For)][1:]
    assert len(loop.carries) == 1


def test_swapped_carries():
    check(
        build(lambda b, x, y: for_(b, 0, 3, (x, y), lambda i, p, q: (sin(q), p * q)), SCALAR, SCALAR),
        0.3,
        0.8,
    )


def test_slices_of_data_dependent_size():
    def make(b, x, y):
        def row(i, s):
            n = Size.of(i)
            return put(s, at(x, i) - total(part(s, 0, n) * part(y, 0, n)) * at(s, i), i)

        return for_(b, 0, 4, (x,), row)

    check(build(make, vec(4), vec(4)), array(4), array(4))


def test_integers_read_from_an_array():
    def make(b, x, y):
        return for_(b, 0, 5, (x,), lambda i, u: bump(u, sin(at(u, at(y, i))), i))

    reverse = check(build(make, vec(5), Aval(I64, (5,))), array(5), np.array([3, 0, 0, 4, 2]))
    assert count(reverse, "empty") == 1


def test_integer_carry_used_as_index():
    def make(b, x):
        return for_(
            b, 0, 5, (x, 0), lambda i, u, k: (put(u, at(u, k) * 1.5, i), apply("remainder", k + 2, 5))
        )[0]

    reverse = check(build(make, vec(5)), array(5))
    assert [
        s.out.dtype for s in statements(reverse.body) if isinstance(s, Op) and s.prim.name == "empty"
    ] == [I64]


# ── branches ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", [0.4, -0.4])
def test_branch(value):
    def make(b, x, y):
        return if_(b, apply("greater", x, 0.0), lambda: apply("exp", x) * y, lambda: total(y) * y * x)

    check(build(make, SCALAR, vec(3)), value, array(3))


@pytest.mark.parametrize("value", [0.4, -0.4])
def test_nested_branches_and_weak_values(value):
    def make(b, x, y):
        def inner():
            return if_(b, apply("greater", y, 1.0), lambda: apply("tanh", apply("exp", x)), lambda: y)

        return if_(b, apply("greater", x, 0.0), inner, lambda: apply("exp", apply("sin", y * x)))

    for y in (0.5, 1.5):
        check(build(make, WEAK, WEAK), value, y)


def test_branch_with_loop_inside():
    def make(b, x, y):
        return if_(
            b,
            apply("greater", y, 0.0),
            lambda: for_(b, 0, 5, (x,), lambda i, u: put(u, sin(at(u, i)) * y, i)),
            lambda: x,
        )

    f = build(make, vec(5), SCALAR)
    check(f, array(5), 0.5)
    check(f, array(5), -0.5)


# ── while ─────────────────────────────────────────────────────────────────────────────────────────


def newton(b, x):
    """The square root of x."""

    def go_on(r):
        return apply("greater", apply("absolute", r * r - x), 1e-12)

    return while_(b, (x,), go_on, lambda r: 0.5 * (r + x / r))


def test_newton():
    f = build(newton, SCALAR)
    check(f, 2.0)
    np.testing.assert_allclose(evaluate(vjp_of(f), 2.0, 1.0)[1], 0.5 / np.sqrt(2.0), rtol=1e-6)


def test_linear_while_keeps_only_the_count():
    f = build(
        lambda b, x: while_(b, (x, 0), lambda c, k: apply("less", k, 4), lambda c, k: (c * 0.5, k + 1))[0],
        SCALAR,
    )
    assert saves_nothing(check(f, 1.5))


def test_while_inside_for_and_arrays_on_stacks():
    def make(b, x, y):
        def turn(i, u):
            def body(u, k):
                return put(u, sin(at(u, i)) * y, i), k + 1

            return while_(b, (u, 0), lambda u, k: apply("less", k, i), body)[0] * u

        return for_(b, 0, 4, (x,), turn)

    check(build(make, vec(4), SCALAR), array(4), 0.8)


def test_while_of_array_carry():
    def make(b, x, y):
        def body(h, k):
            return apply("tanh", y @ h), k + 1

        return while_(b, (x, 0), lambda h, k: apply("less", total(h * h) * 0.0 + k, 3.0), body)[0]

    check(build(make, vec(3), Aval(F64, (3, 3))), array(3), array(3, 3))


def test_for_inside_while():
    def make(b, x):
        def body(u, k):
            return for_(b, 0, 3, (u,), lambda i, u: put(u, at(u, i) * at(u, i + 1), i)), k + 1

        return while_(b, (x, 0), lambda u, k: apply("less", k, 2), body)[0]

    check(build(make, vec(4)), array(4))


def test_while_with_no_turn():
    f = build(
        lambda b, x: while_(b, (x, 5), lambda c, k: apply("less", k, 4), lambda c, k: (sin(c), k + 1))[0],
        SCALAR,
    )
    assert evaluate(vjp_of(f), 1.5, 2.0)[1] == 2.0
    check(f, 1.5)


# ── what is saved ─────────────────────────────────────────────────────────────────────────────────


def test_recurrent_network_saves_each_state_once():
    f = build(
        lambda b, x, y, z: for_(b, 0, 5, (x,), lambda i, h: apply("tanh", y @ h + z)),
        vec(3),
        Aval(F64, (3, 3)),
        vec(3),
    )
    assert saved_shapes(check(f, array(3), array(3, 3), array(3))) == [(5, 3)]


def test_stencil_of_products_saves_the_array_once_a_step():
    def make(b, x):
        def step(t, u):
            def cell(i, new):
                return put(new, at(u, i) - 0.1 * at(u, i) * (at(u, i + 1) - at(u, i - 1)), i)

            return for_(b, 1, 7, (zeros(8),), cell)

        return for_(b, 0, 3, (x,), step, name="t")

    assert saved_shapes(check(build(make, vec(8)), array(8))) == [(3, 8)]


def test_vectorised_stencil_saves_the_array_once_a_step():
    def make(b, x):
        n = x.shape[0] - 2

        def step(t, u):
            new = part(u, 1, n) * (part(u, 2, n) - part(u, 0, n))
            return apply("at_set", u, new, spec=(("slice", 1, n, 1),))

        return for_(b, 0, 3, (x,), step, name="t")

    reverse = check(build(make, vec("n"), sizes=[("n", 8)]), array(8))
    (shape,) = saved_shapes(reverse)
    assert str(shape) == "(3, n - 2)"


def test_gauss_seidel_restores():
    def make(b, x, y):
        def sweep(t, u):
            def cell(i, u):
                return put(u, sin(at(u, i) * at(u, i + 1)) * at(u, i - 1) + at(u, i) * y, i)

            return for_(b, 1, 5, (u,), cell)

        return for_(b, 0, 3, (x,), sweep, name="t")

    reverse = check(build(make, vec(6), SCALAR), array(6), 0.4)
    assert saved_shapes(reverse) == [(3, 5)]
    assert all(op.out.shape in ((), (6,), (3, 5)) for op in inner_ops(reverse, 2))


def cholesky(b, x):
    def row(i, a):
        def column(j, a):
            s = for_(b, 0, j, (at(a, i, j),), lambda k, s: s - at(a, i, k) * at(a, j, k), name="k")
            diagonal = apply("equal", i, j)
            value = if_(b, diagonal, lambda: apply("sqrt", s), lambda: s / at(a, j, j))
            return put(a, value, i, j)

        return for_(b, 0, i + 1, (a,), column, name="j")

    return for_(b, 0, x.shape[0], (x,), row)


def positive(n):
    a = RNG.normal(size=(n, n))
    return a @ a.T + n * np.eye(n)


def test_cholesky_by_hand_saves_only_its_pivots():
    f = build(cholesky, Aval(F64, (4, 4)))
    a = positive(4)
    np.testing.assert_allclose(np.tril(evaluate(f, a)[0]), np.linalg.cholesky(a))
    reverse = check(f, a)
    # What is written is final; of the pivot that is known only in the branch where i is not j.
    assert saved_shapes(reverse) == [(4, 4)]


def test_triangular_solve_with_slices():
    def make(b, x, y):
        def row(i, s):
            line = apply("index", x, i, spec=(("index", 0), ("slice", 0, Size.of(i), 1)))
            return put(s, (at(y, i) - total(line * part(s, 0, Size.of(i)))) / at(x, i, i), i)

        return for_(b, 0, 4, (zeros(4),), row)

    reverse = check(build(make, Aval(F64, (4, 4)), vec(4)), positive(4), array(4))
    assert set(saved_shapes(reverse)) <= {(4,)}
    assert count(reverse, "stack_new") == 0


def test_elimination_with_two_loops_in_a_turn():
    def make(b, x):
        def pivot(k, a):
            a = for_(b, k + 1, 4, (a,), lambda i, a: put(a, at(a, i, k) / at(a, k, k), i, k))

            def row(i, a):
                return for_(
                    b,
                    k + 1,
                    4,
                    (a,),
                    lambda j, a: put(a, at(a, i, j) - at(a, i, k) * at(a, k, j), i, j),
                    name="j",
                )

            return for_(b, k + 1, 4, (a,), row)

        return for_(b, 0, 3, (x,), pivot, name="k")

    f = build(make, Aval(F64, (4, 4)))
    a = positive(4)
    lu = evaluate(f, a)[0]
    np.testing.assert_allclose((np.tril(lu, -1) + np.eye(4)) @ np.triu(lu), a)
    reverse = check(f, a)
    assert saves_nothing(reverse)  # what is read is not written again


def test_table_of_soft_minima():
    def make(b, x):
        def row(i, d):
            def cell(j, d):
                near = apply("logaddexp", at(d, i - 1, j), at(d, i, j - 1))
                return put(d, at(x, i, j) - apply("logaddexp", near, at(d, i - 1, j - 1)), i, j)

            return for_(b, 1, 4, (d,), cell, name="j")

        return at(for_(b, 1, 4, (zeros(4, 4),), row), 3, 3)

    reverse = check(build(make, Aval(F64, (4, 4))), array(4, 4))
    assert saves_nothing(reverse)  # what is read is in the finished table


def test_update_in_a_branch():
    def make(b, x):
        def turn(i, u):
            low = apply("less", at(u, i), 0.3)
            return if_(b, low, lambda: put(u, at(u, i) * at(u, i - 1) * at(u, i + 1), i), lambda: u)

        return for_(b, 1, 7, (x,), turn)

    check(build(make, vec(8)), array(8))


def test_two_arrays_updated_from_each_other():
    def make(b, x, y):
        def turn(i, u, v):
            u = put(u, at(u, i) * at(v, i + 1), i)
            return u, bump(v, sin(at(u, i)) * at(v, i), i + 1)

        return for_(b, 0, 4, (x, y), turn)

    check(build(make, vec(5), vec(5)), array(5), array(5))


def test_several_updates_in_a_turn():
    def make(b, x):
        def turn(i, u):
            u = put(u, at(u, i) * at(u, i + 1), i + 1)
            u = put(u, at(u, i + 1) * at(u, i), i)
            s = sin(at(u, i + 1) * at(u, i))
            return bump(u, s * at(u, 0), 0)

        return for_(b, 0, 4, (x,), turn)

    check(build(make, vec(5)), array(5))


def test_while_that_updates_in_place():
    def make(b, x):
        def body(u, k):
            return put(u, at(u, k) * at(u, k + 1) * at(u, k + 1), k), k + 1

        return while_(b, (x, 0), lambda u, k: apply("less", at(u, 0) * 0.0 + k, 4.0), body)[0]

    check(build(make, vec(5)), array(5))


def test_trajectory_saves_nothing():
    def make(b, x, y):
        def step(t, u):
            now = at(u, t)
            return put(u, now + 0.1 * sin(now * y) * at(u, apply("maximum", t - 1, 0)), t + 1)

        return for_(b, 0, 5, (x,), step, name="t")

    def rows(b, x, y):
        def step(t, u):
            row = apply("index", u, t, spec=(("index", 0), ("slice", 0, 3, 1)))
            spec = (("index", 0), ("slice", 0, 3, 1))
            return apply("at_set", u, apply("tanh", y @ row), t + 1, spec=spec)

        return for_(b, 0, 4, (x,), step, name="t")

    check(build(make, vec(6), SCALAR), array(6), 0.3)
    assert saves_nothing(check(build(rows, Aval(F64, (5, 3)), Aval(F64, (3, 3))), array(5, 3), array(3, 3)))


def test_index_that_wraps_is_no_earlier_element():
    f = build(lambda b, x: for_(b, 0, 5, (x,), lambda i, u: put(u, sin(at(u, i - 1)) * at(u, i), i)), vec(5))
    check(f, array(5))


def test_several_values_written_to_one_place():
    def make(b, x, y, z):
        spec = (("slice", 0, 3, 1), ("index", 0))
        return apply("at_set", x, sin(y), z, spec=spec)

    f = build(make, Aval(F64, (3, 4)), Aval(F64, (3, 5)), Aval(I64, (5,)))
    check(f, array(3, 4), array(3, 5), np.array([1, 1, 3, 0, 1]))


# ── errors and dead code ──────────────────────────────────────────────────────────────────────────


def test_operation_without_derivative():
    f = build(lambda b, x: apply("trigamma", x), SCALAR)
    for transform in (jvp_of, vjp_of):
        with pytest.raises(UnsupportedError, match="trigamma has no derivative"):
            transform(f)


def test_prune_drops_dead_carries_and_keeps_effects():
    def make(b, x):
        def turn(i, live, dead):
            b.check(apply("less", i, 10), ValueError, ("too far",))
            return live * 2.0, dead + sin(dead)

        return for_(b, 0, 3, (x, x), turn)[0]

    block = prune(build(make, SCALAR).body)
    (loop,) = [s for s in block.stmts if isinstance(s, For)]
    assert len(loop.carries) == 1
    assert not any(isinstance(s, Op) and s.prim.name == "sin" for s in statements(block))
    assert any(isinstance(s, Effect) for s in statements(block))
    assert prune(block) is block
