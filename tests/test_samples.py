"""Every sample: value against CPython, derivatives against central differences, batches against a loop.

The NumPy backend does each check on its own. Compiling is what costs with Numba, so there one
compiled function gives all of it.
"""

from __future__ import annotations

import numpy as np
import pytest
from samples.pool import Sample, is_float, leaves, load_all, map_tree

import broadax as bx

POOL = load_all()
CASES = [(s, dtype) for s in POOL.values() for dtype in s.dtypes]
STEP = 1e-6
BATCH = 3


def each(cases, chosen: int = 1):
    """Run a test for these pairs of a sample and a dtype; one of every `chosen`, all with --everything."""
    params = [
        pytest.param(s, d, id=f"{s.name}-{d}", marks=[pytest.mark.everything] if k % chosen else [])
        for k, (s, d) in enumerate(cases)
    ]
    return pytest.mark.parametrize("sample, dtype", params)


def total(out):
    """A smooth scalar of any result: the sum of the sines of its numbers."""
    if isinstance(out, (tuple, list)):
        return sum([total(o) for o in out])
    if isinstance(out, dict):
        return sum([total(o) for o in out.values()])
    return np.sum(np.sin(out))


def loss_of(function):
    def loss(*args):
        return total(function(*args))

    return loss


def differentiable(sample: Sample, args: tuple) -> tuple[int, ...]:
    """The positions of the arguments all of whose leaves are floats."""
    return tuple(i for i, a in enumerate(args) if leaves(a) and all(map(is_float, leaves(a))))


def close(got, want, dtype: str, loosen: float, what: str):
    """Same structure, same numbers within a few hundred roundings of the dtype."""
    got_leaves, want_leaves = leaves(got), leaves(want)
    assert len(got_leaves) == len(want_leaves), f"{what}: {got!r} is not built as {want!r}"
    rtol = {"f64": 1e-11, "f32": 2e-4}[dtype] * loosen
    for g, w in zip(got_leaves, want_leaves):
        if isinstance(w, str) or w is None:
            assert g == w, what
            continue
        assert np.shape(g) == np.shape(w), f"{what}: shape {np.shape(g)}, not {np.shape(w)}"
        scale = np.max(np.abs(w), initial=0.0) if np.size(w) else 0.0
        np.testing.assert_allclose(g, w, rtol=rtol, atol=rtol * max(1.0, scale), err_msg=what)


def same_types(got, want, what: str):
    """NumPy's dtypes, and Python numbers where Python gives such (or the NumPy scalar of that type)."""
    for g, w in zip(leaves(got), leaves(want)):
        if not isinstance(w, str) and w is not None:
            assert np.asarray(g).dtype == np.asarray(w).dtype, f"{what}: {np.asarray(g).dtype}"


def same_form(gradient, args):
    """A gradient has the structure, shapes and dtypes of what it is taken by."""
    map_tree(lambda a, g: None, args, gradient)
    for g, a in zip(leaves(gradient), leaves(args)):
        assert np.shape(g) == np.shape(a)
        assert np.asarray(g).dtype == np.asarray(a).dtype


def only(function, args: tuple, numbers: tuple):
    """The function of the differentiated arguments alone."""
    if len(numbers) == len(args):
        return function

    kinds = ["moving" if i in numbers else "fixed" for i in range(len(args))]

    def of_some(*moving):
        rest = list(moving)
        return function(*[rest.pop(0) if kind == "moving" else a for a, kind in zip(args, kinds)])

    return of_some


def moved(args: tuple, direction: tuple, numbers: tuple, step: float) -> tuple:
    """The arguments, those of the given positions moved by step along the direction."""
    moved = list(args)
    for i, d in zip(numbers, direction):
        moved[i] = map_tree(lambda a, v: a + step * v, args[i], d)
    return tuple(moved)


def random_direction(args: tuple, numbers: tuple) -> tuple:
    """A direction for each differentiated argument, of the same types."""
    rng = np.random.default_rng(0)

    def draw(a):
        v = rng.standard_normal(np.shape(a))
        return float(v) if type(a) is float else np.asarray(v, dtype=a.dtype)[()]

    return tuple(map_tree(draw, args[i]) for i in numbers)


def widened(args: tuple) -> tuple:
    """Floats as float64, where differences are taken."""
    widen = lambda a: np.float64(a) if is_float(a) else a
    return tuple(map_tree(widen, a) for a in args)


def dot(a, b) -> float:
    """The inner product of two trees."""
    return float(sum(np.sum(np.multiply(x, y, dtype=np.float64)) for x, y in zip(leaves(a), leaves(b))))


def slope(function, sample: Sample, args: tuple, direction: tuple, numbers: tuple) -> float:
    """The derivative of a scalar function along a direction, by differences of fourth order in float64."""
    wide, d = widened(args), widened(direction)
    at = lambda k: float(function(*sample.fresh(moved(wide, d, numbers, k * STEP * 50))))
    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * STEP * 50)


def near(got: float, want: float, scale: float, dtype: str, loosen: float, what: str):
    tolerance = {"f64": 2e-7, "f32": 3e-3}[dtype] * loosen
    error = abs(got - want)
    assert error <= tolerance * max(1.0, abs(want), scale), f"{what}: {got}, expected {want}"


def check_second(second, gradient, sample: Sample, args: tuple, direction: tuple, numbers: tuple):
    """The derivative of the gradient along a direction against differences of the gradient."""
    step = 1e-4
    at = lambda k: gradient(*sample.fresh(moved(args, direction, numbers, k * step)))
    points = [at(k) for k in (-2, -1, 1, 2)]
    want = map_tree(lambda a, b, c, d: (8 * (c - b) - (d - a)) / (12 * step), *points)
    scale = max([float(np.max(np.abs(w), initial=0.0)) for w in leaves(want)], default=0.0)
    for s, w in zip(leaves(second), leaves(want)):
        np.testing.assert_allclose(s, w, rtol=0, atol=1e-6 * sample.loosen * max(1.0, scale))


def batched(sample: Sample, dtype: str) -> tuple[tuple, tuple, list[tuple]]:
    """A batch of arguments, the axes to map over, and the examples."""
    first = sample.draw(dtype)
    numbers = differentiable(sample, first)
    others = [sample.draw(dtype, k) for k in range(BATCH)]
    examples = [tuple(o[i] if i in numbers else first[i] for i in range(len(first))) for o in others]
    batch = list(first)
    for i in numbers:
        batch[i] = stacked([e[i] for e in examples])
    return tuple(batch), tuple(0 if i in numbers else None for i in range(len(first))), examples


def stacked(results: list):
    """What vmap gives for a list of results."""
    return map_tree(lambda *xs: np.stack([np.asarray(x) for x in xs]), *results)


def can_map(sample: Sample) -> bool:
    return sample.vmappable and bool(differentiable(sample, sample.draw("f64")))


# ── NumPy backend ─────────────────────────────────────────────────────────────────────────────────


@each(CASES)
def test_value(sample, dtype):
    args = sample.draw(dtype)
    theirs, ours = sample.fresh(args), sample.fresh(args)
    want = sample.function(*theirs)
    got = bx.jit(sample.function, backend="numpy")(*ours)
    close(got, want, dtype, sample.loosen, "value")
    same_types(got, want, "value")
    close(ours, theirs, dtype, sample.loosen, "arguments after the call")


@each([c for c in CASES if c[0].order > 0])
def test_derivatives(sample, dtype):
    args = sample.draw(dtype)
    numbers = differentiable(sample, args)
    direction = random_direction(args, numbers)
    loss = loss_of(sample.function)
    gradient = bx.grad(loss, argnums=numbers, backend="numpy")(*sample.fresh(args))
    same_form(gradient, tuple(args[i] for i in numbers))
    want = slope(loss, sample, args, direction, numbers)
    scale = np.sqrt(dot(gradient, gradient))
    near(dot(gradient, direction), want, scale, dtype, sample.loosen, "gradient")

    with bx.backend("numpy"):
        primals = tuple(sample.fresh(args)[i] for i in numbers)
        _, tangent = bx.jvp(only(loss, args, numbers), primals, direction)
    near(float(tangent), want, scale, dtype, sample.loosen, "jvp")


@each([c for c in CASES if c[0].order > 0 and c[1] == "f64"])
def test_vjp_against_jvp(sample, dtype):
    args = sample.draw(dtype)
    numbers = differentiable(sample, args)

    outputs = only(sample.function, args, numbers)
    primals = tuple(args[i] for i in numbers)
    direction = random_direction(args, numbers)
    want = outputs(*sample.fresh(primals))
    if not all(map(is_float, leaves(want))):
        pytest.skip("an output is no float")
    rng = np.random.default_rng(1)
    cotangent = map_tree(lambda w: np.asarray(rng.standard_normal(np.shape(w)))[()], want)
    with bx.backend("numpy"):
        value, tangent = bx.jvp(outputs, sample.fresh(primals), direction)
        again, pull_back = bx.vjp(outputs, *sample.fresh(primals))
        gradients = pull_back(cotangent)
    close(value, want, dtype, sample.loosen, "value of jvp")
    close(again, want, dtype, sample.loosen, "value of vjp")
    size = dot(map_tree(np.abs, tangent), map_tree(np.abs, cotangent))
    near(dot(gradients, direction), dot(tangent, cotangent), size, dtype, 1e-3 * sample.loosen, "vjp · jvp")


@each([c for c in CASES if c[0].order > 1 and c[1] == "f64"])
def test_second_order(sample, dtype):
    args = sample.draw(dtype)
    numbers = differentiable(sample, args)
    direction = random_direction(args, numbers)
    gradient = bx.grad(loss_of(sample.function), argnums=numbers, backend="numpy")
    primals = tuple(sample.fresh(args)[i] for i in numbers)
    with bx.backend("numpy"):
        _, second = bx.jvp(only(gradient, args, numbers), primals, direction)
    check_second(second, gradient, sample, args, direction, numbers)


@each([c for c in CASES if can_map(c[0])])
def test_vmap(sample, dtype):
    batch, axes, examples = batched(sample, dtype)
    want = stacked([sample.function(*sample.fresh(e)) for e in examples])
    got = bx.vmap(sample.function, in_axes=axes, backend="numpy")(*batch)
    close(got, want, dtype, sample.loosen, "vmap")


# ── Numba backend ─────────────────────────────────────────────────────────────────────────────────


def combined(sample: Sample, args: tuple, numbers: tuple, axes: tuple, second: bool, backend: str):
    """One function of all that is checked: value, gradient, first and second derivative along a
    direction, batched value."""
    loss = loss_of(sample.function)
    gradient = bx.grad(loss, argnums=numbers)
    of_moving, gradient_of_moving = only(loss, args, numbers), only(gradient, args, numbers)

    def everything(args, frozen, primals, direction, batch):
        value = sample.function(*args)
        mapped = bx.vmap(sample.function, in_axes=axes)(*batch) if batch else None
        if not primals:
            return value, None, None, None, mapped
        _, tangent = bx.jvp(of_moving, primals, direction)
        curvature = bx.jvp(gradient_of_moving, primals, direction)[1] if second else None
        return value, gradient(*frozen), tangent, curvature, mapped

    return bx.jit(everything, backend=backend)


@each(CASES, chosen=7)
def test_numba(sample, dtype):
    check_compiled(sample, dtype, "numba")


def check_compiled(sample: Sample, dtype: str, backend: str, fetched=lambda tree: tree):
    """One compiled function's value, derivatives and batch; `fetched` turns its results to NumPy's."""
    args = sample.draw(dtype)
    numbers = differentiable(sample, args) if sample.order else ()
    second = sample.order > 1 and dtype == "f64"
    batch, axes, examples = batched(sample, dtype) if can_map(sample) else ((), (), [])
    direction = random_direction(args, numbers)
    theirs, ours = sample.fresh(args), sample.fresh(args)
    want = sample.function(*theirs)
    run = combined(sample, args, numbers, axes, second, backend)
    primals = tuple(sample.fresh(args)[i] for i in numbers)
    found = fetched(run(ours, sample.fresh(args), primals, direction, batch))
    value, gradient, tangent, curvature, mapped = found
    close(value, want, dtype, sample.loosen, "value")
    same_types(value, want, "value")
    close(ours, theirs, dtype, sample.loosen, "arguments after the call")
    if numbers:
        loss = loss_of(sample.function)
        expected = slope(loss, sample, args, direction, numbers)
        scale = np.sqrt(dot(gradient, gradient))
        near(dot(gradient, direction), expected, scale, dtype, sample.loosen, "gradient")
        near(float(tangent), expected, scale, dtype, sample.loosen, "jvp")
    if second:
        on_numpy = bx.grad(loss, argnums=numbers, backend="numpy")
        check_second(curvature, on_numpy, sample, args, direction, numbers)
    if mapped is not None:
        want = stacked([sample.function(*sample.fresh(e)) for e in examples])
        close(mapped, want, dtype, sample.loosen, "vmap")
