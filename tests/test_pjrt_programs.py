"""The numerical programs of `programs/` on PJRT's CPU plugin: values and gradients, or why not."""

import numpy as np
import pytest
from programs.checks import check_gradient, loss_of, same
from samples.pool import map_tree
from test_programs import POOL, WORKING, gradient_of

import broadax as bx
from broadax import backends
from broadax.runtime.errors import BackendError
from broadax.runtime.pjrt.array import DeviceArray

MISSING = backends.why_not("pjrt")
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)
UNBOUNDED = "nothing bounds the number of turns"
# Programs that a device can't run, and those whose gradient it can't, with a part of the message.
VALUE_HOLES = {"integers.sieve": "a size that only running tells", "textbook.flood_fill": UNBOUNDED}
GRADIENT_HOLES = dict.fromkeys(
    (
        "dynamic_programming.knapsack",
        "linear_algebra.power_iteration",
        "numerics.adaptive_simpson",
        "numerics.bisection",
        "numerics.rk45_lorenz",
        "physics.channel_flow",
        "statistics.pagerank",
        "textbook.bicgstab",
    ),
    UNBOUNDED,
)
# XLA multiplies by 1/6 where the program divides by 6: the largest radius falls out of the last bin.
ROUNDED = {"integers.azimint_naive"}


def fetched(tree):
    """The tree with NumPy's arrays and scalars."""
    return map_tree(lambda x: np.asarray(x)[()] if isinstance(x, DeviceArray) else x, tree)


def each(programs, chosen):
    """One of every `chosen`, all with --everything: most of the time goes into compiling."""
    marks = lambda k: [pytest.mark.everything] if k % chosen else []
    return pytest.mark.parametrize(
        "program", [pytest.param(p, id=p.name, marks=marks(k)) for k, p in enumerate(programs)]
    )


@each([p for p in WORKING if p.name not in VALUE_HOLES and p.name not in ROUNDED], chosen=24)
def test_value(program):
    theirs, ours = program.draw(), program.draw()
    with np.errstate(all="ignore"):
        want = program.function(*theirs)
    same(fetched(bx.jit(program.function, backend="pjrt")(*ours)), want)
    same(ours, theirs)


@each([p for p in WORKING if p.main is not None and p.name not in {*GRADIENT_HOLES, *ROUNDED}], chosen=24)
def test_gradient(program):
    check_gradient(program, fetched(gradient_of(program, "pjrt")))


@pytest.mark.parametrize("name", [*VALUE_HOLES, *GRADIENT_HOLES])
def test_holes_are_refused_with_a_reason_and_a_way_out(name):
    program = POOL[name]
    with pytest.raises(BackendError, match=VALUE_HOLES.get(name) or GRADIENT_HOLES[name]) as error:
        if name in VALUE_HOLES:
            bx.jit(program.function, backend="pjrt")(*program.draw())
        else:
            gradient_of(program, "pjrt")
    assert error.value.loc is not None
    assert error.value.instead


@each([POOL[name] for name in GRADIENT_HOLES], chosen=3)
def test_max_turns_is_the_way_out(program):
    gradient = bx.grad(loss_of(program), argnums=program.main, max_turns=1000, backend="pjrt")
    check_gradient(program, fetched(gradient(*program.draw())))


def until_it_is_large(x):
    path = [x]
    while path[-1] < 10.0 and len(path) < 20:
        path.append(path[-1] * 1.5 + 0.1 * path[len(path) // 2])
    return np.sum(np.array(path) ** 2) + path[-1]


def without_end(x):
    path = [x]
    while path[-1] < 10.0:
        path.append(path[-1] * 1.5)
    return sum(path)


def test_a_list_grows_in_a_loop_whose_turns_are_bounded():
    for transform in (bx.jit, bx.grad):
        want, have = (transform(until_it_is_large, backend=b)(1.3) for b in ("numpy", "pjrt"))
        np.testing.assert_allclose(np.asarray(have), want, rtol=1e-13)
    with pytest.raises(
        BackendError, match="a list grows in this loop, and nothing bounds the number of turns"
    ):
        bx.jit(without_end, backend="pjrt")(1.3)
