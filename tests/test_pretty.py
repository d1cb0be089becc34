"""The readable source: right on random programs, and as people would write it on chosen ones."""

from __future__ import annotations

import ast
import re
from types import SimpleNamespace

import numpy as np
import pretty_functions as examples
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from primitive_rows import ROWS, SIZES
from random_core import FLOAT, INT, Program
from test_simplify import Maker, assert_same, fresh, put

import broadax as bx
from broadax.backends import numpy as backend
from broadax.runtime.errors import Loc, UnsupportedError
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Lit, statements
from broadax.transforms.interface import Interface, Leaf, Node, Parameter, Static, flat_interface
from broadax.transforms.pretty import python_source
from broadax.transforms.pretty.expressions import Text, hole, parsed, template
from broadax.transforms.pretty.layout import WIDTH, wrap
from broadax.transforms.pretty.literals import number_text
from broadax.transforms.primitives import registry
from broadax.transforms.simplify import simplify
from broadax.transforms.simplify.insert_copies import insert_copies

SEEDS = st.integers(0, 10**6)


# ── random programs ───────────────────────────────────────────────────────────────────────────────


def check(function, args, mutated=None) -> str:
    """The printed function gives what the reference gives, and writes only what it may."""
    with np.errstate(all="ignore"):
        want = evaluate(function, *fresh(args))
        for lowered in (function, simplify(function)):
            run = backend.compile(insert_copies(lowered, mutated), mutated)
            given_args = fresh(args)
            assert_same(run(*given_args), want, run.source)
            for k, (after, before) in enumerate(zip(given_args, args, strict=True)):
                if mutated and k in mutated:
                    np.testing.assert_allclose(after, want[mutated[k]], err_msg=run.source)
                else:
                    np.testing.assert_array_equal(after, before, err_msg=run.source)
    return run.source


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_printed_programs_compute_the_same(seed):
    program = Program(seed, 24)
    check(program.build(), program.inputs())


@settings(max_examples=60, deadline=None)
@example(9946)  # a scalar that is a Python number on one way divides float32s
@given(SEEDS)
def test_printed_programs_write_for_their_caller(seed):
    program = Program(seed, 24)
    check(program.build(mutates=True), program.inputs(), {0: 0})


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_the_text_is_deterministic_and_tidy(seed):
    texts = []
    for _ in range(2):
        function = insert_copies(simplify(Program(seed, 24).build()))
        texts.append(python_source(function, flat_interface(function)))
    assert texts[0] == texts[1]
    assert not re.search(r"\* 1\b(?!\.)|\+ 0\b(?!\.)|pass\n", texts[0])
    assert all(len(line) <= WIDTH + 10 for line in texts[0].splitlines())
    _no_unused_names(texts[0])


def _no_unused_names(text: str) -> None:
    tree = ast.parse(text)
    stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    loaded = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    assert stored - loaded <= {"_"}, text


# ── golden texts ──────────────────────────────────────────────────────────────────────────────────

V5, M43 = "f64[n]", "f64[n, 3]"
GOLDEN = {
    "grad_network": (
        bx.grad(examples.network),
        [[("f64[3, k]", "f64[k]"), ("f64[k, 2]", "f64[2]")], M43, "f64[n, 2]"],
    ),
    "jit_heat": (bx.jit(examples.heat), [V5, 0.1, 3]),
    "grad_heat": (bx.grad(examples.heat), [V5, 0.1, 3]),
    "grad_newton": (bx.grad(examples.newton), [2.0]),
    "vmap_newton": (bx.vmap(examples.newton), [V5]),
    "grad_rnn": (bx.grad(examples.rnn), ["f64[4, 4]", "f64[4, 4]", "f64[4]", "f64[n, 4]", "f64[4]"]),
    "jit_fibonacci": (bx.jit(examples.fibonacci), [5]),
    "jit_bisect": (bx.jit(examples.bisect), [0.0, 2.0]),
    "jit_clip": (bx.jit(examples.clip), [0.5]),
    "grad_clip": (bx.grad(examples.clip), [0.5]),
    "jit_find": (bx.jit(examples.find), [V5, 1.0]),
    "jit_running_total": (bx.jit(examples.running_total), [V5]),
    "grad_running_total": (bx.grad(examples.running_sum), [V5]),
    "grad_normalised": (bx.grad(examples.normalised), ["f64[4]", "f64[4, 3]"]),
    "grad_cross_entropy": (bx.grad(examples.cross_entropy), [M43, "i64[n]"]),
    "jit_kalman": (bx.jit(examples.kalman), ["f64[2]", "f64[2, 2]", "f64[2, 2]", "f64[2, 2]", V5]),
    "jit_convolve": (bx.jit(examples.convolve), [np.ones(9), np.ones(4)]),
    "jit_positive": (bx.jit(examples.positive), [V5]),
    "grad_line": (bx.grad(examples.line_loss), [examples.Line(1.0, 2.0), V5, V5]),
    "grad_energy": (bx.grad(examples.energy), [examples.Oscillator(1.0, 2.0), 0.5, 0.25]),
    "grad_lookup": (bx.grad(examples.lookup), [{"w": V5, "b": 1.0}, V5]),
    "grad_with_globals": (bx.grad(examples.with_globals), ["f64[3]"]),
    "grad_pendulum": (bx.grad(examples.pendulum), [0.5, 0.0, 0.1, 10]),
    "jvp_triangle": (bx.jit(examples.triangle_and_slope), [V5, V5]),
    "hessian_triangle": (bx.hessian(examples.triangle), [V5]),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name, golden):
    transformed, args = GOLDEN[name]
    golden(f"pretty/{name}.txt", transformed.source(*args))


# ── every primitive ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["known", "symbolic"])
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_primitive_prints(row, mode):
    if row.name == "empty":
        return
    builder, sized = Builder(), []
    values = dict(SIZES)
    if mode == "symbolic":
        sized = [builder.var(name, Aval(INT, (), True), value) for name, value in SIZES.items()]
        values = {v.base: Size.of(v) for v in sized}
    dims = SimpleNamespace(**values)
    operands = [builder.var("xyzuvw"[k], aval) for k, aval in enumerate(row.avals(dims))]
    with builder.current():
        out = builder.apply(row.name, *operands, **row.given_params(dims))
    results = out if isinstance(out, tuple) else (out,)
    function = builder.finish("f", (*sized, *operands), (), results)
    rng = np.random.default_rng(5)
    args = [*(SIZES.values() if sized else ()), *(o.draw(rng, np.float64) for o in row.operands)]
    check(function, args)


# ── expressions ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text, operands, want",
    [
        ("_0_ + _1_", ("a - b", "c - d"), "a - b + (c - d)"),
        ("_0_ - _1_", ("a", "b + c"), "a - (b + c)"),
        ("_0_ * _1_", ("a + b", "c / d"), "(a + b) * (c / d)"),
        ("_0_ / _1_", ("a * b", "c * d"), "a * b / (c * d)"),
        ("_0_ ** _1_", ("-a", "-b"), "(-a) ** -b"),
        ("_0_ ** _1_", ("a ** b", "2"), "(a ** b) ** 2"),
        ("-_0_", ("a + b",), "-(a + b)"),
        ("-_0_", ("a ** 2",), "-a ** 2"),
        ("_0_ @ _1_", ("a * b", "c @ d"), "(a * b) @ (c @ d)"),
        ("_0_ * _1_", ("a @ b", "c"), "(a @ b) * c"),
        ("_0_ @ _1_", ("a @ b", "c"), "a @ b @ c"),
        ("_0_.T", ("a + b",), "(a + b).T"),
        ("_0_.T", ("a[0]",), "a[0].T"),
        ("_0_[_1_, 1:]", ("a", "i + 1"), "a[i + 1, 1:]"),
        ("np.where(_0_, _1_, 0)", ("a < b", "c if d else e"), "np.where(a < b, c if d else e, 0)"),
        ("_1_ if _0_ else _2_", ("a < b", "c if d else e", "f if g else h"),
         "(c if d else e) if a < b else f if g else h"),
        ("_0_ & _1_", ("a < b", "~c"), "(a < b) & ~c"),
        ("not _0_", ("a < b",), "not a < b"),
        ("_0_ and _1_", ("a or b", "not c"), "(a or b) and not c"),
        ("_0_ < _1_", ("a < b", "c + d"), "(a < b) < c + d"),
        ("_0_ // _1_", ("a * b", "c"), "(a * b) // c"),
    ],
)  # fmt: skip
def test_parentheses_stand_where_they_are_needed(text, operands, want):
    made = template(text).fill([parsed(o) for o in operands])
    assert made.text == want
    plain = template(text).fill([Text(f"({o})") for o in operands])
    assert ast.dump(ast.parse(made.text)) == ast.dump(ast.parse(plain.text))


def test_a_hole_alone_keeps_the_rank_of_what_fills_it():
    inner = template(hole(0)).fill([parsed("a + b")])
    assert template("_0_ * 2").fill([inner]).text == "(a + b) * 2"


@pytest.mark.parametrize(
    "value, text",
    [
        (1, "1"), (-1, "-1"), (1.5, "1.5"), (True, "True"), (2j, "2j"), (float("inf"), "np.inf"),
        (-float("inf"), "-np.inf"), (np.float32(0.1), "np.float32(0.1)"), (np.float64(2), "np.float64(2.0)"),
        (np.int64(-3), "np.int64(-3)"), (np.bool_(False), "np.False_"), (1e-12, "1e-12"),
        (np.complex128(1 + 2j), "np.complex128((1+2j))"), (complex(float("nan"), 1), "complex(np.nan, 1.0)"),
    ],
)  # fmt: skip
def test_numbers(value, text):
    assert number_text(value).text == text
    again = eval(text, {"np": np})
    assert type(again) is type(value) and np.array_equal(again, value, equal_nan=True)


def printed(results, **options) -> list[str]:
    """The body of the function, without its size lines."""
    function = insert_copies(simplify(Maker().make(results)), options.get("mutated"))
    text = python_source(function, flat_interface(function, options.get("mutated")))
    return text[text.index("def f(") :].splitlines()[1:]


@pytest.mark.parametrize(
    "results, want",
    [
        (lambda f: [2.0 * f.x + 1.0], "2 * x + 1"),
        (lambda f: [f.x * Lit(np.float64(0.1))], "x * 0.1"),
        (lambda f: [f.x**2.0], "x ** 2"),
        (lambda f: [f.x / f.apply("size", value=f.x.shape[0])], "x / x.shape[0]"),
        (lambda f: [f.apply("where", f.apply("less", f.s, Lit(0.0)), f.s, Lit(np.float64(0)))],
         "s if s < 0 else 0.0"),
        (lambda f: [f.apply("where", f.apply("less", f.x, f.y), f.x, Lit(0.0))], "np.where(x < y, x, 0)"),
        (lambda f: [f.apply("logical_and", f.apply("less", f.x, f.y), f.apply("greater", f.x, Lit(0.0)))],
         "(x < y) & (x > 0)"),
        (lambda f: [f.apply("logical_and", f.apply("less", f.s, 1.0), f.apply("greater", f.s, 0.0))],
         "s < 1 and s > 0"),
        (lambda f: [f.apply("reshape", f.x, shape=(f.x.shape[0], 1)) * f.y], "x[:, None] * y"),
        (lambda f: [f.apply("full", Lit(np.float64(1)), shape=f.x.shape)], "np.ones(x.shape[0])"),
        (lambda f: [f.apply("index", f.x, spec=(("slice", 1, f.x.shape[0] - 2, 1),))], "x[1:-1]"),
        (lambda f: [f.apply("convert", f.apply("less", f.x, f.y), dtype=FLOAT)],
         "(x < y).astype(np.float64)"),
        (lambda f: [f.apply("convert", f.s, dtype=FLOAT, weak=True) * 2.0], "float(s) * 2"),
    ],
)  # fmt: skip
def test_expressions_read_as_written_by_hand(results, want):
    assert printed(results) == [f"    return {want},"]


# ── statements ────────────────────────────────────────────────────────────────────────────────────


def test_updates_read_as_written_by_hand():
    def results(f):
        x = f.x * 2.0
        x = f.apply("at_add", x, f.s, Lit(0), spec=(("index", 0),), base="x")
        part = f.apply("index", x, spec=(("slice", 1, 2, 1),))
        x = f.apply("at_set", x, part * 3.0, spec=(("slice", 1, 2, 1),), base="x")
        x = f.apply("at_add", x, -f.s, Lit(-1), spec=(("index", 0),), base="x")
        places = f.apply("floor_divide", f.apply("iota", size=f.x.shape[0], dtype=INT), Lit(2))
        return [f.apply("at_add", x, f.y, places, spec=(("index", 0),), base="x")]

    assert printed(results) == [
        "    n = x.shape[0]",
        "    x = x * 2",
        "    x[0] += s",
        "    x[1:3] *= 3",
        "    x[-1] -= s",
        "    np.add.at(x, np.arange(n) // 2, y)",
        "    return x,",
    ]


def test_a_value_is_not_moved_past_a_write_to_what_it_reads():
    def results(f):
        x = f.x * 2.0
        first = f.apply("sin", f.apply("index", x, Lit(0), spec=(("index", 0),)))
        x = f.apply("at_set", x, f.s, Lit(0), spec=(("index", 0),), base="x")
        return [x, first]

    lines = printed(results)
    assert lines.index("    x[0] = s") > [k for k, line in enumerate(lines) if "np.sin(" in line][0]


def test_checks_prints_and_errors():
    def results(f):
        inside = f.apply("less", f.s, Lit(3.0))
        f.builder.check(inside, ValueError, ("s is ", 1, ' {not} "small"'), (f.s,))
        f.builder.effect("print", (f.s, f.s), message=("s = ", 0, ", twice ", 1))
        f.builder.check(f.apply("equal", f.s, Lit(1.0)), AssertionError, ())
        f.builder.check(f.apply("less", f.s, Lit(9.0)), np.linalg.LinAlgError, ("singular",))
        return [f.s]

    assert printed(results) == [
        "    if not s < 3:",
        '        raise ValueError(f"s is {s} {{not}} \\"small\\"")',
        '    print(f"s = {s}, twice {s}")',
        "    assert s == 1",
        "    if not s < 9:",
        '        raise np.linalg.LinAlgError("singular")',
        "    return s,",
    ]


def test_errors_of_other_modules_are_imported():
    def results(f):
        f.builder.check(f.apply("less", f.s, Lit(3.0)), UnsupportedError, ("no",))
        return [f.s]

    function = simplify(Maker().make(results))
    assert "from broadax.runtime.errors import UnsupportedError" in python_source(
        function, flat_interface(function)
    )


def test_comments_lead_back_to_the_users_lines():
    maker = Maker()
    maker.builder.loc = Loc("/home/me/model.py", 12)
    function = maker.make(lambda f: [f.apply("sin", f.x, base="y"), f.apply("cos", f.x, base="z")])
    lines = python_source(function, flat_interface(function)).splitlines()
    assert "    y = np.sin(x)  # model.py:12" in lines and "    z = np.cos(x)" in lines


# ── faces ─────────────────────────────────────────────────────────────────────────────────────────


def faced(params, result, results, **fields) -> str:
    function = insert_copies(simplify(Maker().make(results)), fields.get("mutated"))
    return python_source(function, Interface("f", params, result, **fields))


def run(text: str, *args, **kwargs):
    return backend.load(text, "f")(*args, **kwargs)


X, Y, M, S = np.arange(3.0), np.ones(3), np.ones((3, 3)), np.float64(2)


def test_trees_come_apart_and_go_together():
    inner = Node("dict", (Leaf(1), Node("tuple", (Leaf(2), Static(None)))), ("y", "rest of it"))
    params = (Parameter("data", Node("list", (Leaf(0), inner))), Parameter("s", Leaf(3), "keyword"))
    result = Node("dict", (Leaf(0), Node("tuple", (Leaf(1),)), Static("fixed")), ("a", "b", "c"))
    text = faced(params, result, lambda f: [f.x + f.y, f.apply("sum", f.m, axes=(0,), keepdims=False) * f.s])
    got = run(text, [X, {"y": Y, "rest of it": (M, None)}], s=S)
    np.testing.assert_array_equal(got["a"], X + Y)
    np.testing.assert_array_equal(got["b"][0], M.sum(0) * S)
    assert got["c"] == "fixed" and "def f(data, *, s):" in text and 'm, _ = data[1]["rest of it"]' in text


def test_hidden_inputs_are_keywords_with_defaults():
    hidden = [("y", Y), ("m", M), ("s", 2.0)]
    params = [Parameter(name, Leaf(k), "hidden", value) for k, (name, value) in enumerate(hidden, 1)]
    params = (Parameter("x", Leaf(0)), *params)
    text = faced(params, Leaf(0), lambda f: [f.x * f.s + f.y])
    assert "    *,\n    y=np.array([1.0, 1.0, 1.0]),\n" in text and "    s=2.0,\n):" in text
    np.testing.assert_array_equal(run(text, X), X * 2 + Y)


def test_written_parameters_are_written_for_the_caller():
    params = tuple(Parameter(name, Leaf(k)) for k, name in enumerate("xyms"))
    text = faced(params, Static(None), lambda f: [put(f, f.x, Lit(0), f.s)], mutated={0: 0})
    x = X.copy()
    assert run(text, x, Y, M, S) is None and x[0] == S and "return None" in text


def test_parameters_called_like_modules():
    params = tuple(Parameter(name, Leaf(k)) for k, name in enumerate(("np", "range", "m", "s")))
    text = faced(params, Leaf(0), lambda f: f.loop([f.x], lambda i, x: [f.apply("sin", x) * f.y]))
    want = X
    for _ in range(3):
        want = np.sin(want) * Y
    np.testing.assert_array_equal(run(text, np=X, range=Y, m=M, s=S), want)


def test_what_cannot_stand_by_itself_is_refused():
    params = (
        Parameter("tree", Node("custom", (Leaf(0),), (), dict)),
        *(Parameter(name, Leaf(k)) for k, name in ((1, "y"), (2, "m"), (3, "s"))),
    )
    with pytest.raises(UnsupportedError, match="can't take a dict apart"):
        faced(params, Leaf(0), lambda f: [f.x * 2.0])


# ── layout ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        f"result = function({', '.join(f'argument_{k}' for k in range(12))})",
        f"value = {' + '.join(f'number_{k} * {k}' for k in range(14))}",
        f"return {', '.join(f'number_{k}' for k in range(14))}",
        f"if {' and '.join(f'number_{k} < {k}' for k in range(10))}:",
        f'raise ValueError("{"word, " * 5}", {", ".join(f"number_{k}" for k in range(9))})',
        f"x[{' + '.join(f'n_{k}' for k in range(6))}] += np.sum({' * '.join(f'n_{k}' for k in range(14))})",
        f"ratio = (np.concatenate([{', '.join(f'part_{k}' for k in range(14))}]) - half) / 2",
        f"item = table[function({', '.join(f'argument_{k}' for k in range(12))})]",
        f"return (function({', '.join(f'argument_{k}' for k in range(12))}),)",
    ],
)
def test_long_lines_are_broken_without_change(text):
    lines = wrap(text, "    ")
    assert len(lines) > 1 and all(len(line) <= WIDTH for line in lines)
    suffix = "\n        pass" if text.endswith(":") else ""
    whole = "def f():\n" + "\n".join(lines) + suffix
    plain = "def f():\n    " + text + suffix
    assert ast.dump(ast.parse(whole)) == ast.dump(ast.parse(plain))


def test_the_backend_shows_its_source_in_tracebacks():
    def results(f):
        f.builder.check(f.apply("less", f.s, Lit(3.0)), ValueError, ("too large",))
        return [f.s]

    run = backend.compile(simplify(Maker().make(results)))
    with pytest.raises(ValueError, match="too large") as caught:
        run(X, Y, M, np.float64(4))
    assert 'raise ValueError("too large")' in str(caught.traceback[-1].statement)


def test_results_have_the_types_that_core_says():
    maker = Maker()
    function = maker.make(
        lambda f: [Lit(np.float32(1)), Lit(2), f.apply("convert", f.s, dtype=FLOAT, weak=True)]
    )
    got = backend.compile(function)(X, Y, M, S)
    assert [type(v) for v in got] == [np.float32, int, float]
    assert not [s for s in statements(simplify(function).body) if s.prim is registry.get("copy")]


def test_a_long_else_is_broken_behind_the_else():
    long = " + ".join(f"value_{k}[i - 1, j - 1]" for k in range(6))
    text = f"chosen = 0.0 if condition else ({long}) * {long.replace('+', '*')}"
    for line in (text, f"chosen = 0.0 if condition else {long}", f"x = a + {'b' * 60} * ({long})"):
        assert ast.dump(ast.parse("\n".join(wrap(line, "")))) == ast.dump(ast.parse(line))


def test_a_branch_knows_its_condition():
    def f(x):
        best = None
        for v in x:
            if best is None or v > best:
                best = v
        return best**2

    text = bx.grad(f).source(np.array([1.0, 3.0, 2.0]))
    assert text.count("best is None here") == 1  # behind the loop, not in it
    assert "value = v > best if bound else True" in text
    np.testing.assert_array_equal(bx.grad(f)(np.array([1.0, 3.0, 2.0])), [0, 6, 0])
