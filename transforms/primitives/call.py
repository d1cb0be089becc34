"""Calls of functions with derivatives of their own (`core/calls.py`), and what reverse mode makes of them."""

from __future__ import annotations

from broadax.transforms.primitives.registry import structured

ENGINES = "the engines do it: jvp/calls.py, vjp/calls.py"
INLINED = "the function's body takes its place before a backend sees it"


def _call_impl(*values, function, rule, avals):
    from broadax.transforms.core.evaluate import evaluate

    results = evaluate(function, *values)
    return results if len(results) != 1 else results[0]


structured(
    "call",
    infer=lambda *xs, function, rule, avals: avals if len(avals) != 1 else avals[0],
    impl=_call_impl,
    why_not={"derivative": ENGINES, "numpy": INLINED, "batch": "the engine does it: vmap/calls.py"},
)
# `ys` of (*ys, *xs, *residuals): their cotangents are given to `backward`, which gives those of xs.
structured(
    "attach",
    infer=lambda *xs, rule, operands, results: xs[:results] if results != 1 else xs[0],
    impl=lambda *xs, rule, operands, results: xs[:results] if results != 1 else xs[0],
    why_not={"derivative": ENGINES, "numpy": INLINED, "batch": "it lives inside one reverse sweep"},
)
# Its operands; what `attach` is in the forward sweep. Read as the operands themselves afterwards.
structured(
    "same",
    infer=lambda *xs: xs if len(xs) != 1 else xs[0],
    impl=lambda *xs: xs if len(xs) != 1 else xs[0],
    why_not={"derivative": INLINED, "numpy": INLINED, "batch": INLINED},
)
