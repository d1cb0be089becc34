"""How many array elements a function touches: counted by running its Core, without a clock.

Core is taken as the backends get it, after `insert_copies`: an update costs what it stores, a view nothing,
and every `copy` what it copies. Everything else costs the elements that it reads and makes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from broadax.backends import numpy as numpy_backend
from broadax.transforms.core.evaluate import evaluate
from broadax.transforms.core.statements import Function, Op
from broadax.transforms.facts.demand import UPDATES
from broadax.transforms.facts.storage import view_source
from broadax.transforms.primitives import registry
from broadax.transforms.simplify.rewrite import Rewrite

REFERENCES = frozenset({"empty", "size", "stack_new", "stack_push", "stack_pop"})


class Counted(Rewrite):
    """A function whose operations count: `elements` is how many array elements they have touched."""

    def __init__(self, function: Function):
        super().__init__(function)
        self.elements = 0

    def op(self, op: Op) -> Op:
        def impl(*args, **params):
            self.elements += touched(op, args, params)
            out = op.prim.impl(*args, **params)
            if op.prim.name not in REFERENCES | UPDATES and view_source(op) is None:
                self.elements += sum(map(np.size, out if len(op.outs) > 1 else (out,)))
            return out

        return replace(op, prim=replace(op.prim, impl=impl))


def touched(op: Op, args: tuple, params: dict) -> int:
    """The elements that an operation reads, or that an update stores."""
    name = op.prim.name
    if name in REFERENCES or view_source(op) is not None:
        return 0
    if name in UPDATES:
        x, value, *idx = args
        stored = np.size(registry.get("index").impl(x, *idx, **params))
        return stored + np.size(value) + sum(map(np.size, idx))
    if name == "index":  # of the array only what is taken
        return sum(map(np.size, args[1:]))
    return sum(np.size(a) for a in args if not isinstance(a, list))


def elements(transformed, args: tuple) -> int:
    """How many elements one call of a transformed function touches; its backend is replaced by the count."""
    counts = []

    def compile(function: Function, mutated: dict | None = None):
        counted = Counted(function)
        counts.append(counted)
        core = counted.run()
        return lambda *leaves: evaluate(core, *leaves)

    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(numpy_backend, "compile", compile)
        transformed(*args)
    return sum(c.elements for c in counts)
