"""Large functions are cut into several: where, what is handed over, and that they compute the same."""

from __future__ import annotations

import ast
from unittest import mock

import numpy as np
import pytest
from fuzz.unjitted import unjitted
from programs.checks import loss_of, same
from programs.pool import load_all

import broadax as bx
from broadax.backends.numba.cutting import pieces
from broadax.backends.numba.outline import _read_early

PROGRAMS = [p for p in load_all().values() if p.main is not None and not p.error]


def limit(most: int):
    """Another limit, in both modules that have it."""
    names = [f"broadax.backends.numba.{name}.MOST_HEAVY" for name in ("cutting", "statements")]
    return mock.patch(names[0], most), mock.patch(names[1], most)


@pytest.mark.parametrize("most", [0, 1, 3])
def test_cut_functions_compute_the_same(most):
    """Every program's gradient, cut at other places than by default, run by CPython."""
    for program in PROGRAMS:
        loss = loss_of(program)
        with np.errstate(all="ignore"), unjitted():
            want = bx.value_and_grad(loss, argnums=program.main, backend="numba")(*program.draw())
            one, other = limit(most)
            with one, other:
                got = bx.value_and_grad(loss, argnums=program.main, backend="numba")(*program.draw())
        same(got, want)


def test_cut_functions_take_no_functions():
    """Numba would not cache what takes one."""
    program = load_all()["weather.hdiff"]
    one, other = limit(3)
    with one, other, mock.patch("broadax.backends.numba.splitting.FEWEST", 0):
        gradient = bx.grad(loss_of(program), argnums=program.main, backend="numba")
        text = gradient.source(*program.draw(), stage="numba")
    functions = {f.name: f for f in ast.walk(ast.parse(text)) if isinstance(f, ast.FunctionDef)}
    assert any("fast.split" in ast.unparse(f) for name, f in functions.items() if name.endswith("_nest"))
    for function in functions.values():
        assert functions.keys().isdisjoint(a.arg for a in function.args.args), function.name


def calls_in_loops(text: str) -> list[str]:
    """The calls of cut functions that stand in loops of the main one."""
    main = ast.parse(text).body[-1]
    loops = [n for n in ast.walk(main) if isinstance(n, (ast.For, ast.While))]
    calls = [n for loop in loops for n in ast.walk(loop) if isinstance(n, ast.Call)]
    return [n.func.id for n in calls if isinstance(n.func, ast.Name) and n.func.id.endswith("_nest")]


def test_a_loop_is_not_cut_where_it_fits_into_one_function():
    """Calls from inner loops made gradients of small arrays in loops up to ten times as slow."""

    def markov(start, trans, emit, obs):
        alpha = np.zeros((len(obs), len(start)))
        alpha[0] = start * emit[:, obs[0]]
        for t in range(1, len(obs)):
            for j in range(len(start)):
                alpha[t, j] = alpha[t - 1] @ trans[:, j] * emit[j, obs[t]]
            alpha[t] /= alpha[t].sum()
        a = np.tanh(alpha @ trans) @ trans
        b = np.tanh(a @ trans) @ trans
        return np.sum(np.sin(b @ trans) @ trans)

    args = (np.ones(5), np.ones((5, 5)), np.ones((5, 6)), np.arange(6))
    text = bx.grad(markov, argnums=(0, 1), backend="numba").source(*args, stage="numba")
    assert "_nest(" in text
    assert calls_in_loops(text) == []


def test_a_loop_that_is_too_large_is_cut_inside():
    def steps(x, w):
        for _ in range(5):
            for k in range(7):
                x = np.tanh(x @ w[k]) @ w[k - 1] + np.sin(x @ w[k - 2]) @ w[k - 3]
            x = x / np.sum(np.exp(x @ w[0])) - np.sum(np.cos(x @ w[1])) + x @ w[2] @ w[3]
        return np.sum(x)

    text = bx.value_and_grad(steps, argnums=1, backend="numba").source(
        np.ones(6), np.ones((8, 6, 6)), stage="numba"
    )
    assert calls_in_loops(text)


@pytest.mark.parametrize(
    "weights, alone, want",
    [
        ([1, 0, 1, 0], False, ["012", 3]),
        ([0, 1, 1, 0, 0], False, [0, "12", 3, 4]),
        ([0, 0], False, [0, 1]),
        ([8, 8, 1], False, ["0", "12"]),
        ([20, 1, 1], False, [0, "12"]),
        ([1, 0, 1], True, ["0", 1, "2"]),
    ],
)
def test_pieces(weights, alone, want):
    found = list(pieces(list(range(len(weights))), weights, alone))
    assert ["".join(map(str, g)) if isinstance(g, list) else g for g in found] == want


@pytest.mark.parametrize(
    "text, early",
    [
        ("x = a\ny = x", {"a"}),
        ("if a:\n    x = 1\ny = x", {"a", "x"}),
        ("if a:\n    x = 1\nelse:\n    x = 2\ny = x", {"a"}),
        ("for i in range(n):\n    x = i\ny = x", {"range", "n", "x"}),
        ("for i in range(n):\n    y = x\n    x = i", {"range", "n", "x"}),
        ("x = 0\nfor i in range(n):\n    x += i\ny = x", {"range", "n"}),
        ("x += 1", {"x"}),
        ("while True:\n    x = a\n    if x:\n        break\n    z = x\ny = x + z", {"a", "z"}),
        ("while c:\n    x = a\ny = x", {"c", "a", "x"}),
        ("x = [a for i in range(3)]\ny = i", {"a", "range", "i"}),
        ("u[i] = v", {"u", "i", "v"}),
    ],
)
def test_what_may_be_read_before_it_is_assigned(text, early):
    """What one branch or a loop assigned was taken for assigned after it."""
    tree = ast.parse("def f():\n" + "\n".join("    " + line for line in text.splitlines())).body[0]
    assert _read_early(tree) == early


@pytest.mark.parametrize(
    "text, early",
    [
        ("if a:\n    x = 1", {"a", "x"}),
        ("for i in range(n):\n    x = i", {"range", "n", "x"}),
        ("if a:\n    x = 1\nelse:\n    x = 2", {"a"}),
        ("x = 0\nif a:\n    x = 1", {"a"}),
    ],
)
def test_what_is_given_back_without_being_assigned_is_an_input(text, early):
    """A function that was cut out gave back a name that only one of its branches had assigned."""
    tree = ast.parse("def f():\n" + "\n".join("    " + line for line in text.splitlines())).body[0]
    assert _read_early(tree, ["x"]) == early


def test_no_nest_is_an_argument_of_another():
    """Numba keeps nothing in the disk cache that calls a function which it was passed."""
    program = load_all()["networks.mlp"]
    args = program.draw(64)
    text = bx.value_and_grad(loss_of(program), argnums=program.main, backend="numba").source(
        *args, stage="numba"
    )
    assert "fast.split(" in text
    heads = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    made = {n.name for n in heads}
    assert not [n.name for n in heads if made & {a.arg for a in n.args.args}], text
