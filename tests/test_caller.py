"""What the caller sees of lists, dicts and objects that are changed: under jit as in Python, else nothing."""

import copy
from dataclasses import dataclass

import numpy as np
import pytest

import broadax as bx
from broadax.runtime.errors import BroadaxError


@dataclass
class State:
    x: object
    n: int


def scale(params, factor):
    params["w"] = params["w"] * factor
    return params["w"]


def grow(items, x):
    items.append(x)
    items[0] = 2.0
    return x


def move(state, dt):
    state.x = state.x + dt
    state.n += 1


def rearrange(d, x):
    del d["w"]
    d["new"] = {"a": x}
    d["items"][1] = 2 * x


def descend(params, grads, *, rate):
    for name in params:
        params[name] = params[name] - rate * grads[name]
    return params


def take_out(d):
    d["w"][0] = 7.0
    w = d.pop("w")
    return np.sum(w)


W = np.array([1.0, 2.0])
CALLS = [
    (scale, ({"w": W}, 3.0), {}),
    (grow, ([1.0, 5.0], W), {}),
    (move, (State(W, 3), 0.5), {}),
    (rearrange, ({"w": 1.0, "items": [1.0, W]}, W), {}),
    (descend, ({"a": W, "b": 1.0}, {"a": W, "b": 2.0}), {"rate": 0.1}),
    (take_out, ({"w": W, "n": 1},), {}),
]


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize(("function", "args", "kwargs"), CALLS, ids=[c[0].__name__ for c in CALLS])
def test_changes_reach_the_caller(function, args, kwargs, backend):
    jitted = bx.jit(function, backend=backend)
    for _ in range(2):
        ours, theirs = copy.deepcopy(args), copy.deepcopy(args)
        held = [v for v in ours if isinstance(v, dict)]
        assert repr(jitted(*ours, **kwargs)) == repr(function(*theirs, **kwargs))
        assert repr(ours) == repr(theirs)
        assert all(any(v is w for w in ours) for v in held)
    assert len(jitted.compilations) == 1


@pytest.mark.parametrize(("function", "args", "kwargs"), CALLS[:1], ids=["scale"])
def test_derivatives_change_nothing(function, args, kwargs):
    ours = copy.deepcopy(args)
    bx.grad(lambda *a: np.sum(function(*a)))(*ours)
    bx.vmap(function, in_axes=({"w": 0}, None))(*ours)
    assert repr(ours) == repr(args)


def test_the_source_says_so():
    source = bx.jit(move).source(State(W, 3), 0.5)
    assert "    state.x = x + dt\n    state.n = n + 1\n    return None" in source


def adds_a_key(d):
    if d["w"] > 0:
        d["positive"] = 1.0
    return d["w"]


def test_a_structure_that_depends_on_data():
    with pytest.raises(BroadaxError, match="in one branch"):
        bx.jit(adds_a_key)({"w": 2.0})
