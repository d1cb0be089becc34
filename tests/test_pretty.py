"""The readable source: right on random programs, and as people would write it on chosen ones."""

from __future__ import annotations

import ast
import re

import numpy as np
import pretty_functions as examples
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_core import FLOAT, INT, Program
from test_simplify import Maker, assert_same, fresh, put

import broadax as bx
from broadax.backends import numpy as backend
from broadax.runtime.errors import Loc, UnsupportedError
from broadax.transforms.avals import Aval
from broadax.transforms.builder import Builder
from broadax.transforms.core import Lit, statements
from broadax.transforms.evaluate import evaluate
from broadax.transforms.interface import Interface, Leaf, Node, Parameter, Static, flat_interface
from broadax.transforms.pretty import python_source
from broadax.transforms.pretty.expressions import Text, hole, parsed, template
from broadax.transforms.pretty.layout import WIDTH, wrap
from broadax.transforms.pretty.literals import number_text
from broadax.transforms.primitives import registry
from broadax.transforms.simplify import simplify
from broadax.transforms.simplify.insert_copies import insert_copies
from broadax.transforms.sizes import Size

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
    "grad_network": (bx.grad(examples.network), [[("f64[3, k]", "f64[k]"), ("f64[k, 2]", "f64[2]")], M43, "f64[n, 2]"]),
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
