"""Every primitive: its types, its derivatives, its batch rule and its text against its reference."""

import math
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from primitive_rows import KNOWN, REASONS, ROWS, SIZES
from scipy import special

from broadax.runtime.errors import OutOfRangeError, ShapeError, UnsupportedError
from broadax.runtime.matrices import cofactors
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.builder import Builder
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.expression import apply
from broadax.transforms.core.sizes import Size, hint, size_text
from broadax.transforms.core.statements import Lit
from broadax.transforms.core.text import core_text
from broadax.transforms.core.verify import verify
from broadax.transforms.jvp import jvp_into
from broadax.transforms.primitives.coverage import coverage, holes
from broadax.transforms.primitives.registry import KINDS, TABLE, Primitive, declare, get
from broadax.transforms.primitives.subscripts import subscript_text
from broadax.transforms.vjp import vjp_into

INDEX = Aval(np.dtype(np.int64), (), weak=True)
MODES = ("known", "symbolic")
each_row = pytest.mark.parametrize("row", ROWS, ids=str)
each_mode = pytest.mark.parametrize("mode", MODES)
BATCH = 3


def rows_where(condition):
    rows = [row for row in ROWS if condition(row)]
    return pytest.mark.parametrize("row", rows, ids=str)


def rng_of(row):
    return np.random.default_rng(zlib.crc32(str(row).encode()))


# ── building ──────────────────────────────────────────────────────────────────────────────────────


class Maker:
    """Builds functions whose parameters are, in symbolic mode, sizes and then the operands."""

    def __init__(self, row, mode: str, more=None):
        self.row, self.builder = row, Builder()
        names = {**SIZES, **(more or {})}
        self.size_params = []
        values = dict(names)
        if mode == "symbolic":
            self.size_params = [self.builder.var(name, INDEX, value) for name, value in names.items()]
            values = {var.base: Size.of(var) for var in self.size_params}
        self.values = tuple(names.values()) if self.size_params else ()
        self.sizes = SimpleNamespace(**values)
        self.args = [self.builder.var("xyzuvw"[k], aval) for k, aval in enumerate(row.avals(self.sizes))]
        self.params = row.given_params(self.sizes)

    def finish(self, args, results, after=""):
        results = tuple(results) if isinstance(results, (tuple, list)) else (results,)
        function = self.builder.finish("f", (*self.size_params, *args), (), results)
        return verify(function, after=after)

    def function(self):
        """The function that applies the primitive once."""
        with self.builder.current():
            results = apply(self.row.name, *self.args, **self.params)
        return self.finish(self.args, results)


def draw(row, rng, lead=(), dtype=np.float64):
    return [operand.draw(rng, dtype, lead) for operand in row.operands]


def reference(row, args):
    """The results of the primitive's own reference, as a tuple."""
    prim = get(row.name)
    out = prim.impl(*args, **row.given_params(KNOWN))
    return out if isinstance(out, tuple) else (out,)


def close(have, want, tol=1e-12, text=""):
    assert np.shape(have) == np.shape(want), text
    np.testing.assert_allclose(have, want, rtol=tol, atol=tol, err_msg=text)


# ── the table ─────────────────────────────────────────────────────────────────────────────────────


def test_every_primitive_has_a_row():
    assert {row.name for row in ROWS} | set(REASONS) == set(TABLE)
    assert not {row.name for row in ROWS} & set(REASONS)


def test_every_rule_is_there_or_has_a_reason():
    assert holes() == [], "\n" + coverage()
    table = coverage()
    assert all(name in table for name in TABLE)
    assert "trigamma, derivative: the polygamma" in table


def test_names_are_declared_once():
    before = dict(TABLE)
    with pytest.raises(ValueError, match="sin is declared twice"):
        declare(Primitive("sin", "elementwise", None, None))
    with pytest.raises(ValueError, match="unknown kind strange"):
        declare(Primitive("sinus", "strange", None, None))
    assert before == TABLE
    assert {prim.kind for prim in TABLE.values()} == set(KINDS)


# ── types ─────────────────────────────────────────────────────────────────────────────────────────


@each_row
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_infer_agrees_with_the_reference(row, dtype):
    if row.name == "eigh" and dtype == np.float32:
        pytest.skip("the eigenvectors' sign is LAPACK's choice")
    args = draw(row, rng_of(row), dtype=dtype)
    avals = row.avals(KNOWN, dtype)
    inferred = get(row.name).infer(*avals, **row.given_params(KNOWN))
    inferred = inferred if isinstance(inferred, tuple) else (inferred,)
    for aval, value in zip(inferred, reference(row, args), strict=True):
        assert np.shape(value) == aval.shape
        assert np.asarray(value).dtype == aval.dtype


@each_row
def test_symbolic_types_are_the_known_ones(row):
    made = Maker(row, "symbolic")
    function = made.function()
    args = draw(row, rng_of(row))
    for atom, have, want in zip(
        function.body.results, evaluate(function, *made.values, *args), reference(row, args), strict=True
    ):
        close(have, want)
        assert tuple(hint(d) for d in atom.shape) == np.shape(want)


def test_shapes_that_do_not_fit():
    f64 = lambda *shape: Aval(np.dtype(np.float64), shape)
    slices = lambda *dims: tuple(("slice", 0, d, 1) for d in dims)
    cases = [
        (
            ShapeError,
            r"operands could not be broadcast together with shapes \(3,\) \(4,\)",
            "add",
            (f64(3), f64(4)),
            {},
        ),
        (
            ShapeError,
            r"cannot reshape array of size 6 into shape \(4,\)",
            "reshape",
            (f64(2, 3),),
            {"shape": (4,)},
        ),
        (
            ShapeError,
            r"remapped shapes .* \(3,\) and requested shape \(2,4\)",
            "broadcast_to",
            (f64(3),),
            {"shape": (2, 4)},
        ),
        (ShapeError, "axes don't match array", "transpose", (f64(2, 3),), {"axes": (0, 0)}),
        (ShapeError, "no triangle", "tril", (f64(3),), {"k": 0}),
        (ShapeError, "mismatch in its core dimension 0", "matmul", (f64(2, 3), f64(2, 3)), {}),
        (ShapeError, "does not have enough dimensions", "matmul", (f64(), f64(2)), {}),
        (ShapeError, "'j' is 3 and 4", "einsum", (f64(2, 3), f64(4)), {"subscripts": "ij,j->i"}),
        (ShapeError, "a letter for each axis", "einsum", (f64(2, 3),), {"subscripts": "i->i"}),
        (ShapeError, "must have the same shape", "stack", (f64(2), f64(3)), {"axis": 0}),
        (
            ShapeError,
            "along dimension 1, the array at index 0 has size 3",
            "concatenate",
            (f64(2, 3), f64(2, 4)),
            {"axis": 0},
        ),
        (
            ShapeError,
            "zero-size array to reduction operation maximum",
            "max",
            (f64(0),),
            {"axes": (0,), "keepdims": False},
        ),
        (ShapeError, "argmin of an empty sequence", "argmin", (f64(0),), {"axis": 0}),
        (ShapeError, "must be square", "inv", (f64(2, 3),), {}),
        (ShapeError, "must be at least two-dimensional", "det", (f64(2),), {}),
        (ShapeError, "solve: Input operand 1 has a mismatch", "solve", (f64(2, 2), f64(3)), {}),
        (
            OutOfRangeError,
            "array is 1-dimensional, but 2 were indexed",
            "index",
            (f64(3),),
            {"spec": slices(3, 3)},
        ),
        (
            ShapeError,
            r"could not broadcast input array from shape \(2,\) into shape \(3,\)",
            "at_set",
            (f64(3), f64(2)),
            {"spec": slices(3)},
        ),
        (
            ShapeError,
            "setting an array element with a sequence",
            "at_set",
            (f64(3), f64(1), Aval(np.dtype(int))),
            {"spec": (("index", 0),)},
        ),
        (
            ShapeError,
            r"could not broadcast input array from shape \(2,3\) into shape \(3,\)",
            "at_add",
            (f64(3), f64(2, 3)),
            {"spec": slices(3)},
        ),
    ]
    for error, message, name, avals, params in cases:
        with pytest.raises(error, match=message):
            get(name).infer(*avals, **params)


def test_index_arrays_that_do_not_fit():
    ints = [Aval(np.dtype(np.int64), shape) for shape in ((2,), (3,))]
    with pytest.raises(ShapeError, match=r"indexing arrays could not be broadcast .* shapes \(2,\) \(3,\)"):
        get("index").infer(Aval(np.dtype(float), (4, 4)), *ints, spec=(("index", 0), ("index", 1)))


# ── derivatives ───────────────────────────────────────────────────────────────────────────────────


def differentiable(row) -> bool:
    prim = get(row.name)
    return (
        any(o.kind == "f" for o in row.operands)
        and row.order > 0
        and prim.kind != "constant"
        and "derivative" not in prim.why_not
    )


def real(value) -> bool:
    return np.asarray(value).dtype.kind == "f"


def zero(builder, aval):
    if not aval.shape:
        return Lit(aval.dtype.type(0))
    return builder.apply("zeros", shape=aval.shape, dtype=aval.dtype)


def derived(row, mode, emit):
    """A function of the operands and more: what `emit(maker, builder, function)` gives."""
    maker = Maker(row, mode)
    function = maker.function()
    builder = Builder(function.names, function.guards)
    with builder.current():
        more, results = emit(maker, builder, function)
    made = builder.finish("g", (*maker.size_params, *maker.args, *more), (), tuple(results))
    return verify(made, after=row.name), maker.values


def forward(row, mode):
    """(operands, tangents) → tangents of the results."""

    def emit(made, builder, function):
        floats = [a.dtype.kind == "f" for a in made.args]
        tangents = [builder.var(f"t_{a.base}", a.aval) for a, yes in zip(made.args, floats) if yes]
        given = iter(tangents)
        along = (*[None] * len(made.size_params), *(next(given) if yes else None for yes in floats))
        found = jvp_into(builder, function, function.params, along)
        results = [zero(builder, y.aval) if t is None else t for y, t in zip(*found) if y.dtype.kind == "f"]
        return tangents, results

    return derived(row, mode, emit)


def backward(row, mode):
    """(operands, cotangents) → cotangents of the operands."""

    def emit(made, builder, function):
        floats = [a.dtype.kind == "f" for a in made.args]
        ways = (*[False] * len(made.size_params), *floats)
        outs, pullback = vjp_into(builder, function, function.params, ways)
        cts = [builder.var(f"d_{y.base}", y.aval) if y.dtype.kind == "f" else None for y in outs]
        found = pullback(builder, tuple(cts))[len(made.size_params) :]
        pairs = [(a, g) for a, g, yes in zip(made.args, found, floats, strict=True) if yes]
        results = [zero(builder, a.aval) if g is None else g for a, g in pairs]
        return [ct for ct in cts if ct is not None], results

    return derived(row, mode, emit)


def directions(row, rng):
    return [o.direction(rng.normal(size=o.dims(KNOWN))) for o in row.operands if o.kind == "f"]


def shifted(row, args, ts, eps):
    ts = iter(ts)
    return [a + eps * next(ts) if o.kind == "f" else a for a, o in zip(args, row.operands, strict=True)]


def central(function, row, args, ts, rest=(), eps=1e-6):
    """The derivative of `function` along a direction, by central differences."""
    up, down = ([v for v in function(*shifted(row, args, ts, e), *rest) if real(v)] for e in (eps, -eps))
    return [(np.asarray(u) - np.asarray(d)) / (2 * eps) for u, d in zip(up, down, strict=True)]


def dot(left, right):
    return sum(float(np.sum(np.asarray(a) * np.asarray(b))) for a, b in zip(left, right, strict=True))


@rows_where(differentiable)
@each_mode
def test_jvp_against_central_differences(row, mode):
    rng = rng_of(row)
    made, values = forward(row, mode)
    args, ts = draw(row, rng), directions(row, rng)
    want = central(lambda *a: reference(row, a), row, args, ts)
    for have, number in zip(evaluate(made, *values, *args, *ts), want, strict=True):
        close(have, number, row.tol, core_text(made))


@rows_where(differentiable)
@each_mode
def test_vjp_against_jvp(row, mode):
    rng = rng_of(row)
    args, ts = draw(row, rng), directions(row, rng)
    (push, values), (pull, _) = forward(row, mode), backward(row, mode)
    tangents = evaluate(push, *values, *args, *ts)
    cts = [rng.normal(size=np.shape(t)) for t in tangents]
    grads = evaluate(pull, *values, *args, *cts)
    for g, a in zip(grads, (a for a, o in zip(args, row.operands) if o.kind == "f"), strict=True):
        assert np.shape(g) == np.shape(a)
    close(dot(cts, tangents), dot(grads, ts), 1e-8, core_text(pull))


@rows_where(lambda row: differentiable(row) and row.order > 1)
def test_second_order(row):
    """The jvp of the vjp against central differences of the vjp."""
    rng = rng_of(row)
    args, ts = draw(row, rng), directions(row, rng)
    pull, values = backward(row, "known")
    cts = [rng.normal(size=np.shape(y)) for y in reference(row, args) if real(y)]
    builder = Builder(pull.names, pull.guards)
    with builder.current():
        params = [builder.var(p.base, p.aval) for p in pull.params]
        tangents = [builder.var(f"t_{p.base}", p.aval) for p, o in zip(params, row.operands) if o.kind == "f"]
        given = iter(tangents)
        along = [next(given) if o.kind == "f" else None for o in row.operands] + [None] * len(cts)
        found = jvp_into(builder, pull, params, along)
        results = [zero(builder, y.aval) if t is None else t for y, t in zip(*found)]
    second = verify(builder.finish("h", (*params, *tangents), (), tuple(results)), after="jvp of vjp")
    want = central(lambda *a: evaluate(pull, *a), row, args, ts, cts)
    for have, number in zip(evaluate(second, *args, *cts, *ts), want, strict=True):
        close(have, number, row.tol * 10, core_text(second))


# ── conventions ───────────────────────────────────────────────────────────────────────────────────


def partials(name, *xs):
    """The partial derivatives of an elementwise primitive at numbers."""
    row = SimpleNamespace(
        name=name,
        operands=(),
        params={},
        given_params=lambda sizes: {},
        avals=lambda sizes: [Aval(np.dtype(np.float64)) for _ in xs],
    )
    pull, _ = backward(row, "known")
    with np.errstate(all="ignore"):
        return evaluate(pull, *map(np.float64, xs), np.float64(1))


def test_derivatives_at_special_points():
    nan, inf = math.nan, math.inf
    for name in ("maximum", "minimum", "fmax", "fmin"):
        assert partials(name, 1.5, 1.5) == (0.5, 0.5)
    assert partials("maximum", 2.0, 1.0) == (1.0, 0.0)
    assert partials("minimum", 2.0, 1.0) == (0.0, 1.0)
    assert partials("fmax", 2.0, nan) == partials("fmin", 2.0, nan) == (1.0, 0.0)
    assert partials("fmax", nan, 2.0) == partials("fmin", nan, 2.0) == (0.0, 1.0)
    assert partials("absolute", 0.0) == (0.0,)
    assert partials("sign", 3.0) == (0.0,)
    assert partials("sqrt", 0.0) == (inf,)
    assert partials("power", 0.0, 0.0) == (0.0, 0.0)
    assert partials("power", 0.0, 2.0) == (0.0, 0.0)
    assert partials("power", -2.0, 3.0)[0] == 12.0
    assert partials("power", 0.0, 1.0)[0] == 1.0
    assert partials("copysign", -3.0, 2.0) == (-1.0, 0.0)


def pulled(make, *xs, ct=1.0):
    """The cotangents of `make(*xs)`, a function written with primitives, for one cotangent."""
    builder = Builder()
    params = [builder.var("xyz"[k], Aval(np.asarray(x).dtype, np.shape(x))) for k, x in enumerate(xs)]
    with builder.current():
        function = builder.finish("f", params, (), (make(*params),))
    outer = Builder(function.names, function.guards)
    with outer.current():
        outs, pullback = vjp_into(outer, function, params, [p.dtype.kind in "fc" for p in params])
        seed = outer.var("ct", outs[0].aval)
        grads = pullback(outer, (seed,))
        grads = [zero(outer, p.aval) if g is None else g for p, g in zip(params, grads)]
    made = verify(outer.finish("g", (*params, seed), (), tuple(grads)))
    return evaluate(made, *xs, np.broadcast_to(np.asarray(ct, outs[0].dtype), outs[0].shape)[()]), made


def test_powers_with_a_number_as_exponent_are_simple():
    x = np.array([1.5, -2.0, 0.0])
    for exponent, want, count in ((0, 0 * x, 0), (1, x * 0 + 1, 0), (2, 2 * x, 0), (3, 3 * x**2, 1)):
        (have,), made = pulled(lambda v, e=exponent: apply("power", v, float(e)), x)
        close(have, want)
        powers = [s for s in made.body.stmts if s.prim.name == "power"]
        assert len(powers) <= count + 1, core_text(made)
    (have,), _ = pulled(lambda v: apply("power", 2.0, v), x)
    close(have, 2**x * math.log(2))


def test_where_keeps_nan_out():
    x = np.array([-1.0, 4.0])
    (have,), _ = pulled(
        lambda v: apply("where", apply("greater", v, 0.0), apply("sqrt", v), 0.0),
        x,
        ct=np.array([np.inf, 1.0]),
    )
    assert have[1] == 0.25

    def safe(v):
        positive = apply("greater", v, 0.0)
        return apply("where", positive, apply("log", apply("where", positive, v, 1.0)), 0.0)

    (have,), _ = pulled(safe, np.array([0.0, 2.0]))
    close(have, [0.0, 0.5])


def test_ties_of_reductions_are_shared():
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    (have,), _ = pulled(lambda v: apply("max", v, axes=(1,), keepdims=False), x)
    close(have, [[0, 0.5, 0.5], [1 / 3] * 3])


def test_products_with_zeros():
    x = np.array([2.0, 0.0, 3.0])
    (have,), _ = pulled(lambda v: apply("prod", v, axes=(0,), keepdims=False), x)
    close(have, [0.0, 6.0, 0.0])
    (have,), _ = pulled(lambda v: apply("cumprod", v, axis=0), x)
    close(have, [1.0, 8.0, 0.0])
    (have,), _ = pulled(lambda v: apply("prod", v, axes=(0,), keepdims=False), np.zeros(2))
    close(have, [0.0, 0.0])


def test_repeated_indices_accumulate():
    x, idx = np.arange(3.0), np.array([0, 2, 2])
    (have, _), _ = pulled(
        lambda v, i: apply("index", v, i, spec=(("index", 0),)), x, idx, ct=np.array([1.0, 2.0, 3.0])
    )
    close(have, [1.0, 0.0, 5.0])


def test_complex_derivatives_follow_jax():
    z = np.array([1 + 2j, -3 + 0.5j])
    close(pulled(lambda v: apply("real", v), z)[0][0], np.array([1, 1], complex))
    close(pulled(lambda v: apply("imag", v), z)[0][0], np.array([-1j, -1j]))
    close(pulled(lambda v: apply("absolute", v), z)[0][0], np.conj(z) / np.abs(z))
    close(pulled(lambda v: apply("conjugate", v), z, ct=2 + 1j)[0][0], np.full(2, 2 - 1j))
    close(pulled(lambda v: v * v, z)[0][0], 2 * z)
    matrix = np.array([[2 + 1j, 0.5], [1j, 3]])
    (have,), _ = pulled(lambda v: apply("det", v), matrix)
    close(have, np.linalg.det(matrix) * np.linalg.inv(matrix).T)


def test_what_has_no_derivative_says_so():
    with pytest.raises(UnsupportedError, match="np.sign of a complex"):
        pulled(lambda v: apply("sign", v), np.array([1 + 1j]))
    with pytest.raises(UnsupportedError, match="trigamma has no derivative by operand 0: the polygamma"):
        pulled(lambda v: apply("trigamma", v), np.array([1.0]))
    for name in ("eigh", "cholesky", "slogdet"):
        with pytest.raises(UnsupportedError, match=f"np.linalg.{name} of a complex matrix"):
            pulled(lambda v, n=name: last(apply(n, v)), np.eye(2) * (1 + 0j))


def last(results):
    return results[-1] if isinstance(results, tuple) else results


def test_float32_stays_float32():
    x = np.array([0.3, 0.7], np.float32)
    unary = {row.name for row in ROWS if len(row.operands) == 1 and differentiable(row)}
    for name in sorted(unary & {name for name, prim in TABLE.items() if prim.kind == "elementwise"}):
        with np.errstate(all="ignore"):
            _, made = pulled(lambda v, n=name: apply(n, v), x)
        assert all(s.out.dtype != np.float64 for s in made.body.stmts), core_text(made)


# ── batches ───────────────────────────────────────────────────────────────────────────────────────


def batchable(row) -> bool:
    prim = get(row.name)
    return prim.kind != "elementwise" and prim.batch is not None and bool(row.operands)


def selections(count: int):
    """Which operands are batched: every nonempty choice among the first four."""
    few = min(count, 4)
    for bits in range(1, 2**few):
        yield tuple(bool(bits >> k & 1) for k in range(few)) + (bool(bits & 1),) * (count - few)


@rows_where(batchable)
@each_mode
def test_batch_against_a_loop(row, mode):
    rng = rng_of(row)
    for flags in selections(len(row.operands)):
        args = [o.draw(rng, np.float64, (BATCH,) if flag else ()) for o, flag in zip(row.operands, flags)]
        made = Maker(row, mode, {"s": BATCH})
        size = made.sizes.s
        batched = [
            made.builder.var(a.base, Aval(a.dtype, (size, *a.shape) if flag else a.shape))
            for a, flag in zip(made.args, flags)
        ]
        with made.builder.current():
            results = get(row.name).batch(size, flags, *batched, **made.params)
        function = made.finish(batched, results, after=f"batch rule of {row.name}, {flags}")
        have = evaluate(function, *made.values, *args)
        loop = [reference(row, [a[k] if flag else a for a, flag in zip(args, flags)]) for k in range(BATCH)]
        for j, h in enumerate(have):
            want = np.stack([np.asarray(results[j]) for results in loop])
            close(h, want, 1e-9, f"{flags}\n{core_text(function)}")
            assert h.dtype == want.dtype


# ── text ──────────────────────────────────────────────────────────────────────────────────────────


def printed(row, out, names, text=size_text):
    """The primitive's NumPy text for these operands."""
    prim, params = get(row.name), row.given_params(KNOWN)
    if row.name in ("index", "at_set", "at_add"):
        first = 1 if row.name == "index" else 2
        shape = row.operands[0].dims(KNOWN)
        place = f"{names[0]}[{subscript_text(params['spec'], names[first:], shape, text)}]"
        return place if row.name == "index" else f"{place} = {names[1]}" if row.name == "at_set" else None
    return prim.numpy(names, params, out, text) if callable(prim.numpy) else prim.numpy.format(*names)


SCOPE = {"np": np, "math": math, "special": special, "cofactors": cofactors}


@each_row
def test_numpy_text_computes_the_same(row):
    args = draw(row, rng_of(row))
    made = Maker(row, "known")
    function = made.function()
    atoms = function.body.results
    names = [f"a{k}" for k in range(len(args))]
    code = printed(row, atoms[0], names)
    if code is None:
        return
    if row.name == "empty":
        assert code == "np.empty(4, int)"
        return
    scope = {**SCOPE, **dict(zip(names, args, strict=True))}
    if row.name == "at_set":
        scope["a0"] = np.array(args[0])
        exec(code, scope)
        have = (scope["a0"],)
    else:
        have = eval(code, scope)
        have = tuple(have) if len(atoms) > 1 else (have,)
    for h, w, atom in zip(have, reference(row, args), atoms, strict=True):
        close(h, w, 1e-12, code)
        assert np.asarray(h).dtype == atom.dtype, code


@rows_where(lambda row: get(row.name).kind == "elementwise" and not any(o.shape for o in row.operands))
def test_python_text_gives_python_numbers(row):
    prim = get(row.name)
    args = [a.item() for a in draw(row, rng_of(row))]
    builder = Builder()
    with builder.current():
        out = apply(row.name, *args)
    assert out.aval.weak
    text = prim.python or prim.numpy
    names = [f"a{k}" for k in range(len(args))]
    code = text(names, {}, out, size_text) if callable(text) else text.format(*names)
    have = eval(code, {**SCOPE, **dict(zip(names, args, strict=True))})
    assert type(have) is {"f": float, "i": int, "b": bool, "c": complex}[out.dtype.kind], code
    close(have, prim.impl(*args))


@rows_where(
    lambda row: (
        get(row.name).kind == "elementwise"
        and bool(get(row.name).numba)
        and not any(o.shape or o.kind == "c" for o in row.operands)
    )
)
def test_scalar_text_computes_the_same(row):
    args = draw(row, rng_of(row))
    names = [f"a{k}" for k in range(len(args))]
    code = get(row.name).numba.format(*names)
    close(eval(code, {**SCOPE, **dict(zip(names, args, strict=True))}), get(row.name).impl(*args))


N = Size.of(Builder().var("n", INDEX, 7))


@pytest.mark.parametrize(
    "entry, want",
    [
        (("slice", 0, N, 1), ":"),
        (("slice", 1, N - 1, 1), "1:"),
        (("slice", 0, N - 1, 1), ":-1"),
        (("slice", 1, N - 2, 1), "1:-1"),
        (("slice", N - 3, 3, 1), "-3:"),
        (("slice", 0, 4, 1), ":4"),
        (("slice", 2, 4, 1), "2:6"),
        (("slice", 0, (N + 1) // 2, 2), "::2"),
        (("slice", 1, N // 2, 2), "1::2"),
        (("slice", N - 1, N, -1), "::-1"),
        (("slice", N - 2, N - 1, -1), "-2::-1"),
        (("slice", 3, 4, -1), "3::-1"),
        (("slice", 3, 2, -1), "3:1:-1"),
        (("slice", N - 1, N - 2, -1), ":1:-1"),
        (("slice", N - 1, (N + 1) // 2, -2), "::-2"),
        (("new",), "None"),
        (("index", 0), "i"),
    ],
)
def test_subscripts_read_well(entry, want):
    tail = (("slice", 0, N, 1),) if entry[0] == "new" else ()
    have = subscript_text((entry, *tail), ["i"], (N,), size_text)
    assert have == (f"{want}, :" if tail else want).removesuffix(", :")


def test_a_stop_that_may_be_negative_is_left_out():
    m = Size.of(Builder().var("m", INDEX, 3))
    text = subscript_text((("slice", N - 1, m, -1),), [], (N,), size_text)
    for n, size in ((7, 3), (7, 7), (7, 6)):
        x = np.arange(n)
        close(eval(f"x[{text}]", {"x": x, "n": n, "m": size}), x[::-1][:size])


def test_whole_axes_at_the_end_are_left_out():
    spec = (("index", 0), ("slice", 0, N, 1), ("slice", 0, 3, 1))
    assert subscript_text(spec, ["i"], (5, N, 3), size_text) == "i"
    assert subscript_text(spec[1:], [], (N, 3), size_text) == ":"
