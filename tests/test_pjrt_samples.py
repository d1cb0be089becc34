"""The pool of samples on PJRT's CPU plugin: values, derivatives and batches against CPython, or why not."""

import numpy as np
import pytest
from samples.pool import map_tree
from test_samples import CASES, POOL, check_compiled, differentiable, each, loss_of

import broadax as bx
from broadax import backends
from broadax.runtime.errors import BackendError
from broadax.runtime.pjrt.array import DeviceArray

MISSING = backends.why_not("pjrt")
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

UNBOUNDED = "nothing bounds the number of turns"
# What a device can't do: the samples that are refused, with a part of the message.
HOLES = {
    "dynamic_programming.knapsack": UNBOUNDED,
    "early_return.from_a_while": UNBOUNDED,
    "linear_algebra.conjugate_gradients": UNBOUNDED,
    "physics.projectile_with_drag": UNBOUNDED,
    "root_finding.fixed_point": UNBOUNDED,
    "whiles.newton_sqrt": UNBOUNDED,
    "whiles.collect_while_growing": UNBOUNDED,
    "whiles.kepler": UNBOUNDED,
    "whiles.nested_while": UNBOUNDED,
}


def fetched(tree):
    """The tree with NumPy's arrays and scalars."""
    return map_tree(lambda x: np.asarray(x)[()] if isinstance(x, DeviceArray) else x, tree)


@each([c for c in CASES if c[0].name not in HOLES], chosen=14)
def test_pjrt(sample, dtype):
    check_compiled(sample, dtype, "pjrt", fetched)


@pytest.mark.parametrize("name", HOLES)
def test_holes_are_refused_with_a_reason_and_a_way_out(name):
    sample = POOL[name]
    with pytest.raises(BackendError, match=HOLES[name]) as error:
        check_compiled(sample, "f64", "pjrt", fetched)
    assert error.value.loc is not None
    assert error.value.instead


def test_holes_that_only_reverse_mode_has_still_run_forwards():
    refused = 0
    for name, reason in HOLES.items():
        sample = POOL[name]
        if reason == UNBOUNDED:
            args = sample.draw("f64")
            want = sample.function(*sample.fresh(args))
            got = fetched(bx.jit(sample.function, backend="pjrt")(*sample.fresh(args)))
            map_tree(lambda g, w: np.testing.assert_allclose(g, w, rtol=1e-11, atol=1e-11), got, want)
            refused += 1
    assert refused


@pytest.mark.parametrize("name", [name for name, why in HOLES.items() if why == UNBOUNDED])
def test_max_turns_is_the_way_out(name):
    sample = POOL[name]
    args = sample.draw("f64")
    loss, numbers = loss_of(sample.function), differentiable(sample, args)
    want = bx.grad(loss, numbers, backend="numpy")(*sample.fresh(args))
    got = fetched(bx.grad(loss, numbers, max_turns=200, backend="pjrt")(*sample.fresh(args)))
    map_tree(lambda g, w: np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-11), got, want)
