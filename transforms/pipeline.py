"""The passes between a function that has been read and one that a backend takes, in order."""

from __future__ import annotations

import os

from broadax.transforms.core.calls import inlined
from broadax.transforms.core.statements import Function
from broadax.transforms.core.verify import verify
from broadax.transforms.simplify import simplify
from broadax.transforms.simplify.insert_copies import insert_copies

CHECK = bool(os.environ.get("BROADAX_CHECK"))


def before_copies(function: Function) -> Function:
    """The function as it is before copies are inserted."""
    return simplify(inlined(function))


def lower(
    function: Function, mutated: dict[int, int], more: tuple = (), donated: tuple[int, ...] = ()
) -> Function:
    """Core as the backends want it: simplified, and every update may be done in place.

    Args:
        more: passes that a backend wants before copies are inserted.
        donated: flat parameters whose memory may be used for anything.
    """
    # The steps, each with its reason.
    steps = (
        ("inlined", inlined),  # derivatives have been taken: no function needs to stay whole
        ("simplify", simplify),  # what the transforms wrote without looking at each other
        *((run.__name__, run) for run in more),
        ("insert_copies", lambda f: insert_copies(f, mutated, donated)),  # updates become in-place
    )
    if CHECK:
        verify(function, after="specialise")
    for name, step in steps:
        function = step(function)
        if CHECK:
            verify(function, after=name)
    return function
