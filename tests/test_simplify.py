"""The simplifying passes keep the meaning, and do what their names say; copies are as few as promised."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_core import FLOAT, INT, Program

from broadax.transforms.core.avals import Aval
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.sizes import Guard, Guards, Size
from broadax.transforms.core.statements import Block, For, If, Lit, Op, While, statements
from broadax.transforms.core.verify import verify
from broadax.transforms.facts.ownership import Ownership
from broadax.transforms.simplify import PASSES, simplify
from broadax.transforms.simplify.insert_copies import insert_copies
from broadax.transforms.simplify.subscripts import compose

SEEDS = st.integers(0, 10**6)
ELEMENT = (("index", 0),)


def fresh(args) -> list:
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


def assert_same(got, want, what: str = "") -> None:
    for a, b in zip(got, want, strict=True):
        half = np.asarray(b).dtype == np.float32
        np.testing.assert_allclose(
            a, b, rtol=1e-4 if half else 1e-9, atol=1e-5 if half else 1e-11, err_msg=what
        )
        assert np.asarray(a).dtype == np.asarray(b).dtype, what


# ── random programs ───────────────────────────────────────────────────────────────────────────────


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_passes_keep_the_meaning(seed):
    program = Program(seed, 20)
    function = verify(program.build())
    args = program.inputs()
    with np.errstate(all="ignore"):
        want = evaluate(function, *fresh(args))
        for run in PASSES * 2:
            function = verify(run(function), after=run.__name__)
            assert_same(evaluate(function, *fresh(args)), want, run.__name__)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.booleans())
def test_copies_keep_the_meaning(seed, first):
    program = Program(seed, 20)
    function = program.build(mutates=True)
    args = program.inputs()
    with np.errstate(all="ignore"):
        want = evaluate(function, *fresh(args))
        function = verify(insert_copies(simplify(function) if first else function, {0: 0}))
        assert_same(evaluate(function, *fresh(args)), want)


@pytest.mark.parametrize("seed", range(10))
def test_a_simple_function_stays_the_same_object(seed):
    once = simplify(Program(seed, 20).build())
    assert simplify(once) is once
    again = Program(seed, 20).build()
    assert [s.outs for s in statements(simplify(again).body)].__repr__() == [
        s.outs for s in statements(once.body)
    ].__repr__()


# ── single functions ──────────────────────────────────────────────────────────────────────────────


class Maker:
    """A builder with parameters: vectors x, y of n elements, a matrix m of (n, 3), a scalar s."""

    def __init__(self):
        self.builder = Builder()
        self.n = self.builder.var("n", Aval(INT, (), True), 5)
        n = Size.of(self.n)
        self.x, self.y = (self.builder.var(v, Aval(FLOAT, (n,))) for v in "xy")
        self.m, self.s = self.builder.var("m", Aval(FLOAT, (n, 3))), self.builder.var("s", Aval(FLOAT))
        self.whole = (("slice", 0, n, 1),)

    def make(self, results):
        """The function with these results (a function of this object may compute them)."""
        params = [self.x, self.y, self.m, self.s]
        with self.builder.current():
            results = results(self) if callable(results) else results
        return verify(self.builder.finish("f", params, [(self.n, self.x, 0)], results))

    def apply(self, name: str, *args, **params):
        return self.builder.apply(name, *args, **params)

    def loop(self, init, body, hi=None):
        """A counted loop; `body(index, *carries)` gives the next carries."""
        builder = self.builder
        index = builder.var("i", Aval(INT, (), True))
        carries = tuple(builder.var(a.base, a.aval) for a in init)
        with builder.block() as stmts:
            results = body(index, *carries)
        outs = tuple(builder.var(c.base, c.aval) for c in carries)
        inner = Block(tuple(stmts), tuple(results))
        builder.add(
            For(outs, index, Lit(0), self.n if hi is None else hi, Lit(1), carries, tuple(init), inner)
        )
        return outs

    def branch(self, cond, then, orelse):
        builder, sides = self.builder, []
        for side in (then, orelse):
            with builder.block() as stmts:
                results = tuple(side())
            sides.append(Block(tuple(stmts), results))
        outs = tuple(builder.var("z", a.aval) for a in sides[0].results)
        builder.add(If(outs, cond, *sides))
        return outs


def names(function) -> list[str]:
    """The operations of a function, in order, inner ones too."""
    return [s.prim.name if isinstance(s, Op) else type(s).__name__ for s in statements(function.body)]


def simplified(results) -> list[str]:
    return names(simplify(Maker().make(results)))


@pytest.mark.parametrize(
    "results, want",
    [
        (lambda f: [f.x * 1.0], []),
        (lambda f: [f.apply("negative", -f.x)], []),
        (lambda f: [f.x + -f.y], ["subtract"]),
        (lambda f: [f.x - -f.y], ["add"]),
        (lambda f: [f.x * -1.0], ["negative"]),
        (lambda f: [f.x + f.y * -2.0], ["multiply", "subtract"]),
        (lambda f: [f.x**2], ["square"]),
        (lambda f: [f.x**1], []),
        (lambda f: [f.x + f.apply("zeros", shape=f.x.shape, dtype=FLOAT)], []),
        (
            lambda f: [f.apply("reshape", f.apply("reshape", f.m, shape=(3, f.x.shape[0])), shape=f.m.shape)],
            [],
        ),
        (lambda f: [f.apply("transpose", f.apply("transpose", f.m, axes=(1, 0)), axes=(1, 0))], []),
        (lambda f: [f.x * f.apply("broadcast_to", f.s, shape=f.x.shape)], ["multiply"]),
        (lambda f: [f.x * f.apply("full", Lit(np.float64(1)), shape=f.x.shape)], []),
        (lambda f: [f.apply("sum", f.x, axes=(), keepdims=False)], []),
        (lambda f: [f.apply("index", f.x, spec=f.whole)], []),
        (lambda f: [f.apply("at_set", f.x, f.y, spec=f.whole)], []),
        (
            lambda f: [f.apply("at_add", f.apply("zeros", shape=f.x.shape, dtype=FLOAT), f.y, spec=f.whole)],
            [],
        ),
        (
            lambda f: [
                f.apply("index", f.apply("at_set", f.x, f.s, Lit(1), spec=ELEMENT), Lit(1), spec=ELEMENT)
            ],
            [],
        ),
        (lambda f: [f.apply("logical_not", f.apply("equal", f.s, Lit(1.0)))], ["not_equal"]),
        (lambda f: [f.apply("where", Lit(True), f.x, f.y)], []),
        (lambda f: [f.x + f.apply("sin", Lit(0.0))], ["add"]),
        (lambda f: [f.x + 0.0], ["add"]),  # -0.0 + 0.0 is 0.0
        (lambda f: [f.x * 0.0], ["multiply"]),  # inf * 0 is nan
        (lambda f: [f.apply("divide", Lit(1), Lit(0))], ["divide"]),  # raises when it runs
        (lambda f: [f.apply("power", Lit(2), Lit(-1))], ["power"]),
    ],
)
def test_fold(results, want):
    assert simplified(results) == want


def test_an_update_of_a_row_is_an_update_of_the_whole():
    def results(f):
        row = (("index", 0), ("slice", 0, 3, 1))
        part = f.apply("index", f.m, Lit(2), spec=row)
        return [f.apply("at_set", f.m, f.apply("at_add", part, f.s, Lit(1), spec=ELEMENT), Lit(2), spec=row)]

    assert simplified(results) == ["at_add"]


def test_common_operations_are_merged_within_their_scope():
    def results(f):
        first = f.apply("sin", f.x) + f.apply("sin", f.x)
        (inner,) = f.branch(
            f.apply("less", f.s, Lit(0.0)),
            lambda: [f.apply("cos", f.x) + f.apply("sin", f.x)],
            lambda: [f.apply("cos", f.x)],
        )
        return [first, inner, f.apply("cos", f.x)]

    assert simplified(results) == ["sin", "add", "less", "If", "cos", "add", "cos", "cos"]


def test_carries_that_only_feed_themselves_go():
    def results(f):
        x, _, _ = f.loop([f.x, f.y, f.s], lambda i, x, y, s: [f.apply("sin", x), y * s, s + 1.0])
        return [x]

    function = simplify(Maker().make(results))
    (loop,) = [s for s in function.body.stmts if isinstance(s, For)]
    assert len(loop.carries) == 1 and names(function) == ["For", "sin"]


def test_dead_loops_go_but_checks_stay():
    def results(f):
        f.loop([f.x], lambda i, x: [f.apply("sin", x)])

        def checking(i, x):
            f.builder.check(
                f.apply("less", f.apply("index", x, i, spec=ELEMENT), Lit(3.0)), ValueError, ("no",)
            )
            return [x]

        f.loop([f.x], checking)
        return [f.s]

    assert simplified(results) == ["For", "index", "less", "Effect"]


def test_what_never_changes_leaves_the_loop():
    def results(f):
        return f.loop([f.x], lambda i, x: [x * (f.apply("sin", f.y) + 1.0)])

    assert simplified(results) == ["sin", "add", "For", "multiply"]


def test_what_may_fail_or_is_written_stays_in_the_loop():
    def results(f):
        def body(i, x):
            mine = f.apply("at_set", f.apply("zeros", shape=f.x.shape, dtype=FLOAT), f.s, i, spec=ELEMENT)
            return [x + mine * f.apply("index", f.y, Lit(7), spec=ELEMENT)]

        return f.loop([f.x], body)

    assert simplified(results)[0] == "For"


@pytest.mark.parametrize(
    "results, want",
    [
        (lambda f: f.branch(Lit(True), lambda: [f.x], lambda: [f.y]), []),
        (lambda f: f.branch(f.apply("less", f.s, Lit(0.0)), lambda: [f.x], lambda: [f.x]), []),
        (lambda f: f.loop([f.x], lambda i, x: [f.apply("sin", x)], Lit(0)), []),
        (lambda f: f.loop([f.x], lambda i, x: [f.apply("sin", x)], Lit(1)), ["sin"]),
        (lambda f: f.loop([f.x, f.y], lambda i, x, y: [x + y, y]), ["For", "add"]),
    ],
)
def test_control(results, want):
    assert simplified(results) == want


def test_branches_on_the_same_condition_are_recalled():
    def results(f):
        cond = f.apply("less", f.s, Lit(0.0))
        (total,) = f.branch(cond, lambda: [f.apply("sum", f.x, axes=(0,), keepdims=False)], lambda: [f.s])
        return f.branch(cond, lambda: [f.y], lambda: [f.y * total])

    function = simplify(Maker().make(results))
    assert [s for s in names(function) if s == "If"] == ["If"]


def test_guarded_sizes_are_one_size():
    builder = Builder(guards=Guards())
    n, k = (builder.var(v, Aval(INT, (), True), 4) for v in "nk")
    x, y = builder.var("x", Aval(FLOAT, (Size.of(n),))), builder.var("y", Aval(FLOAT, (Size.of(k),)))
    builder.guards.items[Guard(Size.of(n) - Size.of(k), "==")] = None
    with builder.current():
        total = builder.apply("full", Lit(np.float64(2)), shape=y.shape) * x
    function = simplify(builder.finish("f", [x, y], [(n, x, 0), (k, y, 0)], [total]))
    assert names(function) == ["multiply"] and [v.name for v, _, _ in function.sizes] == ["n"]


@pytest.mark.parametrize("seed", range(200))
def test_subscripts_compose(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(d) for d in rng.integers(2, 6, size=rng.integers(1, 4)))
    x = rng.normal(size=shape)
    outer, outer_indices, part = _subscript(rng, x)
    inner, inner_indices, want = _subscript(rng, part)
    made = compose(outer, outer_indices, inner, inner_indices, shape)
    if made is not None:
        spec, indices = made
        got = evaluate_index(x, spec, indices)
        np.testing.assert_array_equal(got, want)


def _subscript(rng, x):
    spec, indices = [], []
    for dim in x.shape:
        if rng.random() < 0.2:
            spec.append(("new",))
        if rng.random() < 0.4:
            spec.append(("index", len(indices)))
            indices.append(Lit(int(rng.integers(-dim, dim))))
        else:
            step = int(rng.choice([1, 1, 2, -1]))
            start = int(rng.integers(0, dim))
            room = len(range(start, dim if step > 0 else -1, step))
            full = rng.random() < 0.4
            spec.append(
                ("slice", 0, dim, 1) if full else ("slice", start, int(rng.integers(1, room + 1)), step)
            )
    return tuple(spec), tuple(indices), evaluate_index(x, tuple(spec), indices)


def evaluate_index(x, spec, indices):
    from broadax.transforms.primitives import registry

    return np.asarray(registry.get("index").impl(x, *(a.value for a in indices), spec=spec))


# ── copies ────────────────────────────────────────────────────────────────────────────────────────


def copies(function, inside: type | None = None) -> int:
    """How many copies a function makes; `inside=For`: in the bodies of loops only."""
    blocks = (
        [function.body]
        if inside is None
        else [s.body for s in statements(function.body) if isinstance(s, inside)]
    )
    return sum(isinstance(s, Op) and s.prim.name == "copy" for b in blocks for s in statements(b))


def lowered(results, mutated=None):
    return insert_copies(simplify(Maker().make(results)), mutated)


def put(f, x, i, v):
    return f.apply("at_set", x, v, i, spec=ELEMENT)


def test_a_parameter_is_copied_once():
    function = lowered(lambda f: [put(f, put(f, f.x, Lit(0), f.s), Lit(1), f.s)])
    assert names(function) == ["copy", "at_set", "at_set"]


def test_an_array_of_our_own_is_not_copied():
    assert copies(lowered(lambda f: [put(f, f.x * 2.0, Lit(0), f.s)])) == 0


def test_an_array_that_is_read_later_is_copied():
    def results(f):
        x = f.x * 2.0
        return [put(f, x, Lit(0), f.s), f.apply("sin", x)]

    assert copies(lowered(results)) == 1


def test_loops_update_in_place():
    def results(f):
        return f.loop([f.x], lambda i, x: [put(f, x, i, f.apply("index", x, i, spec=ELEMENT) * f.s)])

    function = lowered(results)
    assert copies(function) == 1 and copies(function, For) == 0


def test_swapped_carries_need_no_copy_in_the_loop():
    def body(f):
        def run(i, u, v):
            return [put(f, v, i, f.apply("index", u, i, spec=ELEMENT)), u]

        return run

    function = lowered(lambda f: f.loop([f.x * 1.5, f.y * 1.5], body(f)))
    assert copies(function) == 0


def test_carries_that_start_as_one_array_are_parted_before_the_loop():
    def results(f):
        x = f.x * 2.0
        return f.loop([x, x], lambda i, u, v: [put(f, u, i, f.s), put(f, v, i, f.s + 1.0)])

    function = lowered(results)
    assert copies(function) == 1 and copies(function, For) == 0


def test_a_view_that_outlives_an_update_is_copied_itself():
    def results(f):
        x = f.x * 2.0
        part = f.apply("index", x, spec=(("slice", 0, 2, 1),))
        return [put(f, x, Lit(0), f.s), f.apply("sin", part)]

    function = lowered(results)
    (copied,) = [s for s in statements(function.body) if isinstance(s, Op) and s.prim.name == "copy"]
    assert copied.out.shape == (2,)


def test_nested_loops_update_in_place():
    def results(f):
        def outer(i, m):
            def inner(j, m):
                place = (("index", 0), ("index", 1))
                return [f.apply("at_add", m, f.s, i, j, spec=place)]

            return f.loop([m], inner, Lit(3))

        return f.loop([f.m], outer)

    function = lowered(results)
    assert copies(function) == 1 and copies(function, For) == 0


def test_leapfrog_needs_no_copies():
    """u_next is filled element by element; then the three arrays change their roles."""

    def results(f):
        def outer(t, before, now):
            after = f.apply("zeros", shape=f.x.shape, dtype=FLOAT)

            def inner(i, after):
                change = f.apply("index", now, i, spec=ELEMENT) * 2.0 - f.apply(
                    "index", before, i, spec=ELEMENT
                )
                return [put(f, after, i, change)]

            (after,) = f.loop([after], inner)
            return [now, after]

        return f.loop([f.x, f.y], outer)

    assert copies(lowered(results)) == 0


def test_branches_hand_over_what_they_own():
    def results(f):
        cond = f.apply("less", f.s, Lit(0.0))
        (z,) = f.branch(cond, lambda: [put(f, f.x * 2.0, Lit(0), f.s)], lambda: [f.y])
        return [put(f, z, Lit(1), f.s)]

    function = lowered(results)
    assert copies(function) == 1
    (branch,) = [s for s in statements(function.body) if isinstance(s, If)]
    assert names_of(branch.orelse) == ["copy"]


def names_of(block) -> list[str]:
    return [s.prim.name for s in block.stmts if isinstance(s, Op)]


def test_a_while_updates_in_place():
    def results(f):
        builder = f.builder
        k, x = builder.var("k", Aval(INT, (), True)), builder.var("x", f.x.aval)
        with builder.block() as tests:
            more = f.apply("less", k, f.n)
        with builder.block() as stmts:
            after = (f.apply("add", k, Lit(1)), put(f, x, k, f.s))
        outs = builder.var("k", k.aval), builder.var("x", x.aval)
        inner = Block(tuple(tests), (more,)), Block(tuple(stmts), after)
        builder.add(While(outs, (k, x), (Lit(0), f.x), *inner))
        return outs[1:]

    function = lowered(results)
    assert copies(function) == 1 and copies(function, While) == 0


@pytest.mark.parametrize("through", ["loop", "branch", "straight"])
def test_what_is_written_for_the_caller_is_written_in_place(through):
    def results(f):
        if through == "loop":
            return f.loop([f.x], lambda i, x: [put(f, x, i, f.s)])
        if through == "branch":
            return f.branch(f.apply("less", f.s, Lit(0.0)), lambda: [put(f, f.x, Lit(0), f.s)], lambda: [f.x])
        return [put(f, f.x, Lit(0), f.s)]

    function = lowered(results, {0: 0})
    assert copies(function) == 0 and names(function).count("at_set") == 1


def test_what_is_computed_elsewhere_ends_up_with_the_caller():
    function = lowered(lambda f: [f.x * 2.0, f.apply("index", f.x, spec=(("slice", 1, 2, 1),))], {0: 0})
    assert names(function) == ["multiply", "index", "copy", "at_set"]
    assert function.body.stmts[-1].args[0] is function.params[0]


def test_the_old_value_of_what_is_written_is_kept_aside():
    function = lowered(lambda f: [put(f, f.x, Lit(0), f.s), f.apply("sin", f.x)], {0: 0})
    assert names(function) == ["copy", "at_set", "sin"]
    assert function.body.stmts[1].args[0] is function.params[0]


def test_stacks_keep_what_was_pushed():
    def results(f):
        stack = f.apply("stack_new", item=f.x.aval, base="saved")

        def forward(i, saved, x):
            return [f.apply("stack_push", saved, x), put(f, x, i, f.s)]

        saved, x = f.loop([stack, f.x * 1.0 + f.y], forward)

        def backward(i, saved, y):
            saved, item = f.apply("stack_pop", saved)
            return [saved, y + item]

        return [x, f.loop([saved, f.y], backward)[1]]

    function = lowered(results)
    assert copies(function, For) == 1  # what was pushed must not change


def test_ownership_says_what_may_be_overwritten():
    def results(f):
        x = f.x * 2.0
        y = x + f.y
        z = y + f.y
        return [z, f.apply("sin", y)]

    function = Maker().make(results)
    facts = Ownership(function)
    multiply, first, second, _ = function.body.stmts
    assert facts.may_overwrite(first, multiply.out)
    assert not facts.may_overwrite(second, first.out)  # read later
    assert not facts.may_overwrite(first, function.params[1])  # the caller's
